//! What `bot` and `pinger` share: ids and domain values, the gorzdrav client, the store.

pub mod catalogue;
pub mod clock;
pub mod diff;
pub mod event;
pub mod failure;
pub mod gorzdrav;
pub mod ids;
pub mod link;
pub mod logging;
pub mod metrics;
pub mod outage;
pub mod quiet;
pub mod settings;
pub mod signals;
pub mod slot;
pub mod specialty;
pub mod store;
pub mod wish;
