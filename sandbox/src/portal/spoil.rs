//! Envelopes, whole and spoiled.

use super::answer::{Answer, message};
use super::json_response;
use crate::city::Fault;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use std::io;

const HTML: &str = "text/html; charset=utf-8";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Success<'a> {
    result: &'a Value,
    success: bool,
    error_code: i32,
    message: Option<&'a str>,
    stack_trace: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    success: bool,
    error_code: i32,
    message: &'a str,
    request_id: String,
}

/// The answer as the portal wraps it.
pub(super) fn envelope(answer: &Answer) -> Response {
    json_response(body(answer))
}

fn body(answer: &Answer) -> Vec<u8> {
    let written = match answer {
        Ok(result) => serde_json::to_vec(&Success {
            result,
            success: true,
            error_code: 0,
            message: None,
            stack_trace: None,
        }),
        Err(code) => serde_json::to_vec(&Failure {
            success: false,
            error_code: *code,
            message: message(*code),
            request_id: format!(
                "{:08x}-0000-4000-8000-{:012x}",
                rand::random::<u32>(),
                rand::random::<u32>()
            ),
        }),
    };
    written.unwrap_or_default() // maps with text keys always write
}

/// A page of a web server that knows nothing of the portal.
pub(super) fn page(status: StatusCode) -> Response {
    let body = format!(
        "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n"
    );
    (status, [(CONTENT_TYPE, HTML)], body).into_response()
}

/// What a fault makes of the right answer, with the `errorCode` a reader finds in it.
pub(super) fn spoiled(fault: &Fault, right: Answer) -> (Response, Option<i32>) {
    let own_code = right.as_ref().err().copied().or(Some(0));
    match fault {
        // These two have had their effect before there was an answer.
        Fault::Silent | Fault::Slow(_) | Fault::Cut => (envelope(&right), own_code),
        Fault::CutShort => (cut_short(body(&right)), None),
        Fault::Status(code) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::BAD_GATEWAY);
            (page(status), None)
        }
        Fault::TooManyRequests(after) => {
            let mut response = page(StatusCode::TOO_MANY_REQUESTS);
            let after = after
                .as_deref()
                .and_then(|text| HeaderValue::from_str(text).ok());
            if let Some(after) = after {
                response.headers_mut().insert(RETRY_AFTER, after);
            }
            (response, None)
        }
        Fault::Refusal(code) => (envelope(&Err(*code)), Some(*code)),
        Fault::Html => (page(StatusCode::OK), None),
        Fault::WrongContentType => {
            let response = ([(CONTENT_TYPE, HTML)], body(&right)).into_response();
            (response, own_code)
        }
        Fault::Truncated => {
            let whole = body(&right);
            (json_response(whole[..whole.len() / 2].to_vec()), None)
        }
        Fault::Empty => (json_response(Body::empty()), None),
        Fault::WrongTypes => (envelope(&right.map(wrong_types)), None),
        Fault::NullResult => (envelope(&Ok(Value::Null)), Some(0)),
        Fault::UnknownFields => (json_response(unknown_fields(&right)), own_code),
        Fault::NotUtf8 => {
            let mut whole = body(&right);
            let middle = whole.len() / 2;
            whole.splice(middle..middle, [0xff, 0xfe]);
            (json_response(whole), None)
        }
        Fault::HalfMissing => (envelope(&right.map(half)), own_code),
        Fault::Repeated(n) => (envelope(&right.map(|rows| repeated(rows, *n))), own_code),
    }
}

/// A body that breaks off: the connection fails after half of what was promised.
fn cut_short(whole: Vec<u8>) -> Response {
    let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
    let broken = io::Error::from(io::ErrorKind::ConnectionReset);
    let breaks = stream::once(async {
        tokio::task::yield_now().await; // what was written before leaves first
        Err(broken)
    });
    let body = stream::once(async { Ok(half) }).chain(breaks);
    json_response(Body::from_stream(body))
}

fn wrong_types(mut rows: Value) -> Value {
    let each = |row: &mut Value| {
        if let Value::Object(fields) = row {
            for value in fields.values_mut() {
                *value = match value {
                    Value::String(_) => json!({"value": 1}),
                    _ => json!("много"),
                };
            }
        }
    };
    match &mut rows {
        Value::Array(rows) => rows.iter_mut().for_each(each),
        row => each(row),
    }
    rows
}

fn half(rows: Value) -> Value {
    match rows {
        Value::Array(rows) => rows.into_iter().step_by(2).collect(),
        row => row,
    }
}

fn repeated(rows: Value, n: usize) -> Value {
    match rows {
        Value::Array(rows) => rows.iter().cycle().take(n).cloned().collect(),
        row => row,
    }
}

fn unknown_fields(answer: &Answer) -> Vec<u8> {
    let mut whole: Value = serde_json::from_slice(&body(answer)).unwrap_or_default();
    whole["traceId"] = json!({"a": [1, 2]});
    if let Some(rows) = whole["result"].as_array_mut() {
        for row in rows.iter_mut().filter(|row| row.is_object()) {
            row["newField"] = json!([{"x": null}]);
        }
    }
    whole.to_string().into_bytes()
}
