//! The portal's side of the simulation, with the store's: what an answer holds and what of it is news.

use super::town::{Opening, Town, What};
use super::{LATENCY, Ms};

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The specialties of a clinic.
    Gate(usize),
    /// The doctors of a department.
    List(usize),
    /// The free slots of a doctor.
    Look(usize),
    /// The working days of a doctor.
    Timetable(usize),
    /// Districts or clinics of the city.
    Names,
}

/// What is news in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Departments whose counters moved since the last gate.
    Gate(Vec<usize>),
    /// Doctors whose counters moved since the last list.
    List(Vec<usize>),
    /// A doctor's slots.
    Look {
        /// Free ones, missed ones included.
        n_free: usize,
        /// Missed for the first time.
        n_missed: usize,
        /// Not there at the last look.
        n_opened: usize,
    },
    /// Working days or names: nothing anybody waits for.
    Other,
}

/// What the last answers about a doctor held.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    listed: Option<u32>,
    n_free: u32,
    was_looked: bool,
    n_taken: u32,
    n_opened: u32,
}

/// Answers as the city stands when a request is sent, and notes who has been told of what.
#[derive(Debug)]
pub struct Portal<'a> {
    town: &'a Town,
    /// The next change of each department.
    next: Vec<usize>,
    /// Free places of each doctor and each department.
    free: Vec<u32>,
    totals: Vec<u32>,
    seen: Vec<Seen>,
    /// The total of each department in the last gate.
    gated: Vec<Option<u32>>,
    /// Openings of each department that no answer has covered yet.
    open: Vec<Vec<usize>>,
    answered: Vec<Option<Ms>>,
    read: Vec<Option<Ms>>,
}

impl<'a> Portal<'a> {
    /// Before the first day.
    pub fn new(town: &'a Town) -> Self {
        let free: Vec<_> = town.doctors.iter().map(|doctor| doctor.n_first).collect();
        let totals = town
            .departments
            .iter()
            .map(|department| free[department.doctors.clone()].iter().sum());
        Self {
            next: vec![0; town.departments.len()],
            totals: totals.collect(),
            free,
            seen: vec![Seen::default(); town.doctors.len()],
            gated: vec![None; town.departments.len()],
            open: vec![Vec::new(); town.departments.len()],
            answered: vec![None; town.openings.len()],
            read: vec![None; town.openings.len()],
            town,
        }
    }

    /// The answer to a request sent at `now`, which must not be earlier than the last one's. It is there [`LATENCY`]
    /// later.
    pub fn ask(&mut self, request: Request, now: Ms) -> Answer {
        match request {
            Request::Gate(clinic) => {
                let departments = self.town.clinics[clinic].departments.iter().copied();
                let moved = departments.filter(|&department| {
                    self.cover(department, now);
                    let total = Some(self.totals[department]);
                    std::mem::replace(&mut self.gated[department], total) != total
                });
                Answer::Gate(moved.collect())
            }
            Request::List(department) => {
                self.cover(department, now);
                let doctors = self.town.departments[department].doctors.clone();
                let moved = doctors.filter(|&doctor| {
                    let free = Some(self.free[doctor]);
                    std::mem::replace(&mut self.seen[doctor].listed, free) != free
                });
                Answer::List(moved.collect())
            }
            Request::Look(doctor) => self.look(doctor, now),
            Request::Timetable(_) | Request::Names => Answer::Other,
        }
    }

    /// When an answer first covered an opening: its clinic's gate, its department's list or a look at the doctor.
    pub fn answered(&self, opening: usize) -> Option<Ms> {
        self.answered[opening]
    }

    /// When a look first held the talons of an opening.
    pub fn read(&self, opening: usize) -> Option<Ms> {
        self.read[opening]
    }

    /// An answer held the counters of a department.
    fn cover(&mut self, department: usize, now: Ms) {
        self.advance(department, now);
        for opening in &self.open[department] {
            self.answered[*opening].get_or_insert(now + LATENCY);
        }
    }

    fn look(&mut self, doctor: usize, now: Ms) -> Answer {
        let department = self.town.doctors[doctor].department;
        self.advance(department, now);
        let Self {
            town,
            open,
            answered,
            read,
            ..
        } = self;
        open[department].retain(|&number| {
            let Opening { doctor: opened, .. } = town.openings[number];
            if opened == doctor {
                answered[number].get_or_insert(now + LATENCY);
                read[number].get_or_insert(now + LATENCY);
            }
            opened != doctor
        });
        let seen = &mut self.seen[doctor];
        let free = self.free[doctor];
        // What opened and went between two looks was never seen; bookings take the older places first.
        let n_missed = if seen.was_looked {
            seen.n_taken.min(seen.n_free)
        } else {
            0
        };
        let n_opened = if seen.was_looked {
            seen.n_opened.min(free)
        } else {
            free
        };
        (seen.n_taken, seen.n_opened, seen.n_free, seen.was_looked) = (0, 0, free, true);
        Answer::Look {
            n_free: (free + n_missed) as usize,
            n_missed: n_missed as usize,
            n_opened: n_opened as usize,
        }
    }

    /// Lets everything happen that has by `now`.
    fn advance(&mut self, department: usize, now: Ms) {
        let changes = &self.town.departments[department].changes;
        while let Some(change) = changes
            .get(self.next[department])
            .filter(|change| change.at <= now)
        {
            self.next[department] += 1;
            let doctor = change.doctor;
            match change.what {
                What::Booking => {
                    self.free[doctor] -= 1;
                    self.totals[department] -= 1;
                    self.seen[doctor].n_taken += 1;
                }
                What::Opening(number, n_places) => {
                    self.free[doctor] += n_places;
                    self.totals[department] += n_places;
                    self.seen[doctor].n_opened += n_places;
                    self.open[department].push(number);
                }
            }
        }
    }
}
