//! The groups of settings that both programs read.

use super::parse::{
    parse_duration, parse_file, parse_http_url, parse_log_filter, parse_proxy_url, parse_rate,
};
use std::{fmt, path::PathBuf, time::Duration};
use url::Url;

/// How the portal is reached.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct PortalSettings {
    /// Base address of the portal's API
    #[arg(long, value_name = "URL", value_parser = parse_http_url)]
    #[arg(default_value = "https://gorzdrav.spb.ru/_api/api/v2")]
    pub gorzdrav_api_url: Url,
    /// Proxy for the portal: http, https, socks5 or socks5h. No other proxy setting is inherited
    #[arg(long, value_name = "URL", value_parser = parse_proxy_url)]
    pub gorzdrav_proxy: Option<ProxyUrl>,
    /// PEM file with a root certificate to trust besides the usual ones
    #[arg(long, value_name = "FILE", value_parser = parse_file)]
    pub gorzdrav_ca_file: Option<PathBuf>,
    /// Requests a second to the portal: the pinger's; the bot's menus take at most a quarter of it on top
    #[arg(long, value_name = "NUMBER", value_parser = parse_rate, default_value = "2")]
    pub requests_per_second: f64,
    /// How long one request to the portal may take
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "15s")]
    pub request_timeout: Duration,
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct DatabaseSettings {
    /// The database file; created with its folder when it is not there
    #[arg(long, value_name = "FILE", default_value = "data/talon.db")]
    pub database_path: PathBuf,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct LogSettings {
    /// What is logged, to stderr: a level, or a list such as "info,pinger=debug"
    #[arg(long, value_name = "FILTER", value_parser = parse_log_filter, default_value = "info")]
    pub rust_log: String,
}

/// The address of a proxy. It may carry a password, so neither `Debug` nor `Display` shows user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(pub Url);

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        match self.0.port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}
