//! Which operators were told that nobody checks.

use super::rows::{at, ms};
use super::{Store, StoreError};
use chrono::{DateTime, Utc};

impl Store {
    /// Chats that were told that nobody checks, with since when, and not yet that somebody does again.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn silence_notices(&self) -> Result<Vec<(i64, DateTime<Utc>)>, StoreError> {
        self.read(|db| {
            let mut query = db.prepare_cached("select chat_id, silent_at from silence_notices")?;
            let rows =
                query.query_map([], |row| Ok((row.get("chat_id")?, at(row, "silent_at")?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The chat was told that nobody checks since then.
    ///
    /// # Errors
    /// When the file fails; then it may be told again.
    pub async fn silence_told(
        &self,
        chat: i64,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("insert or replace into silence_notices (chat_id, silent_at, told_at) values (?1, ?2, ?3)")?
                .execute((chat, ms(since), ms(now)))?;
            Ok(())
        })
        .await
    }

    /// The chat was told that somebody checks again, or need not be.
    ///
    /// # Errors
    /// When the file fails; then it may be told again.
    pub async fn silence_over(&self, chat: i64) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("delete from silence_notices where chat_id = ?1")?
                .execute([chat])?;
            Ok(())
        })
        .await
    }
}
