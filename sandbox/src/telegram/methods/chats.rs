//! What the bot may ask about chats.

use super::{Done, Params};
use crate::telegram::{Refusal, Role, State};
use chrono::Utc;
use serde_json::{Value, json};

pub(super) fn action(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?.id;
    if params.text("action").is_none_or(str::is_empty) {
        return Err(Refusal::bad("wrong parameter action in request"));
    }
    if let Some(chat) = state.chats.get_mut(&chat) {
        chat.n_actions += 1;
    }
    Ok(Done::yes())
}

pub(super) fn get(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let mut chat = state.writable(params.chat())?.to_json();
    chat["accent_color_id"] = json!(0);
    chat["max_reaction_count"] = json!(11);
    chat["accepted_gift_types"] = json!({
        "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false,
    });
    Ok(Done::of(chat))
}

pub(super) fn member(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    let user = params.int("user_id").unwrap_or(0);
    let member = state.member_json(chat, user);
    member
        .map(Done::of)
        .ok_or_else(|| Refusal::bad("user not found"))
}

pub(super) fn administrators(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    if !chat.is_group() {
        return Err(Refusal::bad(
            "there are no administrators in the private chat",
        ));
    }
    let rulers = chat
        .members
        .iter()
        .filter(|(_, role)| **role != Role::Member);
    let rulers = rulers.filter_map(|(user, _)| state.member_json(chat, *user));
    Ok(Done::of(rulers.collect::<Value>()))
}

pub(super) fn leave(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let chat = state.writable(params.chat())?;
    if !chat.is_group() {
        return Err(Refusal::bad(
            "chat member status can't be changed in private chats",
        ));
    }
    let id = chat.id;
    let update = json!({
        "chat": chat.to_json(), "from": State::bot(), "date": Utc::now().timestamp(),
        "old_chat_member": {"status": "member", "user": State::bot()},
        "new_chat_member": {"status": "left", "user": State::bot()},
    });
    if let Some(chat) = state.chats.get_mut(&id) {
        chat.has_bot = false;
    }
    state.push_update("my_chat_member", update);
    Ok(Done::yes())
}
