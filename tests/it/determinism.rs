//! One fingerprint per scenario of the corpus: `tests/golden/fingerprints.txt` is asserted here, under Node and in Chromium
//! (`tests/wasm.rs`). A change of one is value-breaking and stands in the CHANGELOG.

use crate::{corpus, corpus_names, text_of};
use poolwise::engine::{self, Fingerprint};
use poolwise::random::Streams;
use poolwise::units::{SimTime, Span};

#[test]
fn every_scenario_has_its_fingerprint() {
    let found: Vec<String> = corpus_names()
        .iter()
        .map(|name| {
            let mut sum = Fingerprint::default();
            engine::run(&corpus(name), Streams::new(7, 0), SimTime::ZERO + Span::from_seconds(3600.0), &mut sum);
            format!("{name} {:016x}\n", sum.0)
        })
        .collect();
    crate::generated::hold_to("tests/golden/fingerprints.txt", &found.concat());
    assert_eq!(text_of("tests/golden/fingerprints.txt").lines().count(), corpus_names().len());
}
