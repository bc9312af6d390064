//! What a person hears beside talons: clinics that are silent, facts about their doctors, and once a week how it goes. One message at a time,
//! through the same limit as alerts, so that it never holds one up.

use crate::answers::{gone, moved, send_once};
use crate::config;
use crate::context::Context;
use crate::life::Life;
use crate::pace;
use crate::press::Press;
use crate::telegram::{Refusal, in_words};
use crate::texts::{self, Lang, text};
use chrono::{DateTime, Datelike as _, NaiveTime, TimeDelta, Timelike as _, Utc};
use futures::FutureExt as _;
use shared::clock::{from_wall, wall};
use shared::ids::{PersonId, WatchId};
use shared::store::{Fact, FactKind, Facts, OutageNews, Person, Program, StoreError, Weekly};
use shared::supervise::broke;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use tokio::time::MissedTickBehavior;

/// Between two looks for what is to be told.
const EVERY: Duration = Duration::from_secs(30);

/// Facts of one message; the others come with the next one.
const FACTS: usize = 3;

/// Clinics of one message, so many that it fits whatever they are called; the others come with the next one.
const CLINICS: usize = 7;

/// Watches of a weekly message.
const WEEKS: usize = 8;

/// The weekly message comes this much late at most, when the bot was away at its hour.
const WEEKLY_LATE: TimeDelta = TimeDelta::hours(30);

/// What is to be told.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Outages,
    Facts,
    Weekly,
}

/// It, as it is now.
enum Errand {
    Outages(OutageNews),
    Facts(Facts),
    Weekly(Box<Weekly>),
}

impl Errand {
    fn person(&self) -> &Person {
        match self {
            Self::Outages(news) => &news.person,
            Self::Facts(facts) => &facts.person,
            Self::Weekly(weekly) => &weekly.person,
        }
    }

    fn compose(&self, now: DateTime<Utc>) -> (String, InlineKeyboardMarkup) {
        let lang = self.person().lang;
        match self {
            Self::Outages(news) => {
                let no_buttons = InlineKeyboardMarkup::default();
                (texts::outages(lang, news, now), no_buttons)
            }
            Self::Facts(facts) => (texts::facts(lang, facts, now), fact_buttons(lang, facts)),
            Self::Weekly(weekly) => {
                let (html, n) = texts::weekly(lang, weekly, WEEKS);
                (html, weekly_buttons(lang, weekly, n))
            }
        }
    }

    async fn told(self, ctx: &Context, now: DateTime<Utc>) -> Result<(), StoreError> {
        match self {
            Self::Outages(news) => ctx.store.outages_told(news, now).await,
            Self::Facts(facts) => ctx.store.facts_told(facts, now).await,
            Self::Weekly(weekly) => ctx.store.weekly_told(weekly.person.id, now).await,
        }
    }
}

fn labelled(lang: Lang, key: &str, number: Option<usize>, press: Press) -> InlineKeyboardButton {
    let label = text(lang, key);
    let label = number.map_or_else(|| label.clone(), |number| format!("{number}. {label}"));
    InlineKeyboardButton::callback(label, press.to_string())
}

fn fact_buttons(lang: Lang, facts: &Facts) -> InlineKeyboardMarkup {
    let is_one = facts.facts.len() == 1;
    let rows = facts.facts.iter().enumerate().flat_map(|(n, fact)| {
        let number = (!is_one).then_some(n + 1);
        fact.watches.iter().filter_map(move |&watch: &WatchId| {
            let (key, life) = match fact.kind {
                FactKind::Gone => ("btn-widen", Life::Widen(watch)),
                FactKind::Renumbered(_) => ("btn-retie", Life::Retie(watch)),
                FactKind::PlaceGone | FactKind::Back => return None,
            };
            Some(vec![labelled(lang, key, number, Press::Life(life))])
        })
    });
    // Where nothing can be waited for: another choice, and the list to leave the old one.
    let is_gone = |fact: &Fact| fact.kind == FactKind::PlaceGone;
    let anew = facts.facts.iter().any(is_gone).then(|| {
        vec![
            labelled(lang, "btn-choose-anew", None, Press::Add),
            labelled(lang, "btn-list", None, Press::List(0)),
        ]
    });
    let rows = rows.chain(anew);
    // A watch named twice needs one button: it does the same for all doctors of the watch.
    let mut seen = Vec::new();
    InlineKeyboardMarkup::new(rows.filter(|row| {
        let kind = row.first().map(|button| button.kind.clone());
        let is_new = !seen.contains(&kind);
        seen.push(kind);
        is_new
    }))
}

fn weekly_buttons(lang: Lang, weekly: &Weekly, n: usize) -> InlineKeyboardMarkup {
    let is_one = weekly.weeks.len() == 1;
    let rows = weekly.weeks.iter().take(n).enumerate().map(|(n, week)| {
        let number = (!is_one).then_some(n + 1);
        let can_widen = week
            .card
            .targets
            .iter()
            .any(|state| state.target.doctor.is_some());
        let any = can_widen.then(|| {
            labelled(
                lang,
                "btn-any",
                number,
                Press::Life(Life::Any(week.card.id)),
            )
        });
        let stop = Press::Life(Life::Stop(week.card.id));
        let stop = labelled(lang, "btn-stop", number, stop);
        any.into_iter().chain([stop]).collect::<Vec<_>>()
    });
    let keep = labelled(lang, "btn-keep", None, Press::Life(Life::Keep));
    InlineKeyboardMarkup::new(rows.chain([vec![keep]]))
}

/// The Sunday noon the weekly message belongs to, while it may be sent; `None` at other times.
fn mark(weekly: &config::Weekly, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let local = wall(now);
    let days_since = local.weekday().days_since(weekly.day);
    let day = local.date_naive() - TimeDelta::days(days_since.into());
    let mark = from_wall(day.and_time(NaiveTime::from_hms_opt(weekly.hour, 0, 0)?));
    let is_day = weekly.by_day.contains(&local.hour());
    (is_day && now >= mark && now - mark <= WEEKLY_LATE).then_some(mark)
}

/// Tells until the program ends.
pub(crate) async fn run(ctx: Context) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ctx.shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now = Utc::now();
        match ctx.store.people_with_outages(now).await {
            Ok(people) => tell_all(&ctx, Kind::Outages, people).await,
            Err(error) => tracing::warn!(%error, "could not read who is to hear of silent clinics"),
        }
        match ctx.store.people_with_facts(now).await {
            Ok(people) => tell_all(&ctx, Kind::Facts, people).await,
            Err(error) => tracing::warn!(%error, "could not read who has facts to hear"),
        }
        let Some(mark) = mark(&ctx.config.weekly, now) else {
            continue;
        };
        match ctx.store.people_due_weekly(mark, now).await {
            Ok(people) => tell_all(&ctx, Kind::Weekly, people).await,
            Err(error) => tracing::warn!(%error, "could not read who is to hear of their week"),
        }
    }
}

async fn tell_all(ctx: &Context, kind: Kind, people: Vec<PersonId>) {
    for person in people {
        if ctx.shutdown.is_cancelled() {
            return;
        }
        match AssertUnwindSafe(tell(ctx, kind, person))
            .catch_unwind()
            .await
        {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, ?kind, "could not read or note what was told"),
            Err(_) => broke(Program::Bot, "errand"),
        }
    }
}

async fn pending(
    ctx: &Context,
    kind: Kind,
    person: PersonId,
) -> Result<Option<Errand>, StoreError> {
    let now = Utc::now();
    Ok(match kind {
        Kind::Outages => ctx
            .store
            .outage_news(person, CLINICS, now)
            .await?
            .map(Errand::Outages),
        Kind::Facts => ctx
            .store
            .facts(person, FACTS, now)
            .await?
            .map(Errand::Facts),
        Kind::Weekly => ctx
            .store
            .weekly(person, now)
            .await?
            .map(|weekly| Errand::Weekly(Box::new(weekly))),
    })
}

/// Tells one person; what was not delivered is tried again in the next round, if it is still true.
async fn tell(ctx: &Context, kind: Kind, person: PersonId) -> Result<(), StoreError> {
    let (mut has_topic, mut is_plain) = (true, false);
    for _ in 0..4 {
        let turn = ctx.pace.turn().await;
        // From here to the start of the send nobody can go silent unseen, and what is told is still true.
        let checking = ctx.silence.hold().await;
        let Some(errand) = pending(ctx, kind, person).await? else {
            return Ok(());
        };
        if ctx.shutdown.is_cancelled() {
            return Ok(());
        }
        let chat = errand.person().chat;
        if let Some(wait) = ctx.pace.wait_of(chat, pace::Kind::Alert) {
            drop((turn, checking));
            tokio::time::sleep(wait).await;
            continue;
        }
        let topic = errand.person().topic.filter(|_| has_topic);
        let (html, keyboard) = errand.compose(Utc::now());
        let _on_its_way = ctx.silence.on_its_way(chat);
        let sent = {
            let _counted = turn.begin(chat, pace::Kind::Alert);
            let mut sending =
                std::pin::pin!(send_once(ctx, chat, topic, &html, Some(keyboard), is_plain));
            let begun = futures::poll!(sending.as_mut());
            drop(checking);
            match begun {
                std::task::Poll::Ready(sent) => sent,
                std::task::Poll::Pending => sending.await,
            }
        };
        let error = match sent {
            Ok(_) => return errand.told(ctx, Utc::now()).await,
            Err(error) => error,
        };
        match Refusal::of(&error) {
            Refusal::Gone => {
                gone(ctx, chat).await;
                return Ok(());
            }
            Refusal::Moved(to) => drop(moved(ctx, chat, to.0).await),
            Refusal::NoTopic if topic.is_some() => has_topic = false,
            Refusal::BadText | Refusal::Other if !is_plain => is_plain = true,
            _ => {
                tracing::warn!(
                    error = in_words(&error),
                    ?kind,
                    "not delivered; it stays pending"
                );
                return Ok(());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_ends_on_sunday_at_noon() {
        let at = |text: &str| from_wall(text.parse().unwrap());
        let sunday = Some(at("2026-11-22T12:00:00"));
        for (now, want) in [
            ("2026-11-22T11:59:59", None),
            ("2026-11-22T12:00:00", sunday),
            ("2026-11-22T20:59:00", sunday),
            ("2026-11-22T21:00:00", None),
            ("2026-11-23T03:00:00", None),
            ("2026-11-23T10:00:00", sunday),
            ("2026-11-23T18:00:01", None),
            ("2026-11-25T12:00:00", None),
            ("2026-11-29T11:00:00", None),
        ] {
            assert_eq!(mark(&config::WEEKLY, at(now)), want, "{now}");
        }
    }
}
