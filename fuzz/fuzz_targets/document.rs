#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::scenario;
use poolwise::scenario::Scenario;

fuzz_target!(|text: &str| {
    let _ = scenario::parse(text).and_then(Scenario::read).and_then(|scenario| scenario.check());
});
