//! A database file the programs cannot use: refused in one line, and left as it was.

use super::house::House;
use rusqlite::Connection;
use sandbox::Binary;
use shared::store::{Program, Store, known_version};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

/// Becomes a root that may not write what its mode forbids.
pub(super) const AS_ANYBODY: [&str; 2] =
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

/// A file of ours, of several pages, written in full.
async fn ours(path: &Path) -> Vec<u8> {
    drop(Store::open(path, Program::Bot).await.unwrap());
    let db = Connection::open(path).unwrap();
    db.execute_batch("pragma wal_checkpoint(truncate)").unwrap();
    drop(db);
    fs::read(path).unwrap()
}

/// Everything in the folder, the index of the log aside: it is made anew at each opening.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    named
        .filter(|(name, _)| !name.ends_with("-shm"))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

/// Both programs refuse the file in one line that names it and says this, and change nothing.
async fn is_refused(house: &House, path: &Path, words: &str, through: &[&str]) {
    let before = files(path.parent().unwrap());
    let mut settings = house.settings();
    settings.push(("DATABASE_PATH".into(), path.to_str().unwrap().into()));
    for name in ["bot", "pinger"] {
        let folder = house.folder.path();
        let program = Binary::start_through(name, &settings, folder, through);
        let (status, said) = program.await.unwrap().ends(LONG).await.unwrap();
        assert_eq!(status.code(), Some(1), "{name}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{name}: {said}");
        assert!(said.contains(words), "{name}, {words}: {said}");
        assert!(said.contains(path.to_str().unwrap()), "{name}: {said}");
        let after = files(path.parent().unwrap());
        assert!(
            after.keys().eq(before.keys()),
            "{name}, {words}: {:?}",
            after.keys()
        );
        assert!(after == before, "{name}, {words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_foreign_or_newer_file_is_refused_and_left_as_it_was() {
    let house = House::new().await;
    let good = ours(&house.folder.path().join("good.db")).await;
    let torn = {
        let mut bytes = good.clone();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0xa5);
        bytes
    };
    let headless = [&b"no header of ours"[..], &good[17..]].concat();
    let rows: [(&str, Vec<u8>, &str); 6] = [
        ("torn", torn, "damaged, restore a backup"),
        (
            "short",
            good[..good.len() / 2].to_vec(),
            "damaged, restore a backup",
        ),
        ("stub", good[..100].to_vec(), "damaged, restore a backup"),
        ("headless", headless, "not a database of the talon watcher"),
        (
            "text",
            b"people and doctors\n".repeat(500),
            "not a database of the talon watcher",
        ),
        (
            "short text",
            b"people".to_vec(),
            "not a database of the talon watcher",
        ),
    ];
    for (name, bytes, words) in rows {
        let folder = house.folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        let path = folder.join("talon.db");
        fs::write(&path, bytes).unwrap();
        is_refused(&house, &path, words, &[]).await;
    }

    // Somebody else's, and ours of a newer program: each whole, and as a kill leaves it, with a log beside it.
    let foreign = "create table notes (text); insert into notes values ('mine');";
    let newer = format!("pragma user_version = {}", known_version() + 1);
    for (name, begin, sql, words) in [
        (
            "other",
            None,
            foreign,
            "not a database of the talon watcher",
        ),
        (
            "newer",
            Some(&good),
            newer.as_str(),
            "run the newer program or restore a backup",
        ),
    ] {
        let folder = house.folder.path().join(name);
        let (whole, killed) = (folder.join("whole"), folder.join("killed"));
        for folder in [&whole, &killed] {
            fs::create_dir_all(folder).unwrap();
        }
        let path = whole.join("talon.db");
        if let Some(bytes) = begin {
            fs::write(&path, bytes).unwrap();
        }
        let db = Connection::open(&path).unwrap();
        db.execute_batch("pragma journal_mode = wal").unwrap();
        db.execute_batch(sql).unwrap();
        for name in ["talon.db", "talon.db-wal"] {
            fs::copy(whole.join(name), killed.join(name)).unwrap();
        }
        drop(db);
        is_refused(&house, &path, words, &[]).await;
        is_refused(&house, &killed.join("talon.db"), words, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_only_be_read_is_refused_and_left_as_it_was() {
    let house = House::new().await;
    let folder = house.folder.path().join("kept");
    fs::create_dir(&folder).unwrap();
    let path = folder.join("talon.db");
    let bytes = ours(&house.folder.path().join("good.db")).await;
    fs::write(&path, bytes).unwrap();
    let is_root = fs::metadata(&folder).unwrap().uid() == 0;
    let through = if is_root { &AS_ANYBODY[..] } else { &[] };
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    is_refused(&house, &path, "cannot be written to", through).await;
    // Nor can the log be written when it is the folder.
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).unwrap();
    is_refused(&house, &path, "opening the database", through).await;
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
}
