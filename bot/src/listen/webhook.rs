//! Updates that Telegram sends to us, by webhook.
//!
//! A listener of our own, since teloxide's logs the whole of an update it cannot read, says "taken" to any number of
//! updates before it serves one of them, and panics when its address is taken. Here an update is taken, in Telegram's
//! eyes, once the dispatcher has put it into the lane of its chat: as with long polls. What has not come so far when the
//! program ends is sent again to the next run, and so the webhook stays set.
//!
//! The certificate is a reverse proxy's. We speak plain HTTP, at an address nobody else should reach, and believe those
//! only who know the secret that Telegram was told at this start.

use super::{Trouble, dispatch};
use crate::config::Webhook;
use crate::context::Context;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::SetWebhookSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::stop::{StopFlag, StopToken, mk_stop_token};
use teloxide::types::{AllowedUpdate, Update, WebhookInfo};
use teloxide::update_listeners::{AsUpdateStream, UpdateListener};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Deliveries under way at once. Few, since each ends as soon as its update stands in a lane; more than one, since each
/// takes the way to Telegram and back. Telegram itself keeps the messages of a chat in their order.
const MAX_CONNECTIONS: u8 = 8;

/// The longest messages with everything around them are far below this.
const MAX_BODY: usize = 1 << 20;

/// A body that is longer on its way is nobody's update.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Between two looks at what Telegram says of the webhook.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

/// The last answers have so long to leave.
const GRACE: Duration = Duration::from_millis(500);

const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// One stretch of listening.
pub(super) async fn listen(ctx: &Context, webhook: &Webhook) -> Result<(), Trouble> {
    let socket = TcpListener::bind(webhook.address).await;
    let socket = socket.map_err(Trouble::Address)?;
    let secret = secret();
    let (deliveries, updates) = mpsc::channel(1);
    let door = Door {
        ctx: ctx.clone(),
        secret: secret.as_str().into(),
        deliveries,
    };
    let router = Router::new().fallback(take).with_state(door);
    let closing = CancellationToken::new();
    let close = closing.clone().cancelled_owned();
    let server = axum::serve(socket, router).with_graceful_shutdown(close);
    let mut serving = tokio::spawn(async move { server.await });
    let (kinds, hinted) = oneshot::channel();
    let (token, flag) = mk_stop_token();
    let listener = Listener {
        updates,
        token,
        flag,
        kinds: Some(kinds),
    };
    // Whoever is sent something must be listening already.
    let setting = async {
        let Ok(kinds) = hinted.await else {
            return pending().await;
        };
        let setting = ctx.bot.set_webhook(webhook.url.clone());
        let setting = setting
            .secret_token(secret)
            .max_connections(MAX_CONNECTIONS)
            .allowed_updates(kinds);
        if let Err(error) = setting.clone().send().await {
            return error;
        }
        tracing::info!(
            host = webhook.url.host_str(),
            address = %webhook.address,
            "Telegram sends updates by webhook"
        );
        loop {
            sleep(LOOKED_AT_EVERY).await;
            let Ok(info) = ctx.bot.get_webhook_info().send().await else {
                continue; // whoever sends something meanwhile says what is wrong
            };
            if info.url.as_ref() != Some(&webhook.url) {
                tracing::error!(
                    "the webhook was removed or replaced: a second bot runs with the same token, stop one of them"
                );
                if let Err(error) = setting.clone().send().await {
                    return error;
                }
            }
            tell_of_failures(ctx, &info);
        }
    };
    let ended = dispatch(ctx, listener, setting).await;
    closing.cancel();
    if timeout(GRACE, &mut serving).await.is_err() {
        serving.abort();
    }
    Ok(ended?)
}

/// Nobody but Telegram knows that what it sends does not arrive.
fn tell_of_failures(ctx: &Context, info: &WebhookInfo) {
    let is_recent = |at: &DateTime<Utc>| {
        Utc::now() - at < TimeDelta::from_std(LOOKED_AT_EVERY * 2).unwrap_or_default()
    };
    let (Some(_), n_waiting @ 1..) = (
        info.last_error_date.as_ref().filter(|at| is_recent(at)),
        info.pending_update_count,
    ) else {
        return;
    };
    if let Some(n_unsaid) = ctx.troubles.tell("webhook", "undelivered", Instant::now()) {
        tracing::warn!(
            error = info.last_error_message,
            n_waiting,
            n_unsaid,
            "Telegram cannot deliver updates: see whether the reverse proxy passes them on"
        );
    }
}

/// 64 characters nobody can guess.
fn secret() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An update, and who is told that it stands in its lane.
struct Delivery {
    update: Update,
    taken: oneshot::Sender<()>,
}

/// What comes in passes here.
#[derive(Clone)]
struct Door {
    ctx: Context,
    secret: Arc<str>,
    deliveries: mpsc::Sender<Delivery>,
}

/// One delivery, to any path: which one it comes at is between Telegram and the reverse proxy. Everything but success
/// makes Telegram send it again, later.
async fn take(State(door): State<Door>, request: Request) -> StatusCode {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    if !door.knows(request.headers()) {
        door.refuse(
            "no secret",
            "a forged update was refused: whoever sent it does not know the secret",
        );
        return StatusCode::UNAUTHORIZED;
    }
    let body = match timeout(BODY_TIME, to_bytes(request.into_body(), MAX_BODY)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            door.refuse("broken", "an update was too large, or broke off");
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        Err(_) => {
            door.refuse("slow", "an update did not come to its end");
            return StatusCode::REQUEST_TIMEOUT;
        }
    };
    // One of a kind nobody knows is read, and passed over. Not even an update is no more so when it is sent again.
    let Ok(update) = serde_json::from_slice::<Update>(&body) else {
        door.refuse(
            "unreadable",
            "an update could not be read and was passed over",
        );
        return StatusCode::OK;
    };
    let (taken, is_taken) = oneshot::channel();
    let delivered = door.deliveries.send(Delivery { update, taken }).await;
    match (delivered, is_taken.await) {
        (Ok(()), Ok(())) => StatusCode::OK,
        // We are ending: the next run gets it.
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Door {
    fn knows(&self, headers: &HeaderMap) -> bool {
        let said = headers.get(SECRET_HEADER);
        said.is_some_and(|said| is_same(said.as_bytes(), self.secret.as_bytes()))
    }

    /// Counts it, and says so now and then: anybody can send us nonsense as often as they like.
    fn refuse(&self, why: &'static str, words: &str) {
        metrics::counter!("talon_webhook_refused_total", "why" => why).increment(1);
        let troubles = &self.ctx.troubles;
        if let Some(n_unsaid) = troubles.tell("webhook", why, Instant::now()) {
            tracing::warn!(n_unsaid, "{words}");
        }
    }
}

/// In the same time wherever the difference is.
fn is_same(said: &[u8], secret: &[u8]) -> bool {
    let differ = said.iter().zip(secret).fold(0, |sum, (a, b)| sum | (a ^ b));
    said.len() == secret.len() && differ == 0
}

/// What the dispatcher hears from.
struct Listener {
    updates: mpsc::Receiver<Delivery>,
    token: StopToken,
    flag: StopFlag,
    /// Who wants to know which kinds of updates the dispatcher serves.
    kinds: Option<oneshot::Sender<Vec<AllowedUpdate>>>,
}

impl UpdateListener for Listener {
    type Err = RequestError;

    fn stop_token(&mut self) -> StopToken {
        self.token.clone()
    }

    fn hint_allowed_updates(&mut self, hint: &mut dyn Iterator<Item = AllowedUpdate>) {
        if let Some(kinds) = self.kinds.take() {
            let _ = kinds.send(hint.collect()); // the program may be ending
        }
    }
}

impl<'a> AsUpdateStream<'a> for Listener {
    type StreamErr = RequestError;
    type Stream = BoxStream<'a, Result<Update, RequestError>>;

    fn as_stream(&'a mut self) -> Self::Stream {
        let Self { updates, flag, .. } = self;
        let begin = (updates, flag.clone(), None::<oneshot::Sender<()>>);
        let heard = stream::unfold(begin, async |(updates, flag, before)| {
            // Whoever asks for the next one has put the one before it into its lane.
            if let Some(before) = before {
                let _ = before.send(()); // Telegram may have hung up: then it comes again, and is known
            }
            let next = tokio::select! {
                next = updates.recv() => next,
                () = flag.clone() => {
                    updates.close();
                    updates.recv().await
                }
            };
            let Delivery { update, taken } = next?;
            Some((Ok(update), (updates, flag, Some(taken))))
        });
        heard.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_whole() {
        let (one, other) = (secret(), secret());
        assert!(one.len() == 64 && one != other);
        assert!(is_same(one.as_bytes(), one.as_bytes()));
        for said in ["", &one[1..], &one[..63], &other, &format!("{one}0")] {
            assert!(!is_same(said.as_bytes(), one.as_bytes()), "{said}");
        }
    }
}
