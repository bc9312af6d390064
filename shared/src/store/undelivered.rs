//! What the bot owes people, as the other program sees it: to be noticed when nothing is delivered any more.

use super::news::STALE;
use super::rows::ms;
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Store, StoreError};
use crate::ids::{EventId, PersonId};
use crate::quiet::Quiet;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Row, named_params};
use std::collections::BTreeMap;

/// Telegram asks for no longer pause; one further ahead was left behind by a clock that was set back.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(1);

impl Store {
    /// People whose cursor lies before a talon that is free, was read lately and is of a doctor they wait for, with
    /// that cursor (the lowest of theirs): who may have something pending. Only those it could be sent to now: on,
    /// reachable, not in their quiet hours, not held back by Telegram. Whether something really is pending says
    /// [`Store::news`]; the talon may not suit, or have been told by another watch.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn may_be_owed(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<(PersonId, EventId)>, StoreError> {
        let columns = "p.id as person, p.quiet_from, p.quiet_to, iif(t.is_new, 0, w.told_through) as told_through";
        let rest = format!(
            "join watches w on w.id = t.watch_id join people p on p.id = w.person_id
             where (t.is_new = 1 or w.told_through < o.newest) and {LISTENING} and {ACTIVE_WATCH}
                   and (p.held_until is null or p.held_until <= :now or p.held_until > :longest)"
        );
        // Few doctors have something free: from them to whoever waits, by the index of each.
        let sql = format!(
            "with open as materialized (
                 select s.lpu_id, s.doctor_id, max(s.opened_by) as newest from slots s
                 join doctor_readings r on r.lpu_id = s.lpu_id and r.doctor_id = s.doctor_id
                 where s.start > :now and r.good_at >= :fresh group by s.lpu_id, s.doctor_id)
             select {columns} from open o
             cross join watch_targets t on t.lpu_id = o.lpu_id and t.doctor_id = o.doctor_id {rest}
             union all
             select {columns} from open o
             cross join department_doctors d on d.lpu_id = o.lpu_id and d.doctor_id = o.doctor_id
             cross join watch_targets t
                 on t.lpu_id = d.lpu_id and t.specialty_id = d.specialty_id and t.doctor_id is null {rest}"
        );
        self.read_aside(move |db| {
            let read = |row: &Row<'_>| {
                let quiet: (Option<u16>, Option<u16>) =
                    (row.get("quiet_from")?, row.get("quiet_to")?);
                let quiet = quiet
                    .0
                    .zip(quiet.1)
                    .and_then(|(from, to)| Quiet::new(from, to));
                let is_asleep = quiet.is_some_and(|quiet| quiet.until(now).is_some());
                let person = PersonId(row.get("person")?);
                Ok((person, EventId(row.get("told_through")?), is_asleep))
            };
            let params = named_params! {
                ":now": ms(now), ":fresh": ms(now - STALE), ":longest": ms(now + LONGEST_HOLD),
            };
            let mut query = db.prepare_cached(&sql)?;
            let mut owed = BTreeMap::new();
            for row in query.query_map(params, read)? {
                let (person, told_through, is_asleep) = row?;
                if !is_asleep {
                    let lowest = owed.entry(person).or_insert(told_through);
                    *lowest = told_through.min(*lowest);
                }
            }
            Ok(owed.into_iter().collect())
        })
        .await
    }

    /// Telegram asked to leave this chat alone until then. Only for those who watch over the delivery.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn hold_chat(&self, chat: i64, until: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update people set held_until = ?2 where chat_id = ?1")?
                .execute((chat, ms(until)))?;
            Ok(())
        })
        .await
    }
}
