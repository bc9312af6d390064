//! Alerts live: their messages are edited as talons go or return.
//!
//! Such an edit tells nothing new, so it comes last: only when no alert is ready to go, one at a time, within the same
//! limits. What happens to one alert meanwhile is merged into one edit; the store knows what its message shows.

use crate::answers::{gone, no_preview};
use crate::context::Context;
use crate::delivery::{keyboard, links};
use crate::life;
use crate::pace::Kind;
use crate::telegram::{Refusal, in_words};
use crate::texts;
use chrono::Utc;
use shared::ids::{EventId, PersonId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use teloxide::payloads::EditMessageTextSetters as _;
use teloxide::prelude::{Request as _, Requester as _};
use teloxide::types::{ChatId, MessageId, ParseMode};
use tokio::time::Instant;

/// What happens to an alert within this time makes one edit.
const GATHER: Duration = Duration::from_secs(1);

/// Before another try, when Telegram did not answer.
const AGAIN: Duration = Duration::from_secs(30);

/// Alerts whose messages may be out of date, with when to look at them: each once, so never more than there are alerts
/// of talons still ahead. About 100 bytes each.
#[derive(Default)]
pub(crate) struct Edits {
    due: BTreeSet<(Instant, i64)>,
    /// The same by alert, with whose it is.
    alerts: HashMap<i64, (Instant, PersonId)>,
}

impl Edits {
    /// Names the alerts to whose slots something happened since then.
    pub(crate) async fn scan(&mut self, ctx: &Context, since: EventId) {
        match ctx.store.touched_alerts(since, Utc::now()).await {
            Ok(alerts) => {
                let due = Instant::now() + GATHER;
                for (alert, person) in alerts {
                    self.name(alert, person, due);
                }
            }
            Err(error) => tracing::warn!(%error, "could not read which alerts are out of date"),
        }
    }

    /// What is named already is edited once, when it is due: the edit shows how things are then.
    fn name(&mut self, alert: i64, person: PersonId, due: Instant) {
        if let Entry::Vacant(entry) = self.alerts.entry(alert) {
            entry.insert((due, person));
            self.due.insert((due, alert));
        }
    }

    /// The alert that has waited longest, once its time has come, and whose it is.
    pub(crate) fn take(&mut self, now: Instant) -> Option<(i64, PersonId)> {
        let (due, alert) = *self.due.first().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, alert));
        let (_, person) = self.alerts.remove(&alert)?;
        Some((alert, person))
    }

    /// When the next one's time comes.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Looks at the alert again after this time, unless it was named again meanwhile.
    pub(crate) fn again(&mut self, alert: i64, person: PersonId, wait: Duration) {
        self.name(alert, person, Instant::now() + wait);
    }
}

/// Brings one alert's message up to date; `Some` = to be tried again after this time.
pub(crate) async fn edit(ctx: &Context, alert: i64) -> Option<Duration> {
    let unread = |error| {
        tracing::warn!(%error, "could not read an alert");
        AGAIN
    };
    // A first look, so that an alert with nothing to edit takes no turn.
    let taken = match ctx.store.living_alert(alert, Utc::now()).await {
        Ok(Some(living)) => {
            if let Some(wait) = ctx.pace.wait_of(living.person.chat, Kind::Edit) {
                return Some(wait);
            }
            life::taken_line(ctx, &living.person, living.message).await
        }
        Ok(None) => return None,
        Err(error) => return Some(unread(error)),
    };
    let turn = ctx.pace.turn().await;
    let checking = ctx.silence.hold().await;
    let living = match ctx.store.living_alert(alert, Utc::now()).await {
        Ok(Some(living)) => living,
        Ok(None) => return None,
        Err(error) => return Some(unread(error)),
    };
    let mut message = texts::living(living.person.lang, &living, &links(ctx), Utc::now());
    message
        .buttons
        .extend(crate::visit::buttons(living.person.lang));
    message.buttons.extend(life::group_buttons(&living.person));
    let request = ctx
        .bot
        .edit_message_text(
            ChatId(living.person.chat),
            MessageId(living.message),
            life::with_line(&message.html, taken.as_deref()),
        )
        .parse_mode(ParseMode::Html)
        .link_preview_options(no_preview())
        .reply_markup(keyboard(&message));
    let _on_its_way = ctx.silence.on_its_way(living.person.chat);
    let sent = {
        let _counted = turn.begin(living.person.chat, Kind::Edit);
        let mut sending = std::pin::pin!(request.send());
        let begun = futures::poll!(sending.as_mut());
        drop(checking);
        match begun {
            std::task::Poll::Ready(sent) => sent,
            std::task::Poll::Pending => sending.await,
        }
    };
    let error = match sent {
        Ok(_) => return shown(ctx, alert, living.shown).await,
        Err(error) => error,
    };
    match Refusal::of(&error) {
        Refusal::Wait(wait) => return Some(wait.max(GATHER)),
        Refusal::Later | Refusal::BadToken => return Some(AGAIN),
        Refusal::Gone => gone(ctx, living.person.chat).await,
        // The message was deleted, or cannot be edited for another reason: it is left as it is.
        Refusal::Unchanged | Refusal::NoMessage => {}
        _ => tracing::warn!(
            error = in_words(&error),
            "an alert could not be edited; it is left as it is"
        ),
    }
    shown(ctx, alert, living.shown).await
}

async fn shown(ctx: &Context, alert: i64, shown: String) -> Option<Duration> {
    match ctx.store.alert_shown(alert, shown).await {
        Ok(()) => None,
        Err(error) => {
            tracing::warn!(%error, "could not note what an alert shows");
            Some(AGAIN)
        }
    }
}
