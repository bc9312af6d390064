//! Free times of a doctor and the days of a timetable.

use crate::ids::SlotId;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// One free time of a doctor. People read "талон".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// When the visit begins. With (Lpu, doctor) the key of a slot.
    pub start: DateTime<Utc>,
    /// May equal `start`.
    pub end: DateTime<Utc>,
    /// The portal's own id; of the first place when there are several.
    pub id: SlotId,
    /// "435", "218/ПО 88 к.2".
    pub room: Option<String>,
    /// Where the visit is, when the clinic says so.
    pub address: Option<String>,
    /// Ticket number: an int or a string at the portal.
    pub number: Option<String>,
    /// Places at this start, at least 1.
    pub n_places: u32,
}

/// Slots by start: rows that share a start become one slot with a count. Soonest first.
pub fn merge_places(rows: impl IntoIterator<Item = Slot>) -> Vec<Slot> {
    let mut by_start = BTreeMap::<DateTime<Utc>, Slot>::new();
    for row in rows {
        by_start
            .entry(row.start)
            .and_modify(|slot| slot.n_places += row.n_places)
            .or_insert(row);
    }
    by_start.into_values().collect()
}

/// One working day of a doctor's timetable. Tells why there is nothing, never what is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Shift begins.
    pub start: DateTime<Utc>,
    /// Shift ends; equal to `start` = no reception that day.
    pub end: DateTime<Utc>,
    /// Open for booking in principle; does not mean there is something to book.
    pub is_recordable: bool,
    /// The clinic's own words on why not.
    pub deny_cause: Option<String>,
    /// Slots nested in this day.
    pub n_slots: u32,
}
