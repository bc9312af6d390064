//! A look at a database file that changes nothing, whoever uses it meanwhile. This blocks.

use super::heartbeats::heartbeat;
use super::rows::instant;
use super::{Heartbeat, Program, StoreError, schema};
use chrono::{DateTime, Utc};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long somebody else's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The oldest schema that knows heartbeats and holds.
const FIRST_SCHEMA: u32 = 1;

/// What a database file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its schema; an older one than [`known_version`](super::known_version) is brought up to date by the next start.
    pub schema: u32,
    /// The bot's last sign of life.
    pub bot: Option<Heartbeat>,
    /// The pinger's.
    pub pinger: Option<Heartbeat>,
    /// The last "not before" of the portal, passed or not.
    pub hold: Option<DateTime<Utc>>,
}

impl Inspection {
    /// The last sign of life of a program; `None` when it never ran on this file.
    pub fn heartbeat(&self, program: Program) -> Option<Heartbeat> {
        match program {
            Program::Bot => self.bot,
            Program::Pinger => self.pinger,
        }
    }
}

/// Reads every page of the file once and what it says of itself. Neither it nor anything beside it is written to: no
/// file is made, no log is moved into the database, no schema is brought up to date.
///
/// # Errors
/// [`StoreError::Open`] when there is no such file or it cannot be read; [`StoreError::Busy`] when somebody has kept it
/// locked for five seconds; [`StoreError::Foreign`], [`StoreError::Damaged`] and [`StoreError::Newer`] as they say.
pub fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    if has_log(path) {
        return read(&mut in_use(path)?, true);
    }
    let found = read(&mut at_rest(path)?, false);
    // Somebody began to use it meanwhile, unseen by one who takes no locks.
    if has_log(path) {
        return read(&mut in_use(path)?, true);
    }
    found
}

/// Whether a write-ahead log lies beside it: a program uses the file, or was killed while it did.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log).exists()
}

/// A file nobody uses. As a file that cannot change it is read without locks, and without the files SQLite would put
/// beside it and leave there.
fn at_rest(path: &Path) -> Result<Connection, StoreError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = url::Url::from_file_path(&absolute).map_err(|()| StoreError::Open {
        path: path.to_owned(),
        source: "its name cannot be used".into(),
    })?;
    uri.set_query(Some("immutable=1"));
    open(
        path,
        uri.as_str().as_ref(),
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
    )
}

/// A file with a log. Opened for writing, since only so it can be seen whether somebody holds the lock; where that is
/// not allowed, for reading.
fn in_use(path: &Path) -> Result<Connection, StoreError> {
    let is_writable = rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    let mode = match is_writable {
        true => OpenFlags::SQLITE_OPEN_READ_WRITE,
        false => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let db = open(path, path, mode)?;
    // Closed as the last one, it would write the log of a killed program into the file.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(db)
}

fn open(path: &Path, name: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Open {
        path: path.to_owned(),
        source,
    };
    // SQLite's own words for all that can be wrong here are "unable to open".
    std::fs::File::open(path).map_err(|error| unreadable(error.into()))?;
    let db = Connection::open_with_flags(name, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = db.map_err(|error| unreadable(error.into()))?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}

fn read(db: &mut Connection, is_used: bool) -> Result<Inspection, StoreError> {
    schema::refuse_foreign(db)?;
    schema::refuse_damaged(db)?;
    if is_used && !db.is_readonly(rusqlite::MAIN_DB)? {
        // Nothing is written; but who cannot begin cannot write.
        let locking = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        locking.rollback()?;
    }
    let snapshot = db.transaction()?;
    let schema: u32 = snapshot.query_row("pragma user_version", [], |row| row.get(0))?;
    let mut found = Inspection {
        schema,
        bot: None,
        pinger: None,
        hold: None,
    };
    if schema >= FIRST_SCHEMA {
        found.bot = heartbeat(&snapshot, Program::Bot)?;
        found.pinger = heartbeat(&snapshot, Program::Pinger)?;
        let hold = "select not_before from holds where name = 'portal'";
        let hold = snapshot.query_row(hold, [], |row| row.get(0)).optional()?;
        found.hold = hold.map(instant);
    }
    Ok(found)
}
