//! Texts with a link of the portal in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| shared::fuzzing::pasted(data));
