//! `/metrics` for Prometheus and `/healthz`, on a program's own address.
//!
//! Counting goes through the `metrics` crate's macros everywhere; until [`serve`] is called they cost nothing.

use crate::store::{Program, Store};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How often the histograms are drained, scraped or not.
const UPKEEP: Duration = Duration::from_secs(30);

/// The process has one recorder, however many programs run in it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

fn recorder() -> PrometheusHandle {
    let handle = RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        // Fails only when another recorder is in place; then ours stays empty and says so by that.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics are recorded elsewhere in this process");
        }
        handle
    });
    handle.clone()
}

/// Listens on `address` and serves until `shutdown`.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    program: Program,
    store: Store,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let handle = recorder();
    let listener = TcpListener::bind(address).await?;
    // Port 0 means any free one: what is said is where it is served.
    let address = listener.local_addr()?;
    tracing::info!(%address, "serving /metrics and /healthz");
    let router = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(health))
        .with_state((handle.clone(), program, store));
    let upkeep = async {
        loop {
            tokio::time::sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    };
    tokio::select! {
        served = axum::serve(listener, router) => served,
        () = upkeep => Ok(()),
        () = shutdown.cancelled() => Ok(()),
    }
}

type Shared = State<(PrometheusHandle, Program, Store)>;

async fn scrape(State((handle, ..)): Shared) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        handle.render(),
    )
}

/// 200 while the database answers and the program beats, 503 otherwise.
async fn health(State((_, program, store)): Shared) -> (StatusCode, &'static str) {
    let beat = store.heartbeat(program).await;
    let is_recent = |beat: crate::store::Heartbeat| {
        let age = chrono::Utc::now() - beat.at;
        age < chrono::TimeDelta::seconds(60)
    };
    match beat {
        Ok(Some(beat)) if is_recent(beat) => (StatusCode::OK, "ok\n"),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, "no heartbeat\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}
