//! Who is alive, and what the portal asked both to wait for.

use super::rows::{at, instant, maybe_at, ms};
use super::{Store, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};

/// No hold is longer.
const LONGEST_HOLD: TimeDelta = TimeDelta::hours(1);

/// The programs that share the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// Talks with people.
    Bot,
    /// Looks at the portal.
    Pinger,
}

impl Program {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bot, Self::Pinger];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Pinger => "pinger",
        }
    }
}

/// A program's sign of life, renewed every 10 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Start of the present run.
    pub started_at: DateTime<Utc>,
    /// Last sign.
    pub at: DateTime<Utc>,
    /// Ended in good order; `None` while running or when killed.
    pub stopped_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Signs that `program`, running since `started_at`, is alive.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn beat(
        &self,
        program: Program,
        started_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "insert into heartbeats (program, started_at, at) values (?1, ?2, ?3)
                 on conflict (program) do update
                 set started_at = excluded.started_at, at = excluded.at, stopped_at = null",
            )?
            .execute((program.as_str(), ms(started_at), ms(now)))?;
            Ok(())
        })
        .await
    }

    /// Signs that `program` ends in good order.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn stopped(&self, program: Program, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update heartbeats set at = ?2, stopped_at = ?2 where program = ?1")?
                .execute((program.as_str(), ms(now)))?;
            Ok(())
        })
        .await
    }

    /// The last sign of life; `None` when the program never ran on this file.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn heartbeat(&self, program: Program) -> Result<Option<Heartbeat>, StoreError> {
        self.read(move |db| heartbeat(db, program)).await
    }

    /// The portal said "not before": both programs obey. Only ever extends, save one that a clock set back has left
    /// further ahead than any hold lasts.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn hold_portal(&self, not_before: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "insert into holds (name, not_before) values ('portal', ?1)
                 on conflict (name) do update set not_before =
                     iif(not_before > excluded.not_before + ?2, excluded.not_before,
                         max(not_before, excluded.not_before))",
            )?
            .execute((ms(not_before), LONGEST_HOLD.num_milliseconds()))?;
            Ok(())
        })
        .await
    }

    /// The last "not before" of the portal, passed or not; `None` when it never said so.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn portal_hold(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.read(move |db| {
            let found = db
                .prepare_cached("select not_before from holds where name = 'portal'")?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(found.map(instant))
        })
        .await
    }
}

pub(super) fn heartbeat(
    db: &Transaction<'_>,
    program: Program,
) -> Result<Option<Heartbeat>, StoreError> {
    let found = db
        .prepare_cached("select started_at, at, stopped_at from heartbeats where program = ?1")?
        .query_row([program.as_str()], |row| {
            Ok(Heartbeat {
                started_at: at(row, "started_at")?,
                at: at(row, "at")?,
                stopped_at: maybe_at(row, "stopped_at")?,
            })
        })
        .optional()?;
    Ok(found)
}
