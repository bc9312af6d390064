//! Sections 1 and 2: how long an opening waits for each way of asking, and what that costs in requests.
//!
//! All of it takes long. Each [`Part`] keeps its samples in files of its own and can be simulated alone; the page is
//! written from the files that are there.

mod cases;
mod kept;
mod page;

pub use cases::{Case, Outcome, Part, Sample, Way, measure};

use super::report::Home;
use cases::SEEDS;

/// Simulates all parts, or the one of this name, and writes both sections.
///
/// # Errors
/// When there is no such part, or the files cannot be read or written.
pub fn run(home: &Home, only: Option<&str>) -> anyhow::Result<()> {
    let parts = Part::ALL
        .iter()
        .filter(|part| only.is_none_or(|name| part.name() == name));
    let parts: Vec<_> = parts.collect();
    anyhow::ensure!(!parts.is_empty(), "no such part");
    for part in parts {
        let cases = Way::ALL.map(|way| part.case(way));
        kept::keep(home, *part, &measure(&cases, &SEEDS))?;
        page::write(home)?;
    }
    Ok(())
}

/// Simulates some ways of asking in one part, for whoever works on one; what came out is to be printed.
///
/// # Errors
/// When there is no such part.
pub fn try_out(part: &str, ways: &[Way], seeds: &[u64]) -> anyhow::Result<String> {
    let found = Part::ALL.iter().find(|known| known.name() == part);
    let found = found.ok_or_else(|| anyhow::anyhow!("no part {part}"))?;
    let cases: Vec<_> = ways.iter().map(|&way| found.case(way)).collect();
    let mut text = format!("{}\n", page::COLUMNS.join("\t"));
    for outcome in &measure(&cases, seeds) {
        text.push_str(&page::row(outcome).join("\t"));
        text.push('\n');
    }
    Ok(text)
}
