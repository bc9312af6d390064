//! Recording answers as they come: each in one transaction, with the events it makes.

use super::rows::{at, counters, doctor_id, instant, ms};
use super::slots::record_slots;
use super::{Store, StoreError, catalogue, outages, tallies};
use crate::catalogue::{Counters, Doctor};
use crate::event::EventKind;
use crate::failure::{Failure, FailureKind};
use crate::ids::{Department, DoctorId, DoctorRef, EventId, LpuId};
use crate::outage::Try;
use crate::slot::{Day, Slot};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};
use std::collections::{BTreeSet, HashMap};

/// A doctor is gone after so many good lists in a row without them…
const MISSING_LISTS: u32 = 3;
/// …over at least this time (rule 2).
const MISSING_TIME: TimeDelta = TimeDelta::hours(24);

/// One answer about one doctor's slots.
#[derive(Debug, Clone)]
pub struct Look {
    /// About whom.
    pub doctor: DoctorRef,
    /// When the request was sent.
    pub begun_at: DateTime<Utc>,
    /// Free slots merged by start, or why they could not be read.
    pub outcome: Result<Vec<Slot>, Failure>,
}

/// What a look changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookRecorded {
    /// Slots that opened or were found.
    pub n_opened: usize,
    /// Start of the latest of them; `None` when none opened.
    pub last_opened: Option<DateTime<Utc>>,
    /// Slots gone.
    pub n_gone: usize,
    /// Slots missed for the first time: read again within 5 s.
    pub n_missed: usize,
    /// Free slots ahead after this look.
    pub n_free: usize,
    /// A look begun later had been recorded already: this one changed nothing.
    pub is_outrun: bool,
}

/// One answer about a department's doctors.
#[derive(Debug, Clone)]
pub struct ListLook {
    /// Which department.
    pub department: Department,
    /// When the request was sent.
    pub begun_at: DateTime<Utc>,
    /// The list; `None` = "nothing free" (37, 38), which says nothing about who is listed; or why it could not be read.
    pub outcome: Result<Option<Vec<Doctor>>, Failure>,
}

/// What a list changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRecorded {
    /// Doctors of the department after this list, missing ones left out.
    pub listed: Vec<DoctorId>,
    /// Those whose counters moved, or who are new: look at them first.
    pub moved: Vec<DoctorId>,
}

/// One answer about a doctor's working days.
#[derive(Debug, Clone)]
pub struct TimetableLook {
    /// Whose.
    pub doctor: DoctorRef,
    /// The days.
    pub days: Vec<Day>,
}

/// Which table a reading belongs to, with its key.
pub(super) enum Subject<'a> {
    Doctor(&'a DoctorRef),
    Department(&'a Department),
    Clinic(LpuId),
}

impl Subject<'_> {
    fn table(&self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Doctor(_) => ("doctor_readings", Some("doctor_id")),
            Self::Department(_) => ("department_readings", Some("specialty_id")),
            Self::Clinic(_) => ("gate_readings", None),
        }
    }

    fn key(&self) -> (u32, Option<&str>) {
        match self {
            Self::Doctor(doctor) => (doctor.lpu.0, Some(&doctor.doctor.0)),
            Self::Department(department) => (department.lpu.0, Some(&department.specialty.0)),
            Self::Clinic(lpu) => (lpu.0, None),
        }
    }
}

/// Last try and last good answer before this one.
struct Before {
    begun_at: DateTime<Utc>,
    good_at: Option<DateTime<Utc>>,
}

fn before(db: &Transaction<'_>, subject: &Subject<'_>) -> Result<Option<Before>, StoreError> {
    let (table, id) = subject.table();
    let id = id.map_or_else(|| "?2 is null".to_owned(), |id| format!("{id} = ?2"));
    let sql = format!("select begun_at, good_at from {table} where lpu_id = ?1 and {id}");
    let found = db
        .prepare_cached(&sql)?
        .query_row(subject.key(), |row| {
            let good_at: Option<i64> = row.get("good_at")?;
            Ok(Before {
                begun_at: at(row, "begun_at")?,
                good_at: good_at.map(instant),
            })
        })
        .optional()?;
    Ok(found)
}

/// Notes when it was read and how that went. A try "of the future" was made before the clock was set back.
///
/// How far apart tries are of late is an average in which each counts half as much as the next but two.
pub(super) fn note(
    db: &Transaction<'_>,
    subject: &Subject<'_>,
    begun_at: DateTime<Utc>,
    failure: Option<Failure>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (table, id) = subject.table();
    let (lpu, key) = subject.key();
    let is_good = failure.is_none();
    let is_look = matches!(subject, Subject::Doctor(_));
    outages::tried(db, LpuId(lpu), Try { is_look, failure }, now)?;
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::Gone);
    // The key of a clinic is one column; its `:key` is null and names nothing.
    let (more, key_value, keys) = match id {
        Some(id) => (format!("{id}, "), ":key, ", format!("lpu_id, {id}")),
        None => (String::new(), "", "lpu_id".to_owned()),
    };
    let sql = format!(
        "insert into {table} (lpu_id, {more}begun_at, read_at, good_at, failing_since, failure_kind,
                              failure_code, refused_since)
         select :lpu, {key_value}:begun_at, :now, iif(:good, :now, null), iif(:good, null, :now), :kind, :code,
                 iif(:refused, :now, null)
         where :key is null or true
         on conflict ({keys}) do update set
             every_ms = iif(excluded.begun_at <= begun_at, every_ms,
                 ifnull((3 * every_ms + excluded.begun_at - begun_at) / 4, excluded.begun_at - begun_at)),
             begun_at = iif(begun_at > :now, excluded.begun_at, max(begun_at, excluded.begun_at)),
             read_at = excluded.read_at,
             good_at = ifnull(excluded.good_at, good_at),
             failing_since = iif(:good, null, ifnull(failing_since, excluded.failing_since)),
             failure_kind = excluded.failure_kind,
             failure_code = excluded.failure_code,
             refused_since = iif(:refused, ifnull(refused_since, excluded.refused_since), null)"
    );
    db.prepare_cached(&sql)?.execute(rusqlite::named_params! {
        ":lpu": lpu,
        ":key": key,
        ":begun_at": ms(begun_at),
        ":now": ms(now),
        ":good": is_good,
        ":refused": refused,
        ":kind": failure.map(|failure| failure.kind.as_str()),
        ":code": failure.and_then(|failure| failure.code),
    })?;
    Ok(())
}

pub(super) fn emit(
    db: &Transaction<'_>,
    kind: EventKind,
    lpu: LpuId,
    doctor: Option<&DoctorId>,
    start: Option<DateTime<Utc>>,
    not_seen_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<EventId, StoreError> {
    db.prepare_cached(
        "insert into events (at, kind, lpu_id, doctor_id, start, not_seen_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        ms(now),
        kind.as_str(),
        lpu.0,
        doctor.map(|doctor| &doctor.0),
        start.map(ms),
        not_seen_at.map(ms),
    ))?;
    Ok(EventId(db.last_insert_rowid()))
}

fn known_counters(
    db: &Transaction<'_>,
    department: &Department,
) -> Result<HashMap<DoctorId, (Counters, Option<i64>)>, StoreError> {
    let mut query = db.prepare_cached(
        "select doctor_id, n_free, n_tickets, nearest, last, gone_by from department_doctors
         where lpu_id = ?1 and specialty_id = ?2",
    )?;
    let rows = query.query_map((department.lpu.0, &department.specialty.0), |row| {
        Ok((doctor_id(row)?, (counters(row)?, row.get("gone_by")?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn record_doctors(
    db: &Transaction<'_>,
    department: &Department,
    doctors: &[Doctor],
    now: DateTime<Utc>,
) -> Result<Vec<DoctorId>, StoreError> {
    let Department { lpu, specialty } = department;
    let before = known_counters(db, department)?;
    let mut moved = Vec::new();
    for doctor in doctors {
        let known = before.get(&doctor.id);
        if known.is_none_or(|(counters, _)| *counters != doctor.counters) {
            moved.push(doctor.id.clone());
        }
        if matches!(known, Some((_, Some(_)))) {
            emit(
                db,
                EventKind::DoctorBack,
                *lpu,
                Some(&doctor.id),
                None,
                None,
                now,
            )?;
        }
        db.prepare_cached(
            "insert into department_doctors (lpu_id, specialty_id, doctor_id, listed_since, n_missing,
                                             n_free, n_tickets, nearest, last)
             values (?1, ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8)
             on conflict (lpu_id, specialty_id, doctor_id) do update set
                 listed_since = iif(missing_since is null, listed_since, excluded.listed_since),
                 missing_since = null, n_missing = 0, gone_by = null, n_free = excluded.n_free,
                 n_tickets = excluded.n_tickets, nearest = excluded.nearest, last = excluded.last",
        )?
        .execute(rusqlite::params![
            lpu.0,
            specialty.0,
            doctor.id.0,
            ms(now),
            doctor.counters.n_free,
            doctor.counters.n_tickets,
            doctor.counters.nearest.map(ms),
            doctor.counters.last.map(ms),
        ])?;
    }
    let listed: BTreeSet<_> = doctors.iter().map(|doctor| &doctor.id).collect();
    for missing in before.keys().filter(|id| !listed.contains(id)) {
        record_missing(db, department, missing, now)?;
    }
    catalogue::save_doctors(db, department, doctors, now)?;
    Ok(moved)
}

/// A good list without a doctor it used to hold.
fn record_missing(
    db: &Transaction<'_>,
    department: &Department,
    doctor: &DoctorId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let key = (department.lpu.0, &department.specialty.0, &doctor.0);
    let (since, n_missing, gone_by): (i64, u32, Option<i64>) = db
        .prepare_cached(
            "update department_doctors
             set n_missing = n_missing + 1, missing_since = ifnull(missing_since, ?4)
             where lpu_id = ?1 and specialty_id = ?2 and doctor_id = ?3
             returning missing_since, n_missing, gone_by",
        )?
        .query_row((key.0, key.1, key.2, ms(now)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let long = now - instant(since) >= MISSING_TIME;
    if gone_by.is_none() && n_missing >= MISSING_LISTS && long {
        let event = emit(
            db,
            EventKind::DoctorGone,
            department.lpu,
            Some(doctor),
            None,
            Some(instant(since)),
            now,
        )?;
        db.prepare_cached(
            "update department_doctors set gone_by = ?4
             where lpu_id = ?1 and specialty_id = ?2 and doctor_id = ?3",
        )?
        .execute((key.0, key.1, key.2, event.0))?;
    }
    Ok(())
}

impl Store {
    /// Records one look: that doctor's slots, their events, when it was read. A failed look changes no slot and
    /// makes no slot event; one outrun by a later look changes nothing.
    ///
    /// # Errors
    /// When the file fails; then nothing was recorded.
    pub async fn record_look(
        &self,
        look: Look,
        now: DateTime<Utc>,
    ) -> Result<LookRecorded, StoreError> {
        self.record_gated_look(look, None, now).await
    }

    /// As [`Store::record_look`], with the time when counters that cover the doctor were last read that had not moved
    /// since the look before: they stand for a look where only the time since one matters (what opened since is `appeared`,
    /// and was not seen then), never for a first one.
    ///
    /// # Errors
    /// When the file fails; then nothing was recorded.
    pub async fn record_gated_look(
        &self,
        mut look: Look,
        unmoved_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<LookRecorded, StoreError> {
        for slot in look.outcome.iter_mut().flatten() {
            // A start finer than the file keeps would differ from itself at the next look.
            slot.start = instant(ms(slot.start));
        }
        self.write(move |db| {
            let subject = Subject::Doctor(&look.doctor);
            let before = before(db, &subject)?;
            if before
                .as_ref()
                .is_some_and(|before| before.begun_at > look.begun_at && before.begun_at <= now)
            {
                return Ok(LookRecorded {
                    is_outrun: true,
                    ..LookRecorded::default()
                });
            }
            note(
                db,
                &subject,
                look.begun_at,
                look.outcome.as_ref().err().copied(),
                now,
            )?;
            tallies::count_look(db, &look.doctor, look.outcome.is_ok(), now)?;
            match &look.outcome {
                Ok(seen) => {
                    // Without a look before, there is nothing counters could have stayed as.
                    let good_before = before.and_then(|before| before.good_at).map(|at| {
                        unmoved_at
                            .filter(|&unmoved| unmoved <= now)
                            .map_or(at, |unmoved| at.max(unmoved))
                    });
                    record_slots(db, &look.doctor, seen, good_before, now)
                }
                Err(_) => Ok(LookRecorded::default()),
            }
        })
        .await
    }

    /// Records one list of a department: who is listed, their counters, when it was read. Touches no slot.
    ///
    /// # Errors
    /// When the file fails; then nothing was recorded.
    pub async fn record_list(
        &self,
        look: ListLook,
        now: DateTime<Utc>,
    ) -> Result<ListRecorded, StoreError> {
        self.write(move |db| {
            let subject = Subject::Department(&look.department);
            note(
                db,
                &subject,
                look.begun_at,
                look.outcome.as_ref().err().copied(),
                now,
            )?;
            tallies::count_request(db, look.outcome.is_ok(), now)?;
            let moved = match &look.outcome {
                Ok(Some(doctors)) => record_doctors(db, &look.department, doctors, now)?,
                Ok(None) | Err(_) => Vec::new(),
            };
            Ok(ListRecorded {
                listed: listed(db, &look.department)?,
                moved,
            })
        })
        .await
    }

    /// Records a doctor's working days, which tell why there is nothing.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn record_timetable(
        &self,
        look: TimetableLook,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let ahead: Vec<_> = look
                .days
                .iter()
                .filter(|day| day.end > now && day.end > day.start)
                .collect();
            let cause = ahead.iter().find_map(|day| day.deny_cause.clone());
            db.prepare_cached(
                "update doctor_readings
                 set timetable_at = ?3, n_days = ?4, first_day = ?5, last_day = ?6, deny_cause = ?7
                 where lpu_id = ?1 and doctor_id = ?2",
            )?
            .execute(rusqlite::params![
                look.doctor.lpu.0,
                look.doctor.doctor.0,
                ms(now),
                u32::try_from(ahead.len()).unwrap_or(u32::MAX),
                ahead.iter().map(|day| ms(day.start)).min(),
                ahead.iter().map(|day| ms(day.start)).max(),
                cause,
            ])?;
            Ok(())
        })
        .await
    }

    /// Drops the slots of doctors nobody watches and nobody asked about since `asked_since`: what is not looked at
    /// cannot be called free. Their next look is a first one. Returns how many slots went.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn drop_unwatched(
        &self,
        asked_since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        self.write(move |db| super::readings::drop_unwatched(db, asked_since, now))
            .await
    }
}

/// Doctors of a department, those missing from the last good list left out.
pub(super) fn listed(
    db: &Transaction<'_>,
    department: &Department,
) -> Result<Vec<DoctorId>, StoreError> {
    let mut query = db.prepare_cached(
        "select doctor_id from department_doctors
         where lpu_id = ?1 and specialty_id = ?2 and missing_since is null order by doctor_id",
    )?;
    let rows = query.query_map((department.lpu.0, &department.specialty.0), doctor_id)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
