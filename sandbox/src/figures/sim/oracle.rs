//! The rate oracle: knows how often each department opens at every moment, though not when it will.

use super::chain::Chain;
use super::portal::{Answer, Request};
use super::run::{Next, Policy};
use super::town::{Habit, Town, is_weekend};
use super::{DAY, MINUTE, Ms, SECOND};

/// Gates of clinics, in proportion to the root of the summed rates of their departments, and what these gates ask for.
///
/// A clinic's claim grows with the root of its rate, and the largest claim has the turn. Until a clinic is looked at, its
/// claim keeps growing as fast as it once did: what opened at the end of a window is looked for at once, too.
#[derive(Debug)]
pub struct RateOracle<'a> {
    town: &'a Town,
    chain: Chain,
    claims: Vec<Claim>,
    /// Moments of a working day at which a clinic's rate changes.
    turns: Vec<(Ms, usize)>,
    next_turn: usize,
    /// The day the rates are of.
    day: Ms,
    now: Ms,
}

#[derive(Debug, Clone, Copy, Default)]
struct Claim {
    size: f64,
    /// The root of the rate now, and the largest since the last gate.
    root: f64,
    grows: f64,
}

impl<'a> RateOracle<'a> {
    /// For all clinics of a city.
    pub fn new(town: &'a Town) -> Self {
        let mut turns = Vec::new();
        for department in &town.departments {
            if department.habit != Habit::AnyTime {
                let span = department.habit.span();
                turns.extend([
                    (span.start, department.clinic),
                    (span.end, department.clinic),
                ]);
            }
        }
        turns.sort_unstable();
        Self {
            claims: vec![Claim::default(); town.clinics.len()],
            town,
            chain: Chain::default(),
            next_turn: turns.len(),
            turns,
            day: -1,
            now: 0,
        }
    }

    fn set_rate(&mut self, clinic: usize, at: Ms) {
        let departments = self.town.clinics[clinic].departments.iter();
        let rate: f64 = departments
            .map(|&department| self.town.rate(department, at))
            .sum();
        let claim = &mut self.claims[clinic];
        claim.root = rate.sqrt();
        claim.grows = claim.grows.max(claim.root);
    }

    /// Lets the claims grow up to `now`.
    fn advance(&mut self, now: Ms) {
        loop {
            let midnight = (self.day + 1) * DAY;
            let turn = self
                .turns
                .get(self.next_turn)
                .filter(|_| !is_weekend(self.day * DAY));
            let turn = turn.map(|&(of_day, clinic)| (self.day * DAY + of_day, clinic));
            match turn {
                Some((at, clinic)) if at <= now && at < midnight => {
                    self.grow(at);
                    self.next_turn += 1;
                    self.set_rate(clinic, at);
                }
                _ if midnight <= now => {
                    self.grow(midnight);
                    self.day += 1;
                    self.next_turn = 0;
                    for clinic in 0..self.claims.len() {
                        self.set_rate(clinic, midnight);
                    }
                }
                _ => return self.grow(now),
            }
        }
    }

    fn grow(&mut self, now: Ms) {
        let elapsed = (now - self.now) as f64 / SECOND as f64;
        if elapsed > 0.0 {
            for claim in &mut self.claims {
                claim.size += claim.grows * elapsed;
            }
        }
        self.now = now;
    }
}

impl Policy for RateOracle<'_> {
    fn next(&mut self, now: Ms) -> Next {
        self.advance(now);
        if let Some(request) = self.chain.next(now) {
            return Next::Ask(request);
        }
        let largest = self
            .claims
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.size.total_cmp(&b.size));
        match largest {
            Some((clinic, claim)) if claim.size > 0.0 => {
                let claim = &mut self.claims[clinic];
                *claim = Claim {
                    size: 0.0,
                    root: claim.root,
                    grows: claim.root,
                };
                // The list of an only department says all its gate would, and more.
                match self.town.clinics[clinic].departments[..] {
                    [only] => Next::Ask(Request::List(only)),
                    _ => Next::Ask(Request::Gate(clinic)),
                }
            }
            _ => {
                let soon = now + MINUTE;
                Next::Wait(self.chain.wakes_at(now).map_or(soon, |at| at.min(soon)))
            }
        }
    }

    fn answered(&mut self, request: Request, answer: &Answer, now: Ms) {
        self.chain.hear(self.town, request, answer, now);
    }
}
