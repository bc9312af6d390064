//! What goes on beside the looking: the heartbeat, and dropping what nobody watches any more.

use crate::planner::REQUEST_LIFE;
use crate::wishes::Wishes;
use chrono::{DateTime, Utc};
use shared::ids::EventId;
use shared::store::{EVENTS_KEPT, Program, Store};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

const HEARTBEAT: Duration = Duration::from_secs(10);
const CLEANING: Duration = Duration::from_secs(60);
/// Many changes in a row are cleaned up after once.
const CLEANING_GAP: Duration = Duration::from_secs(5);

/// Old events are folded away once in so long…
const FOLDING: Duration = Duration::from_secs(6 * 3600);
/// …a few at a time, so that no look waits for its record…
const FOLDED_AT_ONCE: u32 = 200;
/// …with a rest in between.
const FOLDING_REST: Duration = Duration::from_millis(500);

/// Folds events older than [`EVENTS_KEPT`] into counts, for ever: soon after the start and a few times a day.
pub(crate) async fn fold_events(store: Store) {
    let mut ticks = interval(FOLDING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut through = EventId(0);
        let mut n_dropped = 0;
        loop {
            let folded = store.fold_events(through, Utc::now() - EVENTS_KEPT, FOLDED_AT_ONCE);
            match folded.await {
                Ok(folded) => {
                    through = folded.through;
                    n_dropped += folded.n_dropped;
                    if folded.is_all {
                        break;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "old events could not be folded");
                    break;
                }
            }
            sleep(FOLDING_REST).await;
        }
        if n_dropped > 0 {
            tracing::info!(n_dropped, "old events were folded into counts");
        }
    }
}

/// Signs every ten seconds that the pinger is alive, for ever.
pub(crate) async fn beat(store: Store, started_at: DateTime<Utc>) {
    let mut ticks = interval(HEARTBEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = store.beat(Program::Pinger, started_at, Utc::now()).await {
            tracing::warn!(%error, "the sign of life could not be recorded");
        }
    }
}

/// Drops the slots of doctors nobody watches: soon after what is watched changed, and every minute.
///
/// Never before it is known what is watched: a fresh start must not drop what people wait for.
pub(crate) async fn drop_unwatched(store: Store, mut wishes: watch::Receiver<Option<Wishes>>) {
    if wishes.wait_for(Option::is_some).await.is_err() {
        return;
    }
    loop {
        let watched = watched(&mut wishes);
        let now = Utc::now();
        match store.drop_unwatched(now - REQUEST_LIFE, now).await {
            Ok(0) => {}
            Ok(n_slots) => tracing::debug!(n_slots, "slots nobody watches were dropped"),
            Err(error) => tracing::warn!(%error, "what nobody watches could not be dropped"),
        }
        sleep(CLEANING_GAP).await;
        let changed = wishes.wait_for(|wishes| {
            let now = wishes.as_ref().map(|wishes| &wishes.watched);
            now.zip(watched.as_ref())
                .is_some_and(|(now, before)| !Arc::ptr_eq(now, before))
        });
        if matches!(timeout(CLEANING - CLEANING_GAP, changed).await, Ok(Err(_))) {
            return;
        }
    }
}

fn watched(
    wishes: &mut watch::Receiver<Option<Wishes>>,
) -> Option<Arc<Vec<shared::store::Watched>>> {
    let wishes = wishes.borrow_and_update();
    wishes.as_ref().map(|wishes| Arc::clone(&wishes.watched))
}
