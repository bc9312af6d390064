//! Commands and the words of `/add`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bot::fuzzing::words(data));
