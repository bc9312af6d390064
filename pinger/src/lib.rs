//! The program that looks at the portal: decides what to read next, reads, records what changed.
//!
//! ```text
//! store ──what is watched, asked, held──▶ wishes ──▶ rounds ──task──▶ reading ──▶ portal
//!   ▲                                                  ▲  planner        │
//!   └──────────────── each answer, as it comes ────────┴────── outcome ──┘
//! ```

mod housekeeping;
mod meter;
mod outages;
pub mod planner;
mod reading;
mod rounds;
mod wishes;

use self::planner::PlanSettings;
use self::reading::Reader;
use anyhow::Context;
use chrono::Utc;
use shared::gorzdrav::Api;
use shared::settings::{
    DatabaseSettings, LogSettings, PortalSettings, SettingError, parse_address, parse_duration,
};
use shared::store::{Program, Store, StoreError};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long a wish to end leaves the last words to the store.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Between the end of a broken part and its next start.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Settings of the pinger.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "pinger", version, about)]
pub struct Config {
    /// How the portal is reached.
    #[command(flatten)]
    pub portal: PortalSettings,
    /// Where answers go.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// What is logged.
    #[command(flatten)]
    pub log: LogSettings,
    /// How often each department is looked at while the budget allows
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "60s")]
    pub poll_period: Duration,
    /// Address to serve /metrics and /healthz on; off when not set
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub pinger_metrics_addr: Option<SocketAddr>,
}

/// Looks until `shutdown`, then ends within five seconds: what is under way has three of them to finish.
///
/// # Errors
/// [`SettingError`] for a setting that only shows to be wrong in use, [`StoreError`] when the database cannot be used.
/// Once running, nothing ends it but `shutdown`.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let api = Api::new(&(&config.portal).into()).map_err(SettingError::from)?;
    let Some(store) = open(&config, &shutdown).await? else {
        return Ok(());
    };
    tracing::info!(
        database = %config.database.database_path.display(),
        poll_period = ?config.poll_period,
        requests_per_second = config.portal.requests_per_second,
        "pinger started"
    );
    let settings = PlanSettings {
        poll_period: config.poll_period,
        requests_per_second: config.portal.requests_per_second,
        gates: true,
        learning: true,
    };
    let metrics = config.pinger_metrics_addr.map(|address| {
        let (store, shutdown) = (store.clone(), shutdown.clone());
        tokio::spawn(async move {
            if let Err(error) =
                shared::metrics::serve(address, Program::Pinger, store, shutdown).await
            {
                tracing::error!(%error, "PINGER_METRICS_ADDR: metrics are not served");
            }
        })
    });
    look(settings, api, &store, &shutdown).await;
    drop(metrics);
    let farewell = store.stopped(Program::Pinger, Utc::now());
    match timeout(LAST_WORDS, farewell).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the end could not be recorded"),
        Err(_) => tracing::warn!("the end could not be recorded in time"),
    }
    tracing::info!("pinger stopped");
    Ok(())
}

/// Starts the parts and waits for the wish to end; a part that breaks is started anew.
async fn look(settings: PlanSettings, api: Api, store: &Store, shutdown: &CancellationToken) {
    let reader = Arc::new(Reader::new(api, store.clone()));
    let (tell, wishes) = tokio::sync::watch::channel(None);
    let started_at = Utc::now();
    let mut parts = JoinSet::new();
    parts.spawn(supervise("wishes", shutdown.clone(), {
        let store = store.clone();
        move || wishes::follow(store.clone(), tell.clone())
    }));
    // Before the first beat of this run hides how long we were away.
    let last_beat = outages::last_beat(store).await;
    parts.spawn(supervise("outages", shutdown.clone(), {
        let store = store.clone();
        move || outages::judge(store.clone(), last_beat)
    }));
    parts.spawn(supervise("heartbeat", shutdown.clone(), {
        let store = store.clone();
        move || housekeeping::beat(store.clone(), started_at)
    }));
    parts.spawn(supervise("cleaning", shutdown.clone(), {
        let (store, wishes) = (store.clone(), wishes.clone());
        move || housekeeping::drop_unwatched(store.clone(), wishes.clone())
    }));
    parts.spawn(supervise("folding", shutdown.clone(), {
        let store = store.clone();
        move || housekeeping::fold_events(store.clone())
    }));
    // The only part that ends by itself: it lets what is under way finish.
    let stop = shutdown.clone();
    supervise("rounds", CancellationToken::new(), move || {
        let (reader, wishes, stop) = (Arc::clone(&reader), wishes.clone(), stop.clone());
        rounds::run(settings, reader, wishes, stop)
    })
    .await;
    parts.shutdown().await;
}

/// Runs a part until it ends or `stop`. A panic in it is logged, and the part begins anew after a pause.
async fn supervise<F>(name: &str, stop: CancellationToken, mut part: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    use futures::FutureExt;
    loop {
        let run = AssertUnwindSafe(part()).catch_unwind();
        match stop.run_until_cancelled(run).await {
            None | Some(Ok(())) => return,
            // The panic itself was printed by the hook, with its place.
            Some(Err(_)) => {
                tracing::error!(part = name, "a part of the pinger broke; it starts anew")
            }
        }
        sleep(RESTART_PAUSE).await;
    }
}

/// Opens the database, however long someone else keeps it locked. `None` when told to end meanwhile.
async fn open(config: &Config, shutdown: &CancellationToken) -> anyhow::Result<Option<Store>> {
    loop {
        let opening = Store::open(&config.database.database_path, Program::Pinger);
        match shutdown.run_until_cancelled(opening).await {
            None => return Ok(None),
            Some(Err(StoreError::Busy(_))) => {
                tracing::warn!("the database is locked by someone else; waiting");
                if shutdown
                    .run_until_cancelled(sleep(RESTART_PAUSE))
                    .await
                    .is_none()
                {
                    return Ok(None);
                }
            }
            Some(opened) => return opened.map(Some).context("opening the database"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_part_that_breaks_starts_anew() {
        let n_starts = AtomicU32::new(0);
        let part = || async {
            let n = n_starts.fetch_add(1, Ordering::Relaxed);
            assert!(n > 0, "on purpose");
        };
        supervise("part", CancellationToken::new(), part).await;
        assert_eq!(n_starts.into_inner(), 2);
    }

    #[tokio::test]
    async fn a_part_ends_when_told_to() {
        let stop = CancellationToken::new();
        stop.cancel();
        supervise("part", stop, std::future::pending).await;
    }
}
