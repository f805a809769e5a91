//! Films, sound and pictures: what of them leaves, and what does not.
#![no_main]

libfuzzer_sys::fuzz_target!(init: stonechat::fuzzing::lay_out_files(), |data: &[u8]| stonechat::fuzzing::clean(data));
