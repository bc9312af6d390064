//! What bots do without a planner.

use super::chain::Chain;
use super::portal::{Answer, Request};
use super::run::{Next, Policy};
use super::town::Town;
use super::{MINUTE, Ms, SECOND};

/// One doctor after another with a pause, and a longer one between passes.
#[derive(Debug)]
pub struct OneByOne {
    doctors: Vec<usize>,
    place: usize,
    ready_at: Ms,
}

impl OneByOne {
    const PAUSE: Ms = SECOND;
    const BETWEEN_PASSES: Ms = MINUTE;

    /// For all watched doctors of a city.
    pub fn new(town: &Town) -> Self {
        Self {
            doctors: town.watched().collect(),
            place: 0,
            ready_at: 0,
        }
    }
}

impl Policy for OneByOne {
    fn next(&mut self, now: Ms) -> Next {
        if now < self.ready_at {
            return Next::Wait(self.ready_at);
        }
        Next::Ask(Request::Look(self.doctors[self.place]))
    }

    fn answered(&mut self, _: Request, _: &Answer, now: Ms) {
        self.place = (self.place + 1) % self.doctors.len();
        let pause = if self.place == 0 {
            Self::BETWEEN_PASSES
        } else {
            Self::PAUSE
        };
        self.ready_at = now + pause;
    }
}

/// The list of each department in turn, and looks where counters moved; no round begins within a minute of another.
#[derive(Debug)]
pub struct EvenRounds<'a> {
    town: &'a Town,
    chain: Chain,
    place: usize,
    begun_at: Ms,
}

impl<'a> EvenRounds<'a> {
    const PERIOD: Ms = MINUTE;

    /// For all departments of a city.
    pub fn new(town: &'a Town) -> Self {
        Self {
            town,
            chain: Chain::default(),
            place: 0,
            begun_at: -Self::PERIOD,
        }
    }
}

impl Policy for EvenRounds<'_> {
    fn next(&mut self, now: Ms) -> Next {
        if let Some(request) = self.chain.next(now) {
            return Next::Ask(request);
        }
        if self.place == 0 {
            let from = self.begun_at + Self::PERIOD;
            if now < from {
                return Next::Wait(self.chain.wakes_at(now).map_or(from, |at| at.min(from)));
            }
            self.begun_at = now;
        }
        let department = self.place;
        self.place = (self.place + 1) % self.town.departments.len();
        Next::Ask(Request::List(department))
    }

    fn answered(&mut self, request: Request, answer: &Answer, now: Ms) {
        self.chain.hear(self.town, request, answer, now);
    }
}
