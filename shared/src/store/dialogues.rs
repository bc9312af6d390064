//! Where a (chat, user) is in a conversation.

use super::rows::ms;
use super::{Store, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

impl Store {
    /// The state kept for this user in this chat, as the JSON the bot wrote; `None` when there is no conversation.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn dialogue(&self, chat: i64, user: i64) -> Result<Option<String>, StoreError> {
        self.read(move |db| {
            let found = db
                .prepare_cached("select state from dialogues where chat_id = ?1 and user_id = ?2")?
                .query_row((chat, user), |row| row.get(0))
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// Keeps `state` in the place of `seen`; `false`, and nothing is changed, when the conversation has moved on.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn replace_dialogue(
        &self,
        chat: i64,
        user: i64,
        seen: String,
        state: String,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.write(move |db| {
            let n = db
                .prepare_cached(
                    "update dialogues set state = ?4, updated_at = ?5
                     where chat_id = ?1 and user_id = ?2 and state = ?3",
                )?
                .execute((chat, user, seen, state, ms(now)))?;
            Ok(n > 0)
        })
        .await
    }

    /// Keeps the state; `None` ends the conversation.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_dialogue(
        &self,
        chat: i64,
        user: i64,
        state: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            match state {
                Some(state) => db
                    .prepare_cached(
                        "insert into dialogues (chat_id, user_id, state, updated_at) values (?1, ?2, ?3, ?4)
                         on conflict (chat_id, user_id) do update
                         set state = excluded.state, updated_at = excluded.updated_at",
                    )?
                    .execute((chat, user, state, ms(now)))?,
                None => db
                    .prepare_cached("delete from dialogues where chat_id = ?1 and user_id = ?2")?
                    .execute((chat, user))?,
            };
            Ok(())
        })
        .await
    }
}
