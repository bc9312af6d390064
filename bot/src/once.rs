//! Saying things once: updates that come twice, and troubles that go on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Updates remembered: those of the last batches.
const UPDATES: usize = 2_048;

/// A trouble that goes on is logged again after so long.
const AGAIN: Duration = Duration::from_secs(300);

/// Updates that were served.
#[derive(Default)]
pub(crate) struct Updates(Mutex<(VecDeque<u32>, HashSet<u32>)>);

impl Updates {
    /// Whether this update comes for the first time; from here on it is known.
    pub(crate) fn is_new(&self, update: u32) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (order, ids) = &mut *known;
        if !ids.insert(update) {
            return false;
        }
        order.push_back(update);
        if order.len() > UPDATES
            && let Some(oldest) = order.pop_front()
        {
            ids.remove(&oldest);
        }
        true
    }
}

/// What failed, and why.
type Kind = (&'static str, &'static str);

/// Troubles that were logged.
#[derive(Default)]
pub(crate) struct Troubles(Mutex<HashMap<Kind, (Instant, u64)>>);

impl Troubles {
    /// Counts a trouble, by what failed and why: how many of its kind were left unsaid before it, when it is to be
    /// logged, which it is once in five minutes. An hour without Telegram is twelve lines then, however many alerts wait.
    pub(crate) fn tell(&self, what: &'static str, why: &'static str, now: Instant) -> Option<u64> {
        let kind = (what, why);
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get_mut(&kind) {
            Some((at, n_unsaid)) if now.saturating_duration_since(*at) < AGAIN => {
                *n_unsaid += 1;
                None
            }
            Some((at, n_unsaid)) => {
                *at = now;
                Some(std::mem::take(n_unsaid))
            }
            None => {
                told.insert(kind, (now, 0));
                Some(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_new_once() {
        let updates = Updates::default();
        assert!(updates.is_new(7) && !updates.is_new(7));
        for id in 100..100 + u32::try_from(UPDATES).unwrap() {
            assert!(updates.is_new(id) && !updates.is_new(id));
        }
        assert_eq!(updates.0.lock().unwrap().1.len(), UPDATES);
        assert!(updates.is_new(7), "long ago");
    }

    #[test]
    fn an_hour_of_one_trouble_is_twelve_lines() {
        let (troubles, begun) = (Troubles::default(), Instant::now());
        let mut said = Vec::new();
        for second in 0..3_600 {
            said.extend(troubles.tell(
                "away",
                "cannot connect",
                begun + Duration::from_secs(second),
            ));
        }
        assert_eq!(said.len(), 12);
        assert_eq!((said[0], said[1]), (0, 299));
        assert_eq!(troubles.tell("away", "timed out", begun), Some(0));
    }
}
