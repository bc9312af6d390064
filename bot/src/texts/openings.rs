//! When talons open, in words: what is known, out of how much, and what is missing.

use super::clean::escape;
use super::fluent::{text, text_with};
use super::{WEEK, weekday};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use shared::store::{Days, LEAST_DAYS, LEAST_OPENINGS, Lang, Observed, When, Window};

/// Parts of a watch told one by one.
const PARTS: usize = 4;

/// Hours named as those with the most talons; when more are as full as these, none of them is named.
const PEAKS: usize = 5;

/// Fewer talons in an hour are no peak.
const LEAST_PEAK: u32 = 2;

/// "In about so many days" is said no further ahead.
const FARTHEST: i64 = 60;

/// What was seen of one part of a watch: a doctor, or several of a department.
#[derive(Debug, Clone)]
pub struct Part {
    /// "Терапевт · Иванова А. П. · ГП №27", plain.
    pub title: String,
    /// What was seen of it.
    pub observed: Observed,
    /// When too little was seen of the one doctor it waits for: what was seen of the whole department.
    pub whole: Option<Observed>,
}

impl Part {
    /// What there is to tell: of the part itself, or else of its whole department. `None` = too little was seen.
    pub fn when(&self) -> Option<When> {
        let whole = || self.whole.as_ref().and_then(Observed::when);
        self.observed.when().or_else(whole)
    }
}

/// What was seen of a watch.
#[derive(Debug, Clone)]
pub struct Openings {
    /// The watch, plain.
    pub title: String,
    /// Its parts, in the order they were chosen; empty for an area that covers nothing yet.
    pub parts: Vec<Part>,
    /// Whether only some talons suit.
    pub is_picky: bool,
}

impl Openings {
    /// All parts together.
    pub fn together(&self) -> Observed {
        let parts = self.parts.iter().map(|part| part.observed.clone());
        parts.fold(Observed::default(), Observed::and)
    }

    /// What the picture shows; `None` when too little was seen.
    pub fn shown(&self) -> Option<When> {
        match self.parts.as_slice() {
            [part] => part.when(),
            _ => self.together().when(),
        }
    }

    /// Everything that is known.
    pub fn tell(&self, lang: Lang, now: DateTime<Utc>) -> String {
        let mut paragraphs = match self.parts.as_slice() {
            [part] => vec![part_in_words(lang, part, now)],
            [] => vec![too_few(lang, &Observed::default(), now)],
            _ => self.of_many(lang, now),
        };
        if self.is_picky && self.parts.iter().any(|part| part.when().is_some()) {
            paragraphs.push(text(lang, "openings-all"));
        }
        format!("{}\n\n{}", self.head(lang), paragraphs.join("\n\n"))
    }

    /// What the picture shows, in words short enough for a caption.
    pub fn caption(&self, lang: Lang, when: &When) -> String {
        format!("{}\n\n{}", self.head(lang), known(lang, when))
    }

    fn head(&self, lang: Lang) -> String {
        let title = text(lang, "openings-title");
        format!("{title}\n{}", escape(&self.title))
    }

    fn of_many(&self, lang: Lang, now: DateTime<Utc>) -> Vec<String> {
        let together = self.together();
        let mut paragraphs = vec![match together.when() {
            Some(when) => {
                let title = text(lang, "openings-together");
                format!("{title}\n{}", known(lang, &when))
            }
            None => too_few(lang, &together, now),
        }];
        let is_few = self.parts.len() <= PARTS;
        let mut told: Vec<&Part> = self.parts.iter().collect();
        if !is_few {
            told.retain(|part| part.observed.when().is_some());
            told.sort_by_key(|part| std::cmp::Reverse(part.observed.n_openings()));
        }
        let n_known = told.len();
        told.truncate(PARTS);
        // Nothing of any of them: said already, of all together.
        if is_few && told.iter().all(|part| part.when().is_none()) && together.when().is_none() {
            return paragraphs;
        }
        for part in &told {
            let title = escape(&part.title);
            let words = match part.observed.when() {
                Some(when) => usual(lang, &when),
                None => part_in_words(lang, part, now),
            };
            paragraphs.push(format!("<b>{title}</b>\n{words}"));
        }
        if !is_few {
            for (key, n) in [
                ("openings-unshown", n_known - told.len()),
                ("openings-rest", self.parts.len() - n_known),
            ] {
                if n > 0 {
                    paragraphs.push(text_with(lang, key, &[("n", n.into())]));
                }
            }
        }
        paragraphs
    }
}

fn part_in_words(lang: Lang, part: &Part, now: DateTime<Utc>) -> String {
    if let Some(when) = part.observed.when() {
        return known(lang, &when);
    }
    match part.whole.as_ref().and_then(Observed::when) {
        Some(when) => format!("{}\n\n{}", text(lang, "openings-whole"), known(lang, &when)),
        None => too_few(lang, &part.observed, now),
    }
}

/// All that is known: when, the fullest hours, and out of how much.
fn known(lang: Lang, when: &When) -> String {
    let seen = format!("{}.", seen(lang, when.n_openings, when.n_days));
    let lines = [
        Some(usual(lang, when)),
        peaks(lang, &when.hours),
        Some(seen),
    ];
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// "Видел 24 открытия в 12 разных дней". Plain, no stop.
pub(super) fn seen(lang: Lang, n_openings: usize, n_days: usize) -> String {
    let args = [("n", n_openings.into()), ("days", n_days.into())];
    text_with(lang, "openings-seen", &args)
}

/// "Обычно открываются в будни 08:30–08:50 (8 раз из 10), половина уходит за 6 минут."
fn usual(lang: Lang, when: &When) -> String {
    let windows = when.windows.iter().map(|one| window(lang, one));
    let windows = windows.reduce(|first, second| {
        let args = [("first", first.into()), ("second", second.into())];
        text_with(lang, "openings-both", &args)
    });
    let half = when.half_gone_in.map(|half| lasting(lang, half));
    let key = match (windows.is_some(), half.is_some()) {
        (true, true) => "openings-usually-half",
        (true, false) => "openings-usually",
        (false, true) => "openings-any-time-half",
        (false, false) => "openings-any-time",
    };
    let args = [("windows", windows), ("half", half)];
    let args = args.map(|(name, arg)| (name, arg.unwrap_or_default().into()));
    text_with(lang, key, &args)
}

fn window(lang: Lang, window: &Window) -> String {
    let share = (window.share * 10.0).round() as i64;
    let key = match (window.days, share) {
        (Days::Working, 10..) => "openings-work-always",
        (Days::Working, _) => "openings-work",
        (Days::Weekend, 10..) => "openings-weekend-always",
        (Days::Weekend, _) => "openings-weekend",
    };
    let until = match window.until {
        NaiveTime::MIN => "24:00".to_owned(),
        until => until.format("%H:%M").to_string(),
    };
    let args = [
        ("from", window.from.format("%H:%M").to_string().into()),
        ("until", until.into()),
        ("n", share.into()),
    ];
    text_with(lang, key, &args)
}

/// "за 6 минут"
fn lasting(lang: Lang, time: TimeDelta) -> String {
    let minutes = (time.num_seconds().max(0) + 30) / 60;
    let (key, n) = match minutes {
        0 => ("openings-at-once", 0),
        1..90 => ("openings-minutes", minutes),
        90..2_880 => ("openings-hours", (minutes + 30) / 60),
        _ => ("openings-days", (minutes + 720) / 1_440),
    };
    text_with(lang, key, &[("n", n.into())])
}

/// The hours in which the most talons opened; `None` when none stands out.
fn peaks(lang: Lang, hours: &[[u32; 24]; 7]) -> Option<String> {
    let mut cells: Vec<(u32, usize, usize)> = Vec::new();
    for (day, of_day) in hours.iter().enumerate() {
        let those = of_day.iter().enumerate().filter(|(_, n)| **n >= LEAST_PEAK);
        cells.extend(those.map(|(hour, n)| (*n, day, hour)));
    }
    cells.sort_by_key(|(n, day, hour)| (std::cmp::Reverse(*n), *day, *hour));
    let most = cells.first()?.0;
    // Half as many is no peak any more.
    cells.retain(|(n, ..)| n.saturating_mul(2) > most);
    if let Some((left_out, ..)) = cells.get(PEAKS).copied() {
        cells.retain(|(n, ..)| *n > left_out);
    }
    if cells.is_empty() {
        return None;
    }
    let peaks = cells.into_iter().map(|(n, day, hour)| {
        let args = [
            ("weekday", weekday(lang, WEEK[day]).into()),
            ("from", hour.into()),
            ("to", (hour + 1).into()),
            ("n", n.into()),
        ];
        text_with(lang, "openings-peak", &args)
    });
    let peaks = peaks.collect::<Vec<_>>().join(", ");
    Some(text_with(
        lang,
        "openings-peaks",
        &[("peaks", peaks.into())],
    ))
}

/// How much is missing, and when it will be there at this pace.
fn too_few(lang: Lang, observed: &Observed, now: DateTime<Utc>) -> String {
    let need = [
        ("need", LEAST_OPENINGS.into()),
        ("needdays", LEAST_DAYS.into()),
        ("n", observed.n_openings().into()),
        ("days", observed.n_days().into()),
    ];
    if observed.n_openings() == 0 {
        return text_with(lang, "openings-none", &need[..2]);
    }
    let key = match (
        observed.n_openings() < LEAST_OPENINGS,
        observed.n_days() < LEAST_DAYS,
    ) {
        (true, false) => "openings-few-times",
        (false, _) => "openings-few-days",
        (true, true) => "openings-few",
    };
    let few = text_with(lang, key, &need);
    match enough_in(observed, now) {
        Some(days) => {
            let soon = text_with(lang, "openings-soon", &[("n", days.into())]);
            format!("{few} {soon}")
        }
        None => few,
    }
}

/// In how many days enough will have been seen if it goes on so; `None` while there is no pace to speak of.
fn enough_in(observed: &Observed, now: DateTime<Utc>) -> Option<i64> {
    let passed = now - observed.first_at()?;
    let (n, days) = (observed.n_openings(), observed.n_days());
    if days < 2 || passed < TimeDelta::days(1) {
        return None;
    }
    let passed = passed.num_minutes() as f64 / 1_440.0;
    let wait = |missing: usize, seen: usize| missing as f64 * passed / seen as f64;
    let missing_days = LEAST_DAYS.saturating_sub(days);
    let wait = wait(LEAST_OPENINGS.saturating_sub(n), n).max(wait(missing_days, days));
    // No day holds two different days.
    let least = i64::try_from(missing_days).unwrap_or(i64::MAX).max(1);
    Some((wait.ceil() as i64).max(least)).filter(|days| *days <= FARTHEST)
}
