//! The portal's answers as values: its names and its looseness stop here. Pure functions of the body.
//!
//! Every reader judges in the same order: UTF-8, JSON, envelope, rows. A row that cannot be read makes the whole
//! answer unreadable; an answer read in part would say that the rest is gone.

mod envelope;
mod field;
mod row;

use self::envelope::{Bad, read};
use self::row::{Row, no_id_twice, rows};
use super::error::{ApiError, Endpoint};
use crate::catalogue::{Counters, District, Doctor, Lpu, Specialty};
use crate::ids::{DistrictId, DoctorId, LpuId, SlotId, SpecialtyId};
use crate::slot::{Day, Slot, merge_places};
use std::collections::HashSet;

pub(super) use self::envelope::unexpected;

/// Districts, in the portal's order. Sample: `data/api/districts.json`.
///
/// # Errors
/// As [`read_lpus`].
pub fn read_districts(body: &[u8]) -> Result<Vec<District>, ApiError> {
    read(Endpoint::Districts, body, |result| {
        let districts = rows(result, |row| {
            Ok(District {
                id: DistrictId(row.text_or_number("id")?),
                name: row.name("name")?,
            })
        })?;
        Ok(no_id_twice(districts, |district| district.id.clone()))
    })
}

/// Lpus of the city or of a district, in the portal's order. Empty for a district the portal does not know.
/// Sample: `data/api/lpus.json`.
///
/// # Errors
/// [`ApiError::TryLater`], [`ApiError::Gone`] and [`ApiError::NothingFree`] by the code of a refusal;
/// [`ApiError::Unexpected`] when anything in the body is not as known.
pub fn read_lpus(endpoint: Endpoint, body: &[u8]) -> Result<Vec<Lpu>, ApiError> {
    read(endpoint, body, |result| {
        Ok(no_id_twice(rows(result, lpu)?, |lpu| lpu.id))
    })
}

/// One Lpu, which must be the one asked for. Sample: `data/api/lpu.json`.
///
/// # Errors
/// As [`read_lpus`].
pub fn read_lpu(body: &[u8], asked: LpuId) -> Result<Lpu, ApiError> {
    read(Endpoint::Lpu, body, |result| {
        let found = lpu(&Row::only(result)?)?;
        if found.id == asked {
            Ok(found)
        } else {
            Err(Bad::new("result.id"))
        }
    })
}

/// Specialties of an Lpu, in the portal's order. Samples: `data/api/specialties_*.json`.
///
/// # Errors
/// As [`read_lpus`].
pub fn read_specialties(body: &[u8]) -> Result<Vec<Specialty>, ApiError> {
    read(Endpoint::Specialties, body, |result| {
        let specialties = rows(result, |row| {
            Ok(Specialty {
                id: SpecialtyId(row.id("id")?),
                fer_id: row.fer_id("ferId")?,
                name: row.name("name")?,
                counters: counters(row, "countFreeParticipant", "countFreeTicket")?,
            })
        })?;
        Ok(no_id_twice(specialties, |specialty| specialty.id.clone()))
    })
}

/// Doctors of a department, those with nothing free too, in the portal's order.
/// Samples: `data/api/doctors_*.json`.
///
/// # Errors
/// As [`read_lpus`].
pub fn read_doctors(body: &[u8]) -> Result<Vec<Doctor>, ApiError> {
    read(Endpoint::Doctors, body, |result| {
        let doctors = rows(result, |row| {
            Ok(Doctor {
                id: DoctorId(row.id("id")?),
                name: row.opt_text("name")?,
                area: row.opt_text("ariaNumber")?,
                comment: row.opt_text("comment")?,
                counters: counters(row, "freeParticipantCount", "freeTicketCount")?,
            })
        })?;
        Ok(no_id_twice(doctors, |doctor| doctor.id.clone()))
    })
}

/// Free times of a doctor, soonest first; places at one start are one slot. Empty when the portal says so in
/// either of its ways (code 39, or an empty list). Samples: `data/api/slots_*.json`.
///
/// # Errors
/// As [`read_lpus`], without [`ApiError::NothingFree`].
pub fn read_slots(body: &[u8]) -> Result<Vec<Slot>, ApiError> {
    let places = read(Endpoint::Slots, body, |result| rows(result, slot));
    let mut seen = HashSet::new();
    let mut places = none_when_nothing_free(places)?;
    // A row sent twice is one place. The start belongs to the key: an id used for two times must not hide one.
    places.retain(|place| seen.insert((place.start, place.id.clone())));
    Ok(merge_places(places))
}

/// Working days of a doctor, soonest first; empty when there are none. Sample: `data/api/timetable.json`.
///
/// # Errors
/// As [`read_slots`].
pub fn read_timetable(body: &[u8]) -> Result<Vec<Day>, ApiError> {
    let days = read(Endpoint::Timetable, body, |result| rows(result, day));
    let mut days = none_when_nothing_free(days)?;
    days.sort_by_key(|day| day.start);
    Ok(days)
}

fn lpu(row: &Row<'_>) -> Result<Lpu, Bad> {
    let full_name = row.opt_text("lpuFullName")?.unwrap_or_default();
    Ok(Lpu {
        id: LpuId(row.number_or_text("id")?),
        // `District.id` is a string, `districtId` a number: the same id.
        district: DistrictId(row.text_or_number("districtId")?),
        short_name: match row.opt_text("lpuShortName")? {
            Some(name) => name,
            None if full_name.is_empty() => return Err(row.bad("lpuShortName")),
            None => full_name.clone(),
        },
        full_name,
        kind: row.opt_text("lpuType")?,
        address: row.opt_text("address")?,
        phone: row.opt_text("phone")?,
        mis: row.opt_text("description")?,
        is_active: row.flag("isActive")?,
    })
}

fn counters(row: &Row<'_>, free: &str, tickets: &str) -> Result<Counters, Bad> {
    let n_free = row.count(free)?;
    let date = |field| -> Result<_, Bad> {
        let moment = row.opt_moment(field)?;
        // ПетроМС puts the time of the request here when nothing is free: another value at every read.
        let moment = moment.filter(|moment| !(n_free == 0 && moment.is_clock_reading));
        Ok(moment.map(|moment| moment.at))
    };
    Ok(Counters {
        n_free,
        n_tickets: row.count(tickets)?,
        nearest: date("nearestDate")?,
        last: date("lastDate")?,
    })
}

fn slot(row: &Row<'_>) -> Result<Slot, Bad> {
    Ok(Slot {
        start: row.moment("visitStart")?.at,
        end: row.moment("visitEnd")?.at,
        id: SlotId(row.id("id")?),
        room: row.opt_text("room")?,
        address: row.opt_text("address")?,
        number: row.opt_text_or_number("number")?,
        n_places: 1,
    })
}

fn day(row: &Row<'_>) -> Result<Day, Bad> {
    Ok(Day {
        start: row.moment("visitStart")?.at,
        end: row.moment("visitEnd")?.at,
        is_recordable: row.flag("recordableDay")?,
        deny_cause: row.opt_text("denyCause")?,
        n_slots: row.list_len("appointments")?,
    })
}

fn none_when_nothing_free<T>(answer: Result<Vec<T>, ApiError>) -> Result<Vec<T>, ApiError> {
    match answer {
        Err(ApiError::NothingFree) => Ok(Vec::new()),
        answer => answer,
    }
}
