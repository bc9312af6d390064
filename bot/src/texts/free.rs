//! Free slots of doctors as lines: clinics, doctors, days, times in a row.

use super::clean::{fit, tidy};
use super::fluent::{text, text_with};
use super::when::{ago, clock, day, time};
use super::{names, units};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use shared::catalogue::Lpu;
use shared::clock::wall_date;
use shared::ids::{LpuId, Target};
use shared::slot::Slot;
use shared::store::{Lang, Place};
use std::collections::BTreeMap;

/// When the reading is older than this, its age is said too.
const OLD: TimeDelta = TimeDelta::minutes(2);

/// A doctor with free slots.
pub(super) struct Found<'a> {
    /// Whom; `doctor` is always there.
    pub(super) target: Target,
    /// Names of the target; the doctor's own is `name`.
    pub(super) place: &'a Place,
    /// The doctor.
    pub(super) name: Option<&'a str>,
    /// Soonest first, never empty.
    pub(super) slots: Vec<&'a Slot>,
    /// When the portal said so.
    pub(super) checked_at: DateTime<Utc>,
}

impl Found<'_> {
    fn lpu(&self) -> Option<&Lpu> {
        self.place.lpu.as_ref()
    }

    pub(super) fn specialty(&self, max: usize) -> Option<String> {
        let name = self.place.specialty.as_deref();
        name.and_then(|name| tidy(name, max))
    }
}

/// How much of everything is shown.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Slots in all.
    slots: usize,
    /// Characters of a name, an address, a phone.
    words: usize,
}

const fn size(slots: usize, words: usize) -> Size {
    Size { slots, words }
}

/// From what people get nearly always to what fits whatever the portal sends.
const SIZES: [Size; 8] = [
    size(30, 120),
    size(30, 60),
    size(20, 60),
    size(12, 50),
    size(8, 40),
    size(5, 40),
    size(3, 40),
    size(1, 40),
];

/// The first of the sizes at which the text takes at most `room` units; the smallest takes less than half a message.
pub(super) fn fitting(room: usize, render: impl Fn(Size) -> String) -> String {
    let mut html = String::new();
    for size in SIZES {
        html = render(size);
        if units(&html) <= room {
            break;
        }
    }
    html
}

/// Places of the slots: what people count as talons. A slot that is gone has none.
pub(super) fn n_talons<'a>(slots: impl IntoIterator<Item = &'a Slot>) -> u64 {
    slots.into_iter().map(|slot| u64::from(slot.n_places)).sum()
}

/// How many slots of each doctor to show: the nearest one of each comes first, then the nearest of all.
pub(super) fn shares(found: &[Found<'_>], limit: usize) -> Vec<usize> {
    let mut shares: Vec<usize> = (0..found.len()).map(|n| usize::from(n < limit)).collect();
    let mut rest: Vec<_> = found
        .iter()
        .enumerate()
        .take(limit)
        .flat_map(|(n, doctor)| {
            doctor
                .slots
                .iter()
                .skip(1)
                .take(limit)
                .map(move |slot| (slot.start, n))
        })
        .collect();
    rest.sort_unstable();
    for (_, n) in rest.into_iter().take(limit.saturating_sub(found.len())) {
        shares[n] += 1;
    }
    shares
}

/// The slots by clinic and doctor, then what is left out and when it was checked.
pub(super) fn lines(lang: Lang, found: &[Found<'_>], size: Size, now: DateTime<Utc>) -> String {
    let shares = shares(found, size.slots);
    let shown: Vec<_> = found
        .iter()
        .zip(&shares)
        .filter(|(_, share)| **share > 0)
        .map(|(doctor, share)| (doctor, *share))
        .collect();
    let mut clinics: Vec<(LpuId, Vec<(&Found<'_>, usize)>)> = Vec::new();
    for (doctor, share) in &shown {
        let lpu = doctor.target.department.lpu;
        match clinics.iter_mut().find(|(id, _)| *id == lpu) {
            Some((_, doctors)) => doctors.push((doctor, *share)),
            None => clinics.push((lpu, vec![(doctor, *share)])),
        }
    }
    let view = View {
        lang,
        size,
        today: wall_date(now),
        n_clinics: clinics.len(),
        n_doctors: found.len(),
        has_specialties: shown
            .iter()
            .any(|(doctor, _)| doctor.place.specialty != shown[0].0.place.specialty),
    };
    let mut blocks: Vec<String> = clinics
        .iter()
        .map(|(_, doctors)| view.clinic(doctors))
        .collect();
    blocks.extend(hidden(lang, &found[shown.len().min(found.len())..]));
    blocks.extend(checked(
        lang,
        shown.iter().map(|(doctor, _)| doctor.checked_at).min(),
        now,
    ));
    blocks.join("\n\n")
}

/// Doctors nothing of whom is shown: the last ones, as the nearest slots go first.
fn hidden(lang: Lang, doctors: &[Found<'_>]) -> Option<String> {
    if doctors.is_empty() {
        return None;
    }
    let n = n_talons(
        doctors
            .iter()
            .flat_map(|doctor| doctor.slots.iter().copied()),
    );
    let args = [("n", n.into()), ("doctors", doctors.len().into())];
    Some(text_with(lang, "more-of-others", &args))
}

fn checked(lang: Lang, at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<String> {
    let at = at?;
    let key = if now - at > OLD {
        "checked-at-old"
    } else {
        "checked-at"
    };
    let args = [
        ("clock", clock(at).into()),
        ("ago", ago(lang, at, now).into()),
    ];
    Some(text_with(lang, key, &args))
}

struct View {
    lang: Lang,
    size: Size,
    today: NaiveDate,
    n_clinics: usize,
    n_doctors: usize,
    has_specialties: bool,
}

impl View {
    fn line(&self, key: &str, name: &str, value: Option<String>) -> Option<String> {
        Some(text_with(self.lang, key, &[(name, value?.into())]))
    }

    fn words(&self, foreign: Option<&str>) -> Option<String> {
        fit(foreign?, self.size.words)
    }

    /// The doctors of one clinic, then where it is. With several clinics its name comes first.
    fn clinic(&self, doctors: &[(&Found<'_>, usize)]) -> String {
        let Some((first, _)) = doctors.first() else {
            return String::new();
        };
        let name = names::clinic(self.lang, &first.target, first.place, self.size.words);
        let name = self.line("clinic-line", "lpu", fit(&name, self.size.words));
        let lpu = first.lpu();
        let address = self.words(lpu.and_then(|lpu| lpu.address.as_deref()));
        let phone = self.words(lpu.and_then(|lpu| lpu.phone.as_deref()));
        let places = [
            self.line("address-line", "address", address),
            self.line("phone-line", "phone", phone),
        ];
        let place: Vec<_> = std::iter::once(name).chain(places).flatten().collect();
        let place = std::iter::once(place.join("\n"));
        let doctors = doctors
            .iter()
            .map(|(doctor, share)| self.doctor(doctor, *share));
        let blocks: Vec<_> = match self.n_clinics {
            1 => doctors.chain(place).collect(),
            _ => place.chain(doctors).collect(),
        };
        blocks.join("\n\n")
    }

    fn doctor(&self, doctor: &Found<'_>, share: usize) -> String {
        let slots = &doctor.slots[..share.min(doctor.slots.len())];
        let mut lines: Vec<String> = self.heading(doctor, slots).into_iter().collect();
        let address = same(slots, |slot| {
            slot.address.as_deref().and_then(|text| tidy(text, 200))
        });
        if let Some(Some(address)) = &address
            && !self.is_clinics(doctor, address)
        {
            lines.extend(self.line("visit-line", "address", self.words(Some(address))));
        }
        let mut days = BTreeMap::<(NaiveDate, Option<String>), Vec<String>>::new();
        for slot in slots {
            // Two buildings in one list: each time says where.
            let at = match address {
                Some(_) => None,
                None => self.words(slot.address.as_deref()),
            };
            days.entry((wall_date(slot.start), at))
                .or_default()
                .push(moment(slot));
        }
        for ((date, at), times) in days {
            let key = if at.is_some() {
                "day-line-at"
            } else {
                "day-line"
            };
            let args = [
                ("day", day(self.lang, date, self.today).into()),
                ("address", at.unwrap_or_default().into()),
                ("times", times.join(" · ").into()),
            ];
            lines.push(text_with(self.lang, key, &args));
        }
        let n_more = n_talons(doctor.slots[slots.len()..].iter().copied());
        if n_more > 0 {
            lines.push(text_with(
                self.lang,
                "more-of-doctor",
                &[("n", n_more.into())],
            ));
        }
        lines.join("\n")
    }

    /// Full name, specialty where they differ, room where it is the same; nothing when the first line said it all.
    fn heading(&self, doctor: &Found<'_>, slots: &[&Slot]) -> Option<String> {
        let (full, short) = (
            doctor.name.and_then(names::full),
            doctor.name.and_then(names::short),
        );
        let is_told = self.n_doctors == 1 && full == short;
        let name = if is_told {
            None
        } else {
            let name = full.unwrap_or_else(|| text(self.lang, "doctor-unnamed"));
            fit(&name, self.size.words).map(|name| format!("<b>{name}</b>"))
        };
        let specialty = doctor
            .specialty(self.size.words)
            .filter(|_| self.has_specialties)
            .and_then(|name| fit(&name, self.size.words));
        let room = same(slots, |slot| {
            slot.room.as_deref().and_then(|room| fit(room, 30))
        })
        .flatten()
        .map(|room| self.room(room));
        let parts: Vec<_> = [name, specialty, room].into_iter().flatten().collect();
        Some(parts.join(" · ")).filter(|heading| !heading.is_empty())
    }

    fn room(&self, room: String) -> String {
        // Some clinics write the word themselves.
        if room.to_lowercase().contains("каб") {
            return room;
        }
        text_with(self.lang, "room", &[("room", room.into())])
    }

    fn is_clinics(&self, doctor: &Found<'_>, address: &str) -> bool {
        let own = doctor
            .lpu()
            .and_then(|lpu| tidy(lpu.address.as_deref()?, 200));
        own.is_some_and(|own| own.to_lowercase() == address.to_lowercase())
    }
}

/// "09:40", "09:40 ×2"; struck out when it is gone
fn moment(slot: &Slot) -> String {
    match slot.n_places {
        0 => format!("<s>{}</s>", time(slot.start)),
        1 => time(slot.start),
        n => format!("{} ×{n}", time(slot.start)),
    }
}

/// What all the slots have in common; `None` when they differ.
fn same(slots: &[&Slot], what: impl Fn(&Slot) -> Option<String>) -> Option<Option<String>> {
    let first = what(slots.first()?);
    slots
        .iter()
        .all(|slot| what(slot) == first)
        .then_some(first)
}
