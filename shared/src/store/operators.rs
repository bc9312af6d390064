//! For operators: how things are, and a message to everybody.

use super::people::{COLUMNS, read};
use super::rows::{instant, ms};
use super::tallies::hour;
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Person, Store, StoreError};
use crate::clock::{from_wall, wall_date};
use crate::ids::PersonId;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension as _, Row, Transaction, named_params};

/// A message nobody confirmed is forgotten after this.
const DRAFT_LIFE: TimeDelta = TimeDelta::days(1);

/// One sent to everybody, after this.
const SENT_LIFE: TimeDelta = TimeDelta::days(30);

/// How things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// People and groups we know.
    pub n_people: u32,
    /// Those who are on and reachable.
    pub n_on: u32,
    /// Those who cannot be reached.
    pub n_gone: u32,
    /// Watches that are not deleted.
    pub n_watches: u32,
    /// Those of them that watch now.
    pub n_active: u32,
    /// Departments watched now.
    pub n_departments: u32,
    /// Alerts told since midnight.
    pub n_alerts: u32,
    /// The last answer of the portal about a list or a doctor, good or not.
    pub read_at: Option<DateTime<Utc>>,
    /// Requests of this hour and the one before.
    pub n_requests: u64,
    /// Those of them that failed.
    pub n_failed: u64,
    /// Clinics whose last try failed.
    pub n_failing_lpus: u32,
}

/// A message of an operator to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broadcast {
    /// Its id.
    pub id: i64,
    /// The operator's chat.
    pub chat: i64,
    /// Topic of that chat.
    pub topic: Option<i32>,
    /// What everybody reads, plain.
    pub text: String,
    /// The message that shows how far it is.
    pub message: Option<i32>,
    /// Confirmed; `None` for a draft.
    pub started_at: Option<DateTime<Utc>>,
    /// Over, or stopped.
    pub ended_at: Option<DateTime<Utc>>,
    /// How many were to get it when it began.
    pub n_people: u32,
    /// How many got it.
    pub n_sent: u32,
    /// How many could not be reached.
    pub n_failed: u32,
}

const BROADCAST: &str =
    "id, chat_id, topic_id, text, message_id, started_at, ended_at, n_people, n_sent, n_failed";

fn read_broadcast(row: &Row<'_>) -> rusqlite::Result<Broadcast> {
    let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(instant));
    Ok(Broadcast {
        id: row.get("id")?,
        chat: row.get("chat_id")?,
        topic: row.get("topic_id")?,
        text: row.get("text")?,
        message: row.get("message_id")?,
        started_at: at("started_at")?,
        ended_at: at("ended_at")?,
        n_people: row.get("n_people")?,
        n_sent: row.get("n_sent")?,
        n_failed: row.get("n_failed")?,
    })
}

fn broadcast(db: &Transaction<'_>, id: i64) -> Result<Option<Broadcast>, StoreError> {
    let sql = format!("select {BROADCAST} from broadcasts where id = ?1");
    Ok(db
        .prepare_cached(&sql)?
        .query_row([id], read_broadcast)
        .optional()?)
}

fn reachable(db: &Transaction<'_>) -> Result<u32, StoreError> {
    Ok(db.query_row(
        "select count(*) from people where gone_at is null",
        [],
        |row| row.get(0),
    )?)
}

impl Store {
    /// How things are at `now`.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn stats(&self, now: DateTime<Utc>) -> Result<Stats, StoreError> {
        self.read(move |db| {
            let count = |sql: &str| -> Result<u32, StoreError> {
                let sql = sql.replace(":now", &ms(now).to_string());
                Ok(db.query_row(&sql, [], |row| row.get(0))?)
            };
            let watching = format!(
                "from watches w join people p on p.id = w.person_id join watch_targets t on t.watch_id = w.id
                 where {LISTENING} and {ACTIVE_WATCH}"
            );
            let (n_good, n_failed): (i64, i64) = db.query_row(
                "select ifnull(sum(n_good), 0), ifnull(sum(n_failed), 0) from requests_hourly where hour >= ?1",
                [hour(now - TimeDelta::hours(1))],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let read_at: Option<i64> = db.query_row(
                "select max(read_at) from (select max(read_at) as read_at from department_readings
                                           union all select max(read_at) from doctor_readings)",
                [],
                |row| row.get(0),
            )?;
            // An alert is kept for 24 h at least.
            let midnight = from_wall(wall_date(now).and_time(NaiveTime::MIN));
            let n_alerts = db.query_row(
                "select count(*) from alerts where sent_at >= ?1",
                [ms(midnight)],
                |row| row.get(0),
            )?;
            Ok(Stats {
                n_people: count("select count(*) from people")?,
                n_on: count(&format!("select count(*) from people p where {LISTENING}"))?,
                n_gone: count("select count(*) from people where gone_at is not null")?,
                n_watches: count("select count(*) from watches where deleted_at is null")?,
                n_active: count(&format!("select count(distinct w.id) {watching}"))?,
                n_departments: count(&format!("select count(*) from (select distinct t.lpu_id, t.specialty_id {watching})"))?,
                n_alerts,
                read_at: read_at.map(instant),
                n_requests: n_good.unsigned_abs() + n_failed.unsigned_abs(),
                n_failed: n_failed.unsigned_abs(),
                n_failing_lpus: count(
                    "select count(*) from (select lpu_id from department_readings where failing_since is not null
                                           union select lpu_id from doctor_readings where failing_since is not null)",
                )?,
            })
        })
        .await
    }

    /// Keeps a message to everybody until it is confirmed. Returns its id, and how many would get it now.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn draft_broadcast(
        &self,
        chat: i64,
        topic: Option<i32>,
        text: String,
        now: DateTime<Utc>,
    ) -> Result<(i64, u32), StoreError> {
        self.write(move |db| {
            db.execute(
                "insert into broadcasts (chat_id, topic_id, text, made_at) values (?1, ?2, ?3, ?4)",
                (chat, topic, text, ms(now)),
            )?;
            Ok((db.last_insert_rowid(), reachable(db)?))
        })
        .await
    }

    /// Begins to send a draft of this chat; `message` shows how far it is. `None` when it was begun, dropped or
    /// forgotten already.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn start_broadcast(
        &self,
        id: i64,
        chat: i64,
        message: i32,
        now: DateTime<Utc>,
    ) -> Result<Option<Broadcast>, StoreError> {
        self.write(move |db| {
            let n = db.execute(
                "update broadcasts set started_at = ?3, message_id = ?4, n_people = ?5
                 where id = ?1 and chat_id = ?2 and started_at is null and ended_at is null",
                (id, chat, ms(now), message, reachable(db)?),
            )?;
            if n == 0 { Ok(None) } else { broadcast(db, id) }
        })
        .await
    }

    /// A message to everybody as it is now; `None` when it was forgotten.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn broadcast(&self, id: i64) -> Result<Option<Broadcast>, StoreError> {
        self.read(move |db| broadcast(db, id)).await
    }

    /// Messages to everybody that were begun and are not over, oldest first.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn unfinished_broadcasts(&self) -> Result<Vec<Broadcast>, StoreError> {
        self.read(|db| {
            let sql = format!(
                "select {BROADCAST} from broadcasts where started_at is not null and ended_at is null order by id"
            );
            let mut query = db.prepare_cached(&sql)?;
            Ok(query.query_map([], read_broadcast)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The next person to get it; `None` when everybody had it, or it is over.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn next_receiver(&self, id: i64) -> Result<Option<Person>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select {COLUMNS} from people p where p.gone_at is null and p.id >
                     (select through from broadcasts where id = ?1 and started_at is not null and ended_at is null)
                 order by p.id limit 1"
            );
            Ok(db.prepare_cached(&sql)?.query_row([id], read).optional()?)
        })
        .await
    }

    /// A person got it, could not be reached (`Some(false)`), or was not to get it (`None`): the cursor moves past them.
    ///
    /// # Errors
    /// When the file fails; then they may get it again.
    pub async fn received(
        &self,
        id: i64,
        person: PersonId,
        was_sent: Option<bool>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "update broadcasts set through = max(through, ?2), n_sent = n_sent + ?3, n_failed = n_failed + ?4
                 where id = ?1",
            )?
            .execute((id, person.0, was_sent == Some(true), was_sent == Some(false)))?;
            Ok(())
        })
        .await
    }

    /// Ends it, sent to everybody or not. `None` when it was over already, or is not this chat's.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn end_broadcast(
        &self,
        id: i64,
        chat: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<Broadcast>, StoreError> {
        self.write(move |db| {
            let n = db.execute(
                "update broadcasts set ended_at = ?3 where id = ?1 and chat_id = ?2 and ended_at is null",
                (id, chat, ms(now)),
            )?;
            if n == 0 { Ok(None) } else { broadcast(db, id) }
        })
        .await
    }

    /// Forgets messages to everybody that are long over, and drafts nobody confirmed.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_broadcasts(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute(
                "delete from broadcasts where ended_at < :sent or (started_at is null and made_at < :draft)",
                named_params! { ":sent": ms(now - SENT_LIFE), ":draft": ms(now - DRAFT_LIFE) },
            )?;
            Ok(())
        })
        .await
    }
}
