//! A log that can be read and waited on while it grows.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How many entries are kept; older ones are dropped, so that a sandbox left running does not grow for ever.
const CAPACITY: usize = 500_000;

/// What a [`Journal`] holds.
pub trait Entry: Clone {
    /// Whether the entry will not change any more.
    fn is_final(&self) -> bool;
}

/// Entries in the order they began. A position counts entries since the start and stays valid for ever.
pub struct Journal<T> {
    entries: Mutex<Entries<T>>,
    changed: watch::Sender<u64>,
}

struct Entries<T> {
    /// Position of `items[0]`.
    first: u64,
    items: VecDeque<T>,
}

impl<T: Entry> Journal<T> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(Entries {
                first: 0,
                items: VecDeque::new(),
            }),
            changed: watch::Sender::new(0),
        }
    }

    /// Adds an entry; its position.
    pub(crate) fn push(&self, entry: T) -> u64 {
        let position = {
            let mut entries = self.lock();
            if entries.items.len() == CAPACITY {
                entries.items.pop_front();
                entries.first += 1;
            }
            entries.items.push_back(entry);
            entries.first + entries.items.len() as u64 - 1
        };
        self.changed.send_modify(|n| *n += 1);
        position
    }

    /// Changes the entry at `position`, if it is still kept.
    pub(crate) fn update(&self, position: u64, change: impl FnOnce(&mut T)) {
        {
            let mut entries = self.lock();
            let first = entries.first;
            let Some(index) = position.checked_sub(first) else {
                return;
            };
            if let Some(entry) = entries.items.get_mut(index as usize) {
                change(entry);
            }
        }
        self.changed.send_modify(|n| *n += 1);
    }

    /// A number that grows with every entry and every change of one; for those who show the log live.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Where the next entry will stand: what to pass as `from` to hear only of what comes.
    pub fn end(&self) -> u64 {
        let entries = self.lock();
        entries.first + entries.items.len() as u64
    }

    /// Entries from a position on that are still kept, in order.
    pub fn since(&self, from: u64) -> Vec<T> {
        let entries = self.lock();
        let skip = from.saturating_sub(entries.first) as usize;
        entries.items.iter().skip(skip).cloned().collect()
    }

    /// All entries still kept, in order.
    pub fn all(&self) -> Vec<T> {
        self.since(0)
    }

    /// How many entries still kept are like this.
    pub fn count(&self, is_wanted: impl Fn(&T) -> bool) -> usize {
        self.lock()
            .items
            .iter()
            .filter(|entry| is_wanted(entry))
            .count()
    }

    /// The first entry at or after `from` like this, waiting for it up to `within`; `None` when time is up.
    pub async fn wait_for(
        &self,
        from: u64,
        within: Duration,
        is_wanted: impl FnMut(&T) -> bool,
    ) -> Option<T> {
        self.wait_for_nth(from, 1, within, is_wanted).await
    }

    /// As [`Journal::wait_for`], the `n`-th such entry (from 1).
    pub async fn wait_for_nth(
        &self,
        mut from: u64,
        n: usize,
        within: Duration,
        mut is_wanted: impl FnMut(&T) -> bool,
    ) -> Option<T> {
        let mut changed = self.changed.subscribe();
        let mut n_before = 0; // matches among the entries already left behind
        let search = async {
            loop {
                if let Some(entry) = self.scan(&mut from, &mut n_before, n, &mut is_wanted) {
                    return Some(entry);
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, search).await.ok().flatten()
    }

    /// One pass. Entries that are final are left behind for good, so that a long wait stays cheap.
    fn scan(
        &self,
        from: &mut u64,
        n_before: &mut usize,
        n: usize,
        is_wanted: &mut impl FnMut(&T) -> bool,
    ) -> Option<T> {
        let entries = self.lock();
        let skip = from.saturating_sub(entries.first) as usize;
        let mut all_final = true;
        let mut n_seen = *n_before;
        for (index, entry) in entries.items.iter().enumerate().skip(skip) {
            if is_wanted(entry) {
                n_seen += 1;
                if n_seen >= n {
                    return Some(entry.clone());
                }
            }
            all_final &= entry.is_final();
            if all_final {
                *from = entries.first + index as u64 + 1;
                *n_before = n_seen;
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Journal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Journal")
    }
}

/// The most of `times` that fall into any window of `length`, its end excluded.
pub(crate) fn most_within<I: Copy + Ord + std::ops::Sub<Output = Duration>>(
    mut times: Vec<I>,
    length: Duration,
) -> usize {
    times.sort_unstable();
    let mut first = 0;
    let mut most = 0;
    for (last, time) in times.iter().enumerate() {
        while *time - times[first] >= length {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_window_counts_what_falls_into_any_second() {
        let start = Instant::now();
        let at = |ms: &[u64]| {
            ms.iter()
                .map(|ms| start + Duration::from_millis(*ms))
                .collect::<Vec<_>>()
        };
        let second = Duration::from_secs(1);
        assert_eq!(most_within(at(&[]), second), 0);
        assert_eq!(most_within(at(&[0, 1000, 2000]), second), 1);
        assert_eq!(most_within(at(&[0, 999, 1001, 1500]), second), 3);
        assert_eq!(most_within(at(&[1500, 0, 1001, 999]), second), 3);
    }
}
