//! What was said of days and hours, put together into a wish.

use super::dates::Span;
use super::when::Said;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use shared::wish::{Day, Hours, Wish};
use std::collections::BTreeSet;

/// More than this is no wish but a text: the rest counts as not understood.
const MOST_SAID: usize = 40;

/// What has been said of days and hours so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    wish: Wish,
    /// Weekdays and hours in the order they were said; `None` = a comma.
    week: Vec<Option<Said>>,
    not_on: u8,
    exact: Option<Span>,
}

impl Plan {
    /// Ends a clause: "пн после 17, сб до 12".
    pub(super) fn pause(&mut self) {
        if self.week.last().is_some_and(Option::is_some) {
            self.week.push(None);
        }
    }

    /// Takes one more thing. `false`, and nothing is changed, when together with the rest it would leave no day.
    pub(super) fn take(&mut self, said: Said, now: DateTime<Utc>) -> bool {
        if self.week.len() > MOST_SAID {
            return false;
        }
        let mut next = self.clone();
        let is_taken =
            next.put(said).is_some() && next.wish().is_some_and(|wish| wish.can_suit(now));
        if is_taken {
            *self = next;
        }
        is_taken
    }

    fn put(&mut self, said: Said) -> Option<()> {
        match said {
            Said::From(span) => self.first(span.first),
            Said::After(span) => self.first(span.last.succ_opt()?),
            Said::UpTo(span) if span.first == span.last => {
                let mut last = span.last;
                while span.is_weekday && self.wish.not_before.is_some_and(|first| last < first) {
                    last = last.checked_add_signed(TimeDelta::days(7))?;
                }
                self.last(last);
            }
            Said::UpTo(span) | Said::Before(span) => self.last(span.first.pred_opt()?),
            Said::On(span) => self.on(span)?,
            Said::Weekdays(_) | Said::At(..) => self.week.push(Some(said)),
            Said::NotOn(days) => self.not_on |= days,
            Said::Notice(minutes) => self.wish.notice_min = self.wish.notice_min.max(minutes),
        }
        Some(())
    }

    fn first(&mut self, date: NaiveDate) {
        self.wish.not_before = self.wish.not_before.max(Some(date));
    }

    fn last(&mut self, date: NaiveDate) {
        let known = self.wish.not_after;
        self.wish.not_after = Some(known.map_or(date, |known| known.min(date)));
    }

    /// Days of their own; said again, they join the earlier ones, and what lies between is left out.
    fn on(&mut self, span: Span) -> Option<()> {
        let Some(known) = self.exact else {
            self.exact = Some(span);
            self.first(span.first);
            self.last(span.last);
            return Some(());
        };
        let (low, high) = if known.first <= span.first {
            (known, span)
        } else {
            (span, known)
        };
        let mut between: Vec<NaiveDate> = low
            .last
            .iter_days()
            .skip(1)
            .take_while(|day| *day < high.first)
            .take(32)
            .collect();
        if between.len() > 31 {
            return None;
        }
        let both = Span {
            first: low.first,
            last: low.last.max(high.last),
            is_weekday: false,
        };
        between.retain(|day| !self.wish.skipped.contains(day));
        let said = |day: &NaiveDate| (span.first..=span.last).contains(day);
        self.wish.skipped.retain(|day| !said(day));
        self.wish.skipped.extend(between);
        self.exact = Some(both);
        self.wish.not_before = Some(both.first);
        self.wish.not_after = Some(both.last);
        Some(())
    }

    /// The wish; `None` when hours of one clause contradict each other.
    pub(super) fn wish(&self) -> Option<Wish> {
        let mut wish = self.wish.clone();
        let week = Week::read(&self.week)?;
        wish.hours = week.common.unwrap_or_default();
        let is_only =
            week.days.iter().any(Option::is_some) && (week.common.is_none() || week.has_loose);
        for (day, said) in wish.days.iter_mut().zip(week.days) {
            *day = match said {
                None if is_only => Day::Off,
                None | Some(None) => Day::Common,
                Some(Some(hours)) => Day::Own(hours),
            };
        }
        for (n, day) in wish.days.iter_mut().enumerate() {
            if self.not_on & (1 << n) != 0 {
                *day = Day::Off;
            }
        }
        simplify(&mut wish);
        Some(wish)
    }
}

/// Weekdays of one and the same own hours need none of their own.
fn simplify(wish: &mut Wish) {
    let own: BTreeSet<(u16, u16)> = wish
        .days
        .iter()
        .filter_map(|day| match day {
            Day::Own(hours) => Some((*hours).into()),
            _ => None,
        })
        .collect();
    let is_common = wish.days.contains(&Day::Common);
    if let (1, false, Some(hours)) = (own.len(), is_common, own.first()) {
        if let Some(hours) = Hours::new(hours.0, hours.1) {
            wish.hours = hours;
        }
        for day in &mut wish.days {
            if matches!(day, Day::Own(_)) {
                *day = Day::Common;
            }
        }
    }
}

/// The weekdays as said.
#[derive(Debug, Default)]
struct Week {
    /// Hours said of no weekday in particular.
    common: Option<Hours>,
    /// Weekdays said, with hours of their own or without.
    days: [Option<Option<Hours>>; 7],
    /// Some weekday was said without hours: then the others are out.
    has_loose: bool,
}

impl Week {
    fn read(said: &[Option<Said>]) -> Option<Self> {
        let mut week = Self::default();
        let mut loose = 0;
        for clause in clauses(said) {
            let mut days = 0;
            let mut hours: Option<Hours> = None;
            for said in clause {
                match said {
                    Said::Weekdays(more) => days |= more,
                    Said::At(from, to) => {
                        let known = hours.unwrap_or_default();
                        hours = Some(Hours::new(known.from().max(from), known.to().min(to))?);
                    }
                    _ => {}
                }
            }
            match (days, hours) {
                (0, None) => {}
                (days, None) => loose |= days,
                (0, Some(hours)) if loose != 0 && week.common.is_none() => {
                    week.set(std::mem::take(&mut loose), Some(hours));
                }
                (0, Some(hours)) => {
                    let known = week.common.unwrap_or_default();
                    let from = known.from().max(hours.from());
                    week.common = Some(Hours::new(from, known.to().min(hours.to()))?);
                }
                (days, hours) => week.set(days | std::mem::take(&mut loose), hours),
            }
        }
        if loose != 0 {
            week.has_loose = true;
            week.set(loose, None);
        }
        Some(week)
    }

    fn set(&mut self, days: u8, hours: Option<Hours>) {
        for (n, day) in self.days.iter_mut().enumerate() {
            if days & (1 << n) != 0 {
                *day = Some(hours);
            }
        }
    }
}

/// What belongs together: between commas, and where weekdays come after weekdays with hours, or the other way.
fn clauses(said: &[Option<Said>]) -> Vec<Vec<Said>> {
    let mut clauses: Vec<Vec<Said>> = vec![Vec::new()];
    for said in said {
        let Some(said) = *said else {
            clauses.push(Vec::new());
            continue;
        };
        let is_days = |said: &Said| matches!(said, Said::Weekdays(_));
        let current = clauses.last().map(Vec::as_slice).unwrap_or_default();
        let has_both = current.iter().any(is_days) && !current.iter().all(is_days);
        let begins_with_days = current.first().is_some_and(is_days);
        if has_both && begins_with_days == is_days(&said) {
            clauses.push(Vec::new());
        }
        if let Some(clause) = clauses.last_mut() {
            clause.push(said);
        }
    }
    clauses
}
