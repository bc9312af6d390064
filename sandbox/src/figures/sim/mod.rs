//! A simulated city on a virtual clock: when departments open talons, and how soon each way of asking hears of it.
//!
//! ```text
//! town ──changes in time──▶ portal ──answers──▶ policy ──requests, two a second──▶ portal
//!                             └── when each opening was first answered for ──▶ waits
//! ```
//!
//! Time is whole milliseconds since the midnight (wall clock) that begins the first day, a Monday. Nothing here sleeps, and
//! a run repeats exactly with its seed.

mod baselines;
mod chain;
mod oracle;
mod portal;
mod real;
mod run;
#[cfg(test)]
mod tests;
mod town;

pub use baselines::{EvenRounds, OneByOne};
pub use oracle::RateOracle;
pub use portal::{Answer, Portal, Request};
pub use real::RealPlanner;
pub use run::{Counts, Next, Policy, Run, Wait, run};
pub use town::{Change, Clinic, Department, Doctor, Habit, Opening, Plan, Size, Town};

/// Milliseconds since the first midnight.
pub type Ms = i64;

/// One second.
pub const SECOND: Ms = 1_000;
/// One minute.
pub const MINUTE: Ms = 60 * SECOND;
/// One hour.
pub const HOUR: Ms = 60 * MINUTE;
/// One day.
pub const DAY: Ms = 24 * HOUR;

/// Between two requests: two a second, never more over any second.
pub const TURN: Ms = SECOND / 2;
/// From a request to its answer, whoever asks whatever.
pub const LATENCY: Ms = 150;
