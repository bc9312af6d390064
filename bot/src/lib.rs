//! The bot: talks with people in Telegram and delivers alerts.

mod add;
mod answers;
mod backlog;
mod broadcast;
mod check;
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
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
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
mod vigil;
mod visit;
mod wish;
mod words;

pub use check::check;
pub use config::{Args, Command, Config, Weekly};

use anyhow::Context as _;
use chrono::Utc;
use context::{Context, Parts};
use shared::gorzdrav::menus::Menus;
use shared::gorzdrav::{Api, ApiSettings};
use shared::settings::SettingError;
use shared::store::{Program, Store};
use shared::supervise::supervise;
use shared::watchdog::{self, Pulse};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
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
    let path = &config.args.database.database_path;
    let opening = watchdog::starting(Store::open_unlocked(path, Program::Bot));
    let Some(store) = shutdown.run_until_cancelled(opening).await else {
        return Ok(());
    };
    let store = store.with_context(|| format!("opening the database {}", path.display()))?;
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
        pinger: vigil::Pinger::default(),
        delivering: Pulse::new("delivery"),
        keeping_house: Pulse::new("housekeeping"),
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
    ctx.keep("housekeeping", move |ctx| {
        housekeeping::run(ctx, started_at)
    });
    ctx.keep("holds", move |ctx| {
        housekeeping::share_holds(ctx, api.clone())
    });
    // What was named for a turn outlives a panic.
    let poked = Arc::new(Mutex::new(poked));
    ctx.keep("delivery", move |ctx| {
        delivery::run(ctx, Arc::clone(&poked))
    });
    ctx.keep("vigil", vigil::run);
    ctx.keep("reminders", visit::reminders::run);
    ctx.keep("errands", errands::run);
    ctx.keep("broadcast", broadcast::resume);
    ctx.keep("tidying", tidy::run);
    if let Some(address) = ctx.config.args.bot_metrics_addr {
        ctx.keep("metrics", move |ctx| async move {
            let (store, shutdown) = (ctx.store.clone(), ctx.shutdown.clone());
            let served = shared::metrics::serve(address, Program::Bot, store, shutdown);
            if let Err(error) = served.await {
                tracing::error!(%error, "BOT_METRICS_ADDR: metrics are not served");
            }
        });
    }
    ctx.keep("watchdog", |ctx| async move {
        let pulses = [ctx.delivering.clone(), ctx.keeping_house.clone()];
        let watching = watchdog::watch(&pulses, &ctx.store);
        ctx.shutdown.run_until_cancelled(watching).await;
    });
    watchdog::ready();
    let warm = ctx.clone();
    ctx.spawn(async move { warm.menus.warm().await });
    let listening = async {
        let listen = || listen::run(&ctx);
        let listened = supervise(Program::Bot, "listening", &shutdown, listen).await;
        // A wrong token ends the program.
        shutdown.cancel();
        listened.unwrap_or(Ok(()))
    };
    // Beside the listener, which may need its own grace: one after the other they would take too long.
    let working = async {
        shutdown.cancelled().await;
        watchdog::stopping();
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
