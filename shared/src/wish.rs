//! Which slots suit a watch.

use crate::clock::{from_wall, wall, wall_date};
use crate::slot::Slot;
use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveTime, SubsecRound as _, TimeDelta, Timelike, Utc,
    Weekday,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Minutes of a wall-clock day.
const DAY: u16 = 24 * 60;

/// A wish bounded further ahead than this is not searched for a day that suits: it has one, for all we can tell.
const SEARCHED_DAYS: u64 = 400;

/// Which slots suit. The default: every slot still ahead. All limits hold together.
///
/// Kept as JSON in the store; keys unknown to this program are ignored, absent ones mean "no limit". Days and hours
/// are those of the wall clock in St. Petersburg.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// The first day that suits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<NaiveDate>,
    /// The last day that suits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<NaiveDate>,
    /// Hours of every weekday that has none of its own.
    #[serde(skip_serializing_if = "Hours::is_whole_day")]
    pub hours: Hours,
    /// Weekdays, Monday first.
    #[serde(skip_serializing_if = "is_plain_week")]
    pub days: [Day; 7],
    /// Minutes a person needs to get there: a slot suits when it begins this long after now, or later.
    #[serde(skip_serializing_if = "is_zero")]
    pub notice_min: u32,
    /// "Sooner than mine": only slots that begin strictly before this instant. Of an appointment whose hour is not
    /// known it is the midnight its day begins with, so that only earlier days suit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sooner_than: Option<DateTime<Utc>>,
    /// Days that do not suit.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skipped: BTreeSet<NaiveDate>,
}

/// Hours of a day: minutes since midnight, the first one included, the last one not. Never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u16, u16)", into = "(u16, u16)")]
pub struct Hours {
    from: u16,
    to: u16,
}

/// What a wish says of one weekday.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Suits, at the hours of [`Wish::hours`].
    #[default]
    Common,
    /// Does not suit.
    Off,
    /// Suits, at hours of its own.
    Own(Hours),
}

/// Hours that end before they begin, or after the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such hours: {0}–{1} minutes of a day")]
pub struct BadHours(u16, u16);

impl Hours {
    /// From midnight to midnight.
    pub const WHOLE_DAY: Self = Self { from: 0, to: DAY };

    /// Hours from one minute of the day to another (at most 1440); `None` when they would be empty.
    pub const fn new(from: u16, to: u16) -> Option<Self> {
        if from < to && to <= DAY {
            Some(Self { from, to })
        } else {
            None
        }
    }

    /// The first minute.
    pub const fn from(self) -> u16 {
        self.from
    }

    /// The minute after the last; 1440 = midnight.
    pub const fn to(self) -> u16 {
        self.to
    }

    /// Whether they are no limit at all.
    pub fn is_whole_day(&self) -> bool {
        *self == Self::WHOLE_DAY
    }

    fn hold(self, minute: u32) -> bool {
        (u32::from(self.from)..u32::from(self.to)).contains(&minute)
    }
}

impl Default for Hours {
    fn default() -> Self {
        Self::WHOLE_DAY
    }
}

impl TryFrom<(u16, u16)> for Hours {
    type Error = BadHours;

    fn try_from((from, to): (u16, u16)) -> Result<Self, BadHours> {
        Self::new(from, to).ok_or(BadHours(from, to))
    }
}

impl From<Hours> for (u16, u16) {
    fn from(hours: Hours) -> Self {
        (hours.from, hours.to)
    }
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_plain_week(days: &[Day; 7]) -> bool {
    days.iter().all(|day| *day == Day::Common)
}

impl Wish {
    /// Whether the slot suits at `now`. A slot whose start has come suits nobody. What does not suit now never will
    /// by waiting: only another wish can change that.
    pub fn suits(&self, slot: &Slot, now: DateTime<Utc>) -> bool {
        let local = wall(slot.start);
        slot.start > now
            && slot.start - now >= self.notice()
            && self.sooner_than.is_none_or(|mine| slot.start < mine)
            && self
                .hours_on(local.date_naive())
                .is_some_and(|hours| hours.hold(local.hour() * 60 + local.minute()))
    }

    /// Whether every slot still ahead suits.
    pub fn is_any(&self) -> bool {
        *self == Self::default()
    }

    /// What is said of a weekday.
    pub fn day(&self, weekday: Weekday) -> Day {
        self.days[weekday.num_days_from_monday() as usize]
    }

    /// Says something else of a weekday.
    pub fn set_day(&mut self, weekday: Weekday, day: Day) {
        self.days[weekday.num_days_from_monday() as usize] = day;
    }

    /// The hours of a weekday; `None` when it does not suit.
    pub fn hours_of(&self, weekday: Weekday) -> Option<Hours> {
        match self.day(weekday) {
            Day::Common => Some(self.hours),
            Day::Own(hours) => Some(hours),
            Day::Off => None,
        }
    }

    /// The hours of a date; `None` when it does not suit.
    fn hours_on(&self, date: NaiveDate) -> Option<Hours> {
        let is_out = self.not_before.is_some_and(|first| date < first)
            || self.not_after.is_some_and(|last| date > last)
            || self.skipped.contains(&date);
        if is_out {
            return None;
        }
        self.hours_of(date.weekday())
    }

    fn notice(&self) -> TimeDelta {
        TimeDelta::minutes(self.notice_min.into())
    }

    /// Whether any slot can suit from `now` on: `false` when the days have passed, or the limits leave nothing.
    pub fn can_suit(&self, now: DateTime<Utc>) -> bool {
        if self.days.iter().all(|day| *day == Day::Off) {
            return false;
        }
        // Talons begin at whole seconds: in the last one of a day nothing of that day is ahead.
        let next = now.trunc_subsecs(0) + TimeDelta::seconds(1);
        let earliest = next.max(now + self.notice());
        let today = wall_date(earliest);
        let first = self.not_before.map_or(today, |first| first.max(today));
        let mine = self.sooner_than.map(wall_date);
        let Some(last) = self.not_after.into_iter().chain(mine).min() else {
            return true;
        };
        let mut day = first;
        for _ in 0..SEARCHED_DAYS {
            if day > last {
                return false;
            }
            if self.is_open(day, earliest) {
                return true;
            }
            match day.checked_add_days(Days::new(1)) {
                Some(next) => day = next,
                None => return false,
            }
        }
        true
    }

    /// Whether an instant of the date suits that is neither before `earliest` nor too late.
    fn is_open(&self, date: NaiveDate, earliest: DateTime<Utc>) -> bool {
        let Some(hours) = self.hours_on(date) else {
            return false;
        };
        let at = |minute: u16| {
            from_wall(date.and_time(NaiveTime::MIN)) + TimeDelta::minutes(i64::from(minute))
        };
        let begin = at(hours.from).max(earliest);
        begin < at(hours.to) && self.sooner_than.is_none_or(|mine| begin < mine)
    }
}

#[cfg(test)]
mod tests;
