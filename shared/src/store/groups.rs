//! Groups: who may change the list, who takes what an alert told.

use super::rows::ms;
use super::{Store, StoreError};
use crate::ids::PersonId;
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension as _;

impl Store {
    /// Whether only administrators change the list of this chat; `false` for one we never met.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn only_admins(&self, chat: i64) -> Result<bool, StoreError> {
        self.read(move |db| {
            let found = db
                .prepare_cached("select only_admins from people where chat_id = ?1")?
                .query_row([chat], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or(false))
        })
        .await
    }

    /// Says who changes the list of a group.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_only_admins(
        &self,
        person: PersonId,
        only_admins: bool,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update people set only_admins = ?2 where id = ?1")?
                .execute((person.0, only_admins))?;
            Ok(())
        })
        .await
    }

    /// Somebody says that they take what this message told. The first one keeps it; pressed again by them, it is free
    /// again. Returns the Telegram user who has it now.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn take(
        &self,
        person: PersonId,
        message: i32,
        user: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<i64>, StoreError> {
        self.write(move |db| {
            let given_back = db
                .prepare_cached(
                    "delete from takers where person_id = ?1 and message_id = ?2 and user_id = ?3",
                )?
                .execute((person.0, message, user))?;
            if given_back > 0 {
                return Ok(None);
            }
            db.prepare_cached(
                "insert or ignore into takers (person_id, message_id, user_id, taken_at)
                 select id, ?2, ?3, ?4 from people where id = ?1",
            )?
            .execute((person.0, message, user, ms(now)))?;
            taker(db, person, message)
        })
        .await
    }

    /// The Telegram user who takes what this message told; `None` when nobody said so.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn taker(&self, person: PersonId, message: i32) -> Result<Option<i64>, StoreError> {
        self.read(move |db| taker(db, person, message)).await
    }
}

fn taker(
    db: &rusqlite::Transaction<'_>,
    person: PersonId,
    message: i32,
) -> Result<Option<i64>, StoreError> {
    let found = db
        .prepare_cached("select user_id from takers where person_id = ?1 and message_id = ?2")?
        .query_row((person.0, message), |row| row.get(0))
        .optional()?;
    Ok(found)
}
