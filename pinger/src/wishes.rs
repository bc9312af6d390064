//! What people want of the pinger, read from the store whenever somebody has committed.

use crate::planner::REQUEST_LIFE;
use chrono::{DateTime, Utc};
use shared::store::{Changes, LookRequest, Store, StoreError, Watched};
use shared::watchdog::Pulse;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

/// Our own commits wake us too: the store is read at most so often.
const GAP: Duration = Duration::from_millis(100);
/// Pauses and holds end by themselves, without a commit.
const PERIOD: Duration = Duration::from_secs(30);
/// What is watched is read again only after this many times what the last reading took: at 100,000 watches it is a
/// long query, and our own commits come many times a second.
const REST: u32 = 20;

/// All of it at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// Every target someone waits for. The same `Arc` as before when nothing changed.
    pub(crate) watched: Arc<Vec<Watched>>,
    /// Requests that still count.
    pub(crate) requests: Vec<LookRequest>,
    /// "Not before" of the portal, passed or not.
    pub(crate) hold: Option<DateTime<Utc>>,
}

/// Tells the wishes now and whenever they change, for ever.
pub(crate) async fn follow(store: Store, pulse: Pulse, tell: watch::Sender<Option<Wishes>>) {
    let mut changes = pulse.at_store(changes(&store)).await;
    let mut watched = Arc::new(Vec::new());
    let mut watched_due = Instant::now();
    loop {
        pulse.beat();
        let begun = Instant::now();
        let mut wake = begun + PERIOD;
        if watched_due <= begun {
            match pulse.at_store(store.watched(Utc::now())).await {
                Ok(now) if now == *watched => {}
                Ok(now) => watched = Arc::new(now),
                Err(error) => {
                    tracing::warn!(%error, "what is watched could not be read");
                    sleep(PERIOD / 30).await;
                    continue;
                }
            }
            watched_due = Instant::now() + begun.elapsed() * REST;
        } else {
            // Somebody committed while the long reading rests: nothing else will remind us.
            wake = watched_due;
        }
        match pulse.at_store(rest(&store)).await {
            Ok((requests, hold)) => {
                let wishes = Some(Wishes {
                    watched: Arc::clone(&watched),
                    requests,
                    hold,
                });
                tell.send_if_modified(|told| {
                    let changed = *told != wishes;
                    *told = wishes;
                    changed
                });
            }
            Err(error) => {
                tracing::warn!(%error, "requests could not be read");
                wake = begun + PERIOD / 30;
            }
        }
        let _ = timeout_at(wake, changes.next()).await;
        sleep_until(begun + GAP).await;
    }
}

async fn rest(store: &Store) -> Result<(Vec<LookRequest>, Option<DateTime<Utc>>), StoreError> {
    let requests = store.look_requests(Utc::now() - REQUEST_LIFE).await?;
    Ok((requests, store.portal_hold().await?))
}

async fn changes(store: &Store) -> Changes {
    loop {
        match store.changes().await {
            Ok(changes) => return changes,
            Err(error) => tracing::warn!(%error, "commits cannot be heard; trying again"),
        }
        sleep(PERIOD / 30).await;
    }
}
