//! Settings: where they come from, how they are checked, and the groups both programs read.
//!
//! A setting is an environment variable, or a line of `.env` in the working directory, or a flag of the same
//! name: `POLL_PERIOD` is `--poll-period`. The flag wins over the environment, the environment over `.env`,
//! `.env` over the default. An empty value counts as not set, wherever it stands: operators write
//! `GORZDRAV_PROXY=` in their files; an empty flag (`--gorzdrav-proxy=`) goes back to the default.
//!
//! A program describes its settings as a clap struct with long flags and flattens the groups below into it:
//!
//! ```
//! use shared::settings::{self, DatabaseSettings, LogSettings, PortalSettings};
//! use std::time::Duration;
//!
//! /// Looks at the portal and records what changed.
//! #[derive(Debug, clap::Parser)]
//! struct Config {
//!     #[command(flatten)]
//!     portal: PortalSettings,
//!     #[command(flatten)]
//!     database: DatabaseSettings,
//!     #[command(flatten)]
//!     log: LogSettings,
//!     /// How often each department is looked at.
//!     #[arg(long, default_value = "60s", value_parser = settings::parse_duration)]
//!     poll_period: Duration,
//! }
//!
//! // In `main` it is `settings::load::<Config>("pinger")`. In a test, without touching the environment:
//! let config = settings::from_pairs::<Config>(&[("POLL_PERIOD", "1s")])?;
//! assert_eq!(config.poll_period, Duration::from_secs(1));
//!
//! let error = settings::from_pairs::<Config>(&[("POLL_PERIOD", "abc")]).unwrap_err();
//! assert_eq!(error.to_string(), r#"POLL_PERIOD: expected a duration such as 60s, found "abc""#);
//! # Ok::<(), settings::SettingError>(())
//! ```
//!
//! clap's own `env` is not used: it would read the process environment, which parallel tests cannot change,
//! and it takes an empty variable for a value. A secret has no flag, so that no process list shows it; a
//! program with one reads it apart, see [`load_with`] and [`Variables::secret`].

mod env_file;
mod groups;
mod parse;
mod variables;

pub use groups::{DatabaseSettings, LogSettings, PortalSettings, ProxyUrl};
pub use parse::{
    parse_address, parse_duration, parse_file, parse_http_url, parse_integer, parse_log_filter,
    parse_proxy_url, parse_rate, whole_number,
};
pub use variables::{SettingError, Variables, from_pairs, load, load_with};

#[cfg(test)]
mod tests;
