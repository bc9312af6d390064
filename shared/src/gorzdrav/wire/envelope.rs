//! The envelope around every answer, and the portal's error codes.

use crate::gorzdrav::error::{ApiError, Endpoint, Passing};
use serde_json::Value;

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

/// Opens the envelope and hands its result to `rows`.
pub(super) fn read<T>(
    endpoint: Endpoint,
    body: &[u8],
    rows: impl FnOnce(&Value) -> Result<T, Bad>,
) -> Result<T, ApiError> {
    let unreadable = |field: &str| unexpected(endpoint, field, body);
    // A byte order mark is no part of the text, yet .NET likes to write one.
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(text).map_err(|_| unreadable("(UTF-8)"))?;
    let envelope: Value = serde_json::from_str(text).map_err(|_| unreadable("(JSON)"))?;
    let envelope = envelope.as_object().ok_or_else(|| unreadable("(object)"))?;
    match envelope.get("success") {
        Some(Value::Bool(true)) => {
            let result = envelope.get("result").unwrap_or(&Value::Null);
            rows(result).map_err(|bad| unreadable(&bad.field))
        }
        Some(Value::Bool(false)) => {
            let code = envelope.get("errorCode").and_then(code);
            Err(code.map_or_else(|| unreadable("errorCode"), refusal))
        }
        _ => Err(unreadable("success")),
    }
}

/// The code of a refusal, never its text: the texts change. Zero means success and refuses nothing.
fn code(value: &Value) -> Option<i32> {
    let code = match value {
        Value::Number(number) => i32::try_from(number.as_i64()?).ok(),
        Value::String(digits) => digits.parse().ok(),
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
