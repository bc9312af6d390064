//! `/metrics` and `/healthz`, asked over HTTP.

use chrono::Utc;
use shared::metrics::serve;
use shared::store::{Program, Store};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn an_operator_sees_counts_and_health() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("talon.db"), Program::Bot)
        .await
        .unwrap();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(free, Program::Bot, store.clone(), stop.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| loop {
        // Until it listens.
        if let Ok(answer) = client.get(format!("http://{free}{path}")).send().await {
            break (answer.status().as_u16(), answer.text().await.unwrap());
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(get("/healthz").await, (503, "no heartbeat\n".to_owned()));
    store
        .beat(Program::Bot, Utc::now(), Utc::now())
        .await
        .unwrap();
    assert_eq!(get("/healthz").await, (200, "ok\n".to_owned()));
    metrics::counter!("talon_test_total").increment(3);
    let (status, text) = get("/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("talon_test_total 3"), "{text}");
    // What broke and went on is counted by program and part.
    shared::supervise::unbroken(Program::Bot, "part", || panic!("on purpose"));
    let (_, text) = get("/metrics").await;
    let counted = r#"talon_task_restarts_total{program="bot",task="part"} 1"#;
    assert!(text.contains(counted), "{text}");
    stop.cancel();
    serving.await.unwrap().unwrap();
}
