//! The pinger as a whole: the real client, the real store, an invented portal on a socket.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod backups;
mod bench;
mod looks;
mod migration;
mod portal;
mod program;
mod troubles;

/// How long a test waits for what should come at once.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
