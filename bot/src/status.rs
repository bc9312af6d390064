//! `/status`: what is known of every watch, at once; then what has been read meanwhile.

use crate::add::button;
use crate::answers;
use crate::commands;
use crate::context::{Context, Talk};
use crate::fresh::{self, Wait};
use crate::press::Press;
use crate::texts::{self, Phase, PingerSign, StatusView, text};
use crate::vigil;
use chrono::{DateTime, Utc};
use shared::ids::Target;
use shared::store::{Person, StoreError, WatchCard};
use teloxide::types::{InlineKeyboardMarkup, MessageId};

/// Targets worth a fresh look: of watches that are not paused.
pub(crate) fn targets(cards: &[WatchCard], now: DateTime<Utc>) -> Vec<Target> {
    let active = cards.iter().filter(|card| !card.is_paused(now));
    let mut targets: Vec<Target> = active
        .flat_map(|card| card.targets.iter().map(|state| state.target.clone()))
        .collect();
    targets.sort();
    targets.dedup();
    targets
}

/// Answers `/status` with a new message, or in the place of `message` when its button was pressed.
pub(crate) async fn show(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
) -> Result<(), StoreError> {
    let Some(person) = commands::known(ctx, talk).await? else {
        return nothing(ctx, talk, message).await;
    };
    let cards = ctx.store.watches(person.id, talk.now).await?;
    if cards.is_empty() {
        return nothing(ctx, talk, message).await;
    }
    let asked = targets(&cards, talk.now);
    let html = compose(ctx, talk, &person, &cards, Phase::Asking).await?;
    let shown = put(ctx, talk, message, &html, keyboard(talk)).await;
    fresh::ask(ctx, asked.clone(), talk.now).await?;
    if let Some(shown) = shown {
        let (late, then) = (ctx.clone(), talk.clone());
        fresh::follow(ctx, talk, shown, asked, move |wait| {
            renew(late.clone(), then.clone(), shown, wait)
        });
    }
    Ok(())
}

/// Says that nothing is watched.
async fn nothing(ctx: &Context, talk: &Talk, message: Option<MessageId>) -> Result<(), StoreError> {
    let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-add", Press::Add)]]);
    let html = text(talk.lang, "status-empty");
    put(ctx, talk, message, &html, keyboard).await;
    Ok(())
}

async fn put(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    html: &str,
    keyboard: InlineKeyboardMarkup,
) -> Option<MessageId> {
    match message {
        Some(message) => answers::edit(ctx, talk, message, html, Some(keyboard)).await,
        None => answers::send(ctx, talk, html, Some(keyboard)).await,
    }
}

fn keyboard(talk: &Talk) -> InlineKeyboardMarkup {
    InlineKeyboardMarkup::new([[
        button(talk, "btn-refresh", Press::Status),
        button(talk, "btn-list", Press::List(0)),
    ]])
}

/// The message again, with what has been read since.
async fn renew(ctx: Context, mut talk: Talk, message: MessageId, wait: Wait) {
    let phase = match wait {
        Wait::Landed => Phase::Fresh,
        Wait::TooLong => Phase::StillAsking,
    };
    let renewed = async {
        // Switched on or off, or forgotten, since: the text must say how things are now.
        let Some(person) = ctx.store.person(talk.chat).await? else {
            return Ok(());
        };
        talk.lang = person.lang;
        let cards = ctx.store.watches(person.id, Utc::now()).await?;
        if cards.is_empty() {
            return nothing(&ctx, &talk, Some(message)).await;
        }
        let html = compose(&ctx, &talk, &person, &cards, phase).await?;
        answers::edit(&ctx, &talk, message, &html, Some(keyboard(&talk))).await;
        Ok::<_, StoreError>(())
    };
    if let Err(error) = renewed.await {
        tracing::warn!(%error, "could not renew a status");
    }
}

async fn compose(
    ctx: &Context,
    talk: &Talk,
    person: &Person,
    cards: &[WatchCard],
    phase: Phase,
) -> Result<String, StoreError> {
    let now = Utc::now();
    let pinger = vigil::sign(ctx, now).await?;
    let held_until = ctx.store.portal_hold().await?.filter(|until| *until > now);
    // While nobody asks the portal, nothing is on its way.
    let is_asked = pinger == PingerSign::Alive && held_until.is_none();
    let phase = if is_asked { phase } else { Phase::Fresh };
    let outage = ctx.store.outage().await?;
    let view = StatusView {
        person,
        cards,
        pinger,
        held_until,
        outage,
        phase,
    };
    let cadences = ctx.store.cadences(targets(cards, now), now).await?;
    // While nobody looks, the warning says all there is to say.
    let cadence = texts::cadence(talk.lang, &cadences).filter(|_| is_asked);
    let html = texts::status(talk.lang, &view, now);
    Ok(texts::with_cadence(html, cadence))
}
