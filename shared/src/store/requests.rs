//! "Look now": asked by the bot, met by any reading begun after it.

use super::rows::{at, doctor_id, lpu_id, ms, specialty_id};
use super::{Store, StoreError};
use crate::ids::{Department, Target};
use chrono::{DateTime, Utc};
use rusqlite::Transaction;

/// A wish for a fresh reading of a doctor, or of a whole department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookRequest {
    /// What to look at.
    pub target: Target,
    /// When the person asked.
    pub asked_at: DateTime<Utc>,
}

pub(super) fn ask(
    db: &Transaction<'_>,
    targets: &[Target],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached(
        "insert into look_requests (lpu_id, specialty_id, doctor_id, asked_at) values (?1, ?2, ?3, ?4)
         on conflict (lpu_id, specialty_id, doctor_id) do update set asked_at = excluded.asked_at",
    )?;
    for Target {
        department: Department { lpu, specialty },
        doctor,
    } in targets
    {
        let doctor = doctor.as_ref().map_or("", |doctor| &doctor.0);
        insert.execute((lpu.0, &specialty.0, doctor, ms(now)))?;
    }
    Ok(())
}

impl Store {
    /// Asks the pinger for a fresh reading of each target.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn ask_looks(
        &self,
        targets: Vec<Target>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| ask(db, &targets, now)).await
    }

    /// Requests asked at or after `since`, oldest first; met or not.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn look_requests(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<LookRequest>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select lpu_id, specialty_id, doctor_id, asked_at from look_requests
                 where asked_at >= ?1 order by asked_at, lpu_id, specialty_id, doctor_id",
            )?;
            let rows = query.query_map([ms(since)], |row| {
                let doctor = doctor_id(row)?;
                let department = Department {
                    lpu: lpu_id(row)?,
                    specialty: specialty_id(row)?,
                };
                let doctor = Some(doctor).filter(|doctor| !doctor.0.is_empty());
                Ok(LookRequest {
                    target: Target { department, doctor },
                    asked_at: at(row, "asked_at")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Drops requests asked before `before`: met long ago, or nobody waits for them any more.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_requests(&self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(move |db| {
            Ok(db.execute(
                "delete from look_requests where asked_at < ?1",
                [ms(before)],
            )?)
        })
        .await
    }
}
