//! How a menu looks: its list at once or "loading" first, pages, buttons.

use super::carried::{Carried, Note};
use super::entries::{Listing, Row, Rows, list};
use super::state::{Menu, Step, load, save, save_over};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::{Act, Press};
use crate::texts::{self, Lang, escape, text, text_with};
use chrono::Utc;
use shared::failure::FailureKind;
use shared::store::StoreError;
use std::time::Duration;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// Entries of one page.
const PAGE: usize = 8;

/// What takes longer shows "loading" meanwhile.
pub(super) const QUICK: Duration = Duration::from_millis(400);

/// A button with the text of this key.
pub(crate) fn button(talk: &Talk, key: &str, press: Press) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(text(talk.lang, key), press.to_string())
}

/// Shows the menu: at once when its list is at hand, otherwise "loading" first and the list when it has come.
pub(super) async fn show(ctx: &Context, talk: &Talk, mut menu: Menu) -> Result<(), StoreError> {
    if !menu.ready.is_empty() {
        return show_card(ctx, talk, menu).await;
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

/// The card of what was said: one tap and it is watched.
async fn show_card(ctx: &Context, talk: &Talk, mut menu: Menu) -> Result<(), StoreError> {
    let mut targets = Vec::new();
    for target in menu.ready.clone() {
        let place = ctx
            .store
            .target_state(target.clone(), talk.now)
            .await?
            .place;
        targets.push((target, place));
    }
    let html = texts::to_confirm(talk.lang, &targets, &said(&menu), talk.now);
    let keyboard = InlineKeyboardMarkup::new([
        vec![act(talk, &menu, "btn-watch", Act::Watch)],
        vec![
            act(talk, &menu, "btn-edit", Act::Change),
            act(talk, &menu, "btn-cancel", Act::Cancel),
        ],
    ]);
    place(ctx, talk, &mut menu, &html, keyboard).await
}

fn said(menu: &Menu) -> texts::Said<'_> {
    let Carried {
        wish,
        whom,
        doctor,
        not_understood,
        is_shared,
        ..
    } = &menu.carried;
    texts::Said {
        whom: whom.as_deref(),
        doctor: doctor.as_deref(),
        wish,
        not_understood,
        is_shared: *is_shared,
    }
}

/// Why the menu stops here.
fn note(lang: Lang, menu: &Menu) -> Option<String> {
    let key = match menu.carried.note? {
        Note::Several => "words-several",
        Note::NoSuchSpecialty => "words-no-specialty",
        Note::NoSuchDoctor => "words-no-doctor",
        Note::NoClinic => "words-no-clinic",
        Note::Clinics { n: 0, .. } => "words-clinics-unknown",
        Note::Clinics { n, n_unknown: 0 } => {
            return Some(text_with(lang, "words-clinics", &[("n", n.into())]));
        }
        Note::Clinics { n, n_unknown } => {
            let args = [("n", n.into()), ("unknown", n_unknown.into())];
            return Some(text_with(lang, "words-clinics-some", &args));
        }
    };
    Some(text(lang, key))
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

/// The menu as text and buttons; the menu keeps what the buttons stand for.
fn render(talk: &Talk, menu: &mut Menu, listing: Listing) -> (String, InlineKeyboardMarkup) {
    let mut html = listing.title;
    let mut keyboard: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let lang = talk.lang;
    if !menu.carried.is_empty() {
        let said = texts::understood(lang, &said(menu), Utc::now());
        said.into_iter()
            .chain(note(lang, menu))
            .for_each(|paragraph| append(&mut html, &paragraph));
    }
    if matches!(menu.step, Step::Doctor { .. }) && !matches!(listing.rows, Rows::CouldNotLook(_)) {
        keyboard.push(vec![act(talk, menu, "btn-any-doctor", Act::Any)]);
    }
    match listing.rows {
        Rows::Listed { rows, old } => {
            if !menu.filter.is_empty() {
                let query = escape(&menu.filter);
                let key = if rows.is_empty() {
                    "add-nothing-found"
                } else {
                    "add-filter"
                };
                let args = [("query", query.into()), ("n", rows.len().into())];
                append(&mut html, &text_with(lang, key, &args));
            } else if rows.is_empty() {
                append(&mut html, &text(lang, empty_key(&menu.step)));
            }
            page_of(talk, menu, &rows, &mut html, &mut keyboard);
            if let Some(read_at) = old {
                let ago = texts::ago(lang, read_at, Utc::now());
                append(
                    &mut html,
                    &text_with(lang, "add-old-copy", &[("ago", ago.into())]),
                );
            }
        }
        Rows::Nothing => append(&mut html, &text(lang, empty_key(&menu.step))),
        Rows::CouldNotLook(failure) => {
            append(&mut html, &could_not_look(talk, failure.kind));
            keyboard.push(vec![act(talk, menu, "btn-retry", Act::Retry)]);
        }
    }
    if !menu.filter.is_empty() || !menu.carried.lpus.is_empty() {
        keyboard.push(vec![act(talk, menu, "btn-all", Act::All)]);
    }
    keyboard.push(nav(talk, menu));
    (html, InlineKeyboardMarkup::new(keyboard))
}

/// The buttons of the menu's page, and what they stand for.
fn page_of(
    talk: &Talk,
    menu: &mut Menu,
    rows: &[Row],
    html: &mut String,
    keyboard: &mut Vec<Vec<InlineKeyboardButton>>,
) {
    let n_pages = rows.len().div_ceil(PAGE).max(1);
    menu.page = menu.page.min(n_pages - 1);
    let page = rows.iter().skip(menu.page * PAGE).take(PAGE);
    menu.shown = page.clone().map(|row| row.entry.clone()).collect();
    for (place, row) in page.enumerate() {
        let data = data(talk, menu, Act::Pick(place));
        keyboard.push(vec![InlineKeyboardButton::callback(
            row.label.clone(),
            data,
        )]);
    }
    if n_pages > 1 {
        let args = [("page", (menu.page + 1).into()), ("pages", n_pages.into())];
        append(html, &text_with(talk.lang, "add-page", &args));
        let mut turns = Vec::new();
        if menu.page > 0 {
            turns.push(act(talk, menu, "btn-prev", Act::Prev));
        }
        if menu.page + 1 < n_pages {
            turns.push(act(talk, menu, "btn-next", Act::Next));
        }
        keyboard.push(turns);
    }
}

fn append(html: &mut String, paragraph: &str) {
    html.push_str("\n\n");
    html.push_str(paragraph);
}

fn empty_key(step: &Step) -> &'static str {
    match step {
        Step::District | Step::Lpu { .. } => "add-empty-lpus",
        Step::Specialty { .. } => "add-empty-specialties",
        Step::Doctor { .. } => "add-empty-doctors",
    }
}

pub(super) fn could_not_look(talk: &Talk, kind: FailureKind) -> String {
    let why = texts::why(talk.lang, kind);
    text_with(talk.lang, "add-could-not-look", &[("why", why.into())])
}

fn data(talk: &Talk, menu: &Menu, act: Act) -> String {
    Press::Menu {
        owner: talk.user,
        menu: menu.id,
        version: menu.version,
        act,
    }
    .to_string()
}

fn act(talk: &Talk, menu: &Menu, key: &str, act: Act) -> InlineKeyboardButton {
    InlineKeyboardButton::callback(text(talk.lang, key), data(talk, menu, act))
}

fn nav(talk: &Talk, menu: &Menu) -> Vec<InlineKeyboardButton> {
    let mut row = Vec::new();
    if menu.step.back().is_some() {
        row.push(act(talk, menu, "btn-back", Act::Back));
    }
    row.push(act(talk, menu, "btn-cancel", Act::Cancel));
    row
}
