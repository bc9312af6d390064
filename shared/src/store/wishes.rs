//! A changed wish, and the card that tells what is free under it.

use super::rows::ms;
use super::{FreeSlot, Store, StoreError, WatchCard, news, watches};
use crate::ids::{EventId, PersonId, WatchId};
use crate::wish::Wish;
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

/// A watch as its wish left it, to be shown on its card: what is free under the wish, in one snapshot.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The watch.
    pub card: WatchCard,
    /// The last event of the snapshot.
    through: EventId,
    /// The cursor meanwhile; another one later means that the watch began anew, or its wish changed again.
    cursor: EventId,
}

impl Store {
    /// Gives a watch another wish. Until [`Store::listed`] says that its card was shown, everything free that suits
    /// and was not told is news, however long ago it opened: a card that never arrived loses nothing. `None` when the
    /// person has no such watch, or it is deleted.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_wish(
        &self,
        person: PersonId,
        watch: WatchId,
        wish: Wish,
        now: DateTime<Utc>,
    ) -> Result<Option<Listing>, StoreError> {
        self.write(move |db| {
            // Below zero everything is news, as at zero; a new number each time, so that an alert or a card which is
            // on its way still does not move the cursor past what newly suits.
            let cursor = db
                .prepare_cached(
                    "update watches set wish = ?3, told_through = min(told_through, 0) - 1
                     where id = ?1 and person_id = ?2 and deleted_at is null returning told_through",
                )?
                .query_row((watch.0, person.0, watches::print_wish(&wish)?), |row| row.get(0))
                .optional()?;
            let card = watches::card(db, person, watch, now)?;
            let through = news::last_event(db)?;
            Ok(cursor.zip(card).map(|(cursor, card)| Listing {
                card,
                through,
                cursor: EventId(cursor),
            }))
        })
        .await
    }

    /// Telegram accepted the card that lists this: all of it counts as told, in one transaction, and what opens later
    /// is news. What is behind "+N" counts too; what was read too long ago to be told as news does not: it may be
    /// gone, and is told when it has been read again.
    ///
    /// # Errors
    /// When the file fails; then what was listed may be told again.
    pub async fn listed(&self, listing: Listing, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            let watch = listing.card.id.0;
            let listed = listing.card.targets.iter().flat_map(|state| &state.free);
            let is_told = |free: &&FreeSlot| {
                let read_at = free.checked_at;
                read_at.is_some_and(|read_at| now - read_at <= news::STALE)
            };
            if listed.clone().all(|free| is_told(&free)) {
                db.prepare_cached(
                    "update watches set told_through = ?3 where id = ?1 and told_through = ?2",
                )?
                .execute((watch, listing.cursor.0, listing.through.0))?;
            }
            // A watch deleted for good while the card was on its way has nothing to remember.
            let mut remember = db.prepare_cached(
                "insert or replace into card_slots (watch_id, lpu_id, doctor_id, start, opened_by)
                 select id, ?2, ?3, ?4, ?5 from watches where id = ?1",
            )?;
            for free in listed.filter(is_told) {
                remember.execute((
                    watch,
                    free.doctor.lpu.0,
                    &free.doctor.doctor.0,
                    ms(free.slot.start),
                    free.opened_by.0,
                ))?;
            }
            Ok(())
        })
        .await
    }
}
