//! The page's tables.

use super::Replayed;
use super::constants::calibrates;
use super::predict::Held;
use super::traces::{Attempt, RUNS, Run, hand_over};
use super::{CONSTANTS, Missed};
use poolwise::report::text::{percent, time};
use std::fmt::Write;

/// No line breaks within a cell.
pub fn cell(text: String) -> String {
    text.replace(' ', "\u{a0}")
}

/// A share or a number of points, without a minus before what is shown as zero.
fn sign(percent: f64) -> String {
    let text = format!("{percent:+.1}");
    if text.ends_with("0.0") && text.len() == 4 { "0.0".into() } else { text }
}

fn signed(share: f64) -> String {
    cell(format!("{} %", sign(100.0 * share)))
}

fn missed(missed: Missed) -> String {
    format!("{} | {} | {}", signed(missed.mean), signed(missed.p99), sign(100.0 * missed.timed_out))
}

pub fn constants() -> String {
    let c = &*CONSTANTS;
    let mut text = String::from("| measured | time | on |\n|---|--:|---|\n");
    for (what, microseconds, on) in [
        (
            "HikariCP: from the end of a hold to the begin of the next, while somebody waits",
            c.hikaricp,
            "the runs marked * , their median",
        ),
        ("a task that is woken", c.task, "deadpool's run"),
        ("a check of a connection, one round trip", c.check(), "sqlx's steady run, the waking left out"),
        (
            "PgBouncer: from the end of a hold to the begin of the next",
            c.pgbouncer,
            "the first half of its run; the second is judged",
        ),
        ("to open a connection", c.connect, "the 25 openings of `hk279_burst_min1_s1`"),
    ] {
        writeln!(text, "| {what} | {} | {on} |", cell(time(microseconds.round() / 1e6))).unwrap();
    }
    text
}

pub fn replays(list: &[Replayed]) -> String {
    let mut text = String::from(
        "| run | mean wait | p99 | timed out | preset: mean | p99 | timed out, points | first-come: mean | p99 | timed out, points |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for r in list {
        let mark = if calibrates(&RUNS, &r.run) { " *" } else { "" };
        let [mean, p99] = [r.real.mean, r.real.p99].map(|seconds| cell(time(seconds)));
        let (preset, first_come) = (missed(r.preset), missed(r.first_come));
        let timed_out = cell(percent(r.real.timed_out));
        writeln!(text, "| `{}`{mark} | {mean} | {p99} | {timed_out} | {preset} | {first_come} |", r.run.name).unwrap();
    }
    text
}

/// The runs that a replay misses by most, and what was measured in them.
pub fn noise(list: &[Replayed], runs: &[(Run, Vec<Attempt>)]) -> String {
    let mut text = String::from(
        "| run | error of the mean, of the p99 | measured in the run | error with that |\n|---|--:|---|--:|\n",
    );
    for (r, (_, attempts)) in list.iter().zip(runs) {
        let both = |m: Missed| format!("{}, {}", signed(m.mean), signed(m.p99));
        if let Some(own) = r.own {
            let took = cell(time(hand_over(attempts).round() / 1e6));
            writeln!(text, "| `{}` | {} | a hand-over took {took} | {} |", r.run.name, both(r.preset), both(own))
                .unwrap();
        }
        if let Some((without, stood)) = r.without {
            writeln!(
                text,
                "| `{}` | {} | in {stood} seconds connections were free for over 50 ms though somebody waited: the machine stood | {}, those and the four seconds after each left out |",
                r.run.name,
                both(r.preset),
                both(without)
            )
            .unwrap();
        }
    }
    text
}

fn value(name: &str, value: f64) -> String {
    match name {
        "timed out" | "no connection" => percent(value),
        "lost" | "served" | "gave up" => value.to_string(),
        _ if value.is_infinite() => "never".into(),
        _ => time(value),
    }
}

pub fn held(one: &Held) -> String {
    let [real, low, high] = [one.real, one.low, one.high].map(|x| value(one.name, x));
    let real = if one.is_within() { real } else { format!("**{real}**") };
    cell(format!("{real} ({low} to {high})"))
}

pub fn predictions(list: &[(Run, Vec<Held>)]) -> String {
    let mut text =
        String::from("| run | wait: mean | p50 | p95 | p99 | timed out | trouble |\n|---|--:|--:|--:|--:|--:|---|\n");
    for (run, all) in list {
        let five: Vec<String> = all[..5].iter().map(held).collect();
        let more: Vec<String> = all[5..].iter().map(|one| format!("{}: {}", one.name, held(one))).collect();
        let more = if more.is_empty() { "–".into() } else { more.join("; ") };
        writeln!(text, "| `{}` | {} | {more} |", run.name, five.join(" | ")).unwrap();
    }
    text
}

/// Workers, and what is held with the preset's order and with first come, first served.
pub type Nested = (u32, [Held; 2], [Held; 2]);

pub fn nested(list: &[Nested]) -> String {
    let mut text = String::from(
        "| workers | served | preset | first-come | timed out | preset | first-come |\n|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (workers, preset, first_come) in list {
        let range = |one: &Held| cell(format!("{} to {}", one.low, one.high));
        let row = |n: usize| format!("{} | {} | {}", preset[n].real, range(&preset[n]), range(&first_come[n]));
        writeln!(text, "| {workers} | {} | {} |", row(0), row(1)).unwrap();
    }
    text
}
