#![no_main]

use libfuzzer_sys::fuzz_target;
use poolwise::sweep::{Answer, Parts};
use std::path::PathBuf;

/// The files lie in one, with this byte between them. Each gets the last line that fits it: what somebody wrote on purpose has one too.
const BETWEEN: u8 = 0x1e;

fuzz_target!(|data: &[u8]| {
    let folder = std::env::temp_dir().join(format!("poolwise-shards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let parts: Vec<&[u8]> = data.split(|byte| *byte == BETWEEN).take(4).collect();
    let paths: Vec<PathBuf> = (0..parts.len()).map(|n| folder.join(format!("{n}.ndjson"))).collect();
    for (path, part) in paths.iter().zip(parts) {
        std::fs::write(path, finished(part)).expect("a file");
    }
    match Parts::verify(&paths) {
        Ok(parts) => {
            let _ = parts.each(&mut |line| {
                let answer = Answer::of(&line, parts.header());
                poolwise::sweep::text::Table::new(parts.header()).add(&answer);
                Ok(())
            });
            let _ = parts.write(&mut std::io::sink());
        }
        Err(problems) => assert!(!problems.can_run() && problems.problems.iter().all(|one| !one.message.is_empty())),
    }
});

fn finished(part: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = part.split_inclusive(|byte| *byte == b'\n').collect();
    let kept = lines.iter().position(|line| line.starts_with(b"{\"lines\":")).unwrap_or(lines.len());
    let mut text = lines[..kept].concat();
    let key = |key: u64, byte: &u8| (key ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let checksum = text.iter().fold(0xcbf2_9ce4_8422_2325, key);
    let count = kept.saturating_sub(1);
    text.extend(format!("{{\"lines\":{count},\"checksum\":\"{checksum:016x}\"}}\n").into_bytes());
    text
}
