//! "Not before": the pause the portal asked for, shared by all reads of this process.

use chrono::{DateTime, Utc};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// No pause is longer, whatever a header says: a mistaken `Retry-After` must not silence the watcher for a day.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// When reads may begin again.
#[derive(Debug, Default)]
pub(super) struct Hold {
    until: Mutex<Option<DateTime<Utc>>>,
    extended: Notify,
}

impl Hold {
    /// Holds until `at`, at most [`LONGEST`] from `now`. Only ever extends.
    pub(super) fn extend(&self, at: DateTime<Utc>, now: DateTime<Utc>) {
        let at = at.min(now + LONGEST);
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if in_force(*until, now).is_none_or(|until| until < at) {
            *until = Some(at);
            self.extended.notify_one();
        }
    }

    /// Returns when it was extended since the previous call returned. For one listener.
    pub(super) async fn extended(&self) {
        self.extended.notified().await;
    }

    /// The end of the hold in force at `now`; `None` when reads may begin.
    pub(super) fn until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        in_force(
            *self.until.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        )
    }
}

/// A hold further ahead than the longest was left behind by a clock that jumped back: it is void.
fn in_force(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    until.filter(|&until| now < until && until <= now + LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(1000 + minute)
    }

    #[test]
    fn a_hold_only_ever_extends() {
        let hold = Hold::default();
        assert_eq!(hold.until(at(0)), None);
        hold.extend(at(10), at(0));
        hold.extend(at(5), at(0));
        assert_eq!(hold.until(at(0)), Some(at(10)));
        hold.extend(at(12), at(1));
        assert_eq!(hold.until(at(1)), Some(at(12)));
    }

    #[test]
    fn a_hold_ends_by_itself() {
        let hold = Hold::default();
        hold.extend(at(10), at(0));
        assert_eq!(hold.until(at(10)), None);
        hold.extend(at(9), at(10));
        assert_eq!(hold.until(at(10)), None);
    }

    #[test]
    fn a_hold_is_never_longer_than_an_hour() {
        let hold = Hold::default();
        hold.extend(at(600), at(0));
        assert_eq!(hold.until(at(0)), Some(at(60)));
    }

    #[test]
    fn a_clock_that_jumped_back_voids_the_hold() {
        let hold = Hold::default();
        hold.extend(at(30), at(0));
        assert_eq!(hold.until(at(-600)), None);
        hold.extend(at(-590), at(-600));
        assert_eq!(hold.until(at(-600)), Some(at(-590)));
    }
}
