//! An old file under a program that is killed while it brings the schema up to date.

use rusqlite::Connection;
use shared::store::{Program, Store, known_version};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::sleep;

const PEOPLE: i64 = 20_000;

/// A file of the first schema, with enough in it that the migrations take a while.
fn old_file(path: &Path) {
    let mut db = Connection::open(path).unwrap();
    db.pragma_update(None, "journal_mode", "wal").unwrap();
    let first = include_str!("../../../shared/src/store/schema/0001.sql");
    db.execute_batch(first).unwrap();
    let tx = db.transaction().unwrap();
    for n in 1..=PEOPLE {
        for sql in [
            "insert into people (id, chat_id, lang, watching, created_at, last_seen_at) values (?1, ?1, 'ru', 1, 0, 0)",
            "insert into watches (id, person_id, wish, told_through, created_at) values (?1, ?1, '{}', 0, 0)",
            "insert into watch_targets (watch_id, lpu_id, specialty_id, doctor_id) values (?1, 30, '35-1', ?1)",
        ] {
            tx.prepare_cached(sql).unwrap().execute([n]).unwrap();
        }
    }
    tx.pragma_update(None, "application_id", 0x7461_6c6e)
        .unwrap();
    tx.pragma_update(None, "user_version", 1).unwrap();
    tx.commit().unwrap();
}

fn ask<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> T {
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_kill_while_the_schema_is_brought_up_to_date_leaves_the_old_one_or_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    old_file(&path);
    let mut found = Vec::new();
    for n in 0..12 {
        let mut pinger = Command::new(env!("CARGO_BIN_EXE_pinger"))
            .env_clear()
            .env("DATABASE_PATH", &path)
            .env("GORZDRAV_API_URL", "http://127.0.0.1:1/api")
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(15 * n)).await;
        pinger.kill().await.unwrap();
        let db = Connection::open(&path).unwrap();
        let version: u32 = ask(&db, "pragma user_version");
        assert!(version == 1 || version == known_version(), "{version}");
        assert_eq!(ask::<String>(&db, "pragma integrity_check"), "ok");
        assert_eq!(
            ask::<i64>(&db, "select count(*) from watch_targets"),
            PEOPLE
        );
        let sql = "select count(*) from sqlite_schema where name = 'recent_targets'";
        assert_eq!(ask::<bool>(&db, sql), version > 1);
        found.push(version);
    }
    eprintln!("schema after each kill: {found:?}");
    drop(Store::open(&path, Program::Pinger).await.unwrap());
    let db = Connection::open(&path).unwrap();
    assert_eq!(ask::<u32>(&db, "pragma user_version"), known_version());
    assert_eq!(
        ask::<i64>(&db, "select count(*) from recent_targets"),
        PEOPLE
    );
    assert_eq!(ask::<i64>(&db, "select count(*) from people"), PEOPLE);
}
