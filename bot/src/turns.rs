//! Turns: what one chat says is served in the order it was said.
//!
//! Handlers only queue for a turn and return, so that a press is answered at once even while something said before it
//! still waits for Telegram or the portal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Above this many chats those that nobody queues in are let go of.
const MANY: usize = 1_024;

/// The queues of all chats.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<i64, Weak<Turn<()>>>>);

impl Turns {
    /// Takes the next place in the chat's queue. The future given back ends when the turn has come; the turn lasts
    /// until the guard is dropped.
    pub(crate) async fn queue(
        &self,
        chat: i64,
    ) -> impl Future<Output = OwnedMutexGuard<()>> + Send + 'static {
        let mut waiting = Box::pin(self.of(chat).lock_owned());
        // The first poll takes the place: tokio's mutex is fair.
        let come = futures::poll!(waiting.as_mut());
        async move {
            match come {
                std::task::Poll::Ready(turn) => turn,
                std::task::Poll::Pending => waiting.await,
            }
        }
    }

    fn of(&self, chat: i64) -> Arc<Turn<()>> {
        let mut chats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = chats.get(&chat).and_then(Weak::upgrade) {
            return known;
        }
        if chats.len() >= MANY {
            chats.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(Turn::new(()));
        chats.insert(chat, Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn turns_of_a_chat_come_in_order_and_those_of_others_at_once() {
        let turns = Turns::default();
        let first = turns.queue(1).await;
        let second = turns.queue(1).await;
        let third = turns.queue(1).await;
        assert!(turns.queue(2).await.now_or_never().is_some());
        let mut third = Box::pin(third);
        assert!(third.as_mut().now_or_never().is_none());
        drop(first.await);
        assert!(
            third.as_mut().now_or_never().is_none(),
            "the second is next"
        );
        drop(second.await);
        assert!(third.now_or_never().is_some());
    }
}
