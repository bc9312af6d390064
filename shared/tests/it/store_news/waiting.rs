//! News that waits: for a look, for the morning.

use super::*;

#[tokio::test]
async fn what_was_read_long_ago_is_told_only_after_another_look() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36"), doctor("37")]).await;
    bench.look("36", &[5]).await;
    bench.now += TimeDelta::minutes(11);
    bench.look("37", &[6]).await;
    let person = bench.person(ANNA).await;
    let news = bench.store.news(person, bench.now).await.unwrap().unwrap();
    assert_eq!(
        news.to_ask,
        [doctor("36")],
        "nobody has asked for it lately"
    );
    assert_eq!(
        bench.tell(ANNA).await,
        [6],
        "what is fresh is told, the rest is withheld"
    );
    assert_eq!(bench.pending(ANNA).await, NOTHING);
    bench.look("36", &[5]).await;
    assert_eq!(bench.tell(ANNA).await, [5], "withheld is not lost");
    assert_eq!(bench.pending(ANNA).await, NOTHING);
}

#[tokio::test]
async fn telling_waits_for_a_look_that_was_asked_for_but_not_for_ever() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    bench.look("36", &[5]).await;
    bench.now += TimeDelta::minutes(3);
    let person = bench.person(ANNA).await;
    let awaits = async |bench: &Bench| {
        bench
            .store
            .news(person, bench.now)
            .await
            .unwrap()
            .unwrap()
            .awaits_look
    };
    assert!(!awaits(&bench).await);
    bench.store.ask_looks(vec![any()], bench.now).await.unwrap();
    bench.now += TimeDelta::seconds(30);
    assert!(awaits(&bench).await);
    bench.now += TimeDelta::seconds(1);
    assert!(!awaits(&bench).await, "thirty seconds are enough");
    assert_eq!(bench.pending(ANNA).await, [5], "its age is told");
}

#[tokio::test]
async fn the_morning_names_only_what_was_read_a_moment_ago() {
    let mut bench = Bench::new().await;
    bench.watch(ANNA, &[doctor("36")]).await;
    let person = bench.person(ANNA).await;
    // The bench begins at noon by the wall clock.
    bench
        .store
        .set_quiet(person, shared::quiet::Quiet::new(0, 12 * 60), true)
        .await
        .unwrap();
    bench.look("36", &[30]).await;
    bench.now += TimeDelta::minutes(3);
    assert_eq!(
        bench.pending(ANNA).await,
        NOTHING,
        "read three minutes ago is not now"
    );
    bench.look("36", &[30]).await;
    assert_eq!(bench.pending(ANNA).await, [30]);
}

#[tokio::test]
async fn quiet_is_broken_by_what_begins_soon_and_by_urgent_watches() {
    let mut bench = Bench::new().await;
    let watch = bench.watch(ANNA, &[doctor("36")]).await;
    let person = bench.person(ANNA).await;
    let breaks = async |bench: &Bench| {
        bench
            .store
            .news(person, bench.now)
            .await
            .unwrap()
            .unwrap()
            .breaks_quiet
    };
    bench.look("36", &[30]).await;
    assert!(!breaks(&bench).await, "tomorrow evening can wait");
    bench.store.set_urgent(watch, true).await.unwrap();
    assert!(breaks(&bench).await);
    bench.store.set_urgent(watch, false).await.unwrap();
    bench.look("36", &[5, 30]).await;
    assert!(breaks(&bench).await, "this evening cannot");
    bench.store.set_quiet(person, None, false).await.unwrap();
    assert!(!breaks(&bench).await, "unless the person said so");
}
