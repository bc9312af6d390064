//! Backups by the real program: nightly, and when an operator asks.

use super::PATIENCE;
use super::bench::Bench;
use shared::store::{Program, Store};
use std::path::{Path, PathBuf};
use std::process::Output;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn folder(bench: &Bench) -> PathBuf {
    bench.store.path().parent().unwrap().to_owned()
}

/// `pinger backup …` as an operator types it, with nothing else set than where the database is.
async fn ask(database: &Path, file: Option<&Path>) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_pinger"))
        .env_clear()
        .env("DATABASE_PATH", database)
        .current_dir(database.parent().unwrap())
        .arg("backup")
        .args(file)
        .kill_on_drop(true)
        .output();
    timeout(PATIENCE, output).await.expect("ends").unwrap()
}

#[tokio::test]
async fn a_copy_of_the_night_is_made_soon_after_the_start_and_looks_go_on() {
    let bench = Bench::new().await;
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    let backups = folder(&bench).join("backups");
    let made = async {
        while !names(&backups)
            .iter()
            .any(|name| name.starts_with("talon-"))
        {
            sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, made).await.expect("a backup is made");
    pinger.stop().await;
    let copies = names(&backups);
    assert_eq!(copies.len(), 1, "{copies:?}");
    let copy = Store::open(&backups.join(&copies[0]), Program::Bot)
        .await
        .unwrap();
    assert!(copy.person(1).await.unwrap().is_some());
    assert!(bench.state("1/ent/a").await.reading.is_some());
}

#[tokio::test]
async fn an_operator_copies_beside_the_running_program() {
    let bench = Bench::new().await;
    let pinger = bench.run();
    bench.until_alive().await;
    let file = folder(&bench).join("copy.db");
    let made = ask(bench.store.path(), Some(&file)).await;
    let said = String::from_utf8(made.stdout).unwrap();
    assert_eq!(made.status.code(), Some(0));
    assert!(
        said.contains("copy.db") && said.contains("checked"),
        "{said}"
    );
    assert_eq!(
        String::from_utf8(made.stderr).unwrap(),
        "",
        "no terminal, no progress"
    );
    // Where nothing is named, a name is found.
    let made = ask(bench.store.path(), None).await;
    assert_eq!(made.status.code(), Some(0));
    assert!(names(&folder(&bench).join("backups"))[0].ends_with("-asked.db"));
    let again = ask(bench.store.path(), Some(&file)).await;
    let said = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    pinger.stop().await;
    let copy = Store::open(&file, Program::Bot).await.unwrap();
    assert!(copy.person(1).await.unwrap().is_some());
}

#[tokio::test]
async fn without_a_database_there_is_nothing_to_copy_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("talon.db");
    let asked = ask(&database, None).await;
    let said = String::from_utf8(asked.stderr).unwrap();
    assert_eq!(asked.status.code(), Some(1), "{said}");
    assert!(said.contains("no database"), "{said}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_disk_without_room_leaves_half_a_copy_nowhere() {
    let bench = Bench::new().await;
    let folder = folder(&bench);
    // No file may grow beyond 100 blocks, which is less than the database has; a write beyond fails as on a full disk.
    let line = r#"trap '' XFSZ; ulimit -f 100; exec "$0" backup copy.db"#;
    let output = Command::new("sh")
        .args(["-c", line, env!("CARGO_BIN_EXE_pinger")])
        .env_clear()
        .env("DATABASE_PATH", bench.store.path())
        .current_dir(&folder)
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, output).await.expect("ends").unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("could not be copied"), "{said}");
    let left = names(&folder);
    assert!(!left.iter().any(|name| name.contains("copy")), "{left:?}");
}
