//! Words of the picture. Plain text, short: they are drawn.

use super::clean::tidy;
use super::fluent::{text, text_with};
use super::{names, when};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use shared::clock::wall_date;
use shared::store::{Lang, TargetState};

/// "сб", "21 ноября".
pub(crate) fn day(lang: Lang, date: NaiveDate) -> (String, String) {
    let weekday = format!("weekday-{}", date.weekday().number_from_monday());
    let args = [
        ("day", date.day().into()),
        (
            "month",
            text(lang, &format!("month-{}", date.month())).into(),
        ),
    ];
    (text(lang, &weekday), text_with(lang, "pic-day", &args))
}

/// What the picture of a week shows.
pub(crate) fn week_of(lang: Lang) -> String {
    text(lang, "pic-week")
}

/// The ends of the scale.
pub(crate) fn less_and_more(lang: Lang) -> (String, String) {
    (text(lang, "pic-less"), text(lang, "pic-more"))
}

/// What the picture of a week is drawn from.
pub(crate) fn week_from(lang: Lang, n_openings: usize, n_days: usize) -> String {
    super::openings::seen(lang, n_openings, n_days)
}

/// "проверено в 12:05:29", with the day when it was another one.
pub(crate) fn checked(lang: Lang, clock: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (date, today) = (wall_date(at), wall_date(now));
    let key = if date == today {
        "pic-checked"
    } else {
        "pic-checked-date"
    };
    let args = [
        ("clock", clock.into()),
        ("date", when::date(lang, date, today).into()),
    ];
    text_with(lang, key, &args)
}

/// Nothing was read yet.
pub(crate) fn unchecked(lang: Lang) -> String {
    text(lang, "pic-unchecked")
}

/// What a bright cell means.
pub(crate) fn bright(lang: Lang, has_others: bool) -> String {
    text(
        lang,
        if has_others {
            "pic-bright-suiting"
        } else {
            "pic-bright"
        },
    )
}

/// What a dim cell means.
pub(crate) fn dim(lang: Lang) -> String {
    text(lang, "pic-dim")
}

/// Nothing is free in the two weeks.
pub(crate) fn none(lang: Lang) -> String {
    text(lang, "pic-none")
}

/// Talons beyond the two weeks.
pub(crate) fn later(lang: Lang, n: u64) -> String {
    text_with(lang, "pic-later", &[("n", n.into())])
}

/// "Терапевт · Иванова А. П. · ГП №27" of the first target, "(+2)" when there are more.
pub(crate) fn title(lang: Lang, states: &[TargetState]) -> String {
    let Some(first) = states.first() else {
        return text(lang, "doctor-any");
    };
    let (target, place) = (&first.target, &first.place);
    let specialty = place.specialty.as_deref().and_then(|name| tidy(name, 60));
    let doctor = names::doctor_or(lang, target, place.doctor.as_deref(), names::short);
    let clinic = names::clinic(lang, target, place, 60);
    let parts = [specialty, Some(doctor), Some(clinic)];
    let title = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    match states.len() {
        1 => title,
        n => text_with(
            lang,
            "title-more",
            &[("title", title.into()), ("n", (n - 1).into())],
        ),
    }
}
