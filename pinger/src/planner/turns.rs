//! How the classes share the turns.

use super::board::{Board, Class};
use super::pace::Pace;
use chrono::{DateTime, Utc};

/// Confirming readings in a row while other work is ready: a portal that flickers must not take every turn.
const CONFIRMS_IN_A_ROW: u32 = 3;

/// Who had the last turns, so that they are shared.
#[derive(Debug, Default)]
pub(super) struct Turns {
    n_confirms: u32,
    was_request: bool,
    was_list: bool,
    timetable_at: Option<DateTime<Utc>>,
}

impl Turns {
    /// Which class has the turn; `None` when nothing is ready.
    pub(super) fn pick(&self, board: &Board, pace: &Pace, now: DateTime<Utc>) -> Option<Class> {
        let ready = |class: Class| {
            let at = board.first(class)?;
            (at <= now).then_some(class)
        };
        let confirm = ready(Class::Confirm);
        // Requests are ordered by when they were asked, never put off.
        let request = board.first(Class::Request).map(|_| Class::Request);
        let other = ready(Class::Moved)
            .or_else(|| self.list_or_late(board, pace, now))
            .or_else(|| ready(Class::Doctor));
        let rest = match (request, other) {
            (Some(_), Some(other)) if self.was_request => Some(other),
            (request, other) => request.or(other),
        };
        let first = match (confirm, rest) {
            (Some(_), Some(rest)) if self.n_confirms >= CONFIRMS_IN_A_ROW => Some(rest),
            (confirm, rest) => confirm.or(rest),
        };
        let may_tell_why = self.timetables_from(pace).is_none_or(|from| from <= now);
        first.or_else(|| ready(Class::Timetable).filter(|_| may_tell_why))
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

    /// A task of this class is asked.
    pub(super) fn note(&mut self, class: Class, now: DateTime<Utc>) {
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
    }
}
