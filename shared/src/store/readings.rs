//! What is known of a target: when it was read, how that went, what is free.

use super::news::{FreeSlot, Place, free_slots, place};
use super::rows::{failure, instant, maybe_at, ms};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Store, StoreError, learned, looks, vanished};
use crate::failure::Failure;
use crate::ids::{Department, DoctorId, DoctorRef, Target};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

/// "Refused at every try" for so long means gone (rule 2).
pub(super) const REFUSED_TIME: TimeDelta = TimeDelta::days(3);

/// How the readings of one doctor or one list went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When the last try was begun.
    pub begun_at: DateTime<Utc>,
    /// When the last try ended, good or not.
    pub read_at: DateTime<Utc>,
    /// Last good answer; `None` when there was none.
    pub good_at: Option<DateTime<Utc>>,
    /// The first failure of the unbroken series, with the last one; `None` = the last try was good.
    pub failing: Option<(DateTime<Utc>, Failure)>,
    /// First "unknown to the portal" (610, 645) of an unbroken series of them.
    pub refused_since: Option<DateTime<Utc>>,
}

impl Reading {
    /// Whether the portal has refused it at every try for three days.
    pub fn is_gone(&self) -> bool {
        self.refused_since
            .is_some_and(|since| self.read_at - since >= REFUSED_TIME)
    }
}

/// Whether the portal lists a doctor, or a specialty at its clinic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// In the last good list.
    Yes,
    /// Missing from the last good list or lists since then, too short to say more.
    MissingSince(DateTime<Utc>),
    /// A doctor missing from three good lists over 24 h, a specialty missing for three days; or refused for three days.
    Gone,
    /// No good list yet.
    Unknown,
}

/// What a doctor's timetable says of the days ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    /// When it was read.
    pub read_at: DateTime<Utc>,
    /// Days of reception ahead; 0 = none.
    pub n_days: u32,
    /// The first of them.
    pub first_day: Option<DateTime<Utc>>,
    /// The last of them.
    pub last_day: Option<DateTime<Utc>>,
    /// The clinic's own words on why nothing can be booked.
    pub deny_cause: Option<String>,
}

/// A target with what is known of it: one line of `/status`.
#[derive(Debug, Clone)]
pub struct TargetState {
    /// The target.
    pub target: Target,
    /// Which of the areas of its [`WatchCard`](super::WatchCard) brought it; `None` = chosen by hand, or asked about
    /// without a watch.
    pub area: Option<usize>,
    /// Its names.
    pub place: Place,
    /// Whether the doctor is listed, or the specialty when the target is any doctor.
    pub listed: Listed,
    /// Readings of the doctor, or of the department's list when the target is any doctor. `None` before the first try.
    pub reading: Option<Reading>,
    /// Doctors the target covers now: 1, or the listed ones.
    pub n_doctors: u32,
    /// Those of them whose last look failed.
    pub n_failing: u32,
    /// The oldest last try among all that the target covers; `None` when something was never tried.
    pub begun_at: Option<DateTime<Utc>>,
    /// The oldest good reading among all that the target covers; `None` when something never was.
    pub good_at: Option<DateTime<Utc>>,
    /// Free slots ahead, soonest first; in a [`WatchCard`](super::WatchCard) those that suit.
    pub free: Vec<FreeSlot>,
    /// Free slots ahead that do not suit and are left out of `free`.
    pub n_unsuiting: usize,
    /// For one doctor, when it was read.
    pub timetable: Option<Timetable>,
}

impl TargetState {
    /// Whether a try begun at or after `since` has been recorded for all that the target covers, good or failed.
    pub fn is_read_since(&self, since: DateTime<Utc>) -> bool {
        self.begun_at.is_some_and(|begun_at| begun_at >= since)
    }
}

/// A department as the planner needs it.
#[derive(Debug, Clone)]
pub struct ListState {
    /// Which.
    pub department: Department,
    /// Readings of its list.
    pub reading: Option<Reading>,
    /// Doctors of the last good list.
    pub doctors: Vec<DoctorId>,
    /// What the planner learned of when it opens talons, as it wrote it; `None` when nothing yet.
    pub learned: Option<Vec<u8>>,
}

/// A doctor as the planner needs them.
#[derive(Debug, Clone)]
pub struct DoctorState {
    /// Who.
    pub doctor: DoctorRef,
    /// Readings of their slots.
    pub reading: Option<Reading>,
    /// Free slots ahead, missed ones included.
    pub n_free: u32,
    /// Start of the latest of them.
    pub last_free: Option<DateTime<Utc>>,
    /// Since when a slot has been missed once; it waits for the second look.
    pub missed_at: Option<DateTime<Utc>>,
    /// When the timetable was read.
    pub timetable_at: Option<DateTime<Utc>>,
}

fn read_reading(row: &Row<'_>) -> rusqlite::Result<Reading> {
    let failing_since = maybe_at(row, "failing_since")?;
    Ok(Reading {
        begun_at: instant(row.get("begun_at")?),
        read_at: instant(row.get("read_at")?),
        good_at: maybe_at(row, "good_at")?,
        failing: failing_since.zip(failure(row)?),
        refused_since: maybe_at(row, "refused_since")?,
    })
}

fn list_reading(
    db: &Transaction<'_>,
    department: &Department,
) -> Result<Option<Reading>, StoreError> {
    let found = db
        .prepare_cached(
            "select * from department_readings where lpu_id = ?1 and specialty_id = ?2",
        )?
        .query_row((department.lpu.0, &department.specialty.0), read_reading)
        .optional()?;
    Ok(found)
}

fn doctor_reading(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
) -> Result<Option<(Reading, Option<Timetable>)>, StoreError> {
    let found = db
        .prepare_cached("select * from doctor_readings where lpu_id = ?1 and doctor_id = ?2")?
        .query_row((doctor.lpu.0, &doctor.doctor.0), |row| {
            let timetable = match maybe_at(row, "timetable_at")? {
                None => None,
                Some(read_at) => Some(Timetable {
                    read_at,
                    n_days: row.get("n_days")?,
                    first_day: maybe_at(row, "first_day")?,
                    last_day: maybe_at(row, "last_day")?,
                    deny_cause: row.get("deny_cause")?,
                }),
            };
            Ok((read_reading(row)?, timetable))
        })
        .optional()?;
    Ok(found)
}

fn listing(db: &Transaction<'_>, target: &Target) -> Result<Listed, StoreError> {
    let Some(doctor) = &target.doctor else {
        return vanished::listing(db, &target.department);
    };
    let Department { lpu, specialty } = &target.department;
    let found: Option<(Option<i64>, Option<i64>)> = db
        .prepare_cached(
            "select missing_since, gone_by from department_doctors
             where lpu_id = ?1 and specialty_id = ?2 and doctor_id = ?3",
        )?
        .query_row((lpu.0, &specialty.0, &doctor.0), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(match found {
        None => Listed::Unknown,
        Some((None, _)) => Listed::Yes,
        Some((Some(_), Some(_))) => Listed::Gone,
        Some((Some(since), None)) => Listed::MissingSince(instant(since)),
    })
}

pub(super) fn target_state(
    db: &Transaction<'_>,
    target: Target,
    now: DateTime<Utc>,
) -> Result<TargetState, StoreError> {
    let free = free_slots(db, &target, now)?;
    let mut state = TargetState {
        place: place(db, &target)?,
        listed: listing(db, &target)?,
        reading: None,
        n_doctors: 0,
        n_failing: 0,
        begun_at: None,
        good_at: None,
        free,
        n_unsuiting: 0,
        timetable: None,
        area: None,
        target,
    };
    match state.target.doctor_ref() {
        Some(doctor) => of_doctor(db, &mut state, &doctor)?,
        None => of_any(db, &mut state)?,
    }
    if state.reading.as_ref().is_some_and(Reading::is_gone) {
        state.listed = Listed::Gone;
    }
    Ok(state)
}

fn of_doctor(
    db: &Transaction<'_>,
    state: &mut TargetState,
    doctor: &DoctorRef,
) -> Result<(), StoreError> {
    state.n_doctors = 1;
    if let Some((reading, timetable)) = doctor_reading(db, doctor)? {
        state.n_failing = u32::from(reading.failing.is_some());
        state.begun_at = Some(reading.begun_at);
        state.good_at = reading.good_at;
        state.timetable = timetable;
        state.reading = Some(reading);
    }
    Ok(())
}

fn of_any(db: &Transaction<'_>, state: &mut TargetState) -> Result<(), StoreError> {
    let department = state.target.department.clone();
    state.reading = list_reading(db, &department)?;
    let Some(list) = &state.reading else {
        return Ok(());
    };
    let mut begun_at = Some(list.begun_at);
    let mut good_at = list.good_at;
    // While the list itself cannot be read, one failed try of it answers for the whole department.
    let list_failed = list.failing.is_some();
    for doctor in looks::listed(db, &department)? {
        state.n_doctors += 1;
        let doctor = DoctorRef {
            lpu: department.lpu,
            doctor,
        };
        let reading = doctor_reading(db, &doctor)?.map(|(reading, _)| reading);
        state.n_failing += u32::from(
            reading
                .as_ref()
                .is_some_and(|reading| reading.failing.is_some()),
        );
        if !list_failed {
            begun_at = earlier(begun_at, reading.as_ref().map(|reading| reading.begun_at));
        }
        good_at = earlier(good_at, reading.and_then(|reading| reading.good_at));
    }
    state.begun_at = begun_at;
    state.good_at = good_at;
    Ok(())
}

/// The earlier of two; never, if one never was.
fn earlier(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.zip(other).map(|(one, other)| one.min(other))
}

pub(super) fn drop_unwatched(
    db: &Transaction<'_>,
    asked_since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let unwatched = format!(
        "not exists (
             select 1 from watch_targets t join watches w on w.id = t.watch_id join people p on p.id = w.person_id
             where t.lpu_id = r.lpu_id and t.doctor_id = r.doctor_id and {LISTENING} and {ACTIVE_WATCH})
         and not exists (
             select 1 from department_doctors d
                  join watch_targets t on t.lpu_id = d.lpu_id and t.specialty_id = d.specialty_id
                  join watches w on w.id = t.watch_id join people p on p.id = w.person_id
             where d.lpu_id = r.lpu_id and d.doctor_id = r.doctor_id and t.doctor_id is null
                  and {LISTENING} and {ACTIVE_WATCH})
         and not exists (
             select 1 from look_requests q left join department_doctors d
                  on d.lpu_id = q.lpu_id and d.specialty_id = q.specialty_id and d.doctor_id = r.doctor_id
             where q.lpu_id = r.lpu_id and q.asked_at >= :asked_since
                  and (q.doctor_id = r.doctor_id or (q.doctor_id = '' and d.doctor_id is not null)))"
    );
    let params = rusqlite::named_params! { ":now": ms(now), ":asked_since": ms(asked_since) };
    let sql = format!("delete from slots as r where {unwatched}");
    let n_slots = db.prepare_cached(&sql)?.execute(params)?;
    let sql = format!("delete from doctor_readings as r where {unwatched}");
    db.prepare_cached(&sql)?.execute(params)?;
    Ok(n_slots)
}

fn doctor_state(
    db: &Transaction<'_>,
    doctor: DoctorRef,
    now: DateTime<Utc>,
) -> Result<DoctorState, StoreError> {
    let found = doctor_reading(db, &doctor)?;
    let timetable_at = found
        .as_ref()
        .and_then(|(_, timetable)| Some(timetable.as_ref()?.read_at));
    let (n_free, last_free, missed_at): (u32, Option<i64>, Option<i64>) = db
        .prepare_cached(
            "select count(*), max(start), min(missed_at) from slots
             where lpu_id = ?1 and doctor_id = ?2 and start > ?3",
        )?
        .query_row((doctor.lpu.0, &doctor.doctor.0, ms(now)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    Ok(DoctorState {
        doctor,
        reading: found.map(|(reading, _)| reading),
        n_free,
        last_free: last_free.map(instant),
        missed_at: missed_at.map(instant),
        timetable_at,
    })
}

impl Store {
    /// Departments as the planner needs them, in the order asked; one never read has no reading and no doctors.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn list_states(
        &self,
        departments: Vec<Department>,
    ) -> Result<Vec<ListState>, StoreError> {
        self.read(move |db| {
            let state = |department: Department| {
                let reading = list_reading(db, &department)?;
                let doctors = looks::listed(db, &department)?;
                let learned = learned::profile(db, &department)?;
                Ok(ListState {
                    department,
                    reading,
                    doctors,
                    learned,
                })
            };
            departments.into_iter().map(state).collect()
        })
        .await
    }

    /// Doctors as the planner needs them, in the order asked; one never read has no reading.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn doctor_states(
        &self,
        doctors: Vec<DoctorRef>,
        now: DateTime<Utc>,
    ) -> Result<Vec<DoctorState>, StoreError> {
        self.read(move |db| {
            doctors
                .into_iter()
                .map(|doctor| doctor_state(db, doctor, now))
                .collect()
        })
        .await
    }

    /// A target with what is known of it, watched or not.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn target_state(
        &self,
        target: Target,
        now: DateTime<Utc>,
    ) -> Result<TargetState, StoreError> {
        self.read(move |db| target_state(db, target, now)).await
    }
}
