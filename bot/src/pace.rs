//! How fast messages leave: Telegram's limits, counted over sliding windows by whoever sends.
//!
//! Answers to people do not stand in line: they go at once and are counted, and what is sent unasked (alerts, edits,
//! reminders) yields what they took in the last second. Only when Telegram itself would refuse one message more does
//! an answer wait, for the few milliseconds until the oldest of the last second's messages no longer counts; it goes
//! before any alert then. When more is asked than can be answered at all, [`line`] says who is answered first and who
//! not at all, and a share stays for alerts.

mod line;

use self::line::Line;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::MutexGuard as LineGuard;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::time::Instant;

/// The window of the limit to everybody.
const SECOND: Duration = Duration::from_secs(1);

/// New messages Telegram takes within any second, to everybody.
const OVERALL: usize = 30;

/// Of those, while alerts wait, a crowd of answers leaves so many to them.
const ALERTS: usize = 6;

/// Between two messages to one chat, at least: Telegram takes about one a second.
const PER_CHAT: Duration = Duration::from_millis(1_050);

/// The window of the limit to one group, with a margin for the way to Telegram.
const MINUTE: Duration = Duration::from_millis(60_500);

/// Of the 20 messages and edits a minute in one group alerts take at most so many: the others are left to answers,
/// which do not wait.
const GROUP_ALERTS: usize = 16;

/// And edits of what was told come last.
const GROUP_EDITS: usize = 12;

/// An answer is on its way to whoever has just written: an alert in between would come too close to it.
const ANSWERING: Duration = Duration::from_millis(300);

/// A message nobody has heard back of counts as arrived so long after it was sent, at the latest.
const ARRIVAL: Duration = Duration::from_secs(1);

/// So many gaps a late timer may catch up with; the window holds all the same.
const CATCH_UP: u32 = 2;

/// A wait is never slept through in one go: messages land meanwhile.
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// Above this many chats those that count for nothing any more are let go of.
const MANY: usize = 256;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer in a message of its own.
    Answer,
    /// An answer that edits a message.
    AnswerEdit,
    /// A message nobody asked for.
    Alert,
    /// An edit nobody asked for that tells something new.
    Join,
    /// An edit that keeps a message true.
    Edit,
}

impl Kind {
    fn is_message(self) -> bool {
        matches!(self, Self::Answer | Self::Alert)
    }

    /// Whether others keep their distance to it in a chat. Edits people ask for are not like new messages.
    fn is_spaced(self) -> bool {
        self != Self::AnswerEdit
    }
}

/// One that counts.
#[derive(Debug)]
struct Sent {
    number: u64,
    kind: Kind,
    begun: Instant,
    done: Option<Instant>,
}

impl Sent {
    /// When it surely left every window that ends at or after this instant: it arrived somewhere between its
    /// beginning and its end.
    fn leaves(&self) -> Instant {
        let latest = self.begun + ARRIVAL;
        self.done.map_or(latest, |done| done.min(latest)) + SECOND
    }
}

/// What one chat got lately.
#[derive(Debug, Default)]
struct Chat {
    last: Option<Instant>,
    heard: Option<Instant>,
    /// Of a group: everything of the last minute.
    minute: VecDeque<Instant>,
}

impl Chat {
    fn forget(&mut self, now: Instant) {
        while self
            .minute
            .front()
            .is_some_and(|time| now.saturating_duration_since(*time) >= MINUTE)
        {
            self.minute.pop_front();
        }
    }

    fn wait(&self, kind: Kind, now: Instant) -> Duration {
        let most = if kind == Kind::Edit {
            GROUP_EDITS
        } else {
            GROUP_ALERTS
        };
        let full = self.minute.len().checked_sub(most);
        let room = full.and_then(|n| self.minute.get(n).map(|time| *time + MINUTE));
        let spaced = self.last.map(|last| last + PER_CHAT);
        let answered = self.heard.map(|heard| heard + ANSWERING);
        let at = [room, spaced, answered].into_iter().flatten().max();
        at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now))
    }
}

/// The windows as they stand. No clock of its own.
#[derive(Debug)]
struct Flow {
    /// Unasked messages and answers together, in any second.
    most: usize,
    /// New messages in any second, answers too.
    overall: usize,
    gap: Duration,
    next: Instant,
    recent: VecDeque<Sent>,
    chats: HashMap<i64, Chat>,
    number: u64,
    /// Something unasked is due and waits for room.
    alerts_wait: bool,
    line: Line,
    /// When the next one of the line may go.
    next_in_line: Instant,
}

impl Flow {
    fn new(per_second: f64, now: Instant) -> Self {
        let most = per_second.ceil().max(1.0) as usize;
        Self {
            most,
            // For tests of other things the setting is far above what Telegram takes.
            overall: OVERALL.max(most + 2),
            gap: Duration::from_secs_f64(1.0 / per_second),
            next: now,
            recent: VecDeque::new(),
            chats: HashMap::new(),
            number: 0,
            alerts_wait: false,
            line: Line::default(),
            next_in_line: now,
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.recent.front().is_some_and(|sent| sent.leaves() <= now) {
            self.recent.pop_front();
        }
    }

    /// How long until no more than `most - 1` new messages can fall into the second before.
    fn room(&self, most: usize, now: Instant) -> Duration {
        let messages = self.recent.iter().filter(|sent| sent.kind.is_message());
        let mut leaves: Vec<_> = messages
            .map(Sent::leaves)
            .filter(|leaves| *leaves > now)
            .collect();
        leaves.sort_unstable();
        let full = leaves.len().checked_sub(most);
        let at = full.and_then(|n| leaves.get(n));
        at.map_or(Duration::ZERO, |at| *at - now)
    }

    /// How long an answer waits: nothing, unless Telegram would refuse it, or a crowd of answers would leave nothing to
    /// alerts.
    fn answer_wait(&mut self, now: Instant) -> Duration {
        self.forget(now);
        let wait = self.room(self.overall, now);
        let is_crowd = self.alerts_wait && {
            let is_answer = |sent: &&Sent| sent.kind == Kind::Answer && sent.leaves() > now;
            self.recent.iter().filter(is_answer).count() >= self.overall - ALERTS
        };
        if is_crowd {
            wait.max(LONGEST_NAP)
        } else {
            wait
        }
    }

    /// How long the next unasked message waits, whoever it is for.
    fn wait(&mut self, now: Instant) -> Duration {
        self.forget(now);
        let mut begun: Vec<_> = self
            .recent
            .iter()
            .map(|sent| sent.begun + SECOND)
            .filter(|leaves| *leaves > now)
            .collect();
        begun.sort_unstable();
        let full = begun.len().checked_sub(self.most);
        let window = full.and_then(|n| begun.get(n));
        let window = window.map_or(Duration::ZERO, |at| *at - now);
        let spaced = self.next.saturating_duration_since(now);
        // One place is left for an answer.
        let room = self.room(self.overall - 1, now);
        self.alerts_wait = spaced.is_zero() && !window.max(room).is_zero();
        window.max(spaced).max(room)
    }

    fn begin(&mut self, chat: i64, kind: Kind, now: Instant) -> u64 {
        self.forget(now);
        self.number += 1;
        self.recent.push_back(Sent {
            number: self.number,
            kind,
            begun: now,
            done: None,
        });
        if !matches!(kind, Kind::Answer | Kind::AnswerEdit) {
            self.alerts_wait = false;
            let earliest = now.checked_sub(self.gap * CATCH_UP).unwrap_or(now);
            self.next = self.next.max(earliest) + self.gap;
        }
        self.note(chat, kind, now);
        if chat < 0 {
            self.chats.entry(chat).or_default().minute.push_back(now);
        }
        self.number
    }

    fn end(&mut self, number: u64, chat: i64, kind: Kind, now: Instant) {
        if let Some(sent) = self.recent.iter_mut().find(|sent| sent.number == number) {
            sent.done = Some(now);
        }
        self.note(chat, kind, now);
    }

    fn note(&mut self, chat: i64, kind: Kind, now: Instant) {
        if kind.is_spaced() {
            let chat = self.chats.entry(chat).or_default();
            chat.last = Some(now);
        }
        self.tidy(now);
    }

    fn heard(&mut self, chat: i64, now: Instant) {
        self.chats.entry(chat).or_default().heard = Some(now);
        self.tidy(now);
    }

    fn chat_wait(&mut self, chat: i64, kind: Kind, now: Instant) -> Duration {
        self.chats.get_mut(&chat).map_or(Duration::ZERO, |chat| {
            chat.forget(now);
            chat.wait(kind, now)
        })
    }

    /// Memory follows who was written to lately.
    fn tidy(&mut self, now: Instant) {
        if self.chats.len() < MANY {
            return;
        }
        self.chats.retain(|_, chat| {
            chat.forget(now);
            let is_recent = |time: &Option<Instant>| {
                time.is_some_and(|time| now.saturating_duration_since(time) < PER_CHAT)
            };
            !chat.minute.is_empty() || is_recent(&chat.last) || is_recent(&chat.heard)
        });
    }
}

/// Counts everything that leaves and says when the next may.
pub(crate) struct Pace {
    flow: Mutex<Flow>,
    /// Whatever is sent unasked stands in one line, in the order it came.
    line: tokio::sync::Mutex<()>,
    /// Answers that wait: whoever holds this lets them go.
    leader: tokio::sync::Mutex<()>,
}

impl Pace {
    /// At most so many a second, answers counted.
    pub(crate) fn new(per_second: f64) -> Self {
        Self {
            flow: Mutex::new(Flow::new(per_second, Instant::now())),
            line: tokio::sync::Mutex::new(()),
            leader: tokio::sync::Mutex::new(()),
        }
    }

    /// An answer in a message of its own begins now, or when it may; `None` = it is given up, since more is asked than
    /// can be answered, by this chat above all.
    pub(crate) async fn answer(&self, chat: i64) -> Option<OnItsWay<'_>> {
        let mut go = {
            let mut flow = self.lock();
            let now = Instant::now();
            let n_asked = flow.line.ask(chat, now);
            if flow.line.is_empty() && flow.answer_wait(now).is_zero() {
                let number = flow.begin(chat, Kind::Answer, now);
                drop(flow);
                return Some(self.on_its_way(number, chat, Kind::Answer));
            }
            flow.line.stand(chat, n_asked, now)
        };
        // One of those who wait lets all others go, in their order, until it goes itself.
        let number = tokio::select! {
            biased;
            number = &mut go => number,
            _leading = self.leader.lock() => loop {
                match go.try_recv() {
                    Ok(number) => break Ok(number),
                    Err(TryRecvError::Closed) => return None,
                    Err(TryRecvError::Empty) => {}
                }
                let wait = self.let_go();
                if !wait.is_zero() {
                    tokio::time::sleep(wait.min(LONGEST_NAP)).await;
                }
            },
        };
        Some(self.on_its_way(number.ok()?, chat, Kind::Answer))
    }

    /// Lets the next answer in line go, if it may now; how long to wait.
    fn let_go(&self) -> Duration {
        let mut flow = self.lock();
        let now = Instant::now();
        // Evenly: sent in a bunch, the next one would wait for the whole bunch to leave the window.
        let spaced = flow.next_in_line.saturating_duration_since(now);
        let wait = flow.answer_wait(now).max(spaced);
        if wait.is_zero()
            && let Some(next) = flow.line.next(now)
        {
            flow.next_in_line = now + SECOND.div_f64(flow.overall as f64);
            let number = flow.begin(next.chat, Kind::Answer, now);
            if next.go.send(number).is_err() {
                flow.end(number, next.chat, Kind::Answer, now);
            }
        }
        wait
    }

    /// An answer that edits a message begins now.
    pub(crate) fn answer_edit(&self, chat: i64) -> OnItsWay<'_> {
        self.begin(chat, Kind::AnswerEdit)
    }

    /// Somebody wrote in this chat and is about to be answered.
    pub(crate) fn heard(&self, chat: i64) {
        self.lock().heard(chat, Instant::now());
    }

    /// How long this chat must be left alone before something like this is sent unasked; `None` = not at all.
    pub(crate) fn wait_of(&self, chat: i64, kind: Kind) -> Option<Duration> {
        let wait = self.lock().chat_wait(chat, kind, Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Waits in line for the right to send one unasked message, and holds the line until it begins or is given up.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        let line = self.line.lock().await;
        loop {
            let wait = self.lock().wait(Instant::now());
            if wait.is_zero() {
                return Turn {
                    pace: self,
                    _line: line,
                };
            }
            tokio::time::sleep(wait.min(LONGEST_NAP)).await;
        }
    }

    fn begin(&self, chat: i64, kind: Kind) -> OnItsWay<'_> {
        let number = self.lock().begin(chat, kind, Instant::now());
        self.on_its_way(number, chat, kind)
    }

    fn on_its_way(&self, number: u64, chat: i64, kind: Kind) -> OnItsWay<'_> {
        OnItsWay {
            pace: self,
            number,
            chat,
            kind,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Flow> {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The head of the line. Dropped without having begun, it counts for nothing.
pub(crate) struct Turn<'a> {
    pace: &'a Pace,
    _line: LineGuard<'a, ()>,
}

impl<'a> Turn<'a> {
    /// The message begins now; the next in line may.
    pub(crate) fn begin(self, chat: i64, kind: Kind) -> OnItsWay<'a> {
        self.pace.begin(chat, kind)
    }
}

/// A message on its way; it counts for a second after this is dropped.
pub(crate) struct OnItsWay<'a> {
    pace: &'a Pace,
    number: u64,
    chat: i64,
    kind: Kind,
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        self.pace.lock().end(self.number, self.chat, self.kind, now);
    }
}

#[cfg(test)]
#[path = "pace/tests.rs"]
mod tests;
