//! What buttons say back.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| bot::fuzzing::press(data));
