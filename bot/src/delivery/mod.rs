//! Delivery by cursor: read what is pending, send, then move the cursor (rule: late, never lost).
//!
//! Nothing here remembers what to tell: the store does. Memory holds only who is being told right now and who
//! waits for their turn or another try; losing it costs one full scan.
//!
//! A talon that opens within a minute of an alert naming its doctor is written into that alert (`shared::store::Join`).
//! When Telegram refuses the edit, for whatever reason, it is a new message.

mod queue;
mod send;
mod turn;

pub(crate) use send::{keyboard, links};

use crate::context::Context;
use crate::edits::{Edits, edit};
use chrono::Utc;
use futures::FutureExt as _;
use queue::{Queue, Turn};
use shared::ids::{EventId, PersonId};
use shared::progress::{Progress, Said};
use shared::store::Program;
use shared::supervise::broke;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;
use turn::tell;

/// Alerts on their way at once, one per chat.
const IN_FLIGHT: usize = 64;

/// Of them so many may stand in line for their turn to be sent: whoever comes next, in a crowd of their own, stands
/// behind them for a third of a second.
const LINED: usize = 8;

/// How often everything pending is looked for, whatever was heard of commits.
const FULL_SCAN: Duration = Duration::from_secs(30);

/// An alert that waited longer was late, whoever is to blame: Telegram, a crowd, we.
const LATE: Duration = Duration::from_secs(60);

/// A crowd that is told for so long is worth a line, and another each…
const LONG_CROWD: Duration = Duration::from_secs(5);
/// …so long.
const CROWD_EVERY: Duration = Duration::from_secs(10);

/// Before another look at somebody whose alert is just being edited.
const EDITED: Duration = Duration::from_millis(50);

/// Delivers until the program ends. What is on its way then may end within the program's grace.
pub(crate) async fn run(ctx: Context, pokes: Arc<Mutex<mpsc::Receiver<PersonId>>>) {
    let mut pokes = pokes.lock().await;
    let mut changes = ctx.changes.clone();
    let lined = Arc::new(Semaphore::new(LINED));
    let mut queue = Queue::default();
    let mut turns = JoinSet::new();
    let mut scanned = scan(&ctx, EventId(0), &mut queue)
        .await
        .unwrap_or(EventId(0));
    let mut edits = Edits::default();
    let mut editing = JoinSet::new();
    let mut edited = None;
    ctx.delivering.at_store(edits.scan(&ctx, EventId(0))).await;
    // What went while the alert that tells it was on its way touched no alert the store knew of.
    let mut swept = scanned;
    let mut progress = Progress::new(LONG_CROWD, CROWD_EVERY);
    let mut n_told = 0;
    let mut full_scan = tokio::time::interval(FULL_SCAN);
    full_scan.reset();
    while !ctx.shutdown.is_cancelled() {
        ctx.delivering.beat();
        let now = Instant::now();
        metrics::gauge!("talon_people_pending").set(queue.n_people() as f64);
        n_told = say_how_far(&mut progress, n_told, &queue, now);
        // Nobody waits for a message that could go now: an edit may.
        let is_idle = turns.is_empty() && !queue.is_ready(now);
        if editing.is_empty()
            && is_idle
            && let Some((alert, person)) = edits.take(now)
        {
            edited = Some(person);
            let ctx = ctx.clone();
            editing.spawn(async move { (alert, person, edit(&ctx, alert).await) });
        }
        let has_room = turns.len() < IN_FLIGHT;
        let next_at = queue.next_at().filter(|_| has_room);
        let next_edit = edits.next_at().filter(|_| editing.is_empty() && is_idle);
        tokio::select! {
            () = ctx.shutdown.cancelled() => break,
            Ok(place) = Arc::clone(&lined).acquire_owned(), if has_room && queue.is_ready(now) => {
                match queue.take(now) {
                    // One message of a chat is on its way at a time, an edit too.
                    Some(person) if edited == Some(person) => {
                        queue.done(person, &Turn::After(EDITED), now);
                    }
                    Some(person) => drop(turns.spawn(one(ctx.clone(), person, place))),
                    None => {}
                }
            }
            () = changes.next() => {
                if let Some(through) = scan(&ctx, scanned, &mut queue).await {
                    if through > scanned {
                        ctx.delivering.at_store(edits.scan(&ctx, scanned)).await;
                    }
                    scanned = through;
                }
            }
            Some(person) = pokes.recv() => queue.poke(person, Instant::now()),
            Some(done) = turns.join_next() => if let Ok((person, turn)) = done
                && let Some(waited) = queue.done(person, &turn, Instant::now())
            {
                count_wait(waited);
                n_told += 1;
            },
            Some(done) = editing.join_next() => {
                edited = None;
                if let Ok((alert, person, Some(wait))) = done {
                    edits.again(alert, person, wait);
                }
            }
            () = sleep_until(next_at) => {}
            () = sleep_until(next_edit) => {}
            _ = full_scan.tick() => {
                scan(&ctx, EventId(0), &mut queue).await;
                if swept < scanned {
                    ctx.delivering.at_store(edits.scan(&ctx, swept)).await;
                    swept = scanned;
                }
            }
        }
    }
    while turns.join_next().await.is_some() {}
    while editing.join_next().await.is_some() {}
}

/// Says how far a crowd is told, when that takes long. How many of the crowd there is now were told.
fn say_how_far(progress: &mut Progress, n_told: usize, queue: &Queue, now: Instant) -> usize {
    let n_left = queue.n_standing();
    match progress.at(n_told, n_left, now.into_std()) {
        Some(Said::UnderWay) => tracing::info!(n_told, n_left, "a crowd is being told"),
        Some(Said::Over(took)) => tracing::info!(
            n_told,
            n_waiting = queue.n_people(),
            elapsed_s = took.as_secs(),
            "the crowd has been told"
        ),
        None => {}
    }
    if n_left == 0 { 0 } else { n_told }
}

/// How long somebody waited for their message, for `/metrics`.
fn count_wait(waited: Duration) {
    metrics::histogram!("talon_alert_wait_seconds").record(waited.as_secs_f64());
    if waited > LATE {
        metrics::counter!("talon_alerts_late_total").increment(1);
    }
}

/// One person's turn; a panic in it ends that turn only.
async fn one(ctx: Context, person: PersonId, place: OwnedSemaphorePermit) -> (PersonId, Turn) {
    let turn = AssertUnwindSafe(tell(&ctx, person, place))
        .catch_unwind()
        .await;
    let unreached = |_| {
        broke(Program::Bot, "turn");
        Turn::Unreached
    };
    (person, turn.unwrap_or_else(unreached))
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Queues whoever may have news since then; `None` when the store could not say, and nothing is skipped.
async fn scan(ctx: &Context, since: EventId, queue: &mut Queue) -> Option<EventId> {
    let crowds = ctx.store.crowds(since, Utc::now());
    match ctx.delivering.at_store(crowds).await {
        Ok((crowds, through)) => {
            // Everything there is is no news.
            let is_news = since > EventId(0);
            for crowd in crowds {
                queue.add(crowd, is_news, Instant::now());
            }
            Some(through)
        }
        Err(error) => {
            tracing::warn!(%error, "could not read who has news");
            None
        }
    }
}
