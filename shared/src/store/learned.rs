//! What the planner learned of when departments open talons.

use super::{Store, StoreError};
use crate::ids::Department;
use rusqlite::{OptionalExtension, Transaction};

/// What the planner keeps of one department; `None` when nothing yet.
pub(super) fn profile(
    db: &Transaction<'_>,
    department: &Department,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = db
        .prepare_cached("select profile from learned where lpu_id = ?1 and specialty_id = ?2")?
        .query_row((department.lpu.0, &department.specialty.0), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found)
}

impl Store {
    /// Keeps what the planner learned of these departments, in one transaction.
    ///
    /// # Errors
    /// When the file fails; then nothing of it was kept.
    pub async fn save_learned(
        &self,
        learned: Vec<(Department, Vec<u8>)>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut upsert = db.prepare_cached(
                "insert into learned (lpu_id, specialty_id, profile) values (?1, ?2, ?3)
                 on conflict (lpu_id, specialty_id) do update set profile = excluded.profile",
            )?;
            for (Department { lpu, specialty }, profile) in &learned {
                upsert.execute((lpu.0, &specialty.0, profile))?;
            }
            Ok(())
        })
        .await
    }
}
