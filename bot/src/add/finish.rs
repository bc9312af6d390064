//! The end of the conversation: the watch is made, and what was made is told.

use super::area::extents;
use super::state::{Menu, close};
use super::view::button;
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::Press;
use crate::texts::{self, text, text_with};
use shared::ids::{Area, Target};
use shared::store::{AddOutcome, NewWatch, StoreError};
use shared::wish::Wish;
use teloxide::types::{InlineKeyboardMarkup, MessageId};

/// What a person has chosen.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    /// Doctors, or any doctor of a department.
    pub(super) targets: Vec<Target>,
    /// Whole districts, or the city.
    pub(super) areas: Vec<Area>,
    /// The targets as the person read them, in the same order: a doctor without a name is known by the place in the
    /// list. May be empty.
    pub(super) labels: Vec<String>,
}

impl Chosen {
    /// These.
    pub(super) fn of(targets: Vec<Target>) -> Self {
        Self {
            targets,
            ..Self::default()
        }
    }

    /// All that the card of a menu names.
    pub(super) fn ready(menu: &Menu) -> Self {
        Self {
            targets: menu.ready.clone(),
            areas: menu.areas.clone(),
            labels: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.areas.is_empty()
    }
}

/// The watch is made and committed, then the person is told.
pub(super) async fn finish(
    ctx: &Context,
    talk: &Talk,
    message: Option<MessageId>,
    chosen: Chosen,
    wish: Wish,
) -> Result<(), StoreError> {
    if chosen.is_empty() {
        return Ok(());
    }
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    let was_off = !person.is_watching && person.watching_set.is_some();
    let new = NewWatch {
        person: person.id,
        targets: chosen.targets.clone(),
        areas: chosen.areas.clone(),
        wish: wish.clone(),
    };
    let outcome = ctx
        .store
        .add_watch(new, ctx.config.limits(), talk.now)
        .await?;
    ctx.poke(person.id);
    let mut paragraphs = vec![match outcome {
        AddOutcome::Added(_) => titled(ctx, talk, &chosen, "add-done").await?,
        AddOutcome::Already(_) => titled(ctx, talk, &chosen, "add-done-already").await?,
        AddOutcome::TooManyWatches => {
            let max = ctx.config.args.max_watches;
            text_with(talk.lang, "add-too-many", &[("max", max.into())])
        }
        AddOutcome::TooManyTargets => {
            let max = ctx.config.args.max_targets;
            text_with(talk.lang, "add-too-many-targets", &[("max", max.into())])
        }
    }];
    if matches!(outcome, AddOutcome::Added(_) | AddOutcome::Already(_)) {
        let words = texts::wish_words(talk.lang, &wish, talk.now);
        let wish = words.map(|words| text_with(talk.lang, "wish-line", &[("wish", words.into())]));
        paragraphs.extend(wish);
        paragraphs.extend(was_off.then(|| text(talk.lang, "add-done-resumed")));
    }
    let html = paragraphs.join("\n\n");
    let keyboard = InlineKeyboardMarkup::new([[
        button(talk, "btn-add", Press::Add),
        button(talk, "btn-list", Press::List(0)),
    ]]);
    match message {
        Some(message) => answers::edit(ctx, talk, message, &html, Some(keyboard)).await,
        None => answers::send(ctx, talk, &html, Some(keyboard)).await,
    };
    // Only now: killed before the answer, the bot must still know the menu when its button is pressed once more.
    if message.is_some() {
        close(ctx, talk).await?;
    }
    Ok(())
}

async fn titled(
    ctx: &Context,
    talk: &Talk,
    chosen: &Chosen,
    key: &str,
) -> Result<String, StoreError> {
    let mut targets = Vec::new();
    for (n, target) in chosen.targets.iter().enumerate() {
        let state = ctx.store.target_state(target.clone(), talk.now).await?;
        let mut place = state.place;
        if target.doctor.is_some() && place.doctor.is_none() {
            place.doctor = chosen.labels.get(n).cloned();
        }
        targets.push((target.clone(), place));
    }
    let title = texts::chosen(talk.lang, &targets, &extents(ctx, &chosen.areas).await?);
    Ok(text_with(talk.lang, key, &[("title", title.into())]))
}
