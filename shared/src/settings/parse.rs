//! From the text of a setting to its value. Every refusal is half a sentence that follows the setting's name.
//!
//! An address may hold a password, and a token may be pasted into the wrong line: addresses are never repeated
//! in a refusal, other values only when they are short and hold no `:` or `@`.

use super::groups::ProxyUrl;
use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, str::FromStr, time::Duration};
use tracing_subscriber::EnvFilter;
use url::Url;

/// The longest duration a setting may have: timers far beyond it overflow.
const MAX_DURATION: Duration = Duration::from_secs(24 * 3600);
/// The shortest one: timers are no finer.
const MIN_DURATION: Duration = Duration::from_millis(1);
/// Bounds of a rate, per second. The lower one is one request in 100 seconds.
const RATES: RangeInclusive<f64> = 0.01..=1000.0;

/// A duration with its unit, as humantime reads it: `60s`, `1m 30s`, `500ms`. From a millisecond to a day.
///
/// # Errors
/// What is wrong, for a person. A number without a unit is refused: nobody knows whether it meant seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let wrong = || format!("expected a duration such as 60s, found {}", shown(text));
    if !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("{}: write {text}s", wrong()));
    }
    let duration = humantime::parse_duration(text).map_err(|_| wrong())?;
    if !(MIN_DURATION..=MAX_DURATION).contains(&duration) {
        return Err(format!(
            "expected a duration from 1ms to 24h, found {}",
            shown(text)
        ));
    }
    Ok(duration)
}

/// How many a second: a number from 0.01 to 1000.
///
/// # Errors
/// What is wrong, for a person.
pub fn parse_rate(text: &str) -> Result<f64, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(rate) if RATES.contains(&rate) => Ok(rate),
        _ => Err(format!(
            "expected a number from {} to {}, such as 2 or 0.5, found {}",
            RATES.start(),
            RATES.end(),
            shown(text)
        )),
    }
}

/// A parser of whole numbers inside `range`, to be given to clap: `value_parser = whole_number(1..=100)`.
pub fn whole_number(
    range: RangeInclusive<u32>,
) -> impl Fn(&str) -> Result<u32, String> + Clone + Send + Sync + 'static {
    move |text| match text.trim().parse::<u32>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!(
            "expected a whole number from {} to {}, found {}",
            range.start(),
            range.end(),
            shown(text)
        )),
    }
}

/// A whole number, maybe negative: one item of a list of chats.
///
/// # Errors
/// What is wrong, for a person.
pub fn parse_integer(text: &str) -> Result<i64, String> {
    let number = i64::from_str(text.trim());
    number.map_err(|_| format!("expected a whole number, found {}", shown(text)))
}

/// The base address of an API: `http` or `https`, a host, maybe a path. User and password are refused, because
/// the address appears in logs.
///
/// # Errors
/// What is wrong, for a person; the value is not repeated.
pub fn parse_http_url(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("expected an http:// or https:// address: {why}");
    let url = Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("user and password cannot be in it"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it cannot have a part after ? or #"));
    }
    Ok(url)
}

/// The address of a proxy: `http`, `https`, `socks5`, or `socks5h` (names are resolved by the proxy).
///
/// # Errors
/// What is wrong, for a person; the value is not repeated.
pub fn parse_proxy_url(text: &str) -> Result<ProxyUrl, String> {
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    match Url::parse(text.trim()) {
        Ok(url) if known(&url) && url.host_str().is_some_and(|host| !host.is_empty()) => {
            Ok(ProxyUrl(url))
        }
        _ => Err(
            "expected a proxy such as socks5h://host:1080 (http, https, socks5 or socks5h)"
                .to_owned(),
        ),
    }
}

/// An address to listen on, `127.0.0.1:9100` or `[::1]:9100`. For an `Option` field: empty = not set = off.
///
/// # Errors
/// What is wrong, for a person.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let address = text.trim().parse();
    address.map_err(|_| "expected an address to listen on, such as 127.0.0.1:9100".to_owned())
}

/// A file that is there. Whether its content is right is for its reader to say.
///
/// # Errors
/// What is wrong, for a person.
pub fn parse_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match std::fs::metadata(&path) {
        Ok(file) if file.is_file() => Ok(path),
        Ok(_) => Err("expected a file, found something else at that path".to_owned()),
        Err(error) => Err(format!("cannot read that file: {error}")),
    }
}

/// A log filter, checked and returned as it is: [`crate::logging::init`] takes it.
///
/// # Errors
/// What is wrong, for a person.
pub fn parse_log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!(
            r#"expected a log filter such as info or "info,pinger=debug", found {}"#,
            shown(text)
        )),
    }
}

/// The value as a refusal may show it: on one line, in quotes; only counted when it could be a secret.
fn shown(text: &str) -> String {
    let n_chars = text.chars().count();
    if n_chars <= 32 && !text.contains([':', '@']) {
        format!("{text:?}")
    } else {
        format!("something of {n_chars} characters")
    }
}
