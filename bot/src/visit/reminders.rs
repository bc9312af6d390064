//! Reminders of a booked visit: the evening before and two hours before. Late rather than lost, never once it has
//! begun; /off does not silence them, /forget and a blocked bot do.

use super::{VisitPress, button};
use crate::answers::{gone, moved, no_preview, strip_tags};
use crate::context::{Context, Talk};
use crate::pace::Kind;
use crate::telegram::{Refusal, in_words};
use crate::texts::visit;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use futures::StreamExt as _;
use shared::clock::{from_wall, wall_date};
use shared::ids::BookingId;
use shared::store::{Booking, Person, ReminderKind};
use std::collections::HashMap;
use std::time::Duration;
use teloxide::RequestError;
use teloxide::payloads::SendMessageSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, InlineKeyboardMarkup, MessageId, ParseMode, ThreadId};
use tokio::time::Instant;

/// The evening one, by the wall clock of the day before.
const EVENING: NaiveTime = match NaiveTime::from_hms_opt(19, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The last one comes so long before the visit.
const SOON: TimeDelta = TimeDelta::hours(2);

/// Nothing due is found later than this, whatever the clocks do.
const TURN: Duration = Duration::from_secs(10);

/// Reminders on their way at once.
const AT_ONCE: usize = 16;

/// First wait after a failure; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// When to remind of a visit booked at `now`: what is still ahead.
pub(super) fn times(
    start: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Vec<(ReminderKind, DateTime<Utc>)> {
    let day_before = wall_date(start).checked_sub_days(Days::new(1));
    let evening = day_before.map(|day| (ReminderKind::Evening, from_wall(day.and_time(EVENING))));
    let soon = (ReminderKind::Soon, start - SOON);
    evening
        .into_iter()
        .chain([soon])
        .filter(|(_, at)| *at > now)
        .collect()
}

/// What became of one try.
enum Try {
    Done,
    After(Duration),
    Failed,
}

/// Who waits for another try, and after how many: only of those that are due.
type Waits = HashMap<BookingId, (Instant, u32)>;

/// Reminds until the program ends, within the limits of the alerts.
pub(crate) async fn run(ctx: Context) {
    let mut waits = Waits::new();
    while !ctx.shutdown.is_cancelled() {
        turn(&ctx, &mut waits).await;
        let pause = pause(&ctx, &waits).await;
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Until the next one falls due or may be tried again, at most [`TURN`].
async fn pause(ctx: &Context, waits: &Waits) -> Duration {
    let now = Utc::now();
    let next = ctx.store.next_reminder(now).await.ok().flatten();
    let due = next.filter(|due| *due > now).map(|due| {
        (due - now)
            .to_std()
            .unwrap_or(TURN)
            .saturating_add(Duration::from_millis(1))
    });
    let again = waits.values().map(|(at, _)| *at).min();
    let again = again.map(|at| at.saturating_duration_since(Instant::now()));
    let soonest = due.into_iter().chain(again).min().unwrap_or(TURN);
    soonest.clamp(Duration::from_millis(50), TURN)
}

/// Everything due now, each booking once.
async fn turn(ctx: &Context, waits: &mut Waits) {
    let due = match ctx.store.due_bookings(Utc::now()).await {
        Ok(due) => due,
        Err(error) => {
            tracing::warn!(%error, "could not read which reminders are due");
            return;
        }
    };
    let now = Instant::now();
    waits.retain(|booking, _| due.contains(booking));
    let ready = due
        .into_iter()
        .filter(|booking| waits.get(booking).is_none_or(|(at, _)| *at <= now));
    let tries = ready.map(|booking| async move { (booking, remind(ctx, booking).await) });
    let tries: Vec<_> = tries.collect();
    let mut tries = futures::stream::iter(tries).buffer_unordered(AT_ONCE);
    while let Some((booking, outcome)) = tries.next().await {
        let n_failures = waits.get(&booking).map_or(0, |(_, n)| *n);
        let (wait, n_failures) = match outcome {
            Try::Done => {
                waits.remove(&booking);
                continue;
            }
            Try::After(wait) => (wait, n_failures),
            Try::Failed => (
                (FIRST_WAIT * 2_u32.pow(n_failures.min(6))).min(LONGEST_WAIT),
                n_failures + 1,
            ),
        };
        waits.insert(booking, (Instant::now() + wait, n_failures));
    }
}

/// One booking's reminder: the newest that is due stands for the earlier ones.
async fn remind(ctx: &Context, booking: BookingId) -> Try {
    let turn = ctx.pace.turn().await;
    // From here to the start of the send nobody can be forgotten unseen, as with alerts.
    let silence = ctx.silence.hold().await;
    if ctx.shutdown.is_cancelled() {
        return Try::Done;
    }
    let now = Utc::now();
    let (person, booking) = match ctx.store.due_booking(booking, now).await {
        Ok(Some(due)) => due,
        Ok(None) => return Try::Done,
        Err(error) => {
            tracing::warn!(%error, "could not read a reminder");
            return Try::Failed;
        }
    };
    if let Some(wait) = ctx.pace.wait_of(person.chat, Kind::Alert) {
        return Try::After(wait);
    }
    let _on_its_way = ctx.silence.on_its_way(person.chat);
    let sent = {
        let _counted = turn.begin(person.chat, Kind::Alert);
        let mut sending = std::pin::pin!(deliver(ctx, &person, &booking, now));
        let begun = futures::poll!(sending.as_mut());
        drop(silence);
        match begun {
            std::task::Poll::Ready(sent) => sent,
            std::task::Poll::Pending => sending.await,
        }
    };
    match sent {
        Ok(()) => note(ctx, &booking, now).await,
        Err(error) => refused(ctx, &person, &error).await,
    }
}

/// With markup and topic, or without what Telegram refused.
async fn deliver(
    ctx: &Context,
    person: &Person,
    booking: &Booking,
    now: DateTime<Utc>,
) -> Result<(), RequestError> {
    let (mut topic, mut has_markup) = (person.topic, true);
    loop {
        let Err(error) = send(ctx, person, booking, topic, has_markup, now).await else {
            return Ok(());
        };
        match Refusal::of(&error) {
            Refusal::NoTopic if topic.is_some() => topic = None,
            Refusal::BadText | Refusal::Other if has_markup => has_markup = false,
            _ => return Err(error),
        }
    }
}

async fn send(
    ctx: &Context,
    person: &Person,
    booking: &Booking,
    topic: Option<i32>,
    has_markup: bool,
    now: DateTime<Utc>,
) -> Result<(), RequestError> {
    let html = visit::reminder(person.lang, &booking.visit, now);
    let text = if has_markup { html } else { strip_tags(&html) };
    let mut request = ctx
        .bot
        .send_message(ChatId(person.chat), text)
        .link_preview_options(no_preview());
    if has_markup {
        request = request.parse_mode(ParseMode::Html);
        if booking.pending(now).any(|reminder| reminder.due_at > now) {
            let talk = Talk {
                chat: person.chat,
                topic,
                user: 0,
                lang: person.lang,
                speaks: None,
                now,
            };
            let quiet = button(&talk, "btn-visit-quiet", VisitPress::Quiet(booking.id));
            request = request.reply_markup(InlineKeyboardMarkup::new([[quiet]]));
        }
    }
    if let Some(topic) = topic {
        request = request.message_thread_id(ThreadId(MessageId(topic)));
    }
    request.send().await.map(|_| ())
}

/// Telegram has accepted it; until that is written the try does not end, so that it is not repeated.
async fn note(ctx: &Context, booking: &Booking, through: DateTime<Utc>) -> Try {
    let mut wait = Duration::from_millis(50);
    while let Err(error) = ctx.store.reminded(booking.id, through, Utc::now()).await {
        tracing::warn!(%error, "could not note that a reminder was sent; trying again");
        if ctx.shutdown.is_cancelled() {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
    tracing::info!(person = %booking.person, "reminded of a visit");
    Try::Done
}

async fn refused(ctx: &Context, person: &Person, error: &RequestError) -> Try {
    match Refusal::of(error) {
        Refusal::Wait(wait) => Try::After(wait.max(Duration::from_millis(500))),
        Refusal::Gone => {
            gone(ctx, person.chat).await;
            Try::Done
        }
        Refusal::Moved(to) => {
            moved(ctx, person.chat, to.0).await;
            Try::After(Duration::ZERO)
        }
        _ => {
            tracing::warn!(
                error = in_words(error),
                "a reminder was not delivered; it stays pending"
            );
            Try::Failed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDateTime;

    fn at(wall: &str) -> DateTime<Utc> {
        from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap())
    }

    #[track_caller]
    fn check(start: &str, now: &str, want: &[&str]) {
        let times: Vec<_> = times(at(start), at(now))
            .iter()
            .map(|(_, due)| *due)
            .collect();
        let want: Vec<_> = want.iter().map(|want| at(want)).collect();
        assert_eq!(times, want);
    }

    #[test]
    fn the_evening_before_and_two_hours_before() {
        check(
            "2026-11-25 09:40",
            "2026-11-20 12:00",
            &["2026-11-24 19:00", "2026-11-25 07:40"],
        );
    }

    #[test]
    fn what_has_passed_already_is_left_out() {
        check(
            "2026-11-21 09:40",
            "2026-11-20 19:00",
            &["2026-11-21 07:40"],
        );
        check("2026-11-21 09:40", "2026-11-21 07:40", &[]);
        check(
            "2026-11-20 18:00",
            "2026-11-20 12:00",
            &["2026-11-20 16:00"],
        );
    }

    #[test]
    fn a_visit_after_midnight_has_its_evening_on_the_day_before() {
        check(
            "2026-11-21 00:10",
            "2026-11-20 12:00",
            &["2026-11-20 19:00", "2026-11-20 22:10"],
        );
    }
}
