//! The portal's client: real sockets, an invented portal.

mod faults;
mod limits;
mod memory;
mod menus;
mod portal;
mod readers;
mod reads;
mod recorded;
mod samples;
mod setup;

use shared::gorzdrav::{ApiError, Passing};
use std::fmt::Debug;

/// An invented answer of the portal: `data/api/{name}.json`.
fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/../data/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The outcome in a few words: what a caller tells apart, without the values.
fn outcome<T: Debug>(read: &Result<T, ApiError>) -> String {
    match read {
        Ok(_) => "ok".to_owned(),
        Err(ApiError::NothingFree) => "nothing free".to_owned(),
        Err(ApiError::TryLater { cause, retry_after }) => {
            let cause = match cause {
                Passing::Code(code) => format!("code {code}"),
                Passing::Status(status) => format!("status {status}"),
                Passing::TimedOut => "timed out".to_owned(),
                Passing::Held => "held".to_owned(),
            };
            match retry_after {
                Some(pause) => format!("later: {cause}, {} s", pause.as_secs_f64().ceil()),
                None => format!("later: {cause}"),
            }
        }
        Err(ApiError::Gone { code }) => format!("gone: {code}"),
        Err(ApiError::Unexpected { field, .. }) => format!("unexpected: {field}"),
        Err(ApiError::Unreachable(_)) => "unreachable".to_owned(),
    }
}
