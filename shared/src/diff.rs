//! What one answer about one doctor changes.

use crate::slot::Slot;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one doctor's slots before an answer.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Starts of the slots that are free, the missed ones included.
    pub free: BTreeSet<DateTime<Utc>>,
    /// Those of `free` that the last answer did not hold.
    pub missed_once: BTreeSet<DateTime<Utc>>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Free now, was not.
    Opened(Slot),
    /// Still free; the portal's details may differ.
    Stays(Slot),
    /// Not in this answer, was in the one before: still free until missed again.
    Missed(DateTime<Utc>),
    /// Missed twice in a row: no longer free.
    Gone(DateTime<Utc>),
    /// Its start has passed: dropped, nobody is told.
    Passed(DateTime<Utc>),
}

/// Changes of one good answer, by start. A slot is gone when missed twice in a row (rule 3). No clock, no I/O.
///
/// Rows of `seen` whose start has come are ignored; equal starts must have been merged before.
pub fn diff(known: &Known, seen: &[Slot], now: DateTime<Utc>) -> Vec<Change> {
    let ahead: BTreeMap<_, _> = seen
        .iter()
        .filter(|slot| slot.start > now)
        .map(|slot| (slot.start, slot))
        .collect();
    let kept = known
        .free
        .iter()
        .filter(|start| !ahead.contains_key(start))
        .map(|&start| {
            if start <= now {
                Change::Passed(start)
            } else if known.missed_once.contains(&start) {
                Change::Gone(start)
            } else {
                Change::Missed(start)
            }
        });
    let answered = ahead.values().map(|&slot| {
        if known.free.contains(&slot.start) {
            Change::Stays(slot.clone())
        } else {
            Change::Opened(slot.clone())
        }
    });
    answered.chain(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_wall;

    const NOON: &str = "12:00";

    fn at(time: &str) -> DateTime<Utc> {
        from_wall(format!("2026-11-20T{time}:00").parse().unwrap())
    }

    fn slot(time: &str) -> Slot {
        Slot {
            start: at(time),
            end: at(time),
            id: time.into(),
            room: None,
            address: None,
            number: None,
            n_places: 1,
        }
    }

    /// `known`: "13:00" is free, "13:00?" was missed by the last answer.
    #[track_caller]
    fn check(known: &[&str], seen: &[&str], want: &[&str]) {
        let start = |word: &&str| at(word.trim_end_matches('?'));
        let known = Known {
            free: known.iter().map(start).collect(),
            missed_once: known
                .iter()
                .filter(|word| word.ends_with('?'))
                .map(start)
                .collect(),
        };
        let seen: Vec<_> = seen.iter().map(|time| slot(time)).collect();
        let show = |change: &Change| {
            let (sign, start) = match change {
                Change::Opened(slot) => ("+", slot.start),
                Change::Stays(slot) => ("=", slot.start),
                Change::Missed(start) => ("?", *start),
                Change::Gone(start) => ("-", *start),
                Change::Passed(start) => ("x", *start),
            };
            format!("{sign}{}", crate::clock::wall(start).format("%H:%M"))
        };
        let got: Vec<_> = diff(&known, &seen, at(NOON)).iter().map(show).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn an_opening_is_told_once() {
        check(&[], &["13:00"], &["+13:00"]);
        check(&["13:00"], &["13:00"], &["=13:00"]);
    }

    #[test]
    fn a_slot_is_gone_after_two_misses_in_a_row() {
        check(&["13:00"], &[], &["?13:00"]);
        check(&["13:00?"], &[], &["-13:00"]);
        check(&["13:00?"], &["13:00"], &["=13:00"]);
    }

    #[test]
    fn a_start_that_has_passed_is_dropped_silently() {
        check(&["11:00", "12:00"], &[], &["x11:00", "x12:00"]);
        check(&[], &["11:00"], &[]);
        check(&["11:00?"], &["11:00", "14:00"], &["+14:00", "x11:00"]);
    }
}
