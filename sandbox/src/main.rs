//! Starts the city, the Telegram stand-in, `pinger` and `bot`, and plays the scene in the terminal.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use clap::Parser;
use sandbox::programs::Programs;
use sandbox::world::{Options, World};
use sandbox::{City, Web, scene};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Where slots fall in the recorded city.
const SEED: u64 = 1;

/// The watcher at work in an invented city: no token, no network.
#[derive(Debug, Parser)]
#[command(name = "sandbox", version)]
struct Config {
    /// Keep everything running after the scene, until Ctrl-C
    #[arg(long)]
    stay: bool,
    /// No scene but a page for the browser: the chat beside the city; until Ctrl-C
    #[arg(long)]
    web: bool,
    /// Where the page is, on this machine; without it 127.0.0.1:8287, or another port when that is taken
    #[arg(long, value_name = "ADDRESS", requires = "web")]
    web_addr: Option<SocketAddr>,
    /// Real clinics, from recorded answers in this folder; only their slots are invented
    #[arg(long, value_name = "DIR")]
    recorded: Option<PathBuf>,
    /// Database file to use and keep; without it, one in a temporary folder
    #[arg(long, value_name = "PATH")]
    database: Option<PathBuf>,
    /// How often the pinger looks at each department
    #[arg(long, value_name = "DURATION", value_parser = shared::settings::parse_duration, default_value = "1s")]
    poll_period: Duration,
    /// What the programs log, on stderr; without it, RUST_LOG, or else warnings
    #[arg(long, value_name = "FILTER")]
    rust_log: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    // Nothing else of the environment is heeded: it may hold the settings of a real watcher.
    let rust_log = config.rust_log.clone();
    let rust_log = rust_log.or_else(|| std::env::var("RUST_LOG").ok());
    let rust_log = rust_log.unwrap_or_else(|| "warn".to_owned());
    if let Err(error) = shared::logging::init(&rust_log) {
        error.exit("sandbox");
    }
    match run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let city = match &config.recorded {
        Some(dir) => City::recorded(dir, SEED)?,
        None => City::invented()?,
    };
    let options = Options {
        database: config.database,
        poll_period: config.poll_period,
        ..Options::default()
    };
    let world = World::start(city, options).await?;
    if config.web {
        return show(&world, config.web_addr).await;
    }
    let mut programs = Programs::start(&world.settings)?;
    let played = tokio::select! {
        played = scene::play(&world, |line| println!("{line}")) => played,
        error = programs.ended() => Err(error),
        () = asked_to_end() => anyhow::bail!("ended before the scene was over"),
    };
    if config.stay && played.is_ok() {
        println!("\nВсё продолжает работать; Ctrl-C — конец.");
        for (name, value) in &world.settings.variables {
            println!("{name}={value}");
        }
        tokio::select! {
            error = programs.ended() => return Err(error),
            () = asked_to_end() => {}
        }
    }
    programs.stop().await?;
    played.map(|_| ())
}

/// Serves the page until asked to end.
async fn show(world: &World, addr: Option<SocketAddr>) -> anyhow::Result<()> {
    let web = Web::start(world, addr).await?;
    let mut programs = web.programs()?;
    println!("Песочница открыта: {}   (Ctrl-C — конец)", web.url());
    tokio::select! {
        error = programs.ended() => return Err(error),
        () = asked_to_end() => {}
    }
    programs.stop().await
}

/// Ctrl-C or SIGTERM. Never, when the system gives no signals.
async fn asked_to_end() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
