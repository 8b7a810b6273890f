#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::import::Kind;

fuzz_target!(|data: &[u8]| poolwise_fuzz::imports(Kind::PgStatStatements, data));
