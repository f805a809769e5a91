//! Scripts of stanzas: the inbound pipeline on a real store.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stonechat::fuzzing::inbound(data));
