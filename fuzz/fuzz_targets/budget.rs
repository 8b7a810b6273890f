#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::budget::Budget;

fuzz_target!(|text: &str| {
    // No service names a file that is there.
    let _ = Budget::read(text, "/nowhere".as_ref());
});
