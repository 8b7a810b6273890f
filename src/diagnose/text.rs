//! A diagnosis for a terminal.

use super::{Diagnosis, Finding};
use core::fmt::Write;

/// So many mechanisms are shown with their reasons.
const SHOWN: usize = 3;

/// The answer, what it rests on, and what to do and to look at next.
pub fn text(answer: &Diagnosis) -> String {
    let mut out = format!("{}\n", answer.sentence);
    if let Some(load) = &answer.load {
        let _ = writeln!(out, "\nOffered load: {}.", load.words);
    }
    // Those who fit, or else the best: why they do not is told as well.
    let fitting = answer.ranking.iter().take_while(|ranked| ranked.score >= super::FITS).count();
    let shown = if answer.used.is_empty() { 0 } else { fitting.clamp(1, SHOWN) };
    for ranked in answer.ranking.iter().take(shown) {
        let _ = writeln!(out, "\n{} ({}), score {:+.1}", ranked.title, ranked.name, ranked.score);
        for reason in &ranked.reasons {
            let _ = writeln!(out, "  {:+.1}  {} ({})", reason.weight, reason.sign, reason.numbers);
        }
        let _ = writeln!(out, "  To tell: {}\n  First: {}", ranked.tell_apart, ranked.lever);
        for vain in &ranked.in_vain {
            let _ = writeln!(out, "  In vain: {vain}.");
        }
    }
    if let Some(missing) = &answer.missing {
        let _ = writeln!(
            out,
            "\nLook next at {} ({}).\n  If {}: {} leads. If {}: {} leads.",
            missing.ask,
            missing.symptoms.join(", "),
            missing.if_yes.0,
            missing.if_yes.1,
            missing.if_no.0,
            missing.if_no.1
        );
    }
    if !answer.used.is_empty() {
        out += "\nSeen:\n";
        for used in &answer.used {
            let _ = writeln!(out, "  {:24}{:>10}   {}", used.name, used.shown, used.gloss);
        }
    }
    if answer.verdict == Finding::Unknown && answer.used.is_empty() {
        out += "\nSay what was seen with --symptom name=value or --metrics FILE.\n";
    }
    out
}
