//! What is looked at, and what is recorded of it.

use super::bench::{Bench, target};
use chrono::{TimeDelta, Utc};
use shared::store::Look;

#[tokio::test]
async fn slots_are_found_then_appear_then_go() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    bench.until_events(&["found a 03-01T10:00"]).await;
    bench
        .portal
        .set_slots(1, "a", &["03-01T10:00", "03-02T11:00"]);
    bench
        .until_events(&["found a 03-01T10:00", "appeared a 03-02T11:00"])
        .await;
    bench.portal.set_slots(1, "a", &["03-02T11:00"]);
    let all = [
        "found a 03-01T10:00",
        "appeared a 03-02T11:00",
        "gone a 03-01T10:00",
    ];
    bench.until_events(&all).await;
    pinger.stop().await;
    assert_eq!(bench.state("1/ent/a").await.free.len(), 1);
}

#[tokio::test]
async fn any_doctor_means_everyone_listed() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a", "b"]);
    bench.watch("1/ent").await;
    let pinger = bench.run();
    bench.portal.wait_asked("slots 1/b", 1).await;
    bench.portal.list(1, "ent", &["a", "b", "c"]);
    bench.portal.set_slots(1, "c", &["03-01T10:00"]);
    bench.until_events(&["found c 03-01T10:00"]).await;
    pinger.stop().await;
}

#[tokio::test]
async fn a_restart_repeats_nothing() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent/a").await;
    let first = bench.run();
    bench.until_events(&["found a 03-01T10:00"]).await;
    first.stop().await;
    bench
        .portal
        .set_slots(1, "a", &["03-01T10:00", "03-02T11:00"]);
    let second = bench.run();
    bench
        .until_events(&["found a 03-01T10:00", "appeared a 03-02T11:00"])
        .await;
    let n = bench.portal.n_asked("slots 1/a");
    bench.portal.wait_asked("slots 1/a", n + 2).await;
    second.stop().await;
    assert_eq!(bench.events().await.len(), 2);
}

#[tokio::test]
async fn a_miss_before_a_restart_is_confirmed_after_it() {
    let mut bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent/a").await;
    let first = bench.run();
    bench.until_events(&["found a 03-01T10:00"]).await;
    first.stop().await;
    let miss = Look {
        doctor: target("1/ent/a").doctor_ref().unwrap(),
        begun_at: Utc::now(),
        outcome: Ok(Vec::new()),
    };
    bench.store.record_look(miss, Utc::now()).await.unwrap();
    assert_eq!(bench.events().await.len(), 1, "one miss is not the end");
    bench.portal.set_slots(1, "a", &[]);
    // Nothing is due for an hour but the second look.
    bench.set("POLL_PERIOD", "1h");
    let second = bench.run();
    bench
        .until_events(&["found a 03-01T10:00", "gone a 03-01T10:00"])
        .await;
    second.stop().await;
}

#[tokio::test]
async fn what_nobody_watches_is_not_asked_and_dropped() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent/a").await;
    bench.another_watches("2/eye/b").await;
    let pinger = bench.run();
    bench.until_events(&["found a 03-01T10:00"]).await;
    // The request that came with the watch would keep the slots for two minutes: age it.
    bench
        .ask("1/ent/a", Utc::now() - TimeDelta::minutes(10))
        .await;
    bench.off().await;
    bench
        .until(|| bench.state("1/ent/a"), |state| state.free.is_empty())
        .await;
    let n_asked = bench.portal.asked().len();
    let n_other = bench.portal.n_asked("slots 2/b");
    bench.portal.wait_asked("slots 2/b", n_other + 2).await;
    pinger.stop().await;
    let after = bench.portal.asked().split_off(n_asked);
    assert!(after.iter().all(|asked| asked.contains(" 2/")), "{after:?}");
}

#[tokio::test]
async fn a_request_is_met_though_nobody_watches() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a", "b"]);
    let pinger = bench.run();
    bench.until_alive().await;
    let asked_at = Utc::now();
    bench.ask("1/ent", asked_at).await;
    let since = asked_at - TimeDelta::seconds(15);
    let state = bench
        .until(|| bench.state("1/ent"), |state| state.is_read_since(since))
        .await;
    assert_eq!(state.n_doctors, 2);
    pinger.stop().await;
    assert_eq!(
        bench.portal.asked()[0],
        "doctors 1/ent",
        "the list comes first"
    );
}

#[tokio::test]
async fn the_timetable_tells_why_there_is_nothing() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a", "b"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent").await;
    let pinger = bench.run();
    let state = bench
        .until(|| bench.state("1/ent/b"), |state| state.timetable.is_some())
        .await;
    pinger.stop().await;
    let timetable = state.timetable.unwrap();
    assert_eq!(
        (timetable.n_days, timetable.deny_cause.as_deref()),
        (1, Some("Талоны закончились"))
    );
    assert_eq!(
        bench.portal.n_asked("timetable 1/a"),
        0,
        "a has something free"
    );
}
