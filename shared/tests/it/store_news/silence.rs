//! Off, pauses and deleted watches: nothing is told, and the way back tells anew.

use super::*;

#[tokio::test]
async fn off_is_silence_and_on_tells_anew() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    let person = bench.person(ANNA).await;
    bench.store.switch_off(person, bench.now).await.unwrap();
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.store.news(person, bench.now).await.unwrap(), None);
    assert_eq!(bench.with_news(EventId(0)).await, []);
    let targets = bench.store.switch_on(person, bench.now).await.unwrap();
    assert_eq!(targets, [doctor("36")]);
    assert_eq!(bench.tell(ANNA).await, [5, 6]);
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn a_paused_watch_is_silent_and_tells_anew_when_resumed() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    bench.store.pause_watch(watch, None).await.unwrap();
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    assert_eq!(bench.store.watched(bench.now).await.unwrap(), []);
    bench.store.resume_watch(watch, bench.now).await.unwrap();
    assert_eq!(bench.pending(ANNA).await, [5, 6]);
}

#[tokio::test]
async fn a_pause_with_an_end_ends_by_itself() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench
        .store
        .pause_watch(watch, Some(bench.at(1)))
        .await
        .unwrap();
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    bench.now = bench.at(1);
    bench.look("36", &[5]).await;
    assert_eq!(bench.pending(ANNA).await, [5]);
}

#[tokio::test]
async fn a_deleted_watch_is_silent_and_comes_back_as_it_was() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.tell(ANNA).await;
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    bench.look("36", &[5, 6]).await;
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    assert!(bench.store.undo_delete(watch, bench.at(-1)).await.unwrap());
    assert_eq!(bench.pending(ANNA).await, [6]);
}

#[tokio::test]
async fn a_deletion_cannot_be_undone_for_ever() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    bench.store.delete_watch(watch, bench.now).await.unwrap();
    bench.now = bench.at(1);
    assert!(!bench.store.undo_delete(watch, bench.at(0)).await.unwrap());
    assert_eq!(bench.store.purge_deleted(bench.at(0)).await.unwrap(), 1);
    assert!(!bench.store.undo_delete(watch, bench.at(-9)).await.unwrap());
}
