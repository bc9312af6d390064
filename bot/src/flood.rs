//! Flood control: a chat that sends more than a person can is not listened to until it calms down.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Over so long updates of a chat are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// "Too fast" is said to a chat once in so long.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// Chats remembered at once. Beyond that newcomers are not counted, rather than anyone known let go.
const MAX_CHATS: usize = 20_000;

/// What to do with an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Serve it.
    Admitted,
    /// Say "too fast" and nothing else.
    Warned,
    /// Do nothing at all.
    Dropped,
}

#[derive(Default)]
struct Chat {
    /// The last updates, dropped ones too: whoever goes on does not get in.
    times: VecDeque<Instant>,
    warned_at: Option<Instant>,
}

/// Counts updates of each chat, in memory: of [`MAX_CHATS`] chats the times of as many updates as are served within
/// ten seconds, 32 MiB if all of them flooded at once.
pub(crate) struct Flood {
    burst: usize,
    chats: Mutex<HashMap<i64, Chat>>,
}

impl Flood {
    /// At most `burst` updates of a chat within ten seconds are served.
    pub(crate) fn new(burst: usize) -> Self {
        Self {
            burst: burst.max(1),
            chats: Mutex::default(),
        }
    }

    /// Counts an update of the chat. No I/O, never waits.
    pub(crate) fn admit(&self, chat: i64, now: Instant) -> Flow {
        let mut chats = self.chats.lock().unwrap_or_else(PoisonError::into_inner);
        if chats.len() >= MAX_CHATS && !chats.contains_key(&chat) {
            chats.retain(|_, chat| {
                let last = chat.times.back().copied().max(chat.warned_at);
                last.is_some_and(|last| now - last < BETWEEN_WARNINGS)
            });
            if chats.len() >= MAX_CHATS {
                return Flow::Admitted;
            }
        }
        let chat = chats.entry(chat).or_default();
        chat.times.push_back(now);
        if chat.times.len() > self.burst + 1 {
            chat.times.pop_front();
        }
        let is_slow = chat.times.len() <= self.burst
            || chat
                .times
                .front()
                .is_none_or(|first| now - *first >= WINDOW);
        if is_slow {
            return Flow::Admitted;
        }
        if chat.warned_at.is_some_and(|at| now - at < BETWEEN_WARNINGS) {
            return Flow::Dropped;
        }
        chat.warned_at = Some(now);
        Flow::Warned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: f64) -> Duration {
        Duration::from_secs_f64(n)
    }

    #[test]
    fn a_flood_is_warned_once_and_dropped_until_it_calms_down() {
        let (flood, begun) = (Flood::new(20), Instant::now());
        let served = (0..20).map(|n| flood.admit(1, begun + seconds(f64::from(n) * 0.1)));
        assert!(served.into_iter().all(|flow| flow == Flow::Admitted));
        assert_eq!(flood.admit(1, begun + seconds(2.0)), Flow::Warned);
        for n in 0..300 {
            let at = begun + seconds(2.0 + f64::from(n) * 0.1);
            assert_eq!(flood.admit(1, at), Flow::Dropped, "{n}");
        }
        assert_eq!(
            flood.admit(2, begun + seconds(2.0)),
            Flow::Admitted,
            "nobody else is slowed"
        );
        assert_eq!(flood.admit(1, begun + seconds(42.0)), Flow::Admitted);
    }

    #[test]
    fn a_fast_person_is_always_served() {
        let (flood, begun) = (Flood::new(20), Instant::now());
        for n in 0..1_000 {
            let at = begun + seconds(f64::from(n) * 0.5);
            assert_eq!(flood.admit(1, at), Flow::Admitted, "{n}");
        }
    }

    #[test]
    fn memory_is_bounded_and_old_chats_make_room() {
        let (flood, begun) = (Flood::new(1), Instant::now());
        let max = i64::try_from(MAX_CHATS).unwrap();
        for chat in 0..=max {
            assert_eq!(flood.admit(chat, begun), Flow::Admitted);
        }
        assert_eq!(flood.chats.lock().unwrap().len(), MAX_CHATS);
        flood.admit(-1, begun + BETWEEN_WARNINGS);
        assert_eq!(flood.chats.lock().unwrap().len(), 1);
    }
}
