//! Messages as the chats keep them.

use super::html::Formatted;
use super::keyboard::{self, Action, Button, Keyboard};
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::fmt;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The bot.
    Bot,
    /// A person, by user id.
    Person(i64),
    /// The chat itself: somebody came, the group moved.
    Service,
}

/// A file in a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Photo or document.
    pub is_photo: bool,
    /// As it was named when sent.
    pub file_name: Option<String>,
    /// As its type was given.
    pub mime: Option<String>,
    /// The whole of it.
    pub bytes: Bytes,
    /// Pixels across and down, of a photo.
    pub size: Option<(u32, u32)>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.is_photo { "photo" } else { "document" };
        write!(
            f,
            "{what} {:?} of {} bytes",
            self.file_name,
            self.bytes.len()
        )
    }
}

/// How a message looked before an edit.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    /// When it began to look so.
    pub at: DateTime<Utc>,
    /// Its plain text.
    pub text: String,
    /// Its buttons.
    pub keyboard: Keyboard,
}

/// A message as it is now, with what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Id inside its chat.
    pub id: i64,
    /// Chat.
    pub chat: i64,
    /// Topic of a forum.
    pub thread: Option<i64>,
    /// Who wrote it.
    pub from: Author,
    /// When it was sent.
    pub sent: DateTime<Utc>,
    /// When it was last edited.
    pub edited: Option<DateTime<Utc>>,
    /// Text or caption as people read it, without markup.
    pub text: String,
    /// Text or caption as the bot sent it.
    pub raw: String,
    /// Markup of the text, as the Bot API writes entities.
    pub entities: Vec<Value>,
    /// Buttons; empty = none.
    pub keyboard: Keyboard,
    /// The file, if it carries one; the text is its caption then.
    pub attachment: Option<Attachment>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// Sent without a sound.
    pub is_silent: bool,
    /// Deleted: nobody sees it any more.
    pub is_deleted: bool,
    /// How it looked before, oldest first.
    pub editions: Vec<Edition>,
    /// Grows over all chats with every message and every change of one.
    pub revision: u64,
    /// Fields of a service message.
    pub(crate) service: Option<Value>,
}

impl Message {
    /// Whether the bot wrote it and it is still there.
    pub fn is_from_bot(&self) -> bool {
        self.from == Author::Bot && !self.is_deleted
    }

    /// Texts on its buttons, row after row.
    pub fn button_texts(&self) -> Vec<&str> {
        let buttons = self.keyboard.iter().flatten();
        buttons.map(|button| button.text.as_str()).collect()
    }

    /// The button with this text, or else the first whose text holds it.
    pub fn button(&self, text: &str) -> Option<&Button> {
        let buttons = || self.keyboard.iter().flatten();
        let exact = buttons().find(|button| button.text == text);
        exact.or_else(|| buttons().find(|button| button.text.contains(text)))
    }

    /// Links a reader could open: of buttons and of the text.
    pub fn links(&self) -> Vec<String> {
        let buttons = self.keyboard.iter().flatten();
        let of_buttons = buttons.filter_map(|button| match &button.action {
            Action::Url(url) => Some(url.clone()),
            _ => None,
        });
        let entities = self.entities.iter();
        let of_text = entities.filter_map(|entity| Some(entity.get("url")?.as_str()?.to_owned()));
        of_buttons.chain(of_text).collect()
    }

    /// Parts of the text under this markup ("strikethrough", "bold").
    pub fn marked(&self, kind: &str) -> Vec<String> {
        let units: Vec<u16> = self.text.encode_utf16().collect();
        let entities = self.entities.iter().filter(|entity| entity["type"] == kind);
        entities
            .filter_map(|entity| {
                let from = entity["offset"].as_u64()? as usize;
                let length = entity["length"].as_u64()? as usize;
                Some(String::from_utf16_lossy(units.get(from..from + length)?))
            })
            .collect()
    }

    /// Replaces text and keyboard, keeping how it looked. Whether anything changed.
    pub(crate) fn edit(
        &mut self,
        text: Option<(&Formatted, &str)>,
        keyboard: Keyboard,
        now: DateTime<Utc>,
    ) -> bool {
        let same_text =
            text.is_none_or(|(new, _)| new.text == self.text && new.entities == self.entities);
        if same_text && keyboard == self.keyboard {
            return false;
        }
        self.editions.push(Edition {
            at: self.edited.unwrap_or(self.sent),
            text: self.text.clone(),
            keyboard: std::mem::replace(&mut self.keyboard, keyboard),
        });
        if let Some((new, raw)) = text {
            self.text.clone_from(&new.text);
            self.entities.clone_from(&new.entities);
            raw.clone_into(&mut self.raw);
        }
        self.edited = Some(now);
        true
    }

    /// As the Bot API writes it; the chat and the author come ready.
    pub(crate) fn to_json(&self, chat: Value, from: Value) -> Value {
        let mut message = json!({
            "message_id": self.id,
            "chat": chat,
            "from": from,
            "date": self.sent.timestamp(),
        });
        if let Some(edited) = self.edited {
            message["edit_date"] = json!(edited.timestamp());
        }
        if let Some(thread) = self.thread {
            message["message_thread_id"] = json!(thread);
            message["is_topic_message"] = json!(true);
        }
        if let Some(Value::Object(fields)) = &self.service {
            for (name, value) in fields {
                message[name] = value.clone();
            }
            return message;
        }
        let (text, entities) = match &self.attachment {
            None => ("text", "entities"),
            Some(attachment) => {
                self.put_attachment(&mut message, attachment);
                ("caption", "caption_entities")
            }
        };
        if !self.text.is_empty() {
            message[text] = json!(self.text);
        }
        if !self.entities.is_empty() {
            message[entities] = json!(self.entities);
        }
        if !self.keyboard.is_empty() {
            message["reply_markup"] = keyboard::to_json(&self.keyboard);
        }
        message
    }

    fn put_attachment(&self, message: &mut Value, attachment: &Attachment) {
        let id = format!("file-{}-{}-{}", self.chat, self.id, self.revision);
        let mut file = json!({
            "file_id": id,
            "file_unique_id": id,
            "file_size": attachment.bytes.len(),
        });
        if attachment.is_photo {
            let (width, height) = attachment.size.unwrap_or((1, 1));
            file["width"] = json!(width);
            file["height"] = json!(height);
            message["photo"] = json!([file]);
        } else {
            if let Some(name) = &attachment.file_name {
                file["file_name"] = json!(name);
            }
            if let Some(mime) = &attachment.mime {
                file["mime_type"] = json!(mime);
            }
            message["document"] = file;
        }
    }
}
