//! The planner on a virtual clock.

mod backoff;
mod city;
mod gates;
mod learning;
mod names;
mod order;
mod requests;
mod time;

use super::{Notice, Outcome, PlanSettings, Planner, Task};
use chrono::{DateTime, TimeDelta, Utc};
use shared::failure::{Failure, FailureKind};
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, Target};
use shared::store::{LookRequest, Watched};
use std::time::Duration;

/// A planner at default settings, spoken to in short words: `1/ent` is a department, `1/ent/a` a doctor of it;
/// tasks are `list 1/ent`, `look 1/a`, `days 1/a`.
struct Desk {
    planner: Planner,
    now: DateTime<Utc>,
    requests: Vec<LookRequest>,
}

fn target(path: &str) -> Target {
    let mut parts = path.split('/');
    Target {
        department: Department {
            lpu: LpuId(parts.next().unwrap().parse().unwrap()),
            specialty: parts.next().unwrap().into(),
        },
        doctor: parts.next().map(DoctorId::from),
    }
}

fn watched(paths: &[&str]) -> Vec<Watched> {
    let one = |path: &&str| Watched {
        target: target(path),
        n_people: 1,
    };
    paths.iter().map(one).collect()
}

fn task(words: &str) -> Task {
    let (verb, path) = match words {
        "districts" => return Task::Districts,
        "lpus" => return Task::Lpus,
        words => words.split_once(' ').unwrap(),
    };
    if verb == "gate" {
        return Task::Gate(LpuId(path.parse().unwrap()));
    }
    let (lpu, id) = path.split_once('/').unwrap();
    let lpu = LpuId(lpu.parse().unwrap());
    let doctor = DoctorRef {
        lpu,
        doctor: id.into(),
    };
    match verb {
        "look" => Task::Look(doctor),
        "days" => Task::Timetable(doctor),
        _ => Task::List(Department {
            lpu,
            specialty: id.into(),
        }),
    }
}

fn show(task: &Task) -> String {
    match task {
        Task::List(department) => format!("list {}/{}", department.lpu, department.specialty),
        Task::Look(doctor) => format!("look {}/{}", doctor.lpu, doctor.doctor),
        Task::Timetable(doctor) => format!("days {}/{}", doctor.lpu, doctor.doctor),
        Task::Gate(lpu) => format!("gate {lpu}"),
        Task::Districts => "districts".to_owned(),
        Task::Lpus => "lpus".to_owned(),
    }
}

fn failed(kind: FailureKind) -> Outcome {
    Outcome::Failed {
        failure: Failure { kind, code: None },
        retry_after: None,
    }
}

fn listed(listed: &[&str], moved: &[&str]) -> Outcome {
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.into()).collect();
    Outcome::Listed {
        listed: ids(listed),
        moved: ids(moved),
    }
}

/// A good look that found something, so that no timetable is wanted.
const GOOD: Outcome = Outcome::Looked {
    n_free: 1,
    n_missed: 0,
    last_opened: None,
};
const MISSED: Outcome = Outcome::Looked {
    n_free: 1,
    n_missed: 1,
    last_opened: None,
};
const EMPTY: Outcome = Outcome::Looked {
    n_free: 0,
    n_missed: 0,
    last_opened: None,
};

impl Desk {
    fn new() -> Self {
        let settings = PlanSettings {
            poll_period: Duration::from_secs(60),
            requests_per_second: 2.0,
            gates: true,
            learning: true,
        };
        Self {
            planner: Planner::new(settings),
            now: DateTime::UNIX_EPOCH + TimeDelta::days(20_000),
            requests: Vec::new(),
        }
    }

    fn watching(paths: &[&str]) -> Self {
        let mut desk = Self::new();
        desk.watch(paths);
        desk
    }

    fn watch(&mut self, paths: &[&str]) {
        self.planner.set_watched(&watched(paths), self.now);
    }

    fn after(&mut self, seconds: f64) -> &mut Self {
        #[expect(clippy::cast_possible_truncation, reason = "test seconds")]
        let ms = (seconds * 1000.0) as i64;
        self.now += TimeDelta::milliseconds(ms);
        self
    }

    fn ask(&mut self, path: &str) {
        self.requests.push(LookRequest {
            target: target(path),
            asked_at: self.now,
        });
        self.planner.set_requests(&self.requests, self.now);
    }

    /// What is asked now, if anything.
    fn next(&mut self) -> Option<String> {
        let woken = self
            .planner
            .wakes_at(self.now)
            .is_some_and(|at| at <= self.now);
        let next = self.planner.next(self.now);
        assert_eq!(
            woken,
            next.is_some(),
            "it wakes exactly when there is something"
        );
        next.as_ref().map(show)
    }

    fn done(&mut self, words: &str, outcome: Outcome) -> Option<Notice> {
        self.planner.done(&task(words), outcome, self.now, 0.0)
    }

    /// The next task must be this one; it is answered at once.
    #[track_caller]
    fn answer(&mut self, words: &str, outcome: Outcome) {
        assert_eq!(self.next().as_deref(), Some(words));
        self.done(words, outcome);
    }

    /// Nothing is ready; the next something is so many seconds away.
    #[track_caller]
    fn quiet_for(&mut self, seconds: f64) {
        assert_eq!(self.next(), None);
        let wakes_at = self
            .planner
            .wakes_at(self.now)
            .expect("something is planned");
        assert_eq!((wakes_at - self.now).as_seconds_f64(), seconds);
    }

    /// Answers everything that is ready with good answers; the order it was asked in.
    fn settle(&mut self) -> Vec<String> {
        let mut order = Vec::new();
        while let Some(words) = self.next() {
            let outcome = match task(&words) {
                Task::List(department) => {
                    let unit = &self.planner.lists[&department];
                    Outcome::Listed {
                        listed: unit.listed.clone(),
                        moved: Vec::new(),
                    }
                }
                Task::Look(_) => GOOD,
                Task::Timetable(_) => Outcome::Days,
                Task::Gate(_) => Outcome::Gated { moved: Vec::new() },
                Task::Districts | Task::Lpus => Outcome::Names,
            };
            self.done(&words, outcome);
            order.push(words);
            assert!(order.len() < 1000, "it never rests: {:?}", &order[..10]);
        }
        order
    }
}
