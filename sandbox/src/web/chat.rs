//! Chats and messages as the page shows them: text and its markup apart, never markup in a text.

use super::Desk;
use crate::telegram::{Action, Attachment, Author, BOT_NAME, Button, Message, State as Talk};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::sync::Arc;

/// The tabs, and who may write where.
pub(super) fn tabs(desk: &Desk) -> Value {
    let bot = Talk::bot();
    let people = desk.people();
    let shown = |person: &crate::Person| {
        let user = person.user();
        json!({"id": user.id, "name": user.name, "language": user.language})
    };
    let commands = |language: &str| -> Value {
        let own = desk.telegram.commands(language);
        let commands = match own.is_empty() {
            true => desk.telegram.commands(""),
            false => own,
        };
        let commands = commands.into_iter();
        commands
            .map(|(name, means)| json!({"name": name, "means": means}))
            .collect()
    };
    let private = people.people.iter().map(|person| {
        let language = person.user().language.clone().unwrap_or_default();
        let commands = commands(&language);
        let state = desk.telegram.lock();
        let chat = state.chats.get(&person.chat());
        json!({
            "chat": person.chat(), "title": person.user().name, "is_group": false,
            "people": [shown(person)], "commands": commands,
            "is_started": chat.is_some_and(|chat| chat.is_started),
            "is_blocked": chat.is_some_and(|chat| chat.is_blocked),
        })
    });
    let mut tabs: Vec<Value> = private.collect();
    for group in &people.groups {
        let (title, members) = {
            let state = desk.telegram.lock();
            let Some(chat) = state.chats.get(group) else {
                continue;
            };
            (
                chat.title.clone(),
                chat.members.keys().copied().collect::<Vec<_>>(),
            )
        };
        let here = people
            .people
            .iter()
            .filter(|person| members.contains(&person.user().id));
        tabs.push(json!({
            "chat": group, "title": title, "is_group": true, "people": here.map(shown).collect::<Value>(),
            "commands": commands("ru"), "is_started": true, "is_blocked": false,
        }));
    }
    json!({"bot": {"name": bot["first_name"], "username": BOT_NAME}, "chats": tabs})
}

/// A message as it is now.
pub(super) fn message(state: &Talk, message: &Message) -> Value {
    if message.is_deleted {
        return json!({"chat": message.chat, "id": message.id, "is_deleted": true});
    }
    let (from, name) = match message.from {
        Author::Bot => ("bot", None),
        Author::Service => ("service", None),
        Author::Person(id) => {
            let user = state.users.get(&id);
            ("person", user.map(|user| user.name.as_str()))
        }
    };
    let replied = message.reply_to.and_then(|id| {
        let chat = state.chats.get(&message.chat)?;
        let replied = chat.messages.get(&id)?;
        Some(json!({"id": id, "text": replied.text.lines().next()}))
    });
    json!({
        "chat": message.chat,
        "id": message.id,
        "from": if message.service.is_some() { "service" } else { from },
        "name": name,
        "sent": message.sent.timestamp_millis(),
        "edited": message.edited.map(|at| at.timestamp_millis()),
        "text": message.text,
        "entities": message.entities,
        "keyboard": message.keyboard.iter().map(|row| row.iter().map(button).collect()).collect::<Vec<Value>>(),
        "file": message.attachment.as_ref().map(|file| attached(message, file)),
        "reply_to": replied,
        "is_silent": message.is_silent,
    })
}

fn button(button: &Button) -> Value {
    match &button.action {
        Action::Callback(data) => json!({"text": button.text, "data": data}),
        Action::Url(url) => json!({"text": button.text, "url": url}),
        Action::Other(kind) => json!({"text": button.text, "other": kind}),
    }
}

fn attached(message: &Message, file: &Attachment) -> Value {
    json!({
        "is_photo": file.is_photo,
        "name": file.file_name,
        "size": file.bytes.len(),
        "width": file.size.map(|size| size.0),
        "height": file.size.map(|size| size.1),
        // Another file under the same message is another address.
        "url": format!("/file/{}/{}?{}", message.chat, message.id, message.revision),
    })
}

/// The bytes of a photo to be shown, or of a file to be kept.
pub(super) async fn file(
    State(desk): State<Arc<Desk>>,
    Path((chat, message)): Path<(i64, i64)>,
) -> Response {
    let file = {
        let state = desk.telegram.lock();
        let message = state
            .chats
            .get(&chat)
            .and_then(|chat| chat.messages.get(&message));
        let message = message.filter(|message| !message.is_deleted);
        message.and_then(|message| message.attachment.clone())
    };
    let Some(file) = file else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if file.is_photo {
        let is_png = file.bytes.starts_with(b"\x89PNG");
        let kind = if is_png { "image/png" } else { "image/jpeg" };
        return ([(CONTENT_TYPE, kind)], file.bytes).into_response();
    }
    // Never opened here: a file that is a page would be a page of this address.
    let name = file.file_name.as_deref().unwrap_or("file");
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let kept = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}"));
    let kept = kept.unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/octet-stream");
    (
        [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, kept)],
        file.bytes,
    )
        .into_response()
}
