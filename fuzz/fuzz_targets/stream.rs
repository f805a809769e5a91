//! What a server sends, as bytes: the guard and the stream reader.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stonechat::fuzzing::stream(data));
