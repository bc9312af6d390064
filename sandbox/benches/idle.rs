//! What both programs take while next to nothing happens: memory and processor.
//!
//! ```text
//! cargo build --release -p bot -p pinger
//! cargo bench -p sandbox --bench idle
//! ```
//!
//! Runs the release programs with the default settings and ten watches for a minute, then reads `/proc`: Linux only.
//! The promise is less than 30 MiB resident and less than 1 % of a core each.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod common;

use anyhow::Context;
use sandbox::{Binary, Options, World};
use std::time::{Duration, Instant};

const N_WATCHES: usize = 10;
/// The start is not idle.
const SETTLING: Duration = Duration::from_secs(10);
const MEASURED: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let world = World::start(sandbox::City::invented()?, Options::default()).await?;
    let people = common::waiting(&world, N_WATCHES).await?;
    let is_default = |name: &str| !matches!(name, "POLL_PERIOD" | "REQUESTS_PER_SECOND");
    let variables = world.settings.variables.iter();
    let variables: Vec<_> = variables
        .filter(|(name, _)| is_default(name))
        .cloned()
        .collect();
    let (bot, pinger) = common::start(&world, &variables).await?;
    for (_, whom) in &people {
        world.looked(&whom.doctor, 0, PATIENCE).await?;
    }
    tokio::time::sleep(SETTLING).await;
    let before = (Usage::of(&bot)?, Usage::of(&pinger)?, Instant::now());
    tokio::time::sleep(MEASURED).await;
    let elapsed = before.2.elapsed();
    let after = (Usage::of(&bot)?, Usage::of(&pinger)?);
    let ticks_a_second = ticks_a_second()?;
    println!("{N_WATCHES} watches at default settings, {elapsed:.0?}:");
    for (name, before, after) in [("bot", before.0, after.0), ("pinger", before.1, after.1)] {
        let seconds = (after.n_ticks - before.n_ticks) as f64 / ticks_a_second;
        println!(
            "  {name:<6}  resident {:.1} MiB (at most {:.1}), processor {:.2} %",
            after.resident_kib as f64 / 1024.0,
            after.most_resident_kib as f64 / 1024.0,
            100.0 * seconds / elapsed.as_secs_f64(),
        );
    }
    tokio::try_join!(bot.terminate(), pinger.terminate())?;
    Ok(())
}

/// What a process has taken so far.
struct Usage {
    n_ticks: u64,
    resident_kib: u64,
    most_resident_kib: u64,
}

impl Usage {
    fn of(program: &Binary) -> anyhow::Result<Self> {
        let pid = program.pid().context("it ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| -> anyhow::Result<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let value = line.and_then(|line| line.split_whitespace().next());
            Ok(value.with_context(|| format!("no {name}"))?.parse()?)
        };
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Behind the name in parentheses, which may hold anything: utime and stime are the 14th and 15th of all.
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let times = behind.split_whitespace().skip(11).take(2);
        let times: Result<Vec<u64>, _> = times.map(str::parse).collect();
        Ok(Self {
            n_ticks: times?.iter().sum(),
            resident_kib: field("VmRSS:")?,
            most_resident_kib: field("VmHWM:")?,
        })
    }
}

fn ticks_a_second() -> anyhow::Result<f64> {
    let said = std::process::Command::new("getconf")
        .arg("CLK_TCK")
        .output();
    Ok(String::from_utf8(said?.stdout)?.trim().parse()?)
}
