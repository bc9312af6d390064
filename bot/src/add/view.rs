//! How a menu is shown: its list at once, or "loading" first, in one message.

use super::area;
use super::entries::{Listing, list};
use super::page::{nav, render};
use super::state::{Menu, load, save, save_over};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::Press;
use crate::texts::{self, text, text_with};
use shared::failure::FailureKind;
use shared::store::StoreError;
use std::time::Duration;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// What takes longer shows "loading" meanwhile.
pub(super) const QUICK: Duration = Duration::from_millis(400);

/// A button with the text of this key.
pub(crate) fn button(talk: &Talk, key: &str, press: Press) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(text(talk.lang, key), press.to_string())
}

/// Shows the menu: at once when its list is at hand, otherwise "loading" first and the list when it has come.
pub(super) async fn show(ctx: &Context, talk: &Talk, mut menu: Menu) -> Result<(), StoreError> {
    if menu.is_card() {
        let (html, keyboard) = area::card(ctx, talk, &menu).await?;
        return place(ctx, talk, &mut menu, &html, keyboard).await;
    }
    let reading = {
        let (ctx, menu, talk) = (ctx.clone(), menu.clone(), talk.clone());
        async move { list(&ctx, &talk, &menu).await }
    };
    let mut reading = Box::pin(reading);
    if let Ok(listing) = tokio::time::timeout(QUICK, &mut reading).await {
        let (html, keyboard) = render(talk, &mut menu, listing);
        return place(ctx, talk, &mut menu, &html, keyboard).await;
    }
    show_loading(ctx, talk, &mut menu).await?;
    let (late, talk) = (ctx.clone(), talk.clone());
    ctx.spawn(async move {
        let listing = reading.await;
        if let Err(error) = show_late(&late, &talk, menu, listing).await {
            tracing::warn!(%error, "could not show a menu");
        }
    });
    Ok(())
}

/// Says that the portal is being asked; one can go back or give up meanwhile.
pub(super) async fn show_loading(
    ctx: &Context,
    talk: &Talk,
    menu: &mut Menu,
) -> Result<(), StoreError> {
    let loading = text(talk.lang, "add-loading");
    let keyboard = InlineKeyboardMarkup::new([nav(talk, menu)]);
    place(ctx, talk, menu, &loading, keyboard).await
}

/// Whether the person has done nothing with the menu since it was so.
pub(super) async fn is_current(
    ctx: &Context,
    talk: &Talk,
    menu: &Menu,
) -> Result<bool, StoreError> {
    Ok(load(ctx, talk).await?.as_ref() == Some(menu))
}

/// Shows a list that came late, unless the person has pressed something else meanwhile.
async fn show_late(
    ctx: &Context,
    talk: &Talk,
    seen: Menu,
    listing: Listing,
) -> Result<(), StoreError> {
    let mut menu = seen.clone();
    let (html, keyboard) = render(talk, &mut menu, listing);
    if save_over(ctx, talk, &seen, &menu).await? {
        put(ctx, talk, &mut menu, &html, keyboard).await?;
    }
    Ok(())
}

/// Puts the text into the menu's message, sending it first when there is none, and keeps the menu.
async fn place(
    ctx: &Context,
    talk: &Talk,
    menu: &mut Menu,
    html: &str,
    keyboard: InlineKeyboardMarkup,
) -> Result<(), StoreError> {
    // Kept before it is shown: a press on the new buttons must find what they stand for.
    save(ctx, talk, menu).await?;
    if menu.message == 0 {
        let Some(message) = answers::send(ctx, talk, html, Some(keyboard)).await else {
            return Ok(());
        };
        let seen = menu.clone();
        menu.message = message.0;
        // Pressed already, it knows its message by that.
        save_over(ctx, talk, &seen, menu).await?;
        return Ok(());
    }
    put(ctx, talk, menu, html, keyboard).await
}

/// Edits the message of a menu that is kept already.
async fn put(
    ctx: &Context,
    talk: &Talk,
    menu: &mut Menu,
    html: &str,
    keyboard: InlineKeyboardMarkup,
) -> Result<(), StoreError> {
    let shown = answers::edit(ctx, talk, MessageId(menu.message), html, Some(keyboard)).await;
    if let Some(message) = shown.filter(|message| message.0 != menu.message) {
        menu.message = message.0;
        save(ctx, talk, menu).await?;
    }
    Ok(())
}

pub(super) fn could_not_look(talk: &Talk, kind: FailureKind) -> String {
    let why = texts::why(talk.lang, kind);
    text_with(talk.lang, "add-could-not-look", &[("why", why.into())])
}
