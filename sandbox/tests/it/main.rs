//! The stand-ins, asked over HTTP as the programs ask them.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod browser;
mod e2e;
mod operators;
mod portal;
mod shapes;
mod sources;
mod telegram;
mod web;
