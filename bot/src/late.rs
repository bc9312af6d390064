//! What people said while the bot, or its way to Telegram, was away: of each chat the newest is served, once.
//!
//! Thousands of updates may wait after an hour away. They are read off at once, since nothing is done about them but
//! remembering the newest of each chat; that one is served when no more of them come. Presses are not among them: each
//! changes the message it stands under, and none brings a new one.

use crate::context::Context;
use crate::routes;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use teloxide::types::{Me, Message};
use tokio::time::Instant;

/// What was said so long ago comes late.
const LATE: TimeDelta = TimeDelta::seconds(30);

/// When no more came of a chat for so long, the newest is there.
const SETTLED: Duration = Duration::from_millis(300);

/// Between two chats served: two thirds of what Telegram takes in a second, the rest is for those who speak now.
const EVERY: Duration = Duration::from_millis(50);

/// Chats remembered at once; what more of them said late is dropped. A message weighs some kilobytes.
const MAX_CHATS: usize = 10_000;

/// What one chat said last.
pub(crate) struct Said {
    pub(crate) me: Me,
    pub(crate) message: Message,
    /// Whether it is `/on` or `/off`: nothing else said takes its place, the silence asked for must come.
    pub(crate) is_switch: bool,
}

#[derive(Default)]
struct Kept {
    by_chat: HashMap<i64, (Said, Instant)>,
    /// Chats in the order they were first heard of; some of them may be served already.
    order: VecDeque<i64>,
    is_served: bool,
}

/// What became of something said late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Kept.
    Kept,
    /// Kept, and nobody serves what is kept.
    First,
    /// Too many chats wait.
    Full,
}

/// What to do next.
enum Next {
    Serve(Box<Said>),
    Wait,
    /// Nothing is kept: whoever serves may go.
    Done,
}

/// The newest late message of each chat, in memory.
#[derive(Default)]
pub(crate) struct Late(Mutex<Kept>);

/// Whether something said at this time comes late.
pub(crate) fn is_late(said_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - said_at > LATE
}

/// Remembers what was said late, to be served after a while. No I/O, never waits. `false` = there is no room for it.
pub(crate) fn keep(ctx: &Context, said: Said) -> bool {
    let chat = said.message.chat.id.0;
    match ctx.late.keep(chat, said, Instant::now()) {
        Keep::Full => return false,
        Keep::Kept => {}
        Keep::First => {
            let late = ctx.clone();
            ctx.spawn(async move { serve(&late).await });
        }
    }
    true
}

/// Serves what is kept until nothing is.
async fn serve(ctx: &Context) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // Half of the room is for those who speak now.
        if ctx.tasks.len() > routes::MOST_UNDER_WAY / 2 {
            continue;
        }
        match ctx.late.next(Instant::now()) {
            Next::Serve(said) => routes::serve_late(ctx, *said).await,
            Next::Wait => {}
            Next::Done => return,
        }
    }
}

impl Late {
    fn keep(&self, chat: i64, said: Said, now: Instant) -> Keep {
        let mut kept = self.lock();
        if let Some((known, at)) = kept.by_chat.get_mut(&chat) {
            *at = now;
            if said.is_switch || !known.is_switch {
                *known = said;
            }
        } else if kept.by_chat.len() < MAX_CHATS {
            kept.by_chat.insert(chat, (said, now));
            kept.order.push_back(chat);
        } else {
            return Keep::Full;
        }
        match std::mem::replace(&mut kept.is_served, true) {
            true => Keep::Kept,
            false => Keep::First,
        }
    }

    /// What the chat said late, if it still waits: served before what it says now.
    pub(crate) fn take(&self, chat: i64) -> Option<Said> {
        let mut kept = self.lock();
        if kept.by_chat.is_empty() {
            return None;
        }
        let (said, _) = kept.by_chat.remove(&chat)?;
        kept.order.retain(|known| *known != chat);
        Some(said)
    }

    fn next(&self, now: Instant) -> Next {
        let mut kept = self.lock();
        if kept.by_chat.is_empty() {
            *kept = Kept::default();
            return Next::Done;
        }
        let is_settled = |chat: &i64| {
            let known = kept.by_chat.get(chat);
            known.is_none_or(|(_, at)| now.saturating_duration_since(*at) >= SETTLED)
        };
        let place = kept.order.iter().position(is_settled);
        let chat = place.and_then(|place| kept.order.remove(place));
        let said = chat.and_then(|chat| kept.by_chat.remove(&chat));
        said.map_or(Next::Wait, |(said, _)| Next::Serve(Box::new(said)))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(text: &str, is_switch: bool) -> Said {
        let me = json!({
            "id": 1, "is_bot": true, "first_name": "Bot", "username": "a_bot", "can_join_groups": true,
            "can_read_all_group_messages": false, "supports_inline_queries": false,
            "can_connect_to_business": false, "has_main_web_app": false,
        });
        let chat = json!({"id": 5, "type": "private", "first_name": "Anna"});
        let message = json!({"message_id": 1, "date": 0, "chat": chat, "text": text});
        Said {
            me: serde_json::from_value(me).unwrap(),
            message: serde_json::from_value(message).unwrap(),
            is_switch,
        }
    }

    fn next(late: &Late, now: Instant) -> Option<String> {
        match late.next(now) {
            Next::Serve(said) => said.message.text().map(str::to_owned),
            Next::Wait => Some("wait".to_owned()),
            Next::Done => None,
        }
    }

    #[test]
    fn the_newest_of_each_chat_is_served_when_no_more_come() {
        let (late, begun) = (Late::default(), Instant::now());
        assert_eq!(late.keep(1, said("a", false), begun), Keep::First);
        assert_eq!(late.keep(2, said("b", false), begun), Keep::Kept);
        let soon = begun + SETTLED / 2;
        assert_eq!(late.keep(1, said("c", false), soon), Keep::Kept);
        assert_eq!(next(&late, soon).as_deref(), Some("wait"));
        assert_eq!(next(&late, begun + SETTLED).as_deref(), Some("b"));
        assert_eq!(next(&late, begun + SETTLED).as_deref(), Some("wait"));
        assert_eq!(next(&late, begun + SETTLED * 2).as_deref(), Some("c"));
        assert_eq!(next(&late, begun + SETTLED * 2), None);
        assert_eq!(late.keep(1, said("d", false), soon), Keep::First, "anew");
    }

    #[test]
    fn a_silence_asked_for_is_not_talked_over() {
        let (late, now) = (Late::default(), Instant::now());
        for (text, is_switch) in [("/on", true), ("/off", true), ("hello?", false)] {
            late.keep(1, said(text, is_switch), now);
        }
        assert_eq!(late.take(1).unwrap().message.text(), Some("/off"));
        assert!(late.take(1).is_none());
    }

    #[test]
    fn memory_is_bounded() {
        let (late, now) = (Late::default(), Instant::now());
        let max = i64::try_from(MAX_CHATS).unwrap();
        for chat in 0..max {
            assert_ne!(late.keep(chat, said("a", false), now), Keep::Full);
        }
        assert_eq!(late.keep(max, said("a", false), now), Keep::Full);
        assert_eq!(late.keep(0, said("b", false), now), Keep::Kept);
    }
}
