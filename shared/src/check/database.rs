//! The database, its disk, its backups, and who lives on it.

use super::{Report, short};
use crate::backups::Backups;
use crate::clock::wall;
use crate::store::{Heartbeat, Inspection, Program, StoreError, inspect, known_version};
use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::{Access, access, statvfs};
use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

const WHAT: &str = "database";

/// Less than this is little for a database that grows by some megabytes a day, its log and a copy each night.
const LITTLE_ROOM: u64 = 500 << 20;

/// A night, and some hours for a machine that was off.
const BACKUP_AGE: TimeDelta = TimeDelta::hours(30);

/// A program that has not beaten for so long is gone, or stuck: it beats every 10 s.
const SILENCE: TimeDelta = TimeDelta::seconds(60);

/// How far ahead a beat may lie: two clocks read one after the other.
const AHEAD: TimeDelta = TimeDelta::seconds(5);

/// The file, what is in it, and the room around it. What it says of itself, when it can be read.
pub async fn check_database(report: &mut Report, path: &Path) -> Option<Inspection> {
    let shown = path.display();
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            missing(report, path, folder);
            None
        }
        Err(error) => {
            report.bad(
                WHAT,
                format!("{shown} cannot be reached ({error}): {AS_ITS_OWNER}"),
            );
            None
        }
        Ok(_) => read(report, path, folder).await,
    };
    check_room(report, folder);
    found
}

const AS_ITS_OWNER: &str =
    "run this as the user of the programs (sudo -u talon), or correct DATABASE_PATH";

fn missing(report: &mut Report, path: &Path, folder: &Path) {
    let shown = path.display();
    // The programs make the folder too.
    let nearest = folder.ancestors().find(|folder| folder.exists());
    let nearest = nearest.filter(|folder| !folder.as_os_str().is_empty());
    let nearest = nearest.unwrap_or(Path::new("."));
    let text = match access(nearest, Access::WRITE_OK) {
        Ok(()) => format!(
            "{shown} is not there: the first start of a program makes it; if there was one, correct DATABASE_PATH or \
             restore a backup"
        ),
        Err(error) => format!(
            "{shown} is not there and cannot be made in {} ({error}): give the folder to the user of the programs, or \
             correct DATABASE_PATH",
            nearest.display()
        ),
    };
    report.bad(WHAT, text);
}

async fn read(report: &mut Report, path: &Path, folder: &Path) -> Option<Inspection> {
    let shown = path.display();
    let owned = path.to_owned();
    let inspecting = tokio::task::spawn_blocking(move || inspect(&owned));
    let inspected = inspecting.await.unwrap_or(Err(StoreError::Broke));
    let found = match inspected {
        Ok(found) => found,
        Err(error) => {
            report.bad(WHAT, format!("{shown}: {}", refused(&error)));
            return None;
        }
    };
    let unwritable = [path, folder].into_iter().find_map(|place| {
        let error = access(place, Access::WRITE_OK).err()?;
        Some((place, error))
    });
    if let Some((place, error)) = unwritable {
        let text = format!(
            "{} can be read but not written to ({error}): {AS_ITS_OWNER}, or give it to that user",
            place.display()
        );
        report.bad(WHAT, text);
        return Some(found);
    }
    let known = known_version();
    let schema = match found.schema {
        schema if schema < known => format!(
            "schema {schema}: the next start brings it to {known}, for good (`pinger backup` makes a copy before)"
        ),
        schema => format!("schema {schema}"),
    };
    report.ok(WHAT, format!("{shown}{}, sound, {schema}", owner(path)));
    Some(found)
}

/// Its size, whose it is, and who else may read it.
fn owner(path: &Path) -> String {
    let Ok(file) = fs::metadata(path) else {
        return String::new();
    };
    let size = file.len().div_ceil(1 << 10);
    let open = match file.mode() & 0o077 {
        0 => "",
        _ => ", readable by others until the next start",
    };
    format!(": {size} KiB, of user {}{open}", file.uid())
}

fn refused(error: &StoreError) -> String {
    match error {
        StoreError::Busy(_) => {
            "locked by somebody else for more than 5 s: end what holds it (fuser names it); the programs wait meanwhile"
                .to_owned()
        }
        StoreError::Open { source, .. } => format!("cannot be read ({source}): {AS_ITS_OWNER}"),
        StoreError::Foreign => format!("{error}: correct DATABASE_PATH, or restore a backup"),
        // These say themselves what to do.
        StoreError::Newer { .. } | StoreError::Damaged(_) => error.to_string(),
        other => {
            let causes = std::iter::successors(other.source(), |&cause| cause.source());
            let why = causes.last().map_or_else(String::new, |cause| format!(" ({cause})"));
            format!("{other}{why}: look at the disk, then restore a backup")
        }
    }
}

fn check_room(report: &mut Report, folder: &Path) {
    let nearest = folder.ancestors().find(|folder| folder.exists());
    let Some(Ok(disk)) = nearest.map(|folder| {
        statvfs(if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        })
    }) else {
        return;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let said = format!("{} MiB free", free >> 20);
    match free < LITTLE_ROOM {
        true => report.bad("disk", format!("{said}: make room before it is full")),
        false => report.ok("disk", said),
    }
}

/// Both programs' signs of life, `own` among them, and the newest backup.
pub fn check_programs(report: &mut Report, own: Program, database: &Inspection, path: &Path) {
    let now = Utc::now();
    for program in Program::ALL {
        let name = program.as_str();
        let beat = database.heartbeat(program);
        match (alive(beat, now), beat) {
            (true, Some(beat)) => report.ok(
                name,
                format!("running for {}", short(span(now, beat.started_at))),
            ),
            // Who checks before the first start, or after an orderly end, knows that it does not run.
            (_, None) if program == own => report.ok(name, "has never run on this database"),
            (
                _,
                Some(Heartbeat {
                    stopped_at: Some(at),
                    ..
                }),
            ) if program == own => {
                report.ok(
                    name,
                    format!("not running: it was ended {} ago", short(span(now, at))),
                );
            }
            (_, None) => report.bad(
                name,
                format!("has never run on this database: start it{}", unit(name)),
            ),
            (
                _,
                Some(Heartbeat {
                    stopped_at: Some(at),
                    ..
                }),
            ) => report.bad(
                name,
                format!(
                    "was ended {} ago: start it{}",
                    short(span(now, at)),
                    unit(name)
                ),
            ),
            (_, Some(beat)) if beat.at > now + AHEAD => report.bad(
                name,
                format!(
                    "its last sign of life is of {}, ahead of this clock: set the clock",
                    wall(beat.at).format("%F %H:%M:%S")
                ),
            ),
            (_, Some(beat)) => report.bad(
                name,
                format!(
                    "silent for {}: it was killed or is stuck; look at its log, then start it{}",
                    short(span(now, beat.at)),
                    unit(name)
                ),
            ),
        }
    }
    check_backups(report, database, path, now);
}

/// Whether a program with this last sign of life runs.
pub(super) fn alive(beat: Option<Heartbeat>, now: DateTime<Utc>) -> bool {
    beat.is_some_and(|beat| {
        beat.stopped_at.is_none() && beat.at <= now + AHEAD && now - beat.at < SILENCE
    })
}

impl Inspection {
    /// Whether this program runs now.
    pub fn runs(&self, program: Program) -> bool {
        alive(self.heartbeat(program), Utc::now())
    }
}

fn unit(name: &str) -> String {
    format!(" (systemctl start talon-{name})")
}

fn span(now: DateTime<Utc>, since: DateTime<Utc>) -> Duration {
    (now - since).to_std().unwrap_or_default()
}

fn check_backups(report: &mut Report, database: &Inspection, path: &Path, now: DateTime<Utc>) {
    const WHAT: &str = "backups";
    let backups = Backups::of(path);
    let folder = backups.folder();
    let shown = folder.display();
    let newest = match backups.newest(now) {
        Ok(newest) => newest,
        Err(error) => {
            report.bad(WHAT, format!("{error}: {AS_ITS_OWNER}"));
            return;
        }
    };
    // It makes one within minutes of its start when the last night has none.
    let is_due = database.pinger.is_some_and(|beat| {
        database.runs(Program::Pinger) && now - beat.started_at > TimeDelta::hours(1)
    });
    match newest {
        Some(newest) if now - newest < BACKUP_AGE => {
            report.ok(WHAT, format!("the newest is {} old", short(span(now, newest))));
        }
        Some(newest) => report.bad(
            WHAT,
            format!(
                "the newest is {} old: the running pinger makes one each night in {shown}; its log says why not",
                short(span(now, newest))
            ),
        ),
        None if is_due => report.bad(
            WHAT,
            format!("none in {shown}: the pinger's log says why not; `pinger backup` makes one now"),
        ),
        None => report.ok(WHAT, "none yet: the pinger makes one soon after its start, then each night"),
    }
}
