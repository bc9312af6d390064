//! The stand-in's other side: what tests and scenes do to it and read from it.

use super::state::Update;
use super::{
    Author, Call, Calls, Chat, Kind, Limits, Message, Role, State, Telegram, Topic, Trouble,
    TroubleId, User,
};
use crate::journal::{Journal, most_within};
use crate::person::Person;
use chrono::Utc;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::sync::watch;

impl Telegram {
    /// A new person with a private chat. `language` is their app's, as an IETF tag; empty = unknown. The bot may not write to
    /// them before they wrote to it.
    pub fn person(&self, name: &str, language: &str) -> Person {
        let user = {
            let state = &mut *self.lock();
            let user = User {
                id: state.new_id(),
                name: name.to_owned(),
                language: Some(language.to_owned()).filter(|tag| !tag.is_empty()),
            };
            state.users.insert(user.id, user.clone());
            state.add_chat(Chat::new(user.id, Kind::Private(user.clone()), name));
            user
        };
        Person::new(self.clone(), user)
    }

    /// As [`Telegram::person`], of one who pressed "start" long ago: the bot may write to them.
    pub fn acquaintance(&self, name: &str, language: &str) -> Person {
        let person = self.person(name, language);
        if let Some(chat) = self.lock().chats.get_mut(&person.chat()) {
            chat.is_started = true;
        }
        person
    }

    /// A new group with the bot in it, made by the first of these people; the group's chat id.
    pub fn group(&self, title: &str, people: &[&Person]) -> i64 {
        let id = -self.lock().new_id();
        self.found(Chat::new(id, Kind::Group, title), people)
    }

    /// A new supergroup with topics and the bot in it, made by the first of these people; its chat id.
    pub fn forum(&self, title: &str, people: &[&Person]) -> i64 {
        let id = supergroup_id(self.lock().new_id());
        let kind = Kind::Supergroup { is_forum: true };
        self.found(Chat::new(id, kind, title), people)
    }

    fn found(&self, mut chat: Chat, people: &[&Person]) -> i64 {
        let id = chat.id;
        for (n, person) in people.iter().enumerate() {
            let role = if n == 0 { Role::Creator } else { Role::Member };
            chat.members.insert(person.user().id, role);
        }
        let founder = people.first().map(|person| person.user().id);
        {
            let state = &mut *self.lock();
            state.add_chat(chat);
            let by = founder.map_or(Author::Service, Author::Person);
            tell_membership(state, id, by, "left", "member");
            say_service(state, id, by, json!({"new_chat_members": [State::bot()]}));
        }
        self.inner.wake_polls();
        id
    }

    /// Makes somebody a member of a group, or something else in it.
    pub fn set_role(&self, group: i64, person: &Person, role: Role) {
        let state = &mut *self.lock();
        if let Some(chat) = state.chats.get_mut(&group) {
            chat.members.insert(person.user().id, role);
        }
    }

    /// A new topic of a forum; its thread id.
    pub fn topic(&self, forum: i64, name: &str) -> i64 {
        let state = &mut *self.lock();
        let id = state.blank(forum, Author::Service).id;
        if let Some(chat) = state.chats.get_mut(&forum) {
            let topic = Topic {
                name: name.to_owned(),
                is_closed: false,
            };
            chat.topics.insert(id, topic);
        }
        id
    }

    /// Closes a topic or opens it again: nobody writes into a closed one.
    pub fn close_topic(&self, forum: i64, thread: i64, is_closed: bool) {
        let state = &mut *self.lock();
        let topics = state.chats.get_mut(&forum).map(|chat| &mut chat.topics);
        if let Some(topic) = topics.and_then(|topics| topics.get_mut(&thread)) {
            topic.is_closed = is_closed;
        }
    }

    /// Names of a forum's topics by thread id.
    pub fn topics(&self, forum: i64) -> Vec<(i64, String)> {
        let state = self.lock();
        let topics = state.chats.get(&forum).map(|chat| chat.topics.iter());
        let topics = topics.into_iter().flatten();
        topics
            .map(|(id, topic)| (*id, topic.name.clone()))
            .collect()
    }

    /// Throws the bot out of a group.
    pub fn kick_bot(&self, group: i64) {
        self.set_bot(group, false);
    }

    /// Takes the bot back into a group.
    pub fn invite_bot(&self, group: i64) {
        self.set_bot(group, true);
    }

    fn set_bot(&self, group: i64, has_bot: bool) {
        {
            let state = &mut *self.lock();
            let Some(chat) = state.chats.get_mut(&group) else {
                return;
            };
            chat.has_bot = has_bot;
            let creator = chat
                .members
                .iter()
                .find(|(_, role)| **role == Role::Creator);
            let by = creator.map_or(Author::Service, |(id, _)| Author::Person(*id));
            let (old, new) = if has_bot {
                ("kicked", "member")
            } else {
                ("member", "kicked")
            };
            tell_membership(state, group, by, old, new);
        }
        self.inner.wake_polls();
    }

    /// Turns a group into a supergroup; the new chat id. Calls for the old one are refused with it.
    pub fn upgrade_group(&self, group: i64) -> i64 {
        let new = {
            let state = &mut *self.lock();
            let new = supergroup_id(state.new_id());
            let kind = Kind::Supergroup { is_forum: false };
            let Some(old) = state.chats.get_mut(&group) else {
                return group;
            };
            let mut chat = Chat::new(new, kind, &old.title);
            chat.members.clone_from(&old.members);
            state.add_chat(chat);
            say_service(
                state,
                group,
                Author::Service,
                json!({ "migrate_to_chat_id": new }),
            );
            if let Some(old) = state.chats.get_mut(&group) {
                old.moved_to = Some(new);
            }
            say_service(
                state,
                new,
                Author::Service,
                json!({ "migrate_from_chat_id": group }),
            );
            new
        };
        self.inner.wake_polls();
        new
    }

    /// Every call since the start, in the order they came, long polls too.
    pub fn log(&self) -> &Journal<Call> {
        &self.inner.log
    }

    /// All messages of a chat by id, deleted ones too; empty also when there is no such chat.
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        let state = self.lock();
        let chat = state.chats.get(&chat);
        chat.map(|chat| chat.messages.values().cloned().collect())
            .unwrap_or_default()
    }

    /// A number that grows with every change in a chat; `None` when there is no such chat.
    pub fn changes(&self, chat: i64) -> Option<watch::Receiver<u64>> {
        let state = self.lock();
        Some(state.chats.get(&chat)?.changed.subscribe())
    }

    /// A number that grows with every act of anybody and every call of the bot; for those who show the chats live.
    pub fn stirrings(&self) -> watch::Receiver<u64> {
        self.inner.polls.subscribe()
    }

    /// The commands the bot registered for everybody, in a language (empty = for all others).
    pub fn commands(&self, language: &str) -> Vec<(String, String)> {
        let state = self.lock();
        let key = ("default".to_owned(), language.to_owned());
        let commands = state.commands.get(&key).and_then(Value::as_array);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let commands = commands.into_iter().flatten();
        commands
            .map(|command| (text(&command["command"]), text(&command["description"])))
            .collect()
    }

    /// Kinds of updates the bot asked for; empty = it did not say.
    pub fn allowed_updates(&self) -> Vec<String> {
        self.lock().allowed.clone()
    }

    /// Where updates are sent; empty = nowhere, the bot asks for them.
    pub fn webhook(&self) -> String {
        self.lock().webhook.url.clone()
    }

    /// Why the last update could not be sent there, in Telegram's words.
    pub fn webhook_error(&self) -> Option<String> {
        let state = self.lock();
        let error = state.webhook.last_error.as_ref();
        error.map(|(_, why)| why.clone())
    }

    /// Updates the bot has not confirmed yet.
    pub fn n_pending_updates(&self) -> usize {
        self.lock().updates.len()
    }

    /// Waits until the bot has confirmed every update; whether it did so in time.
    pub async fn all_confirmed(&self, patience: Duration) -> bool {
        let mut changed = self.inner.polls.subscribe();
        let confirmed = async {
            while self.n_pending_updates() > 0 {
                if changed.changed().await.is_err() {
                    return;
                }
            }
        };
        tokio::time::timeout(patience, confirmed).await.is_ok()
    }

    /// Puts any update into the queue, well-formed or not, asked for or not; its id.
    pub fn push_raw_update(&self, kind: &str, payload: Value) -> i64 {
        let id = {
            let state = &mut *self.lock();
            let id = state.next_update;
            state.next_update += 1;
            let mut body = json!({ "update_id": id });
            body[kind] = payload;
            state.updates.push_back(Update { id, body });
            id
        };
        self.inner.wake_polls();
        id
    }

    /// From now on every update is handed over twice, as after a connection that broke.
    pub fn repeat_updates(&self) {
        self.lock().repeats_updates = true;
    }

    /// Messages that wait for the bot were sent so much earlier: it has been away.
    pub fn age_updates(&self, by: Duration) {
        let by = i64::try_from(by.as_secs()).unwrap_or(i64::MAX);
        for update in &mut self.lock().updates {
            if let Some(date) = update.body["message"]["date"].as_i64() {
                update.body["message"]["date"] = json!(date.saturating_sub(by));
            }
        }
    }

    /// Calls like these meet trouble until it is cleared. Of two that fit, the one set last is met.
    pub fn trouble(&self, calls: Calls, trouble: Trouble) -> TroubleId {
        self.lock().troubles.add(calls, trouble, None)
    }

    /// The next `n` calls like these meet trouble.
    pub fn trouble_times(&self, calls: Calls, trouble: Trouble, n: usize) -> TroubleId {
        self.lock().troubles.add(calls, trouble, Some(n))
    }

    /// Ends one trouble.
    pub fn clear(&self, trouble: TroubleId) {
        self.lock().troubles.clear(trouble);
    }

    /// Ends all trouble.
    pub fn clear_troubles(&self) {
        self.lock().troubles.clear_all();
    }

    /// Other limits from now on; what was counted stays counted.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().flow.limits = limits;
    }

    /// Every press there was is too old to be answered from now on.
    pub fn expire_presses(&self) {
        self.lock().presses.clear();
    }

    /// Refuses connections, cutting those there are, until [`Telegram::up`].
    ///
    /// # Errors
    /// When the system does not let go of the port.
    pub async fn down(&self) -> anyhow::Result<()> {
        self.lock().is_away = true;
        Ok(self.server.shut().await?)
    }

    /// Accepts connections again, at the same address.
    ///
    /// # Errors
    /// When the system does not give the port back.
    pub async fn up(&self) -> anyhow::Result<()> {
        self.server.open().await?;
        self.act(|state| state.is_away = false);
        Ok(())
    }

    /// The most new messages accepted within any window of this length, from a position of the log on: to everybody, and to the
    /// one chat that got the most.
    pub fn most_sent_within(&self, from: u64, length: Duration) -> (usize, usize) {
        let calls = self.log().since(from);
        let sent = calls
            .iter()
            .filter(|call| call.is_done() && call.method.starts_with("send"));
        let mut by_chat = HashMap::<Option<i64>, Vec<Instant>>::new();
        let mut all = Vec::new();
        for call in sent.filter(|call| call.method != "sendChatAction") {
            all.push(call.at);
            by_chat.entry(call.chat).or_default().push(call.at);
        }
        let by_chat = by_chat.into_values();
        let to_one = by_chat.map(|times| most_within(times, length)).max();
        (most_within(all, length), to_one.unwrap_or(0))
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.inner.lock()
    }

    /// Carries out a person's act and wakes the bot.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.lock());
        self.inner.wake_polls();
        result
    }
}

fn supergroup_id(number: i64) -> i64 {
    -1_000_000_000_000 - number
}

/// `my_chat_member`: what the bot is in a chat has changed.
pub(crate) fn tell_membership(state: &mut State, chat: i64, by: Author, old: &str, new: &str) {
    let Some(chat) = state.chats.get(&chat) else {
        return;
    };
    let member = |status: &str| {
        let mut member = json!({"status": status, "user": State::bot()});
        if status == "kicked" {
            member["until_date"] = json!(0);
        }
        member
    };
    let update = json!({
        "chat": chat.to_json(),
        "from": state.author(by),
        "date": Utc::now().timestamp(),
        "old_chat_member": member(old),
        "new_chat_member": member(new),
    });
    state.push_update("my_chat_member", update);
}

fn say_service(state: &mut State, chat: i64, by: Author, fields: Value) {
    let mut message = state.blank(chat, by);
    message.service = Some(fields);
    let message = state.put(message);
    let update = state.message_json(&message);
    state.push_update("message", update);
}
