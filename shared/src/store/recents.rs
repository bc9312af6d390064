//! What a person chose lately, to be offered again.

use super::rows::{lpu_id, ms, specialty_id};
use super::{Store, StoreError};
use crate::ids::{Department, DoctorId, PersonId, Target};
use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction};

/// Kept of each person: a few more than are offered, since what is watched already is not offered.
const KEPT: u32 = 30;

fn read(row: &Row<'_>) -> rusqlite::Result<Target> {
    let doctor: String = row.get("doctor_id")?;
    Ok(Target {
        department: Department {
            lpu: lpu_id(row)?,
            specialty: specialty_id(row)?,
        },
        doctor: Some(doctor)
            .filter(|doctor| !doctor.is_empty())
            .map(DoctorId),
    })
}

/// Notes that the person chose these.
pub(super) fn remember(
    db: &Transaction<'_>,
    person: PersonId,
    targets: &[Target],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut upsert = db.prepare_cached(
        "insert into recent_targets (person_id, lpu_id, specialty_id, doctor_id, used_at)
         values (?1, ?2, ?3, ?4, ?5)
         on conflict (person_id, lpu_id, specialty_id, doctor_id) do update set used_at = excluded.used_at",
    )?;
    for target in targets {
        let doctor = target.doctor.as_ref().map_or("", |doctor| &doctor.0);
        let Department { lpu, specialty } = &target.department;
        upsert.execute((person.0, lpu.0, &specialty.0, doctor, ms(now)))?;
    }
    db.prepare_cached(
        "delete from recent_targets where person_id = ?1 and (lpu_id, specialty_id, doctor_id) not in (
             select lpu_id, specialty_id, doctor_id from recent_targets
             where person_id = ?1 order by used_at desc limit ?2)",
    )?
    .execute((person.0, KEPT))?;
    Ok(())
}

impl Store {
    /// What the person chose lately and does not watch now, the latest first, at most `limit`. Empty for a chat
    /// we never met.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn recent_targets(&self, chat: i64, limit: u32) -> Result<Vec<Target>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select r.lpu_id, r.specialty_id, r.doctor_id
                 from recent_targets r join people p on p.id = r.person_id
                 where p.chat_id = ?1 and not exists (
                     select 1 from watches w join watch_targets t on t.watch_id = w.id
                     where w.person_id = r.person_id and w.deleted_at is null and t.lpu_id = r.lpu_id
                       and t.specialty_id = r.specialty_id and ifnull(t.doctor_id, '') = r.doctor_id)
                 order by r.used_at desc, r.lpu_id, r.specialty_id, r.doctor_id limit ?2",
            )?;
            Ok(query
                .query_map((chat, limit), read)?
                .collect::<Result<_, _>>()?)
        })
        .await
    }
}
