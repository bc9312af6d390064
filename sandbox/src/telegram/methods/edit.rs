//! Messages changed and deleted, presses answered.

use super::send;
use super::{Done, Params};
use crate::telegram::limits::Traffic;
use crate::telegram::message::{Attachment, Author, Message};
use crate::telegram::state::Toast;
use crate::telegram::{Formatted, Keyboard, Refusal, State};
use chrono::Utc;
use serde_json::Value;

/// Characters in the answer to a press.
const MAX_TOAST: usize = 200;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the same \
                            as a current content and reply markup of the message";

pub(super) fn text(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let message = find(state, params)?;
    if message.attachment.is_some() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    let (text, raw) = send::text(params)?;
    if send::is_too_long(&text) {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let keyboard = send::read_keyboard(state, params)?;
    change(state, message, Some((&text, &raw)), keyboard)
}

pub(super) fn caption(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let message = find(state, params)?;
    if message.attachment.is_none() {
        return Err(Refusal::bad("there is no caption in the message to edit"));
    }
    let (caption, raw) = send::caption(params)?;
    let keyboard = send::read_keyboard(state, params)?;
    change(state, message, Some((&caption, &raw)), keyboard)
}

pub(super) fn media(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let mut message = find(state, params)?;
    let media = params.json("media")?.unwrap_or_default();
    let is_photo = media["type"] == "photo";
    let name = media["media"].as_str().unwrap_or_default();
    let upload = params.file(name.strip_prefix("attach://").unwrap_or(name));
    let upload = upload.ok_or_else(|| Refusal::bad("wrong file identifier/HTTP URL specified"))?;
    let attachment: Attachment = send::attachment(upload, is_photo)?;
    let mut caption_params = Params::default();
    if let Value::Object(fields) = media {
        caption_params.fields = fields;
    }
    let (caption, raw) = send::caption(&caption_params)?;
    let keyboard = send::read_keyboard(state, params)?;
    let is_new = message.attachment.as_ref() != Some(&attachment);
    message.attachment = Some(attachment);
    if is_new {
        message.edited = Some(Utc::now());
        state.admit(Traffic::Edit { chat: message.chat })?;
        message.edit(Some((&caption, &raw)), keyboard, Utc::now());
        return Ok(edited(state, message));
    }
    change(state, message, Some((&caption, &raw)), keyboard)
}

pub(super) fn keyboard(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let message = find(state, params)?;
    let keyboard = send::read_keyboard(state, params)?;
    change(state, message, None, keyboard)
}

/// The bot's own message a call wants to change.
fn find(state: &State, params: &Params) -> Result<Message, Refusal> {
    let chat = state.writable(params.chat())?;
    let id = params.int("message_id");
    let id = id.ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let message = chat.messages.get(&id).filter(|message| !message.is_deleted);
    let message = message.ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if message.from != Author::Bot {
        return Err(Refusal::bad("message can't be edited"));
    }
    Ok(message.clone())
}

fn change(
    state: &mut State,
    mut message: Message,
    text: Option<(&Formatted, &str)>,
    keyboard: Keyboard,
) -> Result<Done, Refusal> {
    if !message.edit(text, keyboard, Utc::now()) {
        return Err(Refusal::bad(NOT_MODIFIED));
    }
    state.admit(Traffic::Edit { chat: message.chat })?;
    Ok(edited(state, message))
}

fn edited(state: &mut State, message: Message) -> Done {
    let message = state.put(message);
    Done {
        result: state.message_json(&message),
        message: Some(message.id),
    }
}

pub(super) fn delete(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    let id = params.int("message_id");
    let id = id.ok_or_else(|| Refusal::bad("message identifier is not specified"))?;
    let message = chat.messages.get(&id).filter(|message| !message.is_deleted);
    let message = message.ok_or_else(|| Refusal::bad("message to delete not found"))?;
    let is_theirs = message.from != Author::Bot && chat.is_group();
    if is_theirs || message.from == Author::Service {
        return Err(Refusal::bad("message can't be deleted"));
    }
    let mut message = message.clone();
    message.is_deleted = true;
    state.put(message);
    Ok(Done {
        message: Some(id),
        ..Done::yes()
    })
}

/// Unlike the single one, says nothing of messages that are not there.
pub(super) fn delete_many(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?.id;
    let ids = params.json("message_ids")?;
    let ids = ids.as_ref().and_then(Value::as_array);
    let ids = ids.ok_or_else(|| Refusal::bad("message identifiers are not specified"))?;
    for id in ids.iter().filter_map(Value::as_i64) {
        let messages = state.chats.get(&chat).map(|chat| &chat.messages);
        let message = messages.and_then(|messages| messages.get(&id)).cloned();
        if let Some(mut message) = message.filter(|message| message.from == Author::Bot) {
            message.is_deleted = true;
            state.put(message);
        }
    }
    Ok(Done::yes())
}

pub(super) fn answer_press(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let text = params.text("text").unwrap_or_default();
    if text.chars().count() > MAX_TOAST {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let within = state.flow.limits.answer_within;
    let id = params.text("callback_query_id").unwrap_or_default();
    let pressed = state.presses.get_mut(id);
    let Some(pressed) = pressed.filter(|pressed| pressed.at.elapsed() <= within) else {
        return Err(Refusal::bad(
            "query is too old and response timeout expired or query ID is invalid",
        ));
    };
    // A second answer is accepted and shows nothing.
    pressed.answer.get_or_insert_with(|| Toast {
        text: text.to_owned(),
        is_alert: params.flag("show_alert"),
    });
    let chat = pressed.chat;
    if let Some(chat) = state.chats.get(&chat) {
        chat.changed.send_modify(|n| *n += 1);
    }
    Ok(Done::yes())
}
