//! The program that looks at the portal: decides what to read next, reads, records what changed.
//!
//! ```text
//! store ──what is watched, asked, held──▶ wishes ──▶ rounds ──task──▶ reading ──▶ portal
//!   ▲                                                  ▲  planner        │
//!   └──────────────── each answer, as it comes ────────┴────── outcome ──┘
//! ```

mod backups;
mod housekeeping;
mod meter;
mod outages;
mod owed;
pub mod planner;
mod reading;
mod rounds;
mod wishes;

use self::planner::PlanSettings;
use self::reading::Reader;
use anyhow::Context;
use chrono::Utc;
use shared::backups::{BackupError, Backups, Made, Progress};
use shared::check::{Report, check_database, check_metrics, check_portal, check_programs};
use shared::gorzdrav::Api;
use shared::settings::{
    DatabaseSettings, LogSettings, PortalSettings, SettingError, parse_address, parse_duration,
};
use shared::store::{Program, Store};
use shared::supervise::{supervise, supervise_until};
use shared::watchdog::{self, Pulse};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a wish to end leaves the last words to the store.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Settings of the pinger.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "pinger", version, about)]
pub struct Config {
    /// How the portal is reached.
    #[command(flatten)]
    pub portal: PortalSettings,
    /// Where answers go.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// What is logged.
    #[command(flatten)]
    pub log: LogSettings,
    /// How often each department is looked at while the budget allows
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "60s")]
    pub poll_period: Duration,
    /// Address to serve /metrics and /healthz on; off when not set
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub pinger_metrics_addr: Option<SocketAddr>,
    /// What else to do than looking.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What an operator may ask for, beside the running programs.
#[derive(Debug, Clone, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// Copies the whole database into a file, and checks the copy
    Backup {
        /// Must not be there yet; without it a file in backups/ beside the database
        file: Option<PathBuf>,
    },
    /// Says line by line what works and what to do; changes nothing
    Check,
}

/// Does [`Command::Check`].
///
/// # Errors
/// [`SettingError`] for a setting that cannot be used.
pub async fn check(config: Config) -> Result<Report, SettingError> {
    let mut report = Report::new();
    // Whoever comes so far has read them; what is wrong in them is said before any line.
    report.ok("settings", "can all be read");
    let path = &config.database.database_path;
    let database = check_database(&mut report, path).await;
    if let Some(database) = &database {
        check_programs(&mut report, Program::Pinger, database, path);
    }
    let portal = (&config.portal).into();
    check_portal(&mut report, &portal, database.as_ref()).await?;
    let (setting, address) = ("PINGER_METRICS_ADDR", config.pinger_metrics_addr);
    let runs = database.is_some_and(|database| database.runs(Program::Pinger));
    check_metrics(&mut report, setting, address, runs).await;
    Ok(report)
}

/// Does [`Command::Backup`]; in a terminal it shows how far it is.
///
/// # Errors
/// See [`BackupError`].
pub fn back_up(config: &Config, file: Option<&Path>) -> Result<Made, BackupError> {
    let is_shown = std::io::stderr().is_terminal();
    let mut show = |progress| {
        if is_shown {
            match progress {
                Progress::Copying(done, total) => {
                    let percent = (done * 100).checked_div(total).unwrap_or(0).min(100);
                    eprint!("\rcopying: {percent} %\x1b[K");
                }
                Progress::Checking => eprint!("\rchecking the copy\x1b[K"),
            }
        }
    };
    let backups = Backups::of(&config.database.database_path);
    let made = backups.make_asked(file, Utc::now(), &mut show);
    if is_shown {
        eprint!("\r\x1b[K");
    }
    made
}

/// Looks until `shutdown`, then ends within five seconds: what is under way has three of them to finish.
///
/// # Errors
/// [`SettingError`] for a setting that only shows to be wrong in use, [`shared::store::StoreError`] when the database cannot be used.
/// Once running, nothing ends it but `shutdown`.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let api = Api::new(&(&config.portal).into()).map_err(SettingError::from)?;
    let path = &config.database.database_path;
    let opening = watchdog::starting(Store::open_unlocked(path, Program::Pinger));
    let Some(store) = shutdown.run_until_cancelled(opening).await else {
        return Ok(());
    };
    let store = store.with_context(|| format!("opening the database {}", path.display()))?;
    tracing::info!(
        database = %config.database.database_path.display(),
        poll_period = ?config.poll_period,
        requests_per_second = config.portal.requests_per_second,
        "pinger started"
    );
    let settings = PlanSettings {
        poll_period: config.poll_period,
        requests_per_second: config.portal.requests_per_second,
        gates: true,
        learning: true,
    };
    look(&config, settings, api, &store, &shutdown).await;
    let farewell = store.stopped(Program::Pinger, Utc::now());
    match timeout(LAST_WORDS, farewell).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the end could not be recorded"),
        Err(_) => tracing::warn!("the end could not be recorded in time"),
    }
    tracing::info!("pinger stopped");
    Ok(())
}

/// Starts the parts and waits for the wish to end; a part that breaks is started anew.
async fn look(
    config: &Config,
    settings: PlanSettings,
    api: Api,
    store: &Store,
    shutdown: &CancellationToken,
) {
    let reader = Arc::new(Reader::new(api, store.clone()));
    let (tell, wishes) = tokio::sync::watch::channel(None);
    let started_at = Utc::now();
    let mut parts = Parts::new(shutdown);
    let (hearing, looking) = (Pulse::new("wishes"), Pulse::new("rounds"));
    parts.start("watchdog", {
        let (pulses, store) = ([hearing.clone(), looking.clone()], store.clone());
        move || {
            let (pulses, store) = (pulses.clone(), store.clone());
            async move { watchdog::watch(&pulses, &store).await }
        }
    });
    parts.start("wishes", {
        let store = store.clone();
        move || wishes::follow(store.clone(), hearing.clone(), tell.clone())
    });
    // Before the first beat of this run hides how long we were away.
    let last_beat = outages::last_beat(store).await;
    parts.start("outages", {
        let store = store.clone();
        move || outages::judge(store.clone(), last_beat)
    });
    parts.start("heartbeat", {
        let store = store.clone();
        move || housekeeping::beat(store.clone(), started_at)
    });
    parts.start("cleaning", {
        let (store, wishes) = (store.clone(), wishes.clone());
        move || housekeeping::drop_unwatched(store.clone(), wishes.clone())
    });
    parts.start("folding", {
        let store = store.clone();
        move || housekeeping::fold_events(store.clone())
    });
    parts.start("backups", {
        let database = config.database.database_path.clone();
        move || backups::make(database.clone())
    });
    parts.start("owed", {
        let store = store.clone();
        move || owed::watch(store.clone())
    });
    if let Some(address) = config.pinger_metrics_addr {
        let (store, stop) = (store.clone(), shutdown.clone());
        parts.start("metrics", move || {
            let (store, stop) = (store.clone(), stop.clone());
            async move {
                if let Err(error) =
                    shared::metrics::serve(address, Program::Pinger, store, stop).await
                {
                    tracing::error!(%error, "PINGER_METRICS_ADDR: metrics are not served");
                }
            }
        });
    }
    watchdog::ready();
    // The only part that ends by itself: it lets what is under way finish.
    let stop = shutdown.clone();
    supervise(Program::Pinger, "rounds", shutdown, move || {
        let (reader, wishes, stop) = (Arc::clone(&reader), wishes.clone(), stop.clone());
        rounds::run(settings, reader, wishes, looking.clone(), stop)
    })
    .await;
    parts.end().await;
}

/// What goes on beside the looking.
struct Parts {
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl Parts {
    fn new(stop: &CancellationToken) -> Self {
        Self {
            running: JoinSet::new(),
            stop: stop.clone(),
        }
    }

    /// Runs a part until the end, anew whenever it breaks.
    fn start<F>(&mut self, name: &'static str, part: impl FnMut() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let stop = self.stop.clone();
        self.running.spawn(async move {
            supervise_until(Program::Pinger, name, &stop, part).await;
        });
    }

    async fn end(mut self) {
        self.running.shutdown().await;
    }
}
