//! A step of the planner: choosing a request, hearing its answer.
//!
//! ```text
//! cargo bench -p pinger
//! ```

use chrono::{DateTime, TimeDelta, Utc};
use divan::Bencher;
use pinger::planner::{Outcome, PlanSettings, Planner, Task};
use shared::ids::{Department, DoctorId, LpuId, SpecialtyId, Target};
use shared::store::Watched;
use std::collections::HashMap;
use std::time::Duration;

fn main() {
    divan::main();
}

/// Doctors of each department, and departments of each clinic.
const DOCTORS_EACH: u32 = 4;
const DEPARTMENTS_EACH: u32 = 5;
/// One list in so many shows a doctor whose counters moved.
const MOVES: u64 = 20;
const TURN: TimeDelta = TimeDelta::milliseconds(500);

struct City {
    planner: Planner,
    doctors: HashMap<Department, Vec<DoctorId>>,
    now: DateTime<Utc>,
    n_turns: u64,
}

impl City {
    /// As the program has it: gates and learning on, two requests a second.
    fn new(n_doctors: u32) -> Self {
        let mut doctors = HashMap::<Department, Vec<DoctorId>>::new();
        let mut watched = Vec::new();
        for number in 0..n_doctors {
            let ward = number / DOCTORS_EACH;
            let department = Department {
                lpu: LpuId(ward / DEPARTMENTS_EACH),
                specialty: SpecialtyId(ward.to_string()),
            };
            let doctor = DoctorId(number.to_string());
            doctors
                .entry(department.clone())
                .or_default()
                .push(doctor.clone());
            watched.push(Watched {
                target: Target {
                    department,
                    doctor: Some(doctor),
                },
                n_people: 1,
            });
        }
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut planner = Planner::new(PlanSettings {
            poll_period: Duration::from_secs(60),
            requests_per_second: 2.0,
            gates: true,
            learning: true,
        });
        planner.set_watched(&watched, now);
        let mut city = Self {
            planner,
            doctors,
            now,
            n_turns: 0,
        };
        // Past the first reading of everyone, which is of one kind.
        for _ in 0..2 * n_doctors {
            city.step();
        }
        city
    }

    /// One turn of the limiter.
    fn step(&mut self) {
        self.now += TURN;
        self.n_turns += 1;
        let Some(task) = self.planner.next(self.now) else {
            return;
        };
        let moves = self.n_turns.is_multiple_of(MOVES);
        let outcome = match &task {
            Task::Gate(lpu) => {
                // Its first department, as they were dealt out.
                let first = SpecialtyId((lpu.0 * DEPARTMENTS_EACH).to_string());
                Outcome::Gated {
                    moved: Some(first).filter(|_| moves).into_iter().collect(),
                }
            }
            Task::List(department) => {
                let listed = self.doctors.get(department).cloned().unwrap_or_default();
                Outcome::Listed {
                    moved: listed
                        .first()
                        .filter(|_| moves)
                        .cloned()
                        .into_iter()
                        .collect(),
                    listed,
                }
            }
            Task::Look(_) => Outcome::Looked {
                n_free: 3,
                n_missed: 0,
                last_opened: moves.then_some(self.now),
            },
            Task::Timetable(_) => Outcome::Days,
            Task::Districts | Task::Lpus => Outcome::Names,
        };
        self.planner.done(&task, outcome, self.now, 0.5);
    }
}

/// A request chosen and its answer heard, with so many doctors watched.
#[divan::bench(args = [100, 1_000, 10_000])]
fn step(bencher: Bencher, n_doctors: u32) {
    let mut city = City::new(n_doctors);
    bencher.bench_local(|| city.step());
}

/// Hearing of all that is watched anew, nothing changed.
#[divan::bench(args = [1_000, 10_000])]
fn hear_what_is_watched(bencher: Bencher, n_doctors: u32) {
    let mut city = City::new(n_doctors);
    let watched: Vec<_> = city
        .doctors
        .iter()
        .flat_map(|(department, doctors)| {
            doctors.iter().map(|doctor| Watched {
                target: Target {
                    department: department.clone(),
                    doctor: Some(doctor.clone()),
                },
                n_people: 1,
            })
        })
        .collect();
    bencher.bench_local(|| city.planner.set_watched(&watched, city.now));
}
