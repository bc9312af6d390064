//! What stands where: days by hours.

use super::{View, first_day};
use chrono::{Datelike as _, Days, NaiveDate, Timelike as _, Weekday};
use shared::clock::{wall, wall_date};
use std::collections::BTreeMap;
use std::ops::Range;

/// Rows of a picture.
pub(super) const DAYS: usize = 14;

/// Hours shown whatever is free: when clinics work.
const USUAL: Range<u32> = 8..20;

/// Talons of one hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) n_suiting: u64,
    pub(super) n_other: u64,
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub(super) date: NaiveDate,
    pub(super) is_weekend: bool,
    pub(super) hours: BTreeMap<u32, Cell>,
}

impl Day {
    /// Talons of the day.
    pub(super) fn n(&self) -> u64 {
        self.hours
            .values()
            .map(|cell| cell.n_suiting + cell.n_other)
            .sum()
    }
}

/// The picture before it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Board {
    pub(super) days: Vec<Day>,
    /// Columns: the usual hours, and whatever else is free.
    pub(super) hours: Range<u32>,
    /// Hours before it have passed on the first day.
    pub(super) first_hour: u32,
    /// Talons inside the two weeks.
    pub(super) n_suiting: u64,
    pub(super) n_other: u64,
    /// Talons beyond them.
    pub(super) n_later: u64,
}

impl Board {
    pub(super) fn of(view: &View) -> Self {
        let first = first_day(view.now);
        let days = (0..DAYS as u64).filter_map(|n| first.checked_add_days(Days::new(n)));
        let mut board = Self {
            days: days
                .map(|date| Day {
                    date,
                    is_weekend: matches!(date.weekday(), Weekday::Sat | Weekday::Sun),
                    hours: BTreeMap::new(),
                })
                .collect(),
            hours: USUAL,
            first_hour: wall(view.now).hour(),
            n_suiting: 0,
            n_other: 0,
            n_later: 0,
        };
        for mark in view.marks.iter().filter(|mark| mark.start > view.now) {
            let n_places = u64::from(mark.n_places.max(1));
            let place = (wall_date(mark.start) - first).num_days();
            let Some(day) = usize::try_from(place)
                .ok()
                .and_then(|n| board.days.get_mut(n))
            else {
                board.n_later += n_places;
                continue;
            };
            let hour = wall(mark.start).hour();
            let cell = day.hours.entry(hour).or_default();
            let (here, all) = if mark.suits {
                (&mut cell.n_suiting, &mut board.n_suiting)
            } else {
                (&mut cell.n_other, &mut board.n_other)
            };
            *here += n_places;
            *all += n_places;
            board.hours = board.hours.start.min(hour)..board.hours.end.max(hour + 1);
        }
        board
    }

    pub(super) fn is_empty(&self) -> bool {
        self.n_suiting + self.n_other == 0
    }
}
