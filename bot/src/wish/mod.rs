//! The card a wish is edited on: each press changes it at once and shows what is free under it now.

mod change;
mod hold;
mod keyboard;
mod touch;

pub(crate) use hold::Cards;
pub(crate) use touch::{Touch, View};

use crate::answers;
use crate::context::{Context, Talk};
use crate::texts::{self, Lang, WishView, text, text_with, weekday};
use crate::{list, vigil};
use chrono::Utc;
use keyboard::Buttons;
use shared::clock::wall_date;
use shared::ids::WatchId;
use shared::store::{Person, StoreError, WatchCard};
use teloxide::types::MessageId;

/// A button of a card; `false` when the watch is no more or is someone else's. In a group anyone of the chat may press.
pub(crate) async fn press(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    watch: WatchId,
    touch: Touch,
) -> Result<bool, StoreError> {
    let Some(person) = ctx.store.person(talk.chat).await? else {
        return Ok(false);
    };
    let card = ctx.store.watch(person.id, watch, talk.now).await?;
    let Some(card) = card.filter(|card| card.deleted_at.is_none()) else {
        return Ok(false);
    };
    let today = wall_date(talk.now);
    let view = touch.view(today);
    if let Touch::Urgent(is_urgent) = touch {
        return be_urgent(ctx, talk, message, &person, card, is_urgent).await;
    }
    let wish = match touch {
        Touch::Show(_) | Touch::Urgent(_) => card.wish.clone(),
        Touch::Change(change) => change.apply(&card.wish, today),
    };
    if wish == card.wish {
        // Looking tells nothing: the cursor stays.
        show(ctx, talk, Some(message), &person, &card, view).await?;
        return Ok(true);
    }
    let hold = ctx.cards.hold(person.id);
    let listing = {
        // Alerts under the old wish begin before this or not at all.
        let _silence = ctx.silence.begin(talk.chat).await;
        let set = ctx.store.set_wish(person.id, watch, wish, talk.now);
        set.await?
    };
    let Some(listing) = listing else {
        return Ok(false);
    };
    let shown = show(ctx, talk, Some(message), &person, &listing.card, view).await?;
    if shown.is_some() {
        ctx.store.listed(listing, Utc::now()).await?;
    }
    drop(hold);
    // What the card could not tell, and what opened meanwhile, is told now.
    ctx.poke(person.id);
    Ok(true)
}

/// Marks a watch as one to be woken for, or takes that back.
async fn be_urgent(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    person: &Person,
    mut card: WatchCard,
    is_urgent: bool,
) -> Result<bool, StoreError> {
    ctx.store.set_urgent(card.id, is_urgent).await?;
    card.is_urgent = is_urgent;
    show(ctx, talk, Some(message), person, &card, View::Card).await?;
    // What waits for the morning need not wait any more.
    ctx.poke(person.id);
    Ok(true)
}

/// Shows the card of a watch as a new message; `false` when the watch is no more or is someone else's.
pub(crate) async fn open(ctx: &Context, talk: &Talk, watch: WatchId) -> Result<bool, StoreError> {
    let Some(person) = ctx.store.person(talk.chat).await? else {
        return Ok(false);
    };
    let card = ctx.store.watch(person.id, watch, talk.now).await?;
    let Some(card) = card.filter(|card| card.deleted_at.is_none()) else {
        return Ok(false);
    };
    show(ctx, talk, None, &person, &card, View::Card).await?;
    Ok(true)
}

/// Shows a part of the card as a new message or in the place of `message`; `None` when Telegram did not take it.
async fn show(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    person: &Person,
    card: &WatchCard,
    view: View,
) -> Result<Option<MessageId>, StoreError> {
    let now = Utc::now();
    let buttons = Buttons {
        lang: talk.lang,
        watch: card.id,
        wish: &card.wish,
        is_urgent: (person.quiet.is_some() || card.is_urgent).then_some(card.is_urgent),
        today: wall_date(now),
        page: list::page_of(ctx, person.id, card.id).await?,
    };
    let html = texts::wish_card(
        talk.lang,
        &WishView {
            card,
            is_watching: person.is_watching,
            pinger: vigil::sign(ctx, now).await?,
            ask: &ask(talk.lang, view),
        },
        now,
    );
    let keyboard = Some(buttons.of(view));
    Ok(match message {
        Some(message) => answers::edit(ctx, talk, message, &html, keyboard).await,
        None => answers::send(ctx, talk, &html, keyboard).await,
    })
}

/// What a part of the card asks.
fn ask(lang: Lang, view: View) -> String {
    let of = |key, day| {
        let args = [("weekday", weekday(lang, day).into())];
        text_with(lang, key, &args)
    };
    let key = match view {
        View::HoursOf(day) => return of("wish-ask-hours-of", day),
        View::Exact(Some(day)) => return of("wish-ask-exact-of", day),
        View::Card => "wish-ask-card",
        View::When => "wish-ask-when",
        View::Since(_) => "wish-ask-since",
        View::Until(_) => "wish-ask-until",
        View::Days => "wish-ask-days",
        View::Hours => "wish-ask-hours",
        View::Exact(None) => "wish-ask-exact",
        View::Notice => "wish-ask-notice",
        View::Sooner(_) => "wish-ask-sooner",
        View::Skip(_) => "wish-ask-skip",
    };
    text(lang, key)
}
