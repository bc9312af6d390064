//! Days and hours that suit: "после 17", "по будням", "до пятницы", "не раньше чем через 2 часа".

use super::dates::{Calendar, Span, is_any, is_mark, month, number, weekday, word};
use super::fold::{Token, is_form};
use super::hours::{DAY, HOUR, Hint, amount, time, unit};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use shared::clock::from_wall;

const MORNING: (u16, u16) = (0, 12 * HOUR);
const AFTERNOON: (u16, u16) = (12 * HOUR, 17 * HOUR);
const EVENING: (u16, u16) = (17 * HOUR, DAY);
/// "До обеда", "после обеда".
const LUNCH: u16 = 13 * HOUR;
/// "После работы".
const WORK_ENDS: u16 = 18 * HOUR;

const WORKDAYS: u8 = 0b001_1111;
const WEEKEND: u8 = 0b110_0000;
const EVERY_DAY: u8 = 0b111_1111;

/// One thing said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// From this day on.
    From(Span),
    /// Strictly after these days.
    After(Span),
    /// Up to this day, it included; of several days, up to the first of them.
    UpTo(Span),
    /// Before these days.
    Before(Span),
    /// On these days.
    On(Span),
    /// On these weekdays: bits, Monday first.
    Weekdays(u8),
    /// Not on these.
    NotOn(u8),
    /// At these minutes of the day.
    At(u16, u16),
    /// This many minutes from now at the soonest.
    Notice(u32),
}

/// Reads what the words begin to say, with the number of tokens taken; at least one.
pub(super) fn read(tokens: &[Token], today: NaiveDate) -> Option<(usize, Said)> {
    let reader = Reader {
        calendar: Calendar { today },
    };
    reader
        .ahead(tokens)
        .or_else(|| reader.noticed(tokens))
        .or_else(|| reader.within(tokens))
        .or_else(|| reader.except(tokens))
        .or_else(|| reader.between(tokens))
        .or_else(|| reader.bounded(tokens))
        .or_else(|| reader.part_of_day(tokens))
        .or_else(|| reader.weekdays(tokens))
        .or_else(|| reader.dates(tokens))
}

struct Reader {
    calendar: Calendar,
}

impl Reader {
    fn is_date(&self, tokens: &[Token]) -> bool {
        self.calendar.read(tokens).is_some()
    }

    /// "не раньше чем через 2 часа", "через 3 дня", "хотя бы за час", "in 2 hours"
    fn ahead(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let n = self.ahead_begun(tokens)?;
        let (taken, minutes) = amount(tokens.get(n..)?)?;
        let mut n = n + taken;
        while is_any(tokens, n, &["notice", "ahead", "beforehand"]) {
            n += 1;
        }
        let is_from_now = is_any(tokens, n, &["from"]) && is_any(tokens, n + 1, &["now"]);
        Some((n + 2 * usize::from(is_from_now), self.later(minutes)?))
    }

    fn ahead_begun(&self, tokens: &[Token]) -> Option<usize> {
        let in_so_long = ["через", "за", "in"];
        let mut n = match word(tokens, 0)? {
            "не" | "not" | "no" => {
                let is_sooner = ["раньше", "ранее", "earlier", "sooner", "before"];
                if !is_any(tokens, 1, &is_sooner) {
                    return None;
                }
                2 + usize::from(is_any(tokens, 2, &["чем", "than"]))
            }
            "минимум" => return Some(1 + usize::from(is_any(tokens, 1, &in_so_long))),
            "хотя" if is_any(tokens, 1, &["бы"]) => 2,
            "at" if is_any(tokens, 1, &["least"]) => return Some(2),
            _ => 0,
        };
        if !is_any(tokens, n, &in_so_long) {
            return None;
        }
        n += 1;
        Some(n)
    }

    /// "2 hours notice"
    fn noticed(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let (n, minutes) = amount(tokens)?;
        is_any(tokens, n, &["notice", "ahead"]).then_some((n + 1, Said::Notice(minutes)))
    }

    /// So much later than now: days are counted as days, hours as hours.
    fn later(&self, minutes: u32) -> Option<Said> {
        if minutes < u32::from(DAY) {
            return Some(Said::Notice(minutes));
        }
        let day = self.in_days(minutes)?;
        Some(Said::From(day))
    }

    fn in_days(&self, minutes: u32) -> Option<Span> {
        let days = TimeDelta::days(i64::from(minutes / u32::from(DAY)));
        let date = self.calendar.today.checked_add_signed(days)?;
        Some(Span {
            first: date,
            last: date,
            is_weekday: false,
        })
    }

    /// "в ближайшие 3 дня", "в течение недели", "не позже чем через неделю", "within 2 weeks", "in the next 5 days"
    fn within(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let begun: &[&[&str]] = &[
            &["в", "ближайшие"],
            &["ближайшие"],
            &["в", "течение"],
            &["в", "течении"],
            &["не", "позже", "чем", "через"],
            &["не", "позднее", "чем", "через"],
            &["не", "позже", "через"],
            &["within"],
            &["in", "the", "next"],
            &["the", "next"],
            &["next"],
        ];
        let is_begun = |words: &&&[&str]| {
            words
                .iter()
                .enumerate()
                .all(|(place, known)| word(tokens, place) == Some(known))
        };
        let n = begun.iter().find(is_begun)?.len();
        let n = n + usize::from(is_any(tokens, n, &["the"]));
        let is_next = is_any(tokens, n - 1, &["next"]);
        let (taken, minutes) = amount(tokens.get(n..)?)?;
        // "next week" is another thing; "next 2 weeks" is this one.
        if is_next && taken < 2 {
            return None;
        }
        Some((n + taken, Said::UpTo(self.in_days(minutes)?)))
    }

    /// "кроме выходных", "не в пятницу", "except mondays"
    fn except(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let n = if is_any(tokens, 0, &["кроме", "except"]) {
            1
        } else if is_any(tokens, 0, &["не", "not"]) && is_any(tokens, 1, &["в", "во", "по", "on"])
        {
            2
        } else {
            return None;
        };
        let n = n + usize::from(is_any(tokens, n, &["по", "on", "в"]));
        let (taken, days) = self.days(tokens.get(n..)?)?;
        Some((n + taken, Said::NotOn(days)))
    }

    /// "с 9 до 12", "9:00-12:00", "с 5 по 12 декабря", "с понедельника до пятницы"
    fn between(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let begun = ["с", "со", "от", "from", "between", "since"];
        let mut n = usize::from(is_any(tokens, 0, &begun));
        let is_begun = n > 0;
        n += usize::from(is_any(tokens, n, &["the"]));
        let sep = |place: usize| {
            let is_dash = is_mark(tokens, place, "-");
            let ends = ["до", "по", "to", "till", "until", "through"];
            let is_and = is_any(tokens, place, &["and"]) && is_any(tokens, 0, &["between"]);
            is_dash || is_and || is_any(tokens, place, &ends)
        };
        // Days of one month: "с 5 по 12 декабря", "5-12 декабря".
        if let Some(first) = number(tokens, n)
            && sep(n + 1)
            && let Some((taken, last)) = self.calendar.read(tokens.get(n + 2..)?)
            && number(tokens, n + 2).is_some()
        {
            let day = last.last.with_day(first).filter(|day| *day <= last.last)?;
            let first = day.max(self.calendar.today);
            return Some((n + 2 + taken, Said::On(Span { first, ..last })));
        }
        if let Some((taken, first)) = self.calendar.read(tokens.get(n..)?)
            && is_begun
            && is_any(tokens, n + taken, &["до", "по", "to", "till", "until"])
        {
            let end = n + taken + 1;
            let (more, last) = self.calendar.read(tokens.get(end..)?)?;
            // "с пн по пт" is every week; "с понедельника до пятницы" is the coming ones.
            let is_weekly = first.is_weekday && last.is_weekday;
            if is_weekly && !is_any(tokens, n + taken, &["до", "till", "until"]) {
                let days = range(first.first.weekday(), last.first.weekday());
                return Some((end + more, Said::Weekdays(days)));
            }
            let mut last = last;
            while last.is_weekday && last.last < first.first {
                last.last = last.last.checked_add_signed(TimeDelta::days(7))?;
            }
            let first = first.first;
            return (first <= last.last).then_some((end + more, Said::On(Span { first, ..last })));
        }
        let (taken, from) = time(tokens.get(n..)?, Hint::Early)?;
        let end = n + taken;
        if !sep(end) {
            return None;
        }
        let (more, to) = time(tokens.get(end + 1..)?, Hint::Late)?;
        // Two numbers with a dash and nothing else may be anything: hours are those of a working day.
        let is_plain = !is_begun && taken == 1 && more == 1;
        let is_likely = (7 * HOUR..=22 * HOUR).contains(&from) && to <= 22 * HOUR;
        let to = if to <= from && to + 12 * HOUR > from && to < 12 * HOUR {
            to + 12 * HOUR
        } else {
            to
        };
        if from >= to || to > DAY || (is_plain && !is_likely) {
            return None;
        }
        Some((end + 1 + more, Said::At(from, to)))
    }

    /// "после 17", "до пятницы", "не раньше 10", "by friday"
    fn bounded(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let (n, bound) = bound(tokens)?;
        let n = n + usize::from(is_any(tokens, n, &["the"]));
        let rest = tokens.get(n..)?;
        let at = |minute| match bound {
            Bound::From | Bound::After => (minute < DAY).then_some(Said::At(minute, DAY)),
            Bound::UpTo | Bound::Before => (minute > 0).then_some(Said::At(0, minute)),
        };
        if is_any(rest, 0, &["обеда", "обед", "lunch", "lunchtime"]) {
            return Some((n + 1, at(LUNCH)?));
        }
        if is_any(rest, 0, &["работы", "работу", "work"]) && bound == Bound::After {
            return Some((n + 1, at(WORK_ENDS)?));
        }
        if is_any(rest, 0, &["утра"]) && bound == Bound::From {
            return Some((n + 1, Said::At(MORNING.0, MORNING.1)));
        }
        if let Some((taken, span)) = self.calendar.read(rest) {
            let said = match bound {
                Bound::From => Said::From(span),
                Bound::After => Said::After(span),
                Bound::UpTo => Said::UpTo(span),
                Bound::Before => Said::Before(span),
            };
            return Some((n + taken, said));
        }
        if is_any(tokens, 0, &["к"]) {
            return None; // "к 5 врачу" is no hour
        }
        let hint = match bound {
            Bound::From => Hint::Early,
            _ => Hint::Late,
        };
        if let Some((taken, minute)) = time(rest, hint) {
            return Some((n + taken, at(minute)?));
        }
        // No hour, but a day of the month: "до 28".
        let day = number(rest, 0).filter(|day| (25..=31).contains(day))?;
        if word(rest, 1).and_then(month).is_some() {
            return None; // there is no such day: "до 31 февраля"
        }
        let date = self.calendar.of_some_month(day)?;
        let span = Span {
            first: date,
            last: date,
            is_weekday: false,
        };
        let said = match bound {
            Bound::From => Said::From(span),
            Bound::After => Said::After(span),
            Bound::UpTo => Said::UpTo(span),
            Bound::Before => Said::Before(span),
        };
        Some((n + 1, said))
    }

    /// "утром", "in the evening", "в любое время"
    fn part_of_day(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let mut n = 0;
        while n < 2 && is_any(tokens, n, &["в", "во", "in", "the", "по", "at", "с"]) {
            n += 1;
        }
        let (from, to) = match word(tokens, n)? {
            "утро" | "утром" | "утра" | "утренний" | "утреннее" | "утрам" | "поутру"
            | "morning" | "mornings" => MORNING,
            "днем" | "дневное" | "дневной" | "afternoon" | "afternoons" => {
                AFTERNOON
            }
            "вечер" | "вечером" | "вечернее" | "вечерний" | "вечерам" | "evening" | "evenings" => {
                EVENING
            }
            "anytime" => (0, DAY),
            "любое" | "весь" | "целый" | "any" | "whole" | "all"
                if is_any(tokens, n + 1, &["время", "день", "time", "day"]) =>
            {
                let is_every_day = is_any(tokens, n, &["any"]) && is_any(tokens, n + 1, &["day"]);
                return (!is_every_day).then_some((n + 2, Said::At(0, DAY)));
            }
            _ => return None,
        };
        Some((n + 1, Said::At(from, to)))
    }

    /// "пн, ср", "по понедельникам", "в выходные", "mon-fri"
    fn weekdays(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let mut n = 0;
        while n < 3
            && is_any(
                tokens,
                n,
                &[
                    "в",
                    "во",
                    "по",
                    "на",
                    "on",
                    "at",
                    "the",
                    "с",
                    "со",
                    "from",
                    "only",
                    "только",
                ],
            )
        {
            n += 1;
        }
        let (taken, days) = self.days(tokens.get(n..)?)?;
        Some((n + taken, Said::Weekdays(days)))
    }

    fn days(&self, tokens: &[Token]) -> Option<(usize, u8)> {
        let first = word(tokens, 0)?;
        if let Some(from) = weekday(first) {
            let is_range = is_mark(tokens, 1, "-") || is_any(tokens, 1, &["по", "to", "through"]);
            let end = word(tokens, 2).and_then(weekday).filter(|_| is_range);
            return Some(match end {
                Some(to) => (3, range(from, to)),
                None => (1, bit(from)),
            });
        }
        let is_day = is_any(
            tokens,
            1,
            &["день", "дни", "дням", "дней", "дня", "days", "day"],
        );
        Some(match first {
            "будни" | "будням" | "будний" | "будние" | "будних" | "будней" | "будничный"
            | "рабочие" | "рабочим" | "рабочий" => {
                (1 + usize::from(is_day), WORKDAYS)
            }
            "weekday" | "weekdays" | "workdays" | "workday" | "business" | "working" => {
                (1 + usize::from(is_day), WORKDAYS)
            }
            "выходные" | "выходным" | "выходной" | "выходных" | "weekend" | "weekends" => {
                (1 + usize::from(is_day), WEEKEND)
            }
            "ежедневно" => (1, EVERY_DAY),
            "каждый" | "любой" | "every" | "any" if is_day => (2, EVERY_DAY),
            _ => return None,
        })
    }

    /// "завтра", "5 декабря", "24 и 26 ноября", "на этой неделе"
    fn dates(&self, tokens: &[Token]) -> Option<(usize, Said)> {
        let mut n = 0;
        while n < 2 && is_any(tokens, n, &["в", "во", "на", "on", "in", "the", "за", "к"]) {
            n += 1;
        }
        let rest = tokens.get(n..)?;
        // "24 и 26 ноября": the month is said once.
        if let Some(day) = number(rest, 0)
            && (is_any(rest, 1, &["и", "или", "and", "or"]) || is_mark(rest, 1, ","))
            && number(rest, 2).is_some()
            && let Some(month) = rest.iter().take(8).find_map(|token| month(&token.text))
            && self.is_date(rest.get(2..)?)
            && let Some(date) = self.calendar.next(month, day)
        {
            let span = Span {
                first: date,
                last: date,
                is_weekday: false,
            };
            return Some((n + 2, Said::On(span)));
        }
        let (taken, span) = self.calendar.read(rest)?;
        if span.is_weekday {
            return None; // every such weekday: another rule has read it
        }
        Some((n + taken, Said::On(span)))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    From,
    After,
    UpTo,
    Before,
}

/// "после", "не позже чем", "until": which side of what follows is meant.
fn bound(tokens: &[Token]) -> Option<(usize, Bound)> {
    let than = |n: usize| n + usize::from(is_any(tokens, n, &["чем", "than"]));
    if is_any(tokens, 0, &["не", "no", "not"]) {
        return match word(tokens, 1)? {
            "раньше" | "ранее" | "earlier" | "sooner" | "before" => {
                Some((than(2), Bound::From))
            }
            "позже" | "позднее" | "later" | "after" => Some((than(2), Bound::UpTo)),
            _ => None,
        };
    }
    match word(tokens, 0)? {
        "с" | "со" | "от" | "from" | "since" | "starting" => Some((1, Bound::From)),
        "после" | "позже" | "позднее" | "after" | "later" => {
            Some((than(1), Bound::After))
        }
        "до" | "by" | "until" | "till" | "til" | "к" => Some((1, Bound::UpTo)),
        "before" | "раньше" | "earlier" => Some((than(1), Bound::Before)),
        _ => None,
    }
}

fn bit(weekday: Weekday) -> u8 {
    1 << weekday.num_days_from_monday()
}

/// Weekdays from one to another, over the weekend when it must be.
fn range(from: Weekday, to: Weekday) -> u8 {
    let mut days = bit(from);
    let mut day = from;
    while day != to {
        day = day.succ();
        days |= bit(day);
    }
    days
}

/// The first instant of a day: what is said of today holds for all of it.
pub(super) fn begins(today: NaiveDate) -> DateTime<Utc> {
    from_wall(today.and_time(NaiveTime::MIN))
}

/// Whether a word is one of days and hours: such a word is no surname.
pub(super) fn is_of_time(word: &str) -> bool {
    weekday(word).is_some()
        || month(word).is_some()
        || unit(word).is_some()
        || [
            "утро",
            "вечер",
            "время",
            "неделя",
            "сегодня",
            "завтра",
            "срочно",
        ]
        .iter()
        .any(|known| is_form(known, word))
}
