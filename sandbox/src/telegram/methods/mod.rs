//! The methods of the Bot API this stand-in knows.

mod chats;
mod commands;
mod edit;
mod send;
mod updates;

use super::params::Params;
use super::{BOT_NAME, Inner, Refusal, State, webhook};
use serde_json::{Value, json};

/// What a method answers.
pub(super) struct Done {
    pub(super) result: Value,
    /// The message it sent or changed.
    pub(super) message: Option<i64>,
}

impl Done {
    fn of(result: Value) -> Self {
        Self {
            result,
            message: None,
        }
    }

    fn yes() -> Self {
        Self::of(Value::Bool(true))
    }
}

const METHODS: [&str; 25] = [
    "getMe",
    "getUpdates",
    "getWebhookInfo",
    "setWebhook",
    "deleteWebhook",
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "sendChatAction",
    "editMessageText",
    "editMessageCaption",
    "editMessageMedia",
    "editMessageReplyMarkup",
    "deleteMessage",
    "deleteMessages",
    "answerCallbackQuery",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "setMyDescription",
    "setMyShortDescription",
    "getChat",
    "getChatMember",
    "getChatAdministrators",
    "leaveChat",
];

/// A method as the Bot API spells it, found in any case of letters.
pub(super) fn named(method: &str) -> Option<&'static str> {
    let mut known = METHODS.into_iter();
    known.find(|known| known.eq_ignore_ascii_case(method))
}

/// Carries out a call.
pub(super) async fn call(inner: &Inner, method: &str, params: &Params) -> Result<Done, Refusal> {
    if method == "getUpdates" {
        return updates::get_updates(inner, params).await;
    }
    let done = {
        let state = &mut *inner.lock();
        match method {
            "getMe" => Ok(Done::of(me())),
            "getWebhookInfo" => Ok(Done::of(webhook::info(state))),
            "setWebhook" => updates::set_webhook(state, params),
            "deleteWebhook" => updates::delete_webhook(state, params),
            "sendMessage" => send::message(state, params),
            "sendPhoto" => send::file(state, params, "photo"),
            "sendDocument" => send::file(state, params, "document"),
            "sendChatAction" => chats::action(state, params),
            "editMessageText" => edit::text(state, params),
            "editMessageCaption" => edit::caption(state, params),
            "editMessageMedia" => edit::media(state, params),
            "editMessageReplyMarkup" => edit::keyboard(state, params),
            "deleteMessage" => edit::delete(state, params),
            "deleteMessages" => edit::delete_many(state, params),
            "answerCallbackQuery" => edit::answer_press(state, params),
            "setMyCommands" => commands::set(state, params),
            "getMyCommands" => commands::get(state, params),
            "deleteMyCommands" => commands::delete(state, params),
            "setMyDescription" | "setMyShortDescription" => Ok(Done::yes()),
            "getChat" => chats::get(state, params),
            "getChatMember" => chats::member(state, params),
            "getChatAdministrators" => chats::administrators(state, params),
            "leaveChat" => chats::leave(state, params),
            _ => Err(Refusal::new(404, "Not Found")),
        }
    };
    inner.wake_polls(); // leaving a chat, for one, is an update
    done
}

fn me() -> Value {
    let mut me = State::bot();
    me["username"] = json!(BOT_NAME);
    for (name, value) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        me[name] = json!(value);
    }
    me
}
