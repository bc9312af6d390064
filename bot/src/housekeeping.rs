//! What the bot does by the clock: signs of life, the portal's holds, areas that grow, tidying the store.

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
    let mut expanded_at = None;
    loop {
        ctx.keeping_house.beat();
        tokio::select! {
            () = ctx.shutdown.cancelled() => break,
            _ = beats.tick() => {
                if let Err(error) = ctx.keeping_house.at_store(turn(&ctx, started_at)).await {
                    tracing::warn!(%error, "could not beat or tidy the store");
                }
                let expanding = expand_areas(&ctx, expanded_at);
                match ctx.keeping_house.at_store(expanding).await {
                    Ok(at) => expanded_at = at,
                    Err(error) => tracing::warn!(%error, "could not expand areas"),
                }
            }
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

/// Areas follow the catalogue when it was read since they did so last; returns how far they have come now. At the
/// start of the program they do in any case.
async fn expand_areas(
    ctx: &Context,
    expanded_at: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let read_at = ctx.store.catalogue_read_at().await?;
    if expanded_at.is_some() && read_at == expanded_at {
        return Ok(expanded_at);
    }
    let expanded = ctx.store.expand_areas(Utc::now()).await?;
    if expanded.n_joined + expanded.n_left > 0 {
        let (n_joined, n_left) = (expanded.n_joined, expanded.n_left);
        tracing::info!(n_joined, n_left, "areas follow the catalogue");
    }
    for person in expanded.people {
        ctx.poke(person);
    }
    Ok(read_at)
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
