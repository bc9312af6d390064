//! How the classes share the turns.

use super::board::{Board, Class};
use super::pace::Pace;
use chrono::{DateTime, Utc};

/// Confirming readings in a row while other work is ready: a portal that flickers must not take every turn.
const CONFIRMS_IN_A_ROW: u32 = 3;

/// Readings of what moved in a row while clinics wait to be asked: where everything moves all the time, nobody else would be
/// asked.
const MOVED_IN_A_ROW: u32 = 2;
/// Overdue full readings in a row while clinics wait to be asked.
const FULL_IN_A_ROW: u32 = 2;
/// While clinics wait to be asked, timetables get so much less than their tenth of the budget.
const TIMETABLES_LESS: i32 = 6;

/// Who has the turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first of this class.
    Queue(Class),
    /// The way of asking that stands to find most.
    Scout,
}

/// Who had the last turns, so that they are shared.
#[derive(Debug, Default)]
pub(super) struct Turns {
    n_confirms: u32,
    n_moved: u32,
    n_full: u32,
    full_at: Option<DateTime<Utc>>,
    was_request: bool,
    was_list: bool,
    timetable_at: Option<DateTime<Utc>>,
}

impl Turns {
    /// Who has the turn; `None` when nothing is ready. `is_scout_ready` = a clinic is worth asking whether anything opened.
    pub(super) fn pick(
        &self,
        board: &Board,
        pace: &Pace,
        is_scout_ready: bool,
        now: DateTime<Utc>,
    ) -> Option<Choice> {
        let ready = |class: Class| {
            let at = board.first(class)?;
            (at <= now).then_some(class)
        };
        let confirm = ready(Class::Confirm).map(Choice::Queue);
        // Requests are ordered by when they were asked, never put off.
        let request = board
            .first(Class::Request)
            .map(|_| Choice::Queue(Class::Request));
        let other = if is_scout_ready {
            Some(
                self.beside_scouts(board, pace, now)
                    .map_or(Choice::Scout, Choice::Queue),
            )
        } else {
            ready(Class::Moved)
                .or_else(|| self.list_or_late(board, pace, now))
                .or_else(|| ready(Class::Doctor))
                .map(Choice::Queue)
        };
        let rest = match (request, other) {
            (Some(_), Some(other)) if self.was_request => Some(other),
            (request, other) => request.or(other),
        };
        let first = match (confirm, rest) {
            (Some(_), Some(rest)) if self.n_confirms >= CONFIRMS_IN_A_ROW => Some(rest),
            (confirm, rest) => confirm.or(rest),
        };
        let may_tell_why = self.timetables_from(pace).is_none_or(|from| from <= now);
        let why = ready(Class::Timetable).filter(|_| may_tell_why);
        first.or_else(|| why.map(Choice::Queue))
    }

    /// Who goes before the ways of asking although one is ready; `None` when nobody does.
    fn beside_scouts(&self, board: &Board, pace: &Pace, now: DateTime<Utc>) -> Option<Class> {
        let ready = |class: Class| board.first(class).filter(|&at| at <= now);
        if ready(Class::Moved).is_some() && self.n_moved < MOVED_IN_A_ROW {
            return Some(Class::Moved);
        }
        if !pace.is_short() {
            let full = self
                .list_or_late(board, pace, now)
                .or_else(|| ready(Class::Doctor).map(|_| Class::Doctor));
            return full.filter(|_| self.n_full == 0);
        }
        let why_from = self
            .timetable_at
            .map(|at| at + pace.timetables * TIMETABLES_LESS);
        if ready(Class::Timetable).is_some() && why_from.is_none_or(|from| from <= now) {
            return Some(Class::Timetable);
        }
        let (due, class) = match (ready(Class::List), ready(Class::Doctor)) {
            (Some(list), Some(doctor)) if doctor < list => (doctor, Class::Doctor),
            (Some(list), _) => (list, Class::List),
            (None, Some(doctor)) => (doctor, Class::Doctor),
            (None, None) => return None,
        };
        // Within its share of the budget; what waits twice as long as it should takes two turns of three.
        let is_in_time = self
            .full_at
            .is_none_or(|at| at + pace.between_full() <= now);
        let is_late = self.n_full < FULL_IN_A_ROW && due + pace.interval(1) <= now;
        (is_in_time || is_late).then_some(class)
    }

    fn list_or_late(&self, board: &Board, pace: &Pace, now: DateTime<Utc>) -> Option<Class> {
        let list = board.first(Class::List).filter(|&at| at <= now);
        let late = board
            .first(Class::Doctor)
            .filter(|&at| at + pace.late <= now);
        match (list, late) {
            (None, None) => None,
            (Some(_), Some(_)) if self.was_list => Some(Class::Doctor),
            (Some(_), _) => Some(Class::List),
            (None, Some(_)) => Some(Class::Doctor),
        }
    }

    /// A task of this choice is asked.
    pub(super) fn note(&mut self, choice: Choice, now: DateTime<Utc>) {
        let Choice::Queue(class) = choice else {
            (self.n_confirms, self.n_moved) = (0, 0);
            (self.was_request, self.n_full) = (false, 0);
            return;
        };
        match class {
            Class::Moved => self.n_moved = self.n_moved.saturating_add(1),
            Class::List | Class::Doctor => {
                (self.n_full, self.full_at) = (self.n_full.saturating_add(1), Some(now));
            }
            _ => {}
        }
        self.n_confirms = match class {
            Class::Confirm => self.n_confirms.saturating_add(1),
            _ => 0,
        };
        match class {
            Class::Confirm => {}
            Class::Request => self.was_request = true,
            Class::Moved => self.was_request = false,
            Class::List => (self.was_request, self.was_list) = (false, true),
            Class::Doctor => (self.was_request, self.was_list) = (false, false),
            Class::Timetable => self.timetable_at = Some(now),
        }
    }

    /// From when the next timetable may be read; `None` = at any time.
    pub(super) fn timetables_from(&self, pace: &Pace) -> Option<DateTime<Utc>> {
        Some(self.timetable_at? + pace.timetables)
    }

    /// The clock jumped back.
    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        self.timetable_at = self.timetable_at.map(|at| at.min(now));
        self.full_at = self.full_at.map(|at| at.min(now));
    }
}
