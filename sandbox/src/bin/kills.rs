//! Kills the real programs again and again under load, and says what became of everybody's talons.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use clap::Parser;
use sandbox::kills::{Plan, run};
use std::path::PathBuf;
use std::process::ExitCode;

/// SIGKILL at random moments under load: everything that stayed open must be told, and nothing without end.
#[derive(Debug, Parser)]
#[command(name = "kills", version)]
struct Config {
    /// How often something is killed
    #[arg(long, value_name = "N", default_value_t = 200)]
    times: usize,
    /// Decides what is killed when; a new one each time when not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Database file to use and keep; without it, one in a temporary folder
    #[arg(long, value_name = "PATH")]
    database: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let config = Config::parse();
    let plan = Plan {
        times: config.times,
        seed: config.seed.unwrap_or_else(rand::random),
        database: config.database,
    };
    println!("seed {}", plan.seed);
    let report = run(plan, |line| println!("{line}")).await?;
    println!("\n{report}");
    Ok(match report.broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}
