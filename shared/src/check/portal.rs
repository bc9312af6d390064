//! Whether the portal answers this address.

use super::{Report, short};
use crate::clock::wall;
use crate::gorzdrav::{Api, ApiError, ApiSettings, Passing, SetupError};
use crate::store::Inspection;
use chrono::Utc;
use std::error::Error as _;
use std::time::{Duration, Instant};

const WHAT: &str = "portal";

/// Asks the portal for its districts, once; not at all while it wants to be left alone.
///
/// # Errors
/// When a setting cannot be used.
pub async fn check_portal(
    report: &mut Report,
    settings: &ApiSettings,
    database: Option<&Inspection>,
) -> Result<(), SetupError> {
    let api = Api::new(settings)?;
    if let Some(until) = database.and_then(|database| database.hold)
        && until > Utc::now()
    {
        let until = wall(until).format("%H:%M:%S");
        let text = format!(
            "not asked: it wants no request before {until} (St. Petersburg time), and both programs wait until then; \
             if it happens often, lower REQUESTS_PER_SECOND"
        );
        report.bad(WHAT, text);
        return Ok(());
    }
    let begun = Instant::now();
    let answer = api.districts(api.turn().await).await;
    let took = begun.elapsed();
    let way = Way { settings };
    match answer {
        Ok(districts) if districts.is_empty() => {
            report.bad(WHAT, "answers, but lists no districts: try again later");
        }
        Ok(districts) => report.ok(
            WHAT,
            format!(
                "{} districts in {}{}",
                districts.len(),
                short(took),
                way.through()
            ),
        ),
        Err(error) => report.bad(WHAT, way.advice(&error)),
    }
    Ok(())
}

/// How the portal is reached.
struct Way<'a> {
    settings: &'a ApiSettings,
}

impl Way<'_> {
    fn through(&self) -> &'static str {
        match self.settings.proxy {
            Some(_) => ", through GORZDRAV_PROXY",
            None => "",
        }
    }

    /// What can be done when it refuses us, and nobody else.
    fn other_address(&self) -> &'static str {
        match self.settings.proxy {
            Some(_) => {
                "use another GORZDRAV_PROXY, one in Russia, or none, and lower REQUESTS_PER_SECOND"
            }
            None => {
                "set GORZDRAV_PROXY to a proxy with another address, in Russia, and lower REQUESTS_PER_SECOND"
            }
        }
    }

    fn advice(&self, error: &ApiError) -> String {
        let other_address = self.other_address();
        match error {
            ApiError::TryLater { cause, retry_after } => match *cause {
                Passing::Status(429) | Passing::Held => {
                    let pause = retry_after.unwrap_or(Duration::from_secs(30));
                    format!(
                        "too many requests (HTTP 429), it wants to be left alone for {}: lower REQUESTS_PER_SECOND, \
                         or set GORZDRAV_PROXY when others share this address",
                        short(pause)
                    )
                }
                Passing::Status(status @ (401 | 403 | 451)) => {
                    format!("the portal refuses this address (HTTP {status}): {other_address}")
                }
                Passing::Status(status @ (300..=399 | 404 | 410)) => {
                    format!("nothing is there (HTTP {status}): correct GORZDRAV_API_URL")
                }
                Passing::Status(407) => {
                    "the proxy wants a user and a password (HTTP 407): put them into GORZDRAV_PROXY"
                        .to_owned()
                }
                Passing::Status(status) => {
                    format!(
                        "in trouble (HTTP {status}): nothing to do, the programs try again by themselves"
                    )
                }
                Passing::Code(code) => {
                    format!(
                        "in trouble (its code {code}): nothing to do, the programs try again by themselves"
                    )
                }
                Passing::TimedOut => format!(
                    "silent for {} (REQUEST_TIMEOUT): it is overloaded, or drops requests of this address; if it stays \
                     so, {other_address}",
                    short(self.settings.timeout)
                ),
            },
            ApiError::Unexpected { sample, .. } if is_page(sample) => format!(
                "a web page instead of data: the portal refuses this address, or is being repaired; open \
                 https://gorzdrav.spb.ru in a browser: if it works there, {other_address}"
            ),
            ApiError::Unexpected { field, .. } => format!(
                "its answer cannot be read at {field}: the portal may have changed; look for a newer version of this \
                 program"
            ),
            ApiError::Gone { code } => {
                format!("answers with its code {code} instead of districts: try again later")
            }
            ApiError::NothingFree => "answers nonsense: try again later".to_owned(),
            ApiError::Unreachable(error) => self.unreachable(error),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> String {
        let causes = std::iter::successors(error.source(), |&cause| cause.source());
        let why = causes
            .last()
            .map_or_else(|| error.to_string(), ToString::to_string);
        let host = self.settings.base_url.host_str().unwrap_or_default();
        let todo = if why.contains("certificate") {
            "put its root certificate into a file and name it in GORZDRAV_CA_FILE, and check the clock"
        } else if self.settings.proxy.is_some() {
            "check GORZDRAV_PROXY and the network"
        } else {
            "check the network, the firewall and the name service"
        };
        format!("{host} cannot be reached ({why}): {todo}")
    }
}

fn is_page(sample: &str) -> bool {
    let begin = sample.trim_start_matches(['\u{feff}', ' ', '\r', '\n', '\t']);
    begin.starts_with('<')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gorzdrav::Endpoint;
    use crate::settings::{PortalSettings, from_pairs};

    #[derive(Debug, clap::Parser)]
    struct Settings {
        #[command(flatten)]
        portal: PortalSettings,
    }

    fn status(status: u16) -> ApiError {
        ApiError::TryLater {
            cause: Passing::Status(status),
            retry_after: (status == 429).then_some(Duration::from_secs(40)),
        }
    }

    #[test]
    fn each_refusal_says_what_to_do() {
        let settings = from_pairs::<Settings>(&[]).unwrap();
        let settings = ApiSettings::from(&settings.portal);
        let way = Way {
            settings: &settings,
        };
        let unreadable = |sample: &str| ApiError::Unexpected {
            endpoint: Endpoint::Districts,
            field: "result".into(),
            sample: sample.into(),
        };
        for (error, parts) in [
            (status(403), ["refuses this address", "GORZDRAV_PROXY"]),
            (status(429), ["40 s", "REQUESTS_PER_SECOND"]),
            (status(502), ["in trouble", "by themselves"]),
            (status(302), ["HTTP 302", "GORZDRAV_API_URL"]),
            (
                unreadable("\u{feff}\n<html>"),
                ["web page", "GORZDRAV_PROXY"],
            ),
            (unreadable("{}"), ["at result", "newer version"]),
            (
                ApiError::TryLater {
                    cause: Passing::TimedOut,
                    retry_after: None,
                },
                ["silent for 15 s", "GORZDRAV_PROXY"],
            ),
        ] {
            let advice = way.advice(&error);
            assert!(parts.iter().all(|part| advice.contains(part)), "{advice}");
        }
    }
}
