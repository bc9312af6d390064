//! People: a chat, a group, and how we may reach them.

use super::rows::{at, maybe_at, ms};
use super::{Store, StoreError, requests, watches};
use crate::ids::{PersonId, Target};
use crate::quiet::Quiet;
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

/// A language we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Russian, the default.
    Ru,
    /// English.
    En,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ru, Self::En];

    /// The two-letter code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// The language of a code such as `en` or `en-GB`; `None` for one we do not speak.
    pub fn from_code(code: &str) -> Option<Self> {
        let language = code.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|lang| lang.as_str().eq_ignore_ascii_case(language))
    }
}

/// A person, or a group that watches together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Own id.
    pub id: PersonId,
    /// Telegram chat; changes when a group becomes a supergroup.
    pub chat: i64,
    /// Topic of a forum group where we were spoken to last.
    pub topic: Option<i32>,
    /// Language of our answers.
    pub lang: Lang,
    /// `false` after `/off`, and before the first watch.
    pub is_watching: bool,
    /// When `/on` or `/off` was said last; `None` before the first watch.
    pub watching_set: Option<DateTime<Utc>>,
    /// Hours without alerts; `None` = never quiet.
    pub quiet: Option<Quiet>,
    /// A talon that begins within a day breaks the quiet.
    pub quiet_soon: bool,
    /// Each watch tells once, then pauses.
    pub one_alert: bool,
    /// When they wrote last.
    pub last_seen_at: DateTime<Utc>,
    /// Blocked us or went away; cleared by any message of theirs.
    pub gone_at: Option<DateTime<Utc>>,
}

pub(super) const COLUMNS: &str =
    "p.id, p.chat_id, p.topic_id, p.lang, p.watching, p.watching_set, p.quiet_from, p.quiet_to, p.quiet_soon,
     p.one_alert, p.last_seen_at, p.gone_at";

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    let lang: String = row.get("lang")?;
    Ok(Person {
        id: PersonId(row.get("id")?),
        chat: row.get("chat_id")?,
        topic: row.get("topic_id")?,
        lang: Lang::from_code(&lang).unwrap_or(Lang::Ru),
        is_watching: row.get("watching")?,
        watching_set: maybe_at(row, "watching_set")?,
        quiet: row
            .get::<_, Option<u16>>("quiet_from")?
            .zip(row.get::<_, Option<u16>>("quiet_to")?)
            .and_then(|(from, to)| Quiet::new(from, to)),
        quiet_soon: row.get("quiet_soon")?,
        one_alert: row.get("one_alert")?,
        last_seen_at: at(row, "last_seen_at")?,
        gone_at: maybe_at(row, "gone_at")?,
    })
}

pub(super) fn by_id(db: &Transaction<'_>, id: PersonId) -> Result<Option<Person>, StoreError> {
    let sql = format!("select {COLUMNS} from people p where p.id = ?1");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([id.0], read)
        .optional()?)
}

fn by_chat(db: &Transaction<'_>, chat: i64) -> Result<Option<Person>, StoreError> {
    let sql = format!("select {COLUMNS} from people p where p.chat_id = ?1");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([chat], read)
        .optional()?)
}

fn switch(
    db: &Transaction<'_>,
    person: PersonId,
    on: bool,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    db.prepare_cached("update people set watching = ?2, watching_set = ?3 where id = ?1")?
        .execute((person.0, on, ms(now)))?;
    Ok(())
}

/// Switches on: every watch that is not paused tells anew what is free, and a fresh look is asked for.
pub(super) fn resume(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Target>, StoreError> {
    switch(db, person, true, now)?;
    // What was told before the silence may be told again: that is what `/on` asks for.
    db.prepare_cached("update alert_slots set is_told = 0 where person_id = ?1")?
        .execute([person.0])?;
    db.prepare_cached(
        "delete from card_slots where watch_id in (select id from watches where person_id = ?1)",
    )?
    .execute([person.0])?;
    db.prepare_cached("update watches set told_through = 0 where person_id = ?1")?
        .execute([person.0])?;
    let targets = watches::active_targets(db, person, now)?;
    requests::ask(db, &targets, now)?;
    Ok(targets)
}

impl Store {
    /// The person of a chat, created (not watching yet) when new; a message of theirs ends `gone`.
    /// `lang` serves a new person only.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn meet(
        &self,
        chat: i64,
        topic: Option<i32>,
        lang: Lang,
        now: DateTime<Utc>,
    ) -> Result<Person, StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "insert into people (chat_id, topic_id, lang, watching, created_at, last_seen_at)
                 values (?1, ?2, ?3, 0, ?4, ?4)
                 on conflict (chat_id) do update
                 set topic_id = excluded.topic_id, last_seen_at = excluded.last_seen_at, gone_at = null",
            )?
            .execute((chat, topic, lang.as_str(), ms(now)))?;
            by_chat(db, chat)?.ok_or(StoreError::Stopped)
        })
        .await
    }

    /// The person of a chat; `None` when we never met or they were forgotten.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn person(&self, chat: i64) -> Result<Option<Person>, StoreError> {
        self.read(move |db| by_chat(db, chat)).await
    }

    /// Changes the language of our answers.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_lang(&self, person: PersonId, lang: Lang) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update people set lang = ?2 where id = ?1")?
                .execute((person.0, lang.as_str()))?;
            Ok(())
        })
        .await
    }

    /// Changes the quiet hours, and whether a talon that begins within a day breaks them.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_quiet(
        &self,
        person: PersonId,
        quiet: Option<Quiet>,
        is_broken_by_soon: bool,
    ) -> Result<(), StoreError> {
        let minutes = quiet.map(Quiet::minutes).unzip();
        self.write(move |db| {
            db.prepare_cached(
                "update people set quiet_from = ?2, quiet_to = ?3, quiet_soon = ?4 where id = ?1",
            )?
            .execute((person.0, minutes.0, minutes.1, is_broken_by_soon))?;
            Ok(())
        })
        .await
    }

    /// Whether each watch tells once and then pauses.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_one_alert(&self, person: PersonId, one: bool) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update people set one_alert = ?2 where id = ?1")?
                .execute((person.0, one))?;
            Ok(())
        })
        .await
    }

    /// `/off`: silence. Cursors stay where they are.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn switch_off(&self, person: PersonId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| switch(db, person, false, now)).await
    }

    /// `/on`: every watch that is not paused tells anew what is free, and a fresh look is asked for. Returns its targets.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn switch_on(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Vec<Target>, StoreError> {
        self.write(move |db| resume(db, person, now)).await
    }

    /// The chat cannot be reached (blocked, kicked, deleted): nothing is sent until they write again.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_gone(&self, chat: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "update people set gone_at = ifnull(gone_at, ?2) where chat_id = ?1",
            )?
            .execute((chat, ms(now)))?;
            Ok(())
        })
        .await
    }

    /// A group became a supergroup: its person moves to the new id. When both ids are known the watches move and
    /// the older row goes.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn migrate_chat(&self, old: i64, new: i64) -> Result<(), StoreError> {
        self.write(move |db| {
            match (by_chat(db, old)?, by_chat(db, new)?) {
                (Some(before), None) => {
                    // Message ids begin anew in the new chat: those of the old one would name other messages.
                    db.execute("delete from told_slots where person_id = ?1", [before.id.0])?;
                    db.execute("update people set chat_id = ?2, gone_at = null where chat_id = ?1", (old, new))?;
                }
                (Some(before), Some(after)) => {
                    db.execute(
                        "update people set watching = max(watching, ?2), gone_at = null where id = ?1",
                        (after.id.0, before.is_watching),
                    )?;
                    db.execute("update watches set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update or ignore alert_slots set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update or ignore recent_targets set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update shares_made set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update or ignore told_facts set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update or ignore told_outages set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update people set only_admins = max(only_admins, (select only_admins from people where id = ?1)) where id = ?2", (before.id.0, after.id.0))?;
                    db.execute("update alerts set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("update or ignore bookings set person_id = ?2 where person_id = ?1", (before.id.0, after.id.0))?;
                    db.execute("delete from people where id = ?1", [before.id.0])?;
                }
                (None, _) => {}
            }
            db.execute("update broadcasts set chat_id = ?2 where chat_id = ?1", (old, new))?;
            db.execute("update or replace dialogues set chat_id = ?2 where chat_id = ?1", (old, new))?;
            Ok(())
        })
        .await
    }
}
