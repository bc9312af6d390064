//! Recording a clinic's specialties: names for the catalogue, counters that say which department to read.

use super::looks::{Subject, note};
use super::rows::{counters, ms, specialty_id};
use super::{Store, StoreError, catalogue, tallies};
use crate::catalogue::{Counters, Specialty};
use crate::failure::Failure;
use crate::ids::{LpuId, SpecialtyId};
use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use std::collections::BTreeMap;

/// One answer about a clinic's specialties.
#[derive(Debug, Clone)]
pub struct GateLook {
    /// Which clinic.
    pub lpu: LpuId,
    /// When the request was sent.
    pub begun_at: DateTime<Utc>,
    /// The list; `None` = "nothing free" (37, 38), which says nothing about who is listed; or why it could not be read.
    pub outcome: Result<Option<Vec<Specialty>>, Failure>,
}

fn known(db: &Transaction<'_>, lpu: LpuId) -> Result<BTreeMap<SpecialtyId, Counters>, StoreError> {
    let mut query = db.prepare_cached("select * from gates where lpu_id = ?1")?;
    let rows = query.query_map([lpu.0], |row| Ok((specialty_id(row)?, counters(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn save(
    db: &Transaction<'_>,
    lpu: LpuId,
    specialty: &SpecialtyId,
    counters: &Counters,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into gates (lpu_id, specialty_id, n_free, n_tickets, nearest, last) values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict (lpu_id, specialty_id) do update set n_free = excluded.n_free,
             n_tickets = excluded.n_tickets, nearest = excluded.nearest, last = excluded.last",
    )?
    .execute((
        lpu.0,
        &specialty.0,
        counters.n_free,
        counters.n_tickets,
        counters.nearest.map(ms),
        counters.last.map(ms),
    ))?;
    Ok(())
}

/// Takes the new counters in; the specialties they moved of.
fn moved(
    db: &Transaction<'_>,
    lpu: LpuId,
    list: Option<&[Specialty]>,
) -> Result<Vec<SpecialtyId>, StoreError> {
    let mut before = known(db, lpu)?;
    let mut moved = Vec::new();
    for Specialty { id, counters, .. } in list.unwrap_or_default() {
        if before.remove(id).as_ref() != Some(counters) {
            save(db, lpu, id, counters)?;
            moved.push(id.clone());
        }
    }
    // What is no longer named, or all of it when nothing is free: its counters count as zero from now on.
    for (id, counters) in before {
        if counters != Counters::default() {
            save(db, lpu, &id, &Counters::default())?;
            moved.push(id);
        }
    }
    Ok(moved)
}

impl Store {
    /// Records one list of a clinic's specialties: names and counters for the catalogue, when it was read. Returns the
    /// specialties whose counters moved since the last such record, new and vanished ones included; none when it failed.
    ///
    /// # Errors
    /// When the file fails; then nothing was recorded.
    pub async fn record_gate(
        &self,
        look: GateLook,
        now: DateTime<Utc>,
    ) -> Result<Vec<SpecialtyId>, StoreError> {
        self.write(move |db| {
            let subject = Subject::Clinic(look.lpu);
            let failure = look.outcome.as_ref().err().copied();
            note(db, &subject, look.begun_at, failure, now)?;
            tallies::count_request(db, failure.is_none(), now)?;
            match &look.outcome {
                Ok(list) => {
                    if let Some(list) = list {
                        catalogue::save_specialties(db, look.lpu, list, now)?;
                    }
                    moved(db, look.lpu, list.as_deref())
                }
                Err(_) => Ok(Vec::new()),
            }
        })
        .await
    }
}
