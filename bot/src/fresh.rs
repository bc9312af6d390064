//! Answers that are shown at once from the store and edited when a fresh reading lands.

use crate::context::{Context, Talk};
use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::Target;
use shared::store::StoreError;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use teloxide::types::MessageId;

/// A reading this young answers a request (the pinger holds to the same).
const YOUNG: TimeDelta = TimeDelta::seconds(15);

/// The first edit comes no later than this, whatever has been read by then.
const PATIENCE: Duration = Duration::from_secs(30);

/// After this nobody looks at the message any more.
const GIVE_UP: Duration = Duration::from_secs(120);

/// Messages of one chat that wait at once; more are shown as they are.
const PER_CHAT: usize = 8;

/// Between two questions to the store while waiting.
const PAUSE: Duration = Duration::from_millis(100);

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Everything asked for has been read, well or badly.
    Landed,
    /// Not everything yet.
    TooLong,
}

/// Messages that wait for a fresh reading. One that shows something else by the time it lands, or waits for another
/// one, is left alone: an edit must not take away the list a person has opened meanwhile.
#[derive(Debug, Default)]
pub(crate) struct Awaiting(Mutex<Tickets>);

#[derive(Debug, Default)]
struct Tickets {
    next: u64,
    by_message: HashMap<(i64, MessageId), u64>,
}

impl Awaiting {
    /// The message waits from now on, for this reading only; `None` when too many of its chat do.
    fn begin(&self, chat: i64, message: MessageId) -> Option<u64> {
        let mut tickets = self.lock();
        let others = tickets.by_message.keys();
        let others = others.filter(|(other, waiting)| *other == chat && *waiting != message);
        if others.count() >= PER_CHAT {
            return None;
        }
        tickets.next += 1;
        let ticket = tickets.next;
        tickets.by_message.insert((chat, message), ticket);
        Some(ticket)
    }

    /// The message shows something else now.
    pub(crate) fn leave(&self, chat: i64, message: MessageId) {
        self.lock().by_message.remove(&(chat, message));
    }

    fn is_waiting(&self, chat: i64, message: MessageId, ticket: u64) -> bool {
        self.lock().by_message.get(&(chat, message)) == Some(&ticket)
    }

    fn end(&self, chat: i64, message: MessageId, ticket: u64) {
        if self.is_waiting(chat, message, ticket) {
            self.leave(chat, message);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Tickets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the pinger to look at the targets.
pub(crate) async fn ask(
    ctx: &Context,
    targets: Vec<Target>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    ctx.store.ask_looks(targets, now).await
}

/// Waits beside the handler for readings of the targets begun after the person asked, and has `show` put them into
/// the message as long as it still waits for them: once when everything has landed, or first after [`PATIENCE`] and
/// again when the rest has, up to [`GIVE_UP`].
pub(crate) fn follow<F, Shown>(
    ctx: &Context,
    talk: &Talk,
    message: MessageId,
    targets: Vec<Target>,
    show: F,
) where
    F: Fn(Wait) -> Shown + Send + Sync + 'static,
    Shown: Future<Output = ()> + Send,
{
    let (late, chat, asked_at) = (ctx.clone(), talk.chat, talk.now);
    let Some(ticket) = ctx.awaiting.begin(chat, message) else {
        ctx.spawn(async move { show(Wait::TooLong).await });
        return;
    };
    let give_up = tokio::time::Instant::now() + GIVE_UP;
    ctx.spawn(async move {
        let is_waiting = || late.awaiting.is_waiting(chat, message, ticket);
        let all = landed(&late, &targets, asked_at, is_waiting);
        let mut has_landed = tokio::time::timeout(PATIENCE, all).await.is_ok();
        if !has_landed && is_waiting() {
            show(Wait::TooLong).await;
            let rest = landed(&late, &targets, asked_at, is_waiting);
            has_landed = tokio::time::timeout_at(give_up, rest).await.is_ok();
        }
        if has_landed && is_waiting() {
            show(Wait::Landed).await;
        }
        late.awaiting.end(chat, message, ticket);
    });
}

/// Returns when all of it has been read, or nobody waits for it any more.
async fn landed(
    ctx: &Context,
    targets: &[Target],
    asked_at: DateTime<Utc>,
    is_waiting: impl Fn() -> bool,
) {
    let since = asked_at - YOUNG;
    let mut changes = ctx.changes.clone();
    let mut left = targets.to_vec();
    loop {
        while let Some(target) = left.last() {
            match ctx.store.target_state(target.clone(), Utc::now()).await {
                Ok(state) if state.is_read_since(since) => drop(left.pop()),
                _ => break,
            }
        }
        if left.is_empty() || !is_waiting() {
            return;
        }
        changes.next().await;
        tokio::time::sleep(PAUSE).await;
    }
}
