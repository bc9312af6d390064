//! What each way of asking stands to find, and which stands to find most. No clock, no I/O.
//!
//! A claim is the time that talons which may have opened since the last answer have been waiting in all, as far as the
//! rates foretell: with a rate `r` it grows as `r·t²/2`. Asking where it is largest keeps the claims level, so that each
//! is asked in proportion to the square root of its rate, which is what makes the mean wait shortest. What may have opened
//! at the end of a busy time goes on waiting when the rate has fallen, and is not forgotten.

use super::habits::Step;

/// Milliseconds of the wall clock.
pub(super) type Ms = i64;

/// The claim of one way of asking.
#[derive(Debug, Clone, Default)]
pub(super) struct Claim {
    steps: Vec<Step>,
    /// The midnight the steps count from.
    midnight: Ms,
    next: usize,
    rate: f64,
    /// When the next step begins.
    until: Ms,
    /// Up to here the two below are worked out.
    at: Ms,
    /// Openings expected since the last answer.
    n: f64,
    /// Seconds they have been waiting in all.
    waited: f64,
}

impl Claim {
    /// Sets the rates of the day that began at `midnight`. What has been claimed by `now` stays.
    pub(super) fn set(&mut self, steps: Vec<Step>, midnight: Ms, now: Ms) {
        self.grow(now);
        self.steps = steps;
        self.midnight = midnight;
        self.next = 0;
        self.until = now;
        self.turn(now);
    }

    /// An answer to what was asked at `asked_at` came: nothing that opened before waits any more.
    pub(super) fn answered(&mut self, asked_at: Ms, now: Ms) {
        self.grow(asked_at);
        (self.n, self.waited) = (0.0, 0.0);
        self.at = asked_at;
        self.grow(now);
    }

    /// Seconds waited in all at `now`.
    pub(super) fn size(&mut self, now: Ms) -> f64 {
        if now >= self.until {
            self.grow(now);
        }
        let (_, waited) = self.after(now);
        waited
    }

    /// When the size reaches so many seconds if the rate stays; never earlier than `now`.
    pub(super) fn reaches(&mut self, size: f64, now: Ms) -> Option<Ms> {
        let waited = self.size(now);
        let (n, _) = self.after(now);
        if waited >= size {
            return Some(now);
        }
        let missing = size - waited;
        let seconds = if self.rate > 1e-12 {
            (-n + (n * n + 2.0 * self.rate * missing).sqrt()) / self.rate
        } else if n > 1e-12 {
            missing / n
        } else {
            f64::INFINITY
        };
        // The next step changes the rate: one looks again then.
        let turn = self.until;
        #[expect(clippy::cast_possible_truncation, reason = "capped at a day")]
        let at = now + (seconds.min(86_400.0) * 1000.0).ceil() as Ms;
        Some(at.min(turn.max(now + 1)))
    }

    /// What it would come to at `at` if the rate stayed.
    fn after(&self, at: Ms) -> (f64, f64) {
        let dt = seconds(at - self.at).max(0.0);
        let waited = self.waited + self.n * dt + self.rate * dt * dt / 2.0;
        (self.n + self.rate * dt, waited)
    }

    fn grow(&mut self, now: Ms) {
        while self.until <= now {
            let until = self.until.max(self.at);
            (self.n, self.waited) = self.after(until);
            self.at = until;
            if !self.turn(until) {
                break;
            }
        }
        if now > self.at {
            (self.n, self.waited) = self.after(now);
            self.at = now;
        }
    }

    /// Goes to the step in force at `now`; `false` when it is the last of its day.
    fn turn(&mut self, now: Ms) -> bool {
        while let Some(step) = self.steps.get(self.next) {
            let from = self.midnight + Ms::from(step.from) * 1000;
            if from > now {
                self.until = from;
                return true;
            }
            self.rate = f64::from(step.rate);
            self.next += 1;
        }
        // Until told of the next day it goes on as the last one ended.
        self.until = Ms::MAX;
        false
    }
}

#[expect(clippy::cast_precision_loss, reason = "days in milliseconds")]
fn seconds(ms: Ms) -> f64 {
    ms as f64 / 1000.0
}

/// The rates of several departments asked together, each counted so many times.
pub(super) fn sum(parts: &[(f32, &[Step])]) -> Vec<Step> {
    let mut edges: Vec<(u32, f32)> = Vec::new();
    for (weight, steps) in parts {
        let mut before = 0.0;
        for step in *steps {
            let rate = step.rate * weight;
            edges.push((step.from, rate - before));
            before = rate;
        }
    }
    edges.sort_by_key(|(from, _)| *from);
    let mut sum: Vec<Step> = Vec::new();
    let mut rate = 0.0;
    for (from, rise) in edges {
        rate += rise;
        match sum.last_mut() {
            Some(last) if last.from == from => last.rate = rate,
            _ => sum.push(Step { from, rate }),
        }
    }
    for step in &mut sum {
        step.rate = step.rate.max(1e-9);
    }
    sum
}
