#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::import::sweep;

fuzz_target!(|text: &str| {
    let _ = sweep::read(text, None);
});
