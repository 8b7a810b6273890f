//! What is written of a run: one line per attempt, in the form of the recorded runs (tests/reality/README.md), and one manifest of
//! all runs.

use crate::runs::Run;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// What came of an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Served = 0,
    TimedOut = 1,
    /// It had one connection, and timed out waiting for the second.
    SecondTimedOut = 2,
    /// The connection was never given back.
    Leaked = 3,
    /// The pool said no before the time was over.
    Refused = 4,
    /// The connection ended under it.
    Lost = 5,
}

/// One attempt; times in microseconds, from the beginning of the run.
#[derive(Clone, Copy)]
pub struct Attempt {
    pub at: u64,
    pub again: u32,
    pub wait: u64,
    /// Of one that never held a connection: what it would have asked for.
    pub hold: u64,
    pub end: End,
    /// The server's process, 0 for none; of nested runs the wait for the second connection.
    pub last: i64,
    pub asked: u64,
}

/// A run as it was.
pub struct Trace {
    pub attempts: Vec<Attempt>,
    /// How late requests came after their scheduled moment, or workers after their pause, in microseconds.
    pub late: Vec<u64>,
    /// From when until when the server was down, in seconds.
    pub down: Option<(f64, f64)>,
    /// The machine's load when it began and when it ended.
    pub load: [f64; 2],
}

impl Trace {
    /// Write the attempts in the order in which they came.
    pub fn write(&mut self, run: &Run, folder: &Path) -> io::Result<()> {
        self.attempts.sort_by_key(|attempt| attempt.at);
        let nested = run.workers.is_some();
        let mut text = format!("gap_us,att,wait_us,hold_us,out,{}\n", if nested { "wait2_us" } else { "conn" });
        let (mut before, mut names) = (0, BTreeMap::new());
        for a in &self.attempts {
            let last = if nested {
                a.last
            } else if a.last == 0 {
                -1
            } else {
                // In place of the process its number in order of appearance.
                let next = names.len() as i64;
                *names.entry(a.last).or_insert(next)
            };
            let line = [(a.at - before) as i64, a.again.into(), a.wait as i64, a.hold as i64, a.end as i64, last];
            let _ = writeln!(text, "{}", line.map(|cell| cell.to_string()).join(","));
            before = a.at;
        }
        let file = std::fs::File::create(folder.join(format!("{}.csv.gz", run.name)))?;
        let mut gz = GzEncoder::new(file, Compression::best());
        gz.write_all(text.as_bytes())?;
        gz.finish()?.sync_all()
    }

    fn had(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|a| matches!(a.end, End::Served | End::Leaked))
    }

    fn share(&self, end: End) -> f64 {
        let count = self.attempts.iter().filter(|a| a.end == end).count();
        100.0 * count as f64 / self.attempts.len().max(1) as f64
    }

    /// One line for who watches.
    pub fn line(&self) -> String {
        let mean = self.had().map(|a| a.wait as f64).sum::<f64>() / self.had().count().max(1) as f64 / 1e3;
        format!(
            "{} attempts, mean wait {mean:.2} ms, timed out {:.2} %, refused {:.2} %, lost {:.2} %",
            self.attempts.len(),
            self.share(End::TimedOut) + self.share(End::SecondTimedOut),
            self.share(End::Refused),
            self.share(End::Lost),
        )
    }

    /// What the manifest says of it: what was done, and what was measured besides.
    pub fn entry(&mut self, run: &Run) -> Value {
        self.late.sort_unstable();
        let late = |share: f64| self.late.get((share * self.late.len() as f64) as usize).copied();
        let asked: u64 = self.had().map(|a| a.asked).sum();
        let mut entry = run.entry();
        entry["requests"] = json!(run.workers.is_none().then_some(self.late.len()));
        entry["asked_us"] = json!(asked as f64 / self.had().count().max(1) as f64);
        entry["late_us"] = json!({ "p50": late(0.5), "p99": late(0.99) });
        entry["load_average"] = json!(self.load);
        if let Some((from, until)) = self.down {
            entry["down"] = json!([from, until]);
        }
        entry
    }
}

/// The load average of the last minute.
pub fn machine_load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}
