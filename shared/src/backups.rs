//! Backups: whole copies of the database in `backups/` beside it, one a night, the newest seven kept.
//!
//! A copy counts only when it is whole: it is written under another name, checked, brought to the disk and then renamed.
//! Older ones are removed only after that, and nothing else in the folder is ever touched. Everything here blocks.

use crate::clock::{from_wall, wall};
use crate::store::{StoreError, backup};
use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// Nightly copies kept.
pub const KEPT: usize = 7;

/// Each night from this hour on, by the wall clock: nobody opens talons or reads then. Later, when nobody ran then.
const HOUR: u32 = 4;

/// A copy dated further ahead was made while the clock was wrong.
const AHEAD: TimeDelta = TimeDelta::hours(1);

/// The time in a name, in UTC.
const NAMED: &str = "%Y-%m-%dT%H%M%SZ";

/// Ends the name of a copy that an operator asked for: those are theirs to remove.
const ASKED: &str = "-asked";

/// Between two looks at how far a copy is.
const STEP: Duration = Duration::from_millis(100);

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing to copy: `DATABASE_PATH` names no file.
    #[error("there is no database {0}")]
    NoDatabase(PathBuf),
    /// The file is there already and was left as it is.
    #[error("{0} exists already; name another file")]
    Exists(PathBuf),
    /// A folder or file could not be written: no room, no right.
    #[error("cannot write {path}: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database could not be read, or the copy could not be written.
    #[error("the database could not be copied: {0}")]
    Copy(#[from] StoreError),
    /// The copy is not whole and was thrown away: the database itself may be damaged.
    #[error("the copy is not whole: {0}")]
    Broken(String),
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes written, of about so many.
    Copying(u64, u64),
    /// Written; being checked.
    Checking,
}

/// A copy that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Older copies that were removed for it.
    pub n_removed: usize,
}

/// The backups of one database.
#[derive(Debug, Clone)]
pub struct Backups {
    database: PathBuf,
}

impl Backups {
    /// Of this database file, which need not be there yet.
    pub fn of(database: &Path) -> Self {
        Self {
            database: database.to_owned(),
        }
    }

    /// The folder of the copies.
    pub fn folder(&self) -> PathBuf {
        self.database.with_file_name("backups")
    }

    /// The time of the newest nightly copy; `None` when there is none. One dated in the future does not count.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn newest(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, BackupError> {
        let nightly = self.nightly()?.into_iter().map(|(at, _)| at);
        Ok(nightly.filter(|at| *at <= now + AHEAD).max())
    }

    /// Makes the copy of the night when there is none since the last 4 o'clock; `None` = there is.
    ///
    /// # Errors
    /// See [`BackupError`]; then no older copy was removed.
    pub fn make_nightly(&self, now: DateTime<Utc>) -> Result<Option<Made>, BackupError> {
        if self.newest(now)?.is_some_and(|newest| newest >= night(now)) {
            return Ok(None);
        }
        self.clear_away(now)?;
        let path = self.folder().join(self.name(now, ""));
        let mut made = self.make_own(&path, &mut |_| {})?;
        made.n_removed = self.remove_old(&path, now)?;
        Ok(Some(made))
    }

    /// What runs that were killed left over. One that an operator asked for may still be under way, for a day.
    fn clear_away(&self, now: DateTime<Utc>) -> Result<(), BackupError> {
        let nightly = self.named(|name| {
            let name = name.strip_prefix('.')?.strip_suffix(PART)?;
            name.strip_suffix(EXTENSION)
        });
        for (_, path) in nightly? {
            discard(&path);
        }
        let asked = self.named(|name| {
            let name = name.strip_prefix('.')?.strip_suffix(PART)?;
            name.strip_suffix(EXTENSION)?.strip_suffix(ASKED)
        });
        for (at, path) in asked? {
            if now - at > TimeDelta::days(1) {
                discard(&path);
            }
        }
        Ok(())
    }

    /// Makes one now, beside whatever runs: in `file`, which must not be there, or under a name of its own in the
    /// folder. It is never removed by us.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn make_asked(
        &self,
        file: Option<&Path>,
        now: DateTime<Utc>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Made, BackupError> {
        match file {
            Some(file) => self.make(file, progress),
            None => self.make_own(&self.folder().join(self.name(now, ASKED)), progress),
        }
    }

    /// In the folder, which is made when it is not there. All of it belongs to whoever owns the database: an operator
    /// who asks as root must not shut the programs out.
    fn make_own(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Made, BackupError> {
        let owner = self.owner()?;
        let folder = self.folder();
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        match made {
            Ok(()) => give(&folder, owner),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
            Err(error) => return Err(unwritten(&folder)(error)),
        }
        let made = self.make(path, progress)?;
        give(path, owner);
        Ok(made)
    }

    fn owner(&self) -> Result<(u32, u32), BackupError> {
        let file = fs::metadata(&self.database);
        let file = file.map_err(|_| BackupError::NoDatabase(self.database.clone()))?;
        Ok((file.uid(), file.gid()))
    }

    fn make(&self, path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Made, BackupError> {
        self.owner()?;
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let part = part(path);
        let made = self.write(&part, progress).and_then(|size| {
            fs::rename(&part, path).map_err(unwritten(path))?;
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new(".")));
            // The name itself; a file system that cannot sync a folder has its own ways.
            let _ = folder.and_then(|folder| folder.sync_all());
            let path = path.to_owned();
            Ok(Made {
                path,
                size,
                n_removed: 0,
            })
        });
        if !matches!(made, Ok(_) | Err(BackupError::Exists(_))) {
            discard(&part);
        }
        made
    }

    /// A whole copy, on the disk.
    fn write(&self, part: &Path, progress: &mut dyn FnMut(Progress)) -> Result<u64, BackupError> {
        let private = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(part);
        let file = private.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(part.to_owned()),
            _ => unwritten(part)(error),
        })?;
        let size = || file.metadata().map_or(0, |file| file.len());
        let total = backup::size(&self.database)?;
        thread::scope(|scope| {
            let copying = scope.spawn(|| backup::copy(&self.database, part));
            while !copying.is_finished() {
                progress(Progress::Copying(size(), total));
                thread::sleep(STEP);
            }
            copying.join().unwrap_or(Err(StoreError::Broke))
        })?;
        progress(Progress::Checking);
        file.sync_all().map_err(unwritten(part))?;
        match backup::fault(part)? {
            None => Ok(size()),
            Some(fault) => Err(BackupError::Broken(fault)),
        }
    }

    /// Removes nightly copies beyond [`KEPT`], never the one just made. Those dated in the future go first.
    fn remove_old(&self, made: &Path, now: DateTime<Utc>) -> Result<usize, BackupError> {
        let mut old = self.nightly()?;
        old.retain(|(_, path)| path != made);
        old.sort_by_key(|(at, _)| std::cmp::Reverse((*at <= now + AHEAD, *at)));
        let mut n_removed = 0;
        for (_, path) in old.iter().skip(KEPT - 1) {
            fs::remove_file(path).map_err(unwritten(path))?;
            n_removed += 1;
        }
        Ok(n_removed)
    }

    fn name(&self, now: DateTime<Utc>, mark: &str) -> OsString {
        let mut name = self.stem().to_owned();
        name.push_str(&format!("-{}{mark}{EXTENSION}", now.format(NAMED)));
        name.into()
    }

    fn stem(&self) -> &str {
        let stem = self.database.file_stem().and_then(|stem| stem.to_str());
        stem.unwrap_or("talon")
    }

    fn nightly(&self) -> Result<Vec<(DateTime<Utc>, PathBuf)>, BackupError> {
        self.named(|name| name.strip_suffix(EXTENSION))
    }

    /// Files of the folder whose name, as far as `trim` leaves it, is exactly that of the database and a time.
    fn named(
        &self,
        trim: fn(&str) -> Option<&str>,
    ) -> Result<Vec<(DateTime<Utc>, PathBuf)>, BackupError> {
        let folder = self.folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unwritten(&folder)(error)),
        };
        let time = |name: &str| {
            let time = trim(name)?.strip_prefix(self.stem())?.strip_prefix('-')?;
            let at = NaiveDateTime::parse_from_str(time, NAMED).ok()?.and_utc();
            (at.format(NAMED).to_string() == time).then_some(at)
        };
        let ours = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            // Not what a link leads to.
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let at = time(entry.file_name().to_str()?).filter(|_| is_file)?;
            Some((at, entry.path()))
        });
        Ok(ours.collect())
    }
}

const EXTENSION: &str = ".db";

/// Ends the name of a copy that is being made, which begins with a dot.
const PART: &str = ".part";

fn part(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(PART);
    path.with_file_name(name)
}

/// The last 4 o'clock.
fn night(now: DateTime<Utc>) -> DateTime<Utc> {
    let local = wall(now);
    let hour = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
    let today = from_wall(local.date_naive().and_time(hour));
    if today <= now {
        today
    } else {
        today - TimeDelta::days(1)
    }
}

fn unwritten(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::Write { path, source }
}

/// What is not whole, with what SQLite may have put beside it.
fn discard(part: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut path = part.as_os_str().to_owned();
        path.push(suffix);
        let _ = fs::remove_file(path);
    }
}

/// Only root may, and only root need: others are the owner.
fn give(path: &Path, (user, group): (u32, u32)) {
    let is_theirs = |file: fs::Metadata| (file.uid(), file.gid()) == (user, group);
    if !fs::metadata(path).is_ok_and(is_theirs)
        && let Err(error) = chown(path, Some(user), Some(group))
    {
        tracing::warn!(%error, path = %path.display(), "could not give a backup to the owner of the database");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_begins_at_four_by_the_wall_clock() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, want) in [
            ("2026-11-21T00:59:59Z", "2026-11-20T01:00:00Z"),
            ("2026-11-21T01:00:00Z", "2026-11-21T01:00:00Z"),
            ("2026-11-21T20:00:00Z", "2026-11-21T01:00:00Z"),
            ("2026-11-21T22:00:00Z", "2026-11-21T01:00:00Z"),
        ] {
            assert_eq!(night(at(now)), at(want), "{now}");
        }
    }
}
