//! Commands, and what a person writes that is none.

use crate::add::{self, button};
use crate::answers;
use crate::context::{Context, Talk};
use crate::press::Press;
use crate::texts::{Lang, text, text_with};
use crate::{broadcast, export, list, openings, settings, status};
use shared::link::PortalLink;
use shared::store::{Person, StoreError};
use teloxide::types::{BotCommand, InlineKeyboardMarkup, MessageId};

/// What the bot understands, in the order of its menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    Start,
    Help,
    Add,
    List,
    Status,
    When,
    On,
    Off,
    Settings,
    Forget,
    Export,
    Stats,
    Broadcast,
}

/// Commands with their names, in the order of the menu Telegram shows.
const COMMANDS: [(Command, &str); 10] = [
    (Command::Add, "add"),
    (Command::List, "list"),
    (Command::Status, "status"),
    (Command::When, "when"),
    (Command::On, "on"),
    (Command::Off, "off"),
    (Command::Settings, "settings"),
    (Command::Help, "help"),
    (Command::Forget, "forget"),
    (Command::Start, "start"),
];

/// Commands that are understood but stand in no menu: rarely wanted, or not for everybody.
const UNLISTED: [(Command, &str); 3] = [
    (Command::Export, "export"),
    (Command::Stats, "stats"),
    (Command::Broadcast, "broadcast"),
];

impl Command {
    /// Whether it changes the list of a chat, which a group may keep to its administrators.
    pub(crate) fn is_change(self) -> bool {
        matches!(self, Self::Add | Self::On | Self::Off | Self::Forget)
    }

    /// Reads a message that begins with a command, with the words after it. `Err` = a command of another bot.
    pub(crate) fn read<'a>(
        message: &'a str,
        me: &str,
    ) -> Option<Result<(Option<Self>, &'a str), OtherBot>> {
        let (word, rest) = message
            .trim()
            .split_once(char::is_whitespace)
            .unwrap_or((message.trim(), ""));
        let (name, bot) = word
            .strip_prefix('/')?
            .split_once('@')
            .unwrap_or((&word[1..], ""));
        if !bot.is_empty() && !bot.eq_ignore_ascii_case(me) {
            return Some(Err(OtherBot));
        }
        let known = COMMANDS
            .iter()
            .chain(&UNLISTED)
            .find(|(_, known)| known.eq_ignore_ascii_case(name));
        Some(Ok((known.map(|(command, _)| *command), rest.trim())))
    }
}

/// A command meant for another bot of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OtherBot;

/// The menu of commands for Telegram.
pub(crate) fn menu(lang: Lang) -> Vec<BotCommand> {
    COMMANDS
        .iter()
        .map(|(_, name)| BotCommand::new(*name, text(lang, &format!("cmd-{name}"))))
        .collect()
}

/// Does what a command asks.
pub(crate) async fn run(
    ctx: &Context,
    talk: &Talk,
    command: Command,
    words: &str,
) -> Result<(), StoreError> {
    match command {
        Command::Start if add::open_shared(ctx, talk, words).await? => Ok(()),
        Command::Start => start(ctx, talk, None).await,
        Command::Help => say(ctx, talk, "help").await,
        Command::Add => match PortalLink::find(words) {
            Some(link) => add::paste(ctx, talk, link).await,
            None => add::open(ctx, talk, words).await,
        },
        Command::List => list::show(ctx, talk, None, 0).await,
        Command::Status => status::show(ctx, talk, None).await,
        Command::When => openings::ask(ctx, talk).await,
        Command::On => on(ctx, talk).await,
        Command::Off => off(ctx, talk).await,
        Command::Settings => settings::show(ctx, talk, None).await,
        Command::Forget => ask_forget(ctx, talk).await,
        Command::Export => export::run(ctx, talk).await,
        Command::Stats if broadcast::is_operators(ctx, talk.chat) => {
            broadcast::stats(ctx, talk).await
        }
        Command::Broadcast if broadcast::is_operators(ctx, talk.chat) => {
            broadcast::ask(ctx, talk, words).await
        }
        // Whoever is no operator hears what they would hear of any other word.
        Command::Stats | Command::Broadcast if talk.chat > 0 => unknown(ctx, talk).await,
        Command::Stats | Command::Broadcast => Ok(()),
    }
}

/// Words that are no command: a link of the portal, or what narrows an open menu.
pub(crate) async fn other(
    ctx: &Context,
    talk: &Talk,
    words: &str,
    is_private: bool,
) -> Result<(), StoreError> {
    if let Some(link) = PortalLink::find(words) {
        return add::paste(ctx, talk, link).await;
    }
    if add::type_text(ctx, talk, words).await? || !is_private {
        return Ok(());
    }
    if add::say(ctx, talk, words).await? {
        return Ok(());
    }
    unknown(ctx, talk).await
}

/// Nothing we understand: says what to do.
pub(crate) async fn unknown(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let keyboard = InlineKeyboardMarkup::new([[
        button(talk, "btn-add", Press::Add),
        button(talk, "btn-list", Press::List(0)),
    ]]);
    answers::send(ctx, talk, &text(talk.lang, "unknown"), Some(keyboard)).await;
    Ok(())
}

async fn say(ctx: &Context, talk: &Talk, key: &str) -> Result<(), StoreError> {
    answers::send(ctx, talk, &text(talk.lang, key), None).await;
    Ok(())
}

/// Who is talking, when we have met; a stranger stays one until they ask for something that must be kept.
pub(crate) async fn known(ctx: &Context, talk: &Talk) -> Result<Option<Person>, StoreError> {
    if ctx.store.person(talk.chat).await?.is_none() {
        return Ok(None);
    }
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    Ok(Some(person))
}

/// Greets; destroys nothing.
async fn start(ctx: &Context, talk: &Talk, message: Option<MessageId>) -> Result<(), StoreError> {
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    let n = ctx.store.watches(person.id, talk.now).await?.len();
    let mut rows = vec![vec![button(talk, "btn-add", Press::Add)]];
    if n > 0 {
        rows[0].push(button(talk, "btn-list", Press::List(0)));
        rows.push(vec![button(talk, "btn-status", Press::Status)]);
    }
    if talk.lang == Lang::Ru && talk.speaks == Some(Lang::En) {
        rows.push(vec![button(talk, "btn-lang-en", Press::Hello(Lang::En))]);
    }
    let keyboard = InlineKeyboardMarkup::new(rows);
    let html = if n == 0 {
        text(talk.lang, "start")
    } else {
        text_with(talk.lang, "start-back", &[("n", n.into())])
    };
    match message {
        Some(message) => answers::edit(ctx, talk, message, &html, Some(keyboard)).await,
        None => answers::send(ctx, talk, &html, Some(keyboard)).await,
    };
    Ok(())
}

/// Changes the language and greets in it.
pub(crate) async fn hello(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    lang: Lang,
) -> Result<(), StoreError> {
    let talk = settings::in_lang(ctx, talk, lang).await?;
    start(ctx, &talk, Some(message)).await
}

/// Tells anew what is free, and goes on telling.
async fn on(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    let n = ctx.store.watches(person.id, talk.now).await?.len();
    ctx.store.switch_on(person.id, talk.now).await?;
    if n == 0 {
        let keyboard = InlineKeyboardMarkup::new([[button(talk, "btn-add", Press::Add)]]);
        answers::send(ctx, talk, &text(talk.lang, "on-done-empty"), Some(keyboard)).await;
        return Ok(());
    }
    let html = if person.is_watching {
        text(talk.lang, "on-already")
    } else {
        text_with(talk.lang, "on-done", &[("n", n.into())])
    };
    answers::send(ctx, talk, &html, None).await;
    // After the answer, so that it reads in order.
    ctx.poke(person.id);
    Ok(())
}

/// Silence, from the commit on.
async fn off(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let person = ctx
        .store
        .meet(talk.chat, talk.topic, talk.lang, talk.now)
        .await?;
    let silence = ctx.silence.begin(talk.chat).await;
    ctx.store.switch_off(person.id, talk.now).await?;
    drop(silence);
    let was_off = !person.is_watching && person.watching_set.is_some();
    say(ctx, talk, if was_off { "off-already" } else { "off-done" }).await
}

/// Does what `/on` or `/off` asks without a word: the chat has said something else since.
pub(crate) async fn switch(ctx: &Context, talk: &Talk, is_on: bool) -> Result<(), StoreError> {
    let met = ctx.store.meet(talk.chat, talk.topic, talk.lang, talk.now);
    let person = met.await?;
    if is_on {
        ctx.store.switch_on(person.id, talk.now).await?;
        ctx.poke(person.id);
        return Ok(());
    }
    let _silence = ctx.silence.begin(talk.chat).await;
    ctx.store.switch_off(person.id, talk.now).await
}

async fn ask_forget(ctx: &Context, talk: &Talk) -> Result<(), StoreError> {
    let n = match ctx.store.person(talk.chat).await? {
        Some(person) => ctx.store.watches(person.id, talk.now).await?.len(),
        None => 0,
    };
    let answer = |is_sure| Press::Forget {
        owner: talk.user,
        is_sure,
    };
    let keyboard = InlineKeyboardMarkup::new([[
        button(talk, "btn-yes-forget", answer(true)),
        button(talk, "btn-no", answer(false)),
    ]]);
    let html = text_with(talk.lang, "forget-confirm", &[("n", n.into())]);
    answers::send(ctx, talk, &html, Some(keyboard)).await;
    Ok(())
}

/// The answer to "erase everything?".
pub(crate) async fn forget(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    is_sure: bool,
) -> Result<(), StoreError> {
    if is_sure {
        let silence = ctx.silence.begin(talk.chat).await;
        ctx.store.forget_person(talk.chat).await?;
        drop(silence);
    }
    let key = if is_sure {
        "forget-done"
    } else {
        "forget-cancelled"
    };
    answers::edit(
        ctx,
        talk,
        message,
        &text(talk.lang, key),
        Some(InlineKeyboardMarkup::default()),
    )
    .await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_with_their_words() {
        let read = |message| Command::read(message, "talon_bot");
        assert_eq!(read("/on"), Some(Ok((Some(Command::On), ""))));
        assert_eq!(
            read(" /Add@Talon_Bot  окулист "),
            Some(Ok((Some(Command::Add), "окулист")))
        );
        assert_eq!(
            read("/start deep"),
            Some(Ok((Some(Command::Start), "deep")))
        );
        assert_eq!(read("/nonsense"), Some(Ok((None, ""))));
        assert_eq!(read("/on@other_bot"), Some(Err(OtherBot)));
        assert_eq!(read("on"), None);
        assert_eq!(read("/"), Some(Ok((None, ""))));
    }
}
