//! Quiet hours of a person.

use crate::clock::{from_wall, wall};
use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};

/// Minutes of a wall-clock day.
const DAY: u16 = 24 * 60;

/// Hours without messages, every day, by the wall clock of St. Petersburg; they may span midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    from: u16,
    to: u16,
}

impl Quiet {
    /// From one minute of the day up to another one, exclusive. `None` when they are equal or no minutes of a day:
    /// never quiet.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        (from != to && from < DAY && to < DAY).then_some(Self { from, to })
    }

    /// The minutes of the day it goes from and to.
    pub fn minutes(self) -> (u16, u16) {
        (self.from, self.to)
    }

    /// When the quiet that holds at `now` ends; `None` when it is not quiet.
    pub fn until(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = wall(now);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or(0);
        let is_over_midnight = self.from > self.to;
        let is_quiet = if is_over_midnight {
            minute >= self.from || minute < self.to
        } else {
            (self.from..self.to).contains(&minute)
        };
        if !is_quiet {
            return None;
        }
        let ends_tomorrow = is_over_midnight && minute >= self.from;
        let date = local.date_naive() + TimeDelta::days(i64::from(ends_tomorrow));
        let time = NaiveTime::from_hms_opt(u32::from(self.to / 60), u32::from(self.to % 60), 0)?;
        Some(from_wall(date.and_time(time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        from_wall(format!("{text}:00").parse().unwrap())
    }

    #[track_caller]
    fn check(from: &str, to: &str, now: &str, want: Option<&str>) {
        let minute = |time: &str| {
            let (hour, minute) = time.split_once(':').unwrap();
            hour.parse::<u16>().unwrap() * 60 + minute.parse::<u16>().unwrap()
        };
        let quiet = Quiet::new(minute(from), minute(to)).unwrap();
        assert_eq!(quiet.until(at(now)), want.map(at), "{from}–{to} at {now}");
    }

    #[test]
    fn a_night_spans_midnight() {
        check("22:00", "08:00", "2026-11-20T21:59", None);
        check(
            "22:00",
            "08:00",
            "2026-11-20T22:00",
            Some("2026-11-21T08:00"),
        );
        check(
            "22:00",
            "08:00",
            "2026-11-21T00:00",
            Some("2026-11-21T08:00"),
        );
        check(
            "22:00",
            "08:00",
            "2026-11-21T07:59",
            Some("2026-11-21T08:00"),
        );
        check("22:00", "08:00", "2026-11-21T08:00", None);
        check(
            "22:00",
            "08:00",
            "2026-12-31T23:00",
            Some("2027-01-01T08:00"),
        );
    }

    #[test]
    fn an_afternoon_nap_does_not() {
        check("13:00", "15:30", "2026-11-20T12:59", None);
        check(
            "13:00",
            "15:30",
            "2026-11-20T13:00",
            Some("2026-11-20T15:30"),
        );
        check("13:00", "15:30", "2026-11-20T15:30", None);
    }

    #[test]
    fn midnight_itself_may_be_an_end() {
        check(
            "20:00",
            "00:00",
            "2026-11-20T23:59",
            Some("2026-11-21T00:00"),
        );
        check("20:00", "00:00", "2026-11-21T00:00", None);
        check(
            "00:00",
            "06:00",
            "2026-11-21T00:00",
            Some("2026-11-21T06:00"),
        );
    }

    #[test]
    fn no_hours_are_no_quiet() {
        assert_eq!(Quiet::new(600, 600), None);
        assert_eq!(Quiet::new(0, 1440), None);
    }
}
