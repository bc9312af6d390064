//! From an HTTP answer to its body: status, then content type, then size.

use super::error::{ApiError, Endpoint, Passing};
use super::hold;
use super::wire::unexpected;
use chrono::Utc;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The largest body that is read, after decompression. All Lpus of the city are half a megabyte.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// A body up to this is read whatever else is being read: nearly every answer of the portal (the 95th percentile of lists
/// of doctors is 4 KB, 68 talons are 12 KB). What waits for its turn keeps twice as much, and the connection's buffers.
const SMALL: usize = 16 * 1024;
/// A body above this is large: all clinics of the city, thousands of talons of one room, or somebody's mischief. Large
/// ones are read one at a time, so that many at once take no more memory than one, and parsed beside the executor: the
/// largest takes tens of milliseconds.
const LARGE: usize = 256 * 1024;
/// So many bodies between the two are read at once: a clinic that sends one slowly holds up nobody else's.
const MIDDLING: usize = 8;
/// How long a 429 holds when it does not say.
const UNTOLD_PAUSE: Duration = Duration::from_secs(30);

/// Rights to have more than a small body in memory. Each is waited for within the request's time-out, and whoever waits
/// for the second keeps the first, which nobody needs who has the second: no two ever wait for each other.
pub(super) struct Room {
    middling: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            middling: Arc::new(Semaphore::new(MIDDLING)),
            large: Arc::new(Semaphore::new(1)),
        }
    }
}

/// What one body has of them.
#[derive(Default)]
struct Rights {
    middling: Option<OwnedSemaphorePermit>,
    large: Option<OwnedSemaphorePermit>,
}

impl Rights {
    /// Waits until a body may grow to so many bytes.
    async fn grow(&mut self, size: usize, room: &Room) {
        // Never closed; without the right it would only be one more in memory.
        if size > SMALL && self.middling.is_none() && self.large.is_none() {
            self.middling = Arc::clone(&room.middling).acquire_owned().await.ok();
        }
        if size > LARGE && self.large.is_none() {
            self.large = Arc::clone(&room.large).acquire_owned().await.ok();
            self.middling = None;
        }
    }
}

/// How deep brackets nest in a body so far. What ignores a value keeps a byte for each open bracket, so that a body of
/// nothing else would take three times its size.
#[derive(Default)]
struct Nesting {
    depth: u32,
    in_string: bool,
    is_escaped: bool,
}

impl Nesting {
    /// Takes the next bytes in; whether the body still is what the portal sends, five brackets deep.
    fn is_sane(&mut self, bytes: &[u8]) -> bool {
        const DEEPEST: u32 = 100;
        for byte in bytes {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'[' | b'{' if !self.in_string => self.depth += 1,
                b']' | b'}' if !self.in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > DEEPEST {
                return false;
            }
        }
        true
    }
}

/// The body of a good answer.
pub(super) struct Body {
    bytes: Vec<u8>,
    /// Held as long as the body is.
    rights: Rights,
}

impl Body {
    /// In bytes, after decompression.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Takes the body of a good answer, as there is room for it; after decompression, whatever it was on its way.
pub(super) async fn body(
    endpoint: Endpoint,
    mut answer: Response,
    room: &Room,
) -> Result<Body, ApiError> {
    let status = answer.status();
    if !status.is_success() {
        return Err(ApiError::TryLater {
            cause: Passing::Status(status.as_u16()),
            retry_after: pause(status, answer.headers()),
        });
    }
    let is_json = is_json(answer.headers());
    // Of a page that is no JSON only the sample is wanted.
    let enough = if is_json { LARGEST_BODY } else { 1024 };
    let mut body = Vec::new();
    let mut rights = Rights::default();
    let mut nesting = Nesting::default();
    while body.len() <= enough {
        match answer.chunk().await {
            Ok(Some(chunk)) => {
                rights.grow(body.len() + chunk.len(), room).await;
                body.extend_from_slice(&chunk);
                if is_json && !nesting.is_sane(&chunk) {
                    return Err(unexpected(endpoint, "(JSON)", &body));
                }
            }
            Ok(None) => break,
            Err(error) if is_bad_encoding(&error) => {
                return Err(unexpected(endpoint, "(content-encoding)", &body));
            }
            Err(error) => return Err(broken(error)),
        }
    }
    if !is_json {
        return Err(unexpected(endpoint, "(content-type)", &body));
    }
    if body.len() > LARGEST_BODY {
        return Err(unexpected(endpoint, "(size)", &body));
    }
    Ok(Body {
        bytes: body,
        rights,
    })
}

/// Applies a pure reader to a body, off the executor when the body is large.
pub(super) async fn read<T: Send + 'static>(
    body: Body,
    reader: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let Body { bytes, rights } = body;
    if bytes.len() <= LARGE {
        return reader(&bytes);
    }
    let reading = move || {
        let read = reader(&bytes);
        drop((bytes, rights));
        read
    };
    match tokio::task::spawn_blocking(reading).await {
        Ok(read) => read,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down: whoever asked is going too.
        Err(_) => Err(ApiError::TryLater {
            cause: Passing::TimedOut,
            retry_after: None,
        }),
    }
}

/// No answer, or not the whole of it.
pub(super) fn broken(error: reqwest::Error) -> ApiError {
    if error.is_timeout() && !error.is_connect() {
        return ApiError::TryLater {
            cause: Passing::TimedOut,
            retry_after: None,
        };
    }
    // The address may carry a password of the operator's proxy, and ids tell nothing the caller does not know.
    ApiError::Unreachable(error.without_url())
}

/// Whether bytes arrived that cannot be decompressed. reqwest calls every failure of a body "decode"; only the one of
/// the decoder itself has bad data behind it.
fn is_bad_encoding(error: &reqwest::Error) -> bool {
    let mut behind = std::iter::successors(error.source(), |&error| error.source());
    behind.any(|error| {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        matches!(
            kind,
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
        )
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
}

/// How long the portal wants to be left alone. A 429 always does, even when it does not say how long.
fn pause(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let told = headers.get(RETRY_AFTER).and_then(|value| {
        let value = value.to_str().ok()?.trim();
        retry_after(value, Utc::now().into())
    });
    let told = told.map(|pause| pause.min(hold::LONGEST));
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Some(told.unwrap_or(UNTOLD_PAUSE).max(Duration::from_secs(1)));
    }
    told
}

/// Seconds, or an HTTP date; a date that has passed is no pause.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are certainly more than anybody waits.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest_as_deep_as_they_do_outside_of_strings() {
        let sane = |pieces: &[&str]| {
            let mut nesting = Nesting::default();
            pieces.iter().all(|piece| nesting.is_sane(piece.as_bytes()))
        };
        let deep = |n| "[{\"a\":".repeat(n);
        assert!(sane(&[&deep(50)]) && !sane(&[&deep(51)]));
        assert!(!sane(&[&deep(30), &deep(30)]));
        let in_a_string = "[".repeat(1_000);
        assert!(sane(&[
            "{\"a\\\"",
            &in_a_string,
            "\\",
            "\"",
            &in_a_string,
            "\"}"
        ]));
        assert!(!sane(&["{\"a\\\\\"", &in_a_string]));
        assert!(sane(&["[]".repeat(1_000).as_str(), "]]]"]));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777); // Sun, 06 Nov 1994 08:49:37 GMT
        for (value, want) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:49:07 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("soon", None),
        ] {
            let want = want.map(Duration::from_secs);
            assert_eq!(retry_after(value, now), want, "{value:?}");
        }
    }
}
