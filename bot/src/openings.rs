//! `/when`: when talons of a watch open, as words and as a picture of the week.

use crate::add::button;
use crate::context::{Context, Talk};
use crate::picture::{Week, draw_week};
use crate::press::{Press, Verb};
use crate::texts::{self, Openings, Part, picture_words, text, units};
use crate::{answers, commands, files};
use shared::ids::Department;
use shared::store::{Observed, StoreError, TargetState, WatchCard, When};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};

/// Longest label of a button.
const LABEL: usize = 60;

/// Answers `/when`: tells of the only watch, or asks which.
pub(crate) async fn ask(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let cards = match commands::known(ctx, talk).await? {
        Some(person) => ctx.store.watches(person.id, talk.now).await?,
        None => Vec::new(),
    };
    let html = match cards.as_slice() {
        [] => {
            let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-add", Press::Add)]]);
            answers::send(ctx, talk, &text(talk.lang, "list-empty"), Some(keyboard)).await;
            return Ok(());
        }
        [card] => return show(ctx, talk, card).await,
        _ => text(talk.lang, "openings-which"),
    };
    let rows = cards.iter().map(|card| {
        let title = texts::plain(&texts::card_title(talk.lang, card), LABEL);
        let press = Press::Watch(card.id, Verb::When).to_string();
        [InlineKeyboardButton::callback(title, press)]
    });
    answers::send(ctx, talk, &html, Some(InlineKeyboardMarkup::new(rows))).await;
    Ok(())
}

/// Tells when the talons of a watch open, as a new message: a picture with its words below, or the words alone.
pub(crate) async fn show(ctx: &Context, talk: &Talk, card: &WatchCard) -> Result<(), StoreError> {
    let openings = read(ctx, talk, card).await?;
    let html = openings.tell(talk.lang, talk.now);
    let Some(when) = openings.shown() else {
        answers::send(ctx, talk, &html, None).await;
        return Ok(());
    };
    let picture = draw(talk, picture_title(talk, card, &openings), &when).await;
    // A caption holds a quarter of what a message does: then the words come first.
    let is_caption = units(&html) <= files::MAX_CAPTION;
    if !is_caption || picture.is_none() {
        answers::send(ctx, talk, &html, None).await;
    }
    let Some(png) = picture else { return Ok(()) };
    let caption = match is_caption {
        true => html.clone(),
        false => openings.caption(talk.lang, &when),
    };
    if !files::captioned(ctx, talk, png, caption, None).await && is_caption {
        answers::send(ctx, talk, &html, None).await;
    }
    Ok(())
}

/// What was seen of each department of a watch. One read for each, so that nobody waits long behind a large area.
async fn read(ctx: &Context, talk: &Talk, card: &WatchCard) -> Result<Openings, StoreError> {
    let mut parts = Vec::new();
    for states in by_department(card) {
        let targets: Vec<_> = states.iter().map(|state| state.target.clone()).collect();
        let observed = ctx.store.observed(targets.clone(), talk.now).await?;
        let whole = match targets.as_slice() {
            [target] if target.doctor.is_some() && observed.when().is_none() => {
                let mut whole = target.clone();
                whole.doctor = None;
                Some(ctx.store.observed(vec![whole], talk.now).await?)
            }
            _ => None,
        };
        parts.push(Part {
            title: texts::part_title(talk.lang, &states),
            observed,
            // Nothing seen of the others either says no more.
            whole: whole.filter(|whole: &Observed| whole.when().is_some()),
        });
    }
    let title = match parts.as_slice() {
        [part] if card.areas.is_empty() => part.title.clone(),
        _ => texts::card_title(talk.lang, card),
    };
    Ok(Openings {
        title,
        parts,
        is_picky: !card.wish.is_any(),
    })
}

/// The targets of a watch, those of one department together, in the order they were chosen.
fn by_department(card: &WatchCard) -> Vec<Vec<&TargetState>> {
    let mut groups: Vec<(&Department, Vec<&TargetState>)> = Vec::new();
    for state in &card.targets {
        let department = &state.target.department;
        match groups.iter_mut().find(|(known, _)| *known == department) {
            Some((_, states)) => states.push(state),
            None => groups.push((department, vec![state])),
        }
    }
    groups.into_iter().map(|(_, states)| states).collect()
}

/// Of whom the picture is.
fn picture_title(talk: &Talk, card: &WatchCard, openings: &Openings) -> String {
    let mut states = card.targets.clone();
    if !card.areas.is_empty() {
        return texts::card_title(talk.lang, card);
    }
    if let [part] = openings.parts.as_slice()
        && part.observed.when().is_none()
    {
        // It shows the whole department.
        states.truncate(1);
        for state in &mut states {
            state.target.doctor = None;
        }
    }
    picture_words::title(talk.lang, &states)
}

/// `None` when it could not be drawn, which is logged.
async fn draw(talk: &Talk, title: String, when: &When) -> Option<Vec<u8>> {
    let lang = talk.lang;
    let week = Week {
        title,
        hours: when.hours,
        n_openings: when.n_openings,
        n_days: when.n_days,
    };
    match tokio::task::spawn_blocking(move || draw_week(&week, lang)).await {
        Ok(Ok(png)) => return Some(png),
        Ok(Err(error)) => tracing::error!(error, "a picture was not drawn"),
        Err(_) => tracing::error!("drawing a picture panicked"),
    }
    None
}
