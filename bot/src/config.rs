//! Settings of the bot.

use chrono::Weekday;
use secrecy::SecretString;
use shared::link::LinkDepth;
use shared::settings::{
    self, DatabaseSettings, LogSettings, PortalSettings, ProxyUrl, SettingError, Variables,
};
use shared::store::Limits;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;
use url::Url;

/// Updates of one chat within ten seconds that are still served: more than a family sends in a group while everybody
/// presses, far less than a flood.
const BURST: usize = 100;

/// When the weekly message is sent, by the clocks of St. Petersburg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weekly {
    /// On this day…
    pub day: Weekday,
    /// …from this hour on.
    pub hour: u32,
    /// Late, when the bot was away then, it comes within these hours of a day only.
    pub by_day: Range<u32>,
}

/// A pinger silent for so long is worth waking an operator for.
const SILENCE: Duration = Duration::from_secs(180);

pub(crate) const WEEKLY: Weekly = Weekly {
    day: Weekday::Sun,
    hour: 12,
    by_day: 10..21,
};

/// Everything the bot is told from outside. The token is never shown, not even by `Debug`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bot's token; from the environment or `.env` only.
    pub token: SecretString,
    /// The rest.
    pub args: Args,
    /// Messages and presses of one chat served within ten seconds. No setting: tests that hurry raise it.
    pub burst: usize,
    /// When the weekly message is sent. No setting: tests cannot wait for Sunday.
    pub weekly: Weekly,
    /// How long the pinger may be silent before operators hear of it. No setting: tests cannot wait for minutes.
    pub silence: Duration,
}

/// Talks with people in Telegram and delivers alerts.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "bot", version)]
pub struct Args {
    /// How the portal is reached.
    #[command(flatten)]
    pub portal: PortalSettings,
    /// Where the database is.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// What is logged.
    #[command(flatten)]
    pub log: LogSettings,
    /// Address of the Telegram Bot API
    #[arg(long, value_name = "URL", value_parser = settings::parse_http_url)]
    #[arg(default_value = "https://api.telegram.org")]
    pub teloxide_api_url: Url,
    /// Proxy for Telegram: http, https, socks5 or socks5h. No other proxy setting is inherited
    #[arg(long, value_name = "URL", value_parser = settings::parse_proxy_url)]
    pub teloxide_proxy: Option<ProxyUrl>,
    /// Alerts a second, over all chats
    #[arg(long, value_name = "NUMBER", value_parser = settings::parse_rate, default_value = "28")]
    pub alerts_per_second: f64,
    /// How deep links to the portal go: doctor or speciality
    #[arg(long, value_name = "DEPTH", value_enum, default_value = "doctor")]
    pub link_depth: LinkDepth,
    /// Watches a person may have
    #[arg(long, value_name = "NUMBER", value_parser = settings::whole_number(1..=10_000), default_value = "20")]
    pub max_watches: u32,
    /// Targets a watch may have
    #[arg(long, value_name = "NUMBER", value_parser = settings::whole_number(1..=10_000), default_value = "30")]
    pub max_targets: u32,
    /// Chats of operators: numbers, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = settings::parse_integer, allow_hyphen_values = true)]
    pub admin_chats: Vec<i64>,
    /// Chats that may use the bot: numbers, separated by commas; empty = everyone
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = settings::parse_integer, allow_hyphen_values = true)]
    pub allowed_chats: Vec<i64>,
    /// Address to serve health and metrics on; off when not set
    #[arg(long, value_name = "ADDRESS", value_parser = settings::parse_address)]
    pub bot_metrics_addr: Option<SocketAddr>,
}

impl Config {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// [`SettingError`] naming the one that is wrong or missing.
    pub fn read(variables: &Variables) -> Result<Self, SettingError> {
        let args = variables.parse()?;
        Ok(Self {
            token: variables.secret("TELOXIDE_TOKEN")?,
            args,
            burst: BURST,
            weekly: WEEKLY,
            silence: SILENCE,
        })
    }

    /// How much one person may ask for.
    pub fn limits(&self) -> Limits {
        Limits {
            watches: self.args.max_watches,
            targets: self.args.max_targets,
        }
    }

    /// Whether this chat may use the bot. Operators always may.
    pub fn allows(&self, chat: i64) -> bool {
        let Args {
            allowed_chats,
            admin_chats,
            ..
        } = &self.args;
        allowed_chats.is_empty() || allowed_chats.contains(&chat) || admin_chats.contains(&chat)
    }
}
