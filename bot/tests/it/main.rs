//! The program `bot` as an operator starts it.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod settings;
