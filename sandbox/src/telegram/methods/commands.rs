//! The menu of commands, by scope and language.

use super::{Done, Params};
use crate::telegram::{Refusal, State};
use serde_json::{Value, json};

const MAX_COMMANDS: usize = 100;

pub(super) fn set(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let commands = params.json("commands")?;
    let list = commands.as_ref().and_then(Value::as_array);
    let list = list.ok_or_else(|| Refusal::bad("can't parse commands list JSON object"))?;
    if list.len() > MAX_COMMANDS {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let name = command["command"].as_str().unwrap_or_default();
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !(1..=32).contains(&name.len()) || !name.chars().all(is_name) {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let length = command["description"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .count();
        if !(1..=256).contains(&length) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    let key = key(params)?;
    let commands = json!(list);
    state.commands.insert(key, commands);
    Ok(Done::yes())
}

pub(super) fn get(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    let commands = state.commands.get(&key(params)?);
    Ok(Done::of(commands.cloned().unwrap_or_else(|| json!([]))))
}

pub(super) fn delete(state: &mut State, params: &Params) -> Result<Done, Refusal> {
    state.commands.remove(&key(params)?);
    Ok(Done::yes())
}

/// Scope (`default` when not given) and language (empty = any).
fn key(params: &Params) -> Result<(String, String), Refusal> {
    let scope = params
        .json("scope")?
        .unwrap_or_else(|| json!({"type": "default"}));
    let mut name = scope["type"].as_str().unwrap_or("default").to_owned();
    for part in ["chat_id", "user_id"] {
        if let Some(id) = scope.get(part) {
            name.push_str(&format!(" {id}"));
        }
    }
    let language = params.text("language_code").unwrap_or_default();
    if !language.is_empty() && language.len() != 2 {
        return Err(Refusal::bad("invalid language code specified"));
    }
    Ok((name, language.to_owned()))
}
