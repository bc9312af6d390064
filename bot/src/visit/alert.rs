//! The buttons under an alert that look at its watches.

use super::{VisitPress, alert_watches, booked, button, pause, resume};
use crate::answers;
use crate::context::{Context, Talk};
use crate::files;
use crate::picture;
use crate::press::Press;
use crate::texts::{self, text};
use crate::wish::{self, Touch, View};
use chrono::{DateTime, Days, NaiveTime, Utc};
use shared::clock::{from_wall, wall_date};
use shared::ids::{PersonId, WatchId};
use shared::store::{StoreError, TargetState, WatchCard};
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup, MessageId};

/// Pictures sent at one press: one a watch.
const MAX_PICTURES: usize = 3;

/// Watches to choose from at one press; longest label of one.
const MAX_CHOICES: usize = 30;
const LONGEST_LABEL: usize = 60;

/// When "till tomorrow" ends, by the wall clock.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(8, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// 08:00 of the next day in St. Petersburg.
fn tomorrow(now: DateTime<Utc>) -> DateTime<Utc> {
    let day = wall_date(now);
    let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
    from_wall(next.and_time(MORNING))
}

/// A watch with everything free at its targets, suiting or not.
pub(super) struct Whole {
    pub(super) card: WatchCard,
    pub(super) states: Vec<TargetState>,
}

/// The watches that are still there.
async fn wholes(
    ctx: &Context,
    person: PersonId,
    watches: &[WatchId],
    now: DateTime<Utc>,
) -> Result<Vec<Whole>, StoreError> {
    let mut wholes = Vec::new();
    for watch in watches {
        let Some(card) = ctx.store.watch(person, *watch, now).await? else {
            continue;
        };
        let mut states = Vec::new();
        for state in &card.targets {
            let target = state.target.clone();
            states.push(ctx.store.target_state(target, now).await?);
        }
        wholes.push(Whole { card, states });
    }
    Ok(wholes)
}

/// A button under the alert of these watches. The alert itself stays as it is.
pub(super) async fn press(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    alert: MessageId,
    watches: &[WatchId],
    press: VisitPress,
) -> Result<(), StoreError> {
    let now = Utc::now();
    // All its watches are deleted: only a booking can still be kept.
    if watches.is_empty() && press != VisitPress::Booked {
        super::say_old(ctx, talk).await;
        return Ok(());
    }
    match press {
        VisitPress::All => {
            let wholes = wholes(ctx, person, watches, now).await?;
            let parts: Vec<_> = wholes
                .iter()
                .map(|whole| (&whole.card.wish, whole.states.as_slice()))
                .collect();
            let html = texts::visit::all_times(talk.lang, &parts, now);
            answers::send(ctx, talk, &html, None).await;
        }
        VisitPress::Picture => {
            for whole in wholes(ctx, person, watches, now)
                .await?
                .iter()
                .take(MAX_PICTURES)
            {
                send_picture(ctx, talk, whole, now).await;
            }
        }
        VisitPress::Pause => {
            let until = tomorrow(now);
            pause(ctx, talk, person, watches, Some(until)).await?;
            let html = texts::visit::paused(talk.lang, until, now);
            let again = button(talk, "btn-visit-again", VisitPress::Again(alert.0));
            let keyboard = InlineKeyboardMarkup::new([[again]]);
            answers::send(ctx, talk, &html, Some(keyboard)).await;
        }
        VisitPress::Change => {
            let is_open = match watches {
                [watch] => wish::open(ctx, talk, *watch).await?,
                several => choose(ctx, talk, person, several).await?,
            };
            if !is_open {
                super::say_old(ctx, talk).await;
            }
        }
        VisitPress::Booked => booked::ask(ctx, talk, person, None, alert.0, 0).await?,
        _ => {}
    }
    Ok(())
}

/// Asks which of an alert's watches to change; `false` when none is left.
async fn choose(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    watches: &[WatchId],
) -> Result<bool, StoreError> {
    let mut rows = Vec::new();
    for watch in watches.iter().take(MAX_CHOICES) {
        if let Some(card) = ctx.store.watch(person, *watch, Utc::now()).await? {
            let title = texts::plain(&texts::card_title(talk.lang, &card), LONGEST_LABEL);
            let open = Press::Wish(card.id, Touch::Show(View::Card));
            rows.push([InlineKeyboardButton::callback(title, open.to_string())]);
        }
    }
    if rows.is_empty() {
        return Ok(false);
    }
    let html = text(talk.lang, "visit-change-which");
    answers::send(ctx, talk, &html, Some(InlineKeyboardMarkup::new(rows))).await;
    Ok(true)
}

async fn send_picture(ctx: &Context, talk: &Talk, whole: &Whole, now: DateTime<Utc>) {
    let view = view(talk, whole, now);
    let lang = talk.lang;
    let drawn = tokio::task::spawn_blocking(move || picture::draw(&view, lang)).await;
    match drawn {
        Ok(Ok(png)) => files::photo(ctx, talk, png).await,
        Ok(Err(error)) => {
            tracing::error!(error, "a picture was not drawn");
            answers::send(ctx, talk, &text(lang, "went-wrong"), None).await;
        }
        Err(_) => {
            tracing::error!("drawing a picture panicked");
            answers::send(ctx, talk, &text(lang, "went-wrong"), None).await;
        }
    }
}

/// What the picture of a watch shows; a slot of two targets counts once.
fn view(talk: &Talk, whole: &Whole, now: DateTime<Utc>) -> picture::View {
    let mut seen = std::collections::HashSet::new();
    let free = whole.states.iter().flat_map(|state| &state.free);
    let marks = free
        .filter(|free| seen.insert((&free.doctor, free.slot.start)))
        .map(|free| picture::Mark {
            start: free.slot.start,
            n_places: free.slot.n_places,
            suits: whole.card.wish.suits(&free.slot, now),
        });
    picture::View {
        title: texts::picture_words::title(talk.lang, &whole.states),
        marks: marks.collect(),
        checked_at: whole.states.iter().filter_map(|state| state.good_at).min(),
        now,
    }
}

/// Watching again after a pause from an alert.
pub(super) async fn again(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    message: MessageId,
    alert: i32,
) -> Result<bool, StoreError> {
    let Some(watches) = alert_watches(ctx, person, alert).await? else {
        return Ok(false);
    };
    let html = text(talk.lang, "visit-again");
    answers::edit(
        ctx,
        talk,
        message,
        &html,
        Some(InlineKeyboardMarkup::default()),
    )
    .await;
    resume(ctx, person, &watches).await?;
    Ok(true)
}

/// The alert's watches stop, for good.
pub(super) async fn stop(
    ctx: &Context,
    talk: &Talk,
    person: PersonId,
    message: MessageId,
    alert: i32,
) -> Result<bool, StoreError> {
    let Some(watches) = alert_watches(ctx, person, alert).await? else {
        return Ok(false);
    };
    pause(ctx, talk, person, &watches, None).await?;
    let again = button(talk, "btn-visit-again", VisitPress::Again(alert));
    let keyboard = InlineKeyboardMarkup::new([[again]]);
    let html = text(talk.lang, "visit-stopped");
    answers::edit(ctx, talk, message, &html, Some(keyboard)).await;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDateTime;

    #[test]
    fn tomorrow_begins_at_eight_by_the_wall_clock() {
        let at =
            |wall: &str| from_wall(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap());
        for (now, want) in [
            ("2026-11-20 12:05", "2026-11-21 08:00"),
            ("2026-11-20 00:00", "2026-11-21 08:00"),
            // Still the day before in UTC.
            ("2026-11-21 02:59", "2026-11-22 08:00"),
            ("2026-12-31 23:59", "2027-01-01 08:00"),
        ] {
            assert_eq!(tomorrow(at(now)), at(want), "{now}");
        }
    }
}
