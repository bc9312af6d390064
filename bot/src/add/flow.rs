//! The conversation: opening a menu, presses, typing, the end.

use super::entries::finds;
use super::phrase::{When, onward, take};
use super::state::{Entry, Menu, Step, close, load};
use super::view::{button, show};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::{Act, Press};
use crate::texts::{self, escape, text, text_with};
use shared::ids::{Department, Target};
use shared::store::{AddOutcome, NewWatch, StoreError};
use shared::wish::Wish;
use teloxide::types::{InlineKeyboardMarkup, MessageId};

/// Longest text that narrows a list.
const LONGEST_FILTER: usize = 64;

/// Opens a fresh menu, narrowed by what was typed after the command; an older one of the same person goes out of
/// date.
pub(crate) async fn open(ctx: &Context, talk: &Talk, typed: &str) -> Result<(), StoreError> {
    if !typed.is_empty() && take(ctx, talk, None, typed, When::Command).await? {
        return Ok(());
    }
    if is_full(ctx, talk, None).await? {
        return Ok(());
    }
    let mut menu = Menu::new(Step::District, talk.now);
    menu.filter = filter_of(typed);
    show(ctx, talk, menu).await
}

/// What was typed, cleaned; empty when nothing readable was.
fn filter_of(typed: &str) -> String {
    if typed.chars().any(char::is_alphanumeric) {
        texts::plain(typed, LONGEST_FILTER)
    } else {
        String::new()
    }
}

/// Opens a fresh menu in the place of an old message.
pub(crate) async fn reopen(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
) -> Result<(), StoreError> {
    if is_full(ctx, talk, Some(message)).await? {
        return Ok(());
    }
    let mut menu = Menu::new(Step::District, talk.now);
    menu.message = message.0;
    show(ctx, talk, menu).await
}

/// Says so when there is no room for one more watch: better now than after four questions.
pub(super) async fn is_full(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
) -> Result<bool, StoreError> {
    let Some(person) = ctx.store.person(talk.chat).await? else {
        return Ok(false);
    };
    let max = ctx.config.args.max_watches;
    if ctx.store.watches(person.id, talk.now).await?.len() < max as usize {
        return Ok(false);
    }
    let html = text_with(talk.lang, "add-too-many", &[("max", max.into())]);
    let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-list", Press::List(0))]]);
    match message {
        Some(message) => answers::edit(ctx, talk, message, &html, Some(keyboard)).await,
        None => answers::send(ctx, talk, &html, Some(keyboard)).await,
    };
    Ok(true)
}

/// A button of a menu. The press itself has been answered already.
pub(crate) async fn press(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    id: u32,
    version: u32,
    act: Act,
) -> Result<(), StoreError> {
    let Some(mut menu) = load(ctx, talk).await?.filter(|menu| menu.id == id) else {
        say_old(ctx, talk, message, Press::Add).await;
        return Ok(());
    };
    menu.message = message.0;
    // A second tap on a button already acted upon, or a rendering that never arrived: show where we are.
    if menu.version != version {
        return show(ctx, talk, menu).await;
    }
    menu.touched = talk.now;
    match act {
        Act::Cancel => {
            close(ctx, talk).await?;
            let again = vec![vec![button(talk, "btn-add", Press::Add)]];
            let cancelled = text(talk.lang, "add-cancelled");
            answers::edit(
                ctx,
                talk,
                message,
                &cancelled,
                Some(InlineKeyboardMarkup::new(again)),
            )
            .await;
            return Ok(());
        }
        Act::Any => {
            if let Step::Doctor { department, .. } = &menu.step {
                let target = Target {
                    department: department.clone(),
                    doctor: None,
                };
                return finish(ctx, talk, Some(message), vec![target], menu.carried.wish).await;
            }
        }
        Act::Watch if !menu.ready.is_empty() => {
            return finish(ctx, talk, Some(message), menu.ready, menu.carried.wish).await;
        }
        Act::Watch => menu.turn(),
        Act::Change => {
            menu.ready.clear();
            menu.carried.not_understood.clear();
            menu.turn();
        }
        Act::Pick(place) => match (menu.shown.get(place).cloned(), menu.step.clone()) {
            (Some(Entry::District(district)), _) => {
                menu.go(Step::Lpu { district });
                return onward(ctx, talk, menu).await;
            }
            (Some(Entry::Lpu(district, lpu)), _) => {
                menu.go(Step::Specialty { district, lpu });
                return onward(ctx, talk, menu).await;
            }
            (Some(Entry::Specialty(specialty)), Step::Specialty { district, lpu }) => {
                menu.carried.whom = None;
                menu.go(Step::Doctor {
                    district,
                    department: Department { lpu, specialty },
                });
                return onward(ctx, talk, menu).await;
            }
            (Some(Entry::Again(target)), _) => {
                return finish(ctx, talk, Some(message), vec![target], menu.carried.wish).await;
            }
            (Some(Entry::Doctor(doctor)), Step::Doctor { department, .. }) => {
                let target = Target {
                    department,
                    doctor: Some(doctor),
                };
                return finish(ctx, talk, Some(message), vec![target], menu.carried.wish).await;
            }
            _ => menu.turn(),
        },
        Act::Prev => {
            menu.page = menu.page.saturating_sub(1);
            menu.turn();
        }
        Act::Next => {
            menu.page = menu.page.saturating_add(1);
            menu.turn();
        }
        Act::Back => match menu.step.back() {
            Some(step) => menu.go(step),
            None => menu.turn(),
        },
        Act::All => {
            menu.filter.clear();
            menu.carried.lpus.clear();
            menu.carried.note = None;
            menu.page = 0;
            menu.turn();
        }
        Act::Retry => menu.turn(),
    }
    show(ctx, talk, menu).await
}

/// Typed words narrow the open menu's list, or say more than its step asks. `false` when no menu is open, or none that
/// a person has in view.
pub(crate) async fn type_text(ctx: &Context, talk: &Talk, typed: &str) -> Result<bool, StoreError> {
    let open = load(ctx, talk).await?;
    let Some(mut menu) = open.filter(|menu| menu.listens(talk.now)) else {
        return Ok(false);
    };
    menu.touched = talk.now;
    let filter = filter_of(typed);
    if !filter.is_empty() && !finds(ctx, talk, &menu, &filter).await {
        let is_taken = take(ctx, talk, Some(menu.clone()), typed, When::Typed).await?;
        if is_taken {
            return Ok(true);
        }
    }
    if menu.ready.is_empty() {
        menu.filter = filter;
        menu.page = 0;
    } else {
        menu.carried.not_understood = vec![typed.to_owned()];
    }
    menu.turn();
    show(ctx, talk, menu).await?;
    Ok(true)
}

/// Words out of the blue: a phrase opens a menu where it leads. `false` when they are none.
pub(crate) async fn say(ctx: &Context, talk: &Talk, words: &str) -> Result<bool, StoreError> {
    take(ctx, talk, None, words, When::Said).await
}

/// The watch is made and committed, then the person is told.
pub(super) async fn finish(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    targets: Vec<Target>,
    wish: Wish,
) -> Result<(), StoreError> {
    let Some(target) = targets.first().cloned() else {
        return Ok(());
    };
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    let was_off = !person.is_watching && person.watching_set.is_some();
    let new = NewWatch {
        person: person.id,
        targets: targets.clone(),
        areas: Vec::new(),
        wish: wish.clone(),
    };
    let outcome = ctx
        .store
        .add_watch(new, ctx.config.limits(), talk.now)
        .await?;
    if message.is_some() {
        close(ctx, talk).await?;
    }
    ctx.poke(person.id);
    let place = ctx
        .store
        .target_state(target.clone(), talk.now)
        .await?
        .place;
    let title = escape(&texts::targets_title(
        talk.lang,
        &target,
        &place,
        targets.len(),
    ));
    let titled = |key: &str| text_with(talk.lang, key, &[("title", title.as_str().into())]);
    let mut html = match outcome {
        AddOutcome::Added(_) => titled("add-done"),
        AddOutcome::Already(_) => titled("add-done-already"),
        AddOutcome::TooManyWatches => {
            let max = ctx.config.args.max_watches;
            text_with(talk.lang, "add-too-many", &[("max", max.into())])
        }
        AddOutcome::TooManyTargets => {
            let max = ctx.config.args.max_targets;
            text_with(talk.lang, "add-too-many-targets", &[("max", max.into())])
        }
    };
    let words = texts::wish_words(talk.lang, &wish, talk.now);
    if let (Some(words), AddOutcome::Added(_) | AddOutcome::Already(_)) = (words, &outcome) {
        html.push_str("\n\n");
        html.push_str(&text_with(
            talk.lang,
            "wish-line",
            &[("wish", words.into())],
        ));
    }
    let is_added = matches!(outcome, AddOutcome::Added(_) | AddOutcome::Already(_));
    if was_off && is_added {
        html.push_str("\n\n");
        html.push_str(&text(talk.lang, "add-done-resumed"));
    }
    let keyboard = InlineKeyboardMarkup::new([[
        button(talk, "btn-add", Press::Add),
        button(talk, "btn-list", Press::List(0)),
    ]]);
    match message {
        Some(message) => answers::edit(ctx, talk, message, &html, Some(keyboard)).await,
        None => answers::send(ctx, talk, &html, Some(keyboard)).await,
    };
    Ok(())
}

/// Says that a message's buttons are out of date, and offers a fresh menu in its place.
pub(crate) async fn say_old(ctx: &Context, talk: &Talk, message: MessageId, fresh: Press) {
    let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-open-again", fresh)]]);
    answers::edit(
        ctx,
        talk,
        message,
        &text(talk.lang, "menu-old"),
        Some(keyboard),
    )
    .await;
}
