//! Inline keyboards: what Telegram takes and refuses.

use super::Refusal;
use serde_json::{Map, Value, json};
use url::Url;

const MAX_BUTTONS: usize = 100;
const MAX_IN_ROW: usize = 8;
const MAX_DATA_BYTES: usize = 64;

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What is written on it.
    pub text: String,
    /// What it does.
    pub action: Action,
}

/// What pressing a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The bot is told this.
    Callback(String),
    /// A page opens.
    Url(String),
    /// Something the bench does not play, by its name in the Bot API.
    Other(String),
}

/// Rows of buttons.
pub type Keyboard = Vec<Vec<Button>>;

/// Reads `reply_markup`; empty when there is none, or when it is not an inline keyboard.
///
/// # Errors
/// What Telegram refuses.
pub(crate) fn read(markup: Option<&Value>, max_bytes: usize) -> Result<Keyboard, Refusal> {
    let Some(markup) = markup.filter(|markup| !markup.is_null()) else {
        return Ok(Keyboard::new());
    };
    let Some(markup) = markup.as_object() else {
        return Err(Refusal::bad("object expected as reply markup"));
    };
    let Some(rows) = markup.get("inline_keyboard") else {
        return Ok(Keyboard::new());
    };
    let expected = || {
        Refusal::bad(
            "field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays",
        )
    };
    let mut keyboard = Keyboard::new();
    for row in rows.as_array().ok_or_else(expected)? {
        let row = row.as_array().ok_or_else(expected)?;
        let buttons: Result<Vec<_>, _> = row.iter().map(button).collect();
        keyboard.push(buttons?);
    }
    keyboard.retain(|row| !row.is_empty());
    let n_buttons = keyboard.iter().map(Vec::len).sum::<usize>();
    let widest = keyboard.iter().map(Vec::len).max().unwrap_or(0);
    let is_long = rows.to_string().len() > max_bytes;
    if n_buttons > MAX_BUTTONS || widest > MAX_IN_ROW || is_long {
        return Err(Refusal::bad("reply markup is too long"));
    }
    Ok(keyboard)
}

fn button(button: &Value) -> Result<Button, Refusal> {
    let cannot = |why: &str| Refusal::bad(format!("can't parse inline keyboard button: {why}"));
    let button = button.as_object();
    let button = button.ok_or_else(|| cannot("InlineKeyboardButton must be an Object"))?;
    let text = button.get("text").and_then(Value::as_str);
    let text = text
        .ok_or_else(|| cannot("Can't find field \"text\""))?
        .trim();
    if text.is_empty() {
        return Err(Refusal::bad("BUTTON_TEXT_INVALID"));
    }
    Ok(Button {
        text: text.to_owned(),
        action: action(button)
            .ok_or_else(|| cannot("Text buttons are unallowed in the inline keyboard"))??,
    })
}

fn action(button: &Map<String, Value>) -> Option<Result<Action, Refusal>> {
    if let Some(url) = button.get("url") {
        let url = url.as_str().filter(|url| is_link(url));
        let invalid = || Refusal::bad("BUTTON_URL_INVALID");
        return Some(
            url.map(|url| Action::Url(url.to_owned()))
                .ok_or_else(invalid),
        );
    }
    if let Some(data) = button.get("callback_data") {
        let data = data.as_str();
        let data = data.filter(|data| (1..=MAX_DATA_BYTES).contains(&data.len()));
        let invalid = || Refusal::bad("BUTTON_DATA_INVALID");
        return Some(
            data.map(|data| Action::Callback(data.to_owned()))
                .ok_or_else(invalid),
        );
    }
    let other = button.keys().find(|key| *key != "text")?;
    Some(Ok(Action::Other(other.clone())))
}

/// A link Telegram would open: with a host that has a dot in it, or one of its own.
fn is_link(url: &str) -> bool {
    let whole = match url.contains("://") || url.starts_with("tg:") {
        true => url.to_owned(),
        false => format!("http://{url}"),
    };
    let Ok(url) = Url::parse(&whole) else {
        return false;
    };
    match url.scheme() {
        "http" | "https" | "ton" => url.host_str().is_some_and(|host| host.contains('.')),
        "tg" => true,
        _ => false,
    }
}

/// The keyboard as the Bot API writes it in a message.
pub(crate) fn to_json(keyboard: &Keyboard) -> Value {
    let button = |button: &Button| match &button.action {
        Action::Callback(data) => json!({"text": button.text, "callback_data": data}),
        Action::Url(url) => json!({"text": button.text, "url": url}),
        Action::Other(_) => json!({"text": button.text, "callback_data": "other"}),
    };
    let rows = keyboard.iter();
    let rows: Value = rows
        .map(|row| row.iter().map(button).collect::<Value>())
        .collect();
    json!({ "inline_keyboard": rows })
}
