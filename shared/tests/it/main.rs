//! Tests of the library through its public face.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod client;
mod metrics;
mod store_areas;
mod store_backup;
mod store_cost;
mod store_file;
mod store_learned;
mod store_life;
mod store_looks;
mod store_migrations;
mod store_news;
mod store_outages;
mod store_words;
