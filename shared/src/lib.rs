//! What `bot` and `pinger` share: ids and domain values, the gorzdrav client, the store.

pub mod backups;
pub mod catalogue;
pub mod check;
pub mod clock;
pub mod diff;
pub mod event;
pub mod failure;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod gorzdrav;
pub mod ids;
pub mod link;
pub mod logging;
pub mod metrics;
pub mod outage;
pub mod progress;
pub mod quiet;
pub mod settings;
pub mod signals;
pub mod slot;
pub mod specialty;
pub mod store;
pub mod supervise;
pub mod vigil;
pub mod watchdog;
pub mod wish;
