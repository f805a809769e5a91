//! Stanzas as text: every parser of a payload, and what is built of what was read.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stonechat::fuzzing::payload(data));
