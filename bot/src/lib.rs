//! The bot: talks with people in Telegram and delivers alerts.

mod add;
mod answers;
mod backlog;
mod broadcast;
mod commands;
mod config;
mod context;
mod delivery;
mod edits;
mod errands;
mod export;
mod files;
mod flood;
mod fresh;
mod housekeeping;
mod life;
mod list;
mod listen;
mod once;
mod openings;
mod pace;
pub mod picture;
mod press;
mod rights;
mod routes;
mod settings;
mod silence;
mod status;
mod telegram;
pub mod texts;
mod tidy;
mod turns;
mod visit;
mod wish;
mod words;

pub use config::{Args, Config, Weekly};

use anyhow::Context as _;
use chrono::Utc;
use context::{Context, Parts};
use shared::gorzdrav::menus::Menus;
use shared::gorzdrav::{Api, ApiSettings};
use shared::settings::SettingError;
use shared::store::{Program, Store};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the bot's menus may take of the portal's budget, on top of the pinger's.
const MENUS_SHARE: f64 = 0.25;

/// People named for a turn that wait to be taken up by the delivery.
const POKES: usize = 1_024;

/// What is under way at the end has so long to end by itself.
const GRACE: Duration = Duration::from_secs(2);

/// And what came while that was ending, so long.
const LAST: Duration = Duration::from_millis(500);

/// Runs the bot until `shutdown` is cancelled; returns within 5 seconds then.
///
/// # Errors
/// When a setting turns out wrong ([`shared::settings::SettingError`]) or the database cannot be opened. Trouble
/// with Telegram or the portal is waited out.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let started_at = Utc::now();
    let store = Store::open(&config.args.database.database_path, Program::Bot)
        .await
        .context("opening the database")?;
    let changes = store.changes().await.context("watching the database")?;
    let api = Api::new(&api_settings(&config)).map_err(SettingError::from)?;
    let bot = telegram::connect(&config)?;
    let (pokes, poked) = mpsc::channel(POKES);
    let tasks = TaskTracker::new();
    let ctx = Context::new(Parts {
        menus: Menus::new(api.clone(), store.clone()),
        pace: pace::Pace::new(config.args.alerts_per_second),
        flood: flood::Flood::new(config.burst),
        members: rights::Members::new(),
        config,
        bot,
        store,
        changes,
        silence: silence::Silence::new(),
        pokes,
        cards: wish::Cards::default(),
        awaiting: fresh::Awaiting::default(),
        turns: turns::Turns::default(),
        backlog: backlog::Backlog::new(started_at),
        updates: once::Updates::default(),
        troubles: once::Troubles::default(),
        tasks: tasks.clone(),
        shutdown: shutdown.clone(),
    });
    // Of a run before this one, or of the pinger.
    if let Ok(Some(until)) = ctx.store.portal_hold().await {
        api.hold_until(until);
    }
    tracing::info!("started");
    tasks.spawn(housekeeping::run(ctx.clone(), started_at));
    tasks.spawn(housekeeping::share_holds(ctx.clone(), api));
    tasks.spawn(delivery::run(ctx.clone(), poked));
    tasks.spawn(errands::run(ctx.clone()));
    ctx.spawn(broadcast::resume(ctx.clone()));
    ctx.spawn(tidy::run(ctx.clone()));
    if let Some(address) = ctx.config.args.bot_metrics_addr {
        let served =
            shared::metrics::serve(address, Program::Bot, ctx.store.clone(), shutdown.clone());
        ctx.spawn(async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "BOT_METRICS_ADDR: metrics are not served");
            }
        });
    }
    let warm = ctx.clone();
    ctx.spawn(async move { warm.menus.warm().await });
    let listening = async {
        let listened = listen::run(&ctx).await;
        // A wrong token ends the program.
        shutdown.cancel();
        listened
    };
    // Beside the listener, which may need its own grace: one after the other they would take too long.
    let working = async {
        shutdown.cancelled().await;
        tasks.close();
        if tokio::time::timeout(GRACE, tasks.wait()).await.is_err() {
            tracing::warn!("some work did not end in time; what it was telling stays pending");
        }
    };
    let (listened, ()) = tokio::join!(listening, working);
    // What was said at the last moment.
    let _ = tokio::time::timeout(LAST, tasks.wait()).await;
    tracing::info!("stopped");
    listened
}

fn api_settings(config: &Config) -> ApiSettings {
    let portal = &config.args.portal;
    ApiSettings {
        requests_per_second: portal.requests_per_second * MENUS_SHARE,
        ..portal.into()
    }
}
