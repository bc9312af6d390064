//! The conversation: opening a menu, presses, typing, the end.

use super::area;
use super::clinics;
use super::entries::finds;
use super::finish::{Chosen, finish};
use super::phrase::{When, onward, take, take_wish};
use super::state::{Entry, Menu, Step, close, load};
use super::ticks::{self, Ticks};
use super::view::{button, show};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::{Act, Press};
use crate::texts::{self, text, text_with};
use shared::ids::{Department, Target};
use shared::store::StoreError;
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
    menu.asked = None;
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
                let chosen = Chosen::of(vec![target]);
                return finish(ctx, talk, Some(message), chosen, menu.carried.wish).await;
            }
        }
        Act::Tick if matches!(menu.step, Step::Doctor { .. }) => {
            menu.ticks = Some(Ticks::default());
            menu.carried.note = None;
            menu.turn();
        }
        Act::Done => return ticks::done(ctx, talk, message, menu).await,
        Act::Elsewhere => menu = clinics::open(ctx, menu).await?,
        Act::District => area::choose(&mut menu, false),
        Act::City => area::choose(&mut menu, true),
        Act::Watch if menu.is_card() => {
            let chosen = Chosen::ready(&menu);
            return finish(ctx, talk, Some(message), chosen, menu.carried.wish).await;
        }
        Act::Watch => menu.turn(),
        Act::Change => {
            menu.carried.not_understood.clear();
            menu.leave_card();
        }
        Act::Pick(place) if menu.ticks.is_some() => {
            if !ticks::toggle(ctx, &mut menu, place) {
                return clinics::ask(ctx, talk, menu, place).await;
            }
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
                let chosen = Chosen::of(vec![target]);
                return finish(ctx, talk, Some(message), chosen, menu.carried.wish).await;
            }
            (Some(Entry::Doctor(doctor)), Step::Doctor { department, .. }) => {
                let target = Target {
                    department,
                    doctor: Some(doctor),
                };
                let chosen = Chosen {
                    targets: vec![target],
                    areas: Vec::new(),
                    labels: menu.labels.get(place).cloned().into_iter().collect(),
                };
                return finish(ctx, talk, Some(message), chosen, menu.carried.wish).await;
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
        Act::Back if menu.is_card() => menu.leave_card(),
        // Out of the boxes, back to one tap.
        Act::Back if menu.ticks.is_some() && matches!(menu.step, Step::Doctor { .. }) => {
            menu.go(menu.step.clone());
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
        Act::Retry | Act::Tick => menu.turn(),
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
        // What is ticked is not thrown away for another doctor: then only days and hours are taken.
        let is_taken = match menu.ticks.is_some() && !menu.is_card() {
            true => take_wish(ctx, talk, menu.clone(), typed).await?,
            false => take(ctx, talk, Some(menu.clone()), typed, When::Typed).await?,
        };
        if is_taken {
            return Ok(true);
        }
    }
    if !menu.is_card() {
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
