//! How often things are looked at now, told from the readings themselves.

use super::{Store, StoreError, looks};
use crate::ids::Target;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Transaction};

/// How often a target is looked at now: from one try to the next, on the average of late; longer when the last try is
/// longer ago than that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cadence {
    /// Answers that show whether anything moved: the clinic's counters, the department's list or the slots themselves.
    /// `None` before there were two.
    pub asked_every: Option<TimeDelta>,
    /// Full readings of the slots; of the doctor for whom it is longest when there are several. `None` before there were
    /// two of each.
    pub read_every: Option<TimeDelta>,
}

fn every(
    db: &Transaction<'_>,
    sql: &str,
    lpu: u32,
    id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Option<TimeDelta>, StoreError> {
    let found: Option<(Option<i64>, i64)> = db
        .prepare_cached(sql)?
        .query_row((lpu, id), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let every = |(every, begun_at): (Option<i64>, i64)| {
        let since = now.timestamp_millis() - begun_at;
        Some(TimeDelta::milliseconds(every?.max(since)))
    };
    Ok(found.and_then(every))
}

fn cadence(
    db: &Transaction<'_>,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Cadence, StoreError> {
    let (lpu, specialty) = (target.department.lpu, &target.department.specialty);
    let gate = "select every_ms, begun_at from gate_readings where lpu_id = ?1 and ?2 is null";
    let list = "select every_ms, begun_at from department_readings where lpu_id = ?1 and specialty_id = ?2";
    let look =
        "select every_ms, begun_at from doctor_readings where lpu_id = ?1 and doctor_id = ?2";
    let doctors = match &target.doctor {
        Some(doctor) => vec![doctor.clone()],
        None => looks::listed(db, &target.department)?,
    };
    let mut reads = Vec::new();
    for doctor in &doctors {
        reads.push(every(db, look, lpu.0, Some(&doctor.0), now)?);
    }
    let read_every = reads
        .iter()
        .copied()
        .collect::<Option<Vec<_>>>()
        .and_then(|all| all.into_iter().max());
    let asked = [
        every(db, gate, lpu.0, None, now)?,
        every(db, list, lpu.0, Some(&specialty.0), now)?,
        read_every,
    ];
    Ok(Cadence {
        asked_every: asked.into_iter().flatten().min(),
        read_every,
    })
}

impl Store {
    /// How often each of these targets is looked at now, in their order.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn cadences(
        &self,
        targets: Vec<Target>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Cadence>, StoreError> {
        self.read(move |db| {
            targets
                .iter()
                .map(|target| cadence(db, target, now))
                .collect()
        })
        .await
    }
}
