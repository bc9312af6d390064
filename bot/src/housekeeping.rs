//! What the bot does by the clock: signs of life, the portal's holds, tidying the store.

use crate::context::Context;
use crate::list::UNDO;
use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{Program, StoreError};
use std::time::Duration;

/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(10);

/// Between two tries to note a hold.
const RETRY: Duration = Duration::from_secs(1);

/// Nobody waits for a request this old.
const OLD_REQUEST: TimeDelta = TimeDelta::minutes(10);

/// Beats and tidies until the program ends, then signs off.
pub(crate) async fn run(ctx: Context, started_at: DateTime<Utc>) {
    let mut beats = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            () = ctx.shutdown.cancelled() => break,
            _ = beats.tick() => if let Err(error) = turn(&ctx, started_at).await {
                tracing::warn!(%error, "could not beat or tidy the store");
            },
        }
    }
    if let Err(error) = ctx.store.stopped(Program::Bot, Utc::now()).await {
        tracing::warn!(%error, "could not sign off");
    }
}

async fn turn(ctx: &Context, started_at: DateTime<Utc>) -> Result<(), StoreError> {
    let now = Utc::now();
    ctx.store.beat(Program::Bot, started_at, now).await?;
    // A breath longer than a person has, so that the last second of it still works.
    ctx.store
        .purge_deleted(now - UNDO - TimeDelta::seconds(10))
        .await?;
    ctx.store.forget_requests(now - OLD_REQUEST).await?;
    ctx.store.forget_shares(now).await?;
    ctx.store.forget_passed(now).await?;
    ctx.store.forget_visits(now).await
}

/// Obeys the portal's "not before" met by the pinger, and tells the pinger of one met here.
pub(crate) async fn share_holds(ctx: Context, api: shared::gorzdrav::Api) {
    let mut changes = ctx.changes.clone();
    loop {
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            () = changes.next() => if let Ok(Some(until)) = ctx.store.portal_hold().await {
                api.hold_until(until);
            },
            () = api.hold_grew() => if let Some(until) = api.held_until() {
                tell_hold(&ctx, until).await;
            },
        }
    }
}

async fn tell_hold(ctx: &Context, until: DateTime<Utc>) {
    while let Err(error) = ctx.store.hold_portal(until).await {
        tracing::warn!(%error, "could not note that the portal asks for a pause; trying again");
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            () = tokio::time::sleep(RETRY) => {}
        }
        if Utc::now() >= until {
            return;
        }
    }
}
