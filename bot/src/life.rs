//! Buttons of living with the list: under facts, the weekly message, alerts of a group, settings of a group,
//! messages to everybody.

use crate::add::button;
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::{Press, Verb};
use crate::texts::{self, MAX_MESSAGE, escape, text, text_with};
use crate::{broadcast, rights, routes, settings};
use shared::ids::WatchId;
use shared::store::{Person, StoreError, Widen};
use std::fmt;
use teloxide::types::{
    CallbackQuery, InlineKeyboardButton, InlineKeyboardButtonKind, InlineKeyboardMarkup, Message,
    MessageId,
};
use teloxide::utils::html;
use teloxide::utils::render::RenderMessageTextHelper as _;

/// A pressed button of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// The weekly message: everything stays.
    Keep,
    /// Any doctor instead of each one of the watch.
    Any(WatchId),
    /// Delete the watch.
    Stop(WatchId),
    /// Any doctor instead of those who are gone.
    Widen(WatchId),
    /// Follow doctors to their new ids.
    Retie(WatchId),
    /// Only administrators change the list, or everybody does.
    Who {
        /// Only they.
        only_admins: bool,
    },
    /// "I am booking it", under an alert in a group.
    Taken,
    /// Send a message to everybody.
    Send(i64),
    /// Do not, or stop it.
    Drop(i64),
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("k"),
            Self::Any(watch) => write!(f, "a.{watch}"),
            Self::Stop(watch) => write!(f, "s.{watch}"),
            Self::Widen(watch) => write!(f, "w.{watch}"),
            Self::Retie(watch) => write!(f, "t.{watch}"),
            Self::Who { only_admins } => write!(f, "o.{}", u8::from(*only_admins)),
            Self::Taken => f.write_str("m"),
            Self::Send(id) => write!(f, "b.{id}"),
            Self::Drop(id) => write!(f, "x.{id}"),
        }
    }
}

impl Life {
    /// Reads the parts after the first one of what a button said back.
    pub(crate) fn read<'a>(mut next: impl FnMut() -> Option<&'a str>) -> Option<Self> {
        let kind = next()?;
        let mut number = || next()?.parse::<i64>().ok();
        Some(match kind {
            "k" => Self::Keep,
            "a" => Self::Any(WatchId(number()?)),
            "s" => Self::Stop(WatchId(number()?)),
            "w" => Self::Widen(WatchId(number()?)),
            "t" => Self::Retie(WatchId(number()?)),
            "o" => Self::Who {
                only_admins: number()? == 1,
            },
            "m" => Self::Taken,
            "b" => Self::Send(number()?),
            "x" => Self::Drop(number()?),
            _ => return None,
        })
    }

    /// Whether it changes the list.
    pub(crate) fn is_change(self) -> bool {
        matches!(
            self,
            Self::Any(_) | Self::Stop(_) | Self::Widen(_) | Self::Retie(_)
        )
    }

    #[cfg(test)]
    pub(crate) fn all() -> [Self; 10] {
        let watch = WatchId(i64::MAX);
        [
            Self::Keep,
            Self::Any(watch),
            Self::Stop(watch),
            Self::Widen(watch),
            Self::Retie(watch),
            Self::Who { only_admins: true },
            Self::Who { only_admins: false },
            Self::Taken,
            Self::Send(i64::MAX),
            Self::Drop(i64::MIN),
        ]
    }
}

/// Does what a button says; answers the press too.
pub(crate) async fn press(
    ctx: &Context,
    talk: &Talk,
    query: &CallbackQuery,
    life: Life,
) -> Result<(), StoreError> {
    let Some(message) = query.regular_message() else {
        // Too old to be changed.
        routes::say_toast(ctx, query, Some(text(talk.lang, "toast-old"))).await;
        return Ok(());
    };
    match life {
        Life::Taken => return taken(ctx, talk, query, message).await,
        Life::Send(id) | Life::Drop(id) => {
            routes::say_toast(ctx, query, None).await;
            return match life {
                Life::Send(_) => broadcast::confirm(ctx, talk, message.id, id).await,
                _ => broadcast::stop(ctx, talk, message.id, id).await,
            };
        }
        Life::Who { only_admins } => {
            let refusal = rights::no_ruler(ctx, talk).await;
            routes::say_toast(ctx, query, refusal.map(|key| text(talk.lang, key))).await;
            if refusal.is_none() && talk.chat < 0 {
                let person = ctx
                    .store
                    .meet(talk.chat, talk.topic, talk.lang, talk.now)
                    .await?;
                ctx.store.set_only_admins(person.id, only_admins).await?;
                settings::show(ctx, talk, Some(message.id)).await?;
            }
            return Ok(());
        }
        _ => routes::say_toast(ctx, query, None).await,
    }
    change(ctx, talk, message, life).await
}

/// Changes a watch and says so under the message, which loses the buttons that have done their work.
async fn change(
    ctx: &Context,
    talk: &Talk,
    message: &Message,
    life: Life,
) -> Result<(), StoreError> {
    let Some(person) = ctx.store.person(talk.chat).await? else {
        return old(ctx, talk, message.id).await;
    };
    let mut undo = None;
    let (watch, note) = match life {
        Life::Any(watch) | Life::Widen(watch) => {
            let which = if matches!(life, Life::Any(_)) {
                Widen::All
            } else {
                Widen::Gone
            };
            let n = ctx
                .store
                .widen_watch(person.id, watch, which, talk.now)
                .await?;
            (
                Some(watch),
                n.map(|n| {
                    text(
                        talk.lang,
                        if n > 0 {
                            "widened"
                        } else {
                            "nothing-to-change"
                        },
                    )
                }),
            )
        }
        Life::Retie(watch) => {
            let n = ctx.store.retie_watch(person.id, watch, talk.now).await?;
            (
                Some(watch),
                n.map(|n| {
                    text(
                        talk.lang,
                        if n > 0 { "retied" } else { "nothing-to-change" },
                    )
                }),
            )
        }
        Life::Stop(watch) => {
            let card = ctx.store.watch(person.id, watch, talk.now).await?;
            let note = card.map(|card| {
                let title = escape(&texts::card_title(talk.lang, &card));
                text_with(talk.lang, "stopped", &[("title", title.into())])
            });
            if note.is_some() {
                let _silence = ctx.silence.begin(talk.chat).await;
                ctx.store.delete_watch(watch, talk.now).await?;
                undo = Some(button(talk, "btn-undo", Press::Watch(watch, Verb::Undo)));
            }
            (Some(watch), note)
        }
        _ => (None, Some(text(talk.lang, "kept"))),
    };
    let Some(note) = note else {
        return old(ctx, talk, message.id).await;
    };
    ctx.poke(person.id);
    let mut keyboard = match watch {
        Some(watch) => without(message.reply_markup(), watch),
        None => InlineKeyboardMarkup::default(),
    };
    keyboard.inline_keyboard.extend(undo.map(|undo| vec![undo]));
    add_line(ctx, talk, message, &note, keyboard).await;
    Ok(())
}

async fn old(ctx: &Context, talk: &Talk, message: MessageId) -> Result<(), StoreError> {
    crate::add::say_old(ctx, talk, message, Press::List(0)).await;
    Ok(())
}

/// The keyboard without the buttons of this watch.
fn without(keyboard: Option<&InlineKeyboardMarkup>, watch: WatchId) -> InlineKeyboardMarkup {
    let is_of = |button: &InlineKeyboardButton| {
        let InlineKeyboardButtonKind::CallbackData(data) = &button.kind else {
            return false;
        };
        match Press::read(data) {
            Some(Press::Life(
                Life::Any(of) | Life::Stop(of) | Life::Widen(of) | Life::Retie(of),
            )) => of == watch,
            _ => false,
        }
    };
    let rows = keyboard
        .into_iter()
        .flat_map(|keyboard| &keyboard.inline_keyboard);
    let rows = rows.map(|row| {
        row.iter()
            .filter(|button| !is_of(button))
            .cloned()
            .collect::<Vec<_>>()
    });
    InlineKeyboardMarkup::new(rows.filter(|row| !row.is_empty()))
}

/// The text of a message as Telegram HTML.
fn html_of(message: &Message) -> String {
    let text = message.text().unwrap_or_default();
    // teloxide hands the text back unescaped when nothing in it is formatted.
    let rendered = message.html_text().filter(|html| html != text);
    rendered.unwrap_or_else(|| html::escape(text))
}

/// Adds a line to a message of ours; a message of its own when there is no room.
async fn add_line(
    ctx: &Context,
    talk: &Talk,
    message: &Message,
    line: &str,
    keyboard: InlineKeyboardMarkup,
) {
    let html = html_of(message);
    let html = format!("{html}\n\n{line}");
    if html.encode_utf16().count() <= MAX_MESSAGE {
        answers::edit(ctx, talk, message.id, &html, Some(keyboard)).await;
    } else {
        answers::send(ctx, talk, line, None).await;
    }
}

/// "I am booking it": the alert says who does. The first one keeps it; pressed again by them, it is free again.
async fn taken(
    ctx: &Context,
    talk: &Talk,
    query: &CallbackQuery,
    message: &Message,
) -> Result<(), StoreError> {
    let lang = talk.lang;
    let Some(person) = ctx.store.person(talk.chat).await? else {
        routes::say_toast(ctx, query, Some(text(lang, "toast-old"))).await;
        return Ok(());
    };
    let before = taken_line(ctx, &person, message.id.0).await;
    let taker = ctx
        .store
        .take(person.id, message.id.0, talk.user, talk.now)
        .await?;
    let notice = match taker {
        Some(taker) if taker == talk.user => text(lang, "taken-toast-you"),
        Some(taker) => match rights::member(ctx, talk.chat, taker).await {
            Some(member) => texts::taken_by(lang, &member.name),
            None => text(lang, "toast-old"),
        },
        None => text(lang, "taken-toast-free"),
    };
    routes::say_toast(ctx, query, Some(notice)).await;
    if taker.is_some_and(|taker| taker != talk.user) {
        return Ok(());
    }
    let html = html_of(message);
    let bare = before.map_or(html.as_str(), |line| {
        html.strip_suffix(&line).unwrap_or(&html).trim_end()
    });
    let line = taker.map(|_| texts::taken_line(lang, &query.from.first_name));
    let html = match line {
        Some(line) => format!("{bare}\n\n{line}"),
        None => bare.to_owned(),
    };
    if html.encode_utf16().count() <= MAX_MESSAGE {
        answers::edit(
            ctx,
            talk,
            message.id,
            &html,
            message.reply_markup().cloned(),
        )
        .await;
    } else if taker.is_some() {
        answers::send(
            ctx,
            talk,
            &texts::taken_line(lang, &query.from.first_name),
            None,
        )
        .await;
    }
    Ok(())
}

/// The buttons of an alert in a group, below all others; none in a private chat.
pub(crate) fn group_buttons(person: &Person) -> Vec<Vec<texts::Button>> {
    if person.chat >= 0 {
        return Vec::new();
    }
    vec![vec![texts::Button::Press {
        label: text(person.lang, "btn-taken"),
        data: Press::Life(Life::Taken).to_string(),
    }]]
}

/// The line that says who of a group takes what this message told; `None` when nobody does, or Telegram does not say
/// their name. Whoever edits an alert puts it at the end again, by [`with_line`].
pub(crate) async fn taken_line(ctx: &Context, person: &Person, message: i32) -> Option<String> {
    if person.chat >= 0 {
        return None;
    }
    let taker = match ctx.store.taker(person.id, message).await {
        Ok(taker) => taker?,
        Err(error) => {
            tracing::warn!(%error, "could not read who takes a talon");
            return None;
        }
    };
    let member = rights::member(ctx, person.chat, taker).await?;
    Some(texts::taken_line(person.lang, &member.name))
}

/// The text with the line at its end, if there is room.
pub(crate) fn with_line(html: &str, line: Option<&str>) -> String {
    let longer = line.map(|line| format!("{html}\n\n{line}"));
    let fits = |html: &String| html.encode_utf16().count() <= MAX_MESSAGE;
    longer.filter(fits).unwrap_or_else(|| html.to_owned())
}

/// The row of a group's settings that says who changes its list; none in a private chat.
pub(crate) async fn who_row(
    ctx: &Context,
    talk: &Talk,
) -> Result<Option<Vec<InlineKeyboardButton>>, StoreError> {
    if talk.chat >= 0 {
        return Ok(None);
    }
    let only_admins = ctx.store.only_admins(talk.chat).await?;
    let key = if only_admins {
        "settings-who-admins"
    } else {
        "settings-who-all"
    };
    let life = Life::Who {
        only_admins: !only_admins,
    };
    Ok(Some(vec![button(talk, key, Press::Life(life))]))
}
