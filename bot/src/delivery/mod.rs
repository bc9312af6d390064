//! Delivery by cursor: read what is pending, send, then move the cursor (rule: late, never lost).
//!
//! Nothing here remembers what to tell: the store does. Memory holds only who is being told right now and who
//! waits for another try; losing it costs one full scan.

mod queue;
mod send;
mod turn;

pub(crate) use send::{keyboard, links};

use crate::context::Context;
use crate::edits::{Edits, edit};
use chrono::Utc;
use futures::FutureExt as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use queue::{Queue, Turn};
use shared::ids::{EventId, PersonId};
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use turn::tell;

/// Alerts on their way at once, one per chat.
const IN_FLIGHT: usize = 64;

/// How often everything pending is looked for, whatever was heard of commits.
const FULL_SCAN: Duration = Duration::from_secs(30);

/// Everything but answers passes it.
pub(crate) type Limiter = DefaultDirectRateLimiter;

/// Delivers until the program ends. What is on its way then may end within the program's grace.
pub(crate) async fn run(ctx: Context, mut pokes: mpsc::Receiver<PersonId>) {
    let mut changes = ctx.changes.clone();
    let limiter = Arc::clone(&ctx.limiter);
    // Reminders of booked visits leave through the same limiter.
    let reminders = crate::visit::reminders::run(ctx.clone(), Arc::clone(&limiter));
    ctx.tasks.spawn(reminders);
    let mut queue = Queue::default();
    let mut turns = JoinSet::new();
    let mut scanned = scan(&ctx, EventId(0), &mut queue)
        .await
        .unwrap_or(EventId(0));
    let mut edits = Edits::default();
    let mut editing = JoinSet::new();
    edits.scan(&ctx, EventId(0)).await;
    let mut full_scan = tokio::time::interval(FULL_SCAN);
    full_scan.reset();
    while !ctx.shutdown.is_cancelled() {
        while turns.len() < IN_FLIGHT
            && let Some(person) = queue.take(Instant::now())
        {
            let (ctx, limiter) = (ctx.clone(), Arc::clone(&limiter));
            turns.spawn(async move {
                let turn = AssertUnwindSafe(tell(&ctx, &limiter, person))
                    .catch_unwind()
                    .await;
                (person, turn.unwrap_or(Turn::Unreached))
            });
        }
        metrics::gauge!("talon_people_pending").set((queue.ready.len() + turns.len()) as f64);
        // Nobody waits for a message that could go now: an edit may.
        if editing.is_empty()
            && turns.is_empty()
            && let Some(alert) = edits.take(Instant::now())
        {
            let (ctx, limiter) = (ctx.clone(), Arc::clone(&limiter));
            editing.spawn(async move { (alert, edit(&ctx, &limiter, alert).await) });
        }
        let next_at = queue.next_at().filter(|_| turns.len() < IN_FLIGHT);
        let next_edit = edits
            .next_at()
            .filter(|_| editing.is_empty() && turns.is_empty());
        tokio::select! {
            () = ctx.shutdown.cancelled() => break,
            () = changes.next() => {
                if let Some(through) = scan(&ctx, scanned, &mut queue).await {
                    if through > scanned {
                        edits.scan(&ctx, scanned).await;
                    }
                    scanned = through;
                }
            }
            Some(person) = pokes.recv() => queue.add(person),
            Some(done) = turns.join_next() => if let Ok((person, turn)) = done {
                queue.done(person, &turn, Instant::now());
            },
            Some(done) = editing.join_next() => if let Ok((alert, Some(wait))) = done {
                edits.again(alert, wait);
            },
            () = sleep_until(next_at) => {}
            () = sleep_until(next_edit) => {}
            _ = full_scan.tick() => {
                queue.tidy(Instant::now());
                scan(&ctx, EventId(0), &mut queue).await;
            }
        }
    }
    while turns.join_next().await.is_some() {}
    while editing.join_next().await.is_some() {}
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Burst 1: its default burst would double the rate in a sliding second.
pub(crate) fn limiter(per_second: f64) -> Limiter {
    let gap = Duration::from_secs_f64(1.0 / per_second);
    let quota = Quota::with_period(gap).unwrap_or(Quota::per_second(NonZeroU32::MIN));
    RateLimiter::direct(quota.allow_burst(NonZeroU32::MIN))
}

/// Queues whoever may have news since then; `None` when the store could not say, and nothing is skipped.
async fn scan(ctx: &Context, since: EventId, queue: &mut Queue) -> Option<EventId> {
    match ctx.store.people_with_news(since, Utc::now()).await {
        Ok((people, through)) => {
            people.into_iter().for_each(|person| queue.add(person));
            Some(through)
        }
        Err(error) => {
            tracing::warn!(%error, "could not read who has news");
            None
        }
    }
}
