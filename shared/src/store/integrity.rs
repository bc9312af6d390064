//! Whether a database file is sound.

use super::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// What SQLite finds wrong with a database file, in its own words, at most a hundred lines; empty when it is sound.
/// Every page is read, and every reference between rows. The file is not written to; programs may go on using it.
///
/// # Errors
/// [`StoreError::Open`] when there is no such file, [`StoreError::Foreign`] when it is no database at all,
/// [`StoreError::Busy`] when it is locked for more than five seconds.
pub async fn integrity(path: &Path) -> Result<Vec<String>, StoreError> {
    let path = path.to_owned();
    let check = tokio::task::spawn_blocking(move || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&path, flags).map_err(|error| StoreError::Open {
            path,
            source: error.into(),
        })?;
        db.busy_timeout(Duration::from_secs(5))?;
        let mut query = db.prepare("pragma integrity_check(100)")?;
        let found = query.query_map([], |row| row.get::<_, String>(0))?;
        let mut found: Vec<_> = found.collect::<Result<_, _>>()?;
        found.retain(|line| line != "ok");
        let mut query = db.prepare("pragma foreign_key_check")?;
        let rows = query.query_map([], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            Ok(format!("a row of {table} refers to no row of {parent}"))
        })?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        found.extend(rows.into_iter().take(100));
        Ok(found)
    });
    check.await.map_err(|_| StoreError::Stopped)?
}
