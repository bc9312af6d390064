//! Sections 1 and 2: how long an opening waits for each way of asking, and what that costs in requests.

mod cases;
mod page;

pub use cases::{Case, Outcome, Way, measure};

use super::report::Home;
use cases::{SEEDS, SIZES};

/// Simulates all cases and writes both sections.
///
/// # Errors
/// When they cannot be written.
pub fn run(home: &Home) -> anyhow::Result<()> {
    let spread = SIZES.iter().flat_map(|&size| {
        Way::ALL.map(|way| Case {
            size,
            way,
            is_sharp: false,
        })
    });
    let sharp = Way::ALL.map(|way| Case {
        size: cases::size(1_000),
        way,
        is_sharp: true,
    });
    let cases: Vec<_> = spread.chain(sharp).collect();
    let outcomes = measure(&cases, &SEEDS);
    page::write(home, &outcomes)
}

/// Simulates a few cases to be printed, for whoever works on a way of asking.
pub fn try_out(n_watches: usize, ways: &[Way], is_sharp: bool) -> String {
    let size = cases::size(n_watches);
    let cases: Vec<_> = ways
        .iter()
        .map(|&way| Case {
            size,
            way,
            is_sharp,
        })
        .collect();
    let outcomes = measure(&cases, &SEEDS);
    let mut text = format!("{}\n", page::COLUMNS.join("\t"));
    for outcome in &outcomes {
        text.push_str(&page::row(outcome).join("\t"));
        text.push('\n');
    }
    text
}
