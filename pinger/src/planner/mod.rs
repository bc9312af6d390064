//! Decides what to read next. No clock, no dice, no I/O: all three are handed in.
//!
//! Nothing is queued ahead: [`Planner::next`] chooses at the very moment a request may leave. What competes:
//!
//! 1. doctors with a missed slot, to confirm it (three turns in a row at most, while others are ready);
//! 2. what a person asked for just now: every other turn while others are ready;
//! 3. doctors whose counters moved in the last list;
//! 4. lists that are due, and doctors not read for five minutes: in turns;
//! 5. all watched doctors, the one who waits longest first;
//! 6. timetables of doctors with nothing free: only in turns nobody else wants, a tenth of the budget at most;
//! 7. the catalogue of names, at night (`names`).
//!
//! That is how it goes while everything can be read once a period, so that nobody waits five minutes. With more to read
//! than that, the budget is shared like this:
//!
//! - confirming, people's requests and what moved go first, two of three turns of what moved at most;
//! - everything is still read in turns, since counters lie: within a part of the budget that falls with the load, never
//!   below a tenth of it, more often what more people wait for, and never later than ten periods times the load (the
//!   load is how many times the budget it would take to read everything once a period: at a thousand watches of 300
//!   departments about 8, so the worst is 80 minutes; clinics are asked whether anything moved every 40 s meanwhile);
//! - all other turns ask clinics whether anything moved (`gates`), wherever talons that may have opened unseen have been
//!   waiting longest in sum (`claims`, `habits`); none is left alone for more than ten periods.
//!
//! What was learned of a department's own times is used with budget to spare, too: then it is asked every few seconds
//! while one is expected.
//!
//! One request at a time to a clinic. A doctor or a list that fails backs off alone; a clinic does when two requests in
//! a row failed, whomever they were about, until one is good.

mod asks;
mod board;
mod claims;
mod gates;
mod habits;
mod learning;
mod names;
mod outcomes;
mod pace;
mod scouts;
mod task;
#[cfg(test)]
mod tests;
mod turns;
mod units;

use self::asks::Ask;
use self::board::{Board, Class};
use self::habits::Habits;
pub use self::learning::Figures;
use self::names::Names;
use self::pace::Pace;
use self::scouts::Best;
pub use self::task::{Notice, Outcome, PlanSettings, Task};
use self::turns::{Choice, Turns};
use self::units::{DoctorUnit, ListUnit, Watching};
use chrono::{DateTime, TimeDelta, Utc};
use shared::failure::FailureKind;
use shared::ids::{Department, DoctorId, DoctorRef, LpuId, SpecialtyId, Target};
use shared::store::{DoctorState, ListState, Watched};
use std::collections::{BTreeMap, BTreeSet};

/// Requests count for so long: then nobody waits for the answer any more.
pub const REQUEST_LIFE: TimeDelta = TimeDelta::minutes(2);
/// No hold of the portal is longer.
pub const LONGEST_HOLD: TimeDelta = TimeDelta::hours(1);
/// A clock that falls back further was set, not smoothed.
const JUMP: TimeDelta = TimeDelta::seconds(1);

/// What has the turn.
#[derive(Debug)]
enum Next {
    Turn(Choice),
    Name(Task),
}

/// Everything that is to be read, and when. It grows with what people watch and ask for, and with the city's clinics.
#[derive(Debug)]
pub struct Planner {
    pace: Pace,
    board: Board,
    lists: BTreeMap<Department, ListUnit>,
    doctors: BTreeMap<DoctorRef, DoctorUnit>,
    asks: BTreeMap<Target, Ask>,
    asked: (BTreeSet<Department>, BTreeSet<DoctorRef>),
    unlearned: (BTreeSet<Department>, BTreeSet<DoctorRef>),
    turns: Turns,
    names: Names,
    has_gates: bool,
    is_learning: bool,
    /// How much there is to read may have changed.
    is_load_stale: bool,
    /// Clinics whose way of asking is to be chosen anew.
    replan: BTreeSet<LpuId>,
    /// Clinics whose specialties cannot be read, and until when they are asked directly.
    direct_until: BTreeMap<LpuId, DateTime<Utc>>,
    /// Departments something was learned of that is not kept yet.
    learned: BTreeSet<Department>,
    /// The day the rates are of.
    day: Option<u16>,
    hold: Option<DateTime<Utc>>,
    last_now: Option<DateTime<Utc>>,
}

impl Planner {
    /// A planner with nothing to do.
    pub fn new(settings: PlanSettings) -> Self {
        Self {
            pace: Pace::new(settings.poll_period, settings.requests_per_second),
            board: Board::default(),
            lists: BTreeMap::new(),
            doctors: BTreeMap::new(),
            asks: BTreeMap::new(),
            asked: Default::default(),
            unlearned: Default::default(),
            turns: Turns::default(),
            names: Names::new(settings.requests_per_second),
            has_gates: settings.gates,
            is_learning: settings.learning,
            is_load_stale: false,
            replan: BTreeSet::new(),
            direct_until: BTreeMap::new(),
            learned: BTreeSet::new(),
            day: None,
            hold: None,
            last_now: None,
        }
    }

    /// What is watched now, all of it. What no longer is, is forgotten, requests aside.
    pub fn set_watched(&mut self, watched: &[Watched], now: DateTime<Utc>) {
        self.advance(now);
        let mut wanted = BTreeMap::<Department, Watching>::new();
        for Watched { target, n_people } in watched {
            let watching = wanted.entry(target.department.clone()).or_default();
            match &target.doctor {
                Some(doctor) => {
                    watching.doctors.insert(doctor.clone(), *n_people);
                }
                None => (watching.any, watching.n_any) = (true, *n_people),
            }
        }
        let known: Vec<_> = self.lists.keys().cloned().collect();
        for department in known {
            if !wanted.contains_key(&department) {
                self.watch(&department, None, now);
            }
        }
        for (department, watching) in wanted {
            self.list_unit(&department, now);
            self.watch(&department, Some(watching), now);
        }
        self.weigh(now);
    }

    /// Lists and doctors whose past the store may know; until [`Planner::learn`] brings it, they are planned without.
    pub fn unlearned(&self) -> (Vec<Department>, Vec<DoctorRef>) {
        let (lists, doctors) = &self.unlearned;
        (
            lists.iter().cloned().collect(),
            doctors.iter().cloned().collect(),
        )
    }

    /// What the store knows of them. Never replaces what was read since.
    pub fn learn(&mut self, lists: Vec<ListState>, doctors: Vec<DoctorState>, now: DateTime<Utc>) {
        self.advance(now);
        for state in lists {
            if !self.unlearned.0.remove(&state.department) {
                continue;
            }
            let Some(unit) = self.lists.get_mut(&state.department) else {
                continue;
            };
            if unit.tries.begun_at.is_none() || unit.tries.n_failures > 0 {
                unit.listed = state.doctors;
            }
            if let Some(reading) = state.reading {
                unit.tries
                    .learn(reading.begun_at, reading.failing.is_some(), now);
            }
            if let Some(habits) = state.learned.as_deref().and_then(Habits::decode) {
                unit.habits = habits;
                self.replan.insert(state.department.lpu);
            }
            self.cover(&state.department, now);
        }
        for state in doctors {
            if !self.unlearned.1.remove(&state.doctor) {
                continue;
            }
            let Some(unit) = self.doctors.get_mut(&state.doctor) else {
                continue;
            };
            unit.horizon = unit.horizon.max(state.last_free.map(learning::day_of));
            unit.timetable_at
                .get_or_insert(state.timetable_at.map(|at| at.min(now)));
            if let Some(reading) = state.reading.filter(|_| unit.tries.begun_at.is_none()) {
                unit.tries
                    .learn(reading.begun_at, reading.failing.is_some(), now);
                unit.confirm_at = state.missed_at.map(|_| now);
                unit.empty_since = reading
                    .good_at
                    .filter(|_| state.n_free == 0)
                    .map(|at| at.min(now));
            }
            self.place_doctor(&state.doctor, now);
        }
        self.spread_asks(now);
    }

    /// Nothing leaves before `until`; at most an hour ahead, a later one is a clock that was set back.
    pub fn hold(&mut self, until: DateTime<Utc>, now: DateTime<Utc>) {
        if until <= now + LONGEST_HOLD {
            self.hold = self.hold.max(Some(until));
        }
    }

    /// When [`Planner::next`] has something: `now` or earlier = at once; `None` = only after news.
    pub fn wakes_at(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.advance(now);
        if let Some(until) = self.hold {
            return Some(until);
        }
        let (choice, best) = self.choose(now);
        if choice.is_some() {
            return Some(now);
        }
        let scout = match best {
            Best::At(at) => Some(at),
            _ => None,
        };
        let heads = Class::ALL.into_iter().filter_map(|class| {
            let at = self.board.first(class)?;
            match class {
                Class::Timetable => Some(
                    self.turns
                        .timetables_from(&self.pace)
                        .map_or(at, |from| from.max(at)),
                ),
                _ => Some(at),
            }
        });
        let others = [self.board.opens_at(), scout, self.names_wake_at(now)];
        heads.chain(others.into_iter().flatten()).min()
    }

    /// What to ask now; `None` when nothing is ready. The clinic counts as being asked until [`Planner::done`].
    pub fn next(&mut self, now: DateTime<Utc>) -> Option<Task> {
        self.advance(now);
        if self.hold.is_some() {
            return None;
        }
        let (choice, best) = self.choose(now);
        let choice = match choice? {
            Next::Turn(choice) => choice,
            Next::Name(task) => {
                self.ask_name(&task, now);
                return Some(task);
            }
        };
        let task = match (choice, best) {
            (Choice::Queue(class), _) => self.board.take(class, now)?,
            (Choice::Scout, Best::Ready(lpu, place)) => self.board.take_scout(lpu, place, now)?,
            (Choice::Scout, _) => return None,
        };
        self.turns.note(choice, now);
        match &task {
            Task::List(department) => self.place_list(department, now),
            Task::Look(doctor) | Task::Timetable(doctor) => self.place_doctor(doctor, now),
            Task::Gate(_) | Task::Districts | Task::Lpus => {}
        }
        Some(task)
    }

    /// What has the turn at `now`, and the best way of asking whether anything opened.
    fn choose(&mut self, now: DateTime<Utc>) -> (Option<Next>, Best) {
        let best = self.board.best_scout(&self.pace, now);
        let is_scout_ready = matches!(best, Best::Ready(..));
        let choice = self
            .turns
            .pick(&self.board, &self.pace, is_scout_ready, now);
        let name = match choice {
            None => self.ready_name(false, now),
            Some(Choice::Scout) => self.ready_name(true, now),
            Some(Choice::Queue(_)) => None,
        };
        (name.map(Next::Name).or(choice.map(Next::Turn)), best)
    }

    /// What became of a task. `dice` in `0.0..1.0` spreads the back-off.
    pub fn done(
        &mut self,
        task: &Task,
        outcome: Outcome,
        now: DateTime<Utc>,
        dice: f64,
    ) -> Option<Notice> {
        self.advance(now);
        if task.lpu().is_none() {
            if self.finish_name(task) {
                self.name_done(task, &outcome, now);
            }
            return None;
        }
        let begun_at = self.board.finish(task, now)?;
        let notice = match (&outcome, task) {
            // The timetable is an extra: it says nothing about how the clinic does.
            (_, Task::Timetable(_)) | (Outcome::Void, _) => None,
            (Outcome::Failed { failure, .. }, _) if failure.kind == FailureKind::TooMany => None,
            (
                Outcome::Failed {
                    failure,
                    retry_after,
                },
                _,
            ) => self.clinic_failed(task.lpu()?, *failure, *retry_after, now, dice),
            _ => self.clinic_answered(task.lpu()?, now),
        };
        self.scout_done(task, &outcome, begun_at, now, dice);
        match task {
            Task::List(department) => self.list_done(department, outcome, begun_at, now, dice),
            Task::Look(doctor) => self.look_done(doctor, &outcome, begun_at, now, dice),
            Task::Timetable(doctor) => {
                if let Some(unit) = self.doctors.get_mut(doctor) {
                    unit.timetable_read(outcome == Outcome::Days, now);
                }
                self.place_doctor(doctor, now);
            }
            Task::Gate(lpu) => {
                self.gate_done(*lpu, &outcome, begun_at, now);
                self.name_done(task, &outcome, now);
            }
            Task::Districts | Task::Lpus => {}
        }
        notice
    }

    /// When counters that cover a doctor were last read that had not moved since the last good look at them; `None` when
    /// there were none. For [`Store::record_gated_look`](shared::store::Store::record_gated_look).
    pub fn unmoved_at(&self, doctor: &DoctorRef) -> Option<DateTime<Utc>> {
        let unit = self.doctors.get(doctor)?;
        let looked_at = unit.tries.good_at?;
        let of = |specialty: &SpecialtyId| {
            let specialty = specialty.clone();
            let department = Department {
                lpu: doctor.lpu,
                specialty,
            };
            self.lists.get(&department)?.unmoved_at(looked_at)
        };
        unit.watched_by.iter().filter_map(of).max()
    }

    /// Brings everything that depends on the time alone up to `now`.
    fn advance(&mut self, now: DateTime<Utc>) {
        if self.last_now.is_some_and(|last| now + JUMP < last) {
            self.rewind(now);
        }
        self.last_now = Some(now);
        self.board.advance(now);
        self.hold = self.hold.filter(|&until| until > now);
        let is_old = |ask: &Ask| ask.at + REQUEST_LIFE < now;
        if self.asks.values().any(is_old) {
            self.asks.retain(|_, ask| !is_old(ask));
            self.spread_asks(now);
        }
        if self.has_gates {
            self.begin_day(now);
            self.weigh(now);
            while let Some(lpu) = self.replan.pop_first() {
                self.plan_clinic(lpu, now);
            }
        }
    }

    /// Works out how much there is to read, and places everything anew when that changes how often it can be.
    fn weigh(&mut self, now: DateTime<Utc>) {
        if !std::mem::take(&mut self.is_load_stale) {
            return;
        }
        let lists = self.lists.values().filter(|unit| unit.watching.is_some());
        let lists = lists.map(|unit| unit.n_people);
        let doctors = self
            .doctors
            .values()
            .filter(|unit| !unit.watched_by.is_empty());
        let doctors = doctors.map(|unit| unit.n_people);
        if self.pace.load(lists.chain(doctors), self.has_gates) {
            self.place_all(now);
            self.replan
                .extend(self.lists.keys().map(|department| department.lpu));
        }
    }

    fn place_all(&mut self, now: DateTime<Utc>) {
        let lists: Vec<_> = self.lists.keys().cloned().collect();
        for department in lists {
            self.place_list(&department, now);
        }
        let doctors: Vec<_> = self.doctors.keys().cloned().collect();
        for doctor in doctors {
            self.place_doctor(&doctor, now);
        }
    }

    /// The clock jumped back: whatever lies further ahead than it can is due now.
    fn rewind(&mut self, now: DateTime<Utc>) {
        self.board.rewind(now);
        self.hold = self.hold.filter(|&until| until <= now + LONGEST_HOLD);
        self.turns.rewind(now);
        self.names.rewind(now);
        for ask in self.asks.values_mut() {
            ask.at = ask.at.min(now);
        }
        self.day = None;
        for unit in self.lists.values_mut() {
            unit.rewind(now);
        }
        for unit in self.doctors.values_mut() {
            unit.rewind(now);
        }
        self.place_all(now);
    }

    fn list_unit(&mut self, department: &Department, now: DateTime<Utc>) -> &mut ListUnit {
        let Self {
            lists, unlearned, ..
        } = self;
        lists.entry(department.clone()).or_insert_with(|| {
            unlearned.0.insert(department.clone());
            ListUnit::new(now)
        })
    }

    fn doctor_unit(&mut self, doctor: &DoctorRef, now: DateTime<Utc>) -> &mut DoctorUnit {
        let Self {
            doctors, unlearned, ..
        } = self;
        doctors.entry(doctor.clone()).or_insert_with(|| {
            unlearned.1.insert(doctor.clone());
            DoctorUnit::new(now)
        })
    }

    fn watch(&mut self, department: &Department, watching: Option<Watching>, now: DateTime<Utc>) {
        let Some(unit) = self.lists.get_mut(department) else {
            return;
        };
        if unit.watching != watching {
            unit.n_people = watching.as_ref().map_or(0, Watching::n_people);
            unit.watching = watching;
            self.cover(department, now);
        }
    }

    /// Plans the doctors that are watched through a department now, and no longer those that were.
    fn cover(&mut self, department: &Department, now: DateTime<Utc>) {
        let Some(unit) = self.lists.get_mut(department) else {
            return;
        };
        let covers = unit.to_cover();
        let covered = std::mem::replace(&mut unit.covers, covers.clone());
        let watching = unit.watching.clone().unwrap_or_default();
        self.is_load_stale = true;
        self.replan.insert(department.lpu);
        let doctor_ref = |doctor: &DoctorId| DoctorRef {
            lpu: department.lpu,
            doctor: doctor.clone(),
        };
        for doctor in covered.difference(&covers).map(doctor_ref) {
            if let Some(unit) = self.doctors.get_mut(&doctor) {
                unit.watched_by.remove(&department.specialty);
            }
            self.place_doctor(&doctor, now);
        }
        for doctor in covers.difference(&covered).map(doctor_ref) {
            let unit = self.doctor_unit(&doctor, now);
            unit.watched_by.insert(department.specialty.clone());
            self.place_doctor(&doctor, now);
        }
        for doctor in &covers {
            let n_people = watching.n_people_of(doctor);
            let doctor = doctor_ref(doctor);
            if let Some(unit) = self.doctors.get_mut(&doctor)
                && unit.n_people != n_people
            {
                unit.n_people = n_people;
                self.place_doctor(&doctor, now);
            }
        }
        self.place_list(department, now);
    }

    /// Puts a list where it waits now; forgets one that nobody wants.
    fn place_list(&mut self, department: &Department, now: DateTime<Utc>) {
        let Some(unit) = self.lists.get_mut(department) else {
            return;
        };
        for place in std::mem::take(&mut unit.places) {
            self.board
                .remove(place, Task::List(department.clone()), now);
        }
        if !unit.is_wanted() {
            self.lists.remove(department);
            self.unlearned.0.remove(department);
            return;
        }
        unit.places = unit.waits_at(&self.pace);
        for &place in &unit.places {
            self.board.put(place, Task::List(department.clone()), now);
        }
    }

    /// Puts a doctor where they wait now; forgets one that nobody wants.
    fn place_doctor(&mut self, doctor: &DoctorRef, now: DateTime<Utc>) {
        let task = |class: Class| match class {
            Class::Timetable => Task::Timetable(doctor.clone()),
            _ => Task::Look(doctor.clone()),
        };
        let Some(unit) = self.doctors.get_mut(doctor) else {
            return;
        };
        for place in std::mem::take(&mut unit.places) {
            self.board.remove(place, task(place.0), now);
        }
        if !unit.is_wanted() {
            self.doctors.remove(doctor);
            self.unlearned.1.remove(doctor);
            return;
        }
        unit.places = unit.waits_at(&self.pace);
        for &place in &unit.places {
            self.board.put(place, task(place.0), now);
        }
    }
}
