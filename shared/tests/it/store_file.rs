//! The file itself: created, shared by two processes, refused when it is not ours.

use chrono::Utc;
use rusqlite::Connection;
use shared::store::{Lang, Program, Store, StoreError, integrity, known_version};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

#[tokio::test]
async fn the_first_start_creates_the_folder_and_a_private_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/there/yet/talon.db");
    let store = Store::open(&path, Program::Bot).await.unwrap();
    store.meet(1, None, Lang::Ru, Utc::now()).await.unwrap();
    for name in ["talon.db", "talon.db-wal", "talon.db-shm"] {
        let mode = std::fs::metadata(path.with_file_name(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_file_that_others_could_read_is_closed_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let files = ["talon.db", "talon.db-wal", "talon.db-shm"].map(|name| path.with_file_name(name));
    let open = Store::open(&path, Program::Bot).await.unwrap();
    open.meet(1, None, Lang::Ru, Utc::now()).await.unwrap();
    for file in &files {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    // The other program starts beside it.
    let store = Store::open(&path, Program::Pinger).await.unwrap();
    for file in &files {
        let mode = std::fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    assert!(store.person(1).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_openings_of_a_fresh_file_at_once_all_succeed() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talon.db");
        let open = |program| {
            let path = path.clone();
            tokio::spawn(async move { Store::open(&path, program).await.map(drop) })
        };
        let openings = [Program::Bot, Program::Pinger, Program::Bot, Program::Pinger].map(open);
        for opening in openings {
            opening.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    drop(Store::open(&path, Program::Bot).await.unwrap());
    let newer = known_version() + 1;
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", newer)
        .unwrap();
    match Store::open(&path, Program::Bot).await {
        Err(StoreError::Newer { found, known }) => {
            assert_eq!((found, known), (newer, known_version()))
        }
        other => panic!("{other:?}"),
    }
    let db = Connection::open(&path).unwrap();
    let found: u32 = db
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, newer);
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but long enough to hold a header of one".repeat(20),
    )
    .unwrap();
    let other = folder.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("create table notes (text)")
        .unwrap();
    for path in [text, other] {
        let before = std::fs::read(&path).unwrap();
        let refused = Store::open(&path, Program::Pinger).await;
        assert!(matches!(refused, Err(StoreError::Foreign)), "{refused:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_commit_of_the_other_program_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let bot = Store::open(&path, Program::Bot).await.unwrap();
    let pinger = Store::open(&path, Program::Pinger).await.unwrap();
    let mut heard = bot.changes().await.unwrap();
    let mut cloned = heard.clone();
    let heard_in_time = async |changes: &mut shared::store::Changes| {
        tokio::time::timeout(Duration::from_secs(10), changes.next())
            .await
            .unwrap();
    };
    // The first wake tells of everything before.
    heard_in_time(&mut heard).await;
    pinger
        .beat(Program::Pinger, Utc::now(), Utc::now())
        .await
        .unwrap();
    heard_in_time(&mut heard).await;
    heard_in_time(&mut cloned).await;
}

#[tokio::test]
async fn both_programs_write_at_once_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let stores = [
        Store::open(&path, Program::Bot).await.unwrap(),
        Store::open(&path, Program::Pinger).await.unwrap(),
    ];
    let writers = stores.map(|store| {
        tokio::spawn(async move {
            for chat in 0..200 {
                store.meet(chat, None, Lang::En, Utc::now()).await.unwrap();
            }
        })
    });
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn a_hold_only_grows() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
        .await
        .unwrap();
    let now: chrono::DateTime<Utc> = "2026-11-20T09:00:00Z".parse().unwrap();
    assert_eq!(store.portal_hold().await.unwrap(), None);
    store
        .hold_portal(now + chrono::TimeDelta::seconds(30))
        .await
        .unwrap();
    store.hold_portal(now).await.unwrap();
    assert_eq!(
        store.portal_hold().await.unwrap(),
        Some(now + chrono::TimeDelta::seconds(30))
    );
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_brought_up_to_date_with_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let first = Connection::open(&path).unwrap();
    first
        .execute_batch(include_str!("../../src/store/schema/0001.sql"))
        .unwrap();
    first
        .execute_batch(
            r#"insert into people (id, chat_id, lang, watching, created_at, last_seen_at) values (7, 70, 'en', 1, 0, 0);
            insert into watches (id, person_id, wish, told_through, created_at) values (5, 7, '{}', 3, 0);
            insert into watch_targets values (5, 30, '35-1', '36');
            insert into alerts (id, person_id, message_id, sent_at, shown) values (1, 7, 11, 0, '1');
            insert into alert_slots (alert_id, lpu_id, specialty_id, doctor_id, start, opened_by, person_id, watch_id)
                values (1, 30, '35-1', '36', 4102444800000, 2, 7, 5);
            pragma application_id = 0x74616c6e; pragma user_version = 1;"#,
        )
        .unwrap();
    drop(first);
    let store = Store::open(&path, Program::Bot).await.unwrap();
    let person = store.person(70).await.unwrap().unwrap();
    let watches = store.watches(person.id, Utc::now()).await.unwrap();
    assert_eq!(watches.len(), 1);
    assert!(watches[0].wish.is_any());
    assert_eq!(watches[0].targets.len(), 1);
    let news = store.news(person.id, Utc::now()).await.unwrap().unwrap();
    assert_eq!(news.cursors[0].1.0, 3);
    assert_eq!(store.alerts(person.id).await.unwrap()[0].n_slots, 1);
    let listing = store.set_wish(
        person.id,
        watches[0].id,
        watches[0].wish.clone(),
        Utc::now(),
    );
    let listing = listing.await.unwrap().unwrap();
    store.listed(listing, Utc::now()).await.unwrap();
    let db = Connection::open(&path).unwrap();
    let found: u32 = db
        .query_row("pragma user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, known_version());
}

#[tokio::test]
async fn a_sound_file_has_nothing_wrong_and_a_damaged_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("talon.db");
    let missing = integrity(&path).await;
    assert!(
        matches!(missing, Err(StoreError::Open { .. })),
        "{missing:?}"
    );
    assert!(!path.exists());
    let store = Store::open(&path, Program::Bot).await.unwrap();
    for chat in 0..200 {
        store.meet(chat, None, Lang::Ru, Utc::now()).await.unwrap();
    }
    // While a program has it open, too.
    assert_eq!(integrity(&path).await.unwrap(), Vec::<String>::new());
    drop(store);
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "pragma foreign_keys = off;
         insert into watches (person_id, wish, told_through, created_at) values (9999, '{}', 0, 0);
         pragma wal_checkpoint(truncate);",
    )
    .unwrap();
    drop(db);
    let wrong = integrity(&path).await.unwrap();
    assert_eq!(wrong, ["a row of watches refers to no row of people"]);
    let mut bytes = std::fs::read(&path).unwrap();
    for page in bytes.chunks_mut(4096).skip(1) {
        page[..8].fill(0xff);
    }
    std::fs::write(&path, bytes).unwrap();
    assert!(!integrity(&path).await.is_ok_and(|wrong| wrong.is_empty()));
}
