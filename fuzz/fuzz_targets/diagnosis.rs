#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::import::prometheus;

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\u{1e}').unwrap_or((text, text));
    let _ = prometheus::read(first, Some(second), Some(60.0));
});
