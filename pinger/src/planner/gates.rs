//! One answer for many departments: how each clinic is asked whether anything moved, and what follows when it did.
//!
//! With more work than budget, clinics are asked in one of these ways, by what it saves as measured:
//! - *gate*: its specialties, when it has several watched departments; those that moved are read then;
//! - *list*: the doctors of its only watched department, which says the same and whom it concerns;
//! - *look*: the slots of its only watched doctor, which is the truth itself.
//!
//! Where counters move for nothing so often that what follows costs more than it saves, lists and looks are asked
//! directly; where talons opened that no counter told of, looks.

use super::scouts::Scout;
use super::units::ListUnit;
use super::{Outcome, Planner, Task};
use chrono::{DateTime, TimeDelta, Utc};
use shared::failure::FailureKind;
use shared::ids::{Department, DoctorRef, LpuId, SpecialtyId};

/// A clinic whose specialties cannot be read so often in a row is asked directly…
const FAILURES: u32 = 3;
/// …for so long.
const DIRECTLY: TimeDelta = TimeDelta::minutes(10);
/// Measurements count half after so many gates.
const MEASURED: f32 = 1000.0;
/// A move every so many gates is believed in before any was measured, as firmly as so many gates.
const USUAL_MOVES: f32 = 1.0;
const USUAL_GATES: f32 = 20.0;
/// Openings no counter told of before a department's counters are no longer believed.
const UNTOLD: f32 = 3.0;

/// What gates said of a department, and how true it was.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measured {
    n_gates: f32,
    n_moves: f32,
    /// Openings that counters told of, and those they did not.
    n_told: f32,
    n_untold: f32,
}

impl Measured {
    fn gated(&mut self, has_moved: bool) {
        self.n_gates += 1.0;
        self.n_moves += f32::from(u8::from(has_moved));
        if self.n_gates > MEASURED {
            self.n_gates /= 2.0;
            self.n_moves /= 2.0;
        }
    }

    /// Moves to expect of one gate.
    fn moves(&self) -> f32 {
        (self.n_moves + USUAL_MOVES) / (self.n_gates + USUAL_GATES)
    }

    /// An opening was found.
    pub(super) fn opened(&mut self, was_told: bool) {
        if was_told {
            self.n_told += 1.0;
        } else {
            self.n_untold += 1.0;
        }
        if self.n_told + self.n_untold > 12.0 {
            self.n_told /= 2.0;
            self.n_untold /= 2.0;
        }
    }

    pub(super) fn is_believed(&self) -> bool {
        self.n_untold < UNTOLD || self.n_untold <= self.n_told
    }
}

impl ListUnit {
    /// Whether reading the list first saves requests once counters moved.
    fn is_list_first(&self) -> bool {
        let Some(watching) = &self.watching else {
            return true;
        };
        let n_watched = count(self.covers.len());
        let n_listed = count(self.listed.len()).max(n_watched);
        watching.any || 1.0 + n_watched / n_listed.max(1.0) <= n_watched
    }

    /// Requests that follow a move.
    fn follow_up(&self) -> f32 {
        let n_watched = count(self.covers.len());
        let n_listed = count(self.listed.len()).max(n_watched).max(1.0);
        if self.is_list_first() {
            1.0 + n_watched / n_listed
        } else {
            n_watched
        }
    }

    /// Requests it takes to ask this department directly, what follows included.
    fn directly(&self) -> f32 {
        if self.is_list_first() {
            1.0 + self.measured.moves() * (self.follow_up() - 1.0)
        } else {
            count(self.covers.len()).max(1.0)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "doctors of a department")]
fn count(n: usize) -> f32 {
    n as f32
}

impl Planner {
    /// Chooses anew how a clinic is asked, and with what rates.
    pub(super) fn plan_clinic(&mut self, lpu: LpuId, now: DateTime<Utc>) {
        let first = Department {
            lpu,
            specialty: SpecialtyId(String::new()),
        };
        let watched: Vec<SpecialtyId> = self
            .lists
            .range(first..)
            .take_while(|(department, _)| department.lpu == lpu)
            .filter(|(_, unit)| unit.watching.is_some() && self.is_scouted(unit, now))
            .map(|(department, _)| department.specialty.clone())
            .collect();
        let mut known = self
            .board
            .scouts_mut(lpu)
            .map(std::mem::take)
            .unwrap_or_default();
        if known.is_empty() && watched.is_empty() {
            return;
        }
        let mut scouts = Vec::new();
        for (task, departments) in self.ways(lpu, watched, now) {
            let place = known.iter().position(|scout| scout.task == task);
            let mut scout = place.map_or_else(
                || Scout::new(task, Vec::new()),
                |place| known.swap_remove(place),
            );
            scout.departments = departments;
            self.set_rates(&mut scout, lpu, now);
            scouts.push(scout);
        }
        self.board.set_scouts(lpu, scouts);
    }

    fn ways(
        &self,
        lpu: LpuId,
        watched: Vec<SpecialtyId>,
        now: DateTime<Utc>,
    ) -> Vec<(Task, Vec<SpecialtyId>)> {
        let unit = |specialty: &SpecialtyId| {
            self.lists.get(&Department {
                lpu,
                specialty: specialty.clone(),
            })
        };
        let is_believed = |specialty: &SpecialtyId| {
            unit(specialty).is_some_and(|unit| unit.measured.is_believed())
        };
        let (believed, others): (Vec<_>, Vec<_>) = watched.into_iter().partition(is_believed);
        let gate: f32 = believed
            .iter()
            .filter_map(unit)
            .map(|unit| unit.measured.moves() * unit.follow_up())
            .sum();
        let directly: f32 = believed
            .iter()
            .filter_map(unit)
            .map(ListUnit::directly)
            .sum();
        let is_refused = self
            .direct_until
            .get(&lpu)
            .is_some_and(|&until| until > now);
        let mut ways = Vec::new();
        if believed.len() > 1 && 1.0 + gate < directly && !is_refused {
            ways.push((Task::Gate(lpu), believed));
        } else {
            for specialty in believed {
                self.ask_directly(lpu, specialty, true, &mut ways);
            }
        }
        for specialty in others {
            self.ask_directly(lpu, specialty, false, &mut ways);
        }
        ways
    }

    fn ask_directly(
        &self,
        lpu: LpuId,
        specialty: SpecialtyId,
        is_believed: bool,
        ways: &mut Vec<(Task, Vec<SpecialtyId>)>,
    ) {
        let department = Department { lpu, specialty };
        let Some(unit) = self.lists.get(&department) else {
            return;
        };
        let specialty = department.specialty.clone();
        if unit.covers.is_empty() || (is_believed && unit.is_list_first()) {
            ways.push((Task::List(department), vec![specialty]));
            return;
        }
        for doctor in &unit.covers {
            let doctor = doctor.clone();
            ways.push((
                Task::Look(DoctorRef { lpu, doctor }),
                vec![specialty.clone()],
            ));
        }
    }

    /// What became of a request that may have been a way of asking.
    pub(super) fn scout_done(
        &mut self,
        task: &Task,
        outcome: &Outcome,
        begun_at: DateTime<Utc>,
        now: DateTime<Utc>,
        dice: f64,
    ) {
        let Some(lpu) = task.lpu() else {
            return;
        };
        let pace = self.pace;
        let scouts = self.board.scouts_mut(lpu).into_iter().flatten();
        let mut is_refused = false;
        for scout in scouts.filter(|scout| scout.task == *task) {
            match outcome {
                Outcome::Failed { failure, .. } => {
                    scout.failed(failure.kind, &pace, now, dice);
                    is_refused |= matches!(scout.task, Task::Gate(_))
                        && scout.n_failures >= FAILURES
                        && failure.kind != FailureKind::TooMany;
                }
                Outcome::Void => {}
                _ => scout.good(begun_at, now),
            }
        }
        if is_refused {
            self.direct_until.insert(lpu, now + DIRECTLY);
            self.replan.insert(lpu);
        } else if self
            .direct_until
            .get(&lpu)
            .is_some_and(|&until| until <= now)
        {
            self.direct_until.remove(&lpu);
            self.replan.insert(lpu);
        }
    }

    /// A clinic's counters were read.
    pub(super) fn gate_done(
        &mut self,
        lpu: LpuId,
        outcome: &Outcome,
        begun_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) {
        let Outcome::Gated { moved } = outcome else {
            return;
        };
        let scouts = self.board.scouts_mut(lpu);
        let gate =
            scouts.and_then(|scouts| scouts.iter().find(|scout| scout.task == Task::Gate(lpu)));
        // A clinic that is asked directly may be read for its names all the same: that is no gate.
        let Some(departments) = gate.map(|gate| gate.departments.clone()) else {
            return;
        };
        for specialty in departments {
            let has_moved = moved.contains(&specialty);
            let department = Department { lpu, specialty };
            let Some(unit) = self.lists.get_mut(&department) else {
                continue;
            };
            unit.measured.gated(has_moved);
            unit.covered(has_moved, begun_at);
            if has_moved {
                self.follow_move(&department, now);
            }
            if self
                .lists
                .get(&department)
                .is_some_and(|unit| unit.measured.is_due_for_choice())
            {
                self.replan.insert(lpu);
            }
        }
    }

    /// A department's counters moved: its list is read first, or its doctors at once when that saves a request.
    fn follow_move(&mut self, department: &Department, now: DateTime<Utc>) {
        let Some(unit) = self.lists.get_mut(department) else {
            return;
        };
        if unit.is_list_first() {
            unit.moved_at.get_or_insert(now);
            self.place_list(department, now);
            return;
        }
        for doctor in unit.covers.clone() {
            let lpu = department.lpu;
            self.look_first(&DoctorRef { lpu, doctor }, now);
        }
    }

    /// A doctor's counters moved.
    pub(super) fn look_first(&mut self, doctor: &DoctorRef, now: DateTime<Utc>) {
        if let Some(unit) = self.doctors.get_mut(doctor) {
            unit.moved_at.get_or_insert(now);
            self.place_doctor(doctor, now);
        }
    }
}

impl Measured {
    /// Every so often it is worth choosing anew.
    fn is_due_for_choice(&self) -> bool {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a thousand"
        )]
        let n = self.n_gates as u32;
        n % 64 == 63
    }
}
