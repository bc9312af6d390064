//! What was said while nobody listened: of each chat only the last message is answered.
//!
//! After the bot or Telegram was away, thousands of messages may wait, many of them from people who tried again and
//! again. They are read as fast as Telegram hands them over, the last one of each chat is kept, and when no more come
//! they are answered one after the other. What the others changed (`/on`, `/off`) is done without a word.

use crate::commands::Command;
use crate::context::Context;
use crate::flood::Flow;
use crate::routes;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use teloxide::types::{Me, Message};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// A message older than this, when it reaches us, has waited.
const OLD: TimeDelta = TimeDelta::seconds(15);

/// No more of them come when none has come for so long.
const QUIET: Duration = Duration::from_secs(1);

/// While Telegram still holds some of those it counted at the start, a pause so long is no end: machines are slow.
const STALL: Duration = Duration::from_secs(5);

/// And nobody waits longer than this for that: a clock that is ahead makes everything look old…
const LONGEST: Duration = Duration::from_secs(3);
/// …but then messages come at the pace of people. Those that waited come by the thousand, and each of them is worth
/// waiting so much longer for the last.
const EACH: Duration = Duration::from_millis(10);

/// Chats kept at once, a message each: 2 KB a chat, up to 40 MB. Beyond that they are answered as they come.
const MAX_CHATS: usize = 20_000;

/// Of the limit to everybody these answers take so much; the rest is for alerts and for people who write now.
const SHARE: f64 = 0.75;

/// The last message of a chat.
pub(crate) struct Kept {
    pub(crate) me: Me,
    pub(crate) message: Message,
    pub(crate) command: Option<Command>,
}

#[derive(Default)]
struct Held {
    chats: HashMap<i64, (u64, Kept)>,
    /// Chats by when they last said something.
    order: BTreeMap<u64, i64>,
    number: u64,
    /// Updates Telegram held at the start that have not come yet.
    n_expected: u32,
    /// When the first and the last of them came, and how many; `None` = nothing is held.
    came: Option<(Instant, Instant, u32)>,
}

impl Held {
    fn take(&mut self, chat: i64) -> Option<Kept> {
        let (number, kept) = self.chats.remove(&chat)?;
        self.order.remove(&number);
        Some(kept)
    }
}

/// What becomes of an old message.
pub(crate) enum Place {
    /// It is kept, instead of this earlier one of the chat. The first one kept also begins the answering.
    Kept {
        /// What it takes the place of.
        instead_of: Option<Kept>,
        /// Nothing was kept before it.
        is_first: bool,
    },
    /// There is no room: it is to be answered now.
    Full(Kept),
}

/// Messages that waited, in memory.
pub(crate) struct Backlog {
    started_at: DateTime<Utc>,
    held: Mutex<Held>,
}

impl Backlog {
    pub(crate) fn new(started_at: DateTime<Utc>) -> Self {
        Self {
            started_at,
            held: Mutex::default(),
        }
    }

    /// Whether a message of this time has waited for us.
    pub(crate) fn is_old(&self, sent_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        sent_at < self.started_at - TimeDelta::seconds(1) || now - sent_at > OLD
    }

    /// Telegram holds so many updates for us.
    pub(crate) fn expect(&self, n: u32) {
        self.held().n_expected = n;
    }

    /// One of them came.
    pub(crate) fn came(&self) {
        let mut held = self.held();
        held.n_expected = held.n_expected.saturating_sub(1);
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the message as the last one of its chat.
    pub(crate) fn keep(&self, chat: i64, kept: Kept, now: Instant) -> Place {
        let mut held = self.held();
        if held.chats.len() >= MAX_CHATS && !held.chats.contains_key(&chat) {
            return Place::Full(kept);
        }
        let is_first = held.came.is_none();
        let (first, n) = held.came.map_or((now, 0), |(first, _, n)| (first, n));
        held.came = Some((first, now, n + 1));
        let instead_of = held.take(chat);
        held.number += 1;
        let number = held.number;
        held.order.insert(number, chat);
        held.chats.insert(chat, (number, kept));
        Place::Kept {
            instead_of,
            is_first,
        }
    }

    /// What is kept of a chat that says something new.
    pub(crate) fn overtaken(&self, chat: i64) -> Option<Kept> {
        self.held().take(chat)
    }

    /// How long to wait until no more come.
    fn wait(&self, now: Instant) -> Duration {
        let held = self.held();
        let Some((first, last, n)) = held.came else {
            return Duration::ZERO;
        };
        let (quiet, longest) = match held.n_expected {
            0 => (QUIET, LONGEST),
            _ => (STALL, LONGEST.max(STALL)),
        };
        let until = (last + quiet).min(first + longest + EACH * n);
        until.saturating_duration_since(now)
    }

    /// The chat that has waited longest; with none left, the next old message is a first one again.
    fn next(&self) -> Option<Kept> {
        let mut held = self.held();
        let first = held.order.first_key_value().map(|(_, chat)| *chat);
        let next = first.and_then(|chat| held.take(chat));
        if next.is_none() {
            held.came = None;
        }
        next
    }

    fn n_chats(&self) -> usize {
        self.held().chats.len()
    }
}

/// Answers what is kept once no more comes, until nothing is.
pub(crate) async fn release(ctx: Context) {
    loop {
        let wait = ctx.backlog.wait(Instant::now());
        if wait.is_zero() {
            break;
        }
        tokio::time::sleep(wait).await;
    }
    tracing::info!(
        n_chats = ctx.backlog.n_chats(),
        "answering what was said while nobody listened"
    );
    let gap = Duration::from_secs_f64(1.0 / (SHARE * ctx.config.args.alerts_per_second));
    let mut pace = interval(gap);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(kept) = ctx.backlog.next() {
        routes::serve_in_turn(&ctx, kept.me, kept.message, Flow::Admitted).await;
        pace.tick().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(text: &str) -> Kept {
        let me = json!({
            "id": 1, "is_bot": true, "first_name": "Bot", "username": "a_bot",
            "can_join_groups": true, "can_read_all_group_messages": false,
            "supports_inline_queries": false, "can_connect_to_business": false,
            "has_main_web_app": false,
        });
        let message = json!({
            "message_id": 1, "date": 0, "text": text,
            "chat": {"id": 5, "type": "private", "first_name": "Anna"},
        });
        Kept {
            me: serde_json::from_value(me).unwrap(),
            message: serde_json::from_value(message).unwrap(),
            command: None,
        }
    }

    fn texts(backlog: &Backlog) -> Vec<String> {
        let next = || backlog.next();
        std::iter::from_fn(next)
            .map(|kept| kept.message.text().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn the_last_message_of_each_chat_is_kept_in_order() {
        let (backlog, now) = (Backlog::new(Utc::now()), Instant::now());
        let keep = |chat, text| match backlog.keep(chat, kept(text), now) {
            Place::Kept { is_first, .. } => is_first,
            Place::Full(_) => panic!("there is room"),
        };
        assert!(keep(1, "a"));
        assert!(!keep(2, "b"));
        assert!(!keep(1, "c"));
        assert!(!keep(3, "d"));
        assert!(backlog.overtaken(3).is_some() && backlog.overtaken(3).is_none());
        assert_eq!(texts(&backlog), ["b", "c"]);
        assert!(keep(1, "e"), "it begins anew");
    }

    /// After how many messages, so far apart, the answering begins although more come.
    fn n_waited_for(apart: Duration) -> Option<u32> {
        let (backlog, mut now) = (Backlog::new(Utc::now()), Instant::now());
        (0..10_000).find(|n| {
            backlog.keep(i64::from(*n), kept(""), now);
            assert!(backlog.wait(now) <= QUIET);
            now += apart;
            backlog.wait(now).is_zero()
        })
    }

    #[test]
    fn a_backlog_is_waited_for_and_people_who_go_on_writing_are_not() {
        assert_eq!(n_waited_for(Duration::from_millis(2)), None);
        let n = n_waited_for(Duration::from_millis(200)).unwrap();
        assert!((14..18).contains(&n), "three seconds and a little: {n}");
        assert_eq!(n_waited_for(QUIET), Some(0));
    }

    #[test]
    fn what_telegram_still_holds_is_waited_for_through_a_stall() {
        let (backlog, now) = (Backlog::new(Utc::now()), Instant::now());
        backlog.expect(2);
        backlog.keep(1, kept(""), now);
        backlog.came();
        assert_eq!(backlog.wait(now), STALL);
        backlog.came();
        assert_eq!(backlog.wait(now), QUIET);
        backlog.came();
        assert_eq!(backlog.wait(now), QUIET, "one more than was counted");
    }

    #[test]
    fn memory_is_bounded() {
        let (backlog, now) = (Backlog::new(Utc::now()), Instant::now());
        let sample = kept("");
        let copy = || Kept {
            me: sample.me.clone(),
            message: sample.message.clone(),
            command: None,
        };
        for chat in 0..i64::try_from(MAX_CHATS).unwrap() {
            assert!(matches!(
                backlog.keep(chat, copy(), now),
                Place::Kept { .. }
            ));
        }
        assert!(matches!(backlog.keep(-1, copy(), now), Place::Full(_)));
        assert!(matches!(backlog.keep(0, copy(), now), Place::Kept { .. }));
        assert_eq!(backlog.n_chats(), MAX_CHATS);
    }

    #[test]
    fn what_was_said_before_we_began_is_old_and_what_is_said_now_is_not() {
        let now = Utc::now();
        let backlog = Backlog::new(now - TimeDelta::hours(1));
        for (age_s, is_old) in [
            (-5, false),
            (0, false),
            (10, false),
            (20, true),
            (9_000, true),
        ] {
            let sent_at = now - TimeDelta::seconds(age_s);
            assert_eq!(backlog.is_old(sent_at, now), is_old, "{age_s} s");
        }
        // Just begun: whatever was sent before is old.
        let backlog = Backlog::new(now);
        assert!(backlog.is_old(now - TimeDelta::seconds(3), now));
        assert!(
            !backlog.is_old(now - TimeDelta::seconds(1), now),
            "whole seconds"
        );
    }
}
