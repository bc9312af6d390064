//! Listening to Telegram, by long polls or by webhook: it survives Telegram being away, and ends in time.

mod polling;
mod webhook;

use crate::commands;
use crate::context::Context;
use crate::routes::schema;
use crate::telegram::{Refusal, in_words, kind};
use crate::texts::Lang;
use futures::future::BoxFuture;
use shared::settings::SettingError;
use std::future::pending;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;
use teloxide::dispatching::Dispatcher;
use teloxide::dptree;
use teloxide::error_handlers::ErrorHandler;
use teloxide::payloads::SetMyCommandsSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::Me;
use teloxide::update_listeners::UpdateListener;
use teloxide::{Bot, RequestError};
use tokio::time::Instant;

/// First pause after Telegram could not be reached; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Telegram says "wrong token" so often in a row before we believe it.
const BELIEVED: u32 = 3;

/// Handlers at work when the end comes have so long.
const GRACE: Duration = Duration::from_secs(2);

/// Updates that may wait in one of the [`LANES`] before everyone waits. Handlers only queue and return.
const QUEUE: usize = 256;

/// Lanes in which updates are handled at once; those of a chat keep to one, and so keep their order. A lane for each
/// chat, as is usual, would keep memory for every chat of a crowd.
const LANES: i64 = 32;

/// Listens until the program ends.
///
/// # Errors
/// When Telegram does not know the token.
pub(crate) async fn run(ctx: &Context) -> anyhow::Result<()> {
    let mut n_failures = 0;
    let mut n_unknown = 0;
    while !ctx.shutdown.is_cancelled() {
        let error = match listen(ctx).await {
            Ok(()) => return Ok(()),
            Err(Trouble::Telegram(error)) => error,
            Err(Trouble::Address(error)) => {
                // A run before this one may still be ending there.
                if error.kind() != ErrorKind::AddrInUse {
                    let why = format!("it cannot be listened on: {error}");
                    return Err(SettingError::wrong("BOT_WEBHOOK_ADDR", why).into());
                }
                if let Some(n_unsaid) = ctx.troubles.tell("webhook", "in use", Instant::now()) {
                    tracing::error!(
                        n_unsaid,
                        "BOT_WEBHOOK_ADDR: another program listens there; trying again"
                    );
                }
                rest(ctx, LONGEST_PAUSE.min(pause(n_failures))).await;
                n_failures += 1;
                continue;
            }
        };
        n_failures += 1;
        if Refusal::of(&error) == Refusal::BadToken {
            n_unknown += 1;
            if n_unknown >= BELIEVED {
                let why = "Telegram does not know this token; ask @BotFather for a new one";
                return Err(SettingError::wrong("TELOXIDE_TOKEN", why).into());
            }
        } else {
            n_unknown = 0;
        }
        if let Some(n_unsaid) = ctx.troubles.tell("away", kind(&error), Instant::now()) {
            tracing::warn!(
                error = in_words(&error),
                n_unsaid,
                "Telegram cannot be reached; trying again"
            );
        }
        rest(ctx, pause(n_failures - 1)).await;
    }
    Ok(())
}

/// Waits so long, or until the program ends.
async fn rest(ctx: &Context, pause: Duration) {
    tokio::select! {
        () = ctx.shutdown.cancelled() => {}
        () = tokio::time::sleep(pause) => {}
    }
}

/// Why listening could not begin.
enum Trouble {
    Telegram(RequestError),
    /// Nobody can listen at our own address.
    Address(std::io::Error),
}

impl From<RequestError> for Trouble {
    fn from(error: RequestError) -> Self {
        Self::Telegram(error)
    }
}

/// After so many failures in a row before this one.
fn pause(n_failures: u32) -> Duration {
    (FIRST_PAUSE * 2_u32.pow(n_failures.min(6))).min(LONGEST_PAUSE)
}

/// Who we are, and how many updates wait. By long polls, with no webhook left: updates would go there.
async fn prepare(bot: &Bot, is_polling: bool) -> Result<(Me, u32), RequestError> {
    let me = bot.get_me().send().await?;
    let info = bot.get_webhook_info().send().await?;
    if is_polling && info.url.is_some() {
        bot.delete_webhook().send().await?;
    }
    Ok((me, info.pending_update_count))
}

/// One stretch of listening: an error when it could not even begin.
async fn listen(ctx: &Context) -> Result<(), Trouble> {
    // Only settings that fit together come so far.
    let webhook = ctx.config.args.webhook().ok().flatten();
    // Asked here, since what the dispatcher and its listener ask before they begin cannot be interrupted.
    let (me, n_waiting) = tokio::select! {
        () = ctx.shutdown.cancelled() => return Ok(()),
        me = prepare(&ctx.bot, webhook.is_none()) => me?,
    };
    tracing::info!(bot = me.username(), "Telegram answers");
    ctx.backlog.expect(n_waiting);
    register_commands(ctx);
    match webhook {
        None => Ok(dispatch(ctx, polling::listener(&ctx.bot), pending()).await?),
        Some(webhook) => webhook::listen(ctx, &webhook).await,
    }
}

/// Serves what the listener hears until the program ends, or until `failing` says why it must begin anew.
async fn dispatch(
    ctx: &Context,
    listener: impl UpdateListener<Err = RequestError> + Send,
    failing: impl Future<Output = RequestError>,
) -> Result<(), RequestError> {
    let mut dispatcher = Dispatcher::builder(ctx.bot.clone(), schema())
        .dependencies(dptree::deps![ctx.clone()])
        .worker_queue_size(QUEUE)
        .distribution_function(|update| update.chat().map(|chat| chat.id.0.rem_euclid(LANES)))
        // The usual one logs the whole update.
        .default_handler(|_| async {})
        .error_handler(Arc::new(LogHandler))
        .build();
    let token = dispatcher.shutdown_token();
    let dispatching =
        dispatcher.try_dispatch_with_listener(listener, Arc::new(LogListener(ctx.clone())));
    tokio::pin!(dispatching);
    let failed = tokio::select! {
        done = &mut dispatching => return done,
        error = failing => Err(error),
        () = ctx.shutdown.cancelled() => Ok(()),
    };
    // An error = not dispatching yet: then there is nothing to wait for.
    if let Ok(ended) = token.shutdown() {
        let ended = async {
            tokio::select! {
                () = ended => {}
                _ = &mut dispatching => {}
            }
        };
        if tokio::time::timeout(GRACE, ended).await.is_err() {
            tracing::warn!("Telegram or a handler did not end in time");
        }
    }
    failed
}

/// Tells Telegram our commands in every language; not worth holding anything up.
fn register_commands(ctx: &Context) {
    let ctx = ctx.clone();
    let late = ctx.clone();
    ctx.spawn(async move {
        // Without a language: for everyone whose language we do not speak.
        let menus = [
            (None, Lang::Ru),
            (Some("ru"), Lang::Ru),
            (Some("en"), Lang::En),
        ];
        for (code, lang) in menus {
            let mut request = late.bot.set_my_commands(commands::menu(lang));
            if let Some(code) = code {
                request = request.language_code(code);
            }
            if let Err(error) = request.send().await {
                tracing::warn!(error = in_words(&error), "could not register the commands");
            }
        }
    });
}

/// Handlers deal with their errors themselves; what still arrives is a panic.
struct LogHandler;

impl ErrorHandler<anyhow::Error> for LogHandler {
    fn handle_error(self: Arc<Self>, error: anyhow::Error) -> BoxFuture<'static, ()> {
        tracing::error!(%error, "an update was not served");
        Box::pin(async {})
    }
}

/// Must not wait: the dispatcher would miss the end of the program meanwhile.
struct LogListener(Context);

impl ErrorHandler<RequestError> for LogListener {
    fn handle_error(self: Arc<Self>, error: RequestError) -> BoxFuture<'static, ()> {
        let words = in_words(&error);
        let is_second = words.contains("terminated by other getUpdates");
        let what = if is_second { "second bot" } else { "unread" };
        let why = kind(&error);
        if let Some(n_unsaid) = self.0.troubles.tell(what, why, Instant::now()) {
            match is_second {
                true => tracing::error!(
                    n_unsaid,
                    "a second bot runs with the same token: stop one of them"
                ),
                false => tracing::warn!(
                    error = words,
                    n_unsaid,
                    "updates could not be read; trying again"
                ),
            }
        }
        Box::pin(async {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_without_telegram_does_not_make_it_wait_longer_than_a_quarter_of_a_minute() {
        let pauses: Vec<_> = (0..400).map(pause).collect();
        assert!(pauses.is_sorted() && pauses[0] == FIRST_PAUSE);
        assert_eq!(pauses[399], LONGEST_PAUSE);
        let an_hour: Duration = pauses.iter().take(300).sum();
        assert!(an_hour > Duration::from_secs(3_600), "{an_hour:?}");
    }
}
