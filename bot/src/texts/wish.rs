//! A wish in words, and the card it is edited on.

use super::card::free_under;
use super::clean::escape;
use super::fluent::{text, text_with};
use super::names::card_title;
use super::status::{PingerSign, paused, pinger_warning};
use super::when::{date, time};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use shared::clock::{wall, wall_date};
use shared::store::{Lang, WatchCard};
use shared::wish::{Hours, Wish};

/// Skipped days named one by one; of more only their number is told.
const NAMED_DAYS: usize = 4;

/// The weekdays, Monday first.
pub const WEEK: [Weekday; 7] = [
    Weekday::Mon,
    Weekday::Tue,
    Weekday::Wed,
    Weekday::Thu,
    Weekday::Fri,
    Weekday::Sat,
    Weekday::Sun,
];

/// What the card of a watch shows besides its buttons.
#[derive(Debug, Clone, Copy)]
pub struct WishView<'a> {
    /// The watch, with what is free under its wish.
    pub card: &'a WatchCard,
    /// Whether the person's watching is on.
    pub is_watching: bool,
    /// Whether anybody is checking.
    pub pinger: PingerSign,
    /// What is asked below, Telegram HTML.
    pub ask: &'a str,
}

/// The card a wish is edited on: names, the wish in words, what is free under it, a question.
pub fn wish_card(lang: Lang, view: &WishView<'_>, now: DateTime<Utc>) -> String {
    let title = escape(&card_title(lang, view.card));
    let mut head = vec![
        format!("<b>{title}</b>"),
        wish_line(lang, &view.card.wish, now),
    ];
    head.extend(view.card.is_urgent.then(|| text(lang, "wish-urgent")));
    head.extend((!view.is_watching).then(|| text(lang, "card-off")));
    head.extend(paused(lang, view.card, now));
    head.extend(pinger_warning(lang, view.pinger, now));
    free_under(lang, &head.join("\n"), view.card, Some(view.ask), now)
}

/// The wish as a sentence, or two: "Подойдёт любой талон.", and a warning when nothing can suit.
pub fn wish_line(lang: Lang, wish: &Wish, now: DateTime<Utc>) -> String {
    let line = match wish_words(lang, wish, now) {
        Some(words) => text_with(lang, "wish-line", &[("wish", words.into())]),
        None => text(lang, "wish-any"),
    };
    if wish.can_suit(now) {
        return line;
    }
    format!("{line}\n{}", text(lang, "wish-nothing"))
}

/// The wish in words, to stand inside a sentence: "только будни после 17:00, с 21 ноября по 28 ноября"; `None` when
/// everything suits. Skipped days that have passed are not told.
pub fn wish_words(lang: Lang, wish: &Wish, now: DateTime<Utc>) -> Option<String> {
    let today = wall_date(now);
    let parts = [
        days(lang, wish),
        dates(lang, wish, today),
        notice(lang, wish.notice_min),
        sooner(lang, wish, today),
        skipped(lang, wish, today),
    ];
    let is_alone = parts[..4].iter().all(Option::is_none);
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if let [skipped] = parts.as_slice()
        && is_alone
    {
        let args = [("skipped", skipped.as_str().into())];
        return Some(text_with(lang, "wish-skipped-alone", &args));
    }
    // A list inside a list needs a stronger mark between.
    let mark = match parts.iter().any(|part| part.contains(',')) {
        true => "; ",
        false => ", ",
    };
    Some(parts.join(mark)).filter(|words| !words.is_empty())
}

/// "пн"
pub(crate) fn weekday(lang: Lang, weekday: Weekday) -> String {
    text(lang, &format!("weekday-{}", weekday.number_from_monday()))
}

/// "21 ноября"
pub(crate) fn date_label(lang: Lang, date: NaiveDate, today: NaiveDate) -> String {
    super::when::date(lang, date, today)
}

fn dates(lang: Lang, wish: &Wish, today: NaiveDate) -> Option<String> {
    let name = |day| date(lang, day, today).into();
    // The day the wait begins with is no limit; it tells "today only" from "until today".
    let first = wish
        .not_before
        .or(wish.not_after.filter(|last| *last == today));
    Some(match (first, wish.not_after) {
        (Some(first), Some(last)) if first == last => {
            text_with(lang, "wish-only-day", &[("day", name(first))])
        }
        (Some(first), Some(last)) => text_with(
            lang,
            "wish-between-days",
            &[("first", name(first)), ("last", name(last))],
        ),
        (Some(first), None) => text_with(lang, "wish-from-day", &[("day", name(first))]),
        (None, Some(last)) => text_with(lang, "wish-to-day", &[("day", name(last))]),
        (None, None) => return None,
    })
}

/// Weekdays with their hours: those that share hours stand together.
fn days(lang: Lang, wish: &Wish) -> Option<String> {
    let mut groups: Vec<(Hours, Vec<Weekday>)> = Vec::new();
    for day in WEEK {
        let Some(hours) = wish.hours_of(day) else {
            continue;
        };
        match groups.iter_mut().find(|(of, _)| *of == hours) {
            Some((_, days)) => days.push(day),
            None => groups.push((hours, vec![day])),
        }
    }
    let n_days: usize = groups.iter().map(|(_, days)| days.len()).sum();
    let told = match groups.as_slice() {
        [] => return Some(text(lang, "wish-no-day")),
        [(hours, days)] if days.len() == 7 => return self::hours(lang, *hours),
        [(hours, days)] => with_hours(lang, named(lang, days), self::hours(lang, *hours)),
        several => {
            let told = several.iter().map(|(hours, days)| {
                let hours = self::hours(lang, *hours);
                let hours = hours.unwrap_or_else(|| text(lang, "wish-hours-any"));
                with_hours(lang, named(lang, days), Some(hours))
            });
            told.collect::<Vec<_>>().join(", ")
        }
    };
    if n_days == 7 {
        return Some(told);
    }
    Some(text_with(lang, "wish-days-only", &[("days", told.into())]))
}

fn with_hours(lang: Lang, days: String, hours: Option<String>) -> String {
    match hours {
        None => days,
        Some(hours) => {
            let args = [("days", days.into()), ("hours", hours.into())];
            text_with(lang, "wish-days-with-hours", &args)
        }
    }
}

/// "будни", "выходные", "пн–ср", "пн, ср, пт".
fn named(lang: Lang, days: &[Weekday]) -> String {
    if days == &WEEK[..5] {
        return text(lang, "wish-days-work");
    }
    if days == &WEEK[5..] {
        return text(lang, "wish-days-weekend");
    }
    let mut rows: Vec<Vec<Weekday>> = Vec::new();
    for &day in days {
        match rows.last_mut() {
            Some(row) if row.last().is_some_and(|last| last.succ() == day) => row.push(day),
            _ => rows.push(vec![day]),
        }
    }
    let name = |day: &Weekday| weekday(lang, *day);
    let told = rows.iter().map(|row| match row.as_slice() {
        [first, _, .., last] => format!("{}–{}", name(first), name(last)),
        few => few.iter().map(name).collect::<Vec<_>>().join(", "),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// "после 17:00", "до 12:00", "с 09:00 до 12:00"; `None` for the whole day.
fn hours(lang: Lang, hours: Hours) -> Option<String> {
    let args = [
        ("from", clock(hours.from()).into()),
        ("to", clock(hours.to()).into()),
    ];
    let key = match (hours.from(), hours.to()) {
        _ if hours.is_whole_day() => return None,
        (_, to) if to == Hours::WHOLE_DAY.to() => "wish-hours-from",
        (0, _) => "wish-hours-to",
        _ => "wish-hours-between",
    };
    Some(text_with(lang, key, &args))
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn notice(lang: Lang, minutes: u32) -> Option<String> {
    let whole = TimeDelta::minutes(minutes.into());
    let (key, n) = match minutes {
        0 => return None,
        _ if whole == TimeDelta::days(whole.num_days()) => ("wish-notice-days", whole.num_days()),
        _ if whole == TimeDelta::hours(whole.num_hours()) => {
            ("wish-notice-hours", whole.num_hours())
        }
        _ => ("wish-notice-minutes", whole.num_minutes()),
    };
    Some(text_with(lang, key, &[("n", n.into())]))
}

fn sooner(lang: Lang, wish: &Wish, today: NaiveDate) -> Option<String> {
    let mine = wish.sooner_than?;
    let local = wall(mine);
    let args = [
        ("day", date(lang, local.date_naive(), today).into()),
        ("time", time(mine).into()),
    ];
    // Midnight stands for a day whose hour nobody told us: no clinic receives then.
    let key = match local.time() == chrono::NaiveTime::MIN {
        true => "wish-sooner-day",
        false => "wish-sooner-time",
    };
    Some(text_with(lang, key, &args))
}

fn skipped(lang: Lang, wish: &Wish, today: NaiveDate) -> Option<String> {
    let ahead: Vec<_> = wish.skipped.range(today..).collect();
    if ahead.is_empty() {
        return None;
    }
    let n_named = match ahead.len() {
        n if n <= NAMED_DAYS + 1 => n,
        _ => NAMED_DAYS,
    };
    let named = ahead[..n_named].iter().map(|day| date(lang, **day, today));
    let args = [
        ("days", named.collect::<Vec<_>>().join(", ").into()),
        ("n", (ahead.len() - n_named).into()),
    ];
    let key = match ahead.len() > n_named {
        true => "wish-skipped-more",
        false => "wish-skipped",
    };
    Some(text_with(lang, key, &args))
}
