//! How old the catalogue is.

use super::rows::{instant, lpu_id};
use super::{Store, StoreError};
use crate::ids::LpuId;
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

/// When each list of the catalogue was read last, by whom ever; `None` = never.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogueAges {
    /// The city's districts.
    pub districts: Option<DateTime<Utc>>,
    /// All clinics of the city.
    pub lpus: Option<DateTime<Utc>>,
    /// The specialties of each clinic that is open for booking, by clinic; empty while no clinic is known.
    pub clinics: Vec<(LpuId, Option<DateTime<Utc>>)>,
}

impl Store {
    /// When each list of the catalogue was read last.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn catalogue_ages(&self) -> Result<CatalogueAges, StoreError> {
        self.read(|db| {
            let age = |name: &str| -> Result<Option<DateTime<Utc>>, StoreError> {
                let found = db
                    .prepare_cached("select read_at from catalogue_lists where name = ?1")?
                    .query_row([name], |row| row.get(0))
                    .optional()?;
                Ok(found.map(instant))
            };
            let mut query = db.prepare_cached(
                "select l.id as lpu_id, c.read_at as read_at
                 from lpus l left join catalogue_lists c on c.name = 'specialties/' || l.id
                 where l.is_active = 1 order by l.id",
            )?;
            let clinics = query.query_map([], |row| {
                let read_at: Option<i64> = row.get("read_at")?;
                Ok((lpu_id(row)?, read_at.map(instant)))
            })?;
            Ok(CatalogueAges {
                districts: age("districts")?,
                lpus: age("lpus")?,
                clinics: clinics.collect::<Result<_, _>>()?,
            })
        })
        .await
    }
}
