//! The tables of a day of live runs.

use super::Judged;
use super::costs::{PRODUCTS, name};
use super::manifest::Done;
use crate::reality::page::{cell, held};
use crate::reality::predict::Held;
use crate::reality::traces::first_uses;
use poolwise::report::text::time;
use std::fmt::Write;

fn microseconds(time_us: f64) -> String {
    cell(time(time_us.round() / 1e6))
}

/// What was measured of the machine.
fn constants(day: &Judged) -> String {
    let mut text = String::from(
        "| pool | from the end of a hold to the begin of the next | until a free connection is handed out | a hold is longer than its query \
         was asked to sleep, by | who gives up is late by |\n|---|--:|--:|--:|--:|\n",
    );
    for product in PRODUCTS {
        let m = day.costs.of(product);
        let cells = [m.hand_over, m.free, m.overhead, m.late].map(microseconds);
        writeln!(text, "| {} | {} |", name(product), cells.join(" | ")).unwrap();
    }
    writeln!(text, "\nTo open a connection took {} in the median.", microseconds(day.costs.connect)).unwrap();
    text
}

fn predictions(day: &Judged) -> String {
    let mut text = String::from(
        "| run | wait: mean | p50 | p95 | p99 | no connection | trouble |\n|---|--:|--:|--:|--:|--:|---|\n",
    );
    for (run, list) in day.live.runs.iter().zip(&day.held) {
        let (five, more) = list.split_at(5);
        let five: Vec<String> = five.iter().map(held).collect();
        let more: Vec<String> = more.iter().map(|one| format!("{}: {}", one.name, held(one))).collect();
        let more = if more.is_empty() { "–".into() } else { more.join("; ") };
        let mark = if run.calibrates { " *" } else { "" };
        writeln!(text, "| `{}`{mark} | {} | {more} |", run.name, five.join(" | ")).unwrap();
    }
    text
}

/// How many lie within, by what is compared.
fn by_kind(day: &Judged) -> String {
    let mut names: Vec<&str> = Vec::new();
    day.each().for_each(|(_, held)| {
        if !names.contains(&held.name) {
            names.push(held.name);
        }
    });
    let mut text = String::from("| compared | within, of the runs judged | of those marked * |\n|---|--:|--:|\n");
    let row = |text: &mut String, what: &str, which: &dyn Fn(&Held) -> bool| {
        let [judged, others] = [false, true].map(|calibrates| {
            let (within, all) = day.within(|run: &Done, held| run.calibrates == calibrates && which(held));
            if all == 0 { "–".into() } else { format!("{within} of {all}") }
        });
        writeln!(text, "| {what} | {judged} | {others} |").unwrap();
    };
    for name in names {
        row(&mut text, name, &|held| held.name == name);
    }
    row(&mut text, "**all**", &|_| true);
    text
}

/// Runs in which more connections were used than a pool has, though the server closed none.
pub fn replaced(day: &Judged) -> impl Iterator<Item = (&Done, usize)> {
    let single = day.live.runs.iter().filter(|run| run.workers.is_none() && run.down.is_none());
    single.map(|run| (run, first_uses(&run.attempts).len())).filter(|(run, used)| *used > run.size as usize)
}

fn replacements(day: &Judged) -> String {
    let mut text = String::from("| run | connections at a time | used in all |\n|---|--:|--:|\n");
    for (run, used) in replaced(day) {
        writeln!(text, "| `{}` | {} | {used} |", run.name, run.size).unwrap();
    }
    text
}

/// How late requests came: the worst of the medians and of the 99th percentiles.
fn lateness(day: &Judged) -> (f64, f64) {
    let late = || day.live.runs.iter().filter(|run| run.workers.is_none()).filter_map(|run| run.late);
    (late().map(|(p50, _)| p50).fold(0.0, f64::max), late().map(|(_, p99)| p99).fold(0.0, f64::max))
}

pub fn page(day: &Judged) -> String {
    let live = &day.live;
    let (within, all) = day.within(|run, _| !run.calibrates);
    let (p50, p99) = lateness(day);
    let first = if live.first_in_line { ", before everything else that the machine did" } else { "" };
    format!(
        "{} runs on {}, {} cores, {}, {}{first}. Requests came {} after their moment in the median and {} at the 99th percentile, in the worst run \
         of each. Of the runs that no constant was measured on, {within} of {all} values lie within ({:.1} %).\n\n{}\n### The machine\n\n{}\n### Predicted and measured\n\n{}\n\
         ### Connections that were replaced\n\n{}",
        live.runs.len(),
        live.date,
        live.cores,
        live.versions[0].trim_start_matches("postgres (").replace("PostgreSQL) ", "PostgreSQL "),
        live.versions[1],
        microseconds(p50),
        microseconds(p99),
        100.0 * within as f64 / all as f64,
        by_kind(day),
        constants(day),
        predictions(day),
        replacements(day),
    )
}
