//! One person's turn: everything pending in one message, and what Telegram's answer asks for.

use super::queue::{LONGEST_WAIT, Turn};
use super::send::{Form, compose, send};
use crate::answers::{gone, moved};
use crate::context::Context;
use crate::pace::Kind;
use crate::telegram::{Refusal, in_words, kind as kind_of};
use chrono::{TimeDelta, Utc};
use shared::ids::PersonId;
use shared::store::News;
use std::time::Duration;
use teloxide::RequestError;
use teloxide::types::MessageId;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Shorter waits are over before anybody looks.
const LONG_WAIT: Duration = Duration::from_secs(30);

/// Between two questions whether a look that telling waits for has come.
const LOOK_PAUSE: Duration = Duration::from_millis(300);

/// One person's turn: everything pending in one message. `place` in the line is given up when the send begins.
pub(super) async fn tell(ctx: &Context, person: PersonId, place: OwnedSemaphorePermit) -> Turn {
    let mut place = Some(place);
    let mut form = Form::FIRST;
    loop {
        let news = match pending(ctx, person, form).await {
            Ok(Some(news)) => news,
            Ok(None) => return Turn::NOTHING,
            Err(turn) => return turn,
        };
        let line = taken_line(ctx, &news).await;
        let turn = ctx.pace.turn().await;
        // From here to the start of the send nobody can go silent unseen, and the snapshot is the newest there is.
        let checking = ctx.silence.hold().await;
        if ctx.shutdown.is_cancelled() {
            return Turn::NOTHING;
        }
        let news = match pending(ctx, person, form).await {
            Ok(Some(news)) => news,
            Ok(None) => return Turn::NOTHING,
            Err(turn) => return turn,
        };
        let chat = news.person.chat;
        let message = compose(ctx, &news, line.as_deref());
        let _on_its_way = ctx.silence.on_its_way(chat);
        let sent = {
            let _counted = turn.begin(chat, kind(&news));
            drop(place.take());
            let mut sending = std::pin::pin!(send(ctx, &news, &message, form));
            let begun = futures::poll!(sending.as_mut());
            drop(checking);
            match begun {
                std::task::Poll::Ready(sent) => sent,
                std::task::Poll::Pending => sending.await,
            }
        };
        let error = match sent {
            Ok(message) => return told(ctx, news, message).await,
            Err(error) => error,
        };
        form = match refused(ctx, &news, form, &error).await {
            Next::Turn(turn) => return turn,
            Next::Try(form) => form,
        };
    }
}

fn kind(news: &News) -> Kind {
    match news.joins {
        Some(_) => Kind::Join,
        None => Kind::Alert,
    }
}

/// Who of a group takes what the alert tells that these news join.
async fn taken_line(ctx: &Context, news: &News) -> Option<String> {
    let join = news.joins.as_ref()?;
    crate::life::taken_line(ctx, &news.person, join.message).await
}

/// What is pending and suits; `Ok(None)` = nothing to send (cursors past what did not suit are moved).
async fn pending(ctx: &Context, person: PersonId, form: Form) -> Result<Option<News>, Turn> {
    if ctx.cards.is_held(person) {
        return Err(Turn::After(LOOK_PAUSE));
    }
    let unread = |error| {
        tracing::warn!(%error, "could not read a person's news");
        Turn::Unreached
    };
    let Some(mut news) = ctx.store.news(person, Utc::now()).await.map_err(unread)? else {
        return Ok(None);
    };
    if !form.may_join {
        news.joins = None;
    }
    let now = Utc::now();
    let asleep = news.person.quiet.and_then(|quiet| quiet.until(now));
    if let Some(until) = asleep.filter(|_| !news.breaks_quiet) {
        return Err(Turn::Quiet((until - now).to_std().unwrap_or_default()));
    }
    if !news.to_ask.is_empty() {
        ctx.store
            .ask_looks(news.to_ask, now)
            .await
            .map_err(unread)?;
        return Err(Turn::After(LOOK_PAUSE));
    }
    if news.awaits_look {
        return Err(Turn::After(LOOK_PAUSE));
    }
    if !news.doctors.is_empty() {
        // What is sent to one chat keeps its distance, answers counted. What was just refused did not arrive.
        let kind = kind(&news);
        let wait = match form.is_first() {
            true => ctx.pace.wait_of(news.person.chat, kind),
            false => None,
        };
        return wait.map_or(Ok(Some(news)), |wait| Err(Turn::After(wait)));
    }
    if news
        .cursors
        .iter()
        .any(|(_, told_through)| *told_through < news.through)
    {
        ctx.store
            .told(news, None, Utc::now())
            .await
            .map_err(unread)?;
    }
    Ok(None)
}

/// Telegram has accepted the message: the cursor moves. Until that is written the person's turn does not end,
/// so that the same process cannot tell it twice.
async fn told(ctx: &Context, news: News, message: MessageId) -> Turn {
    let mut wait = Duration::from_millis(50);
    while let Err(error) = ctx
        .store
        .told(news.clone(), Some(message.0), Utc::now())
        .await
    {
        tracing::warn!(%error, "could not note that an alert was told; trying again");
        if ctx.shutdown.is_cancelled() {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
    count("told");
    tracing::info!(
        person = %news.person.id,
        n_doctors = news.doctors.len(),
        n_slots = news.doctors.iter().map(|doctor| doctor.slots.len()).sum::<usize>(),
        is_edit = news.joins.is_some(),
        "alert told"
    );
    Turn::Done {
        was_sent: true,
        has_more: news.has_more,
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("talon_alerts_total", "outcome" => outcome).increment(1);
}

/// Notes a long wait for those who watch over the delivery: what it holds back is not stuck.
async fn hold(ctx: &Context, chat: i64, wait: Duration) {
    let held_until = TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| Utc::now().checked_add_signed(wait));
    if let Some(until) = held_until.filter(|_| wait >= LONG_WAIT)
        && let Err(error) = ctx.store.hold_chat(chat, until).await
    {
        tracing::warn!(%error, "could not note that a chat is to be left alone");
    }
}

/// What follows a refusal.
enum Next {
    /// The turn is over.
    Turn(Turn),
    /// The same news once more, in this form.
    Try(Form),
}

/// Telegram refused, or did not answer. The cursor stays.
async fn refused(ctx: &Context, news: &News, form: Form, error: &RequestError) -> Next {
    let chat = news.person.chat;
    count("refused");
    let turn = match Refusal::of(error) {
        Refusal::Wait(wait) => {
            tracing::warn!(wait_s = wait.as_secs(), "Telegram asks one chat to wait");
            hold(ctx, chat, wait).await;
            Turn::After(wait.max(Duration::from_millis(500)))
        }
        Refusal::Gone => {
            gone(ctx, chat).await;
            Turn::NOTHING
        }
        Refusal::Moved(to) => match moved(ctx, chat, to.0).await {
            true => Turn::After(Duration::ZERO),
            false => Turn::Unreached,
        },
        Refusal::Later | Refusal::BadToken => {
            if let Some(n_unsaid) = ctx
                .troubles
                .tell("undelivered", kind_of(error), Instant::now())
            {
                tracing::warn!(
                    error = in_words(error),
                    n_unsaid,
                    "an alert was not delivered; it stays pending"
                );
            }
            Turn::Unreached
        }
        // The message is gone, too old, reads so already, or anything else: never lost, a new one then.
        refusal if news.joins.is_some() => {
            tracing::debug!(?refusal, "an alert takes no talons in; a new message does");
            let may_join = false;
            return Next::Try(Form { may_join, ..form });
        }
        Refusal::NoTopic if form.has_topic && news.person.topic.is_some() => {
            let has_topic = false;
            return Next::Try(Form { has_topic, ..form });
        }
        _ if form.has_markup => {
            tracing::error!(
                error = in_words(error),
                "an alert's markup was refused; sending it plain"
            );
            let has_markup = false;
            return Next::Try(Form { has_markup, ..form });
        }
        _ => {
            tracing::error!(
                error = in_words(error),
                "an alert was refused in every form; it stays pending"
            );
            Turn::After(LONGEST_WAIT)
        }
    };
    Next::Turn(turn)
}
