//! Once an hour: forgetting whoever is gone for long, and counts nobody asks for.

use crate::context::Context;
use chrono::{DateTime, Utc};
use shared::store::StoreError;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(3600);

/// Tidies until the program ends.
pub(crate) async fn run(ctx: Context) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            _ = ticks.tick() => if let Err(error) = turn(&ctx, Utc::now()).await {
                tracing::warn!(%error, "could not tidy the store");
            },
        }
    }
}

async fn turn(ctx: &Context, now: DateTime<Utc>) -> Result<(), StoreError> {
    let n = ctx.store.forget_gone(now).await?;
    if n > 0 {
        tracing::info!(n, "forgot people who were gone for long");
    }
    ctx.store.forget_counts(now).await?;
    ctx.store.forget_broadcasts(now).await
}
