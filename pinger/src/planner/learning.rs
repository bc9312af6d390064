//! What the planner learns of when departments open, and what it does with it.

use super::Planner;
use super::claims::{Ms, sum};
use super::habits::{DAY, Habits, Opening, Step};
use super::scouts::{Scout, wall_ms};
use super::units::ListUnit;
use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::{Department, DoctorRef, LpuId};

/// Counters that moved so long before a look say nothing any more of what it finds.
const CONCERNS: TimeDelta = TimeDelta::minutes(3);
/// An opening that may have been at any time of so long a span teaches nothing.
const TOO_WIDE: TimeDelta = TimeDelta::hours(3);
/// With budget to spare, a department is looked at more often only when it opens at least so many times as likely as
/// one that opens once a day at any time.
const BUSY: f32 = 8.0;
/// More people than this weigh no more: nobody else would be looked at.
const CROWD: u32 = 100;
const A_DAY: Ms = DAY as Ms * 1000;

/// How the looking goes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Watched lists and doctors whose full reading is due.
    pub n_due: usize,
    /// Those of them that have waited twice as long as they should.
    pub n_late: usize,
    /// Departments that are known to open at times of their own on days like today.
    pub n_learned: usize,
    /// Reading everything once a period would take so many times the budget; 0 when nothing is watched.
    pub load: f64,
}

impl ListUnit {
    /// Counters that cover the department were read.
    pub(super) fn covered(&mut self, has_moved: bool, begun_at: DateTime<Utc>) {
        let since = self.covered_at.replace(begun_at);
        // An opening was found before counters told of it: now they must, or they lied.
        if self.untold_at.take_if(|at| *at <= begun_at).is_some() {
            self.measured.opened(has_moved);
        }
        if has_moved && let Some(since) = since.filter(|&since| since <= begun_at) {
            let is_known = self
                .moved_between
                .is_some_and(|(_, until)| begun_at - until < CONCERNS);
            if !is_known {
                self.moved_between = Some((since, begun_at));
            }
        }
    }

    /// When counters were last read that had not moved since `looked_at`.
    pub(super) fn unmoved_at(&self, looked_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self.moved_between {
            Some((from, until)) if until > looked_at => Some(from).filter(|&from| from > looked_at),
            _ => self.covered_at.filter(|&at| at > looked_at),
        }
    }

    /// Between which answers an opening was that a look begun at `found_at` found, and whether counters had told of it.
    /// `None` when nobody knows: it was the first look.
    fn opened_between(
        &self,
        looked_at: Option<DateTime<Utc>>,
        found_at: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, DateTime<Utc>, bool)> {
        let looked_at = looked_at?;
        let told = self.moved_between.filter(|(_, until)| {
            *until > looked_at && *until <= found_at && found_at - *until < CONCERNS
        });
        Some(match told {
            Some((from, until)) => (from.max(looked_at), until, true),
            // No counter has told of it yet: they were read before it opened, if they are to be believed.
            None => {
                let covered_at = self
                    .covered_at
                    .filter(|&at| at <= found_at && self.measured.is_believed());
                (
                    covered_at.map_or(looked_at, |at| at.max(looked_at)),
                    found_at,
                    false,
                )
            }
        })
    }
}

/// The day and the second of it on the wall clock.
fn day_and_second(at: DateTime<Utc>) -> (u16, u32) {
    let ms = wall_ms(at);
    let day = u16::try_from(ms.div_euclid(A_DAY)).unwrap_or_default();
    let second = u32::try_from(ms.rem_euclid(A_DAY) / 1000).unwrap_or_default();
    (day, second)
}

/// The day on the wall clock.
pub(super) fn day_of(at: DateTime<Utc>) -> u16 {
    day_and_second(at).0
}

/// The opening between two answers; cut at midnight when they were on two days.
fn opening(from: DateTime<Utc>, until: DateTime<Utc>, is_new_day: bool) -> Opening {
    let (day, second) = day_and_second(until);
    let (first_day, first) = day_and_second(from);
    Opening {
        day,
        from: if first_day == day {
            first.min(second)
        } else {
            0
        },
        until: second + 1,
        is_new_day,
    }
}

impl Planner {
    /// A good look at a doctor found slots that the one begun at `looked_at` did not hold; `is_new_day`: one of them on
    /// a day further ahead than any before.
    pub(super) fn opened(
        &mut self,
        doctor: &DoctorRef,
        is_new_day: bool,
        looked_at: Option<DateTime<Utc>>,
        begun_at: DateTime<Utc>,
    ) {
        if !self.is_learning {
            return;
        }
        let Some(specialties) = self.doctors.get(doctor).map(|unit| unit.watched_by.clone()) else {
            return;
        };
        for specialty in specialties {
            let lpu = doctor.lpu;
            let department = Department { lpu, specialty };
            let Some(unit) = self.lists.get_mut(&department) else {
                continue;
            };
            let Some((from, until, was_told)) = unit.opened_between(looked_at, begun_at) else {
                continue;
            };
            if was_told {
                unit.measured.opened(true);
            } else {
                unit.untold_at = Some(begun_at);
            }
            if until - from <= TOO_WIDE && unit.habits.note(opening(from, until, is_new_day)) {
                self.learned.insert(department);
                self.replan.insert(lpu);
            }
        }
    }

    /// Whether a department is worth asking beside the rounds: always when the budget is short, else when it opens
    /// at times of its own.
    pub(super) fn is_scouted(&self, unit: &ListUnit, now: DateTime<Utc>) -> bool {
        if self.pace.is_short() {
            return true;
        }
        let day = day_of(now);
        self.has_gates && self.is_learning && unit.habits.is_learned(day)
    }

    /// Gives a way of asking the rates of today.
    pub(super) fn set_rates(&mut self, scout: &mut Scout, lpu: LpuId, now: DateTime<Utc>) {
        let day = day_of(now);
        let is_short = self.pace.is_short();
        let is_learning = self.is_learning;
        let mut parts: Vec<(f32, Vec<Step>)> = Vec::new();
        for specialty in &scout.departments {
            let specialty = specialty.clone();
            let Some(unit) = self.lists.get_mut(&Department { lpu, specialty }) else {
                continue;
            };
            let mut steps = if is_learning {
                unit.habits.begin(day);
                unit.habits.rates(day)
            } else {
                Habits::default().rates(day)
            };
            if !is_short {
                let usual = BUSY / to_f32(DAY);
                for step in steps.iter_mut().filter(|step| step.rate < usual) {
                    step.rate = 0.0;
                }
            }
            let weight = to_f32(unit.n_people.clamp(1, CROWD));
            // A look at one doctor of several covers its share.
            let share = match &scout.task {
                super::Task::Look(_) => {
                    to_f32(u32::try_from(unit.covers.len().max(1)).unwrap_or(u32::MAX))
                }
                _ => 1.0,
            };
            let weight = if is_short {
                weight / share
            } else {
                1.0 / share
            };
            parts.push((weight, steps));
        }
        let parts: Vec<_> = parts
            .iter()
            .map(|(weight, steps)| (*weight, steps.as_slice()))
            .collect();
        let at = wall_ms(now);
        scout
            .claim
            .set(sum(&parts), at.div_euclid(A_DAY) * A_DAY, at);
    }

    /// What was learned since the last call of when departments open talons, to be kept for
    /// [`ListState::learned`](shared::store::ListState::learned); at most `limit` of them, the rest at the next call.
    pub fn take_learned(&mut self, limit: usize) -> Vec<(Department, Vec<u8>)> {
        let mut taken = Vec::new();
        while taken.len() < limit
            && let Some(department) = self.learned.pop_first()
        {
            if let Some(unit) = self.lists.get(&department) {
                taken.push((department, unit.habits.encode()));
            }
        }
        taken
    }

    /// What was taken could not be kept: it is taken again.
    pub fn not_kept(&mut self, departments: Vec<Department>) {
        let known = departments
            .into_iter()
            .filter(|department| self.lists.contains_key(department));
        self.learned.extend(known);
    }

    /// Departments of which enough was seen to look more often at their own times.
    fn n_learned(&self, now: DateTime<Utc>) -> usize {
        let day = day_of(now);
        self.lists
            .values()
            .filter(|unit| unit.habits.is_learned(day))
            .count()
    }

    /// How the looking goes at `now`.
    pub fn figures(&self, now: DateTime<Utc>) -> Figures {
        let mut figures = Figures {
            n_learned: self.n_learned(now),
            load: self.pace.load_now(),
            ..Figures::default()
        };
        let lists = self.lists.values().filter(|unit| unit.watching.is_some());
        let lists = lists.map(|unit| (&unit.tries, unit.n_people));
        let doctors = self
            .doctors
            .values()
            .filter(|unit| !unit.watched_by.is_empty());
        let doctors = doctors.map(|unit| (&unit.tries, unit.n_people));
        for (tries, n_people) in lists.chain(doctors) {
            let due = tries.due(&self.pace, n_people);
            figures.n_due += usize::from(due <= now);
            figures.n_late += usize::from(due + self.pace.interval(n_people) <= now);
        }
        figures
    }

    /// A new day has its own rates.
    pub(super) fn begin_day(&mut self, now: DateTime<Utc>) {
        let day = day_of(now);
        if self.day != Some(day) {
            self.day = Some(day);
            self.replan
                .extend(self.lists.keys().map(|department| department.lpu));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "people and seconds of a day")]
fn to_f32(n: u32) -> f32 {
    n as f32
}
