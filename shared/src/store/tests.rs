//! The threads of the store: what breaks in one breaks nothing else.

use super::*;
use chrono::Utc;
use std::sync::mpsc::channel;
use std::time::Duration;
use tokio::time::timeout;

/// Longer than anything here takes, so that waiting for ever fails.
const PATIENCE: Duration = Duration::from_secs(30);

async fn store(folder: &tempfile::TempDir) -> Store {
    let path = folder.path().join("talon.db");
    Store::open(&path, Program::Bot).await.unwrap()
}

fn chats(db: &Transaction<'_>) -> Result<Vec<i64>, StoreError> {
    let mut query = db.prepare("select chat_id from people order by chat_id")?;
    let chats = query.query_map([], |row| row.get(0))?;
    Ok(chats.collect::<Result<_, _>>()?)
}

fn meet(db: &Transaction<'_>, chat: i64) -> Result<(), StoreError> {
    db.execute(
        "insert into people (chat_id, lang, watching, created_at, last_seen_at) values (?1, 'ru', 1, 0, 0)",
        [chat],
    )?;
    Ok(())
}

#[tokio::test]
async fn a_read_that_breaks_is_told_and_the_next_one_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let broken = store.read(|_| -> Result<(), _> { panic!("on purpose") });
    let broken = timeout(PATIENCE, broken).await.unwrap();
    assert!(matches!(broken, Err(StoreError::Broke)), "{broken:?}");
    let aside = store.read_aside(|_| -> Result<(), _> { panic!("on purpose") });
    let aside = timeout(PATIENCE, aside).await.unwrap();
    assert!(matches!(aside, Err(StoreError::Broke)), "{aside:?}");
    assert_eq!(store.read(chats).await.unwrap(), Vec::<i64>::new());
    assert_eq!(store.read_aside(chats).await.unwrap(), Vec::<i64>::new());
}

#[tokio::test]
async fn a_write_that_breaks_leaves_nothing_behind_and_takes_no_neighbour_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    // While this one runs the others line up behind it, to be committed with it.
    let (begun, has_begun) = channel();
    let (go, may_go) = channel::<()>();
    let late = store.clone();
    let first = tokio::spawn(async move {
        let write = late.write(move |db| {
            begun.send(()).unwrap();
            may_go.recv().unwrap();
            meet(db, 1)
        });
        write.await
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    let broken = store.write(|db| -> Result<(), _> {
        meet(db, 2)?;
        panic!("on purpose")
    });
    let after = store.write(|db| meet(db, 3));
    let release = async { go.send(()).unwrap() };
    let all = async { tokio::join!(biased; broken, after, release) };
    let (broken, after, ()) = timeout(PATIENCE, all).await.unwrap();
    assert!(matches!(broken, Err(StoreError::Broke)), "{broken:?}");
    after.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(store.read(chats).await.unwrap(), [1, 3]);
    store
        .beat(Program::Bot, Utc::now(), Utc::now())
        .await
        .unwrap();
}

#[tokio::test]
async fn it_is_seen_when_a_question_takes_long() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    store.read(chats).await.unwrap();
    let (begun, has_begun) = channel();
    let (go, may_go) = channel::<()>();
    let late = store.clone();
    let slow = tokio::spawn(async move {
        let read = late.read(move |db| {
            begun.send(()).unwrap();
            may_go.recv().unwrap();
            chats(db)
        });
        read.await
    });
    tokio::task::spawn_blocking(move || has_begun.recv().unwrap())
        .await
        .unwrap();
    let seen = async {
        while store.at_one_question() < Duration::from_millis(100) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, seen).await.unwrap();
    // Other threads answer meanwhile, and do not hide it.
    store.read_aside(chats).await.unwrap();
    assert!(store.at_one_question() >= Duration::from_millis(100));
    go.send(()).unwrap();
    slow.await.unwrap().unwrap();
    let over = async {
        while !store.at_one_question().is_zero() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, over).await.unwrap();
}
