//! Watching over the pinger: when it has been silent for minutes its operators hear of it, once, and once more when it is
//! back. Whom they were told is in the store, so that no restart repeats it.

use crate::answers::send_once;
use crate::context::Context;
use crate::pace::Kind;
use crate::telegram::{Refusal, in_words};
use crate::texts::{self, Lang, PingerSign, text, text_with};
use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{Heartbeat, Program, StoreError};
use shared::vigil::Vigil;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// Between two looks; half of what passes between two signs of life.
const EVERY: Duration = Duration::from_secs(5);

/// A pinger that has been silent for so long (three beats and a breath) is said to be so.
const SILENCE: TimeDelta = TimeDelta::seconds(35);

/// Before an operator who could not be reached is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// What was seen of the pinger; one truth for everybody who asks.
#[derive(Default)]
pub(crate) struct Pinger(Mutex<Vigil>);

impl Pinger {
    fn with<T>(&self, ask: impl FnOnce(&mut Vigil) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What its last sign of life says at `now`.
    fn sign(&self, beat: Option<Heartbeat>, now: DateTime<Utc>) -> PingerSign {
        let Some(beat) = beat else {
            return PingerSign::NeverRan;
        };
        if let Some(at) = beat.stopped_at {
            return PingerSign::StoppedAt(at);
        }
        self.with(|vigil| match vigil.age(&beat, now) > SILENCE {
            true => PingerSign::SilentSince(vigil.silent_since(&beat, now)),
            false => PingerSign::Alive,
        })
    }
}

/// Whether anybody is checking.
pub(crate) async fn sign(ctx: &Context, now: DateTime<Utc>) -> Result<PingerSign, StoreError> {
    let beat = ctx.store.heartbeat(Program::Pinger).await?;
    Ok(ctx.pinger.sign(beat, now))
}

/// Watches until the program ends.
pub(crate) async fn run(ctx: Context) {
    let mut waits = Waits::new();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        // What was begun is finished, so that what arrived is noted.
        if let Err(error) = turn(&ctx, &mut waits).await {
            tracing::warn!(%error, "whether anybody checks could not be read or noted");
        }
    }
}

/// Operators' chats that could not be told, and when to try again: `None` = not this time any more.
type Waits = HashMap<i64, Option<Instant>>;

async fn turn(ctx: &Context, waits: &mut Waits) -> Result<(), StoreError> {
    let beat = ctx.store.heartbeat(Program::Pinger).await?;
    let (silent, has_life) = ctx.pinger.with(|vigil| {
        vigil.look(beat, Instant::now());
        (vigil.silent_for(), vigil.has_seen_life())
    });
    let sign = ctx.pinger.sign(beat, Utc::now());
    if silent >= ctx.config.silence {
        tell_silence(ctx, waits, sign, silent).await
    } else if sign == PingerSign::Alive && has_life {
        tell_return(ctx, waits).await
    } else {
        Ok(())
    }
}

async fn tell_silence(
    ctx: &Context,
    waits: &mut Waits,
    sign: PingerSign,
    silent: Duration,
) -> Result<(), StoreError> {
    let told = ctx.store.silence_notices().await?;
    let now = Utc::now();
    let watched_since = now - TimeDelta::from_std(silent).unwrap_or_default();
    let since = match sign {
        PingerSign::SilentSince(at) | PingerSign::StoppedAt(at) => at,
        PingerSign::NeverRan | PingerSign::Alive => watched_since,
    };
    for &chat in &ctx.config.args.admin_chats {
        if ctx.shutdown.is_cancelled() {
            break;
        }
        if told.iter().any(|(told, _)| *told == chat) || is_waiting(waits, chat) {
            continue;
        }
        let html = |lang| {
            let warning = texts::pinger_warning(lang, sign, now).unwrap_or_default();
            format!("{warning}\n{}", text(lang, "operator-silence"))
        };
        if tell(ctx, waits, chat, html).await {
            tracing::warn!(%since, "an operator was told that nobody checks");
            ctx.store.silence_told(chat, since, now).await?;
        }
    }
    Ok(())
}

async fn tell_return(ctx: &Context, waits: &mut Waits) -> Result<(), StoreError> {
    let told = ctx.store.silence_notices().await?;
    // Whoever could not be told of the silence need not hear of its end.
    waits.retain(|chat, _| told.iter().any(|(told, _)| told == chat));
    for (chat, since) in told {
        if ctx.shutdown.is_cancelled() {
            break;
        }
        if is_waiting(waits, chat) {
            continue;
        }
        let is_operators = ctx.config.args.admin_chats.contains(&chat);
        let html = |lang| {
            let since = texts::since(lang, since, Utc::now());
            text_with(lang, "operator-return", &[("since", since.into())])
        };
        if !is_operators || tell(ctx, waits, chat, html).await {
            ctx.store.silence_over(chat).await?;
        } else if waits.get(&chat) == Some(&None) {
            // Not to be reached any more.
            ctx.store.silence_over(chat).await?;
            waits.remove(&chat);
        }
    }
    Ok(())
}

fn is_waiting(waits: &Waits, chat: i64) -> bool {
    match waits.get(&chat) {
        None => false,
        Some(None) => true,
        Some(Some(until)) => Instant::now() < *until,
    }
}

/// Whether it arrived. What did not is tried again while it can be hoped for.
async fn tell(ctx: &Context, waits: &mut Waits, chat: i64, html: impl Fn(Lang) -> String) -> bool {
    let person = ctx.store.person(chat).await.ok().flatten();
    let lang = person.as_ref().map_or(Lang::Ru, |person| person.lang);
    let mut topic = person.and_then(|person| person.topic);
    let html = html(lang);
    let (mut to, mut is_plain) = (chat, false);
    for _ in 0..4 {
        let counted = ctx.pace.turn().await.begin(to, Kind::Alert);
        let sent = send_once(ctx, to, topic, &html, None, is_plain).await;
        drop(counted);
        let error = match sent {
            Ok(_) => {
                waits.remove(&chat);
                return true;
            }
            Err(error) => error,
        };
        let again = match Refusal::of(&error) {
            Refusal::NoTopic if topic.is_some() => {
                topic = None;
                continue;
            }
            Refusal::Moved(new) => {
                tracing::warn!("a group in ADMIN_CHATS has a new id: put it there");
                to = new.0;
                continue;
            }
            Refusal::BadText if !is_plain => {
                is_plain = true;
                continue;
            }
            Refusal::Wait(wait) => Some(wait.max(AGAIN)),
            Refusal::Later | Refusal::BadToken => Some(AGAIN),
            _ => None,
        };
        tracing::warn!(
            error = in_words(&error),
            will_try_again = again.is_some(),
            "an operator could not be told how the pinger is"
        );
        waits.insert(chat, again.map(|wait| Instant::now() + wait));
        return false;
    }
    waits.insert(chat, None);
    false
}
