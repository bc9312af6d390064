//! New messages.

use super::{Done, Params};
use crate::telegram::html::{self, Formatted};
use crate::telegram::keyboard;
use crate::telegram::limits::Traffic;
use crate::telegram::message::{Attachment, Author};
use crate::telegram::params::Upload;
use crate::telegram::{Chat, Kind, Refusal, State};
use serde_json::Value;

/// Characters of a text, UTF-16 units.
const MAX_TEXT: usize = 4096;
/// Characters of a caption, UTF-16 units.
const MAX_CAPTION: usize = 1024;

pub(super) fn message(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    let thread = thread(chat, params)?;
    let reply_to = reply_to(chat, params)?;
    let (text, raw) = text(params)?;
    if text.len_utf16() > MAX_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    let keyboard = read_keyboard(state, params)?;
    let chat = admit(state, params)?;
    let mut message = state.blank(chat, Author::Bot);
    message.text = text.text;
    message.entities = text.entities;
    message.raw = raw;
    message.keyboard = keyboard;
    message.thread = thread;
    message.reply_to = reply_to;
    message.is_silent = params.flag("disable_notification");
    Ok(sent(state, message))
}

pub(super) fn file(state: &mut State, params: &Params, kind: &str) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    let thread = thread(chat, params)?;
    let reply_to = reply_to(chat, params)?;
    let upload = params.file(kind);
    let upload =
        upload.ok_or_else(|| Refusal::bad(format!("there is no {kind} in the request")))?;
    let attachment = attachment(upload, kind == "photo")?;
    let (caption, raw) = caption(params)?;
    let keyboard = read_keyboard(state, params)?;
    let chat = admit(state, params)?;
    let mut message = state.blank(chat, Author::Bot);
    message.text = caption.text;
    message.entities = caption.entities;
    message.raw = raw;
    message.keyboard = keyboard;
    message.attachment = Some(attachment);
    message.thread = thread;
    message.reply_to = reply_to;
    message.is_silent = params.flag("disable_notification");
    Ok(sent(state, message))
}

fn sent(state: &mut State, message: crate::telegram::Message) -> Done {
    let message = state.put(message);
    Done {
        result: state.message_json(&message),
        message: Some(message.id),
    }
}

/// Counts a new message against the limits; the chat it goes to.
fn admit(state: &mut State, params: &Params) -> Result<i64, Refusal> {
    let chat = state.writable(params.chat())?;
    let (chat, is_group) = (chat.id, chat.is_group());
    state.admit(Traffic::Send { chat, is_group })?;
    Ok(chat)
}

/// The text of a call, read by its `parse_mode`, and as it was sent. Never empty.
pub(super) fn text(params: &Params) -> Result<(Formatted, String), Refusal> {
    let raw = params.text("text").unwrap_or_default();
    let text = read_text(params, raw, "entities")?;
    if text.text.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    Ok((text, raw.to_owned()))
}

/// The caption of a call; may be empty.
pub(super) fn caption(params: &Params) -> Result<(Formatted, String), Refusal> {
    let raw = params.text("caption").unwrap_or_default();
    let caption = read_text(params, raw, "caption_entities")?;
    if caption.len_utf16() > MAX_CAPTION {
        return Err(Refusal::bad("message caption is too long"));
    }
    Ok((caption, raw.to_owned()))
}

pub(super) fn read_text(params: &Params, raw: &str, entities: &str) -> Result<Formatted, Refusal> {
    match params
        .text("parse_mode")
        .unwrap_or_default()
        .to_lowercase()
        .as_str()
    {
        "html" => html::parse(raw),
        "" => {
            let mut text = Formatted::plain(raw);
            if let Some(Value::Array(entities)) = params.json(entities)? {
                text.entities = entities;
            }
            Ok(text)
        }
        _ => Err(Refusal::bad("unsupported parse_mode")),
    }
}

pub(super) fn is_too_long(text: &Formatted) -> bool {
    text.len_utf16() > MAX_TEXT
}

pub(super) fn read_keyboard(state: &State, params: &Params) -> Result<keyboard::Keyboard, Refusal> {
    let markup = params.json("reply_markup")?;
    keyboard::read(markup.as_ref(), state.flow.limits.keyboard_bytes)
}

/// The topic a message goes to.
fn thread(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let Some(thread) = params
        .int("message_thread_id")
        .filter(|thread| *thread != 0)
    else {
        return Ok(None);
    };
    let is_forum = chat.kind == Kind::Supergroup { is_forum: true };
    let topic = chat.topics.get(&thread).filter(|_| is_forum);
    match topic {
        None => Err(Refusal::bad("message thread not found")),
        Some(topic) if topic.is_closed => Err(Refusal::bad("TOPIC_CLOSED")),
        Some(_) => Ok(Some(thread)),
    }
}

fn reply_to(chat: &Chat, params: &Params) -> Result<Option<i64>, Refusal> {
    let reply = params.json("reply_parameters")?;
    let (id, may_miss) = match &reply {
        Some(reply) => (
            reply["message_id"].as_i64(),
            reply["allow_sending_without_reply"] == true,
        ),
        None => (
            params.int("reply_to_message_id"),
            params.flag("allow_sending_without_reply"),
        ),
    };
    let Some(id) = id else { return Ok(None) };
    let there = chat
        .messages
        .get(&id)
        .is_some_and(|message| !message.is_deleted);
    match (there, may_miss) {
        (true, _) => Ok(Some(id)),
        (false, true) => Ok(None),
        (false, false) => Err(Refusal::bad("message to be replied not found")),
    }
}

/// Checks a file as Telegram does.
pub(super) fn attachment(upload: &Upload, is_photo: bool) -> Result<Attachment, Refusal> {
    if upload.bytes.is_empty() {
        return Err(Refusal::bad("file must be non-empty"));
    }
    let size = match is_photo {
        true => {
            Some(picture_size(&upload.bytes).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?)
        }
        false => None,
    };
    Ok(Attachment {
        is_photo,
        file_name: upload.name.clone(),
        mime: upload.mime.clone(),
        bytes: upload.bytes.clone(),
        size,
    })
}

/// Width and height of a PNG, or a guess for a JPEG; `None` when it is neither, or impossibly shaped.
fn picture_size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return Some((640, 480));
    }
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (width, height) = (number(8)?, number(12)?);
    // Telegram: sides in sum at most 10,000, ratio at most 20.
    let is_possible = width > 0
        && height > 0
        && u64::from(width) + u64::from(height) <= 10_000
        && width.max(height) / width.min(height) <= 20;
    is_possible.then_some((width, height))
}
