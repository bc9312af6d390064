//! A portal that fails, in all its ways.

use super::bench::Bench;
use super::portal::Trouble;
use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use shared::failure::FailureKind;
use shared::store::TargetState;

#[tokio::test]
async fn an_answer_that_cannot_be_read_changes_nothing() {
    let html = "<html><body>Технические работы</body></html>";
    let wrong_type = r#"{"success":true,"errorCode":0,"result":[{"id":7,"visitStart":"2027-03-01T10:00:00","visitEnd":""}]}"#;
    let rows = [
        (Trouble::Code(1), FailureKind::Portal, Some(1)),
        (Trouble::Code(602), FailureKind::Clinic, Some(602)),
        (Trouble::Code(610), FailureKind::Gone, Some(610)),
        (Trouble::Status(500, None), FailureKind::Portal, Some(500)),
        (Trouble::Status(404, None), FailureKind::Portal, Some(404)),
        (
            Trouble::Body("text/html", html),
            FailureKind::Unreadable,
            None,
        ),
        (
            Trouble::Body("application/json", html),
            FailureKind::Unreadable,
            None,
        ),
        (
            Trouble::Body("application/json", wrong_type),
            FailureKind::Unreadable,
            None,
        ),
        (
            Trouble::Body("application/json", r#"{"success":true}"#),
            FailureKind::Unreadable,
            None,
        ),
        (
            Trouble::Body("application/json", ""),
            FailureKind::Unreadable,
            None,
        ),
        (Trouble::Truncated, FailureKind::Unreachable, None),
        (Trouble::Hangs, FailureKind::Unreachable, None),
    ];
    // Side by side: each waits for back-offs.
    join_all(rows.map(|(trouble, kind, code)| changes_nothing(trouble, kind, code))).await;
}

async fn changes_nothing(trouble: Trouble, kind: FailureKind, code: Option<i32>) {
    let mut bench = Bench::new().await;
    bench.set("REQUEST_TIMEOUT", "200ms");
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.set_slots(1, "a", &["03-01T10:00"]);
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    bench.until_events(&["found a 03-01T10:00"]).await;
    bench.portal.trouble(1, trouble.clone());
    let failing = bench.until(
        || bench.state("1/ent/a"),
        |state| {
            state
                .reading
                .as_ref()
                .is_some_and(|reading| reading.failing.is_some())
        },
    );
    let state = failing.await;
    let (_, failure) = state.reading.unwrap().failing.unwrap();
    assert_eq!((failure.kind, failure.code), (kind, code), "{trouble:?}");
    assert_eq!(state.free.len(), 1, "{trouble:?}");
    bench.portal.trouble(1, None);
    bench
        .until(|| bench.state("1/ent/a"), |state| state.n_failing == 0)
        .await;
    pinger.stop().await;
    assert_eq!(bench.events().await, ["found a 03-01T10:00"], "{trouble:?}");
}

#[tokio::test]
async fn a_hung_clinic_delays_no_other() {
    let mut bench = Bench::new().await;
    bench.set("REQUEST_TIMEOUT", "1h");
    bench.portal.list(2, "eye", &["b"]);
    bench.portal.trouble(1, Trouble::Hangs);
    bench.watch("1/ent/a").await;
    bench.watch("2/eye/b").await;
    let pinger = bench.run();
    bench.portal.wait_asked("slots 2/b", 2).await;
    bench.portal.set_slots(2, "b", &["03-01T10:00"]);
    bench.until_events(&["appeared b 03-01T10:00"]).await;
    pinger.stop().await;
    let to_first = bench
        .portal
        .asked()
        .iter()
        .filter(|asked| asked.contains(" 1/"))
        .count();
    assert_eq!(to_first, 1, "one request at a time to a clinic");
}

#[tokio::test]
async fn a_429_holds_everything_and_tells_the_bot() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    bench.portal.list(2, "eye", &["b"]);
    bench.portal.trouble(1, Trouble::Status(429, Some("2")));
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    let hold = bench
        .until(
            || bench.store.portal_hold(),
            |hold| matches!(hold, Ok(Some(_))),
        )
        .await;
    let until = hold.unwrap().unwrap();
    bench.watch("2/eye/b").await;
    bench.portal.trouble(1, None);
    bench.portal.wait_asked("slots 2/b", 1).await;
    assert!(Utc::now() >= until, "asked under a hold");
    bench
        .until(|| bench.state("1/ent/a"), |state| state.good_at.is_some())
        .await;
    pinger.stop().await;
}

#[tokio::test]
async fn the_bots_hold_is_obeyed() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a"]);
    let until = Utc::now() + TimeDelta::seconds(2);
    bench.store.hold_portal(until).await.unwrap();
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    bench.portal.wait_asked("slots 1/a", 1).await;
    assert!(Utc::now() >= until - TimeDelta::milliseconds(1));
    pinger.stop().await;
}

#[tokio::test]
async fn a_request_goes_through_a_back_off() {
    let bench = Bench::new().await;
    bench.portal.list(1, "ent", &["a", "b"]);
    bench.portal.trouble(1, Trouble::Status(503, Some("600")));
    bench.watch("1/ent/a").await;
    let pinger = bench.run();
    let failed = |state: &TargetState| state.n_failing == 1;
    bench.until(|| bench.state("1/ent/a"), failed).await;
    bench.portal.trouble(1, None);
    bench.ask("1/ent/b", Utc::now()).await;
    let good = |state: &TargetState| state.good_at.is_some();
    bench.until(|| bench.state("1/ent/b"), good).await;
    pinger.stop().await;
}
