//! What joins an alert that was sent moments ago, by an edit, and what is a message of its own.

use super::alerts::{Line, all_active, by_doctor, lines};
use super::rows::ms;
use super::{DoctorNews, StoreError};
use crate::ids::{DoctorRef, EventId, PersonId, WatchId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Transaction;

/// So long after an alert a newly opened talon of a doctor it names is written into it.
const JOINS: TimeDelta = TimeDelta::seconds(60);

/// An alert that takes newly opened talons in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Its number in the store.
    pub alert: i64,
    /// Telegram's id of its message.
    pub message: i32,
    /// Everything the message tells once the new talons are in it, as things are now: a slot with `n_places` 0 is gone.
    pub doctors: Vec<DoctorNews>,
    /// The same line by line, as the store keeps it.
    pub(super) shown: String,
}

/// How what is pending is told.
pub(super) struct Division {
    /// In this turn.
    pub(super) now: Vec<DoctorNews>,
    /// As an edit of this alert; `None` = as a new message.
    pub(super) joins: Option<Join>,
    /// In a turn after this one.
    pub(super) later: Vec<DoctorNews>,
}

impl Division {
    fn message(doctors: Vec<DoctorNews>) -> Self {
        Self {
            now: doctors,
            joins: None,
            later: Vec::new(),
        }
    }
}

/// An alert of the last minute.
struct Recent {
    alert: i64,
    message: i32,
    lines: Vec<Line>,
    /// It is still as it was told: every watch behind it is active, every doctor is looked at, nothing of it is to be
    /// told anew.
    is_open: bool,
}

fn recent(
    db: &Transaction<'_>,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Recent>, StoreError> {
    let mut query = db.prepare_cached(
        "select id, message_id,
                exists (select 1 from alert_slots s where s.alert_id = alerts.id and s.is_told = 0) as is_anew
         from alerts where person_id = ?1 and sent_at > ?2 and sent_at <= ?3 order by id desc",
    )?;
    // An alert of the future was sent before the clock was set back: nobody knows how long ago.
    let rows = query.query_map((person.0, ms(now - JOINS), ms(now)), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, bool>(2)?))
    })?;
    let rows: Vec<(i64, i32, bool)> = rows.collect::<Result<_, _>>()?;
    let mut recent = Vec::new();
    for (alert, message, is_anew) in rows {
        let lines = lines(db, alert, now)?;
        let is_known = lines.iter().all(|line| line.checked_at.is_some());
        let is_open = !is_anew && is_known && all_active(db, &lines, now)?;
        recent.push(Recent {
            alert,
            message,
            lines,
            is_open,
        });
    }
    Ok(recent)
}

/// Talons of doctors whom an alert of the last minute names join the newest such alert. Whatever else is pending is a
/// message of its own and goes first, because a message makes a sound and an edit does not. Nothing joins for a watch
/// that begins anew (`fresh`): what is free when somebody begins to wait was not newly opened. A person who sleeps gets
/// everything at once.
pub(super) fn divide(
    db: &Transaction<'_>,
    person: PersonId,
    is_asleep: bool,
    fresh: &[WatchId],
    doctors: Vec<DoctorNews>,
    now: DateTime<Utc>,
) -> Result<Division, StoreError> {
    if doctors.is_empty() {
        return Ok(Division::message(doctors));
    }
    let recent = recent(db, person, now)?;
    let alert_of = |doctor: &DoctorNews| {
        let who = doctor.target.doctor_ref();
        let names = |alert: &&Recent| {
            let mut lines = alert.lines.iter();
            lines.any(|line| Some(&line.doctor) == who.as_ref())
        };
        let is_fresh = doctor
            .slots
            .iter()
            .any(|(_, _, watch)| fresh.contains(watch));
        let alert = recent.iter().find(names).filter(|alert| alert.is_open);
        alert.filter(|_| !is_fresh).map(|alert| alert.alert)
    };
    let newest = doctors.iter().filter_map(alert_of).max();
    let Some(alert) = recent.iter().find(|alert| Some(alert.alert) == newest) else {
        return Ok(Division::message(doctors));
    };
    let is_single = doctors.iter().all(|doctor| alert_of(doctor) == newest);
    if is_asleep && !is_single {
        return Ok(Division::message(doctors));
    }
    let (joining, rest): (Vec<_>, Vec<_>) = doctors
        .into_iter()
        .partition(|doctor| alert_of(doctor).is_some());
    if !rest.is_empty() {
        return Ok(Division {
            now: rest,
            joins: None,
            later: joining,
        });
    }
    let (now_told, later): (Vec<_>, Vec<_>) = joining
        .into_iter()
        .partition(|doctor| alert_of(doctor) == newest);
    let all = merged(by_doctor(db, alert.lines.clone(), now)?, &now_told);
    Ok(Division {
        joins: Some(Join {
            alert: alert.alert,
            message: alert.message,
            shown: shown(&all),
            doctors: all,
        }),
        now: now_told,
        later,
    })
}

/// What was told with what is new, a slot that came back in its old place.
fn merged(mut told: Vec<DoctorNews>, new: &[DoctorNews]) -> Vec<DoctorNews> {
    for doctor in new {
        let who = doctor.target.doctor_ref();
        let known = told.iter_mut().find(|told| told.target.doctor_ref() == who);
        let Some(known) = known else {
            told.push(doctor.clone());
            continue;
        };
        known.checked_at = doctor.checked_at;
        for slot in &doctor.slots {
            known.slots.retain(|(told, ..)| told.start != slot.0.start);
            known.slots.push(slot.clone());
        }
        known.slots.sort_by_key(|(slot, ..)| slot.start);
    }
    told.sort_by_key(|doctor| doctor.slots.first().map(|(slot, ..)| slot.start));
    told
}

/// `1` or `0` for each line, free or struck out, in the order of the lines in the store.
fn shown(doctors: &[DoctorNews]) -> String {
    let mut marks: Vec<(DoctorRef, DateTime<Utc>, bool)> = Vec::new();
    for doctor in doctors {
        let Some(who) = doctor.target.doctor_ref() else {
            continue;
        };
        let slots = doctor.slots.iter();
        marks.extend(slots.map(|(slot, ..)| (who.clone(), slot.start, slot.n_places > 0)));
    }
    marks.sort();
    let marks = marks
        .iter()
        .map(|(.., is_free)| if *is_free { '1' } else { '0' });
    marks.collect()
}

/// Watches that were never told anything, or none of it since their wish was changed.
pub(super) fn fresh<'a>(watches: impl Iterator<Item = (&'a WatchId, &'a EventId)>) -> Vec<WatchId> {
    watches
        .filter(|(_, told_through)| told_through.0 <= 0)
        .map(|(watch, _)| *watch)
        .collect()
}
