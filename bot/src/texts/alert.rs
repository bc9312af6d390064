//! The alert: what a person was waiting for.

use super::clean::{fit, plain};
use super::fluent::{text, text_with};
use super::free::{Found, Size, fitting, lines, n_talons};
use super::when::{day_of, time};
use super::{Button, MAX_MESSAGE, Message, names};
use chrono::{DateTime, Utc};
use shared::catalogue::Lpu;
use shared::ids::Target;
use shared::store::{DoctorNews, Lang, LivingAlert, News};

/// Link buttons under one alert.
const MAX_LINKS: usize = 6;
/// The longest label of a button, in characters.
const MAX_LABEL: usize = 48;
/// The longest specialty in the first line.
const MAX_SPECIALTY: usize = 40;

/// Everything pending for a person in one message. `links` gives the page to book a doctor at.
pub fn alert(
    lang: Lang,
    news: &News,
    links: &dyn Fn(&Target, Option<&Lpu>) -> String,
    now: DateTime<Utc>,
) -> Message {
    let mut message = of_doctors(lang, &news.doctors, links, now);
    if news.person.one_alert {
        let last = format!("\n\n{}", text(lang, "alert-one"));
        if super::units(&message.html) + super::units(&last) <= MAX_MESSAGE {
            message.html.push_str(&last);
        }
    }
    message
}

/// The same message as things are now: a slot with `n_places` 0 is gone and struck out; when all are gone the
/// first line says that the watch goes on.
pub fn living(
    lang: Lang,
    alert: &LivingAlert,
    links: &dyn Fn(&Target, Option<&Lpu>) -> String,
    now: DateTime<Utc>,
) -> Message {
    of_doctors(lang, &alert.doctors, links, now)
}

fn of_doctors(
    lang: Lang,
    doctors: &[DoctorNews],
    links: &dyn Fn(&Target, Option<&Lpu>) -> String,
    now: DateTime<Utc>,
) -> Message {
    let found: Vec<_> = doctors
        .iter()
        .filter(|doctor| !doctor.slots.is_empty())
        .map(|doctor| Found {
            target: doctor.target.clone(),
            place: &doctor.place,
            name: doctor.place.doctor.as_deref(),
            slots: doctor.slots.iter().map(|(slot, ..)| slot).collect(),
            checked_at: doctor.checked_at,
        })
        .collect();
    if found.is_empty() {
        return Message {
            html: text(lang, "alert-nothing"),
            buttons: Vec::new(),
        };
    }
    let first = first_line(lang, &found, now);
    let html = fitting(MAX_MESSAGE, |size: Size| {
        format!("<b>{first}</b>\n\n{}", lines(lang, &found, size, now))
    });
    Message {
        html,
        buttons: buttons(lang, &found, links),
    }
}

/// "Терапевт, Иванова А. П.: завтра, сб 21 ноября, 09:40 (+5)"
fn first_line(lang: Lang, found: &[Found<'_>], now: DateTime<Utc>) -> String {
    let free = |doctor: &&Found<'_>| doctor.slots.iter().any(|slot| slot.n_places > 0);
    let doctor = found.iter().find(free).unwrap_or(&found[0]);
    let slot = doctor.slots.iter().find(|slot| slot.n_places > 0);
    let n = n_talons(found.iter().flat_map(|doctor| doctor.slots.iter().copied()));
    let who = [
        doctor.specialty(MAX_SPECIALTY),
        doctor.name.and_then(names::short),
    ];
    let who: Vec<_> = who.into_iter().flatten().collect();
    let who = fit(&who.join(", "), 2 * MAX_SPECIALTY);
    let key = if who.is_some() {
        "first-line"
    } else {
        "first-line-nobody"
    };
    let Some(slot) = slot else {
        return match who {
            Some(who) => text_with(lang, "first-line-all-gone", &[("who", who.into())]),
            None => text(lang, "first-line-all-gone-nobody"),
        };
    };
    let args = [
        ("who", who.unwrap_or_default().into()),
        ("day", day_of(lang, slot.start, now).into()),
        ("time", time(slot.start).into()),
        ("more", n.saturating_sub(1).into()),
    ];
    text_with(lang, key, &args)
}

/// One button a page: links that end at the specialty are the same for all its doctors.
fn buttons(
    lang: Lang,
    found: &[Found<'_>],
    links: &dyn Fn(&Target, Option<&Lpu>) -> String,
) -> Vec<Vec<Button>> {
    let mut pages: Vec<(String, Vec<&Found<'_>>)> = Vec::new();
    for doctor in found {
        let url = links(&doctor.target, doctor.place.lpu.as_ref());
        match pages.iter().position(|(known, _)| *known == url) {
            Some(n) => pages[n].1.push(doctor),
            None if pages.len() < MAX_LINKS && !url.is_empty() => pages.push((url, vec![doctor])),
            None => {}
        }
    }
    if let [(url, _)] = pages.as_slice() {
        let (label, url) = (text(lang, "btn-book"), url.clone());
        return vec![vec![Button::Url { label, url }]];
    }
    let labels = labels(lang, &pages);
    let rows = pages.into_iter().zip(labels);
    rows.map(|((url, _), label)| vec![Button::Url { label, url }])
        .collect()
}

/// Whom each page is for, as short as still tells them apart.
fn labels(lang: Lang, pages: &[(String, Vec<&Found<'_>>)]) -> Vec<String> {
    let who = |doctors: &[&Found<'_>], shape: fn(&str) -> Option<String>| match doctors {
        [one] => names::doctor_or(lang, &one.target, one.name, shape),
        [first, ..] => first
            .specialty(MAX_LABEL)
            .unwrap_or_else(|| text(lang, "doctor-any")),
        [] => text(lang, "doctor-any"),
    };
    let named = |shape| {
        pages
            .iter()
            .map(|(_, doctors)| who(doctors, shape))
            .collect::<Vec<_>>()
    };
    let (surnames, shorts) = (named(names::surname), named(names::short));
    let is_single =
        |all: &[String], n: usize| all.iter().filter(|name| **name == all[n]).count() == 1;
    (0..pages.len())
        .map(|n| {
            let who = if is_single(&surnames, n) {
                surnames[n].clone()
            } else if is_single(&shorts, n) {
                shorts[n].clone()
            } else {
                let first = pages[n].1[0];
                let clinic = names::clinic(lang, &first.target, first.place, MAX_LABEL / 2);
                format!("{}, {clinic}", shorts[n])
            };
            plain(
                &text_with(lang, "btn-book-who", &[("who", who.into())]),
                MAX_LABEL,
            )
        })
        .collect()
}
