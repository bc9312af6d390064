//! Around a visit: all free times, which talon was booked, the booking, its reminders, the calendar's words.

use super::clean::{fit, tidy};
use super::fluent::{text, text_with};
use super::when::{ago, clock, day, day_of, time, until};
use super::{MAX_MESSAGE, names, units};
use chrono::{DateTime, NaiveDate, Utc};
use shared::clock::wall_date;
use shared::ids::DoctorRef;
use shared::slot::Slot;
use shared::store::{Booking, Lang, Place, TargetState, Visit, WatchCard};
use shared::wish::Wish;
use std::collections::BTreeMap;

/// The longest name, address or phone, in characters.
const WORDS: usize = 120;
/// The longest label of a talon's button, in characters.
const MAX_LABEL: usize = 60;
/// From what nearly always fits to what fits whatever the portal sends: talons, doctors named.
const SIZES: [(usize, usize); 9] = [
    (500, 30),
    (300, 30),
    (200, 20),
    (120, 15),
    (80, 10),
    (50, 8),
    (30, 6),
    (15, 5),
    (5, 3),
];

/// What became of a booking's watch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate<'a> {
    /// There is none.
    None,
    /// It goes on; what to do with it was not said yet.
    Open,
    /// It goes on as before.
    GoesOn,
    /// It is silent.
    Stopped,
    /// It looks for something sooner; the card holds what is free under the new wish.
    Sooner(&'a WatchCard),
}

/// A doctor with everything free.
struct Free<'a> {
    state: &'a TargetState,
    name: Option<&'a str>,
    checked_at: Option<DateTime<Utc>>,
    slots: BTreeMap<DateTime<Utc>, (&'a Slot, bool)>,
}

/// Everything free at the doctors of these watches, suiting times bold where not all suit, with its age.
pub(crate) fn all_times(
    lang: Lang,
    watches: &[(&Wish, &[TargetState])],
    now: DateTime<Utc>,
) -> String {
    let mut doctors: Vec<Free<'_>> = Vec::new();
    let mut places = BTreeMap::<DoctorRef, usize>::new();
    for (wish, states) in watches {
        for state in *states {
            for free in &state.free {
                let place = *places.entry(free.doctor.clone()).or_insert_with(|| {
                    doctors.push(Free {
                        state,
                        name: free.doctor_name.as_deref(),
                        checked_at: free.checked_at,
                        slots: BTreeMap::new(),
                    });
                    doctors.len() - 1
                });
                let suits = wish.suits(&free.slot, now);
                let slots = &mut doctors[place].slots;
                let slot = slots.entry(free.slot.start).or_insert((&free.slot, false));
                slot.1 |= suits;
            }
        }
    }
    doctors.sort_by_key(|doctor| doctor.slots.keys().next().copied());
    let all_states = || watches.iter().flat_map(|(_, states)| states.iter());
    let checked_at = match doctors.iter().filter_map(|doctor| doctor.checked_at).min() {
        Some(at) => Some(at),
        None => all_states().filter_map(|state| state.good_at).min(),
    };
    let mut tail = Vec::new();
    if doctors
        .iter()
        .any(|doctor| doctor.slots.values().any(|(_, suits)| !suits))
    {
        tail.push(text(lang, "visit-all-bold"));
    }
    tail.extend(checked_at.map(|at| {
        let args = [
            ("clock", clock(at).into()),
            ("ago", ago(lang, at, now).into()),
        ];
        text_with(lang, "checked-at-old", &args)
    }));
    let tail = tail.join("\n");
    let mut html = String::new();
    for (n_slots, n_doctors) in SIZES {
        html = times(lang, &doctors, (n_slots, n_doctors), &tail, now);
        if units(&html) <= MAX_MESSAGE {
            break;
        }
    }
    html
}

fn times(
    lang: Lang,
    doctors: &[Free<'_>],
    (n_slots, n_doctors): (usize, usize),
    tail: &str,
    now: DateTime<Utc>,
) -> String {
    if doctors.is_empty() {
        return [text(lang, "visit-all-none"), tail.to_owned()].join("\n\n");
    }
    let mut blocks = vec![text(lang, "visit-all-title")];
    let named = &doctors[..doctors.len().min(n_doctors)];
    // The nearest of each doctor first, then the nearest of all.
    let share = (n_slots / named.len().max(1)).max(1);
    blocks.extend(
        named
            .iter()
            .map(|doctor| doctor_times(lang, doctor, share, now)),
    );
    let hidden = &doctors[named.len()..];
    if !hidden.is_empty() {
        let n: u64 = hidden
            .iter()
            .flat_map(|doctor| doctor.slots.values())
            .map(|(slot, _)| n_places(slot))
            .sum();
        let args = [("n", n.into()), ("doctors", hidden.len().into())];
        blocks.push(text_with(lang, "more-of-others", &args));
    }
    blocks.push(tail.to_owned());
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n\n")
}

fn n_places(slot: &Slot) -> u64 {
    u64::from(slot.n_places.max(1))
}

fn doctor_times(lang: Lang, doctor: &Free<'_>, share: usize, now: DateTime<Utc>) -> String {
    let state = doctor.state;
    let name = doctor.name.and_then(names::full);
    let name = name.unwrap_or_else(|| text(lang, "doctor-unnamed"));
    let clinic = names::clinic(lang, &state.target, &state.place, WORDS);
    let parts = [
        fit(&name, WORDS).map(|name| format!("<b>{name}</b>")),
        state
            .place
            .specialty
            .as_deref()
            .and_then(|name| fit(name, 60)),
        fit(&clinic, 60),
    ];
    let mut lines = vec![parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")];
    // Bold says something only where not everything suits.
    let marks = doctor.slots.values().any(|(_, suits)| !suits);
    let mut days = BTreeMap::<NaiveDate, Vec<String>>::new();
    for (slot, suits) in doctor.slots.values().take(share) {
        let mut moment = match slot.n_places {
            0 | 1 => time(slot.start),
            n => format!("{} ×{n}", time(slot.start)),
        };
        if marks && *suits {
            moment = format!("<b>{moment}</b>");
        }
        days.entry(wall_date(slot.start)).or_default().push(moment);
    }
    for (date, times) in days {
        let args = [
            ("day", day(lang, date, wall_date(now)).into()),
            ("times", times.join(" · ").into()),
        ];
        lines.push(text_with(lang, "day-line", &args));
    }
    let more: u64 = doctor
        .slots
        .values()
        .skip(share)
        .map(|(slot, _)| n_places(slot))
        .sum();
    if more > 0 {
        lines.push(text_with(lang, "more-of-doctor", &[("n", more.into())]));
    }
    lines.join("\n")
}

/// Watches of an alert are silent till then.
pub(crate) fn paused(lang: Lang, till: DateTime<Utc>, now: DateTime<Utc>) -> String {
    text_with(
        lang,
        "visit-paused",
        &[("until", until(lang, till, now).into())],
    )
}

/// A talon on a button: "завтра, сб 21 ноября, 09:40". Plain.
pub(crate) fn choice(lang: Lang, visit: &Visit, names_doctor: bool, now: DateTime<Utc>) -> String {
    let when = moment(lang, visit, now);
    let doctor = visit.place.doctor.as_deref().and_then(names::surname);
    let label = match doctor.filter(|_| names_doctor) {
        Some(doctor) => format!("{when} · {doctor}"),
        None => when,
    };
    super::plain(&label, MAX_LABEL)
}

/// "завтра, сб 21 ноября, 09:40"
fn moment(lang: Lang, visit: &Visit, now: DateTime<Utc>) -> String {
    let args = [
        ("day", day_of(lang, visit.start, now).into()),
        ("time", time(visit.start).into()),
    ];
    text_with(lang, "state-when", &args)
}

/// "Терапевт, Иванова А. П."; plain.
fn who(lang: Lang, place: &Place) -> String {
    let specialty = place.specialty.as_deref().and_then(|name| tidy(name, 60));
    let doctor = place.doctor.as_deref().and_then(names::short);
    let parts: Vec<_> = [specialty, doctor].into_iter().flatten().collect();
    if parts.is_empty() {
        return text(lang, "doctor-unnamed");
    }
    parts.join(", ")
}

/// Where the visit is: the clinic's own word of it, or the clinic's address.
fn address(visit: &Visit) -> Option<&str> {
    let lpu = || visit.place.lpu.as_ref()?.address.as_deref();
    let own = visit.address.as_deref();
    own.filter(|own| tidy(own, 1).is_some()).or_else(lpu)
}

fn phone(visit: &Visit) -> Option<&str> {
    visit.place.lpu.as_ref()?.phone.as_deref()
}

/// Clinic, room, address and phone, a line each.
fn whereabouts(lang: Lang, visit: &Visit) -> String {
    let clinic = names::clinic(lang, &visit.target, &visit.place, WORDS);
    let line = |key: &str, name: &str, value: Option<&str>| {
        Some(text_with(lang, key, &[(name, fit(value?, WORDS)?.into())]))
    };
    let lines = [
        line("clinic-line", "lpu", Some(&clinic)),
        line("visit-room", "room", visit.room.as_deref()),
        line("address-line", "address", address(visit)),
        line("phone-line", "phone", phone(visit)),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// The booking, when its reminders come, and what its watch does.
pub(crate) fn booked(lang: Lang, booking: &Booking, fate: Fate<'_>, now: DateTime<Utc>) -> String {
    let visit = &booking.visit;
    let who = super::escape(&who(lang, &visit.place));
    let args = [
        ("who", who.into()),
        ("when", moment(lang, visit, now).into()),
    ];
    let mut blocks = vec![
        text_with(lang, "visit-booked", &args),
        whereabouts(lang, visit),
    ];
    let times: Vec<String> = booking
        .pending(now)
        .map(|reminder| ago(lang, reminder.due_at, now))
        .collect();
    blocks.push(match times.as_slice() {
        [] => text(lang, "visit-unreminded"),
        [one] => text_with(lang, "visit-reminded", &[("time", one.as_str().into())]),
        [first, .., last] => {
            let args = [
                ("first", first.as_str().into()),
                ("second", last.as_str().into()),
            ];
            text_with(lang, "visit-reminded-twice", &args)
        }
    });
    match fate {
        Fate::None => {}
        Fate::Open => blocks.push(text(lang, "visit-fate")),
        Fate::GoesOn => blocks.push(text(lang, "visit-goes-on")),
        Fate::Stopped => blocks.push(text(lang, "visit-stopped")),
        Fate::Sooner(card) => blocks.push(sooner(lang, booking, card, now)),
    }
    blocks.join("\n\n")
}

/// What is free before the booked visit.
fn sooner(lang: Lang, booking: &Booking, card: &WatchCard, now: DateTime<Utc>) -> String {
    let bar = moment(lang, &booking.visit, now);
    let head = text_with(lang, "visit-sooner", &[("when", bar.into())]);
    let free = card.targets.iter().flat_map(|state| &state.free);
    let mut free: Vec<_> = free
        .map(|free| (free.slot.start, &free.doctor, n_places(&free.slot)))
        .collect();
    free.sort_unstable();
    free.dedup();
    let n: u64 = free.iter().map(|(.., n)| n).sum();
    let Some((start, ..)) = free.first() else {
        return format!("{head} {}", text(lang, "visit-sooner-none"));
    };
    let args = [
        ("n", n.into()),
        ("day", day_of(lang, *start, now).into()),
        ("time", time(*start).into()),
    ];
    format!("{head} {}", text_with(lang, "visit-sooner-free", &args))
}

/// A reminder; its first line is what a locked screen shows.
pub(crate) fn reminder(lang: Lang, visit: &Visit, now: DateTime<Utc>) -> String {
    let args = [
        ("who", super::escape(&who(lang, &visit.place)).into()),
        ("when", moment(lang, visit, now).into()),
    ];
    let head = text_with(lang, "visit-reminder", &args);
    format!("{head}\n\n{}", whereabouts(lang, visit))
}

/// The visit's name in a calendar. Plain.
pub(crate) fn summary(lang: Lang, visit: &Visit) -> String {
    text_with(
        lang,
        "ics-summary",
        &[("who", who(lang, &visit.place).into())],
    )
}

/// Where it is, for a calendar. Plain.
pub(crate) fn location(lang: Lang, visit: &Visit) -> String {
    let clinic = names::clinic(lang, &visit.target, &visit.place, WORDS);
    let address = address(visit).and_then(|address| tidy(address, WORDS));
    let parts: Vec<_> = std::iter::once(clinic).chain(address).collect();
    parts.join(", ")
}

/// Room, phone and link, for a calendar. Plain.
pub(crate) fn description(lang: Lang, visit: &Visit, link: &str) -> String {
    let line = |key: &str, name: &str, value: Option<&str>| {
        Some(text_with(lang, key, &[(name, tidy(value?, WORDS)?.into())]))
    };
    let lines = [
        line("ics-room", "room", visit.room.as_deref()),
        line("ics-phone", "phone", phone(visit)),
        Some(link.to_owned()).filter(|link| !link.is_empty()),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}
