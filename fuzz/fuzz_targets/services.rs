#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::budget::services;

fuzz_target!(|text: &str| {
    let _ = services::read(text, &[]);
});
