//! What waits to be read, by clinic and class, and which clinic may be asked.
//!
//! Each clinic keeps one ordered queue per [`Class`]; one index per class holds the head of every clinic that may be
//! asked at the moment. A clinic that is being asked, or that backs off, leaves the index with all it has: no choice
//! ever steps over it. Every operation costs a few steps in ordered sets.

use super::Task;
use super::pace::LONGEST_PAUSE;
use super::scouts::Scout;
use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::LpuId;
use std::collections::{BTreeMap, BTreeSet};

/// Someone's request may go through a clinic's back-off, so often.
const BREAK_EVERY: TimeDelta = TimeDelta::seconds(15);

/// Why something waits. Earlier ones go first; see [`super::Planner::next`] for how they share the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A slot was missed: read again before saying that it is gone.
    Confirm,
    /// A person asked. Ordered by its instant, ready at any time.
    Request,
    /// Counters in the last list moved.
    Moved,
    /// A department's list is due.
    List,
    /// A doctor is due.
    Doctor,
    /// A doctor with nothing free: the timetable may tell why.
    Timetable,
}

impl Class {
    pub(super) const ALL: [Self; 6] = [
        Self::Confirm,
        Self::Request,
        Self::Moved,
        Self::List,
        Self::Doctor,
        Self::Timetable,
    ];
}

/// Where something waits, and since or until when.
pub(super) type Place = (Class, DateTime<Utc>);

type Queues<T> = [BTreeSet<(DateTime<Utc>, T)>; Class::ALL.len()];

/// One clinic: its queues and how it does.
#[derive(Debug, Default)]
pub(super) struct Clinic {
    queues: Queues<Task>,
    /// Ways of asking whether anything opened.
    pub(super) scouts: Vec<Scout>,
    /// The heads the index holds.
    shown: [Option<DateTime<Utc>>; Class::ALL.len()],
    /// Its place among the openings.
    opening: Option<DateTime<Utc>>,
    asked: Option<(Task, DateTime<Utc>)>,
    blocked_until: Option<DateTime<Utc>>,
    broken_at: Option<DateTime<Utc>>,
    /// Failures in a row, whoever of the clinic they concern.
    pub(super) n_failures: u32,
    /// When the row began.
    pub(super) failing_since: Option<DateTime<Utc>>,
}

impl Clinic {
    fn blocked_until(&self, class: Class) -> Option<DateTime<Utc>> {
        let until = self.blocked_until?;
        match class {
            // Never broken: open at once.
            Class::Request => Some(until.min(self.broken_at? + BREAK_EVERY)),
            _ => Some(until),
        }
    }

    /// Whether something nobody asked for may be asked of it.
    pub(super) fn may_be_asked(&self, now: DateTime<Utc>) -> bool {
        self.asked.is_none() && self.blocked_until.is_none_or(|until| until <= now)
    }

    /// The head to show in the index; `None` when there is none or it must not be asked.
    fn head(&self, class: Class, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_blocked = self.blocked_until(class).is_some_and(|until| until > now);
        if self.asked.is_some() || is_blocked {
            return None;
        }
        self.queues[class as usize].first().map(|&(at, _)| at)
    }

    /// When the index next has to be looked at although nothing happened.
    fn opens_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        [Class::Request, Class::List]
            .into_iter()
            .filter_map(|class| self.blocked_until(class))
            .filter(|&at| at > now)
            .min()
    }
}

/// All clinics.
#[derive(Debug, Default)]
pub(super) struct Board {
    pub(super) clinics: BTreeMap<LpuId, Clinic>,
    index: Queues<LpuId>,
    openings: BTreeSet<(DateTime<Utc>, LpuId)>,
}

impl Board {
    pub(super) fn put(&mut self, (class, at): Place, task: Task, now: DateTime<Utc>) {
        let Some(lpu) = task.lpu() else {
            return;
        };
        let clinic = self.clinics.entry(lpu).or_default();
        clinic.queues[class as usize].insert((at, task));
        self.show(lpu, now);
    }

    pub(super) fn remove(&mut self, (class, at): Place, task: Task, now: DateTime<Utc>) {
        let Some(lpu) = task.lpu() else {
            return;
        };
        if let Some(clinic) = self.clinics.get_mut(&lpu) {
            clinic.queues[class as usize].remove(&(at, task));
            self.show(lpu, now);
        }
    }

    /// The soonest of a class among the clinics that may be asked.
    pub(super) fn first(&self, class: Class) -> Option<DateTime<Utc>> {
        self.index[class as usize].first().map(|&(at, _)| at)
    }

    /// The task [`Board::first`] told of; its clinic counts as being asked from now on. The task stays in its other
    /// queues, which is for the caller to tidy.
    pub(super) fn take(&mut self, class: Class, now: DateTime<Utc>) -> Option<Task> {
        let &(_, lpu) = self.index[class as usize].first()?;
        let clinic = self.clinics.get_mut(&lpu)?;
        let (_, task) = clinic.queues[class as usize].pop_first()?;
        if clinic.blocked_until.is_some_and(|until| until > now) {
            clinic.broken_at = Some(now);
        }
        clinic.asked = Some((task.clone(), now));
        self.show(lpu, now);
        Some(task)
    }

    /// Whether something nobody asked for may be asked of a clinic, known here or not.
    pub(super) fn may_be_asked(&self, lpu: LpuId, now: DateTime<Utc>) -> bool {
        self.clinics
            .get(&lpu)
            .is_none_or(|clinic| clinic.may_be_asked(now))
    }

    /// A clinic is asked something that waits in none of its queues; the caller knows that it may be.
    pub(super) fn ask(&mut self, lpu: LpuId, task: Task, now: DateTime<Utc>) {
        self.clinics.entry(lpu).or_default().asked = Some((task, now));
        self.show(lpu, now);
    }

    /// The answer came, or never will: when it had been asked for. `None` when the task was not under way.
    pub(super) fn finish(&mut self, task: &Task, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let lpu = task.lpu()?;
        let clinic = self.clinics.get_mut(&lpu)?;
        let (_, begun_at) = clinic.asked.take_if(|(asked, _)| asked == task)?;
        self.show(lpu, now);
        Some(begun_at)
    }

    /// How the clinic does; `None` when nothing of it was ever put here.
    pub(super) fn clinic_mut(&mut self, lpu: LpuId) -> Option<&mut Clinic> {
        self.clinics.get_mut(&lpu)
    }

    /// Leaves the clinic alone until then; `None` = asks it again at once.
    pub(super) fn block(&mut self, lpu: LpuId, until: Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if let Some(clinic) = self.clinics.get_mut(&lpu) {
            clinic.blocked_until = until;
            if until.is_none() {
                clinic.broken_at = None;
            }
            self.show(lpu, now);
        }
    }

    /// Lets clinics back in whose time has come.
    pub(super) fn advance(&mut self, now: DateTime<Utc>) {
        while let Some(&(at, lpu)) = self.openings.first() {
            if at > now {
                break;
            }
            self.show(lpu, now);
        }
    }

    /// When [`Board::advance`] next has something to do.
    pub(super) fn opens_at(&self) -> Option<DateTime<Utc>> {
        self.openings.first().map(|&(at, _)| at)
    }

    /// The clock jumped back: what lies further ahead than the longest pause is due now.
    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        for clinic in self.clinics.values_mut() {
            clinic.blocked_until = clinic
                .blocked_until
                .filter(|&until| until <= now + LONGEST_PAUSE);
            clinic.broken_at = clinic.broken_at.filter(|&at| at <= now);
            clinic.failing_since = clinic.failing_since.map(|at| at.min(now));
            if let Some((_, begun_at)) = &mut clinic.asked {
                *begun_at = now.min(*begun_at);
            }
            for scout in &mut clinic.scouts {
                scout.rewind(now);
            }
        }
        let all: Vec<_> = self.clinics.keys().copied().collect();
        for lpu in all {
            self.show(lpu, now);
        }
    }

    /// Brings the index up to what the clinic's queues hold.
    fn show(&mut self, lpu: LpuId, now: DateTime<Utc>) {
        let Some(clinic) = self.clinics.get_mut(&lpu) else {
            return;
        };
        for class in Class::ALL {
            let head = clinic.head(class, now);
            let shown = &mut clinic.shown[class as usize];
            if *shown == head {
                continue;
            }
            let index = &mut self.index[class as usize];
            if let Some(at) = shown.take() {
                index.remove(&(at, lpu));
            }
            if let Some(at) = head {
                index.insert((at, lpu));
            }
            *shown = head;
        }
        let opening = clinic.opens_at(now);
        if let Some(at) = std::mem::replace(&mut clinic.opening, opening) {
            self.openings.remove(&(at, lpu));
        }
        if let Some(at) = opening {
            self.openings.insert((at, lpu));
        }
    }
}
