//! Updates, and the long polls that fetch them.

use super::{Bench, SOON};
use serde_json::{Value, json};

#[tokio::test]
async fn a_long_poll_wakes_when_something_comes() {
    let bench = Bench::start().await;
    let first = bench.ok("getUpdates", json!({"timeout": 0})).await;
    let next = first[0]["update_id"].as_i64().unwrap() + 1;
    let poll = bench.ok("getUpdates", json!({"offset": next, "timeout": 50}));
    let speaks = async {
        let waits = |call: &sandbox::telegram::Call| call.params["offset"] == next;
        bench.telegram.log().wait_for(0, SOON, waits).await.unwrap();
        bench.anna.say("привет");
    };
    let (updates, ()) = tokio::join!(poll, speaks);
    assert_eq!(updates[0]["message"]["text"], "привет");
    assert_eq!(updates[0]["update_id"], next);
}

#[tokio::test]
async fn updates_stay_until_confirmed() {
    let bench = Bench::start().await;
    for text in ["а", "б", "в"] {
        bench.anna.say(text);
    }
    let texts = async |params: Value| {
        let updates = bench.ok("getUpdates", params).await;
        let texts = updates
            .as_array()
            .unwrap()
            .iter()
            .map(|update| update["message"]["text"].as_str().unwrap().to_owned());
        texts.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(texts(json!({})).await, "/start а б в");
    assert_eq!(texts(json!({"limit": 2})).await, "/start а");
    let first = bench.ok("getUpdates", json!({})).await[0]["update_id"]
        .as_i64()
        .unwrap();
    assert_eq!(texts(json!({"offset": first + 1})).await, "а б в");
    assert_eq!(texts(json!({"offset": -1})).await, "в");
    assert_eq!(texts(json!({})).await, "в");
    assert_eq!(texts(json!({"offset": first + 4})).await, "");
    assert_eq!(bench.telegram.n_pending_updates(), 0);
}

#[tokio::test]
async fn only_updates_asked_for_are_kept() {
    let bench = Bench::start().await;
    let kinds = async || {
        let updates = bench.ok("getUpdates", json!({})).await;
        let kinds = updates.as_array().unwrap().iter().map(|update| {
            let keys = update.as_object().unwrap().keys();
            keys.filter(|key| *key != "update_id")
                .cloned()
                .collect::<String>()
        });
        kinds.collect::<Vec<_>>().join(" ")
    };
    bench.anna.block();
    assert_eq!(kinds().await, "message my_chat_member");
    bench
        .ok(
            "getUpdates",
            json!({"offset": -1, "allowed_updates": ["message"]}),
        )
        .await;
    bench.anna.unblock();
    bench.anna.say("тут");
    assert_eq!(kinds().await, "my_chat_member message");
    assert_eq!(bench.telegram.allowed_updates(), ["message"]);
}

#[tokio::test]
async fn a_second_poller_ends_the_first_with_a_conflict() {
    let bench = Bench::start().await;
    let offset = bench.ok("getUpdates", json!({})).await[0]["update_id"]
        .as_i64()
        .unwrap()
        + 1;
    let older = bench.call("getUpdates", json!({"offset": offset, "timeout": 50}));
    let newer = async {
        let waits = |call: &sandbox::telegram::Call| call.params["timeout"] == 50;
        bench.telegram.log().wait_for(0, SOON, waits).await.unwrap();
        bench
            .ok("getUpdates", json!({"offset": offset, "timeout": 0}))
            .await
    };
    let (older, newer) = tokio::join!(older, newer);
    assert_eq!(older["error_code"], 409);
    let want = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(older["description"], want);
    assert_eq!(newer, json!([]));
    bench
        .ok("setWebhook", json!({"url": "https://example.org/x"}))
        .await;
    assert_eq!(bench.call("getUpdates", json!({})).await["error_code"], 409);
    bench.ok("deleteWebhook", json!({})).await;
    bench.ok("getUpdates", json!({})).await;
}
