//! A person with Telegram in their hands: they write, press, read, and wait.

use crate::telegram::tell_membership;
use crate::telegram::{
    Action, Author, BOT_NAME, Chat, Kind, Message, Pressed, State, Telegram, Toast, User,
};
use anyhow::{Context, bail};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long a person waits for what must come, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A person in one chat. Clones are the same person.
#[derive(Debug, Clone)]
pub struct Person {
    telegram: Telegram,
    user: User,
    chat: i64,
    thread: Option<i64>,
    patience: Duration,
    /// Revision at their last act: what they wait for comes after it.
    acted: Arc<AtomicU64>,
}

/// A button pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Press {
    /// Id of the callback query.
    pub id: String,
    /// The message it stands under.
    pub message: i64,
    /// What the bot was told.
    pub data: String,
}

impl Person {
    pub(crate) fn new(telegram: Telegram, user: User) -> Self {
        Self {
            telegram,
            chat: user.id,
            user,
            thread: None,
            patience: PATIENCE,
            acted: Arc::default(),
        }
    }

    /// The same person in a group.
    #[must_use]
    pub fn at(&self, group: i64) -> Self {
        Self {
            chat: group,
            thread: None,
            acted: Arc::default(),
            ..self.clone()
        }
    }

    /// The same person in a topic of a forum.
    #[must_use]
    pub fn at_topic(&self, forum: i64, thread: i64) -> Self {
        Self {
            thread: Some(thread),
            ..self.at(forum)
        }
    }

    /// The same person, waiting longer or shorter.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self {
            patience,
            ..self.clone()
        }
    }

    /// As after a /start long ago: the bot may write to them, and is told nothing.
    #[must_use]
    pub fn known(self) -> Self {
        if let Some(chat) = self.telegram.lock().chats.get_mut(&self.chat) {
            chat.is_started = true;
        }
        self
    }

    /// Who they are.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The chat they are in.
    pub fn chat(&self) -> i64 {
        self.chat
    }

    /// Where they are.
    pub fn telegram(&self) -> &Telegram {
        &self.telegram
    }

    /// Writes a message; its id. A person who blocked the bot unblocks it so.
    pub fn say(&self, text: &str) -> i64 {
        self.write(text, None, TimeDelta::zero())
    }

    /// As [`Person::say`], so long ago: the bot was away since. Its id.
    pub fn say_ago(&self, text: &str, ago: TimeDelta) -> i64 {
        self.write(text, None, ago)
    }

    /// Writes an answer to a message; its id.
    pub fn reply(&self, to: i64, text: &str) -> i64 {
        self.write(text, Some(to), TimeDelta::zero())
    }

    fn write(&self, text: &str, reply_to: Option<i64>, ago: TimeDelta) -> i64 {
        self.unblock();
        self.telegram.act(|state| {
            self.mark(state);
            let mut message = state.blank(self.chat, Author::Person(self.user.id));
            text.clone_into(&mut message.text);
            text.clone_into(&mut message.raw);
            message.entities = entities(text);
            message.thread = self.thread;
            message.reply_to = reply_to;
            message.sent -= ago;
            let message = state.put(message);
            let Some(chat) = state.chats.get_mut(&self.chat) else {
                return message.id;
            };
            chat.is_started = true;
            if is_told(chat, &message) {
                let update = state.message_json(&message);
                state.push_update("message", update);
            }
            message.id
        })
    }

    /// Presses the newest button with this text, or holding it, waiting for one to appear.
    ///
    /// # Errors
    /// When none appears in time, or it does not talk to the bot.
    pub async fn press(&self, text: &str) -> anyhow::Result<Press> {
        let found = self.wait(|message| message.button(text).is_some());
        let message = found.await.with_context(|| {
            format!(
                "{} finds no button «{text}»; {}",
                self.user.name,
                self.screen()
            )
        })?;
        self.press_button(&message, text)
    }

    /// Presses a button under a certain message.
    ///
    /// # Errors
    /// When there is no such button now, or it does not talk to the bot.
    pub fn press_on(&self, message: i64, text: &str) -> anyhow::Result<Press> {
        let message = self.message(message).context("no such message")?;
        self.press_button(&message, text)
    }

    fn press_button(&self, message: &Message, text: &str) -> anyhow::Result<Press> {
        let button = message.button(text);
        let button = button.with_context(|| format!("no button «{text}»; {}", self.screen()))?;
        match &button.action {
            Action::Callback(data) => Ok(self.press_data(message.id, data)),
            other => bail!(
                "the button «{}» does not talk to the bot: {other:?}",
                button.text
            ),
        }
    }

    /// Sends a press of any data under a message, there or not: replayed, forged or foreign.
    pub fn press_data(&self, message: i64, data: &str) -> Press {
        let id = self.telegram.act(|state| {
            self.mark(state);
            let id = format!("{}{:08}", 7_000_000_000_u64, state.new_id());
            let pressed = Pressed {
                chat: self.chat,
                at: Instant::now(),
                answer: None,
            };
            state.presses.insert(id.clone(), pressed);
            let chat = state.chats.get(&self.chat);
            let shown = chat.and_then(|chat| chat.messages.get(&message));
            let shown = match shown {
                Some(message) => state.message_json(message),
                // Gone or too old: Telegram tells only where it was.
                None => json!({
                    "message_id": message, "date": 0,
                    "chat": chat.map(Chat::to_json).unwrap_or_default(),
                }),
            };
            let query = json!({
                "id": id,
                "from": self.user.to_json(),
                "message": shown,
                "chat_instance": self.chat.unsigned_abs().to_string(),
                "data": data,
            });
            state.push_update("callback_query", query);
            id
        });
        Press {
            id,
            message,
            data: data.to_owned(),
        }
    }

    /// The bot's answer to a press, waiting for it.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn toast(&self, press: &Press) -> anyhow::Result<Toast> {
        let answer = || {
            let state = self.telegram.lock();
            state.presses.get(&press.id)?.answer.clone()
        };
        self.wait_until(answer)
            .await
            .with_context(|| format!("the press «{}» was not answered", press.data))
    }

    /// Anything the bot wrote or edited since this person's last act, waiting for it.
    ///
    /// # Errors
    /// When nothing comes in time.
    pub async fn answer(&self) -> anyhow::Result<Message> {
        self.wait_for(|_| true).await
    }

    /// The newest message like this that the bot wrote or edited since this person's last act, waiting for it.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn wait_for(
        &self,
        mut is_wanted: impl FnMut(&Message) -> bool,
    ) -> anyhow::Result<Message> {
        let acted = self.acted.load(Ordering::Acquire);
        let found = self.wait(|message| message.revision > acted && is_wanted(message));
        found.await.with_context(|| {
            format!(
                "{} waited {:?} in vain; {}",
                self.user.name,
                self.patience,
                self.screen()
            )
        })
    }

    /// As [`Person::wait_for`]: a message whose text holds this.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn wait_for_text(&self, part: &str) -> anyhow::Result<Message> {
        let found = self.wait_for(|message| message.text.contains(part)).await;
        found.with_context(|| format!("waiting for «{part}»"))
    }

    /// From here on, only what comes next is waited for.
    pub fn look_away(&self) {
        self.mark(&self.telegram.lock());
    }

    /// The bot's messages still there, oldest first; in a topic, those of the topic.
    pub fn messages(&self) -> Vec<Message> {
        let all = self.telegram.messages(self.chat).into_iter();
        all.filter(|message| message.is_from_bot() && self.is_here(message))
            .collect()
    }

    /// A message of the chat, whoever wrote it, deleted or not.
    pub fn message(&self, id: i64) -> Option<Message> {
        let state = self.telegram.lock();
        state.chats.get(&self.chat)?.messages.get(&id).cloned()
    }

    /// Text and buttons of the bot's newest message.
    pub fn screen(&self) -> String {
        let newest = self.messages().pop();
        newest.map_or_else(
            || "the bot has written nothing".to_owned(),
            |message| show(&message),
        )
    }

    /// How often the bot showed that it is typing.
    pub fn n_typings(&self) -> u64 {
        let state = self.telegram.lock();
        state.chats.get(&self.chat).map_or(0, |chat| chat.n_actions)
    }

    /// Blocks the bot.
    pub fn block(&self) {
        self.set_blocked(true);
    }

    /// Takes the block away; says nothing.
    pub fn unblock(&self) {
        self.set_blocked(false);
    }

    fn set_blocked(&self, is_blocked: bool) {
        self.telegram.act(|state| {
            let Some(chat) = state.chats.get_mut(&self.chat) else {
                return;
            };
            if !matches!(chat.kind, Kind::Private(_)) || chat.is_blocked == is_blocked {
                return;
            }
            chat.is_blocked = is_blocked;
            let (old, new) = if is_blocked {
                ("member", "kicked")
            } else {
                ("kicked", "member")
            };
            tell_membership(state, self.chat, Author::Person(self.user.id), old, new);
        });
    }

    /// Deletes their account: nothing can be sent to them any more.
    pub fn delete_account(&self) {
        if let Some(chat) = self.telegram.lock().chats.get_mut(&self.user.id) {
            chat.is_deactivated = true;
        }
    }

    fn mark(&self, state: &State) {
        self.acted.store(state.revision, Ordering::Release);
    }

    fn is_here(&self, message: &Message) -> bool {
        self.thread.is_none() || message.thread == self.thread
    }

    /// Waits for a message of the bot here that is wanted; of several the newest.
    async fn wait(&self, mut is_wanted: impl FnMut(&Message) -> bool) -> Option<Message> {
        self.wait_until(|| {
            let state = self.telegram.lock();
            let mut messages = state.chats.get(&self.chat)?.messages.values().rev();
            let found = messages.find(|message| {
                message.is_from_bot() && self.is_here(message) && is_wanted(message)
            });
            found.cloned()
        })
        .await
    }

    async fn wait_until<T>(&self, mut find: impl FnMut() -> Option<T>) -> Option<T> {
        let mut changed = self.telegram.changes(self.chat)?;
        let search = async {
            loop {
                if let Some(found) = find() {
                    return Some(found);
                }
                changed.changed().await.ok()?;
            }
        };
        tokio::time::timeout(self.patience, search)
            .await
            .ok()
            .flatten()
    }
}

/// A message with its buttons in brackets, row under row.
pub fn show(message: &Message) -> String {
    let mut shown = message.text.clone();
    if let Some(file) = &message.attachment {
        shown = format!("({file:?})\n{shown}");
    }
    for row in &message.keyboard {
        let buttons: Vec<String> = row
            .iter()
            .map(|button| format!("[{}]", button.text))
            .collect();
        shown = format!("{shown}\n{}", buttons.join(" "));
    }
    shown
}

/// What Telegram marks in a person's text: commands and links.
fn entities(text: &str) -> Vec<Value> {
    let mut entities = Vec::new();
    let mut offset = 0; // UTF-16 units
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let kind = match bare {
            _ if is_command(bare) => Some("bot_command"),
            _ if bare.starts_with("https://") || bare.starts_with("http://") => Some("url"),
            _ => None,
        };
        if let Some(kind) = kind {
            let length = bare.encode_utf16().count();
            entities.push(json!({"type": kind, "offset": offset, "length": length}));
        }
        offset += word.encode_utf16().count();
    }
    entities
}

fn is_command(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@');
    let name = word.strip_prefix('/');
    name.is_some_and(|name| !name.is_empty() && name.chars().all(is_name))
}

/// Whether the bot hears of a message. In groups it hears commands for it, answers to it and mentions of it, and nothing else.
fn is_told(chat: &Chat, message: &Message) -> bool {
    if !chat.is_group() {
        return true;
    }
    if !chat.has_bot {
        return false;
    }
    let replied = message.reply_to.and_then(|id| chat.messages.get(&id));
    let word = message.text.split_whitespace().next().unwrap_or_default();
    let is_for_us = match word.split_once('@') {
        Some((_, name)) => name.eq_ignore_ascii_case(BOT_NAME),
        None => true,
    };
    (is_command(word) && is_for_us)
        || replied.is_some_and(|replied| replied.from == Author::Bot)
        || message.text.contains(&format!("@{BOT_NAME}"))
}
