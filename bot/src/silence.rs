//! Going silent: from the commit of `/off`, a pause or a deletion on, no alert's send begins (rule 5).

use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard, watch};
use tokio::time::{Instant, timeout_at};

/// An alert already on its way holds the silence of its chat up no longer, whatever Telegram does meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// The gate between those who go silent and those who are about to be told.
pub(crate) struct Silence {
    gate: RwLock<()>,
    /// Chats with messages on their way, and how many: no more than alerts and reminders are sent at once. Begun is not yet written to the wire: the connection may still be opening,
    /// and an answer to `/off` would overtake it on another one.
    on_its_way: watch::Sender<HashMap<i64, u32>>,
}

impl Silence {
    pub(crate) fn new() -> Self {
        Self {
            gate: RwLock::new(()),
            on_its_way: watch::Sender::new(HashMap::new()),
        }
    }

    /// Held from the last check of an alert to the start of its send: nobody goes silent meanwhile.
    pub(crate) async fn hold(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Notes that an alert to this chat is on its way, until dropped. Called while [`Silence::hold`] is held.
    pub(crate) fn on_its_way(&self, chat: i64) -> OnItsWay<'_> {
        self.on_its_way.send_modify(|chats| {
            *chats.entry(chat).or_default() += 1;
        });
        OnItsWay {
            silence: self,
            chat,
        }
    }

    /// Held over the commit that makes this chat silent. Waits for an alert to it that is on its way, so that
    /// nothing reaches the chat after the answer that promises silence.
    pub(crate) async fn begin(&self, chat: i64) -> RwLockWriteGuard<'_, ()> {
        let deadline = Instant::now() + PATIENCE;
        let mut on_its_way = self.on_its_way.subscribe();
        loop {
            let gate = self.gate.write().await;
            if !on_its_way.borrow_and_update().contains_key(&chat) {
                return gate;
            }
            drop(gate);
            let landed = on_its_way.wait_for(|chats| !chats.contains_key(&chat));
            if timeout_at(deadline, landed).await.is_err() {
                return self.gate.write().await;
            }
        }
    }
}

/// An alert on its way.
pub(crate) struct OnItsWay<'a> {
    silence: &'a Silence,
    chat: i64,
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        self.silence.on_its_way.send_modify(|chats| {
            if let Some(n) = chats.get_mut(&self.chat) {
                *n -= 1;
            }
            chats.retain(|_, n| *n > 0);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn silence_waits_for_the_alert_of_its_own_chat_only() {
        let silence = Silence::new();
        let alert = silence.on_its_way(1);
        assert!(silence.begin(2).now_or_never().is_some());
        assert!(silence.begin(1).now_or_never().is_none());
        drop(alert);
        assert!(silence.begin(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn nobody_goes_silent_between_the_check_and_the_send() {
        let silence = Silence::new();
        let checking = silence.hold().await;
        assert!(silence.begin(2).now_or_never().is_none());
        drop(checking);
        assert!(silence.begin(2).now_or_never().is_some());
    }
}
