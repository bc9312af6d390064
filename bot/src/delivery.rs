//! Delivery by cursor: read what is pending, send, then move the cursor (rule: late, never lost).
//!
//! Nothing here remembers what to tell: the store does. Memory holds only who is being told right now and who
//! waits for another try; losing it costs one full scan.

use crate::answers::{gone, moved, no_preview, strip_tags};
use crate::context::Context;
use crate::edits::{Edits, edit};
use crate::telegram::{Refusal, in_words};
use crate::texts::{self, Message};
use chrono::Utc;
use futures::FutureExt as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use shared::catalogue::Lpu;
use shared::ids::{EventId, PersonId, Target};
use shared::store::News;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::SendMessageSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{
    ChatId, InlineKeyboardButton, InlineKeyboardMarkup, MessageId, ParseMode, ThreadId,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Alerts on their way at once, one per chat.
const IN_FLIGHT: usize = 64;

/// Telegram takes about one message a second in one chat.
const PER_CHAT: Duration = Duration::from_millis(1_050);

/// How often everything pending is looked for, whatever was heard of commits.
const FULL_SCAN: Duration = Duration::from_secs(30);

/// First wait after Telegram could not be reached; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Between two questions whether a look that telling waits for has come.
const LOOK_PAUSE: Duration = Duration::from_millis(300);

/// What became of one person's turn.
enum Turn {
    /// Nothing pending, or told: more may have come since.
    Done { was_sent: bool },
    /// Try again after this time.
    After(Duration),
    /// Telegram did not answer: try again, later each time.
    Unreached,
    /// The person's quiet hours: try again after this time, or when there is more news.
    Quiet(Duration),
}

/// Everything but answers passes it.
pub(crate) type Limiter = DefaultDirectRateLimiter;

/// The loop's memory.
#[derive(Default)]
struct Queue {
    ready: VecDeque<PersonId>,
    queued: HashSet<PersonId>,
    in_flight: HashSet<PersonId>,
    /// Named again while their message was on its way.
    again: HashSet<PersonId>,
    not_before: HashMap<PersonId, Instant>,
    /// Those of `not_before` who sleep: news may be worth waking them.
    quiet: HashSet<PersonId>,
    failures: HashMap<PersonId, u32>,
}

impl Queue {
    fn add(&mut self, person: PersonId) {
        if self.quiet.remove(&person) {
            self.not_before.remove(&person);
        }
        if self.in_flight.contains(&person) {
            self.again.insert(person);
        } else if self.queued.insert(person) {
            self.ready.push_back(person);
        }
    }

    /// The next person whose time has come, in the order they were named; they are in flight then.
    fn take(&mut self, now: Instant) -> Option<PersonId> {
        let place = self.ready.iter().position(|person| {
            self.not_before
                .get(person)
                .is_none_or(|&not_before| not_before <= now)
        })?;
        let person = self.ready.remove(place)?;
        self.queued.remove(&person);
        self.not_before.remove(&person);
        self.quiet.remove(&person);
        self.in_flight.insert(person);
        Some(person)
    }

    fn done(&mut self, person: PersonId, turn: &Turn, now: Instant) {
        self.in_flight.remove(&person);
        let wait = match turn {
            Turn::Done { was_sent } => {
                self.failures.remove(&person);
                if *was_sent {
                    // Telegram is there: whoever waits for it to come back need not wait longer.
                    for unreached in self.failures.keys() {
                        self.not_before.remove(unreached);
                    }
                }
                was_sent.then_some(PER_CHAT)
            }
            Turn::After(wait) | Turn::Quiet(wait) => Some(*wait),
            Turn::Unreached => {
                let n = self.failures.entry(person).or_default();
                *n += 1;
                Some((FIRST_WAIT * 2_u32.pow((*n - 1).min(6))).min(LONGEST_WAIT))
            }
        };
        if let Some(wait) = wait {
            self.not_before.insert(person, now + wait);
        }
        if self.again.remove(&person) || !matches!(turn, Turn::Done { .. }) {
            self.add(person);
            if matches!(turn, Turn::Quiet(_)) {
                self.quiet.insert(person);
            }
        }
    }

    /// When the next waiting person's time comes; `None` when nobody waits.
    fn next_at(&self) -> Option<Instant> {
        self.ready
            .iter()
            .filter_map(|person| self.not_before.get(person))
            .min()
            .copied()
    }

    /// Forgets waits that have passed, so that memory follows who is waiting.
    fn tidy(&mut self, now: Instant) {
        let queued = &self.queued;
        self.not_before
            .retain(|person, &mut at| at > now || queued.contains(person));
        let in_flight = &self.in_flight;
        self.failures
            .retain(|person, _| queued.contains(person) || in_flight.contains(person));
    }
}

/// Delivers until the program ends. What is on its way then may end within the program's grace.
pub(crate) async fn run(ctx: Context, mut pokes: mpsc::Receiver<PersonId>) {
    let mut changes = ctx.changes.clone();
    let limiter = Arc::clone(&ctx.limiter);
    // Reminders of booked visits leave through the same limiter.
    let reminders = crate::visit::reminders::run(ctx.clone(), Arc::clone(&limiter));
    ctx.tasks.spawn(reminders);
    let mut queue = Queue::default();
    let mut turns = JoinSet::new();
    let mut scanned = scan(&ctx, EventId(0), &mut queue)
        .await
        .unwrap_or(EventId(0));
    let mut edits = Edits::default();
    let mut editing = JoinSet::new();
    edits.scan(&ctx, EventId(0)).await;
    let mut full_scan = tokio::time::interval(FULL_SCAN);
    full_scan.reset();
    while !ctx.shutdown.is_cancelled() {
        while turns.len() < IN_FLIGHT
            && let Some(person) = queue.take(Instant::now())
        {
            let (ctx, limiter) = (ctx.clone(), Arc::clone(&limiter));
            turns.spawn(async move {
                let turn = AssertUnwindSafe(tell(&ctx, &limiter, person))
                    .catch_unwind()
                    .await;
                (person, turn.unwrap_or(Turn::Unreached))
            });
        }
        metrics::gauge!("talon_people_pending").set((queue.ready.len() + turns.len()) as f64);
        // Nobody waits for a message that could go now: an edit may.
        if editing.is_empty()
            && turns.is_empty()
            && let Some(alert) = edits.take(Instant::now())
        {
            let (ctx, limiter) = (ctx.clone(), Arc::clone(&limiter));
            editing.spawn(async move { (alert, edit(&ctx, &limiter, alert).await) });
        }
        let next_at = queue.next_at().filter(|_| turns.len() < IN_FLIGHT);
        let next_edit = edits
            .next_at()
            .filter(|_| editing.is_empty() && turns.is_empty());
        tokio::select! {
            () = ctx.shutdown.cancelled() => break,
            () = changes.next() => {
                if let Some(through) = scan(&ctx, scanned, &mut queue).await {
                    if through > scanned {
                        edits.scan(&ctx, scanned).await;
                    }
                    scanned = through;
                }
            }
            Some(person) = pokes.recv() => queue.add(person),
            Some(done) = turns.join_next() => if let Ok((person, turn)) = done {
                queue.done(person, &turn, Instant::now());
            },
            Some(done) = editing.join_next() => if let Ok((alert, Some(wait))) = done {
                edits.again(alert, wait);
            },
            () = sleep_until(next_at) => {}
            () = sleep_until(next_edit) => {}
            _ = full_scan.tick() => {
                queue.tidy(Instant::now());
                scan(&ctx, EventId(0), &mut queue).await;
            }
        }
    }
    while turns.join_next().await.is_some() {}
    while editing.join_next().await.is_some() {}
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Burst 1: its default burst would double the rate in a sliding second.
pub(crate) fn limiter(per_second: f64) -> Limiter {
    let gap = Duration::from_secs_f64(1.0 / per_second);
    let quota = Quota::with_period(gap).unwrap_or(Quota::per_second(NonZeroU32::MIN));
    RateLimiter::direct(quota.allow_burst(NonZeroU32::MIN))
}

/// Queues whoever may have news since then; `None` when the store could not say, and nothing is skipped.
async fn scan(ctx: &Context, since: EventId, queue: &mut Queue) -> Option<EventId> {
    match ctx.store.people_with_news(since, Utc::now()).await {
        Ok((people, through)) => {
            people.into_iter().for_each(|person| queue.add(person));
            Some(through)
        }
        Err(error) => {
            tracing::warn!(%error, "could not read who has news");
            None
        }
    }
}

/// How a message is sent: as it should be, then without what was refused.
#[derive(Debug, Clone, Copy)]
struct Form {
    has_topic: bool,
    has_markup: bool,
}

/// One person's turn: everything pending in one message.
async fn tell(ctx: &Context, limiter: &Limiter, person: PersonId) -> Turn {
    let mut form = Form {
        has_topic: true,
        has_markup: true,
    };
    loop {
        match pending(ctx, person).await {
            Ok(Some(_)) => {}
            Ok(None) => return Turn::Done { was_sent: false },
            Err(turn) => return turn,
        }
        limiter.until_ready().await;
        // From here to the start of the send nobody can go silent unseen, and the snapshot is the newest there is.
        let checking = ctx.silence.hold().await;
        if ctx.shutdown.is_cancelled() {
            return Turn::Done { was_sent: false };
        }
        let news = match pending(ctx, person).await {
            Ok(Some(news)) => news,
            Ok(None) => return Turn::Done { was_sent: false },
            Err(turn) => return turn,
        };
        let message = compose(ctx, &news);
        let _on_its_way = ctx.silence.on_its_way(news.person.chat);
        let sent = {
            let mut sending = std::pin::pin!(send(ctx, &news, &message, form));
            let begun = futures::poll!(sending.as_mut());
            drop(checking);
            match begun {
                std::task::Poll::Ready(sent) => sent,
                std::task::Poll::Pending => sending.await,
            }
        };
        let error = match sent {
            Ok(message) => return told(ctx, news, message).await,
            Err(error) => error,
        };
        form = match refused(ctx, &news, form, &error).await {
            Next::Turn(turn) => return turn,
            Next::Try(form) => form,
        };
    }
}

/// What is pending and suits; `Ok(None)` = nothing to send (cursors past what did not suit are moved).
async fn pending(ctx: &Context, person: PersonId) -> Result<Option<News>, Turn> {
    if ctx.cards.is_held(person) {
        return Err(Turn::After(LOOK_PAUSE));
    }
    let unread = |error| {
        tracing::warn!(%error, "could not read a person's news");
        Turn::Unreached
    };
    let Some(news) = ctx.store.news(person, Utc::now()).await.map_err(unread)? else {
        return Ok(None);
    };
    let now = Utc::now();
    let asleep = news.person.quiet.and_then(|quiet| quiet.until(now));
    if let Some(until) = asleep.filter(|_| !news.breaks_quiet) {
        return Err(Turn::Quiet((until - now).to_std().unwrap_or_default()));
    }
    if !news.to_ask.is_empty() {
        ctx.store
            .ask_looks(news.to_ask, now)
            .await
            .map_err(unread)?;
        return Err(Turn::After(LOOK_PAUSE));
    }
    if news.awaits_look {
        return Err(Turn::After(LOOK_PAUSE));
    }
    if !news.doctors.is_empty() {
        return Ok(Some(news));
    }
    if news
        .cursors
        .iter()
        .any(|(_, told_through)| *told_through < news.through)
    {
        ctx.store
            .told(news, None, Utc::now())
            .await
            .map_err(unread)?;
    }
    Ok(None)
}

fn compose(ctx: &Context, news: &News) -> Message {
    let mut message = texts::alert(news.person.lang, news, &links(ctx), Utc::now());
    message
        .buttons
        .extend(crate::visit::buttons(news.person.lang));
    message
        .buttons
        .extend(crate::life::group_buttons(&news.person));
    message
}

/// Where a doctor's talons are taken.
pub(crate) fn links(ctx: &Context) -> impl Fn(&Target, Option<&Lpu>) -> String {
    |target, lpu| ctx.link(target, lpu.map(|lpu| &lpu.district))
}

/// The keyboard of a message; a button whose address does not parse is left out rather than losing the alert.
pub(crate) fn keyboard(message: &Message) -> InlineKeyboardMarkup {
    let rows = message.buttons.iter().map(|row| {
        row.iter().filter_map(|button| match button {
            texts::Button::Url { label, url } => {
                Some(InlineKeyboardButton::url(label.clone(), url.parse().ok()?))
            }
            texts::Button::Press { label, data } => {
                Some(InlineKeyboardButton::callback(label.clone(), data.clone()))
            }
        })
    });
    InlineKeyboardMarkup::new(rows.map(Iterator::collect::<Vec<_>>))
}

/// The message without markup and buttons: their addresses follow the text, as many as fit.
fn plain(message: &Message) -> String {
    let mut text = strip_tags(&message.html);
    for button in message.buttons.iter().flatten() {
        let texts::Button::Url { label, url } = button else {
            continue;
        };
        let line = format!("\n{label}: {url}");
        if texts::units(&text) + texts::units(&line) > texts::MAX_MESSAGE {
            break;
        }
        text.push_str(&line);
    }
    text
}

async fn send(
    ctx: &Context,
    news: &News,
    message: &Message,
    form: Form,
) -> Result<MessageId, RequestError> {
    let text = if form.has_markup {
        message.html.clone()
    } else {
        plain(message)
    };
    let mut request = ctx
        .bot
        .send_message(ChatId(news.person.chat), text)
        .link_preview_options(no_preview());
    if form.has_markup {
        request = request
            .parse_mode(ParseMode::Html)
            .reply_markup(keyboard(message));
    }
    if let Some(topic) = news.person.topic.filter(|_| form.has_topic) {
        request = request.message_thread_id(ThreadId(MessageId(topic)));
    }
    request.send().await.map(|message| message.id)
}

/// Telegram has accepted the message: the cursor moves. Until that is written the person's turn does not end,
/// so that the same process cannot tell it twice.
async fn told(ctx: &Context, news: News, message: MessageId) -> Turn {
    let mut wait = Duration::from_millis(50);
    while let Err(error) = ctx
        .store
        .told(news.clone(), Some(message.0), Utc::now())
        .await
    {
        tracing::warn!(%error, "could not note that an alert was told; trying again");
        if ctx.shutdown.is_cancelled() {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
    count("told");
    tracing::info!(
        person = %news.person.id,
        n_doctors = news.doctors.len(),
        n_slots = news.doctors.iter().map(|doctor| doctor.slots.len()).sum::<usize>(),
        "alert told"
    );
    Turn::Done { was_sent: true }
}

fn count(outcome: &'static str) {
    metrics::counter!("talon_alerts_total", "outcome" => outcome).increment(1);
}

/// What follows a refusal.
enum Next {
    /// The turn is over.
    Turn(Turn),
    /// The same news once more, in this form.
    Try(Form),
}

/// Telegram refused, or did not answer. The cursor stays.
async fn refused(ctx: &Context, news: &News, form: Form, error: &RequestError) -> Next {
    let chat = news.person.chat;
    count("refused");
    let turn = match Refusal::of(error) {
        Refusal::Wait(wait) => {
            tracing::warn!(wait_s = wait.as_secs(), "Telegram asks one chat to wait");
            Turn::After(wait.max(Duration::from_millis(500)))
        }
        Refusal::Gone => {
            gone(ctx, chat).await;
            Turn::Done { was_sent: false }
        }
        Refusal::Moved(to) => match moved(ctx, chat, to.0).await {
            true => Turn::After(Duration::ZERO),
            false => Turn::Unreached,
        },
        Refusal::Later | Refusal::BadToken => {
            tracing::warn!(
                error = in_words(error),
                "an alert was not delivered; it stays pending"
            );
            Turn::Unreached
        }
        Refusal::NoTopic if form.has_topic && news.person.topic.is_some() => {
            let has_topic = false;
            return Next::Try(Form { has_topic, ..form });
        }
        _ if form.has_markup => {
            tracing::error!(
                error = in_words(error),
                "an alert's markup was refused; sending it plain"
            );
            let has_markup = false;
            return Next::Try(Form { has_markup, ..form });
        }
        _ => {
            tracing::error!(
                error = in_words(error),
                "an alert was refused in every form; it stays pending"
            );
            Turn::After(LONGEST_WAIT)
        }
    };
    Next::Turn(turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonId = PersonId(1);
    const BORIS: PersonId = PersonId(2);

    #[test]
    fn one_message_per_person_is_on_its_way() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        assert_eq!(queue.take(now), Some(ANNA));
        queue.add(ANNA);
        assert_eq!(queue.take(now), None);
        queue.done(ANNA, &Turn::Done { was_sent: false }, now);
        assert_eq!(
            queue.take(now),
            Some(ANNA),
            "news that came meanwhile is not forgotten"
        );
    }

    #[test]
    fn one_chat_told_to_wait_holds_up_nobody_else() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        queue.add(BORIS);
        assert_eq!(queue.take(now), Some(ANNA));
        queue.done(ANNA, &Turn::After(Duration::from_secs(9)), now);
        assert_eq!(queue.take(now), Some(BORIS));
        assert_eq!(queue.take(now + Duration::from_secs(8)), None);
        assert_eq!(queue.next_at(), Some(now + Duration::from_secs(9)));
        assert_eq!(queue.take(now + Duration::from_secs(9)), Some(ANNA));
    }

    #[test]
    fn tries_grow_rarer_while_telegram_is_away() {
        let (mut queue, mut now) = (Queue::default(), Instant::now());
        queue.add(ANNA);
        let mut waits = Vec::new();
        for _ in 0..8 {
            queue.take(now).unwrap();
            queue.done(ANNA, &Turn::Unreached, now);
            let next = queue.next_at().unwrap();
            waits.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn whoever_was_not_reached_is_tried_when_somebody_else_was() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        for person in [ANNA, BORIS] {
            queue.add(person);
            queue.take(now).unwrap();
        }
        queue.done(ANNA, &Turn::Unreached, now);
        assert_eq!(queue.take(now), None);
        queue.done(BORIS, &Turn::Done { was_sent: true }, now);
        assert_eq!(queue.take(now), Some(ANNA));
    }
}
