//! Asking Telegram for updates, by long polls.

use super::pause;
use crate::telegram::POLL_TIMEOUT;
use teloxide::update_listeners::Polling;
use teloxide::update_listeners::UpdateListener;
use teloxide::{Bot, RequestError};

pub(super) fn listener(bot: &Bot) -> impl UpdateListener<Err = RequestError> + Send + use<> {
    Polling::builder(bot.clone())
        .timeout(POLL_TIMEOUT)
        // Its own pauses grow beyond a minute: people would wait as long after Telegram came back.
        .backoff_strategy(pause)
        .build()
}
