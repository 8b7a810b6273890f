//! A recommendation as a table for a terminal.

use super::Recommendation;
use crate::report::text::{assumed, columns, percent, time_of};
use core::fmt::Write;

/// A recommendation for a terminal.
pub fn text(answer: &Recommendation) -> String {
    let mut out = format!("{}\n\n", answer.sentence);
    let mut rows =
        vec![["max_size", "utilisation", "wait p50", "wait p95", "wait p99", "failed", ""].map(str::to_owned).to_vec()];
    for size in &answer.table {
        let mark =
            if answer.recommended.is_some_and(|r| r.max_size == size.max_size) { "  <- recommended" } else { "" };
        rows.push(vec![
            size.max_size.to_string(),
            size.utilisation.map_or("–".into(), |u| percent(u.mean)),
            time_of(&size.wait.p50),
            time_of(&size.wait.p95),
            time_of(&size.wait.p99),
            size.failed_requests.map_or("–".into(), |s| percent(s.mean)),
            format!("{}{mark}", size.verdict.word()),
        ]);
    }
    if !answer.table.is_empty() {
        out += &columns(&rows);
    }
    let _ = write!(
        out,
        "\n  objectives: {}; offered load {:.2} erlangs per instance; seed {}, intervals at {:.0} %.\n",
        answer.slo.join(", "),
        answer.offered_load,
        answer.seed,
        answer.confidence * 100.0
    );
    out += &assumed(&answer.assumptions);
    out
}
