//! What is planned: the list of a department, the slots and the timetable of a doctor. Each knows where it waits.

use super::board::{Class, Place};
use super::gates::Measured;
use super::habits::Habits;
use super::pace::{LONGEST_PAUSE, Pace};
use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::{DoctorId, SpecialtyId};
use std::collections::{BTreeMap, BTreeSet};

/// A timetable older than this is read again…
const TIMETABLE_AGE: TimeDelta = TimeDelta::hours(6);
/// …and when somebody asks, one older than this.
const TIMETABLE_ASKED_AGE: TimeDelta = TimeDelta::minutes(10);
/// After a timetable that could not be read: it delays nothing, so there is no hurry.
const TIMETABLE_PAUSE: TimeDelta = TimeDelta::minutes(10);

/// A day no further ahead is no new one: of a doctor with nothing free it may be the furthest that was ever seen.
const FEW_DAYS: u16 = 5;

/// What was never read is as overdue as if it had been due so long ago.
const NEVER_READ: TimeDelta = TimeDelta::days(1);

/// How readings of one list or one doctor went.
#[derive(Debug)]
pub(super) struct Tries {
    /// Since when it is planned.
    known_at: DateTime<Utc>,
    /// When the last recorded try was begun.
    pub(super) begun_at: Option<DateTime<Utc>>,
    /// When the last good one was begun.
    pub(super) good_at: Option<DateTime<Utc>>,
    /// Failures in a row.
    pub(super) n_failures: u32,
    /// Not before, after a failure.
    pub(super) retry_at: Option<DateTime<Utc>>,
}

impl Tries {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            known_at: now,
            begun_at: None,
            good_at: None,
            n_failures: 0,
            retry_at: None,
        }
    }

    pub(super) fn due(&self, pace: &Pace, n_people: u32) -> DateTime<Utc> {
        match (self.retry_at, self.begun_at) {
            (Some(at), _) => at,
            (None, Some(begun_at)) => begun_at + pace.interval(n_people),
            // Long overdue, so that it does not wait for its share of a short budget.
            (None, None) if pace.is_short() => self.known_at - NEVER_READ,
            (None, None) => self.known_at,
        }
    }

    /// `at`, or the end of its own back-off when that is later.
    fn not_before(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.retry_at.map_or(at, |retry_at| retry_at.max(at))
    }

    pub(super) fn good(&mut self, begun_at: DateTime<Utc>) {
        self.begun_at = Some(begun_at);
        self.good_at = Some(begun_at);
        self.n_failures = 0;
        self.retry_at = None;
    }

    /// What the store remembers of the last try before this program ran.
    pub(super) fn learn(&mut self, begun_at: DateTime<Utc>, is_failing: bool, now: DateTime<Utc>) {
        // A try "of the future" was made before the clock was set back: due now.
        if self.begun_at.is_none() && begun_at <= now {
            self.begun_at = Some(begun_at);
            if !is_failing {
                self.good_at = Some(begun_at);
            }
            if is_failing {
                self.n_failures = 1;
                self.retry_at = Some(now);
            }
        }
    }

    fn rewind(&mut self, now: DateTime<Utc>) {
        self.known_at = self.known_at.min(now);
        if self.begun_at.is_some_and(|at| at > now) {
            self.begun_at = None;
            self.known_at = now;
        }
        self.good_at = self.good_at.filter(|&at| at <= now);
        if self.retry_at.is_some_and(|at| at > now + LONGEST_PAUSE) {
            self.retry_at = Some(now);
        }
    }
}

/// Someone wants a reading begun since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) since: DateTime<Utc>,
    /// Among the requests, earlier ones go first.
    pub(super) order: DateTime<Utc>,
}

impl Asked {
    fn is_met(&self, tries: &Tries) -> bool {
        tries.begun_at.is_some_and(|at| at >= self.since)
    }

    fn rewind(&mut self, now: DateTime<Utc>) {
        self.since = self.since.min(now);
        self.order = self.order.min(now);
    }
}

/// The later wish counts: what meets it meets the other. The earlier place in the order is kept.
pub(super) fn ask(asked: &mut Option<Asked>, more: Asked) {
    *asked = Some(asked.map_or(more, |asked| Asked {
        since: asked.since.max(more.since),
        order: asked.order.min(more.order),
    }));
}

/// Who waits for a department.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Watching {
    /// Somebody waits for any doctor…
    pub(super) any: bool,
    /// …so many people.
    pub(super) n_any: u32,
    /// Those somebody waits for by name, and how many do.
    pub(super) doctors: BTreeMap<DoctorId, u32>,
}

impl Watching {
    /// All who wait for the department.
    pub(super) fn n_people(&self) -> u32 {
        self.doctors
            .values()
            .fold(self.n_any, |sum, n| sum.saturating_add(*n))
    }

    /// Those who wait for this doctor.
    pub(super) fn n_people_of(&self, doctor: &DoctorId) -> u32 {
        let named = self.doctors.get(doctor).copied().unwrap_or_default();
        named.saturating_add(self.n_any)
    }
}

/// A department's list.
#[derive(Debug)]
pub(super) struct ListUnit {
    pub(super) watching: Option<Watching>,
    /// Doctors of the last good list.
    pub(super) listed: Vec<DoctorId>,
    /// Doctors watched through this department.
    pub(super) covers: BTreeSet<DoctorId>,
    pub(super) tries: Tries,
    pub(super) asked: Option<Asked>,
    /// All who wait for the department.
    pub(super) n_people: u32,
    /// When its clinic's counters showed that it had moved.
    pub(super) moved_at: Option<DateTime<Utc>>,
    /// When counters that cover it were read last: its own or its clinic's.
    pub(super) covered_at: Option<DateTime<Utc>>,
    /// The two such readings between which they moved last.
    pub(super) moved_between: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// A look found an opening that no counter had told of yet.
    pub(super) untold_at: Option<DateTime<Utc>>,
    /// How true its clinic's counters are.
    pub(super) measured: Measured,
    /// When it opens talons.
    pub(super) habits: Habits,
    pub(super) places: Vec<Place>,
}

impl ListUnit {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            watching: None,
            listed: Vec::new(),
            covers: BTreeSet::new(),
            tries: Tries::new(now),
            asked: None,
            n_people: 0,
            moved_at: None,
            covered_at: None,
            moved_between: None,
            untold_at: None,
            measured: Measured::default(),
            habits: Habits::default(),
            places: Vec::new(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.watching.is_some() || self.asked.is_some()
    }

    /// Whether its last try answers a request of this instant with a list, so that the doctors are next.
    pub(super) fn is_listed_since(&self, since: DateTime<Utc>) -> bool {
        self.tries.n_failures == 0 && self.tries.begun_at.is_some_and(|at| at >= since)
    }

    /// Doctors that are watched through this department now.
    pub(super) fn to_cover(&self) -> BTreeSet<DoctorId> {
        let Some(watching) = &self.watching else {
            return BTreeSet::new();
        };
        let mut doctors: BTreeSet<_> = watching.doctors.keys().cloned().collect();
        if watching.any {
            doctors.extend(self.listed.iter().cloned());
        }
        doctors
    }

    pub(super) fn waits_at(&self, pace: &Pace) -> Vec<Place> {
        let mut places = Vec::new();
        if let Some(asked) = self.asked.filter(|asked| !asked.is_met(&self.tries)) {
            places.push((Class::Request, asked.order));
        }
        if self.watching.is_some() {
            if let Some(at) = self.moved_at {
                places.push((Class::Moved, self.tries.not_before(at)));
            }
            places.push((Class::List, self.tries.due(pace, self.n_people)));
        }
        places
    }

    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        self.tries.rewind(now);
        if let Some(asked) = &mut self.asked {
            asked.rewind(now);
        }
        self.moved_at = self.moved_at.map(|at| at.min(now));
        self.covered_at = self.covered_at.filter(|&at| at <= now);
        self.untold_at = self.untold_at.filter(|&at| at <= now);
        self.moved_between = self.moved_between.filter(|&(_, until)| until <= now);
    }
}

/// A doctor: slots and timetable.
#[derive(Debug)]
pub(super) struct DoctorUnit {
    /// Departments through which somebody waits for this doctor.
    pub(super) watched_by: BTreeSet<SpecialtyId>,
    /// How many do, at the department where most do.
    pub(super) n_people: u32,
    pub(super) tries: Tries,
    pub(super) asked: Option<Asked>,
    /// When to read again whether a missed slot is gone.
    pub(super) confirm_at: Option<DateTime<Utc>>,
    /// When a list showed that the counters had moved.
    pub(super) moved_at: Option<DateTime<Utc>>,
    /// The furthest day that was ever seen free, counted from 1970; `None` when nobody knows.
    pub(super) horizon: Option<u16>,
    /// Since when nothing is free; `None` when something is, or nobody knows.
    pub(super) empty_since: Option<DateTime<Utc>>,
    /// Last reading of the timetable; the outer `None` = not yet learned.
    pub(super) timetable_at: Option<Option<DateTime<Utc>>>,
    timetable_retry_at: Option<DateTime<Utc>>,
    pub(super) places: Vec<Place>,
}

impl DoctorUnit {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            watched_by: BTreeSet::new(),
            n_people: 0,
            tries: Tries::new(now),
            asked: None,
            confirm_at: None,
            moved_at: None,
            horizon: None,
            empty_since: None,
            timetable_at: None,
            timetable_retry_at: None,
            places: Vec::new(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.watched_by.is_empty() || self.asked.is_some()
    }

    pub(super) fn waits_at(&self, pace: &Pace) -> Vec<Place> {
        let mut places = Vec::new();
        if let Some(at) = self.confirm_at {
            places.push((Class::Confirm, self.tries.not_before(at)));
        }
        if let Some(asked) = self.asked.filter(|asked| !asked.is_met(&self.tries)) {
            places.push((Class::Request, asked.order));
        }
        if !self.watched_by.is_empty() {
            if let Some(at) = self.moved_at {
                places.push((Class::Moved, self.tries.not_before(at)));
            }
            places.push((Class::Doctor, self.tries.due(pace, self.n_people)));
        }
        if let Some(at) = self.timetable_due() {
            places.push((Class::Timetable, at));
        }
        places
    }

    fn timetable_due(&self) -> Option<DateTime<Utc>> {
        let empty_since = self.empty_since?;
        let due = match (self.timetable_at?, self.asked) {
            (None, _) => empty_since,
            (Some(at), None) => at + TIMETABLE_AGE,
            (Some(at), Some(asked)) => (at + TIMETABLE_ASKED_AGE)
                .max(asked.order)
                .min(at + TIMETABLE_AGE),
        };
        Some(
            self.timetable_retry_at
                .map_or(due, |retry_at| retry_at.max(due)),
        )
    }

    /// Whether slots that opened, the latest of them on `last`, open a new day: one further ahead than any before.
    pub(super) fn reaches(&mut self, last: u16, today: u16) -> bool {
        let before = self.horizon.max(Some(today.saturating_add(FEW_DAYS)));
        self.horizon = self.horizon.max(Some(last));
        Some(last) > before
    }

    /// A good look with these counts was recorded.
    pub(super) fn looked(
        &mut self,
        n_free: usize,
        n_missed: usize,
        begun_at: DateTime<Utc>,
        pace: &Pace,
        now: DateTime<Utc>,
    ) {
        self.tries.good(begun_at);
        self.confirm_at = (n_missed > 0).then(|| now + pace.confirm);
        self.moved_at = None;
        self.empty_since = (n_free == 0).then(|| self.empty_since.unwrap_or(now));
    }

    pub(super) fn timetable_read(&mut self, is_good: bool, now: DateTime<Utc>) {
        if is_good {
            self.timetable_at = Some(Some(now));
            self.timetable_retry_at = None;
        } else {
            self.timetable_retry_at = Some(now + TIMETABLE_PAUSE);
        }
    }

    pub(super) fn rewind(&mut self, now: DateTime<Utc>) {
        self.tries.rewind(now);
        if let Some(asked) = &mut self.asked {
            asked.rewind(now);
        }
        for at in [
            &mut self.confirm_at,
            &mut self.moved_at,
            &mut self.empty_since,
            &mut self.timetable_retry_at,
        ] {
            *at = at.map(|at| at.min(now));
        }
        if let Some(Some(at)) = &mut self.timetable_at {
            *at = now.min(*at);
        }
    }
}
