//! Backups: whole, private, kept for a week, and put back in two lines.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use shared::backups::{BackupError, Backups, KEPT, Progress};
use shared::store::{Lang, Program, Store};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

struct House {
    folder: TempDir,
    store: Store,
    backups: Backups,
}

fn noon() -> DateTime<Utc> {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        Self {
            store: Store::open(&path, Program::Pinger).await.unwrap(),
            backups: Backups::of(&path),
            folder,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("talon.db")
    }

    async fn meet(&self, chat: i64) {
        self.store.meet(chat, None, Lang::Ru, noon()).await.unwrap();
    }

    /// What lies in the folder of the copies, by name.
    fn copies(&self) -> Vec<String> {
        names(&self.backups.folder())
    }

    fn put(&self, name: &str) {
        fs::create_dir_all(self.backups.folder()).unwrap();
        fs::write(self.backups.folder().join(name), "somebody's").unwrap();
    }

    fn make(&self, now: DateTime<Utc>) -> bool {
        self.backups.make_nightly(now).unwrap().is_some()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn knows(database: &Path, chat: i64) -> bool {
    let store = Store::open(database, Program::Bot).await.unwrap();
    store.person(chat).await.unwrap().is_some()
}

#[tokio::test]
async fn a_copy_holds_everything_and_is_for_its_owner_alone() {
    let house = House::new().await;
    house.meet(7).await;
    let made = house.backups.make_nightly(noon()).unwrap().unwrap();
    assert_eq!(house.copies(), ["talon-2026-11-21T090000Z.db"]);
    assert_eq!(
        made.path.file_name().unwrap(),
        "talon-2026-11-21T090000Z.db"
    );
    assert_eq!(made.size, fs::metadata(&made.path).unwrap().len());
    assert_eq!(
        (mode(&made.path), mode(&house.backups.folder())),
        (0o600, 0o700)
    );
    assert!(knows(&made.path, 7).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_programs_write_on_while_a_copy_is_made() {
    let house = House::new().await;
    for chat in 0..2_000 {
        house.meet(chat).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let writers = [Program::Bot, Program::Pinger].map(|program| {
        let (path, is_over) = (house.path(), Arc::clone(&is_over));
        tokio::spawn(async move {
            let store = Store::open(&path, program).await.unwrap();
            let mut n = 0_i64;
            while !is_over.load(Ordering::Relaxed) {
                n += 1;
                let chat = if program == Program::Bot { n } else { -n };
                store.meet(chat, None, Lang::En, noon()).await.unwrap();
            }
        })
    });
    let mut steps = Vec::new();
    for n in 0..5 {
        let to = house.folder.path().join(format!("{n}.db"));
        let backups = house.backups.clone();
        let copying = tokio::task::spawn_blocking(move || {
            let mut seen = Vec::new();
            let made = backups.make_asked(Some(&to), noon(), &mut |step| seen.push(step));
            (made.unwrap(), seen)
        });
        let (made, seen) = copying.await.unwrap();
        steps.extend(seen);
        assert!(knows(&made.path, 1_999).await);
    }
    is_over.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(matches!(steps[0], Progress::Copying(_, total) if total > 0));
    assert_eq!(steps.last(), Some(&Progress::Checking));
}

#[tokio::test]
async fn one_a_night_and_seven_are_kept_with_everything_that_is_not_ours() {
    let house = House::new().await;
    let foreign = [
        ".talon-notes",
        "notes.txt",
        "other-2026-11-01T090000Z.db",
        "talon-2026-11-01T090000Z-asked.db",
        "talon-2026-11-01T090000Z",
        "talon-2026-11-01T090000Z.db.old",
        "talon-2026-11-1T90000Z.db",
        "talon-2026-13-01T090000Z.db",
        "talon.db",
    ];
    for name in foreign {
        house.put(name);
    }
    fs::create_dir(house.backups.folder().join("talon-2026-11-02T090000Z.db")).unwrap();
    let link = house.backups.folder().join("talon-2026-11-03T090000Z.db");
    std::os::unix::fs::symlink("notes.txt", link).unwrap();
    for day in 0..10 {
        let now = noon() + TimeDelta::days(day);
        assert!(house.make(now));
        assert!(!house.make(now + TimeDelta::hours(15)), "not yet 4 o'clock");
    }
    let mut want: Vec<_> = (24..=30)
        .map(|day| format!("talon-2026-11-{day}T090000Z.db"))
        .collect();
    assert_eq!(want.len(), KEPT);
    want.extend(foreign.map(str::to_owned));
    want.extend(["02", "03"].map(|day| format!("talon-2026-11-{day}T090000Z.db")));
    want.sort();
    assert_eq!(house.copies(), want);
}

#[tokio::test]
async fn a_night_that_was_missed_is_caught_up_with_and_a_wrong_clock_stops_nothing() {
    let house = House::new().await;
    let night: DateTime<Utc> = "2026-11-21T01:00:00Z".parse().unwrap();
    assert!(house.make(night));
    // Nobody ran for the next one: made in the morning.
    let morning = night + TimeDelta::hours(30);
    assert!(house.make(morning));
    assert!(!house.make(morning + TimeDelta::hours(1)));
    // The clock was a year ahead for a week, and is right again.
    for day in 0..7 {
        assert!(house.make(night + TimeDelta::days(365 + day)));
    }
    let next = night + TimeDelta::days(2);
    assert_eq!(house.backups.newest(next).unwrap(), None);
    for day in 0..7 {
        assert!(house.make(next + TimeDelta::days(day)));
    }
    let want: Vec<_> = (23..=29)
        .map(|day| format!("talon-2026-11-{day}T010000Z.db"))
        .collect();
    assert_eq!(house.copies(), want);
}

#[tokio::test]
async fn what_a_killed_run_left_is_cleared_away() {
    let house = House::new().await;
    let left = ".talon-2026-11-20T010000Z.db.part";
    house.put(left);
    house.put(&format!("{left}-journal"));
    // One that an operator is just making, and one they gave up.
    house.put(".talon-2026-11-21T010000Z-asked.db.part");
    house.put(".talon-2026-11-19T010000Z-asked.db.part");
    assert!(house.make(noon()));
    assert_eq!(
        house.copies(),
        [
            ".talon-2026-11-21T010000Z-asked.db.part",
            "talon-2026-11-21T090000Z.db"
        ]
    );
}

#[tokio::test]
async fn an_operator_gets_one_at_any_time_and_overwrites_nothing() {
    let house = House::new().await;
    house.meet(7).await;
    let ask = |file: Option<&Path>| house.backups.make_asked(file, noon(), &mut |_| {});
    ask(None).unwrap();
    assert_eq!(house.copies(), ["talon-2026-11-21T090000Z-asked.db"]);
    let again = ask(None).unwrap_err();
    assert!(matches!(again, BackupError::Exists(_)), "{again}");
    // It is not the one of the night, and no night removes it.
    assert!(house.make(noon()));
    let own = house.folder.path().join("copy.db");
    let made = ask(Some(&own)).unwrap();
    assert_eq!((made.path.as_path(), mode(&own)), (own.as_path(), 0o600));
    fs::write(&own, "mine").unwrap();
    assert!(matches!(ask(Some(&own)), Err(BackupError::Exists(_))));
    assert!(matches!(
        ask(Some(&house.path())),
        Err(BackupError::Exists(_))
    ));
    assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
    assert!(
        !names(house.folder.path())
            .iter()
            .any(|name| name.contains("part"))
    );
}

#[tokio::test]
async fn what_cannot_be_copied_makes_nothing_and_costs_no_older_copy() {
    let house = House::new().await;
    for chat in 0..3_000 {
        house.meet(chat).await;
    }
    for day in 1..=7 {
        assert!(house.make(noon() - TimeDelta::days(day)));
    }
    let before = house.copies();
    let path = house.path();
    drop(house.store);
    // The last connection writes the log back, on its own thread.
    while path.with_file_name("talon.db-wal").exists() {
        tokio::task::yield_now().await;
    }
    // A page in the middle goes bad.
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let made = house.backups.make_nightly(noon());
    assert!(
        matches!(made, Err(BackupError::Copy(_) | BackupError::Broken(_))),
        "{made:?}"
    );
    assert_eq!(names(&house.backups.folder()), before);
}

#[tokio::test]
async fn no_database_a_foreign_one_and_no_folder_are_said_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let backups = Backups::of(&path);
    let made = backups.make_nightly(noon());
    assert!(matches!(made, Err(BackupError::NoDatabase(_))), "{made:?}");
    assert!(names(folder.path()).is_empty());
    let foreign = Connection::open(&path).unwrap();
    foreign.execute_batch("create table notes (text)").unwrap();
    let made = backups.make_nightly(noon());
    assert!(matches!(made, Err(BackupError::Copy(_))), "{made:?}");
    assert!(names(&backups.folder()).is_empty());
    drop(foreign);
    fs::remove_file(&path).unwrap();
    fs::remove_dir(backups.folder()).unwrap();
    drop(Store::open(&path, Program::Bot).await.unwrap());
    fs::write(backups.folder(), "a file where the folder should be").unwrap();
    let made = backups.make_nightly(noon());
    assert!(matches!(made, Err(BackupError::Write { .. })), "{made:?}");
}

/// The two lines an operator reads, as a shell reads them. The first matters: a log left over by a killed program
/// belongs to another database, and SQLite would replay it into this one.
const RESTORE: &str = "rm -f talon.db-wal talon.db-shm
install -m 600 backups/talon-2026-11-21T090000Z.db talon.db";

#[tokio::test]
async fn a_copy_is_put_back_in_two_lines_over_what_a_killed_program_left() {
    let house = House::new().await;
    house.meet(7).await;
    assert!(house.make(noon()));
    house.store.forget_person(7).await.unwrap();
    house.meet(8).await;
    // As the power leaves it: the log is not written back.
    let after = tempfile::tempdir().unwrap();
    fs::create_dir(after.path().join("backups")).unwrap();
    for name in [
        "talon.db",
        "talon.db-wal",
        "backups/talon-2026-11-21T090000Z.db",
    ] {
        fs::copy(house.folder.path().join(name), after.path().join(name)).unwrap();
    }
    let wal = fs::metadata(after.path().join("talon.db-wal")).unwrap();
    assert!(wal.len() > 0);
    let shell = std::process::Command::new("sh")
        .args(["-euc", RESTORE])
        .current_dir(after.path())
        .status();
    assert!(shell.unwrap().success());
    let path = after.path().join("talon.db");
    assert_eq!(mode(&path), 0o600);
    assert!(knows(&path, 7).await);
    assert!(!knows(&path, 8).await);
    let db = Connection::open(&path).unwrap();
    let found: String = db
        .query_row("pragma integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "ok");
}
