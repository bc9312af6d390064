//! Fields of one row of an answer.

use super::envelope::Bad;
use super::field::{Field, Object, ReadObject, Text};
use crate::clock::from_wall;
use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::Hash;

/// More rows than any answer has: the city has about a thousand clinics, a doctor some hundreds of talons.
const MOST_ROWS: usize = 10_000;
/// More fields than any row has.
const MOST_FIELDS: usize = 256;
/// Bytes of a text longer than any name, address or comment.
const LONGEST_TEXT: usize = 16 * 1024;

/// A row and where it stands, so that what is wrong in it can be named.
pub(super) struct Row<'a> {
    fields: Fields<'a>,
    /// Its place in the list; `None` where the result is the row.
    index: Option<usize>,
}

type Fields<'a> = BTreeMap<Cow<'a, str>, Field<'a>>;

/// A date of the portal.
pub(super) struct Moment {
    pub(super) at: DateTime<Utc>,
    /// An offset and a fraction of a second: a server's clock, not a date of a visit.
    pub(super) is_clock_reading: bool,
}

/// Reads every row of `result`, or names the first thing that cannot be read. One row is in memory at a time.
pub(super) fn rows<'a, T>(
    result: Option<&'a RawValue>,
    read: impl FnMut(&Row<'a>) -> Result<T, Bad>,
) -> Result<Vec<T>, Bad> {
    let result = result.ok_or_else(|| Bad::new("result"))?;
    let mut bad = None;
    let rows = Rows {
        read,
        bad: &mut bad,
        of: std::marker::PhantomData,
    };
    let list = rows.deserialize(&mut serde_json::Deserializer::from_str(result.get()));
    // Its brackets were judged with the envelope; what is left to be wrong is a number or an escape.
    list.map_err(|_| bad.unwrap_or_else(|| Bad::new("(JSON)")))
}

/// The list of an answer, each row given to `read` and forgotten.
struct Rows<'b, T, F> {
    read: F,
    /// What was wrong, when it was not the JSON itself.
    bad: &'b mut Option<Bad>,
    of: std::marker::PhantomData<T>,
}

impl<T, F> Rows<'_, T, F> {
    fn refuse<E: Error>(self, bad: Bad) -> E {
        *self.bad = Some(bad);
        E::custom("refused")
    }
}

impl<'de, T, F> DeserializeSeed<'de> for Rows<'_, T, F>
where
    F: FnMut(&Row<'de>) -> Result<T, Bad>,
{
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T, F> Visitor<'de> for Rows<'_, T, F>
where
    F: FnMut(&Row<'de>) -> Result<T, Bad>,
{
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut all = Vec::new();
        while let Some(Object(row)) = list.next_element::<Object<Fields<'de>>>()? {
            let index = Some(all.len());
            if all.len() == MOST_ROWS {
                return Err(self.refuse(Bad::new("result")));
            }
            let Some(fields) = row else {
                return Err(self.refuse(Bad::new(place(index))));
            };
            match (self.read)(&Row { fields, index }) {
                Ok(row) => all.push(row),
                Err(bad) => return Err(self.refuse(bad)),
            }
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Vec<T>, A::Error> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Vec<T>, E> {
        Err(self.refuse(Bad::new("result")))
    }
}

impl<'de> ReadObject<'de> for Fields<'de> {
    fn read<A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        let mut all = Self::new();
        while let Some(Text(name)) = fields.next_key()? {
            all.insert(name, fields.next_value()?);
            if all.len() > MOST_FIELDS {
                return Err(A::Error::custom("too many fields"));
            }
        }
        Ok(all)
    }
}

/// `result[3]`, or `result` where that is the row.
fn place(index: Option<usize>) -> String {
    index.map_or_else(|| "result".to_owned(), |index| format!("result[{index}]"))
}

/// The rows without those whose id was met before: Авиценна lists a doctor twice.
pub(super) fn no_id_twice<T, Id: Hash + Eq>(mut rows: Vec<T>, id: impl Fn(&T) -> Id) -> Vec<T> {
    let mut seen = HashSet::with_capacity(rows.len());
    rows.retain(|row| seen.insert(id(row)));
    rows
}

impl<'a> Row<'a> {
    /// The result itself, where it is one object.
    pub(super) fn only(result: Option<&'a RawValue>) -> Result<Self, Bad> {
        let text = result.map_or("null", RawValue::get);
        let Object(fields) = serde_json::from_str(text).map_err(|_| Bad::new("(JSON)"))?;
        let fields = fields.ok_or_else(|| Bad::new(place(None)))?;
        Ok(Self {
            fields,
            index: None,
        })
    }

    pub(super) fn bad(&self, field: &str) -> Bad {
        Bad::new(format!("{}.{field}", place(self.index)))
    }

    /// An opaque id: any text but an empty one, exactly as sent.
    pub(super) fn id(&self, field: &str) -> Result<String, Bad> {
        match self.fields.get(field) {
            Some(Field::Text(id)) if !id.is_empty() && id.len() <= LONGEST_TEXT => {
                Ok(id.clone().into_owned())
            }
            _ => Err(self.bad(field)),
        }
    }

    /// An id the portal writes as a string in one place and as a number in another.
    pub(super) fn text_or_number(&self, field: &str) -> Result<String, Bad> {
        match self.fields.get(field) {
            Some(Field::Number(number)) if number.is_i64() => Ok(number.to_string()),
            _ => self.id(field),
        }
    }

    /// As [`Row::text_or_number`], where we know it to be a number.
    pub(super) fn number_or_text(&self, field: &str) -> Result<u32, Bad> {
        match self.fields.get(field) {
            Some(Field::Number(number)) => number.as_u64().and_then(|id| u32::try_from(id).ok()),
            Some(Field::Text(digits)) => digits.parse().ok(),
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
            Some(Field::Number(number)) => Ok(Some(number.to_string())),
            _ => self.opt_text(field),
        }
    }

    /// The city-wide code of a specialty; clinics write "none" as null, `""` or `"0"`.
    pub(super) fn fer_id(&self, field: &str) -> Result<Option<String>, Bad> {
        Ok(self.opt_text_or_number(field)?.filter(|id| id != "0"))
    }

    /// A counter. Negative, fractional and missing ones are refused: a guess here would be a lie about what is free.
    pub(super) fn count(&self, field: &str) -> Result<u32, Bad> {
        match self.fields.get(field) {
            Some(Field::Number(count)) => {
                count.as_u64().and_then(|count| u32::try_from(count).ok())
            }
            _ => None,
        }
        .ok_or_else(|| self.bad(field))
    }

    pub(super) fn flag(&self, field: &str) -> Result<bool, Bad> {
        match self.fields.get(field) {
            Some(Field::Bool(flag)) => Ok(*flag),
            _ => Err(self.bad(field)),
        }
    }

    /// How many items a nested list has.
    pub(super) fn list_len(&self, field: &str) -> Result<u32, Bad> {
        match self.fields.get(field) {
            Some(Field::List(n)) => u32::try_from(*n).ok(),
            _ => None,
        }
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

    fn trimmed(&self, field: &str) -> Result<Option<&str>, Bad> {
        match self.fields.get(field) {
            None | Some(Field::Null) => Ok(None),
            Some(Field::Text(text)) if text.len() <= LONGEST_TEXT => {
                Ok(Some(text.trim()).filter(|text| !text.is_empty()))
            }
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
