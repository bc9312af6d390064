//! For operators: `/stats`, and `/broadcast` to everybody who can be reached, `/off` or not. The store keeps how far it
//! is: after a restart it goes on, and at most the one message on its way is repeated.

use crate::add::button;
use crate::answers::{self, gone, moved, send_once};
use crate::context::{Context, Talk};
use crate::life::Life;
use crate::pace::Kind;
use crate::press::Press;
use crate::telegram::{Refusal, in_words};
use crate::texts::{self, Lang, MAX_MESSAGE, pinger_warning, text, text_with};
use crate::vigil;
use chrono::Utc;
use shared::progress::{Progress, Said};
use shared::store::{Broadcast, Person, Program, StoreError};
use std::time::Duration;
use teloxide::types::{InlineKeyboardMarkup, MessageId};
use teloxide::utils::html;
use tokio::time::{Instant, sleep};

/// Between two edits of the message that shows how far it is.
const BETWEEN_EDITS: Duration = Duration::from_secs(3);

/// Between two lines of the log that do.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// First wait when Telegram or the store does not answer; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Whether operators talk here.
pub(crate) fn is_operators(ctx: &Context, chat: i64) -> bool {
    ctx.config.args.admin_chats.contains(&chat)
}

/// Answers `/stats`.
pub(crate) async fn stats(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let stats = ctx.store.stats(talk.now).await?;
    let bot = ctx.store.heartbeat(Program::Bot).await?;
    let pinger = vigil::sign(ctx, talk.now).await?;
    let pinger = pinger_warning(talk.lang, pinger, talk.now);
    let html = texts::stats(talk.lang, &stats, bot, pinger, talk.now);
    answers::send(ctx, talk, &html, None).await;
    Ok(())
}

/// Answers `/broadcast`: shows the message as everybody would see it, and asks.
pub(crate) async fn ask(ctx: &Context, talk: &Talk, words: &str) -> Result<(), StoreError> {
    if words.is_empty() || words.encode_utf16().count() > MAX_MESSAGE {
        let key = if words.is_empty() {
            "broadcast-how"
        } else {
            "broadcast-too-long"
        };
        answers::send(ctx, talk, &text(talk.lang, key), None).await;
        return Ok(());
    }
    let (id, n) = ctx
        .store
        .draft_broadcast(talk.chat, talk.topic, words.to_owned(), talk.now)
        .await?;
    answers::send(ctx, talk, &html::escape(words), None).await;
    let keyboard = InlineKeyboardMarkup::new([[
        button(talk, "btn-broadcast-send", Press::Life(Life::Send(id))),
        button(talk, "btn-broadcast-drop", Press::Life(Life::Drop(id))),
    ]]);
    let question = text_with(talk.lang, "broadcast-ask", &[("n", n.into())]);
    answers::send(ctx, talk, &question, Some(keyboard)).await;
    Ok(())
}

/// "Send to everybody".
pub(crate) async fn confirm(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    id: i64,
) -> Result<(), StoreError> {
    if !is_operators(ctx, talk.chat) {
        return Ok(());
    }
    let begun = ctx
        .store
        .start_broadcast(id, talk.chat, message.0, talk.now)
        .await?;
    if let Some(broadcast) = begun {
        show(ctx, &broadcast).await;
        // It knows from the store how far it is, however often it begins.
        ctx.keep("broadcast", move |ctx| send_until_end(ctx, id));
    }
    Ok(())
}

/// "Do not send", or "stop".
pub(crate) async fn stop(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    id: i64,
) -> Result<(), StoreError> {
    if !is_operators(ctx, talk.chat) {
        return Ok(());
    }
    if let Some(ended) = ctx.store.end_broadcast(id, talk.chat, talk.now).await? {
        let message = Some(message.0);
        show(ctx, &Broadcast { message, ..ended }).await;
    }
    Ok(())
}

/// Goes on with what a run before this one has not finished.
pub(crate) async fn resume(ctx: Context) {
    match ctx.store.unfinished_broadcasts().await {
        Ok(unfinished) => {
            for broadcast in unfinished {
                send_until_end(ctx.clone(), broadcast.id).await;
            }
        }
        Err(error) => tracing::warn!(%error, "could not read what is being sent to everybody"),
    }
}

/// Shows how far it is where it was confirmed.
async fn show(ctx: &Context, broadcast: &Broadcast) {
    let Some(message) = broadcast.message else {
        return;
    };
    let person = ctx.store.person(broadcast.chat).await.ok().flatten();
    let talk = Talk {
        chat: broadcast.chat,
        topic: broadcast.topic,
        user: broadcast.chat,
        lang: person.map_or(Lang::Ru, |person| person.lang),
        speaks: None,
        now: Utc::now(),
    };
    let keyboard = if broadcast.ended_at.is_none() {
        let stop = button(
            &talk,
            "btn-broadcast-stop",
            Press::Life(Life::Drop(broadcast.id)),
        );
        InlineKeyboardMarkup::new([[stop]])
    } else {
        InlineKeyboardMarkup::default()
    };
    let html = texts::broadcast(talk.lang, broadcast);
    answers::edit(ctx, &talk, MessageId(message), &html, Some(keyboard)).await;
}

/// What became of one message.
enum Sent {
    Yes,
    /// This person cannot get it.
    Never,
    /// Try again after this.
    After(Duration),
}

/// Sends it to everybody left, or to as many as the end of the program leaves time for.
async fn send_until_end(ctx: Context, id: i64) {
    let sending = send_all(&ctx, id);
    ctx.shutdown.run_until_cancelled(sending).await;
}

/// Sends it to everybody left, then says so. Half of the limit at most, so that alerts go on.
async fn send_all(ctx: &Context, id: i64) {
    let gap = Duration::from_secs_f64(2.0 / ctx.config.args.alerts_per_second);
    let mut pace = tokio::time::interval(gap);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut shown_at = Instant::now();
    let mut progress = Progress::new(BETWEEN_EDITS, BETWEEN_LINES);
    let mut n_failures = 0_u32;
    while !ctx.shutdown.is_cancelled() {
        pace.tick().await;
        match step(ctx, id, n_failures).await {
            Ok(None) => break,
            Ok(Some(Duration::ZERO)) => n_failures = 0,
            Ok(Some(wait)) => {
                n_failures += 1;
                sleep(wait).await;
            }
            Err(error) => {
                tracing::warn!(%error, "could not read or note who got a message to everybody");
                n_failures += 1;
                sleep(pause(n_failures)).await;
            }
        }
        if shown_at.elapsed() >= BETWEEN_EDITS {
            shown_at = Instant::now();
            // Ended meanwhile: whoever ended it shows that.
            if let Ok(Some(broadcast)) = ctx.store.broadcast(id).await
                && broadcast.ended_at.is_none()
            {
                say_how_far(&mut progress, &broadcast);
                show(ctx, &broadcast).await;
            }
        }
    }
    let ended = async {
        let Some(broadcast) = ctx.store.broadcast(id).await? else {
            return Ok(None);
        };
        ctx.store
            .end_broadcast(id, broadcast.chat, Utc::now())
            .await
    };
    if ctx.shutdown.is_cancelled() {
        return;
    }
    match ended.await {
        Ok(Some(broadcast)) => {
            tracing::info!(
                n_sent = broadcast.n_sent,
                n_failed = broadcast.n_failed,
                "sent to everybody"
            );
            show(ctx, &broadcast).await;
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "could not note the end of a message to everybody"),
    }
}

/// To the log, as its message does to the operator.
fn say_how_far(progress: &mut Progress, broadcast: &Broadcast) {
    let Broadcast {
        n_people,
        n_sent,
        n_failed,
        ..
    } = *broadcast;
    let n_done = n_sent + n_failed;
    let [done, left] =
        [n_done, n_people.saturating_sub(n_done)].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    if progress.at(done, left, Instant::now().into_std()) == Some(Said::UnderWay) {
        tracing::info!(n_sent, n_failed, n_people, "sending to everybody");
    }
}

fn pause(n_failures: u32) -> Duration {
    (FIRST_WAIT * 2_u32.pow(n_failures.min(6))).min(LONGEST_WAIT)
}

/// One more person. `None` when nobody is left, else how long to wait before the next step.
async fn step(ctx: &Context, id: i64, n_failures: u32) -> Result<Option<Duration>, StoreError> {
    let (Some(broadcast), Some(person)) = (
        ctx.store.broadcast(id).await?,
        ctx.store.next_receiver(id).await?,
    ) else {
        return Ok(None);
    };
    if !ctx.config.allows(person.chat) {
        ctx.store.received(id, person.id, None).await?;
        return Ok(Some(Duration::ZERO));
    }
    if let Some(wait) = ctx.pace.wait_of(person.chat, Kind::Alert) {
        sleep(wait).await;
    }
    let counted = ctx.pace.turn().await.begin(person.chat, Kind::Alert);
    let sent = send(ctx, &person, &broadcast.text, n_failures).await;
    drop(counted);
    let was_sent = match sent {
        Sent::Yes => true,
        Sent::Never => false,
        Sent::After(wait) => return Ok(Some(wait)),
    };
    ctx.store.received(id, person.id, Some(was_sent)).await?;
    Ok(Some(Duration::ZERO))
}

async fn send(ctx: &Context, person: &Person, words: &str, n_failures: u32) -> Sent {
    let html = html::escape(words);
    let mut topic = person.topic;
    loop {
        let Err(error) = send_once(ctx, person.chat, topic, &html, None, false).await else {
            return Sent::Yes;
        };
        match Refusal::of(&error) {
            Refusal::NoTopic if topic.is_some() => topic = None,
            Refusal::Wait(wait) => return Sent::After(wait.max(FIRST_WAIT)),
            Refusal::Later | Refusal::BadToken => return Sent::After(pause(n_failures)),
            Refusal::Moved(to) => {
                moved(ctx, person.chat, to.0).await;
                return Sent::After(FIRST_WAIT);
            }
            Refusal::Gone => {
                gone(ctx, person.chat).await;
                return Sent::Never;
            }
            _ => {
                tracing::warn!(
                    error = in_words(&error),
                    "a message to everybody was refused by one chat"
                );
                return Sent::Never;
            }
        }
    }
}
