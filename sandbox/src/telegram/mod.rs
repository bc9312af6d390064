//! A stand-in for Telegram: its Bot API over HTTP, as strict as the real one, and the chats behind it.

mod chat;
mod control;
mod html;
mod keyboard;
mod limits;
mod message;
mod methods;
mod params;
mod server;
mod state;
mod trouble;
mod webhook;

pub(crate) use chat::{Chat, Kind, Topic};
pub use chat::{Role, User};
pub(crate) use control::tell_membership;
pub(crate) use html::Formatted;
pub use keyboard::{Action, Button, Keyboard};
pub use limits::{Limits, Rate};
pub use message::{Attachment, Author, Edition, Message};
pub use server::{Call, Outcome};
pub use state::Toast;
pub(crate) use state::{Pressed, State};
pub use trouble::{Calls, Trouble, TroubleId};

use crate::journal::Journal;
use crate::net::Server;
use axum::Router;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The bot's user id, also the first part of its token.
pub(crate) const BOT_ID: i64 = 1000;
/// The bot's user name, without `@`.
pub const BOT_NAME: &str = "talon_sandbox_bot";
/// What the bot is given as `TELOXIDE_TOKEN`. Shaped like a token, good for this stand-in alone.
pub const TOKEN: &str = "1000:sandbox-token-opens-nothing-anywhere";

/// A running stand-in; clones share it. It ends with the last of them.
#[derive(Clone)]
pub struct Telegram {
    /// What the bot is given as `TELOXIDE_API_URL`.
    pub api_url: String,
    inner: Arc<Inner>,
    server: Arc<Server>,
}

pub(crate) struct Inner {
    state: Mutex<State>,
    log: Journal<Call>,
    /// Wakes long polls: updates came, or another poll took over.
    polls: watch::Sender<u64>,
}

impl Telegram {
    /// Opens the stand-in on a free port of 127.0.0.1, with the usual limits.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(Limits::default()).await
    }

    /// As [`Telegram::start`], with other limits.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start_with(limits: Limits) -> anyhow::Result<Self> {
        let inner = Arc::new(Inner {
            state: Mutex::new(State::new(limits)),
            log: Journal::new(),
            polls: watch::Sender::new(0),
        });
        tokio::spawn(webhook::deliver(Arc::downgrade(&inner)));
        let router = Router::new()
            .fallback(server::serve)
            .with_state(inner.clone());
        let server = Server::start(router).await?;
        Ok(Self {
            api_url: format!("http://{}", server.addr),
            inner,
            server: Arc::new(server),
        })
    }
}

impl Inner {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for updates.
    pub(crate) fn wake_polls(&self) {
        self.polls.send_modify(|n| *n += 1);
    }
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Telegram at {}", self.api_url)
    }
}

/// A call refused, in Telegram's words: programs recognise errors by their texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) description: String,
    pub(crate) retry_after: Option<u64>,
    pub(crate) migrate_to: Option<i64>,
}

impl Refusal {
    pub(crate) fn new(code: u16, description: impl Into<String>) -> Self {
        Self {
            code,
            description: description.into(),
            retry_after: None,
            migrate_to: None,
        }
    }

    pub(crate) fn bad(why: impl fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {why}"))
    }

    pub(crate) fn forbidden(why: &str) -> Self {
        Self::new(403, format!("Forbidden: {why}"))
    }

    pub(crate) fn conflict(why: &str) -> Self {
        Self::new(409, format!("Conflict: {why}"))
    }

    pub(crate) fn too_many(seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(429, format!("Too Many Requests: retry after {seconds}"))
        }
    }
}
