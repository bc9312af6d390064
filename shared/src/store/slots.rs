//! A doctor's free slots as one answer leaves them, with the events of what changed.

use super::StoreError;
use super::looks::{LookRecorded, emit};
use super::rows::{at, ms};
use crate::diff::{Change, Known, diff};
use crate::event::EventKind;
use crate::ids::{DoctorRef, EventId, SlotId};
use crate::slot::Slot;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Transaction;
use std::collections::HashMap;

/// After so long without a good look, what is free was *found*, not seen to appear (rule 4).
const LONG_GAP: TimeDelta = TimeDelta::minutes(10);

/// The slots of a doctor as they are kept: what a look is compared with, and the details of each.
fn kept(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
) -> Result<(Known, HashMap<DateTime<Utc>, Slot>), StoreError> {
    let mut query = db.prepare_cached(
        "select start, end, slot_id, room, address, number, n_places, missed_at from slots
         where lpu_id = ?1 and doctor_id = ?2",
    )?;
    let mut rows = query.query((doctor.lpu.0, &doctor.doctor.0))?;
    let (mut known, mut slots) = (Known::default(), HashMap::new());
    while let Some(row) = rows.next()? {
        let slot = Slot {
            start: at(row, "start")?,
            end: at(row, "end")?,
            id: SlotId(row.get("slot_id")?),
            room: row.get("room")?,
            address: row.get("address")?,
            number: row.get("number")?,
            n_places: row.get("n_places")?,
        };
        known.free.insert(slot.start);
        if row.get::<_, Option<i64>>("missed_at")?.is_some() {
            known.missed_once.insert(slot.start);
        }
        slots.insert(slot.start, slot);
    }
    Ok((known, slots))
}

/// Records what a good look saw. `good_before` is the last time the doctor was known to have nothing newer.
pub(super) fn record_slots(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    seen: &[Slot],
    good_before: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<LookRecorded, StoreError> {
    let opening = match good_before {
        Some(good_at) if now - good_at <= LONG_GAP => EventKind::Appeared,
        _ => EventKind::Found,
    };
    let mut done = LookRecorded::default();
    let event = |kind, start| {
        emit(
            db,
            kind,
            doctor.lpu,
            Some(&doctor.doctor),
            Some(start),
            good_before,
            now,
        )
    };
    let (known, slots) = kept(db, doctor)?;
    for change in diff(&known, seen, now) {
        match change {
            Change::Opened(slot) => {
                let opened_by = event(opening, slot.start)?;
                save_slot(db, doctor, &slot, Some(opened_by))?;
                done.n_opened += 1;
                done.last_opened = done.last_opened.max(Some(slot.start));
                done.n_free += 1;
            }
            Change::Stays(slot) => {
                // Most looks change nothing: comparing here is cheaper than a statement for each slot.
                let is_same = slots.get(&slot.start) == Some(&slot);
                if !is_same || known.missed_once.contains(&slot.start) {
                    save_slot(db, doctor, &slot, None)?;
                }
                done.n_free += 1;
            }
            Change::Missed(start) => {
                db.prepare_cached(
                    "update slots set missed_at = ?4 where lpu_id = ?1 and doctor_id = ?2 and start = ?3",
                )?
                .execute((doctor.lpu.0, &doctor.doctor.0, ms(start), ms(now)))?;
                done.n_missed += 1;
                done.n_free += 1;
            }
            Change::Gone(start) => {
                event(EventKind::Gone, start)?;
                drop_slot(db, doctor, start)?;
                done.n_gone += 1;
            }
            Change::Passed(start) => drop_slot(db, doctor, start)?,
        }
    }
    Ok(done)
}

fn save_slot(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    slot: &Slot,
    opened_by: Option<EventId>,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "insert into slots (lpu_id, doctor_id, start, end, slot_id, room, address, number, n_places, opened_by)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ifnull(?10, 0))
         on conflict (lpu_id, doctor_id, start) do update set end = excluded.end, slot_id = excluded.slot_id,
             room = excluded.room, address = excluded.address, number = excluded.number,
             n_places = excluded.n_places, missed_at = null",
    )?
    .execute(rusqlite::params![
        doctor.lpu.0,
        doctor.doctor.0,
        ms(slot.start),
        ms(slot.end),
        slot.id.0,
        slot.room,
        slot.address,
        slot.number,
        slot.n_places,
        opened_by.map(|event| event.0),
    ])?;
    Ok(())
}

fn drop_slot(
    db: &Transaction<'_>,
    doctor: &DoctorRef,
    start: DateTime<Utc>,
) -> Result<(), StoreError> {
    db.prepare_cached("delete from slots where lpu_id = ?1 and doctor_id = ?2 and start = ?3")?
        .execute((doctor.lpu.0, &doctor.doctor.0, ms(start)))?;
    Ok(())
}
