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
    /// Public https address Telegram sends updates to, instead of being asked for them
    #[arg(long, value_name = "URL", value_parser = settings::parse_http_url)]
    pub bot_webhook_url: Option<Url>,
    /// Address to wait for those updates on; a reverse proxy with the certificate stands before it
    #[arg(long, value_name = "ADDRESS", value_parser = settings::parse_address)]
    pub bot_webhook_addr: Option<SocketAddr>,
    /// What else to do than talking.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What an operator may ask for, beside the running programs.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// Says line by line what works and what to do; changes nothing
    Check,
}

/// Where Telegram sends updates, and where we wait for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Webhook {
    /// What Telegram is told.
    pub(crate) url: Url,
    /// Where the reverse proxy passes on what comes there.
    pub(crate) address: SocketAddr,
}

/// Telegram itself sends updates to no other ports.
const WEBHOOK_PORTS: [u16; 4] = [443, 80, 88, 8443];

impl Args {
    /// How updates come: by webhook, or `None` = they are asked for.
    ///
    /// # Errors
    /// When only one half is set, or Telegram would refuse the address.
    pub(crate) fn webhook(&self) -> Result<Option<Webhook>, SettingError> {
        const URL: &str = "BOT_WEBHOOK_URL";
        let (url, address) = match (&self.bot_webhook_url, self.bot_webhook_addr) {
            (None, None) => return Ok(None),
            (Some(url), Some(address)) => (url.clone(), address),
            (Some(_), None) => {
                let why = "it is not set, but BOT_WEBHOOK_URL is: set both or none";
                return Err(SettingError::wrong("BOT_WEBHOOK_ADDR", why));
            }
            (None, Some(_)) => {
                let why = "it is not set, but BOT_WEBHOOK_ADDR is: set both or none";
                return Err(SettingError::wrong(URL, why));
            }
        };
        // A server of one's own (`telegram-bot-api --local`) also takes http, and any port.
        if self.teloxide_api_url.host_str() == Some("api.telegram.org") {
            if url.scheme() != "https" {
                return Err(SettingError::wrong(URL, "Telegram takes https:// only"));
            }
            let port = url.port_or_known_default().unwrap_or_default();
            if !WEBHOOK_PORTS.contains(&port) {
                let why = "Telegram sends to the ports 443, 80, 88 and 8443 only";
                return Err(SettingError::wrong(URL, why));
            }
        }
        Ok(Some(Webhook { url, address }))
    }
}

impl Config {
    /// Reads and checks all settings.
    ///
    /// # Errors
    /// [`SettingError`] naming the one that is wrong or missing.
    pub fn read(variables: &Variables) -> Result<Self, SettingError> {
        let args: Args = variables.parse()?;
        args.webhook()?;
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
