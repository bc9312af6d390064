//! What a chat was told: so that nothing is told twice, and so that the message goes on telling the truth.

use super::news::{DoctorNews, News, place};
use super::rows::{at, doctor_id, instant, lpu_id, maybe_at, ms, specialty_id};
use super::watches::{ACTIVE_WATCH, LISTENING};
use super::{Person, Store, StoreError, people};
use crate::ids::{Department, DoctorRef, EventId, PersonId, Target, WatchId};
use crate::slot::Slot;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Transaction};
use std::collections::BTreeMap;

/// So long the message of an alert is edited as its slots go or return.
const LIFE: TimeDelta = TimeDelta::hours(24);

/// A message that told of slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Telegram's id of the message in the person's chat.
    pub message: i32,
    /// When Telegram accepted it.
    pub sent_at: DateTime<Utc>,
    /// Slots it told of that are still remembered.
    pub n_slots: u32,
}

/// An alert whose message no longer says how things are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivingAlert {
    /// Its number in the store.
    pub id: i64,
    /// Telegram's id of the message.
    pub message: i32,
    /// To whom it was sent; on and reachable.
    pub person: Person,
    /// What it told, as things are now: a slot with `n_places` 0 is gone.
    pub doctors: Vec<DoctorNews>,
    /// What [`Store::alert_shown`] takes once the message shows this.
    pub shown: String,
}

/// One line of an alert with what is known of its slot now.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) doctor: DoctorRef,
    target: Target,
    slot: Slot,
    opened_by: EventId,
    watch: WatchId,
    /// Last good look at the doctor; `None` = nobody looks any more.
    pub(super) checked_at: Option<DateTime<Utc>>,
}

pub(super) fn remember(
    db: &Transaction<'_>,
    news: &News,
    message: i32,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    // Somebody who was forgotten while the message was on its way has nothing to remember.
    let n_remembered = db
        .prepare_cached(
            "insert into alerts (person_id, message_id, sent_at, shown)
             select id, ?2, ?3, '' from people where id = ?1",
        )?
        .execute((news.person.id.0, message, ms(now)))?;
    if n_remembered == 0 {
        return Ok(());
    }
    let alert = db.last_insert_rowid();
    let n_lines = insert_lines(db, alert, news)?;
    show(db, alert, &"1".repeat(n_lines))?;
    super::visits::remember(db, news, message)
}

/// Remembers talons that were written into an alert told before. Nothing when the alert is no more.
pub(super) fn remember_joined(
    db: &Transaction<'_>,
    news: &News,
    join: &super::Join,
) -> Result<(), StoreError> {
    insert_lines(db, join.alert, news)?;
    show(db, join.alert, &join.shown)?;
    super::visits::remember(db, news, join.message)
}

/// The lines of an alert; how many were inserted. None of a watch, or of an alert, deleted for good meanwhile.
fn insert_lines(db: &Transaction<'_>, alert: i64, news: &News) -> Result<usize, StoreError> {
    let mut insert = db.prepare_cached(
        "insert or replace into alert_slots (alert_id, lpu_id, specialty_id, doctor_id, start, opened_by, room,
                                             address, person_id, watch_id)
         select a.id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, a.person_id, w.id from alerts a, watches w
         where a.id = ?1 and w.id = ?9",
    )?;
    let mut n_lines = 0;
    for doctor in &news.doctors {
        let Some(who) = doctor.target.doctor_ref() else {
            continue;
        };
        for (slot, opened_by, watch) in &doctor.slots {
            n_lines += insert.execute(rusqlite::params![
                alert,
                who.lpu.0,
                doctor.target.department.specialty.0,
                who.doctor.0,
                ms(slot.start),
                opened_by.0,
                slot.room,
                slot.address,
                watch.0,
            ])?;
        }
    }
    Ok(n_lines)
}

fn show(db: &Transaction<'_>, alert: i64, shown: &str) -> Result<(), StoreError> {
    db.prepare_cached("update alerts set shown = ?2 where id = ?1")?
        .execute((alert, shown))?;
    Ok(())
}

pub(super) fn lines(
    db: &Transaction<'_>,
    alert: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Line>, StoreError> {
    let mut query = db.prepare_cached(
        "select a.*, s.end, s.slot_id, s.number, s.n_places, r.good_at
         from alert_slots a
         left join slots s on s.lpu_id = a.lpu_id and s.doctor_id = a.doctor_id and s.start = a.start
         left join doctor_readings r on r.lpu_id = a.lpu_id and r.doctor_id = a.doctor_id
         where a.alert_id = ?1 order by a.lpu_id, a.doctor_id, a.start",
    )?;
    let rows = query.query_map([alert], |row| {
        let doctor = DoctorRef {
            lpu: lpu_id(row)?,
            doctor: doctor_id(row)?,
        };
        let department = Department {
            lpu: doctor.lpu,
            specialty: specialty_id(row)?,
        };
        let start = at(row, "start")?;
        let n_places: Option<u32> = row.get("n_places")?;
        let end: Option<i64> = row.get("end")?;
        let id: Option<String> = row.get("slot_id")?;
        Ok(Line {
            target: Target {
                department,
                doctor: Some(doctor.doctor.clone()),
            },
            doctor,
            slot: Slot {
                start,
                end: end.map_or(start, instant),
                id: id.unwrap_or_default().as_str().into(),
                room: row.get("room")?,
                address: row.get("address")?,
                number: row.get("number")?,
                // What has begun cannot be taken any more.
                n_places: n_places.filter(|_| start > now).unwrap_or(0),
            },
            opened_by: EventId(row.get("opened_by")?),
            watch: WatchId(row.get("watch_id")?),
            checked_at: maybe_at(row, "good_at")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The alert as things are now; `None` when its message says so already, or when nobody may or can know.
fn living(
    db: &Transaction<'_>,
    alert: i64,
    now: DateTime<Utc>,
) -> Result<Option<LivingAlert>, StoreError> {
    let sql = format!(
        "select a.message_id, a.shown, a.person_id from alerts a join people p on p.id = a.person_id
         where a.id = ?1 and a.sent_at > ?2 and {LISTENING}"
    );
    let found: Option<(i32, String, i64)> = db
        .prepare_cached(&sql)?
        .query_row((alert, ms(now - LIFE)), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((message, shown_before, person)) = found else {
        return Ok(None);
    };
    let lines = lines(db, alert, now)?;
    let is_known = |line: &Line| line.checked_at.is_some();
    if lines.is_empty() || !lines.iter().all(is_known) || !all_active(db, &lines, now)? {
        return Ok(None);
    }
    let shown: String = lines
        .iter()
        .map(|line| if line.slot.n_places > 0 { '1' } else { '0' })
        .collect();
    let Some(person) = people::by_id(db, PersonId(person))? else {
        return Ok(None);
    };
    if shown == shown_before {
        return Ok(None);
    }
    let doctors = by_doctor(db, lines, now)?;
    Ok(Some(LivingAlert {
        id: alert,
        message,
        person,
        doctors,
        shown,
    }))
}

/// The lines gathered by doctor, soonest slot first.
pub(super) fn by_doctor(
    db: &Transaction<'_>,
    lines: Vec<Line>,
    now: DateTime<Utc>,
) -> Result<Vec<DoctorNews>, StoreError> {
    let mut doctors = BTreeMap::<DoctorRef, DoctorNews>::new();
    for line in lines {
        let entry = match doctors.entry(line.doctor) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let place = place(db, &line.target)?;
                let checked_at = line.checked_at.unwrap_or(now);
                entry.insert(DoctorNews {
                    target: line.target,
                    place,
                    checked_at,
                    slots: Vec::new(),
                })
            }
        };
        entry.slots.push((line.slot, line.opened_by, line.watch));
    }
    let mut doctors: Vec<_> = doctors.into_values().collect();
    doctors.sort_by_key(|doctor| doctor.slots.first().map(|(slot, ..)| slot.start));
    Ok(doctors)
}

/// Whether every watch behind the lines still tells.
pub(super) fn all_active(
    db: &Transaction<'_>,
    lines: &[Line],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let sql =
        format!("select exists (select 1 from watches w where w.id = :watch and {ACTIVE_WATCH})");
    let mut query = db.prepare_cached(&sql)?;
    let mut watches: Vec<_> = lines.iter().map(|line| line.watch).collect();
    watches.sort();
    watches.dedup();
    for watch in watches {
        let params = rusqlite::named_params! { ":watch": watch.0, ":now": ms(now) };
        if !query.query_row(params, |row| row.get::<_, bool>(0))? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Store {
    /// The person's alerts that are still remembered, oldest first.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn alerts(&self, person: PersonId) -> Result<Vec<Alert>, StoreError> {
        self.read(move |db| {
            let mut query = db.prepare_cached(
                "select a.message_id, a.sent_at,
                        (select count(*) from alert_slots s where s.alert_id = a.id) as n_slots
                 from alerts a where a.person_id = ?1 order by a.id",
            )?;
            let rows = query.query_map([person.0], |row| {
                Ok(Alert {
                    message: row.get("message_id")?,
                    sent_at: at(row, "sent_at")?,
                    n_slots: row.get("n_slots")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Alerts of the last 24 h that told of a slot to which something happened after `since`, and whose they are; all of
    /// them for `EventId(0)`, which is how a program starts. Whether there is anything to edit is for
    /// [`Store::living_alert`] to say.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn touched_alerts(
        &self,
        since: EventId,
        now: DateTime<Utc>,
    ) -> Result<Vec<(i64, PersonId)>, StoreError> {
        self.read_aside(move |db| {
            let mut query = match since.0 {
                0 => db.prepare_cached("select id, person_id from alerts where sent_at > ?1 and ?2 = 0")?,
                _ => db.prepare_cached(
                    "select distinct a.id, a.person_id from events e
                     join alert_slots s on s.lpu_id = e.lpu_id and s.doctor_id = e.doctor_id and s.start = e.start
                     join alerts a on a.id = s.alert_id
                     where e.id > ?2 and a.sent_at > ?1",
                )?,
            };
            let ids = query.query_map((ms(now - LIFE), since.0), |row| {
                Ok((row.get(0)?, PersonId(row.get(1)?)))
            })?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// An alert as things are now, when its message no longer says so; `None` when it does, when the person is off,
    /// gone or has paused the watch, when nobody looks at the doctor any more, or when the alert is older than 24 h.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn living_alert(
        &self,
        alert: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<LivingAlert>, StoreError> {
        self.read_aside(move |db| living(db, alert, now)).await
    }

    /// The message of the alert shows this now.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn alert_shown(&self, alert: i64, shown: String) -> Result<(), StoreError> {
        self.write(move |db| show(db, alert, &shown)).await
    }

    /// Forgets what was told of slots whose start has passed once the message is too old to be edited.
    ///
    /// # Errors
    /// When the file fails.
    pub async fn forget_passed(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(move |db| {
            db.execute(
                "delete from alert_slots where start <= ?1
                 and alert_id in (select id from alerts where sent_at <= ?2)",
                (ms(now), ms(now - LIFE)),
            )?;
            db.execute("delete from card_slots where start <= ?1", [ms(now)])?;
            db.execute(
                "delete from alerts where sent_at <= ?1
                 and not exists (select 1 from alert_slots s where s.alert_id = alerts.id)",
                [ms(now - LIFE)],
            )?;
            db.execute("delete from card_slots where start <= ?1", [ms(now)])?;
            Ok(())
        })
        .await
    }
}
