//! The way to Telegram: the client, and what its refusals ask of us.

use crate::config::Config;
use anyhow::Context as _;
use reqwest::Proxy;
use secrecy::ExposeSecret as _;
use shared::settings::SettingError;
use std::time::Duration;
use teloxide::types::ChatId;
use teloxide::{ApiError, Bot, RequestError};

/// Longest life of one request; longer than the long poll of [`POLL_TIMEOUT`].
const REQUEST_TIMEOUT: Duration = Duration::from_secs(17);

/// How long Telegram may keep one `getUpdates` open.
pub(crate) const POLL_TIMEOUT: Duration = Duration::from_secs(10);

/// The client. Proxies of the environment are not inherited.
///
/// # Errors
/// When the proxy cannot be used. Holds no token.
pub(crate) fn connect(config: &Config) -> anyhow::Result<Bot> {
    let bot = Bot::with_client(config.token.expose_secret(), client(config)?);
    Ok(bot.set_api_url(config.args.teloxide_api_url.clone()))
}

/// As [`connect`], for requests of our own.
///
/// # Errors
/// As [`connect`].
pub(crate) fn client(config: &Config) -> anyhow::Result<reqwest::Client> {
    let mut client = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(5))
        .timeout(REQUEST_TIMEOUT)
        .tcp_nodelay(true)
        .no_proxy();
    if let Some(proxy) = &config.args.teloxide_proxy {
        // The error would repeat the address with its password.
        let proxy = Proxy::all(proxy.0.as_str())
            .map_err(|_| SettingError::wrong("TELOXIDE_PROXY", "this proxy cannot be used"))?;
        client = client.proxy(proxy);
    }
    client.build().context("making the client for Telegram")
}

/// What a failed request to Telegram asks of us: one variant per reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 429: not before this time has passed.
    Wait(Duration),
    /// Blocked, kicked, deleted, never started: silent until they write.
    Gone,
    /// The group is a supergroup now and has this id.
    Moved(ChatId),
    /// The topic is closed or deleted: send without it.
    NoTopic,
    /// The message already reads so.
    Unchanged,
    /// The message to edit is no more, or too old: send a new one.
    NoMessage,
    /// The text was refused: send it plain.
    BadText,
    /// An old press: nobody waits for the answer.
    Stale,
    /// The token is wrong.
    BadToken,
    /// No answer, 5xx, nonsense: try again later.
    Later,
    /// Refused for another reason: the same request will be refused again.
    Other,
}

impl Refusal {
    /// Judges an error. teloxide matches Telegram's words exactly, so most wordings arrive as `Unknown`.
    pub(crate) fn of(error: &RequestError) -> Self {
        match error {
            RequestError::RetryAfter(seconds) => Self::Wait(seconds.duration()),
            RequestError::MigrateToChatId(chat) => Self::Moved(*chat),
            RequestError::Network(_) | RequestError::InvalidJson { .. } | RequestError::Io(_) => {
                Self::Later
            }
            RequestError::Api(error) => Self::of_api(error),
        }
    }

    fn of_api(error: &ApiError) -> Self {
        match error {
            ApiError::MessageNotModified => return Self::Unchanged,
            ApiError::InvalidToken => return Self::BadToken,
            _ => {}
        }
        // `Display` of an unknown error quotes the words.
        let words = match error {
            ApiError::Unknown(words) => words.clone(),
            known => known.to_string(),
        };
        let says = |part: &str| words.contains(part);
        if words.starts_with("Forbidden") || says("chat not found") || says("user is deactivated") {
            Self::Gone
        } else if says("message is not modified") {
            Self::Unchanged
        } else if words.starts_with("Too Many Requests") {
            // 429 without `retry_after`.
            Self::Wait(Duration::from_secs(5))
        } else if says("message thread not found") || says("TOPIC_CLOSED") || says("TOPIC_DELETED")
        {
            Self::NoTopic
        } else if says("message to edit not found")
            || says("message can't be edited")
            || says("MESSAGE_ID_INVALID")
        {
            Self::NoMessage
        } else if says("query is too old") || says("query ID is invalid") {
            Self::Stale
        } else if says("can't parse")
            || says("too long")
            || says("BUTTON_")
            || says("URL")
            || says("text must be")
        {
            Self::BadText
        } else if words.starts_with("Internal Server Error")
            || says("Bad Gateway")
            || says("Gateway Timeout")
            || says("Service Unavailable")
        {
            Self::Later
        } else {
            Self::Other
        }
    }
}

/// An error in words that hold no token, no chat text and no answer's body.
pub(crate) fn in_words(error: &RequestError) -> String {
    match error {
        // Not the parser's own words: they quote what it found.
        RequestError::InvalidJson { source, .. } => format!(
            "an unreadable answer ({:?}, column {})",
            source.classify(),
            source.column()
        ),
        RequestError::Network(_) => kind(error).to_owned(),
        other => other.to_string(),
    }
}

/// Of which kind a failure is, for whoever counts them.
pub(crate) fn kind(error: &RequestError) -> &'static str {
    match error {
        RequestError::Network(source) if source.is_timeout() => "timed out",
        RequestError::Network(source) if source.is_connect() => "cannot connect",
        RequestError::Network(_) => "the connection failed",
        RequestError::InvalidJson { .. } => "an unreadable answer",
        RequestError::RetryAfter(_) => "asked to wait",
        RequestError::Api(_) => "refused",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(words: &str) -> Refusal {
        let json = serde_json::Value::String(words.to_owned());
        let error: ApiError = serde_json::from_value(json).unwrap();
        Refusal::of(&RequestError::Api(error))
    }

    #[test]
    fn each_wording_asks_for_its_own_reaction() {
        for (words, want) in [
            ("Forbidden: bot was blocked by the user", Refusal::Gone),
            ("Forbidden: user is deactivated", Refusal::Gone),
            (
                "Forbidden: bot was kicked from the supergroup chat",
                Refusal::Gone,
            ),
            (
                "Forbidden: bot can't initiate conversation with a user",
                Refusal::Gone,
            ),
            ("Bad Request: chat not found", Refusal::Gone),
            ("Bad Request: message thread not found", Refusal::NoTopic),
            ("Bad Request: TOPIC_CLOSED", Refusal::NoTopic),
            ("Bad Request: message to edit not found", Refusal::NoMessage),
            ("Bad Request: message can't be edited", Refusal::NoMessage),
            (
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
                Refusal::Unchanged,
            ),
            (
                "Bad Request: query is too old and response timeout expired or query ID is invalid",
                Refusal::Stale,
            ),
            (
                "Bad Request: can't parse entities: Unsupported start tag \"x\"",
                Refusal::BadText,
            ),
            ("Bad Request: message is too long", Refusal::BadText),
            ("Bad Request: BUTTON_URL_INVALID", Refusal::BadText),
            (
                "Too Many Requests: retry later",
                Refusal::Wait(Duration::from_secs(5)),
            ),
            ("Bad Gateway", Refusal::Later),
            ("Unauthorized", Refusal::BadToken),
            ("Bad Request: something new", Refusal::Other),
        ] {
            assert_eq!(refusal(words), want, "{words}");
        }
    }
}
