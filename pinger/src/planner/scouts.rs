//! The ways of asking whether anything opened, clinic by clinic, and which of them has most to find.

use super::Task;
use super::board::Board;
use super::claims::{Claim, Ms};
use super::pace::{LONGEST_PAUSE, Pace};
use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::WALL;
use shared::failure::FailureKind;
use shared::ids::{LpuId, SpecialtyId};

/// The same question is not asked again sooner.
const GAP: Ms = 1000;
/// With budget to spare, a learned time is looked at when so many seconds of waiting are expected: a department that
/// opens within a given minute or so is asked every three seconds then, one with a window of twenty minutes every seven.
const WORTH_ASKING: f64 = 0.02;

/// One way of asking about departments of one clinic.
#[derive(Debug)]
pub(super) struct Scout {
    pub(super) task: Task,
    /// What its answer covers.
    pub(super) departments: Vec<SpecialtyId>,
    pub(super) claim: Claim,
    /// The last good answer was asked for then.
    good_at: Option<Ms>,
    pub(super) n_failures: u32,
    retry_at: Option<Ms>,
}

impl Scout {
    pub(super) fn new(task: Task, departments: Vec<SpecialtyId>) -> Self {
        Self {
            task,
            departments,
            claim: Claim::default(),
            good_at: None,
            n_failures: 0,
            retry_at: None,
        }
    }

    /// From when it may be asked.
    fn from(&self) -> Option<Ms> {
        self.retry_at.max(self.good_at.map(|at| at + GAP))
    }

    pub(super) fn good(&mut self, begun_at: DateTime<Utc>, now: DateTime<Utc>) {
        self.good_at = Some(wall_ms(begun_at));
        self.n_failures = 0;
        self.retry_at = None;
        self.claim.answered(wall_ms(begun_at), wall_ms(now));
    }

    pub(super) fn failed(&mut self, kind: FailureKind, pace: &Pace, now: DateTime<Utc>, dice: f64) {
        if kind != FailureKind::TooMany {
            self.n_failures = self.n_failures.saturating_add(1);
            self.retry_at = Some(wall_ms(now + pace.pause(self.n_failures, kind, dice)));
        }
    }

    /// The clock jumped back.
    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        self.claim = Claim::default();
        self.good_at = self.good_at.filter(|&at| at <= wall_ms(now));
        self.retry_at = self
            .retry_at
            .filter(|&at| at <= wall_ms(now + LONGEST_PAUSE));
    }
}

/// The instant on the wall clock, as the claims count.
pub(super) fn wall_ms(at: DateTime<Utc>) -> Ms {
    at.timestamp_millis() + Ms::from(WALL.local_minus_utc()) * 1000
}

/// Which way of asking has the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Best {
    /// This one of this clinic.
    Ready(LpuId, usize),
    /// None before then.
    At(DateTime<Utc>),
    /// None at all.
    Nothing,
}

impl Board {
    /// Which way of asking stands to find most, among the clinics that may be asked.
    pub(super) fn best_scout(&mut self, pace: &Pace, now: DateTime<Utc>) -> Best {
        let (at, is_short) = (wall_ms(now), pace.is_short());
        let longest = pace.longest_unasked().num_milliseconds();
        let mut best: Option<(f64, LpuId, usize)> = None;
        let mut wakes_at: Option<Ms> = None;
        for (&lpu, clinic) in &mut self.clinics {
            if clinic.scouts.is_empty() || !clinic.may_be_asked(now) {
                continue;
            }
            for (place, scout) in clinic.scouts.iter_mut().enumerate() {
                let ready_at = match scout.from() {
                    Some(from) if from > at => Some(from),
                    _ if is_short => None,
                    _ => {
                        let reached = scout.claim.reaches(WORTH_ASKING, at);
                        reached.filter(|&reached| reached > at)
                    }
                };
                if let Some(ready_at) = ready_at {
                    wakes_at = Some(wakes_at.map_or(ready_at, |known| known.min(ready_at)));
                    continue;
                }
                let is_old =
                    is_short && scout.good_at.is_none_or(|good_at| good_at + longest <= at);
                let size = scout.claim.size(at) + if is_old { 1e12 } else { 0.0 };
                if best.is_none_or(|(largest, ..)| size > largest) {
                    best = Some((size, lpu, place));
                }
            }
        }
        match (best, wakes_at) {
            (Some((_, lpu, place)), _) => Best::Ready(lpu, place),
            (None, Some(ready_at)) => Best::At(now + TimeDelta::milliseconds(ready_at - at)),
            (None, None) => Best::Nothing,
        }
    }

    /// The task of [`Best::Ready`]; its clinic counts as being asked from now on.
    pub(super) fn take_scout(
        &mut self,
        lpu: LpuId,
        place: usize,
        now: DateTime<Utc>,
    ) -> Option<Task> {
        let task = self.clinics.get(&lpu)?.scouts.get(place)?.task.clone();
        self.ask(lpu, task.clone(), now);
        Some(task)
    }

    /// The ways of asking a clinic.
    pub(super) fn scouts_mut(&mut self, lpu: LpuId) -> Option<&mut Vec<Scout>> {
        Some(&mut self.clinics.get_mut(&lpu)?.scouts)
    }

    /// Replaces the ways of asking a clinic.
    pub(super) fn set_scouts(&mut self, lpu: LpuId, scouts: Vec<Scout>) {
        self.clinics.entry(lpu).or_default().scouts = scouts;
    }
}
