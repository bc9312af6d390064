//! Numbered migrations. They only grow: a released one is never edited.

use super::{StoreError, busy};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};
use std::time::{Duration, Instant};

/// Marks the file as ours ("taln" as a number), so that a foreign database is refused and left alone.
const APPLICATION_ID: u32 = 0x7461_6c6e;

/// How long two processes starting on one file may race before the loser gives up.
const START_RACE: Duration = Duration::from_secs(5);

const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
];

/// Refuses what is not ours or not whole, switches to WAL, brings the schema up to date. Two processes may do so at once.
pub(super) fn prepare(db: &mut Connection) -> Result<(), StoreError> {
    // First, before any statement that can wait; journal_mode below does not honour it, hence the retries.
    db.busy_timeout(Duration::from_secs(5))?;
    // A refused file keeps the log that a killed program left beside it: closing it would write the log into it.
    let keep_the_log = |db: &Connection, is_kept: bool| {
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_kept)
    };
    keep_the_log(db, has_log(db))?;
    retry(|| refuse_foreign(db))?;
    tell_of_long_reading(db);
    retry(|| refuse_damaged(db))?;
    keep_the_log(db, false)?;
    retry(|| wal(db))?;
    db.execute_batch(
        "pragma synchronous = full; pragma foreign_keys = on; pragma temp_store = memory;",
    )?;
    retry(|| migrate(db))
}

/// The schema number this program writes.
pub fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn has_log(db: &Connection) -> bool {
    let log = db
        .path()
        .map(|path| std::fs::metadata(format!("{path}-wal")));
    log.is_some_and(|log| log.is_ok_and(|log| log.len() > 0))
}

pub(super) fn refuse_foreign(db: &mut Connection) -> Result<(), StoreError> {
    // One snapshot: another process may be making the file ours between two questions.
    let snapshot = db.transaction()?;
    let ask = |sql| snapshot.query_row(sql, [], |row| row.get::<_, u32>(0));
    let n_objects = ask("select count(*) from sqlite_schema")?;
    let id = ask("pragma application_id")?;
    if id != APPLICATION_ID && n_objects > 0 {
        return Err(StoreError::Foreign);
    }
    refuse_newer(ask("pragma user_version")?)
}

/// Reads every page, which takes about a second for each half a gigabyte: a page that is torn is found now, not when
/// somebody's watch turns out to be on it.
pub(super) fn refuse_damaged(db: &Connection) -> Result<(), StoreError> {
    let found: String = db.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Damaged(found.replace('\n', " "))),
    }
}

fn refuse_newer(found: u32) -> Result<(), StoreError> {
    if found > known_version() {
        return Err(StoreError::Newer {
            found,
            known: known_version(),
        });
    }
    Ok(())
}

fn wal(db: &mut Connection) -> Result<(), StoreError> {
    let mode: String = db.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode.eq_ignore_ascii_case("wal") {
        Ok(())
    } else {
        Err(StoreError::NoWal(mode))
    }
}

fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    // The version is read inside the write transaction: the loser of a start race sees the winner's work.
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = tx.query_row("pragma user_version", [], |row| row.get(0))?;
    refuse_newer(found)?;
    let n_steps = known_version() - found;
    for (migration, number) in MIGRATIONS.iter().zip(1_u32..) {
        if number > found {
            let begun = Instant::now();
            if found > 0 {
                let step = number - found;
                tracing::info!(step, n_steps, "bringing the database to schema {number}");
            }
            tx.execute_batch(migration)?;
            tx.pragma_update(None, "user_version", number)?;
            tracing::debug!(
                elapsed_ms = begun.elapsed().as_millis(),
                schema = number,
                "done"
            );
        }
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    let begun = Instant::now();
    tx.commit()?;
    match (found, n_steps) {
        (_, 0) => {}
        (0, _) => tracing::info!(schema = known_version(), "a new database was made"),
        _ => {
            let elapsed_ms = begun.elapsed().as_millis();
            tracing::info!(
                schema = known_version(),
                elapsed_ms,
                "the database is up to date"
            );
        }
    }
    Ok(())
}

/// The start of a program on a large file takes a while before anything else is said.
fn tell_of_long_reading(db: &Connection) {
    const LARGE: u64 = 256 << 20;
    let file = db.path().and_then(|path| std::fs::metadata(path).ok());
    if let Some(file) = file.filter(|file| file.len() > LARGE) {
        let mib = file.len() >> 20;
        tracing::info!(
            mib,
            "reading the whole database once, to see that it is sound"
        );
    }
}

fn retry(mut step: impl FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        match step() {
            Err(error) if busy(&error) && begun.elapsed() < START_RACE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}
