//! Fields of one row of an answer.

use super::envelope::Bad;
use crate::clock::from_wall;
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::hash::Hash;

/// A row and where it stands, so that what is wrong in it can be named.
pub(super) struct Row<'a> {
    fields: &'a Map<String, Value>,
    place: String,
}

/// A date of the portal.
pub(super) struct Moment {
    pub(super) at: DateTime<Utc>,
    /// An offset and a fraction of a second: a server's clock, not a date of a visit.
    pub(super) is_clock_reading: bool,
}

/// Reads every row of `result`, or names the first thing that cannot be read.
pub(super) fn rows<T>(
    result: &Value,
    read: impl Fn(&Row<'_>) -> Result<T, Bad>,
) -> Result<Vec<T>, Bad> {
    let list = result.as_array().ok_or_else(|| Bad::new("result"))?;
    list.iter()
        .enumerate()
        .map(|(index, row)| read(&Row::new(row, format!("result[{index}]"))?))
        .collect()
}

/// The rows without those whose id was met before: Авиценна lists a doctor twice.
pub(super) fn no_id_twice<T, Id: Hash + Eq>(mut rows: Vec<T>, id: impl Fn(&T) -> Id) -> Vec<T> {
    let mut seen = HashSet::with_capacity(rows.len());
    rows.retain(|row| seen.insert(id(row)));
    rows
}

impl<'a> Row<'a> {
    /// The result itself, where it is one object.
    pub(super) fn only(result: &'a Value) -> Result<Self, Bad> {
        Self::new(result, "result".to_owned())
    }

    fn new(row: &'a Value, place: String) -> Result<Self, Bad> {
        match row.as_object() {
            Some(fields) => Ok(Self { fields, place }),
            None => Err(Bad::new(place)),
        }
    }

    pub(super) fn bad(&self, field: &str) -> Bad {
        Bad::new(format!("{}.{field}", self.place))
    }

    /// An opaque id: any text but an empty one, exactly as sent.
    pub(super) fn id(&self, field: &str) -> Result<String, Bad> {
        match self.fields.get(field) {
            Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
            _ => Err(self.bad(field)),
        }
    }

    /// An id the portal writes as a string in one place and as a number in another.
    pub(super) fn text_or_number(&self, field: &str) -> Result<String, Bad> {
        match self.fields.get(field) {
            Some(Value::Number(number)) if number.is_i64() => Ok(number.to_string()),
            _ => self.id(field),
        }
    }

    /// As [`Row::text_or_number`], where we know it to be a number.
    pub(super) fn number_or_text(&self, field: &str) -> Result<u32, Bad> {
        match self.fields.get(field) {
            Some(Value::Number(number)) => number.as_u64().and_then(|id| u32::try_from(id).ok()),
            Some(Value::String(digits)) => digits.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| self.bad(field))
    }

    /// A name: trimmed, never empty.
    pub(super) fn name(&self, field: &str) -> Result<String, Bad> {
        self.opt_text(field)?.ok_or_else(|| self.bad(field))
    }

    /// Text without the spaces around it; `None` when absent, null or blank.
    pub(super) fn opt_text(&self, field: &str) -> Result<Option<String>, Bad> {
        Ok(self.trimmed(field)?.map(str::to_owned))
    }

    /// As [`Row::opt_text`], for what some clinics send as a number.
    pub(super) fn opt_text_or_number(&self, field: &str) -> Result<Option<String>, Bad> {
        match self.fields.get(field) {
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            _ => self.opt_text(field),
        }
    }

    /// The city-wide code of a specialty; clinics write "none" as null, `""` or `"0"`.
    pub(super) fn fer_id(&self, field: &str) -> Result<Option<String>, Bad> {
        Ok(self.opt_text_or_number(field)?.filter(|id| id != "0"))
    }

    /// A counter. Negative, fractional and missing ones are refused: a guess here would be a lie about what is free.
    pub(super) fn count(&self, field: &str) -> Result<u32, Bad> {
        let count = self.fields.get(field).and_then(Value::as_u64);
        count
            .and_then(|count| u32::try_from(count).ok())
            .ok_or_else(|| self.bad(field))
    }

    pub(super) fn flag(&self, field: &str) -> Result<bool, Bad> {
        let flag = self.fields.get(field).and_then(Value::as_bool);
        flag.ok_or_else(|| self.bad(field))
    }

    /// How many items a nested list has.
    pub(super) fn list_len(&self, field: &str) -> Result<u32, Bad> {
        let list = self.fields.get(field).and_then(Value::as_array);
        list.and_then(|list| u32::try_from(list.len()).ok())
            .ok_or_else(|| self.bad(field))
    }

    pub(super) fn moment(&self, field: &str) -> Result<Moment, Bad> {
        self.opt_moment(field)?.ok_or_else(|| self.bad(field))
    }

    /// A date; `None` when absent, null or blank.
    pub(super) fn opt_moment(&self, field: &str) -> Result<Option<Moment>, Bad> {
        match self.trimmed(field)? {
            None => Ok(None),
            Some(text) => moment(text).map(Some).ok_or_else(|| self.bad(field)),
        }
    }

    fn trimmed(&self, field: &str) -> Result<Option<&'a str>, Bad> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.bad(field)),
        }
    }
}

/// A date with an offset, with `Z` or (wall clock of St. Petersburg) with neither; any fraction of a second.
fn moment(text: &str) -> Option<Moment> {
    let (at, has_offset) = match DateTime::parse_from_rfc3339(text) {
        Ok(at) => (at.to_utc(), true),
        Err(_) => {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
            // Beyond, arithmetic with offsets overflows.
            if !(1..=9999).contains(&local.year()) {
                return None;
            }
            (from_wall(local), false)
        }
    };
    Some(Moment {
        at,
        is_clock_reading: has_offset && text.contains('.'),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_date_is_read() {
        for (text, utc, is_clock_reading) in [
            ("2025-02-18T13:00:00", "2025-02-18T10:00:00Z", false),
            ("2025-02-18T00:00:00", "2025-02-17T21:00:00Z", false),
            ("2025-02-18T13:00:00.5", "2025-02-18T10:00:00.500Z", false),
            ("2025-02-18T13:00:00+03:00", "2025-02-18T10:00:00Z", false),
            ("2025-02-18T13:00:00Z", "2025-02-18T13:00:00Z", false),
            (
                "2025-02-18T13:00:00.123+03:00",
                "2025-02-18T10:00:00.123Z",
                true,
            ),
            (
                "2025-02-18T13:00:00.123456+03:00",
                "2025-02-18T10:00:00.123456Z",
                true,
            ),
            (
                "2025-02-18T13:00:00.1234567+03:00",
                "2025-02-18T10:00:00.123456700Z",
                true,
            ),
            (
                "2025-02-18T13:00:00.123456789012+03:00",
                "2025-02-18T10:00:00.123456789Z",
                true,
            ),
            (
                "2025-02-18T13:00:00.123456789012",
                "2025-02-18T10:00:00.123456789Z",
                false,
            ),
        ] {
            let read = moment(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.at, utc.parse::<DateTime<Utc>>().unwrap(), "{text}");
            assert_eq!(read.is_clock_reading, is_clock_reading, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "2025-02-30T13:00:00",
            "2025-02-18",
            "18.02.2025 13:00",
            "2025-02-18T25:00:00",
            "+262142-12-31T23:59:59",
            "-262143-01-01T00:00:00",
            "0000-01-01T00:00:00",
            "завтра",
        ] {
            assert!(moment(text).is_none(), "{text}");
        }
    }
}
