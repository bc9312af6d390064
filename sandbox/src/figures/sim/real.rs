//! The pinger's own planner, asked on the virtual clock.

use super::portal::{Answer, Request};
use super::run::{Next, Policy};
use super::town::Town;
use super::{DAY, MINUTE, Ms};
use chrono::{DateTime, TimeDelta, Utc};
use pinger::planner::{Outcome, PlanSettings, Planner, Task};
use shared::clock::from_wall;
use shared::ids::{Department, DoctorId, LpuId, SpecialtyId, Target};
use shared::store::{DoctorState, ListState, Watched};

/// What the planner spreads its back-off with; nothing fails here.
const DICE: f64 = 0.5;
/// How far ahead talons open.
const HORIZON: Ms = 14 * DAY;

/// The real planner; the simulated portal stands in for the pinger's reader and the store.
#[derive(Debug)]
pub struct RealPlanner<'a> {
    town: &'a Town,
    planner: Planner,
    asked: Option<Task>,
}

impl<'a> RealPlanner<'a> {
    /// A planner that has just heard of all watches of a city and has read nothing yet.
    pub fn new(town: &'a Town, settings: PlanSettings) -> Self {
        let watched = town.watched().map(|doctor| Watched {
            target: Target {
                department: department(town, town.doctors[doctor].department),
                doctor: Some(doctor_id(doctor)),
            },
            n_people: town.doctors[doctor].n_watches,
        });
        let mut planner = Planner::new(settings);
        planner.set_watched(&watched.collect::<Vec<_>>(), instant(0));
        let mut real = Self {
            town,
            planner,
            asked: None,
        };
        real.learn(0);
        real
    }

    /// What the store knows of newly planned lists and doctors: nothing was ever read.
    fn learn(&mut self, now: Ms) {
        let (lists, doctors) = self.planner.unlearned();
        if lists.is_empty() && doctors.is_empty() {
            return;
        }
        let lists = lists.into_iter().map(|department| ListState {
            department,
            reading: None,
            doctors: Vec::new(),
            learned: None,
        });
        let doctors = doctors.into_iter().map(|doctor| DoctorState {
            doctor,
            reading: None,
            n_free: 0,
            last_free: None,
            missed_at: None,
            timetable_at: None,
        });
        self.planner
            .learn(lists.collect(), doctors.collect(), instant(now));
    }

    fn request(&self, task: &Task) -> Request {
        match task {
            Task::List(department) => Request::List(number(&department.specialty.0)),
            Task::Look(doctor) => Request::Look(number(&doctor.doctor.0)),
            Task::Timetable(doctor) => Request::Timetable(number(&doctor.doctor.0)),
            Task::Gate(lpu) => Request::Gate(lpu.0 as usize),
            Task::Districts | Task::Lpus => Request::Names,
        }
    }

    fn outcome(&self, task: &Task, answer: &Answer, now: Ms) -> Outcome {
        match (task, answer) {
            (Task::List(department), Answer::List(moved)) => Outcome::Listed {
                listed: self.town.departments[number(&department.specialty.0)]
                    .doctors
                    .clone()
                    .map(doctor_id)
                    .collect(),
                moved: moved.iter().copied().map(doctor_id).collect(),
            },
            (_, Answer::Gate(moved)) => Outcome::Gated {
                moved: moved.iter().copied().map(specialty_id).collect(),
            },
            (
                _,
                &Answer::Look {
                    n_free,
                    n_missed,
                    n_opened,
                },
            ) => Outcome::Looked {
                n_free,
                n_missed,
                // What opens is the new day at the horizon.
                last_opened: (n_opened > 0).then(|| instant(now + HORIZON)),
            },
            (Task::Timetable(_), _) => Outcome::Days,
            (Task::Districts | Task::Lpus, _) => Outcome::Names,
            _ => Outcome::Void,
        }
    }
}

impl Policy for RealPlanner<'_> {
    fn next(&mut self, now: Ms) -> Next {
        let at = instant(now);
        match self.planner.next(at) {
            Some(task) => {
                let request = self.request(&task);
                self.asked = Some(task);
                Next::Ask(request)
            }
            None => {
                let wakes_at = self.planner.wakes_at(at).map(ms);
                Next::Wait(wakes_at.map_or(now + MINUTE, |wakes_at| wakes_at.max(now)))
            }
        }
    }

    fn answered(&mut self, _: Request, answer: &Answer, now: Ms) {
        if let Some(task) = self.asked.take() {
            let outcome = self.outcome(&task, answer, now);
            self.planner.done(&task, outcome, instant(now), DICE);
            self.learn(now);
        }
    }
}

/// The first midnight: of Monday, 2 March 2026, in St. Petersburg.
fn instant(ms: Ms) -> DateTime<Utc> {
    start() + TimeDelta::milliseconds(ms)
}

fn ms(at: DateTime<Utc>) -> Ms {
    (at - start()).num_milliseconds()
}

fn start() -> DateTime<Utc> {
    const MONDAY: chrono::NaiveDate = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date");
    from_wall(MONDAY.and_time(chrono::NaiveTime::MIN))
}

fn department(town: &Town, number: usize) -> Department {
    Department {
        lpu: lpu(town.departments[number].clinic),
        specialty: specialty_id(number),
    }
}

fn lpu(clinic: usize) -> LpuId {
    LpuId(u32::try_from(clinic).unwrap_or(u32::MAX))
}

fn specialty_id(department: usize) -> SpecialtyId {
    SpecialtyId(department.to_string())
}

fn doctor_id(number: usize) -> DoctorId {
    DoctorId(number.to_string())
}

/// The number an id of ours was made of.
fn number(id: &str) -> usize {
    id.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_virtual_clock_begins_at_a_monday_s_midnight() {
        use chrono::{Datelike as _, Timelike as _};
        let wall = shared::clock::wall(instant(0));
        assert_eq!(
            (wall.weekday(), wall.num_seconds_from_midnight()),
            (chrono::Weekday::Mon, 0)
        );
        assert_eq!(ms(instant(12_345)), 12_345);
    }
}
