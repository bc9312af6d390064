//! What an outcome means for the task, its clinic, and what is due next.

use super::learning::day_of;
use super::pace::{LONGEST_PAUSE, Pace};
use super::units::Tries;
use super::{Notice, Outcome, Planner};
use chrono::{DateTime, TimeDelta, Utc};
use shared::failure::{Failure, FailureKind};
use shared::ids::{Department, DoctorRef, LpuId};
use std::time::Duration;

impl Planner {
    pub(super) fn list_done(
        &mut self,
        department: &Department,
        outcome: Outcome,
        begun_at: DateTime<Utc>,
        now: DateTime<Utc>,
        dice: f64,
    ) {
        let Some(unit) = self.lists.get_mut(department) else {
            return;
        };
        match outcome {
            Outcome::Listed { listed, moved } => {
                unit.tries.good(begun_at);
                unit.moved_at = None;
                unit.covered(!moved.is_empty(), begun_at);
                unit.listed = listed;
                self.cover(department, now);
                for doctor in moved {
                    let lpu = department.lpu;
                    self.look_first(&DoctorRef { lpu, doctor }, now);
                }
            }
            Outcome::Failed {
                failure,
                retry_after,
            } => {
                if failure.kind == FailureKind::TooMany {
                    unit.moved_at = None;
                }
                fail(
                    &mut unit.tries,
                    &self.pace,
                    failure,
                    retry_after,
                    begun_at,
                    now,
                    dice,
                );
            }
            _ => {}
        }
        if self.asked.0.contains(department) {
            self.spread_asks(now);
        }
        self.place_list(department, now);
    }

    pub(super) fn look_done(
        &mut self,
        doctor: &DoctorRef,
        outcome: &Outcome,
        begun_at: DateTime<Utc>,
        now: DateTime<Utc>,
        dice: f64,
    ) {
        let Some(unit) = self.doctors.get_mut(doctor) else {
            return;
        };
        match *outcome {
            Outcome::Looked {
                n_free,
                n_missed,
                last_opened,
            } => {
                let looked_at = unit.tries.good_at;
                unit.looked(n_free, n_missed, begun_at, &self.pace, now);
                let is_new_day = last_opened.map(|last| unit.reaches(day_of(last), day_of(now)));
                if let Some(is_new_day) = is_new_day {
                    self.opened(doctor, is_new_day, looked_at, begun_at);
                }
            }
            Outcome::Failed {
                failure,
                retry_after,
            } => {
                if failure.kind == FailureKind::TooMany {
                    // Not first again after the hold: were it alone refused so, nobody else would ever be asked.
                    unit.moved_at = None;
                }
                fail(
                    &mut unit.tries,
                    &self.pace,
                    failure,
                    retry_after,
                    begun_at,
                    now,
                    dice,
                );
            }
            _ => {}
        }
        self.place_doctor(doctor, now);
    }

    pub(super) fn clinic_failed(
        &mut self,
        lpu: LpuId,
        failure: Failure,
        retry_after: Option<Duration>,
        now: DateTime<Utc>,
        dice: f64,
    ) -> Option<Notice> {
        let clinic = self.board.clinic_mut(lpu)?;
        clinic.n_failures = clinic.n_failures.saturating_add(1);
        clinic.failing_since.get_or_insert(now);
        let n_failures = clinic.n_failures;
        // One failure may be the fault of one doctor: the next of the clinic is asked before it is blamed.
        let own =
            (n_failures > 1).then(|| now + self.pace.pause(n_failures - 1, failure.kind, dice));
        let told = retry_after.map(|pause| now + bounded(pause));
        let until = own.max(told);
        if until.is_some() {
            self.board.block(lpu, until, now);
        }
        (n_failures == 2).then_some(Notice::ClinicFails(lpu, failure))
    }

    pub(super) fn clinic_answered(&mut self, lpu: LpuId, now: DateTime<Utc>) -> Option<Notice> {
        let clinic = self.board.clinic_mut(lpu)?;
        let n_failures = std::mem::take(&mut clinic.n_failures);
        let since = clinic.failing_since.take();
        if n_failures > 0 {
            self.board.block(lpu, None, now);
        }
        Some(Notice::ClinicAnswers(lpu, n_failures, since?)).filter(|_| n_failures > 1)
    }
}

/// Notes a failed try. A 429 is nobody's fault: the hold that comes with it is pause enough.
fn fail(
    tries: &mut Tries,
    pace: &Pace,
    failure: Failure,
    retry_after: Option<Duration>,
    begun_at: DateTime<Utc>,
    now: DateTime<Utc>,
    dice: f64,
) {
    tries.begun_at = Some(begun_at);
    tries.retry_at = if failure.kind == FailureKind::TooMany {
        tries.n_failures = tries.n_failures.max(1);
        Some(now)
    } else {
        tries.n_failures = tries.n_failures.saturating_add(1);
        let own = now + pace.pause(tries.n_failures, failure.kind, dice);
        let told = retry_after.map(|pause| now + bounded(pause));
        Some(told.map_or(own, |told| told.max(own)))
    };
}

fn bounded(pause: Duration) -> TimeDelta {
    TimeDelta::from_std(pause).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}
