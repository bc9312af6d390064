//! Delivery is a cursor: what is pending for a person, and that it was told.

use super::rows::{at, doctor_id, instant, ms};
use super::watches::{ACTIVE_WATCH, read_target};
use super::{Join, Person, Store, StoreError, catalogue, joins, people};
use crate::catalogue::Lpu;
use crate::ids::{Department, DoctorRef, EventId, PersonId, SlotId, Target, WatchId};
use crate::slot::Slot;
use crate::wish::Wish;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Row, Transaction};
use std::collections::{BTreeMap, HashSet};

/// Names of a target, as far as the catalogue has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The institution.
    pub lpu: Option<Lpu>,
    /// The specialty.
    pub specialty: Option<String>,
    /// The doctor; `None` also for any doctor.
    pub doctor: Option<String>,
}

/// A free slot of a doctor, with what telling it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSlot {
    /// Whose.
    pub doctor: DoctorRef,
    /// The doctor's name.
    pub doctor_name: Option<String>,
    /// The slot.
    pub slot: Slot,
    /// The event that opened it.
    pub opened_by: EventId,
    /// The last good look at the doctor.
    pub checked_at: Option<DateTime<Utc>>,
}

/// News about one doctor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorNews {
    /// The doctor, with the department it was found by; `doctor` is always there.
    pub target: Target,
    /// Its names.
    pub place: Place,
    /// When the portal last said so.
    pub checked_at: DateTime<Utc>,
    /// Suiting slots not told yet, soonest first; never empty.
    pub slots: Vec<(Slot, EventId, WatchId)>,
}

/// Everything pending for one person, in one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// To whom; on and reachable at the time of the snapshot.
    pub person: Person,
    /// The last event of the snapshot: where the cursors move once it was told.
    pub through: EventId,
    /// The active watches with their cursors at the snapshot.
    pub cursors: Vec<(WatchId, EventId)>,
    /// Departments that joined one of these watches by an area and are told from their beginning in this snapshot.
    pub joined: Vec<(WatchId, Department)>,
    /// What to tell, soonest slot first; empty when nothing pending suits.
    pub doctors: Vec<DoctorNews>,
    /// A fresh look at one of these doctors was asked for moments ago and has not come yet: what is free may have
    /// changed since the last one (nobody may have watched them), so telling waits for it.
    pub awaits_look: bool,
    /// Doctors last read too long ago to be told without another look, which nobody has asked for yet.
    pub to_ask: Vec<Target>,
    /// Something in it may not wait for the end of the person's quiet hours: it begins within a day and they want to
    /// hear of that, or its watch is urgent.
    pub breaks_quiet: bool,
    /// The alert `doctors` are written into; `None` = they are a new message.
    pub joins: Option<Join>,
    /// Something else is pending that this message does not tell.
    pub has_more: bool,
}

/// A talon that begins this soon may break the quiet.
const SOON: TimeDelta = TimeDelta::hours(24);

/// How long telling waits for a look that was asked for; then it tells what was read lately and withholds the rest.
const LOOK_PATIENCE: TimeDelta = TimeDelta::seconds(30);

/// A reading this much older than the request still answers it.
const YOUNG: TimeDelta = TimeDelta::seconds(15);

/// What was read longer ago is looked at again before it is told.
const AGED: TimeDelta = TimeDelta::minutes(2);

/// What was read longer ago is not told until it has been read again: it may be long gone.
pub(super) const STALE: TimeDelta = TimeDelta::minutes(10);

/// A look asked for within this time is not asked for again.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// For so long after the end of the quiet hours what is told is the digest of the night: nothing [`AGED`] enters it.
const MORNING: TimeDelta = TimeDelta::hours(1);

/// How a doctor's last request for a look stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Nobody has asked lately.
    No,
    /// Moments ago, and the look has not come.
    Awaited,
    /// Lately; it has come, or took too long.
    Lately,
}

fn asked(db: &Transaction<'_>, target: &Target, now: DateTime<Utc>) -> Result<Asked, StoreError> {
    let Some(DoctorRef { lpu, doctor }) = target.doctor_ref() else {
        return Ok(Asked::No);
    };
    let (asked_at, begun_at): (Option<i64>, Option<i64>) = db
        .prepare_cached(
            "select max(q.asked_at), max(r.begun_at) from look_requests q
             left join doctor_readings r on r.lpu_id = q.lpu_id and r.doctor_id = ?2
             where q.lpu_id = ?1 and (q.doctor_id = ?2 or (q.doctor_id = '' and q.specialty_id = ?3))
                   and q.asked_at <= ?4",
        )?
        .query_row((lpu.0, &doctor.0, &target.department.specialty.0, ms(now)), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let Some(asked_at) = asked_at
        .map(instant)
        .filter(|&asked_at| now - asked_at <= ASK_AGAIN)
    else {
        return Ok(Asked::No);
    };
    let is_read = begun_at.is_some_and(|begun_at| instant(begun_at) >= asked_at - YOUNG);
    Ok(if !is_read && now - asked_at <= LOOK_PATIENCE {
        Asked::Awaited
    } else {
        Asked::Lately
    })
}

/// Whether the person's quiet hours have just ended.
fn is_morning(person: &Person, now: DateTime<Utc>) -> bool {
    person
        .quiet
        .is_some_and(|quiet| quiet.until(now).is_none() && quiet.until(now - MORNING).is_some())
}

pub(super) fn place(db: &Transaction<'_>, target: &Target) -> Result<Place, StoreError> {
    let department = &target.department;
    let doctor = match &target.doctor {
        Some(doctor) => catalogue::doctor_name(db, department.lpu, doctor)?,
        None => None,
    };
    Ok(Place {
        lpu: catalogue::lpu(db, department.lpu)?.map(|lpu| lpu.value),
        specialty: catalogue::specialty_name(db, department)?,
        doctor,
    })
}

fn read_free(row: &Row<'_>, target: &Target) -> rusqlite::Result<FreeSlot> {
    let good_at: Option<i64> = row.get("good_at")?;
    Ok(FreeSlot {
        doctor: DoctorRef {
            lpu: target.department.lpu,
            doctor: doctor_id(row)?,
        },
        doctor_name: row.get("doctor_name")?,
        slot: Slot {
            start: at(row, "start")?,
            end: at(row, "end")?,
            id: SlotId(row.get("slot_id")?),
            room: row.get("room")?,
            address: row.get("address")?,
            number: row.get("number")?,
            n_places: row.get("n_places")?,
        },
        opened_by: EventId(row.get("opened_by")?),
        checked_at: good_at.map(instant),
    })
}

/// Free slots of a target opened after `since` and still ahead, soonest first.
pub(super) fn free_slots_since(
    db: &Transaction<'_>,
    target: &Target,
    since: EventId,
    now: DateTime<Utc>,
) -> Result<Vec<FreeSlot>, StoreError> {
    let columns = "s.*, r.good_at,
        (select d.name from doctors d where d.lpu_id = s.lpu_id and d.doctor_id = s.doctor_id
         order by d.read_at desc limit 1) as doctor_name";
    let rest = "left join doctor_readings r on r.lpu_id = s.lpu_id and r.doctor_id = s.doctor_id
         where s.lpu_id = ?1 and s.opened_by > ?3 and s.start > ?4";
    let lpu = target.department.lpu.0;
    let rows: Vec<FreeSlot> = match &target.doctor {
        Some(doctor) => {
            let sql = format!(
                "select {columns} from slots s {rest} and s.doctor_id = ?2 order by s.start"
            );
            db.prepare_cached(&sql)?
                .query_map((lpu, &doctor.0, since.0, ms(now)), |row| {
                    read_free(row, target)
                })?
                .collect::<Result<_, _>>()?
        }
        None => {
            let sql = format!(
                "select {columns} from department_doctors m
                 join slots s on s.lpu_id = m.lpu_id and s.doctor_id = m.doctor_id
                 {rest} and m.lpu_id = ?1 and m.specialty_id = ?2 order by s.start, s.doctor_id"
            );
            let specialty = &target.department.specialty.0;
            db.prepare_cached(&sql)?
                .query_map((lpu, specialty, since.0, ms(now)), |row| {
                    read_free(row, target)
                })?
                .collect::<Result<_, _>>()?
        }
    };
    Ok(rows)
}

pub(super) fn free_slots(
    db: &Transaction<'_>,
    target: &Target,
    now: DateTime<Utc>,
) -> Result<Vec<FreeSlot>, StoreError> {
    free_slots_since(db, target, EventId(0), now)
}

pub(super) fn last_event(db: &Transaction<'_>) -> Result<EventId, StoreError> {
    // The sequence remembers the last id even when old events have been folded away.
    let id: Option<i64> = db
        .prepare_cached("select max(seq) from sqlite_sequence where name = 'events'")?
        .query_row([], |row| row.get(0))?;
    Ok(EventId(id.unwrap_or(0)))
}

struct ActiveWatch {
    id: WatchId,
    wish: Wish,
    is_urgent: bool,
    told_through: EventId,
    /// Each with whether it joined lately: then the cursor is not for it yet.
    targets: Vec<(Target, bool)>,
}

fn active_watches(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<ActiveWatch>, StoreError> {
    let sql = format!(
        "select w.id, w.wish, w.is_urgent, w.told_through, t.lpu_id, t.specialty_id, t.doctor_id, t.is_new
         from watches w join watch_targets t on t.watch_id = w.id
         where w.person_id = :person and {ACTIVE_WATCH} order by w.id, t.rowid"
    );
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query(rusqlite::named_params! { ":person": person.0, ":now": ms(now) })?;
    let mut watches: Vec<ActiveWatch> = Vec::new();
    while let Some(row) = rows.next()? {
        let id = WatchId(row.get("id")?);
        let target = (read_target(row)?, row.get("is_new")?);
        match watches.last_mut().filter(|watch| watch.id == id) {
            Some(watch) => watch.targets.push(target),
            None => {
                let wish: String = row.get("wish")?;
                watches.push(ActiveWatch {
                    id,
                    wish: serde_json::from_str(&wish).unwrap_or_default(),
                    is_urgent: row.get("is_urgent")?,
                    told_through: EventId(row.get("told_through")?),
                    targets: vec![target],
                });
            }
        }
    }
    Ok(watches)
}

/// Slots the person was told, by an alert or a card, by watches that are active still: (Lpu, doctor, start, opened by).
type Told = HashSet<(u32, String, i64, i64)>;

fn told_slots(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Told, StoreError> {
    let sql = format!(
        "select a.lpu_id, a.doctor_id, a.start, a.opened_by
         from alert_slots a join watches w on w.id = a.watch_id
         where a.person_id = :person and a.is_told = 1 and a.start > :now and {ACTIVE_WATCH}
         union
         select c.lpu_id, c.doctor_id, c.start, c.opened_by
         from card_slots c join watches w on w.id = c.watch_id
         where w.person_id = :person and c.start > :now and {ACTIVE_WATCH}"
    );
    let mut query = db.prepare_cached(&sql)?;
    let rows = query.query_map(
        rusqlite::named_params! { ":person": person.0, ":now": ms(now) },
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn was_told(told: &Told, free: &FreeSlot) -> bool {
    let FreeSlot {
        doctor,
        slot,
        opened_by,
        ..
    } = free;
    told.contains(&(
        doctor.lpu.0,
        doctor.doctor.0.clone(),
        ms(slot.start),
        opened_by.0,
    ))
}

/// Gathers by doctor what the watches have pending; a slot two watches wait for counts once.
fn pending(
    db: &Transaction<'_>,
    person: PersonId,
    watches: &[ActiveWatch],
    now: DateTime<Utc>,
) -> Result<Vec<DoctorNews>, StoreError> {
    let told = told_slots(db, person, now)?;
    let mut seen = HashSet::new();
    let mut by_doctor = BTreeMap::<DoctorRef, DoctorNews>::new();
    for watch in watches {
        for (target, is_new) in &watch.targets {
            let since = if *is_new {
                EventId(0)
            } else {
                watch.told_through
            };
            for free in free_slots_since(db, target, since, now)? {
                let fresh = seen.insert((free.doctor.clone(), free.slot.start));
                let suits = watch.wish.suits(&free.slot, now);
                if !fresh || !suits || was_told(&told, &free) {
                    if !suits {
                        seen.remove(&(free.doctor.clone(), free.slot.start));
                    }
                    continue;
                }
                let entry = match by_doctor.entry(free.doctor.clone()) {
                    std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::btree_map::Entry::Vacant(entry) => {
                        let target = Target {
                            department: target.department.clone(),
                            doctor: Some(free.doctor.doctor.clone()),
                        };
                        let place = place(db, &target)?;
                        // A slot without a good look behind it counts as read ages ago.
                        let checked_at = free.checked_at.unwrap_or_default();
                        entry.insert(DoctorNews {
                            target,
                            place,
                            checked_at,
                            slots: Vec::new(),
                        })
                    }
                };
                entry.slots.push((free.slot, free.opened_by, watch.id));
            }
        }
    }
    let mut doctors: Vec<_> = by_doctor.into_values().collect();
    for doctor in &mut doctors {
        doctor.slots.sort_by_key(|(slot, ..)| slot.start);
    }
    doctors.sort_by_key(|doctor| doctor.slots.first().map(|(slot, ..)| slot.start));
    Ok(doctors)
}

impl Store {
    /// What is pending for a person; `None` when they are off, gone, forgotten, or have no active watch.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn news(
        &self,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<Option<News>, StoreError> {
        self.read_aside(move |db| {
            let Some(person) = people::by_id(db, person)? else {
                return Ok(None);
            };
            let watches = active_watches(db, person.id, now)?;
            if !person.is_watching || person.gone_at.is_some() || watches.is_empty() {
                return Ok(None);
            }
            let mut doctors = pending(db, person.id, &watches, now)?;
            let is_urgent = |id: &WatchId| {
                watches
                    .iter()
                    .any(|watch| watch.id == *id && watch.is_urgent)
            };
            let breaks_quiet =
                doctors
                    .iter()
                    .flat_map(|doctor| &doctor.slots)
                    .any(|(slot, _, watch)| {
                        is_urgent(watch) || (person.quiet_soon && slot.start - now <= SOON)
                    });
            let (mut awaits_look, mut to_ask) = (false, Vec::new());
            for doctor in &doctors {
                let asked = asked(db, &doctor.target, now)?;
                awaits_look |= asked == Asked::Awaited;
                if asked == Asked::No && now - doctor.checked_at > AGED {
                    to_ask.push(doctor.target.clone());
                }
            }
            let limit = if is_morning(&person, now) {
                AGED
            } else {
                STALE
            };
            let withheld: Vec<_> = doctors
                .extract_if(.., |doctor| now - doctor.checked_at > limit)
                .collect();
            let is_asleep = person.quiet.is_some_and(|quiet| quiet.until(now).is_some());
            let told = watches.iter().map(|watch| (&watch.id, &watch.told_through));
            let fresh = joins::fresh(told);
            let division = joins::divide(db, person.id, is_asleep, &fresh, doctors, now)?;
            let has_more = !division.later.is_empty();
            // What is withheld or left for later stays pending: the cursors of its watches stay behind, what they
            // told is remembered.
            let behind: HashSet<WatchId> = withheld
                .into_iter()
                .chain(division.later)
                .flat_map(|doctor| doctor.slots)
                .map(|(_, _, watch)| watch)
                .collect();
            let cursors = watches.iter().filter(|watch| !behind.contains(&watch.id));
            let joined = cursors.clone().flat_map(|watch| {
                let new = watch.targets.iter().filter(|(_, is_new)| *is_new);
                new.map(|(target, _)| (watch.id, target.department.clone()))
            });
            let joined = joined.collect();
            let cursors = cursors
                .map(|watch| (watch.id, watch.told_through))
                .collect();
            let through = last_event(db)?;
            Ok(Some(News {
                person,
                through,
                cursors,
                joined,
                doctors: division.now,
                awaits_look,
                to_ask,
                breaks_quiet,
                joins: division.joins,
                has_more,
            }))
        })
        .await
    }

    /// Telegram accepted the message made of this snapshot (`message` is its id; of an alert it joins, the edit), or
    /// nothing in it suited (`None`):
    /// the cursors move to the end of the snapshot and what was told is remembered, in one transaction. A cursor
    /// that was set back meanwhile stays.
    ///
    /// # Errors
    /// When the file fails; then the message may be sent again.
    pub async fn told(
        &self,
        news: News,
        message: Option<i32>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut advance = db.prepare_cached(
                "update watches set told_through = ?3 where id = ?1 and told_through = ?2",
            )?;
            // From now on the cursor of the watch is theirs too.
            let mut settle = db.prepare_cached(
                "update watch_targets set is_new = 0
                 where watch_id = ?1 and lpu_id = ?2 and specialty_id = ?3 and doctor_id is null",
            )?;
            for (watch, told_through) in &news.cursors {
                if advance.execute((watch.0, told_through.0, news.through.0))? == 0 {
                    continue;
                }
                for (_, department) in news.joined.iter().filter(|(of, _)| of == watch) {
                    settle.execute((watch.0, department.lpu.0, &department.specialty.0))?;
                }
            }
            if let Some(message) = message {
                match &news.joins {
                    Some(join) => super::alerts::remember_joined(db, &news, join)?,
                    None => super::alerts::remember(db, &news, message, now)?,
                }
                super::watches::pause_told(db, &news)?;
            }
            Ok(())
        })
        .await
    }
}
