//! The envelope around every answer, and the portal's error codes.

use super::field::{Field, Object, ReadObject, Text};
use crate::gorzdrav::error::{ApiError, Endpoint, Passing};
use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

/// The part of an answer that is not as known.
#[derive(Debug)]
pub(super) struct Bad {
    field: String,
}

impl Bad {
    pub(super) fn new(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
        }
    }
}

/// Opens the envelope and hands its result to `rows`, unread: what is built of an answer is what its reader keeps, and
/// not the whole of a hostile one, which would take a hundred times the memory of its text.
pub(super) fn read<'a, T>(
    endpoint: Endpoint,
    body: &'a [u8],
    rows: impl FnOnce(Option<&'a RawValue>) -> Result<T, Bad>,
) -> Result<T, ApiError> {
    let unreadable = |field: &str| unexpected(endpoint, field, body);
    // A byte order mark is no part of the text, yet .NET likes to write one.
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(text).map_err(|_| unreadable("(UTF-8)"))?;
    let envelope = serde_json::from_str(text).map_err(|_| unreadable("(JSON)"))?;
    let Object(Some(envelope)) = envelope else {
        return Err(unreadable("(object)"));
    };
    let Envelope {
        success,
        code,
        result,
    } = envelope;
    match success {
        Some(Field::Bool(true)) => rows(result).map_err(|bad| unreadable(&bad.field)),
        Some(Field::Bool(false)) => {
            let code = code.as_ref().and_then(self::code);
            Err(code.map_or_else(|| unreadable("errorCode"), refusal))
        }
        _ => Err(unreadable("success")),
    }
}

/// What every answer is wrapped in. Of a name that comes twice, the last one counts.
#[derive(Default)]
struct Envelope<'a> {
    success: Option<Field<'a>>,
    code: Option<Field<'a>>,
    /// As it was written: its syntax is sound, its texts and numbers are not yet judged.
    result: Option<&'a RawValue>,
}

impl<'de> ReadObject<'de> for Envelope<'de> {
    fn read<A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        let mut envelope = Self::default();
        while let Some(name) = fields.next_key::<Text<'de>>()? {
            match &*name.0 {
                "success" => envelope.success = Some(fields.next_value()?),
                "errorCode" => envelope.code = Some(fields.next_value()?),
                "result" => envelope.result = Some(fields.next_value()?),
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(envelope)
    }
}

/// The code of a refusal, never its text: the texts change. Zero means success and refuses nothing.
fn code(value: &Field<'_>) -> Option<i32> {
    let code = match value {
        Field::Number(number) => i32::try_from(number.as_i64()?).ok(),
        Field::Text(digits) => digits.parse().ok(),
        _ => None,
    };
    code.filter(|&code| code != 0)
}

fn refusal(code: i32) -> ApiError {
    match code {
        37..=39 => ApiError::NothingFree,
        610 | 645 => ApiError::Gone { code },
        // 1, 602, 603, 616, 660, and what we never met: none of them says that anything changed.
        _ => ApiError::TryLater {
            cause: Passing::Code(code),
            retry_after: None,
        },
    }
}

/// An answer that is not as known at `field`, with the beginning of its body.
pub(in crate::gorzdrav) fn unexpected(endpoint: Endpoint, field: &str, body: &[u8]) -> ApiError {
    const SAMPLE_CHARS: usize = 200;
    // A character takes at most 4 bytes; the rest need not be decoded.
    let head = &body[..body.len().min(SAMPLE_CHARS * 4)];
    ApiError::Unexpected {
        endpoint,
        field: field.to_owned(),
        sample: String::from_utf8_lossy(head)
            .chars()
            .take(SAMPLE_CHARS)
            .collect(),
    }
}
