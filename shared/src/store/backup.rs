//! A copy of the whole file, taken while both programs go on writing. These functions block.

use super::{StoreError, schema};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// Writes what the database holds at this moment into `to`, an empty file, and gives back when that is all there.
///
/// `VACUUM INTO` and not the backup API: that one begins anew whenever another process commits, which here somebody
/// does many times a second. It reads one snapshot, so writers neither wait for it nor make it wait; until it is over
/// the write-ahead log keeps what they write.
pub(crate) fn copy(database: &Path, to: &Path) -> Result<(), StoreError> {
    let mut db = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::refuse_foreign(&mut db)?;
    let to = to.to_str().ok_or_else(|| StoreError::Open {
        path: to.to_owned(),
        source: "its name is not UTF-8".into(),
    })?;
    db.execute("vacuum into ?1", [to])?;
    Ok(())
}

/// How many bytes a copy takes, more or less.
pub(crate) fn size(database: &Path) -> Result<u64, StoreError> {
    let db = open(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let ask = |sql| db.query_row(sql, [], |row| row.get::<_, u32>(0));
    let pages = ask("pragma page_count")?.saturating_sub(ask("pragma freelist_count")?);
    Ok(u64::from(pages) * u64::from(ask("pragma page_size")?))
}

/// Whether a copy is a whole database of ours: what is wrong with it, if anything.
pub(crate) fn fault(copy: &Path) -> Result<Option<String>, StoreError> {
    let mut db = open(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    schema::refuse_foreign(&mut db)?;
    let version: u32 = db.query_row("pragma user_version", [], |row| row.get(0))?;
    if version == 0 {
        return Ok(Some("it holds no tables".to_owned()));
    }
    let found: String = db.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        return Ok(Some(found));
    }
    let n_orphans: u32 =
        db.query_row("select count(*) from pragma_foreign_key_check", [], |row| {
            row.get(0)
        })?;
    Ok((n_orphans > 0).then(|| format!("{n_orphans} rows refer to rows that are not there")))
}

/// Opens a file that is there.
fn open(path: &Path, mode: OpenFlags) -> Result<Connection, StoreError> {
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = db.map_err(|source| StoreError::Open {
        path: path.to_owned(),
        source: source.into(),
    })?;
    db.busy_timeout(Duration::from_secs(5))?;
    Ok(db)
}
