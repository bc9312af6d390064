//! `/list`: every watch with its buttons.

use crate::add::{self, button};
use crate::answers;
use crate::commands;
use crate::context::{Context, Talk};
use crate::fresh;
use crate::press::{Press, Verb};
use crate::texts::{self, Lang, escape, text, text_with};
use crate::vigil;
use crate::wish::{Touch, View};
use chrono::{TimeDelta, Utc};
use shared::ids::{PersonId, WatchId};
use shared::store::{Listed, Person, StoreError, TargetState, WatchCard, Widen};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// Watches of one page.
const PAGE: usize = 5;

/// How long a deletion may be undone.
pub(crate) const UNDO: TimeDelta = TimeDelta::seconds(60);

/// Room for one watch on a page, so that a page stays within Telegram's 4,096 characters.
const CARD: usize = 640;

/// Deletions of one page that can be undone.
const UNDOS: usize = 3;

/// Longest label of a button.
const LABEL: usize = 60;

/// Shows a page of the list as a new message, or in the place of `message`.
pub(crate) async fn show(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    page: usize,
) -> Result<(), StoreError> {
    let person = commands::known(ctx, talk).await?;
    let (html, keyboard) = compose(ctx, talk, person.as_ref(), page).await?;
    put(ctx, talk, message, &html, keyboard).await;
    Ok(())
}

async fn put(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    html: &str,
    keyboard: InlineKeyboardMarkup,
) {
    match message {
        Some(message) => answers::edit(ctx, talk, message, html, Some(keyboard)).await,
        None => answers::send(ctx, talk, html, Some(keyboard)).await,
    };
}

/// A page of the list, with what was deleted a moment ago at its end.
async fn compose(
    ctx: &Context,
    talk: &Talk,
    person: Option<&Person>,
    page: usize,
) -> Result<(String, InlineKeyboardMarkup), StoreError> {
    let now = Utc::now();
    let lang = talk.lang;
    let (cards, deleted) = match person {
        Some(person) => (
            ctx.store.watches(person.id, now).await?,
            ctx.store
                .deleted_watches(person.id, now - UNDO, now)
                .await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let is_watching = person.is_some_and(|person| person.is_watching);
    let n_pages = cards.len().div_ceil(PAGE).max(1);
    let page = page.min(n_pages - 1);
    let mut html = if cards.is_empty() {
        text(lang, "list-empty")
    } else {
        text_with(lang, "list-title", &[("n", cards.len().into())])
    };
    if !is_watching && !cards.is_empty() {
        html.push_str("\n\n");
        html.push_str(&text(lang, "card-off"));
    }
    let mut rows = Vec::new();
    for (place, card) in cards.iter().enumerate().skip(page * PAGE).take(PAGE) {
        let number = (cards.len() > 1).then_some(place + 1);
        html.push_str("\n\n");
        if let Some(number) = number {
            html.push_str(&format!("<b>{number}.</b> "));
        }
        // That everything is silent is said once, above.
        html.push_str(&texts::card_in(lang, CARD, card, true, now));
        rows.extend(buttons(lang, card, number, now));
        rows.extend(widen(lang, card, number));
    }
    for card in deleted.iter().take(UNDOS) {
        let title = texts::card_title(lang, card);
        html.push_str("\n\n");
        html.push_str(&text_with(
            lang,
            "deleted",
            &[("title", escape(&title).into())],
        ));
        let mut undo = button(talk, "btn-undo", Press::Watch(card.id, Verb::Undo));
        if deleted.len() > 1 {
            undo.text = texts::plain(&format!("{}: {title}", undo.text), LABEL);
        }
        rows.push(vec![undo]);
    }
    let mut turns = Vec::new();
    if page > 0 {
        turns.push(button(talk, "btn-prev", Press::List(page - 1)));
    }
    if page + 1 < n_pages {
        turns.push(button(talk, "btn-next", Press::List(page + 1)));
    }
    turns.push(button(talk, "btn-add", Press::Add));
    rows.push(turns);
    Ok((html, InlineKeyboardMarkup::new(rows)))
}

fn buttons(
    lang: Lang,
    card: &WatchCard,
    number: Option<usize>,
    now: chrono::DateTime<Utc>,
) -> [Vec<InlineKeyboardButton>; 2] {
    let pause = if card.is_paused(now) {
        (Verb::Resume, "btn-resume")
    } else {
        (Verb::Pause, "btn-pause")
    };
    let verb = |(verb, key)| (key, Press::Watch(card.id, verb));
    let edit = ("btn-edit", Press::Wish(card.id, Touch::Show(View::Card)));
    let rows = [
        [verb((Verb::Now, "btn-now")), edit],
        [verb(pause), verb((Verb::Delete, "btn-delete"))],
    ];
    rows.map(|row| {
        let buttons = row.into_iter().map(|(key, press)| {
            let label = text(lang, key);
            let label = number.map_or_else(|| label.clone(), |number| format!("{number}. {label}"));
            InlineKeyboardButton::callback(label, press.to_string())
        });
        buttons.collect()
    })
}

/// "Any doctor of this specialty", for a watch that waits for somebody who is no longer listed.
fn widen(lang: Lang, card: &WatchCard, number: Option<usize>) -> Option<Vec<InlineKeyboardButton>> {
    let is_gone =
        |state: &TargetState| state.target.doctor.is_some() && state.listed == Listed::Gone;
    card.targets.iter().any(is_gone).then(|| {
        let label = text(lang, "btn-widen");
        let label = number.map_or_else(|| label.clone(), |number| format!("{number}. {label}"));
        let press = Press::Watch(card.id, Verb::Widen);
        vec![InlineKeyboardButton::callback(label, press.to_string())]
    })
}

/// A button of a watch; `false` when the watch is no more or is someone else's. A second tap does what the first one
/// did: nothing more.
pub(crate) async fn press(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    watch: WatchId,
    verb: Verb,
) -> Result<bool, StoreError> {
    let Some(person) = ctx.store.person(talk.chat).await? else {
        return Ok(false);
    };
    let card = ctx.store.watch(person.id, watch, talk.now).await?;
    let is_there = card.as_ref().is_some_and(|card| card.deleted_at.is_none());
    let mut note = None;
    match (verb, card) {
        (Verb::Now, Some(card)) if is_there => {
            now(ctx, talk, &card).await?;
            return Ok(true);
        }
        (Verb::Share, Some(card)) if is_there => {
            add::share(ctx, talk, &card).await?;
            return Ok(true);
        }
        (Verb::Pause, Some(_)) if is_there => {
            let _silence = ctx.silence.begin(talk.chat).await;
            ctx.store.pause_watch(watch, None).await?;
        }
        (Verb::Resume, Some(card)) if is_there => {
            if card.is_paused(talk.now) {
                ctx.store.resume_watch(watch, talk.now).await?;
                ctx.poke(person.id);
            }
        }
        (Verb::Widen, Some(_)) if is_there => {
            let widened = ctx
                .store
                .widen_watch(person.id, watch, Widen::Gone, talk.now)
                .await?;
            if widened.is_some_and(|n| n > 0) {
                ctx.poke(person.id);
                note = Some("widened");
            }
        }
        (Verb::Delete, Some(_)) => {
            let _silence = ctx.silence.begin(talk.chat).await;
            ctx.store.delete_watch(watch, talk.now).await?;
        }
        (Verb::Undo, _) if is_there => {}
        (Verb::Undo, Some(_)) if ctx.store.undo_delete(watch, talk.now - UNDO).await? => {
            ctx.poke(person.id);
            note = Some("undone");
        }
        (Verb::Undo, _) => note = Some("undo-late"),
        _ => return Ok(false),
    }
    let page = page_of(ctx, person.id, watch).await?;
    let (mut html, keyboard) = compose(ctx, talk, Some(&person), page).await?;
    if let Some(note) = note {
        html = format!("{}\n\n{html}", text(talk.lang, note));
    }
    put(ctx, talk, Some(message), &html, keyboard).await;
    Ok(true)
}

/// The page that shows this watch, or where it stood before it was deleted.
pub(crate) async fn page_of(
    ctx: &Context,
    person: PersonId,
    watch: WatchId,
) -> Result<usize, StoreError> {
    let cards = ctx.store.watches(person, Utc::now()).await?;
    Ok(cards.iter().filter(|card| card.id < watch).count() / PAGE)
}

/// What is free now in one watch: at once from the store, then as just read.
async fn now(ctx: &Context, talk: &Talk, card: &WatchCard) -> Result<(), StoreError> {
    let targets: Vec<_> = card
        .targets
        .iter()
        .map(|state| state.target.clone())
        .collect();
    let (person, watch) = (card.person, card.id);
    let html = free_now(ctx, talk.lang, card, true).await?;
    let shown = answers::send(ctx, talk, &html, where_to_book(ctx, talk.lang, card)).await;
    fresh::ask(ctx, targets.clone(), talk.now).await?;
    let Some(shown) = shown else { return Ok(()) };
    let (late, then) = (ctx.clone(), talk.clone());
    fresh::follow(ctx, talk, shown, targets, move |wait| {
        renew(late.clone(), then.clone(), person, watch, shown, wait)
    });
    Ok(())
}

/// The message again, with what has been read since.
async fn renew(
    ctx: Context,
    talk: Talk,
    person: PersonId,
    watch: WatchId,
    message: MessageId,
    wait: fresh::Wait,
) {
    let renewed = async {
        if let Some(card) = ctx.store.watch(person, watch, Utc::now()).await? {
            let is_asking = wait == fresh::Wait::TooLong;
            let html = free_now(&ctx, talk.lang, &card, is_asking).await?;
            let keyboard = where_to_book(&ctx, talk.lang, &card);
            answers::edit(&ctx, &talk, message, &html, keyboard).await;
        }
        Ok::<_, StoreError>(())
    };
    if let Err(error) = renewed.await {
        tracing::warn!(%error, "could not renew what is free now");
    }
}

/// A button to where a talon is taken, when there is one; nothing for a watch of several targets.
fn where_to_book(ctx: &Context, lang: Lang, card: &WatchCard) -> Option<InlineKeyboardMarkup> {
    let [state] = card.targets.as_slice() else {
        return None;
    };
    if state.free.is_empty() {
        return None;
    }
    let district = state.place.lpu.as_ref().map(|lpu| &lpu.district);
    let url = ctx.link(&state.target, district).parse().ok()?;
    let button = InlineKeyboardButton::url(text(lang, "btn-book"), url);
    Some(InlineKeyboardMarkup::new([[button]]))
}

async fn free_now(
    ctx: &Context,
    lang: Lang,
    card: &WatchCard,
    is_asking: bool,
) -> Result<String, StoreError> {
    let now = Utc::now();
    let mut html = texts::free_now(lang, card, now);
    let sign = vigil::sign(ctx, now).await?;
    if let Some(warning) = texts::pinger_warning(lang, sign, now) {
        html = format!("{warning}\n\n{html}");
    } else if is_asking {
        html = format!("{html}\n\n{}", text(lang, "status-asking"));
    }
    Ok(html)
}
