//! Watches passed on by a link: targets and wish under a token, nothing about who made it.

use super::rows::ms;
use super::{Store, StoreError};
use crate::ids::{Area, PersonId, Target};
use crate::wish::Wish;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::OptionalExtension;

/// How long a link works.
pub const SHARE_LIVES: TimeDelta = TimeDelta::days(90);

/// Links one person may make within [`SHARE_LIVES`].
pub const MAX_SHARES: u32 = 50;

/// What a link passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// For whom to wait; not empty unless there are areas.
    pub targets: Vec<Target>,
    /// Areas to wait in.
    pub areas: Vec<Area>,
    /// Which slots suit.
    pub wish: Wish,
}

impl Store {
    /// Keeps the targets and the wish under `token`, a fresh random one, for [`SHARE_LIVES`]. Returns the token
    /// they are found by: an earlier one when the same is shared already. `None` when the person has made
    /// [`MAX_SHARES`] lately, or there is nothing to share.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn share(
        &self,
        person: PersonId,
        mut shared: Shared,
        token: String,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        // One order for one content, so that the same is found again.
        shared.targets.sort();
        shared.targets.dedup();
        shared.areas.sort();
        shared.areas.dedup();
        if shared.targets.is_empty() && shared.areas.is_empty() {
            return Ok(None);
        }
        let json = |error: serde_json::Error| StoreError::Failed(error.into());
        let targets = serde_json::to_string(&shared.targets).map_err(json)?;
        let areas = serde_json::to_string(&shared.areas).map_err(json)?;
        let wish = serde_json::to_string(&shared.wish).map_err(json)?;
        let expires_at = ms(now + SHARE_LIVES);
        self.write(move |db| {
            let known: Option<String> = db
                .prepare_cached(
                    "select token from shares
                     where targets = ?1 and wish = ?2 and areas = ?3 and expires_at > ?4",
                )?
                .query_row((&targets, &wish, &areas, ms(now)), |row| row.get(0))
                .optional()?;
            if let Some(token) = known {
                db.prepare_cached("update shares set expires_at = ?2 where token = ?1")?
                    .execute((&token, expires_at))?;
                return Ok(Some(token));
            }
            let n: u32 = db
                .prepare_cached(
                    "select count(*) from shares_made where person_id = ?1 and made_at > ?2",
                )?
                .query_row((person.0, ms(now - SHARE_LIVES)), |row| row.get(0))?;
            if n >= MAX_SHARES {
                return Ok(None);
            }
            db.prepare_cached("insert into shares_made (person_id, made_at) values (?1, ?2)")?
                .execute((person.0, ms(now)))?;
            db.prepare_cached(
                "insert into shares (token, targets, wish, areas, expires_at) values (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((&token, targets, wish, areas, expires_at))?;
            Ok(Some(token))
        })
        .await
    }

    /// What the token passes on; `None` when it is unknown or has expired.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn shared(
        &self,
        token: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Shared>, StoreError> {
        self.read(move |db| {
            let found: Option<(String, String, String)> = db
                .prepare_cached(
                    "select targets, wish, areas from shares where token = ?1 and expires_at > ?2",
                )?
                .query_row((token, ms(now)), |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            // What no program can read any more is as good as expired.
            Ok(found.and_then(|(targets, wish, areas)| {
                Some(Shared {
                    targets: serde_json::from_str(&targets).ok()?,
                    areas: serde_json::from_str(&areas).ok()?,
                    wish: serde_json::from_str(&wish).ok()?,
                })
            }))
        })
        .await
    }

    /// Erases links that no longer work.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_shares(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("delete from shares where expires_at <= ?1")?
                .execute([ms(now)])?;
            db.prepare_cached("delete from shares_made where made_at <= ?1")?
                .execute([ms(now - SHARE_LIVES)])?;
            Ok(())
        })
        .await
    }
}
