//! Everything the stand-in remembers.

use super::Refusal;
use super::chat::{Chat, Kind, Role, User};
use super::limits::{Flow, Limits, Traffic};
use super::message::{Author, Message};
use super::trouble::Troubles;
use super::webhook::Webhook;
use chrono::Utc;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

/// Kinds of updates nobody gets without asking for them.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// The real one keeps updates for a day; nothing here should grow for ever.
const MAX_UPDATES: usize = 1_000_000;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) users: HashMap<i64, User>,
    pub(crate) chats: HashMap<i64, Chat>,
    pub(crate) updates: VecDeque<Update>,
    pub(crate) next_update: i64,
    /// Every update is handed over twice.
    pub(crate) repeats_updates: bool,
    /// What the bot asked for; empty = what is told by default.
    pub(crate) allowed: Vec<String>,
    /// The newest getUpdates; an older one gives way to it.
    pub(crate) poller: u64,
    pub(crate) webhook: Webhook,
    /// It neither answers nor sends anything.
    pub(crate) is_away: bool,
    pub(crate) presses: HashMap<String, Pressed>,
    pub(crate) commands: BTreeMap<(String, String), Value>,
    pub(crate) troubles: Troubles,
    pub(crate) flow: Flow,
    pub(crate) revision: u64,
    next_message: i64,
    next_id: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) id: i64,
    pub(crate) body: Value,
}

/// A press that waits for its answer.
#[derive(Debug)]
pub(crate) struct Pressed {
    pub(crate) chat: i64,
    pub(crate) at: Instant,
    pub(crate) answer: Option<Toast>,
}

/// The bot's answer to a press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What pops up; empty = nothing, the button only stops glowing.
    pub text: String,
    /// In a box to be closed, not on top of the chat.
    pub is_alert: bool,
}

impl State {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            users: HashMap::new(),
            chats: HashMap::new(),
            updates: VecDeque::new(),
            repeats_updates: false,
            next_update: 1_000_001,
            allowed: Vec::new(),
            poller: 0,
            webhook: Webhook::default(),
            is_away: false,
            presses: HashMap::new(),
            commands: BTreeMap::new(),
            troubles: Troubles::default(),
            flow: Flow::new(limits),
            revision: 0,
            next_message: 0,
            next_id: 5_810_573_000, // as long as those given out today: callback data holds them
        }
    }

    /// A number nobody has yet, of the size of user ids.
    pub(crate) fn new_id(&mut self) -> i64 {
        self.next_id += 1;
        self.next_id
    }

    pub(crate) fn add_chat(&mut self, chat: Chat) {
        self.chats.insert(chat.id, chat);
    }

    pub(crate) fn bot() -> Value {
        json!({
            "id": super::BOT_ID,
            "is_bot": true,
            "first_name": "Ждун талонов",
            "username": super::BOT_NAME,
        })
    }

    pub(crate) fn author(&self, from: Author) -> Value {
        match from {
            Author::Bot => Self::bot(),
            Author::Person(id) => self.users.get(&id).map(User::to_json).unwrap_or_default(),
            Author::Service => json!({"id": 777_000, "is_bot": false, "first_name": "Telegram"}),
        }
    }

    pub(crate) fn message_json(&self, message: &Message) -> Value {
        let Some(chat) = self.chats.get(&message.chat) else {
            return Value::Null;
        };
        let mut written = message.to_json(chat.to_json(), self.author(message.from));
        let reply = message.reply_to.and_then(|id| chat.messages.get(&id));
        if let Some(reply) = reply {
            written["reply_to_message"] = reply.to_json(chat.to_json(), self.author(reply.from));
        }
        written
    }

    /// Puts an update into the bot's queue, if it wants such updates.
    pub(crate) fn push_update(&mut self, kind: &str, payload: Value) {
        let is_wanted = match self.allowed.is_empty() {
            true => !ON_REQUEST.contains(&kind),
            false => self.allowed.iter().any(|wanted| wanted == kind),
        };
        if !is_wanted {
            return;
        }
        let id = self.next_update;
        self.next_update += 1;
        let mut body = json!({ "update_id": id });
        body[kind] = payload;
        self.updates.push_back(Update { id, body });
        if self.updates.len() > MAX_UPDATES {
            self.updates.pop_front();
        }
    }

    /// The chat, when the bot may write there now.
    pub(crate) fn writable(&self, chat: Option<i64>) -> Result<&Chat, Refusal> {
        let chat = chat.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        let not_found = || Refusal::bad("chat not found");
        let chat = self.chats.get(&chat).ok_or_else(not_found)?;
        if let Some(moved_to) = chat.moved_to {
            return Err(Refusal {
                migrate_to: Some(moved_to),
                ..Refusal::bad("group chat was upgraded to a supergroup chat")
            });
        }
        match chat.kind {
            Kind::Private(_) if chat.is_deactivated => {
                Err(Refusal::forbidden("user is deactivated"))
            }
            Kind::Private(_) if chat.is_blocked => {
                Err(Refusal::forbidden("bot was blocked by the user"))
            }
            Kind::Private(_) if !chat.is_started => Err(Refusal::forbidden(
                "bot can't initiate conversation with a user",
            )),
            Kind::Group if !chat.has_bot => {
                Err(Refusal::forbidden("bot was kicked from the group chat"))
            }
            Kind::Supergroup { .. } if !chat.has_bot => Err(Refusal::forbidden(
                "bot was kicked from the supergroup chat",
            )),
            _ => Ok(chat),
        }
    }

    /// Counts a call against the limits.
    pub(crate) fn admit(&mut self, traffic: Traffic) -> Result<(), Refusal> {
        let admitted = self.flow.admit(traffic, Instant::now());
        admitted.map_err(Refusal::too_many)
    }

    /// An empty message with the next id of its chat.
    pub(crate) fn blank(&mut self, chat: i64, from: Author) -> Message {
        let own_ids = self
            .chats
            .get(&chat)
            .filter(|chat| matches!(chat.kind, Kind::Supergroup { .. }));
        let id = match own_ids {
            // A supergroup counts its own messages, a forum's topics among them.
            Some(chat) => {
                let last = chat.messages.keys().chain(chat.topics.keys()).max();
                last.map_or(1, |last| last + 1)
            }
            None => {
                self.next_message += 1;
                self.next_message
            }
        };
        Message {
            id,
            chat,
            thread: None,
            from,
            sent: Utc::now(),
            edited: None,
            text: String::new(),
            raw: String::new(),
            entities: Vec::new(),
            keyboard: Vec::new(),
            attachment: None,
            reply_to: None,
            is_silent: false,
            is_deleted: false,
            editions: Vec::new(),
            revision: 0,
            service: None,
        }
    }

    /// Puts a message into its chat, new or changed, and tells those who wait there.
    pub(crate) fn put(&mut self, mut message: Message) -> Message {
        self.revision += 1;
        message.revision = self.revision;
        if let Some(chat) = self.chats.get_mut(&message.chat) {
            chat.messages.insert(message.id, message.clone());
            chat.changed.send_modify(|n| *n += 1);
        }
        message
    }

    /// What `getChatMember` says of somebody.
    pub(crate) fn member_json(&self, chat: &Chat, user: i64) -> Option<Value> {
        if user == super::BOT_ID {
            let status = if chat.has_bot { "member" } else { "left" };
            return Some(json!({"status": status, "user": Self::bot()}));
        }
        let who = self.users.get(&user)?.to_json();
        Some(match chat.members.get(&user) {
            None => json!({"status": "left", "user": who}),
            Some(Role::Member) => json!({"status": "member", "user": who}),
            Some(Role::Creator) => json!({"status": "creator", "user": who, "is_anonymous": false}),
            Some(Role::Admin) => json!({
                "status": "administrator", "user": who, "is_anonymous": false,
                "can_be_edited": false, "can_manage_chat": true, "can_change_info": true,
                "can_delete_messages": true, "can_manage_video_chats": true, "can_invite_users": true,
                "can_restrict_members": true, "can_pin_messages": true, "can_promote_members": false,
                "can_manage_topics": true, "can_post_stories": false, "can_edit_stories": false,
                "can_delete_stories": false, "can_post_messages": false, "can_edit_messages": false,
            }),
        })
    }
}
