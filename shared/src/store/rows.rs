//! Columns to values and back.

use crate::catalogue::Counters;
use crate::failure::{Failure, FailureKind};
use crate::ids::{DoctorId, LpuId, SpecialtyId};
use chrono::{DateTime, Utc};
use rusqlite::Row;

pub(super) type RowResult<T> = rusqlite::Result<T>;

pub(super) fn ms(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// An instant of the file; a number no clock can show (only a damaged file holds one) reads as the epoch.
pub(super) fn instant(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

pub(super) fn at(row: &Row<'_>, column: &str) -> RowResult<DateTime<Utc>> {
    row.get(column).map(instant)
}

pub(super) fn maybe_at(row: &Row<'_>, column: &str) -> RowResult<Option<DateTime<Utc>>> {
    row.get::<_, Option<i64>>(column).map(|ms| ms.map(instant))
}

pub(super) fn lpu_id(row: &Row<'_>) -> RowResult<LpuId> {
    row.get("lpu_id").map(LpuId)
}

pub(super) fn specialty_id(row: &Row<'_>) -> RowResult<SpecialtyId> {
    row.get("specialty_id").map(SpecialtyId)
}

pub(super) fn doctor_id(row: &Row<'_>) -> RowResult<DoctorId> {
    row.get("doctor_id").map(DoctorId)
}

pub(super) fn counters(row: &Row<'_>) -> RowResult<Counters> {
    Ok(Counters {
        n_free: row.get("n_free")?,
        n_tickets: row.get("n_tickets")?,
        nearest: maybe_at(row, "nearest")?,
        last: maybe_at(row, "last")?,
    })
}

pub(super) fn failure(row: &Row<'_>) -> RowResult<Option<Failure>> {
    let kind: Option<String> = row.get("failure_kind")?;
    let code = row.get("failure_code")?;
    Ok(kind.map(|word| Failure {
        kind: FailureKind::from_word(&word),
        code,
    }))
}
