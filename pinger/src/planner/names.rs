//! The catalogue of names: every clinic's specialties each night, and the lists of districts and clinics.
//!
//! Due from one o'clock in the night, when the wall clock says so; what was never read is due at once. Turns nobody else
//! wants are taken for it, one in ten of the budget (one in two while something was never read); while the budget is short
//! everywhere, so few of the others' turns that no look waits noticeably. What failed is tried again the same night, and
//! the next day if it must be.

use super::{Outcome, Planner, Task};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use shared::clock::{from_wall, wall};
use shared::ids::LpuId;
use shared::store::CatalogueAges;
use std::collections::{BTreeMap, BTreeSet};

/// The refresh begins at this hour of the wall clock.
const NIGHT: NaiveTime = NaiveTime::from_hms_opt(1, 0, 0).expect("an hour of the day");
/// A night leaves out what was read so shortly before: clinics that are gated are read all the time.
const YOUNG: TimeDelta = TimeDelta::hours(3);
/// A fresh start has more urgent things to do: people's first menus, first looks.
const PATIENCE: TimeDelta = TimeDelta::seconds(30);
/// After the first failure; doubling up to…
const FIRST_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// …this.
const LONGEST: TimeDelta = TimeDelta::hours(1);
/// Of the budget: turns nobody else wants, the same while something was never read, and turns taken from others.
const SPARE: f64 = 0.1;
const FIRST: f64 = 0.5;
const TAKEN: f64 = 0.02;
/// How many are tried when clinics are busy.
const LOOK_AHEAD: usize = 64;

/// One list.
#[derive(Debug, Clone, Copy, Default)]
struct Name {
    read_at: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
    n_failures: u32,
}

/// When which list is due.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: BTreeMap<Task, Name>,
    queue: BTreeSet<(DateTime<Utc>, Task)>,
    n_never: usize,
    asked: Option<(Task, DateTime<Utc>)>,
    asked_at: Option<DateTime<Utc>>,
    requests_per_second: f64,
}

/// The first beginning of a night after `at`.
fn night_after(at: DateTime<Utc>) -> DateTime<Utc> {
    let local = wall(at).naive_local();
    let tonight = from_wall(local.date().and_time(NIGHT));
    if tonight > at {
        tonight
    } else {
        tonight + TimeDelta::days(1)
    }
}

impl Names {
    pub(super) fn new(requests_per_second: f64) -> Self {
        Self {
            requests_per_second: requests_per_second.max(0.001),
            ..Self::default()
        }
    }

    fn put(&mut self, task: Task, name: Name) {
        if let Some(before) = self.all.insert(task.clone(), name) {
            self.queue.remove(&(before.due, task.clone()));
            self.n_never -= usize::from(before.read_at.is_none());
        }
        self.n_never += usize::from(name.read_at.is_none());
        self.queue.insert((name.due, task));
    }

    fn know(&mut self, task: Task, read_at: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        let read_at = read_at.filter(|&at| at <= now);
        match self.all.get(&task) {
            Some(known) if known.read_at >= read_at => {}
            _ => {
                let due = read_at.map_or(now + PATIENCE, |at| night_after(at + YOUNG));
                let name = Name {
                    read_at,
                    due,
                    n_failures: 0,
                };
                self.put(task, name);
            }
        }
    }

    fn done(&mut self, task: &Task, is_good: bool, now: DateTime<Utc>) {
        let Some(name) = self.all.get(task) else {
            return;
        };
        let name = if is_good {
            Name {
                read_at: Some(now),
                due: night_after(now + YOUNG),
                n_failures: 0,
            }
        } else {
            let pause = FIRST_PAUSE * 2_i32.pow(name.n_failures.min(8));
            Name {
                due: now + pause.min(LONGEST),
                n_failures: name.n_failures.saturating_add(1),
                ..*name
            }
        };
        self.put(task.clone(), name);
    }

    /// From when the next may be asked: in a turn nobody wants, or in a turn taken from others.
    fn from(&self, is_taken: bool) -> Option<DateTime<Utc>> {
        let share = match (is_taken, self.n_never) {
            (true, _) => TAKEN,
            (false, 0) => SPARE,
            (false, _) => FIRST,
        };
        let gap = std::time::Duration::try_from_secs_f64(1.0 / (self.requests_per_second * share))
            .ok()?;
        Some(self.asked_at? + TimeDelta::from_std(gap).ok()?)
    }

    /// What to ask now; `None` when nothing is due or its clinic must not be asked.
    fn ready(
        &self,
        is_taken: bool,
        may_be_asked: impl Fn(LpuId) -> bool,
        now: DateTime<Utc>,
    ) -> Option<Task> {
        if self.from(is_taken).is_some_and(|from| from > now) {
            return None;
        }
        let due = self
            .queue
            .iter()
            .take_while(|(due, _)| *due <= now)
            .take(LOOK_AHEAD);
        let may = |task: &&Task| match task.lpu() {
            Some(lpu) => may_be_asked(lpu),
            None => self.asked.is_none(),
        };
        due.map(|(_, task)| task).find(may).cloned()
    }

    /// When there is something to ask in a turn nobody wants, clinics permitting.
    fn wakes_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        /// What is due but cannot be asked waits for a busy clinic.
        const AGAIN: TimeDelta = TimeDelta::seconds(1);
        let &(due, _) = self.queue.first()?;
        let at = self.from(false).map_or(due, |from| from.max(due));
        Some(if at <= now { now + AGAIN } else { at })
    }

    /// The clock jumped back.
    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        self.asked_at = self.asked_at.filter(|&at| at <= now);
        let all: Vec<_> = self
            .all
            .iter()
            .map(|(task, name)| (task.clone(), *name))
            .collect();
        for (task, name) in all {
            let latest = if name.read_at.is_some() {
                now + TimeDelta::days(1) + YOUNG
            } else {
                now + LONGEST
            };
            let read_at = name.read_at.map(|at| at.min(now));
            self.put(
                task,
                Name {
                    read_at,
                    due: name.due.min(latest),
                    ..name
                },
            );
        }
    }
}

impl Planner {
    /// What the store has of the catalogue; what is new in it is planned, and what was read since counts as read.
    pub fn set_names(&mut self, ages: &CatalogueAges, now: DateTime<Utc>) {
        self.advance(now);
        self.names.know(Task::Districts, ages.districts, now);
        self.names.know(Task::Lpus, ages.lpus, now);
        for &(lpu, read_at) in &ages.clinics {
            self.names.know(Task::Gate(lpu), read_at, now);
        }
    }

    /// Of how many clinics the specialties were ever read, and how many clinics there are.
    pub(crate) fn clinics_read(&self) -> (usize, usize) {
        let gates = self.names.all.iter();
        let gates = gates.filter(|(task, _)| matches!(task, Task::Gate(_)));
        gates.fold((0, 0), |(n_read, n), (_, name)| {
            (n_read + usize::from(name.read_at.is_some()), n + 1)
        })
    }

    /// A name to read now, in a turn that nobody wants or that is taken from others.
    pub(super) fn ready_name(&self, is_taken: bool, now: DateTime<Utc>) -> Option<Task> {
        self.names
            .ready(is_taken, |lpu| self.board.may_be_asked(lpu, now), now)
    }

    pub(super) fn names_wake_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.names.wakes_at(now)
    }

    pub(super) fn ask_name(&mut self, task: &Task, now: DateTime<Utc>) {
        self.names.asked_at = Some(now);
        match task.lpu() {
            Some(lpu) => self.board.ask(lpu, task.clone(), now),
            None => self.names.asked = Some((task.clone(), now)),
        }
    }

    /// A list of names without a clinic came, or never will; `false` when it was not under way.
    pub(super) fn finish_name(&mut self, task: &Task) -> bool {
        self.names
            .asked
            .take_if(|(asked, _)| asked == task)
            .is_some()
    }

    pub(super) fn name_done(&mut self, task: &Task, outcome: &Outcome, now: DateTime<Utc>) {
        match outcome {
            Outcome::Gated { .. } | Outcome::Names => self.names.done(task, true, now),
            Outcome::Failed { .. } => self.names.done(task, false, now),
            _ => {}
        }
    }
}
