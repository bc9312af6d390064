//! Watches: what a person waits for.

use super::rows::{at, lpu_id, maybe_at, ms, specialty_id};
use super::{
    Store, StoreError, TargetState, WatchedArea, areas, people, readings, recents, requests,
};
use crate::ids::{Area, Department, DoctorId, PersonId, Target, WatchId};
use crate::wish::Wish;
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction};

/// `paused_until` of a pause without an end.
const FOR_GOOD: i64 = 253_402_300_799_000; // the last second of the year 9999

/// A watch about to be made.
#[derive(Debug, Clone)]
pub struct NewWatch {
    /// Whose.
    pub person: PersonId,
    /// For whom to wait; equal targets count once.
    pub targets: Vec<Target>,
    /// Whole areas to wait in, each one target; equal ones count once.
    pub areas: Vec<Area>,
    /// Which slots suit.
    pub wish: Wish,
}

/// How much one person may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Watches a person.
    pub watches: u32,
    /// Targets a watch; an area counts as one.
    pub targets: u32,
}

/// What became of a new watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddOutcome {
    /// It watches.
    Added(WatchId),
    /// The person had the same one: it watches again from the start, by the new wish when that limits anything.
    Already(WatchId),
    /// The person has as many as allowed.
    TooManyWatches,
    /// It names more targets than allowed, or none.
    TooManyTargets,
}

/// A watch with all that `/list` and `/status` show of it.
#[derive(Debug, Clone)]
pub struct WatchCard {
    /// Its id.
    pub id: WatchId,
    /// Whose.
    pub person: PersonId,
    /// Which slots suit.
    pub wish: Wish,
    /// Silent until then; far in the future for a pause without an end; `None` = not paused.
    pub paused_until: Option<DateTime<Utc>>,
    /// Breaks the person's quiet hours.
    pub is_urgent: bool,
    /// Deleted, may still be undone.
    pub deleted_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its areas, in the order they were chosen; empty when it was put together by hand.
    pub areas: Vec<WatchedArea>,
    /// Its targets with what is known of each: those chosen by hand in that order, and departments its areas cover
    /// now. Empty for an area that covers nothing yet.
    pub targets: Vec<TargetState>,
}

impl WatchCard {
    /// Whether it is silent at `now` by a pause of its own.
    pub fn is_paused(&self, now: DateTime<Utc>) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }
}

/// A target someone waits for right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The target.
    pub target: Target,
    /// How many people wait for it.
    pub n_people: u32,
}

/// A watch that may tell at `?now`: not deleted, not paused. Its alias is `w`.
pub(super) const ACTIVE_WATCH: &str =
    "w.deleted_at is null and (w.paused_until is null or w.paused_until <= :now)";

/// A person who may be told: on, reachable. Their alias is `p`.
pub(super) const LISTENING: &str = "p.watching = 1 and p.gone_at is null";

pub(super) fn read_target(row: &Row<'_>) -> rusqlite::Result<Target> {
    let doctor: Option<String> = row.get("doctor_id")?;
    let department = Department {
        lpu: lpu_id(row)?,
        specialty: specialty_id(row)?,
    };
    Ok(Target {
        department,
        doctor: doctor.map(DoctorId),
    })
}

pub(super) fn targets(db: &Transaction<'_>, watch: WatchId) -> Result<Vec<Target>, StoreError> {
    let mut query = db.prepare_cached(
        "select lpu_id, specialty_id, doctor_id from watch_targets where watch_id = ?1 order by rowid",
    )?;
    Ok(query
        .query_map([watch.0], read_target)?
        .collect::<Result<_, _>>()?)
}

/// Targets of a watch, each with the row of the area that brought it; `None` = chosen by hand.
fn targets_by_area(
    db: &Transaction<'_>,
    watch: WatchId,
) -> Result<Vec<(Target, Option<i64>)>, StoreError> {
    let mut query = db.prepare_cached(
        "select lpu_id, specialty_id, doctor_id, area_id from watch_targets where watch_id = ?1 order by rowid",
    )?;
    let rows = query.query_map([watch.0], |row| {
        Ok((read_target(row)?, row.get("area_id")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Targets of a watch chosen by hand.
fn chosen(db: &Transaction<'_>, watch: WatchId) -> Result<Vec<Target>, StoreError> {
    let all = targets_by_area(db, watch)?.into_iter();
    Ok(all
        .filter(|(_, area)| area.is_none())
        .map(|(target, _)| target)
        .collect())
}

/// Targets of the person's watches that are neither paused nor deleted.
pub(super) fn active_targets(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Target>, StoreError> {
    let sql = format!(
        "select distinct t.lpu_id, t.specialty_id, t.doctor_id
         from watches w join watch_targets t on t.watch_id = w.id
         where w.person_id = :person and {ACTIVE_WATCH}"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(
        rusqlite::named_params! { ":person": person.0, ":now": ms(now) },
        read_target,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whoever wants one alert a watch has had it: the watches that told pause, until the person resumes them.
pub(super) fn pause_told(db: &Transaction<'_>, news: &super::News) -> Result<(), StoreError> {
    let mut pause = db.prepare_cached(
        "update watches set paused_until = ?2 where id = ?1
         and exists (select 1 from people p where p.id = person_id and p.one_alert = 1)",
    )?;
    let told = news
        .doctors
        .iter()
        .flat_map(|doctor| &doctor.slots)
        .map(|(_, _, watch)| watch.0);
    for watch in told.collect::<std::collections::BTreeSet<_>>() {
        pause.execute((watch, FOR_GOOD))?;
    }
    Ok(())
}

fn parse_wish(text: &str) -> Wish {
    // Written by us; a wish nobody can read any more must not hide a talon.
    serde_json::from_str(text).unwrap_or_default()
}

pub(super) fn print_wish(wish: &Wish) -> Result<String, StoreError> {
    serde_json::to_string(wish).map_err(|error| StoreError::Failed(error.into()))
}

fn read_card(row: &Row<'_>) -> rusqlite::Result<WatchCard> {
    let wish: String = row.get("wish")?;
    Ok(WatchCard {
        id: WatchId(row.get("id")?),
        person: PersonId(row.get("person_id")?),
        wish: parse_wish(&wish),
        paused_until: maybe_at(row, "paused_until")?,
        is_urgent: row.get("is_urgent")?,
        deleted_at: maybe_at(row, "deleted_at")?,
        created_at: at(row, "created_at")?,
        areas: Vec::new(),
        targets: Vec::new(),
    })
}

const CARD: &str = "id, person_id, wish, paused_until, is_urgent, deleted_at, created_at";

/// Where a watch begins to tell: everything free now is news.
fn tell_anew(db: &Transaction<'_>, watch: WatchId) -> Result<(), StoreError> {
    db.prepare_cached("update watches set told_through = 0 where id = ?1")?
        .execute([watch.0])?;
    db.prepare_cached("update alert_slots set is_told = 0 where watch_id = ?1")?
        .execute([watch.0])?;
    db.prepare_cached("delete from card_slots where watch_id = ?1")?
        .execute([watch.0])?;
    Ok(())
}

fn same_watch(db: &Transaction<'_>, new: &NewWatch) -> Result<Option<WatchId>, StoreError> {
    let mut query =
        db.prepare_cached("select id from watches where person_id = ?1 and deleted_at is null")?;
    let ids: Vec<i64> = query
        .query_map([new.person.0], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids.into_iter().map(WatchId) {
        let known = chosen(db, id)?;
        if known.len() == new.targets.len()
            && new.targets.iter().all(|target| known.contains(target))
            && areas::are_same(&areas::of_watch(db, id)?, &new.areas)
        {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

impl Store {
    /// Adds a watch. Switches the person on, tells what is free from the start, and asks for a look.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn add_watch(
        &self,
        mut new: NewWatch,
        limits: Limits,
        now: DateTime<Utc>,
    ) -> Result<AddOutcome, StoreError> {
        new.targets.sort();
        new.targets.dedup();
        new.areas = areas::distinct(new.areas);
        let n_targets = new.targets.len() + new.areas.len();
        if n_targets == 0 || n_targets > limits.targets as usize {
            return Ok(AddOutcome::TooManyTargets);
        }
        self.write(move |db| {
            let outcome = match same_watch(db, &new)? {
                Some(id) => {
                    tell_anew(db, id)?;
                    // Asked for with a wish of its own this time: the newer one counts.
                    if new.wish != Wish::default() {
                        db.execute(
                            "update watches set wish = ?2 where id = ?1",
                            (id.0, print_wish(&new.wish)?),
                        )?;
                    }
                    db.execute(
                        "update watches set paused_until = null where id = ?1",
                        [id.0],
                    )?;
                    AddOutcome::Already(id)
                }
                None => {
                    let n: u32 = db.query_row(
                        "select count(*) from watches where person_id = ?1 and deleted_at is null",
                        [new.person.0],
                        |row| row.get(0),
                    )?;
                    if n >= limits.watches {
                        return Ok(AddOutcome::TooManyWatches);
                    }
                    AddOutcome::Added(insert(db, &new, now)?)
                }
            };
            let person = people::by_id(db, new.person)?.ok_or(StoreError::Stopped)?;
            if !person.is_watching {
                people::resume(db, new.person, now)?;
            }
            recents::remember(db, new.person, &new.targets, now)?;
            if let AddOutcome::Added(id) | AddOutcome::Already(id) = outcome {
                requests::ask(db, &targets(db, id)?, now)?;
            }
            Ok(outcome)
        })
        .await
    }

    /// The person's watches with all that is known of their targets, oldest first; deleted ones left out.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn watches(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Vec<WatchCard>, StoreError> {
        self.read(move |db| cards(db, person, now)).await
    }

    /// The person's watches deleted at or after `since`, the last deleted first; empty when there are none.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn deleted_watches(
        &self,
        person: PersonId,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Vec<WatchCard>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select {CARD} from watches where person_id = ?1 and deleted_at >= ?2
                 order by deleted_at desc, id desc"
            );
            let mut query = db.prepare_cached(&sql)?;
            let cards = query.query_map((person.0, ms(since)), read_card)?;
            cards.map(|card| with_targets(db, card?, now)).collect()
        })
        .await
    }

    /// One watch of the person, deleted or not; `None` when there is no such watch or it is someone else's.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn watch(
        &self,
        person: PersonId,
        watch: WatchId,
        now: DateTime<Utc>,
    ) -> Result<Option<WatchCard>, StoreError> {
        self.read(move |db| card(db, person, watch, now)).await
    }

    /// Silences one watch until then, or for good. Its cursor stays.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn pause_watch(
        &self,
        watch: WatchId,
        until: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update watches set paused_until = ?2 where id = ?1")?
                .execute((watch.0, until.map_or(FOR_GOOD, ms)))?;
            Ok(())
        })
        .await
    }

    /// Whether its alerts break the person's quiet hours.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn set_urgent(&self, watch: WatchId, is_urgent: bool) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("update watches set is_urgent = ?2 where id = ?1")?
                .execute((watch.0, is_urgent))?;
            Ok(())
        })
        .await
    }

    /// Ends a pause: what is free now is news again, and a look is asked for.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn resume_watch(&self, watch: WatchId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute(
                "update watches set paused_until = null where id = ?1",
                [watch.0],
            )?;
            tell_anew(db, watch)?;
            requests::ask(db, &targets(db, watch)?, now)
        })
        .await
    }

    /// Deletes a watch; [`Store::undo_delete`] brings it back until [`Store::purge_deleted`] has passed.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn delete_watch(&self, watch: WatchId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached(
                "update watches set deleted_at = ?2 where id = ?1 and deleted_at is null",
            )?
            .execute((watch.0, ms(now)))?;
            Ok(())
        })
        .await
    }

    /// Brings a deleted watch back as it was. `false` when it was deleted before `since` or is no more.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn undo_delete(
        &self,
        watch: WatchId,
        since: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.write(move |db| {
            let n = db
                .prepare_cached(
                    "update watches set deleted_at = null where id = ?1 and deleted_at >= ?2",
                )?
                .execute((watch.0, ms(since)))?;
            Ok(n > 0)
        })
        .await
    }

    /// Erases watches deleted before `before`.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn purge_deleted(&self, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.write(move |db| {
            Ok(db.execute("delete from watches where deleted_at < ?1", [ms(before)])?)
        })
        .await
    }

    /// What is watched now: the person is on and reachable, the watch neither paused nor deleted.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn watched(&self, now: DateTime<Utc>) -> Result<Vec<Watched>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "select t.lpu_id, t.specialty_id, t.doctor_id, count(distinct w.person_id) as n_people
                 from people p join watches w on w.person_id = p.id join watch_targets t on t.watch_id = w.id
                 where {LISTENING} and {ACTIVE_WATCH}
                 group by t.lpu_id, t.specialty_id, t.doctor_id"
            );
            let mut query = db.prepare_cached(&sql)?;
            let rows = query.query_map(rusqlite::named_params! { ":now": ms(now) }, |row| {
                Ok(Watched { target: read_target(row)?, n_people: row.get("n_people")? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

pub(super) fn cards(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<WatchCard>, StoreError> {
    let sql = format!(
        "select {CARD} from watches where person_id = ?1 and deleted_at is null order by id"
    );
    let mut query = db.prepare_cached(&sql)?;
    let cards = query.query_map([person.0], read_card)?;
    cards.map(|card| with_targets(db, card?, now)).collect()
}

pub(super) fn card(
    db: &Transaction<'_>,
    person: PersonId,
    watch: WatchId,
    now: DateTime<Utc>,
) -> Result<Option<WatchCard>, StoreError> {
    let sql = format!("select {CARD} from watches where id = ?1 and person_id = ?2");
    let card = db
        .prepare_cached(&sql)?
        .query_row((watch.0, person.0), read_card)
        .optional()?;
    card.map(|card| with_targets(db, card, now)).transpose()
}

fn with_targets(
    db: &Transaction<'_>,
    mut card: WatchCard,
    now: DateTime<Utc>,
) -> Result<WatchCard, StoreError> {
    let (ids, areas): (Vec<i64>, Vec<_>) = areas::watched(db, card.id)?.into_iter().unzip();
    card.areas = areas;
    for (target, area) in targets_by_area(db, card.id)? {
        let mut state = readings::target_state(db, target, now)?;
        state.area = area.and_then(|area| ids.iter().position(|id| *id == area));
        let n_free = state.free.len();
        state.free.retain(|free| card.wish.suits(&free.slot, now));
        state.n_unsuiting = n_free - state.free.len();
        card.targets.push(state);
    }
    Ok(card)
}

fn insert(db: &Transaction<'_>, new: &NewWatch, now: DateTime<Utc>) -> Result<WatchId, StoreError> {
    let wish = print_wish(&new.wish)?;
    db.prepare_cached(
        "insert into watches (person_id, wish, told_through, created_at) values (?1, ?2, 0, ?3)",
    )?
    .execute((new.person.0, wish, ms(now)))?;
    let id = WatchId(db.last_insert_rowid());
    let mut query = db.prepare_cached(
        "insert into watch_targets (watch_id, lpu_id, specialty_id, doctor_id) values (?1, ?2, ?3, ?4)",
    )?;
    for Target {
        department: Department { lpu, specialty },
        doctor,
    } in &new.targets
    {
        let doctor = doctor.as_ref().map(|doctor| &doctor.0);
        query.execute((id.0, lpu.0, &specialty.0, doctor))?;
    }
    areas::insert(db, id, &new.areas)?;
    Ok(id)
}
