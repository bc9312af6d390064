//! What a button of the card says back: a word without dots, at most 20 bytes.

use crate::texts::WEEK;
use chrono::{NaiveDate, Weekday};
use shared::wish::Hours;
use std::fmt;

/// A button of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Shows a part of the card.
    Show(View),
    /// Changes the wish.
    Change(Change),
    /// Whether its alerts break the quiet hours.
    Urgent(bool),
}

/// A part of the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    /// The wish as a whole.
    Card,
    /// Dates: quick choices.
    When,
    /// The first day, at this page of the calendar.
    Since(u8),
    /// The last day.
    Until(u8),
    /// Weekdays.
    Days,
    /// Hours of all days.
    Hours,
    /// Hours of one weekday.
    HoursOf(Weekday),
    /// Hours to the hour, of one weekday or of all.
    Exact(Option<Weekday>),
    /// Notice.
    Notice,
    /// The day of an appointment that is there already.
    Sooner(u8),
    /// Days to skip.
    Skip(u8),
}

/// A change of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Both dates at once.
    Dates(Quick),
    /// The first day that suits.
    Since(Option<NaiveDate>),
    /// The last day that suits.
    Until(Option<NaiveDate>),
    /// Leaves a weekday out, or brings it back.
    Day(Weekday),
    /// All weekdays at once.
    Days(Part),
    /// Hours of one weekday or of all.
    Hours(Option<Weekday>, Hours),
    /// The same, one end at a time: the choice goes on.
    Exact(Option<Weekday>, Hours),
    /// One weekday has no hours of its own any more.
    Common(Weekday),
    /// Notice, in minutes.
    Notice(u32),
    /// The day of an appointment that is there already.
    Sooner(Option<NaiveDate>),
    /// Skips a day, or brings it back.
    Skip(NaiveDate),
    /// Skips nothing.
    SkipNone,
    /// Everything suits.
    Reset,
}

/// Dates chosen with one press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quick {
    /// Any.
    Any,
    /// Today.
    Today,
    /// Tomorrow.
    Tomorrow,
    /// Until Sunday.
    Week,
    /// Fourteen days from today.
    Fortnight,
}

/// Weekdays chosen with one press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All.
    All,
    /// Monday to Friday.
    Work,
    /// Saturday and Sunday.
    Weekend,
}

const QUICK: [(Quick, char); 5] = [
    (Quick::Any, 'a'),
    (Quick::Today, 'd'),
    (Quick::Tomorrow, 't'),
    (Quick::Week, 'w'),
    (Quick::Fortnight, 'f'),
];

const PARTS: [(Part, char); 3] = [(Part::All, 'a'), (Part::Work, 'w'), (Part::Weekend, 'e')];

/// Small letters show, capital ones change.
impl fmt::Display for Touch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Show(view) => match view {
                View::Card => f.write_str("c"),
                View::When => f.write_str("w"),
                View::Since(page) => write!(f, "f{page}"),
                View::Until(page) => write!(f, "t{page}"),
                View::Days => f.write_str("d"),
                View::Hours => f.write_str("h"),
                View::HoursOf(day) => write!(f, "o{}", number(Some(*day))),
                View::Exact(day) => write!(f, "x{}", number(*day)),
                View::Notice => f.write_str("n"),
                View::Sooner(page) => write!(f, "s{page}"),
                View::Skip(page) => write!(f, "k{page}"),
            },
            Self::Change(change) => match change {
                Change::Dates(quick) => write!(f, "W{}", letter(&QUICK, *quick)),
                Change::Since(date) => write!(f, "F{}", compact(*date)),
                Change::Until(date) => write!(f, "T{}", compact(*date)),
                Change::Day(day) => write!(f, "D{}", number(Some(*day))),
                Change::Days(part) => write!(f, "P{}", letter(&PARTS, *part)),
                Change::Hours(day, hours) => {
                    write!(f, "H{}-{}-{}", number(*day), hours.from(), hours.to())
                }
                Change::Exact(day, hours) => {
                    write!(f, "E{}-{}-{}", number(*day), hours.from(), hours.to())
                }
                Change::Common(day) => write!(f, "C{}", number(Some(*day))),
                Change::Notice(minutes) => write!(f, "N{minutes}"),
                Change::Sooner(date) => write!(f, "S{}", compact(*date)),
                Change::Skip(date) => write!(f, "K{}", compact(Some(*date))),
                Change::SkipNone => f.write_str("K"),
                Change::Reset => f.write_str("R"),
            },
            Self::Urgent(is_urgent) => write!(f, "U{}", u8::from(*is_urgent)),
        }
    }
}

impl Touch {
    /// Reads what a button said back; `None` for nonsense.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let mut chars = word.chars();
        let kind = chars.next()?;
        let rest = chars.as_str();
        let alone = |touch| rest.is_empty().then_some(touch);
        let page = || rest.parse::<u8>().ok();
        let change = match kind {
            'c' => return alone(Self::Show(View::Card)),
            'w' => return alone(Self::Show(View::When)),
            'f' => return page().map(|page| Self::Show(View::Since(page))),
            't' => return page().map(|page| Self::Show(View::Until(page))),
            'd' => return alone(Self::Show(View::Days)),
            'h' => return alone(Self::Show(View::Hours)),
            'o' => return day(rest)?.map(|day| Self::Show(View::HoursOf(day))),
            'x' => return day(rest).map(|day| Self::Show(View::Exact(day))),
            'n' => return alone(Self::Show(View::Notice)),
            's' => return page().map(|page| Self::Show(View::Sooner(page))),
            'k' => return page().map(|page| Self::Show(View::Skip(page))),
            'W' => Change::Dates(of_letter(&QUICK, rest)?),
            'F' => Change::Since(date(rest)?),
            'T' => Change::Until(date(rest)?),
            'D' => Change::Day(day(rest)??),
            'P' => Change::Days(of_letter(&PARTS, rest)?),
            'H' => hours(rest).map(|(day, hours)| Change::Hours(day, hours))?,
            'E' => hours(rest).map(|(day, hours)| Change::Exact(day, hours))?,
            'C' => Change::Common(day(rest)??),
            'N' => Change::Notice(rest.parse().ok()?),
            'S' => Change::Sooner(date(rest)?),
            'K' => date(rest)?.map_or(Change::SkipNone, Change::Skip),
            'R' => return alone(Self::Change(Change::Reset)),
            'U' if rest == "1" => return Some(Self::Urgent(true)),
            'U' if rest == "0" => return Some(Self::Urgent(false)),
            _ => return None,
        };
        Some(Self::Change(change))
    }
}

/// Monday is 1; 0 = all days.
fn number(day: Option<Weekday>) -> u32 {
    day.map_or(0, |day| day.number_from_monday())
}

fn day(word: &str) -> Option<Option<Weekday>> {
    match word.parse::<usize>().ok()? {
        0 => Some(None),
        n => WEEK.get(n - 1).copied().map(Some),
    }
}

fn compact(date: Option<NaiveDate>) -> String {
    date.map_or_else(String::new, |date| date.format("%Y%m%d").to_string())
}

fn date(word: &str) -> Option<Option<NaiveDate>> {
    if word.is_empty() {
        return Some(None);
    }
    let is_plain = word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let date = NaiveDate::parse_from_str(word, "%Y%m%d").ok();
    date.filter(|_| is_plain).map(Some)
}

fn hours(word: &str) -> Option<(Option<Weekday>, Hours)> {
    let mut parts = word.splitn(3, '-');
    let day = day(parts.next()?)?;
    let from = parts.next()?.parse().ok()?;
    let to = parts.next()?.parse().ok()?;
    Some((day, Hours::new(from, to)?))
}

fn letter<T: PartialEq + Copy>(known: &[(T, char)], value: T) -> char {
    let found = known.iter().find(|(of, _)| *of == value);
    found.map_or('?', |(_, letter)| *letter)
}

fn of_letter<T: Copy>(known: &[(T, char)], word: &str) -> Option<T> {
    let mut chars = word.chars();
    let letter = chars.next()?;
    let found = known.iter().find(|(_, of)| *of == letter)?;
    chars.next().is_none().then_some(found.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_button_reads_back_and_is_short() {
        let christmas = NaiveDate::from_ymd_opt(2026, 12, 25);
        let hours = Hours::new(1020, 1440).unwrap();
        let mut all = vec![
            Touch::Show(View::Card),
            Touch::Show(View::When),
            Touch::Show(View::Since(0)),
            Touch::Show(View::Until(255)),
            Touch::Show(View::Days),
            Touch::Show(View::Hours),
            Touch::Show(View::Exact(None)),
            Touch::Show(View::Notice),
            Touch::Show(View::Sooner(3)),
            Touch::Show(View::Skip(3)),
            Touch::Urgent(true),
            Touch::Urgent(false),
        ];
        let mut changes = vec![
            Change::Since(None),
            Change::Since(christmas),
            Change::Until(None),
            Change::Until(christmas),
            Change::Hours(None, hours),
            Change::Exact(None, hours),
            Change::Notice(u32::MAX),
            Change::Sooner(None),
            Change::Sooner(christmas),
            Change::Skip(christmas.unwrap()),
            Change::SkipNone,
            Change::Reset,
        ];
        changes.extend(QUICK.map(|(quick, _)| Change::Dates(quick)));
        changes.extend(PARTS.map(|(part, _)| Change::Days(part)));
        for day in WEEK {
            all.push(Touch::Show(View::HoursOf(day)));
            all.push(Touch::Show(View::Exact(Some(day))));
            changes.push(Change::Day(day));
            changes.push(Change::Hours(Some(day), hours));
            changes.push(Change::Exact(Some(day), hours));
            changes.push(Change::Common(day));
        }
        all.extend(changes.into_iter().map(Touch::Change));
        for touch in all {
            let word = touch.to_string();
            assert!(word.len() <= 20 && !word.contains('.'), "{word}");
            assert_eq!(Touch::read(&word), Some(touch), "{word}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

        #[test]
        fn nonsense_is_no_button_and_never_panics(word in "[a-zA-Z]?\\PC{0,20}") {
            if let Some(touch) = Touch::read(&word) {
                prop_assert_eq!(Touch::read(&touch.to_string()), Some(touch));
            }
        }
    }
}
