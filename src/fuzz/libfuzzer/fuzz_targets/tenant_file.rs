#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::read("tenant_file", input));
