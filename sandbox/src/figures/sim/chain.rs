//! What follows an answer that says "something moved", for the policies that are not the real planner: the list of
//! the department, looks at its watched doctors that moved, and a second look where a slot was missed (nothing is gone
//! before two looks in a row say so).

use super::portal::{Answer, Request};
use super::town::Town;
use super::{Ms, SECOND};
use std::collections::{BTreeSet, VecDeque};

/// From a miss to the look that confirms it.
const CONFIRM: Ms = SECOND;

/// Requests that go before everything else.
#[derive(Debug, Default)]
pub(super) struct Chain {
    ready: VecDeque<Request>,
    again: VecDeque<(Ms, usize)>,
    /// Departments and doctors on their way already.
    lists: BTreeSet<usize>,
    looks: BTreeSet<usize>,
}

impl Chain {
    /// The next of them; `None` when nothing has to be confirmed at `now`.
    pub(super) fn next(&mut self, now: Ms) -> Option<Request> {
        if let Some((_, doctor)) = self.again.pop_front_if(|&mut (at, _)| at <= now) {
            return Some(Request::Look(doctor));
        }
        let request = self.ready.pop_front()?;
        match request {
            Request::List(department) => self.lists.remove(&department),
            Request::Look(doctor) => self.looks.remove(&doctor),
            _ => false,
        };
        Some(request)
    }

    /// When it next has something; `None` = after news.
    pub(super) fn wakes_at(&self, now: Ms) -> Option<Ms> {
        match self.ready.front() {
            Some(_) => Some(now),
            None => self.again.front().map(|&(at, _)| at),
        }
    }

    /// Queues what an answer asks for.
    pub(super) fn hear(&mut self, town: &Town, request: Request, answer: &Answer, now: Ms) {
        match (request, answer) {
            (_, Answer::Gate(moved)) => {
                for &department in moved {
                    if self.lists.insert(department) {
                        self.ready.push_back(Request::List(department));
                    }
                }
            }
            (_, Answer::List(moved)) => {
                let watched = |doctor: &&usize| town.doctors[**doctor].n_watches > 0;
                for &doctor in moved.iter().filter(watched) {
                    if self.looks.insert(doctor) {
                        self.ready.push_back(Request::Look(doctor));
                    }
                }
            }
            (Request::Look(doctor), Answer::Look { n_missed, .. }) if *n_missed > 0 => {
                self.again.push_back((now + CONFIRM, doctor));
            }
            _ => {}
        }
    }
}
