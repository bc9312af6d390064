//! Measured figures: simulations and measurements that write `sandbox/BENCHMARKS.md`.
//!
//! ```text
//! cargo run --release -p sandbox --bin figures                 # all sections
//! cargo run --release -p sandbox --bin figures -- waits store  # some of them
//! cargo run --release -p sandbox --bin figures -- waits-1000   # only the simulations with 1,000 watches
//! ```
//!
//! A section begins with [`report::Section::new`], adds tables, plots, samples and goals, and ends with
//! [`report::Section::publish`], which puts it in its place on the page beside whatever other sections are there. A new one
//! is a module here with a `run(&Home)` and a line in [`SECTIONS`] and [`run`].

pub mod delays;
pub mod plot;
pub mod processes;
pub mod report;
pub mod sim;
pub mod stats;
pub mod store;
pub mod waits;

use crate::Whom;
use report::Home;
use shared::ids::Target;

/// What [`run`] knows, in the order of the page.
pub const SECTIONS: &[&str] = &["waits", "store", "processes", "delays"];

/// The command of a section, as it stands beside its figures.
pub fn command(section: &str) -> String {
    format!("cargo run --release -p sandbox --bin figures -- {section}")
}

/// Measures one section and writes it.
///
/// # Errors
/// When there is no such section, or it could not be measured or written.
pub async fn run(section: &str, home: &Home) -> anyhow::Result<()> {
    match section {
        "waits" => waits::run(home, None),
        "store" => store::run(home).await,
        "processes" => processes::run(home).await,
        "delays" => delays::run(home, None).await,
        part if part.starts_with("delays-") => {
            delays::run(home, part.strip_prefix("delays-")).await
        }
        part if part.starts_with("waits-") => waits::run(home, part.strip_prefix("waits-")),
        other => anyhow::bail!("no section {other}; there are: {}", SECTIONS.join(", ")),
    }
}

/// One doctor as what a watch waits for.
fn watching(whom: &Whom) -> Target {
    Target {
        department: whom.department.clone(),
        doctor: Some(whom.doctor.doctor.clone()),
    }
}
