//! People and the places where they talk.

use super::message::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::watch;

/// A user of Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User id; also the id of their private chat.
    pub id: i64,
    /// First name.
    pub name: String,
    /// IETF tag of their app's language.
    pub language: Option<String>,
}

impl User {
    pub(crate) fn to_json(&self) -> Value {
        let mut user = json!({"id": self.id, "is_bot": false, "first_name": self.name});
        if let Some(language) = &self.language {
            user["language_code"] = json!(language);
        }
        user
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Private(User),
    Group,
    Supergroup { is_forum: bool },
}

/// What somebody may do in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Talks.
    Member,
    /// Also rules.
    Admin,
    /// Made the group.
    Creator,
}

#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) is_closed: bool,
}

#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) title: String,
    /// The person blocked the bot.
    pub(crate) is_blocked: bool,
    /// The person deleted their account.
    pub(crate) is_deactivated: bool,
    /// The person has written to the bot, which may write to them since.
    pub(crate) is_started: bool,
    /// The bot is in the group.
    pub(crate) has_bot: bool,
    /// Where the group has moved.
    pub(crate) moved_to: Option<i64>,
    pub(crate) topics: BTreeMap<i64, Topic>,
    pub(crate) members: BTreeMap<i64, Role>,
    pub(crate) messages: BTreeMap<i64, Message>,
    /// How often the bot said it is typing.
    pub(crate) n_actions: u64,
    /// Grows with every change of a message.
    pub(crate) changed: watch::Sender<u64>,
}

impl Chat {
    pub(crate) fn new(id: i64, kind: Kind, title: &str) -> Self {
        Self {
            id,
            kind,
            title: title.to_owned(),
            is_blocked: false,
            is_deactivated: false,
            is_started: false,
            has_bot: true,
            moved_to: None,
            topics: BTreeMap::new(),
            members: BTreeMap::new(),
            messages: BTreeMap::new(),
            n_actions: 0,
            changed: watch::Sender::new(0),
        }
    }

    pub(crate) fn is_group(&self) -> bool {
        !matches!(self.kind, Kind::Private(_))
    }

    pub(crate) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Private(user) => {
                json!({"id": self.id, "type": "private", "first_name": user.name})
            }
            Kind::Group => json!({
                "id": self.id, "type": "group", "title": self.title,
                "all_members_are_administrators": false,
            }),
            Kind::Supergroup { is_forum } => {
                let mut chat = json!({"id": self.id, "type": "supergroup", "title": self.title});
                if *is_forum {
                    chat["is_forum"] = json!(true);
                }
                chat
            }
        }
    }
}
