//! Days people name: "завтра", "5 декабря", "05.12", "в пятницу", "до конца недели".

use super::fold::{Kind, Token, is_form};
use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// A day, or several in a row, that a person named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// Named by its weekday alone: which week is meant, other words decide.
    pub(super) is_weekday: bool,
}

/// The word at a place; `None` for digits, signs and the end.
pub(super) fn word(tokens: &[Token], place: usize) -> Option<&str> {
    let token = tokens.get(place)?;
    (token.kind == Kind::Word).then_some(token.text.as_str())
}

/// The number at a place; `None` when there is none or it is beyond any date, hour and clinic.
pub(super) fn number(tokens: &[Token], place: usize) -> Option<u32> {
    let token = tokens.get(place)?;
    let is_number = token.kind == Kind::Number && token.text.len() <= 4;
    is_number.then(|| token.text.parse().ok()).flatten()
}

/// Whether the sign at a place is this one.
pub(super) fn is_mark(tokens: &[Token], place: usize, mark: &str) -> bool {
    tokens
        .get(place)
        .is_some_and(|token| token.kind == Kind::Mark && token.text == mark)
}

/// Whether the word at a place is one of these.
pub(super) fn is_any(tokens: &[Token], place: usize, known: &[&str]) -> bool {
    word(tokens, place).is_some_and(|word| known.contains(&word))
}

const WEEKDAYS: [(Weekday, &[&str], &[&str]); 7] = [
    (
        Weekday::Mon,
        &["пн", "пон", "понед", "mon", "monday", "mondays"],
        &["понедельник"],
    ),
    (
        Weekday::Tue,
        &["вт", "втор", "tue", "tues", "tuesday", "tuesdays"],
        &["вторник"],
    ),
    (
        Weekday::Wed,
        &["ср", "wed", "wednesday", "wednesdays"],
        &["среда"],
    ),
    (
        Weekday::Thu,
        &[
            "чт",
            "четв",
            "thu",
            "thur",
            "thurs",
            "thursday",
            "thursdays",
        ],
        &["четверг"],
    ),
    (
        Weekday::Fri,
        &["пт", "пятн", "fri", "friday", "fridays"],
        &["пятница"],
    ),
    (
        Weekday::Sat,
        &["сб", "суб", "sat", "saturday", "saturdays"],
        &["суббота", "субота"],
    ),
    (
        Weekday::Sun,
        &["вс", "воскр", "sun", "sunday", "sundays"],
        &["воскресенье", "воскресенья", "воскресеньям"],
    ),
];

/// The weekday a word names.
pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let found = WEEKDAYS.iter().find(|(_, short, long)| {
        short.contains(&word) || long.iter().any(|long| is_form(long, word))
    });
    found.map(|(weekday, ..)| *weekday)
}

const MONTHS: [&[&str]; 12] = [
    &["январь", "января", "январе", "янв", "january", "jan"],
    &[
        "февраль",
        "февраля",
        "феврале",
        "фев",
        "февр",
        "february",
        "feb",
    ],
    &["март", "марта", "марте", "мар", "march", "mar"],
    &["апрель", "апреля", "апреле", "апр", "april", "apr"],
    &["май", "мая", "мае", "may"],
    &["июнь", "июня", "июне", "июн", "june", "jun"],
    &["июль", "июля", "июле", "июл", "july", "jul"],
    &["август", "августа", "августе", "авг", "august", "aug"],
    &[
        "сентябрь",
        "сентября",
        "сентябре",
        "сен",
        "сент",
        "september",
        "sep",
        "sept",
    ],
    &["октябрь", "октября", "октябре", "окт", "october", "oct"],
    &[
        "ноябрь",
        "ноября",
        "ноябре",
        "ноя",
        "нояб",
        "november",
        "nov",
    ],
    &["декабрь", "декабря", "декабре", "дек", "december", "dec"],
];

/// The number of the month a word names.
pub(super) fn month(word: &str) -> Option<u32> {
    (1..)
        .zip(MONTHS)
        .find(|(_, names)| names.contains(&word))
        .map(|(n, _)| n)
}

const OF_DAY: [&str; 7] = ["го", "е", "ое", "th", "st", "nd", "rd"];

/// "-го", "th" and the like.
fn ordinal(tokens: &[Token], place: usize) -> usize {
    let dash = usize::from(is_mark(tokens, place, "-"));
    match is_any(tokens, place + dash, &OF_DAY) {
        true => dash + 1,
        false => 0,
    }
}

/// Days from a today: everything said is counted from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    pub(super) today: NaiveDate,
}

impl Calendar {
    /// Reads the day that the words begin with, with the number of tokens taken. A day without a year is the next
    /// such day.
    pub(super) fn read(self, tokens: &[Token]) -> Option<(usize, Span)> {
        if is_any(tokens, 0, &["the"]) {
            return self.read(tokens.get(1..)?).map(|(n, span)| (n + 1, span));
        }
        self.near(tokens)
            .or_else(|| self.end_of(tokens))
            .or_else(|| self.iso(tokens))
            .or_else(|| self.dotted(tokens))
            .or_else(|| self.of_month(tokens))
            .or_else(|| self.week_or_month(tokens))
            .or_else(|| self.of_week(tokens))
    }

    fn day(self, n: usize, date: NaiveDate) -> Option<(usize, Span)> {
        Some((n, span(date, date)))
    }

    fn after(self, n: u64) -> Option<NaiveDate> {
        self.today.checked_add_days(Days::new(n))
    }

    fn near(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let n = match word(tokens, 0)? {
            "сегодня" | "сегодняшний" | "сегодняшнего" | "today" => 0,
            "завтра" | "завтрашний" | "завтрашнего" | "tomorrow" => 1,
            "послезавтра" => 2,
            "day" if is_any(tokens, 1, &["after"]) && is_any(tokens, 2, &["tomorrow"]) => {
                return self.day(3, self.after(2)?);
            }
            _ => return None,
        };
        self.day(1, self.after(n)?)
    }

    fn end_of(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let mut n = match word(tokens, 0)? {
            "конца" | "конец" | "конце" | "концу" => 1,
            "end" if is_any(tokens, 1, &["of"]) => 2,
            _ => return None,
        };
        n += usize::from(is_any(tokens, n, &["the", "этой", "этого", "this"]));
        let name = word(tokens, n)?;
        let last = match name {
            "недели" | "week" => self.monday()?.checked_add_days(Days::new(6))?,
            "месяца" | "month" => month_of(self.today)?.last,
            "года" | "year" => NaiveDate::from_ymd_opt(self.today.year(), 12, 31)?,
            name => self.named_month(month(name)?, None)?.last,
        };
        self.day(n + 1, last)
    }

    /// "2026-12-05"
    fn iso(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let is_iso = is_mark(tokens, 1, "-") && is_mark(tokens, 3, "-");
        let year = number(tokens, 0).filter(|year| is_iso && *year >= 2000)?;
        let date = ymd(
            i32::try_from(year).ok()?,
            number(tokens, 2)?,
            number(tokens, 4)?,
        )?;
        self.day(5, date)
    }

    /// "5.12", "05.12.2026", "5/12"
    fn dotted(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let mark = [".", "/"]
            .into_iter()
            .find(|mark| is_mark(tokens, 1, mark))?;
        let (day, month) = (number(tokens, 0)?, number(tokens, 2)?);
        let is_close = |place: usize| {
            let (before, after) = (tokens.get(place - 1), tokens.get(place));
            before
                .zip(after)
                .is_some_and(|(a, b)| a.at.end == b.at.start)
        };
        if !is_close(1) || !is_close(2) {
            return None;
        }
        let year =
            number(tokens, 4).filter(|_| is_mark(tokens, 3, mark) && is_close(3) && is_close(4));
        match year {
            Some(year) => {
                let year = if year < 100 { year + 2000 } else { year };
                self.day(5, ymd(i32::try_from(year).ok()?, month, day)?)
            }
            None => self.day(3, self.next(month, day)?),
        }
    }

    /// "5 декабря", "5-го декабря 2026", "december 5th", "5 числа"
    fn of_month(self, tokens: &[Token]) -> Option<(usize, Span)> {
        if let Some(month) = word(tokens, 0).and_then(month) {
            let day = number(tokens, 1).filter(|day| *day <= 31)?;
            // "в декабре 17:00" is no seventeenth.
            if is_mark(tokens, 2, ":") {
                return None;
            }
            return self.day(2 + ordinal(tokens, 2), self.next(month, day)?);
        }
        let day = number(tokens, 0).filter(|day| (1..=31).contains(day))?;
        let suffix = ordinal(tokens, 1);
        let mut n = 1 + suffix;
        n += usize::from(is_any(tokens, n, &["of"]));
        if let Some(month) = word(tokens, n).and_then(month) {
            let year = number(tokens, n + 1).filter(|year| (2000..3000).contains(year));
            let Some(year) = year else {
                return self.day(n + 1, self.next(month, day)?);
            };
            let more = usize::from(is_any(tokens, n + 2, &["года", "год", "г"]));
            return self.day(n + 2 + more, ymd(i32::try_from(year).ok()?, month, day)?);
        }
        let is_said = is_any(tokens, n, &["числа", "число", "числу"]);
        if suffix == 0 && !is_said {
            return None;
        }
        self.day(n + usize::from(is_said), self.of_some_month(day)?)
    }

    /// "этой неделе", "next week", "этом месяце", "декабре"
    fn week_or_month(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let name = word(tokens, 0)?;
        if let Some(month) =
            month(name).filter(|_| name.chars().count() > 3 || name == "мае" || name == "мая")
        {
            return Some((1, self.named_month(month, None)?));
        }
        let is_next = match name {
            "этой" | "эту" | "этот" | "этом" | "этого" | "эти" | "этих" | "this" => {
                false
            }
            "ближайшую" | "ближайшие" | "ближайший" | "ближайших" | "coming" => {
                false
            }
            _ if is_form("следующий", name) || is_form("следующей", name) || name == "next" => {
                true
            }
            "след" => true,
            _ => return None,
        };
        let what = word(tokens, 1)?;
        let monday = self.monday()?;
        let week = if is_next {
            monday.checked_add_days(Days::new(7))?
        } else {
            monday
        };
        if let Some(weekday) = weekday(what) {
            let date = week.checked_add_days(Days::new(weekday.num_days_from_monday().into()))?;
            // "эту среду" said on a Friday is the coming one.
            let date = if date < self.today {
                self.coming(weekday)?
            } else {
                date
            };
            return self.day(2, date);
        }
        let sunday = week.checked_add_days(Days::new(6))?;
        let found = match what {
            "неделе" | "неделю" | "недели" | "week" => {
                span(week.max(self.today), sunday)
            }
            "месяце" | "месяц" | "месяца" | "month" => {
                let first = self.today.with_day(1)?;
                let first = first.checked_add_months(Months::new(u32::from(is_next)))?;
                let month = month_of(first)?;
                span(month.first.max(self.today), month.last)
            }
            "выходные" | "выходных" | "weekend" => {
                let saturday = week.checked_add_days(Days::new(5))?;
                span(saturday.max(self.today), sunday)
            }
            _ => return None,
        };
        Some((2, found))
    }

    fn of_week(self, tokens: &[Token]) -> Option<(usize, Span)> {
        let date = self.coming(weekday(word(tokens, 0)?)?)?;
        Some((
            1,
            Span {
                is_weekday: true,
                ..span(date, date)
            },
        ))
    }

    /// The next such weekday, today left out: of today one says "сегодня".
    pub(super) fn coming(self, weekday: Weekday) -> Option<NaiveDate> {
        let ahead =
            (7 + weekday.num_days_from_monday() - self.today.weekday().num_days_from_monday()) % 7;
        self.after(if ahead == 0 { 7 } else { ahead.into() })
    }

    fn monday(self) -> Option<NaiveDate> {
        let back = self.today.weekday().num_days_from_monday();
        self.today.checked_sub_days(Days::new(back.into()))
    }

    /// The next such day of a month.
    pub(super) fn next(self, month: u32, day: u32) -> Option<NaiveDate> {
        // A 29 February may be some years away.
        (0..8)
            .filter_map(|n| ymd(self.today.year() + n, month, day))
            .find(|date| *date >= self.today)
    }

    /// The next month of this name, from today on.
    fn named_month(self, month: u32, year: Option<i32>) -> Option<Span> {
        let year = year.unwrap_or(self.today.year() + i32::from(month < self.today.month()));
        let whole = month_of(ymd(year, month, 1)?)?;
        Some(span(whole.first.max(self.today), whole.last))
    }

    /// The next day of this number, this month or later.
    pub(super) fn of_some_month(self, day: u32) -> Option<NaiveDate> {
        let first = self.today.with_day(1)?;
        (0..4)
            .filter_map(|n| first.checked_add_months(Months::new(n))?.with_day(day))
            .find(|date| *date >= self.today)
    }
}

fn span(first: NaiveDate, last: NaiveDate) -> Span {
    Span {
        first,
        last,
        is_weekday: false,
    }
}

fn ymd(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

fn month_of(date: NaiveDate) -> Option<Span> {
    let first = date.with_day(1)?;
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    Some(span(first, last))
}
