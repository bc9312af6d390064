//! The settings of the bot from a `.env`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| bot::fuzzing::env_file(data));
