//! Pages as they come from the web: what their head says, and what becomes of it in a preview.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stonechat::fuzzing::page(data));
