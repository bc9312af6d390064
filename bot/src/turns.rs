//! Turns: what one chat says is served in the order it was said.
//!
//! Handlers only queue for a turn and return, so that a press is answered at once even while something said before it
//! still waits for Telegram or the portal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Above this many chats those that nobody queues in are let go of.
const MANY: usize = 1_024;

/// What one chat said and is not yet served, at most; what it says beyond is dropped.
pub(crate) const PER_CHAT: usize = 100;

/// The queues of all chats. There are no more of them than things said and not yet served, which the routes bound.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<i64, Weak<Turn<()>>>>);

impl Turns {
    /// Takes the next place in the chat's queue. The future given back ends when the turn has come; the turn lasts
    /// until the guard is dropped. `None` = so much of this chat (`most`) waits already.
    pub(crate) async fn queue(
        &self,
        chat: i64,
        most: usize,
    ) -> Option<impl Future<Output = OwnedMutexGuard<()>> + Send + 'static> {
        let turn = self.of(chat);
        // Whoever waits or is served holds it too.
        if Arc::strong_count(&turn) > most {
            return None;
        }
        let mut waiting = Box::pin(turn.lock_owned());
        // The first poll takes the place: tokio's mutex is fair.
        let come = futures::poll!(waiting.as_mut());
        Some(async move {
            match come {
                std::task::Poll::Ready(turn) => turn,
                std::task::Poll::Pending => waiting.await,
            }
        })
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
        let first = turns.queue(1, PER_CHAT).await.unwrap();
        let second = turns.queue(1, PER_CHAT).await.unwrap();
        let third = turns.queue(1, PER_CHAT).await.unwrap();
        assert!(
            turns
                .queue(2, PER_CHAT)
                .await
                .unwrap()
                .now_or_never()
                .is_some()
        );
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

    #[tokio::test]
    async fn a_chat_that_waits_for_too_much_gets_no_more_places_until_it_was_served() {
        let turns = Turns::default();
        let mut places = Vec::new();
        for _ in 0..PER_CHAT {
            places.push(turns.queue(1, PER_CHAT).await.unwrap());
        }
        assert!(turns.queue(1, PER_CHAT).await.is_none());
        assert!(turns.queue(2, 1).await.is_some(), "nobody else is refused");
        drop(places.remove(0).await);
        assert!(turns.queue(1, PER_CHAT).await.is_some());
    }
}
