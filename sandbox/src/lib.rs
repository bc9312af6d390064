//! A test bench for the whole watcher: an invented city with its portal, and a stand-in for Telegram. The real
//! programs run against them, started in this process or not.

pub mod binaries;
pub mod city;
pub mod figures;
pub mod journal;
pub mod kills;
mod net;
pub mod person;
pub mod portal;
pub mod programs;
pub mod scene;
pub mod telegram;
pub mod web;
pub mod world;

pub use binaries::Binary;
pub use city::{City, Endpoint, Fault, Scope, Whom};
pub use person::Person;
pub use portal::Portal;
pub use programs::{Program, Programs};
pub use telegram::Telegram;
pub use web::Web;
pub use world::{Options, World};
