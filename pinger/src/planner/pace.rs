//! How long to wait: intervals derived from the settings, and the back-off after failures.

use chrono::TimeDelta;
use shared::failure::FailureKind;
use std::time::Duration;

/// Longest pause after passing faults.
const PASSING_CAP: TimeDelta = TimeDelta::minutes(2);
/// Longest pause of all: after "unknown to the portal", or when an answer says `Retry-After`.
pub(super) const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(15);
/// Pauses are stretched by up to this part, so that clinics that failed together do not come back together.
const JITTER: f64 = 0.25;

/// The intervals of one planner.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How often each list and each doctor is read while the budget allows.
    pub(super) period: TimeDelta,
    /// From a miss to the reading that confirms it: short, and long enough for the portal to have changed its mind.
    pub(super) confirm: TimeDelta,
    /// A doctor due for longer than this waits no longer behind lists.
    pub(super) late: TimeDelta,
    /// Between two timetables: a tenth of the budget.
    pub(super) timetables: TimeDelta,
    /// The first pause after a failure.
    first_pause: TimeDelta,
    requests_per_second: f64,
    tempo: Tempo,
}

/// How much there is to read, against the budget.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tempo {
    /// Requests that reading everything once a period would take, per request of the budget.
    load: f64,
    /// Clinics are asked before their departments: there is more to read than the budget allows.
    is_short: bool,
    /// Seconds between two readings of what one person waits for.
    of_one: f64,
}

/// However short the budget, a tenth of it goes into reading everything in turns: counters lie.
const LEAST_SHARE: f64 = 0.1;

impl Pace {
    pub(super) fn new(poll_period: Duration, requests_per_second: f64) -> Self {
        /// What is late was last read five minutes ago.
        const LATE: TimeDelta = TimeDelta::minutes(5);

        let period = TimeDelta::from_std(poll_period).unwrap_or(TimeDelta::days(1));
        let requests_per_second = requests_per_second.max(0.001);
        let gap = Duration::try_from_secs_f64(10.0 / requests_per_second).unwrap_or_default();
        Self {
            period,
            confirm: (period / 60).min(TimeDelta::seconds(2)),
            late: (LATE - period).max(TimeDelta::zero()),
            timetables: TimeDelta::from_std(gap).unwrap_or(TimeDelta::hours(1)),
            first_pause: (period / 12).clamp(TimeDelta::milliseconds(500), TimeDelta::seconds(5)),
            requests_per_second,
            tempo: Tempo {
                load: 0.0,
                is_short: false,
                of_one: period.as_seconds_f64(),
            },
        }
    }

    /// Sets how much there is to read: `people` has one entry for each list and each doctor, how many wait for it.
    /// Returns whether intervals changed so much that what is planned has to be placed anew.
    pub(super) fn load(&mut self, people: impl Iterator<Item = u32>, has_gates: bool) -> bool {
        let (mut n, mut roots) = (0_u32, 0.0);
        for n_people in people {
            n = n.saturating_add(1);
            roots += root(n_people);
        }
        let period = self.period.as_seconds_f64();
        let load = f64::from(n) / (period * self.requests_per_second).max(f64::MIN_POSITIVE);
        let is_short = has_gates && load > 1.0;
        // Each waits in inverse proportion to the root of its people, and all together take their share.
        let of_one = if is_short {
            roots / (self.requests_per_second * share(load))
        } else {
            period
        };
        let before = self.tempo;
        self.tempo.load = load;
        let has_changed = before.is_short != is_short
            || of_one > before.of_one * 1.2
            || of_one * 1.2 < before.of_one;
        if has_changed {
            self.tempo = Tempo {
                load,
                is_short,
                of_one,
            };
        }
        has_changed
    }

    /// Whether there is more to read than the budget allows, so that clinics are asked before their departments.
    pub(super) fn is_short(&self) -> bool {
        self.tempo.is_short
    }

    /// Reading everything once a period would take so many times the budget.
    pub(super) fn load_now(&self) -> f64 {
        self.tempo.load
    }

    /// From one full reading of a list or a doctor to the next, when so many people wait for it. With budget enough it is
    /// the period. With less, it is shared by people, and never longer than ten periods times the load.
    pub(super) fn interval(&self, n_people: u32) -> TimeDelta {
        if !self.tempo.is_short {
            return self.period;
        }
        let interval = seconds(self.tempo.of_one / root(n_people));
        interval.clamp(self.period, self.longest().max(self.period))
    }

    /// Nothing waits longer for a full reading, failures and holds aside.
    pub(super) fn longest(&self) -> TimeDelta {
        seconds(self.period.as_seconds_f64() * self.tempo.load.max(1.0) / LEAST_SHARE)
    }

    /// A way of asking that was left alone for so long has the next turn, whatever the others promise.
    pub(super) fn longest_unasked(&self) -> TimeDelta {
        self.period * 10
    }

    /// Between two full readings while clinics wait to be asked.
    pub(super) fn between_full(&self) -> TimeDelta {
        seconds(1.0 / (self.requests_per_second * share(self.tempo.load)))
    }

    /// The pause after `n_failures` (at least 1) in a row, the last of this kind; doubling, at most two minutes for
    /// passing faults and fifteen for the others. `dice` in `0.0..1.0`.
    pub(super) fn pause(&self, n_failures: u32, kind: FailureKind, dice: f64) -> TimeDelta {
        let cap = match kind {
            FailureKind::Gone => LONGEST_PAUSE,
            _ => PASSING_CAP,
        };
        let n_doublings = n_failures.saturating_sub(1).min(16);
        let grown = self.first_pause * 2_i32.pow(n_doublings);
        let stretch = 1.0 + JITTER * dice.clamp(0.0, 1.0);
        stretched(grown, stretch).min(stretched(cap, stretch / (1.0 + JITTER)))
    }
}

/// The part of the budget for reading everything in turns.
fn share(load: f64) -> f64 {
    (1.0 / load.max(1.0)).max(LEAST_SHARE)
}

fn root(n_people: u32) -> f64 {
    /// More people than this weigh no more: nobody else would be read.
    const CROWD: u32 = 100;
    f64::from(n_people.clamp(1, CROWD)).sqrt()
}

fn seconds(seconds: f64) -> TimeDelta {
    let pause = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    TimeDelta::from_std(pause).map_or(TimeDelta::days(1), |pause| pause.min(TimeDelta::days(1)))
}

/// Precise to the millisecond, which is all the store keeps.
fn stretched(pause: TimeDelta, factor: f64) -> TimeDelta {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "minutes in milliseconds"
    )]
    TimeDelta::milliseconds((pause.num_milliseconds() as f64 * factor) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(period_s: f64, kind: FailureKind, dice: f64, want_s: &[f64]) {
        let pace = Pace::new(Duration::from_secs_f64(period_s), 2.0);
        let pauses: Vec<_> = (1..)
            .take(want_s.len())
            .map(|n| pace.pause(n, kind, dice).as_seconds_f64())
            .collect();
        assert_eq!(pauses, want_s);
    }

    #[test]
    fn pauses_double_up_to_their_cap() {
        let passing = FailureKind::Clinic;
        check(
            60.0,
            passing,
            0.0,
            &[5.0, 10.0, 20.0, 40.0, 80.0, 96.0, 96.0],
        );
        check(
            60.0,
            passing,
            1.0,
            &[6.25, 12.5, 25.0, 50.0, 100.0, 120.0, 120.0],
        );
        check(
            60.0,
            FailureKind::Gone,
            1.0,
            &[
                6.25, 12.5, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 900.0, 900.0,
            ],
        );
    }

    #[test]
    fn the_first_pause_follows_the_period_within_limits() {
        check(1.0, FailureKind::Portal, 0.0, &[0.5, 1.0]);
        check(12.0, FailureKind::Portal, 0.0, &[1.0, 2.0]);
        check(3600.0, FailureKind::Portal, 0.0, &[5.0, 10.0]);
    }

    #[test]
    fn a_long_series_overflows_nothing() {
        let pace = Pace::new(Duration::from_secs(60), 2.0);
        let pause = pace.pause(u32::MAX, FailureKind::Gone, 0.5);
        assert!(pause <= LONGEST_PAUSE);
    }
}
