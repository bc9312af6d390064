//! Updates that the stand-in sends.

use super::{Bench, SOON};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// What came: when, with which secret, and what.
type Came = (Instant, String, Value);

/// A bot that refuses so many, and takes the rest.
#[derive(Clone, Default)]
struct Ears {
    came: Arc<Mutex<Vec<Came>>>,
    n_refused: usize,
}

impl Ears {
    /// Listens; the address.
    async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(hear).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/hook")
    }

    fn texts(&self) -> Vec<String> {
        let came = self.came.lock().unwrap();
        let texts = came
            .iter()
            .map(|(_, _, update)| update["message"]["text"].as_str());
        texts.map(|text| text.unwrap().to_owned()).collect()
    }
}

async fn hear(State(ears): State<Ears>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let secret = headers.get("X-Telegram-Bot-Api-Secret-Token");
    let secret = secret.map_or("", |secret| secret.to_str().unwrap());
    let update = serde_json::from_slice(&body).unwrap();
    let mut came = ears.came.lock().unwrap();
    came.push((Instant::now(), secret.to_owned(), update));
    match came.len() <= ears.n_refused {
        true => StatusCode::BAD_GATEWAY,
        false => StatusCode::OK,
    }
}

#[tokio::test]
async fn each_update_is_sent_in_order_until_it_is_taken() {
    let bench = Bench::start().await;
    let ears = Ears {
        n_refused: 4,
        ..Ears::default()
    };
    bench.anna.say("two");
    bench.anna.say("three");
    let url = ears.listen().await;
    let params = json!({"url": url, "secret_token": "s3cret_-", "max_connections": 8});
    bench.ok("setWebhook", params).await;
    assert!(bench.telegram.all_confirmed(SOON).await);
    let texts = ears.texts();
    assert_eq!(texts[..5], ["/start"; 5]);
    assert_eq!(texts[5..], ["two", "three"]);
    let came = ears.came.lock().unwrap().clone();
    assert!(came.iter().all(|(_, secret, _)| secret == "s3cret_-"));
    for (n, two) in (0..).zip(came[..5].windows(2)) {
        let pause = two[1].0 - two[0].0;
        assert!(
            pause >= Duration::from_millis(100) * 2_u32.pow(n),
            "{pause:?} after {n}"
        );
    }

    let info = bench.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["url"], url);
    assert_eq!(info["pending_update_count"], 0);
    assert_eq!(info["max_connections"], 8);
    let want = "Wrong response from the webhook: 502 Bad Gateway";
    assert_eq!(info["last_error_message"], want);
    assert!(info["last_error_date"].is_i64());

    // Away, it sends nothing; back, what waited.
    bench.telegram.down().await.unwrap();
    bench.anna.say("four");
    bench.telegram.up().await.unwrap();
    assert!(bench.telegram.all_confirmed(SOON).await);
    assert_eq!(ears.texts().last().unwrap(), "four");

    // Without a webhook it waits to be asked.
    bench.ok("deleteWebhook", json!({})).await;
    bench.anna.say("five");
    let updates = bench.ok("getUpdates", json!({})).await;
    assert_eq!(updates[0]["message"]["text"], "five");
    assert_eq!(ears.texts().len(), 8);
}

#[tokio::test]
async fn addresses_and_secrets_it_does_not_take_are_refused() {
    let bench = Bench::start().await;
    for (params, want) in [
        (
            json!({"url": "http://example.org/x"}),
            "bad webhook: An HTTPS URL must be provided for webhook",
        ),
        (
            json!({"url": "https://example.org:9000/x"}),
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        (
            json!({"url": "https://example.org/x", "secret_token": "with space"}),
            "secret token contains unallowed characters",
        ),
    ] {
        let body = bench.call("setWebhook", params).await;
        assert_eq!(body["error_code"], 400);
        assert_eq!(body["description"], format!("Bad Request: {want}"));
    }
    assert_eq!(bench.telegram.webhook(), "");
    // One it takes, and never sends anything to: it is not this machine.
    bench
        .ok("setWebhook", json!({"url": "https://example.org/x"}))
        .await;
    let info = bench.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["pending_update_count"], 1);
}
