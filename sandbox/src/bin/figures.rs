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
    /// Only print the waits with so many watches, and write nothing
    #[arg(long, value_name = "N")]
    watches: Option<usize>,
    /// With --watches: only ways whose name contains this
    #[arg(long, value_name = "NAME", default_value = "")]
    way: String,
    /// With --watches: all fixed minutes at 08:00
    #[arg(long)]
    sharp: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    if let Some(n_watches) = config.watches {
        let mut ways = Way::ALL.to_vec();
        ways.retain(|way| way.name().contains(&config.way));
        print!("{}", try_out(n_watches, &ways, config.sharp));
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
