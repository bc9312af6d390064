//! Measures what `sandbox/BENCHMARKS.md` says and writes it there.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use anyhow::Context;
use clap::Parser;
use sandbox::figures::report::Home;
use sandbox::figures::waits::{Way, try_out};
use sandbox::figures::{SECTIONS, run};
use std::path::PathBuf;
use std::time::Instant;

/// Measures sections of BENCHMARKS.md and writes them.
#[derive(Debug, Parser)]
#[command(name = "figures", version)]
struct Config {
    /// Sections to measure; all of them when none is named
    sections: Vec<String>,
    /// Folder of BENCHMARKS.md
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_MANIFEST_DIR"))]
    folder: PathBuf,
    /// Only simulate and print these waits (1, 10, 100, 1000, 10000 or sharp), and write nothing
    #[arg(long, value_name = "PART")]
    try_waits: Option<String>,
    /// With --try-waits: only ways whose name contains this
    #[arg(long, value_name = "NAME", default_value = "")]
    way: String,
    /// With --try-waits: the seeds
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    if let Some(part) = config.try_waits {
        let mut ways = Way::ALL.to_vec();
        ways.retain(|way| way.name().contains(&config.way));
        print!("{}", try_out(&part, &ways, &config.seeds)?);
        return Ok(());
    }
    let home = Home::new(config.folder);
    let sections = match &config.sections[..] {
        [] => SECTIONS.iter().map(|&name| name.to_owned()).collect(),
        named => named.to_vec(),
    };
    for section in sections {
        let begun = Instant::now();
        run(&section, &home)
            .await
            .with_context(|| format!("section {section}"))?;
        println!("{section}: {:.0?}", begun.elapsed());
    }
    Ok(())
}
