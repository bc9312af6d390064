//! What a person does with an alert: sees all times, a picture, pauses, says that they booked; and the visit then.

mod alert;
mod booked;
mod ics;
mod press;
pub(crate) mod reminders;

pub(crate) use press::VisitPress;

use crate::answers;
use crate::context::{Context, Talk};
use crate::press::Press;
use crate::texts::{Button, Lang, text};
use chrono::Utc;
use shared::ids::{PersonId, WatchId};
use shared::store::StoreError;
use std::time::Duration;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// A press may overtake the note that the alert was told.
const NOTE_PATIENCE: Duration = Duration::from_secs(2);

/// The buttons of every alert, below its links.
pub(crate) fn buttons(lang: Lang) -> Vec<Vec<Button>> {
    let button = |key: &str, press: VisitPress| Button::Press {
        label: text(lang, key),
        data: Press::Visit(press).to_string(),
    };
    vec![
        vec![
            button("btn-visit-all", VisitPress::All),
            button("btn-visit-picture", VisitPress::Picture),
        ],
        vec![button("btn-visit-booked", VisitPress::Booked)],
        vec![
            button("btn-visit-pause", VisitPress::Pause),
            button("btn-visit-change", VisitPress::Change),
        ],
    ]
}

fn button(talk: &Talk, key: &str, press: VisitPress) -> InlineKeyboardButton {
    crate::add::button(talk, key, Press::Visit(press))
}

/// Does what a button asks. `false` when what it speaks of is no more or is someone else's; what is said about that
/// replaces the message, so for alerts, which are to be kept, it is said here.
pub(crate) async fn press(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    press: VisitPress,
) -> Result<bool, StoreError> {
    let is_alert = matches!(
        press,
        VisitPress::All
            | VisitPress::Picture
            | VisitPress::Pause
            | VisitPress::Booked
            | VisitPress::Change
    );
    let Some(person) = ctx.store.person(talk.chat).await? else {
        if is_alert {
            say_old(ctx, talk).await;
        }
        return Ok(is_alert);
    };
    let person = person.id;
    match press {
        VisitPress::All
        | VisitPress::Picture
        | VisitPress::Pause
        | VisitPress::Booked
        | VisitPress::Change => {
            match alert_watches(ctx, person, message.0).await? {
                Some(watches) => alert::press(ctx, talk, person, message, &watches, press).await?,
                None => say_old(ctx, talk).await,
            }
            Ok(true)
        }
        VisitPress::Again(alert) => alert::again(ctx, talk, person, message, alert).await,
        VisitPress::Page(alert, page) => {
            booked::ask(ctx, talk, person, Some(message), alert, page).await?;
            Ok(true)
        }
        VisitPress::Took(alert, number) => {
            booked::took(ctx, talk, person, message, alert, number).await
        }
        VisitPress::Other(alert) => {
            booked::other(ctx, talk, Some(message), alert).await;
            Ok(true)
        }
        VisitPress::StopAll(alert) => alert::stop(ctx, talk, person, message, alert).await,
        VisitPress::Keep => {
            let html = text(talk.lang, "visit-kept");
            let keyboard = InlineKeyboardMarkup::default();
            answers::edit(ctx, talk, message, &html, Some(keyboard)).await;
            Ok(true)
        }
        VisitPress::Stop(booking)
        | VisitPress::Sooner(booking)
        | VisitPress::GoOn(booking)
        | VisitPress::Resume(booking)
        | VisitPress::Quiet(booking) => {
            booked::press(ctx, talk, person, message, booking, press).await
        }
    }
}

/// The watches of an alert; `None` when the message is none we know.
async fn alert_watches(
    ctx: &Context,
    person: PersonId,
    alert: i32,
) -> Result<Option<Vec<WatchId>>, StoreError> {
    let mut changes = ctx.changes.clone();
    let deadline = tokio::time::Instant::now() + NOTE_PATIENCE;
    loop {
        let found = ctx.store.alert_watches(person, alert).await?;
        if found.is_some()
            || tokio::time::timeout_at(deadline, changes.next())
                .await
                .is_err()
        {
            return Ok(found);
        }
    }
}

/// Says that an alert is too old for its buttons; the alert stays.
async fn say_old(ctx: &Context, talk: &Talk) {
    let list = crate::add::button(talk, "btn-list", Press::List(0));
    let keyboard = InlineKeyboardMarkup::new([[list]]);
    let html = text(talk.lang, "visit-old");
    answers::send(ctx, talk, &html, Some(keyboard)).await;
}

/// Silences watches, unless they are silent for longer.
async fn pause(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    watches: &[WatchId],
    until: Option<chrono::DateTime<Utc>>,
) -> Result<(), StoreError> {
    let _silence = ctx.silence.begin(talk.chat).await;
    for watch in watches {
        let card = ctx.store.watch(person, *watch, Utc::now()).await?;
        let paused_until = card.and_then(|card| card.paused_until);
        let is_longer = until.is_some_and(|until| paused_until.is_some_and(|own| own > until));
        if !is_longer {
            ctx.store.pause_watch(*watch, until).await?;
        }
    }
    Ok(())
}

/// Ends the silence of watches and has told what is free.
async fn resume(ctx: &Context, person: PersonId, watches: &[WatchId]) -> Result<(), StoreError> {
    for watch in watches {
        ctx.store.resume_watch(*watch, Utc::now()).await?;
    }
    ctx.poke(person);
    Ok(())
}
