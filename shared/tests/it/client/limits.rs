//! The limiter and the hold.

use super::outcome;
use super::portal::{Portal, Reply, settings};
use chrono::{TimeDelta, Utc};
use shared::gorzdrav::Api;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_429_holds_every_later_read_without_a_request() {
    let portal = Portal::saying(Reply::status(429).header("retry-after", "600")).await;
    let api = portal.api();
    assert_eq!(api.held_until(), None);
    let read = api.districts(api.turn().await).await;
    assert_eq!(outcome(&read), "later: status 429, 600 s");
    let until = api.held_until().unwrap();
    assert!(until > Utc::now() + TimeDelta::seconds(500), "{until}");
    assert!(until <= Utc::now() + TimeDelta::seconds(600), "{until}");

    let other = api.clone();
    let read = other.lpus(other.turn().await).await;
    assert!(outcome(&read).starts_with("later: held, "), "{read:?}");
    assert_eq!(portal.seen().len(), 1);
}

#[tokio::test]
async fn a_hold_met_by_the_other_process_is_obeyed() {
    let portal = Portal::saying(Reply::json(r#"{"success":true,"result":[]}"#)).await;
    let api = portal.api();
    let at = Utc::now() + TimeDelta::minutes(5);
    api.hold_until(at);
    api.hold_until(at - TimeDelta::minutes(3));
    assert_eq!(api.held_until(), Some(at));
    let read = api.districts(api.turn().await).await;
    assert!(outcome(&read).starts_with("later: held, "), "{read:?}");
    assert_eq!(portal.seen().len(), 0);
}

#[tokio::test]
async fn a_hold_that_has_passed_stops_nothing() {
    let portal = Portal::saying(Reply::json(r#"{"success":true,"result":[]}"#)).await;
    let api = portal.api();
    api.hold_until(Utc::now() - TimeDelta::seconds(1));
    assert_eq!(api.held_until(), None);
    assert_eq!(outcome(&api.districts(api.turn().await).await), "ok");
}

#[tokio::test]
async fn other_failures_hold_nothing() {
    let portal = Portal::saying(Reply::status(503).header("retry-after", "600")).await;
    let api = portal.api();
    let _ = api.districts(api.turn().await).await;
    assert_eq!(api.held_until(), None);
}

#[tokio::test]
async fn turns_come_one_by_one_at_the_given_pace_with_no_burst() {
    let portal = Portal::saying(Reply::Silence).await;
    let mut settings = settings(portal.url.clone());
    settings.requests_per_second = 50.0;
    let api = Api::new(&settings).unwrap();
    let begun = Instant::now();
    let waiting: Vec<_> = (0..6)
        .map(|_| {
            let api = api.clone();
            tokio::spawn(async move { api.turn().await })
        })
        .collect();
    for turn in waiting {
        let _ = turn.await.unwrap();
    }
    // Only a lower bound: the first is free, five wait 20 ms each. A slow machine may take longer.
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test]
async fn who_gives_up_waiting_takes_no_turn_from_others() {
    let portal = Portal::saying(Reply::Silence).await;
    let mut settings = settings(portal.url.clone());
    settings.requests_per_second = 20.0;
    let api = Api::new(&settings).unwrap();
    let _ = api.turn().await;
    let waiting = tokio::spawn({
        let api = api.clone();
        async move { api.turn().await }
    });
    tokio::task::yield_now().await;
    waiting.abort();
    let _ = api.turn().await;
}
