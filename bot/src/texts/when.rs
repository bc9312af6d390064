//! Days and hours as people in St. Petersburg say them.

use super::fluent::{text, text_with};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use shared::clock::{wall, wall_date};
use shared::store::Lang;

/// "сегодня, пт 20 ноября", "вт 24 ноября"; with the year when it is another one.
pub fn day(lang: Lang, date: NaiveDate, today: NaiveDate) -> String {
    let weekday = format!("weekday-{}", date.weekday().number_from_monday());
    let args = [
        ("weekday", text(lang, &weekday).into()),
        ("date", self::date(lang, date, today).into()),
    ];
    let named = text_with(lang, "day", &args);
    let near = match (date - today).num_days() {
        0 => "day-today",
        1 => "day-tomorrow",
        -1 => "day-yesterday",
        _ => return named,
    };
    text_with(lang, near, &[("day", named.into())])
}

/// "09:05"
pub fn time(at: DateTime<Utc>) -> String {
    wall(at).format("%H:%M").to_string()
}

/// "09:05:31"
pub fn clock(at: DateTime<Utc>) -> String {
    wall(at).format("%H:%M:%S").to_string()
}

/// How long ago, or when: "12 секунд назад", "в 07:40", "вчера в 07:40", "18 ноября в 07:40". Ends a phrase.
pub fn ago(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let passed = now - at;
    // Two clocks, or one that was set back, may put a reading slightly ahead of us.
    if passed < TimeDelta::seconds(3) && passed > TimeDelta::minutes(-1) {
        return text(lang, "ago-now");
    }
    if passed < TimeDelta::zero() || passed >= TimeDelta::hours(1) {
        return named(lang, "at", at, now);
    }
    if passed < TimeDelta::minutes(1) {
        return text_with(lang, "ago-seconds", &[("n", passed.num_seconds().into())]);
    }
    text_with(lang, "ago-minutes", &[("n", passed.num_minutes().into())])
}

/// "с 07:40", "с 07:40 вчерашнего дня", "с 07:40 18 ноября".
pub(crate) fn since(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    named(lang, "since", at, now)
}

/// "до 07:40", "до 07:40 завтрашнего дня", "до 07:40 18 декабря".
pub(super) fn until(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    named(lang, "until", at, now)
}

/// "18 ноября"; with the year when it is another one.
pub(super) fn date(lang: Lang, date: NaiveDate, today: NaiveDate) -> String {
    let key = if date.year() == today.year() {
        "date"
    } else {
        "date-year"
    };
    let args = [
        ("day", date.day().into()),
        (
            "month",
            text(lang, &format!("month-{}", date.month())).into(),
        ),
        ("year", date.year().to_string().into()),
    ];
    text_with(lang, key, &args)
}

/// "завтра, сб 21 ноября" of an instant.
pub(super) fn day_of(lang: Lang, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    day(lang, wall_date(at), wall_date(now))
}

fn named(lang: Lang, kind: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (date, today) = (wall_date(at), wall_date(now));
    let near = match ((date - today).num_days(), kind) {
        (0, _) => "today",
        (-1, "at" | "since") => "yesterday",
        (1, "at" | "until") => "tomorrow",
        _ => "date",
    };
    let args = [
        ("time", time(at).into()),
        ("date", self::date(lang, date, today).into()),
    ];
    text_with(lang, &format!("{kind}-{near}"), &args)
}
