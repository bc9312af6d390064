//! Watching over the bot: whether it lives, and whether what it owes people leaves. Telegram is none of our business;
//! that a cursor in the store does not move while there is something to tell is.

use chrono::{DateTime, Utc};
use shared::ids::{EventId, PersonId};
use shared::store::{Program, Store, StoreError};
use shared::vigil::Vigil;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Between two looks, at least.
const EVERY: Duration = Duration::from_secs(10);

/// What is watched over is asked for again only after this many times what asking took.
const REST: u32 = 50;

/// People looked at closely in one turn; the others have their turn later.
const CLOSE_LOOKS: usize = 300;

/// Whoever waits longer is worth a line in the log.
const LONG: Duration = Duration::from_secs(300);

/// Who may be owed something, since when we know, and where their cursor stood then.
#[derive(Debug, Default)]
struct Owed(HashMap<PersonId, (EventId, Instant)>);

impl Owed {
    /// Whoever is not named any more, or whose cursor moved, has been told: for them it begins anew.
    fn see(&mut self, people: &[(PersonId, EventId)], now: Instant) {
        let mut before = std::mem::take(&mut self.0);
        for &(person, cursor) in people {
            let known = before.remove(&person).filter(|(at, _)| *at == cursor);
            self.0.insert(person, known.unwrap_or((cursor, now)));
        }
    }

    /// Nothing is pending for them after all; asked again when everybody else has been.
    fn is_none(&mut self, person: PersonId, now: Instant) {
        if let Some((_, since)) = self.0.get_mut(&person) {
            *since = now;
        }
    }

    /// Longest first.
    fn longest(&self) -> Vec<(PersonId, Instant)> {
        let people = self.0.iter().map(|(person, (_, since))| (*person, *since));
        let mut people: Vec<_> = people.collect();
        people.sort_unstable_by_key(|(person, since)| (*since, *person));
        people
    }
}

/// Measures for ever.
pub(crate) async fn watch(store: Store) {
    let mut vigil = Vigil::default();
    let mut owed = Owed::default();
    let mut was_long = false;
    loop {
        let begun = Instant::now();
        if let Err(error) = look_at_bot(&store, &mut vigil).await {
            tracing::warn!(%error, "whether the bot lives could not be read");
        }
        match oldest(&store, &mut owed).await {
            Ok(age) => {
                metrics::gauge!("talon_undelivered_oldest_seconds").set(age.as_secs_f64());
                let is_long = age > LONG;
                if is_long && !was_long {
                    tracing::warn!(
                        oldest_s = age.as_secs(),
                        "somebody has not been told of a talon: is the bot stuck?"
                    );
                }
                was_long = is_long;
            }
            Err(error) => tracing::warn!(%error, "what people are owed could not be read"),
        }
        sleep(EVERY.max(begun.elapsed() * REST)).await;
    }
}

async fn look_at_bot(store: &Store, vigil: &mut Vigil) -> Result<(), StoreError> {
    let beat = store.heartbeat(Program::Bot).await?;
    vigil.look(beat, Instant::now());
    let age = match &beat {
        Some(beat) => vigil.age(beat, Utc::now()).as_seconds_f64(),
        // It never ran: silent since we began to watch.
        None => vigil.silent_for().as_secs_f64(),
    };
    metrics::gauge!("talon_bot_heartbeat_age_seconds").set(age);
    Ok(())
}

/// For how long the one who waits longest has had something pending; zero when nobody has.
async fn oldest(store: &Store, owed: &mut Owed) -> Result<Duration, StoreError> {
    let people = store.may_be_owed(Utc::now()).await?;
    let now = Instant::now();
    owed.see(&people, now);
    for (person, since) in owed.longest().into_iter().take(CLOSE_LOOKS) {
        if is_pending(store, person, Utc::now()).await? {
            return Ok(now.saturating_duration_since(since));
        }
        owed.is_none(person, now);
    }
    Ok(Duration::ZERO)
}

/// As the bot itself reads it.
async fn is_pending(
    store: &Store,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let news = store.news(person, now).await?;
    Ok(news.is_some_and(|news| !news.doctors.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(begun: Instant, seconds: u64) -> Instant {
        begun + Duration::from_secs(seconds)
    }

    /// Person and age in seconds, longest first.
    fn ages(owed: &Owed, now: Instant) -> Vec<(i64, u64)> {
        let longest = owed.longest().into_iter();
        longest
            .map(|(person, since)| (person.0, (now - since).as_secs()))
            .collect()
    }

    #[test]
    fn whoever_was_told_begins_anew() {
        let (mut owed, begun) = (Owed::default(), Instant::now());
        let named = |people: &[(i64, i64)]| -> Vec<_> {
            let people = people.iter();
            people
                .map(|&(person, cursor)| (PersonId(person), EventId(cursor)))
                .collect()
        };
        owed.see(&named(&[(1, 5), (2, 5)]), begun);
        owed.see(&named(&[(1, 5), (2, 5), (3, 5)]), at(begun, 10));
        assert_eq!(ages(&owed, at(begun, 10)), [(1, 10), (2, 10), (3, 0)]);
        // The first one's cursor moved, the second one is not named any more.
        owed.see(&named(&[(1, 6), (3, 5)]), at(begun, 20));
        assert_eq!(ages(&owed, at(begun, 20)), [(3, 10), (1, 0)]);
        owed.see(&named(&[(1, 6), (2, 5), (3, 5)]), at(begun, 30));
        assert_eq!(ages(&owed, at(begun, 30)), [(3, 20), (1, 10), (2, 0)]);
    }

    #[test]
    fn whoever_has_nothing_pending_makes_room_for_the_others() {
        let (mut owed, begun) = (Owed::default(), Instant::now());
        let people = [(PersonId(1), EventId(5)), (PersonId(2), EventId(5))];
        owed.see(&people[..1], begun);
        owed.see(&people, at(begun, 10));
        owed.is_none(PersonId(1), at(begun, 20));
        assert_eq!(ages(&owed, at(begun, 30)), [(2, 20), (1, 10)]);
    }
}
