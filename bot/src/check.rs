//! `bot check`: whether Telegram, the portal and the database are as the bot needs them. Nothing is changed, and no
//! update is asked for: that would end the long poll of the running bot.

use crate::commands;
use crate::config::{Args, Config};
use crate::telegram;
use crate::texts::Lang;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::check::{
    Report, check_database, check_listener, check_metrics, check_portal, check_programs, short,
};
use shared::settings::SettingError;
use shared::store::{Inspection, Program};
use std::error::Error as _;
use std::time::{Duration, Instant};
use url::Url;

/// Messages that seem to be older than this are answered as a backlog; talons and reminders go by the clock too.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(10);

/// A failed delivery longer ago than this says nothing about now.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// Does [`Command::Check`](crate::Command::Check).
///
/// # Errors
/// [`SettingError`] for a setting that cannot be used.
pub async fn check(config: Config) -> Result<Report, SettingError> {
    let mut report = Report::new();
    // Whoever comes so far has read them; what is wrong in them is said before any line.
    report.ok("settings", "can all be read");
    let path = &config.args.database.database_path;
    let database = check_database(&mut report, path).await;
    if let Some(database) = &database {
        check_programs(&mut report, Program::Bot, database, path);
    }
    check_portal(
        &mut report,
        &crate::api_settings(&config),
        database.as_ref(),
    )
    .await?;
    let runs = database
        .as_ref()
        .is_some_and(|database| database.runs(Program::Bot));
    check_telegram(&mut report, &config, database.as_ref()).await?;
    if let Some(webhook) = config.args.webhook()? {
        let setting = "BOT_WEBHOOK_ADDR";
        check_listener(&mut report, "webhook", setting, webhook.address, runs).await;
    }
    let (setting, address) = ("BOT_METRICS_ADDR", config.args.bot_metrics_addr);
    check_metrics(&mut report, setting, address, runs).await;
    Ok(report)
}

/// Telegram's answers, asked by hand: the client of the conversations shows neither the header with the time nor
/// anything but the first words of a refusal.
struct Telegram<'a> {
    client: reqwest::Client,
    config: &'a Config,
}

/// What Telegram answers to any call.
#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    #[serde(default)]
    description: String,
}

/// Why there is no result.
enum Refused {
    /// With this status, in these words.
    Said(StatusCode, String),
    /// No answer, or none of Telegram's.
    Silent(String),
}

#[derive(Deserialize)]
struct Me {
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct Hook {
    #[serde(default)]
    url: String,
    #[serde(default)]
    pending_update_count: u32,
    last_error_date: Option<i64>,
    last_error_message: Option<String>,
}

#[derive(Deserialize)]
struct Chat {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct BotCommand {
    command: String,
}

impl Telegram<'_> {
    /// A call's result, and the time by Telegram's clock.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[(&str, &str)],
    ) -> Result<(T, Option<DateTime<Utc>>), Refused> {
        let base = self.config.args.teloxide_api_url.as_str();
        let token = self.config.token.expose_secret();
        let address = format!("{}/bot{token}/{method}", base.trim_end_matches('/'));
        // The address holds the token: no error with it goes further.
        let address =
            Url::parse(&address).map_err(|_| Refused::Silent("a wrong address".into()))?;
        let asked = self.client.post(address).form(params).send().await;
        let answer = asked.map_err(|error| Refused::Silent(cause(error)))?;
        let status = answer.status();
        let date = answer.headers().get(reqwest::header::DATE);
        let date = date.and_then(|date| DateTime::parse_from_rfc2822(date.to_str().ok()?).ok());
        let body = answer.bytes().await;
        let body = body.map_err(|error| Refused::Silent(cause(error)))?;
        match serde_json::from_slice::<Answer<T>>(&body) {
            Ok(Answer {
                result: Some(result),
                ..
            }) => Ok((result, date.map(|date| date.to_utc()))),
            Ok(Answer { description, .. }) => Err(Refused::Said(status, description)),
            Err(_) => Err(Refused::Silent(format!(
                "something else than Telegram answers, HTTP {status}"
            ))),
        }
    }
}

/// Why a request failed, without its address.
fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() && !error.is_connect() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

const WHAT: &str = "telegram";

async fn check_telegram(
    report: &mut Report,
    config: &Config,
    database: Option<&Inspection>,
) -> Result<(), SettingError> {
    let client = telegram::client(config).map_err(|error| {
        let broken =
            |error: anyhow::Error| SettingError::wrong("TELOXIDE_PROXY", error.to_string());
        error.downcast::<SettingError>().unwrap_or_else(broken)
    })?;
    let telegram = Telegram { client, config };
    let begun = Instant::now();
    let asked_at = Utc::now();
    let (me, date) = match telegram.call::<Me>("getMe", &[]).await {
        Ok(answer) => answer,
        Err(refused) => {
            no_answer(report, &config.args, refused);
            return Ok(());
        }
    };
    let took = begun.elapsed();
    report.ok(WHAT, format!("@{} answers in {}", me.username, short(took)));
    check_clock(report, date, asked_at, took);
    let runs = database.is_some_and(|database| database.runs(Program::Bot));
    match telegram.call::<Hook>("getWebhookInfo", &[]).await {
        Ok((hook, _)) => check_updates(report, &config.args, &hook, runs)?,
        Err(refused) => report.bad("updates", words(&refused)),
    }
    check_commands(report, &telegram).await;
    check_admins(report, &telegram).await;
    Ok(())
}

fn words(refused: &Refused) -> String {
    match refused {
        Refused::Said(status, words) => format!("Telegram says: {words} ({})", status.as_u16()),
        Refused::Silent(why) => format!("Telegram cannot be reached ({why})"),
    }
}

fn no_answer(report: &mut Report, args: &Args, refused: Refused) {
    match refused {
        Refused::Said(StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND, _) => report.wrong(
            WHAT,
            "TELOXIDE_TOKEN: Telegram does not know this token; ask @BotFather for a new one",
        ),
        Refused::Said(StatusCode::TOO_MANY_REQUESTS, words) => report.bad(
            WHAT,
            format!("asks to wait ({words}): nothing to do, the bot waits by itself"),
        ),
        Refused::Said(status, words) => report.bad(
            WHAT,
            format!(
                "in trouble ({words}, HTTP {}): nothing to do, the bot tries again by itself",
                status.as_u16()
            ),
        ),
        Refused::Silent(why) => {
            let host = args.teloxide_api_url.host_str().unwrap_or_default();
            let todo = match args.teloxide_proxy {
                Some(_) => "check TELOXIDE_PROXY and the network",
                None => "check the network; where Telegram is blocked, set TELOXIDE_PROXY",
            };
            report.bad(WHAT, format!("{host} cannot be reached ({why}): {todo}"));
        }
    }
}

fn check_clock(
    report: &mut Report,
    date: Option<DateTime<Utc>>,
    asked_at: DateTime<Utc>,
    took: Duration,
) {
    const WHAT: &str = "clock";
    let Some(date) = date else {
        report.ok(WHAT, "not compared: the answer has no time");
        return;
    };
    // The header was written somewhere between asking and hearing, and has whole seconds.
    let took = TimeDelta::from_std(took).unwrap_or_default();
    let (early, late) = (asked_at - TimeDelta::seconds(1), asked_at + took);
    let ahead = if date < early {
        early - date
    } else if date > late {
        late - date
    } else {
        TimeDelta::zero()
    };
    let seconds = ahead.num_seconds();
    if ahead.abs() <= CLOCKS_DIFFER {
        report.ok(
            WHAT,
            format!("within {} s of Telegram's", seconds.abs() + 1),
        );
    } else {
        let (way, seconds) = (
            if seconds > 0 { "ahead of" } else { "behind" },
            seconds.unsigned_abs(),
        );
        report.bad(
            WHAT,
            format!("{seconds} s {way} Telegram's: set it (timedatectl set-ntp true)"),
        );
    }
}

/// How updates come. Whether another bot with the same token asks for them is not told by anything but asking too,
/// which would end the other's poll.
fn check_updates(
    report: &mut Report,
    args: &Args,
    hook: &Hook,
    runs: bool,
) -> Result<(), SettingError> {
    const WHAT: &str = "updates";
    let n = hook.pending_update_count;
    let Some(ours) = args.webhook()? else {
        match hook.url.is_empty() {
            true => report.ok(WHAT, format!("asked for by long polls, {n} wait")),
            false if runs => report.bad(
                WHAT,
                format!(
                    "{n} wait: a webhook is set to {}, and no long poll gets any. Set there by another program with \
                     this token? End it and restart the bot",
                    host(&hook.url)
                ),
            ),
            false => report.ok(
                WHAT,
                format!("a webhook is set to {}; the bot removes it at its start, {n} wait", host(&hook.url)),
            ),
        }
        return Ok(());
    };
    let failed = hook
        .last_error_date
        .and_then(|at| DateTime::from_timestamp(at, 0));
    let failed = failed.filter(|at| Utc::now() - at < RECENT);
    let message = hook
        .last_error_message
        .as_deref()
        .unwrap_or("no reason given");
    if hook.url != ours.url.as_str() {
        let text = match hook.url.is_empty() {
            true => "no webhook is set".to_owned(),
            false => format!("the webhook is set to {}", host(&hook.url)),
        };
        match runs {
            true => report.bad(
                WHAT,
                format!("{text}, not to BOT_WEBHOOK_URL, {n} wait: restart the bot"),
            ),
            false => report.ok(
                WHAT,
                format!("{text}; the bot sets its own at its start, {n} wait"),
            ),
        }
    } else if let Some(at) = failed.filter(|_| n > 0) {
        let ago = short((Utc::now() - at).to_std().unwrap_or_default());
        report.bad(
            WHAT,
            format!(
                "by webhook, {n} wait; {ago} ago Telegram could not deliver ({message}): check that the bot runs and \
                 that the reverse proxy passes {} on to {}",
                host(&hook.url),
                ours.address
            ),
        );
    } else {
        report.ok(WHAT, format!("by webhook at {}, {n} wait", host(&hook.url)));
    }
    Ok(())
}

/// Of an address only the host: what follows it may be kept secret.
fn host(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or("an address that cannot be read").to_owned()
}

async fn check_commands(report: &mut Report, telegram: &Telegram<'_>) {
    const WHAT: &str = "commands";
    match telegram.call::<Vec<BotCommand>>("getMyCommands", &[]).await {
        Ok((found, _)) => {
            let ours = commands::menu(Lang::Ru);
            let found = found
                .iter()
                .map(|known| known.command.trim_start_matches('/'));
            let is_same = ours
                .iter()
                .map(|known| known.command.trim_start_matches('/'))
                .eq(found);
            match is_same {
                true => report.ok(WHAT, format!("{} in the menu", ours.len())),
                false => report.ok(
                    WHAT,
                    "not in the menu yet: the bot puts them there at its start",
                ),
            }
        }
        Err(refused) => report.bad(WHAT, words(&refused)),
    }
}

async fn check_admins(report: &mut Report, telegram: &Telegram<'_>) {
    const WHAT: &str = "admins";
    let chats = &telegram.config.args.admin_chats;
    if chats.is_empty() {
        report.ok(
            WHAT,
            "none: nobody is told of trouble (ADMIN_CHATS is not set)",
        );
    }
    for chat in chats {
        let id = chat.to_string();
        match telegram.call::<Chat>("getChat", &[("chat_id", &id)]).await {
            Ok((chat, _)) => report.ok(WHAT, format!("{id} can be reached ({})", chat.kind)),
            Err(Refused::Said(_, words)) => report.bad(
                WHAT,
                format!("{id} cannot be reached ({words}): send /start to the bot from there, or correct ADMIN_CHATS"),
            ),
            Err(refused) => report.bad(WHAT, format!("{id}: {}", words(&refused))),
        }
    }
}
