//! How the bot hears of things.

use super::{Done, Params};
use crate::telegram::webhook::{CONNECTIONS, Webhook, is_local};
use crate::telegram::{Inner, Refusal, State};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

const MAX_TIMEOUT: u64 = 50;
const MAX_BATCH: usize = 100;

pub(super) async fn get_updates(inner: &Inner, params: &Params) -> Result<Done, Refusal> {
    let limit = params
        .int("limit")
        .and_then(|limit| usize::try_from(limit).ok());
    let limit = limit
        .filter(|limit| *limit > 0)
        .unwrap_or(MAX_BATCH)
        .min(MAX_BATCH);
    let timeout = params
        .int("timeout")
        .and_then(|timeout| u64::try_from(timeout).ok());
    let timeout = Duration::from_secs(timeout.unwrap_or(0).min(MAX_TIMEOUT));
    let deadline = Instant::now() + timeout;
    let allowed = params.json("allowed_updates")?;
    let mut changed = inner.polls.subscribe();
    let poller = {
        let state = &mut *inner.lock();
        if !state.webhook.url.is_empty() {
            return Err(Refusal::conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            ));
        }
        allow(state, allowed);
        confirm(state, params.int("offset").unwrap_or(0));
        state.poller += 1;
        state.poller
    };
    inner.wake_polls(); // an older poll gives way
    loop {
        {
            let state = inner.lock();
            if state.poller != poller {
                return Err(Refusal::conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running",
                ));
            }
            let batch = state.updates.iter().take(limit);
            let n_times = 1 + usize::from(state.repeats_updates);
            let batch: Vec<Value> = batch
                .flat_map(|update| std::iter::repeat_n(update.body.clone(), n_times))
                .collect();
            if !batch.is_empty() || Instant::now() >= deadline {
                return Ok(Done::of(json!(batch)));
            }
        }
        tokio::select! {
            _ = changed.changed() => {}
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

/// Forgets updates before `offset`; a negative one keeps only that many of the last.
fn confirm(state: &mut State, offset: i64) {
    let updates = &mut state.updates;
    if offset < 0 {
        let n_kept = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
        let n_forgotten = updates.len().saturating_sub(n_kept);
        updates.drain(..n_forgotten);
        return;
    }
    while updates.front().is_some_and(|update| update.id < offset) {
        updates.pop_front();
    }
}

/// Which kinds of updates come from now on.
fn allow(state: &mut State, allowed: Option<Value>) {
    if let Some(Value::Array(kinds)) = allowed {
        let kinds = kinds
            .iter()
            .filter_map(|kind| Some(kind.as_str()?.to_owned()));
        state.allowed = kinds.collect();
    }
}

pub(super) fn set_webhook(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let address = params.text("url").unwrap_or_default();
    if address.is_empty() {
        return delete_webhook(state, params);
    }
    let bad = |why: &str| Refusal::bad(format!("bad webhook: {why}"));
    let url = Url::parse(address).map_err(|_| bad("invalid webhook URL specified"))?;
    if !is_local(&url) {
        if url.scheme() != "https" {
            return Err(bad("An HTTPS URL must be provided for webhook"));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if ![443, 80, 88, 8443].contains(&port) {
            return Err(bad(
                "Webhook can be set up only on ports 80, 88, 443 or 8443",
            ));
        }
    }
    let secret = params
        .text("secret_token")
        .filter(|secret| !secret.is_empty());
    if let Some(secret) = secret {
        let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if secret.len() > 256 {
            return Err(Refusal::bad("secret token is too long"));
        }
        if !secret.bytes().all(is_known) {
            return Err(Refusal::bad("secret token contains unallowed characters"));
        }
    }
    let connections = params.int("max_connections").filter(|n| *n > 0);
    let connections = connections.and_then(|n| usize::try_from(n).ok());
    allow(state, params.json("allowed_updates")?);
    state.webhook = Webhook {
        url: address.to_owned(),
        secret: secret.map(str::to_owned),
        max_connections: connections.map_or(CONNECTIONS, |n| n.min(100)),
        n_set: state.webhook.n_set + 1,
        last_error: None,
    };
    // A long poll under way gives way.
    state.poller += 1;
    drop_pending(state, params);
    Ok(Done::yes())
}

pub(super) fn delete_webhook(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    state.webhook = Webhook {
        n_set: state.webhook.n_set + 1,
        ..Webhook::default()
    };
    drop_pending(state, params);
    Ok(Done::yes())
}

fn drop_pending(state: &mut State, params: &Params) {
    if params.flag("drop_pending_updates") {
        state.updates.clear();
    }
}
