//! A ranking in words, and as tables for a terminal or for Markdown.

use super::{AlertIn, RankedAlert, RankedScenario, Ranking};
use crate::problem::plain;
use crate::report::text::time;
use core::fmt::Write;

/// How long before or after the onset, in seconds.
fn lead(seconds: f64) -> String {
    format!("{} {}", time(seconds.abs()), if seconds < 0.0 { "after" } else { "before" })
}

/// False alarms for each day.
fn alarms(per_day: Option<f64>) -> String {
    match per_day {
        None => "–".to_owned(),
        Some(0.0) => "none".to_owned(),
        Some(x) if x < 9.95 => format!("{x:.1} a day"),
        Some(x) => format!("{x:.0} a day"),
    }
}

/// What became of it in one scenario, in a few words.
fn cell(one: &AlertIn) -> String {
    match (one.lead, one.fires) {
        _ if one.no_value.is_some() => "–".to_owned(),
        _ if one.never.is_some() => "can not".to_owned(),
        (Some(estimate), _) => lead(estimate.mean),
        (None, Some(_)) => "fires".to_owned(),
        (None, None) if one.already => "always".to_owned(),
        (None, None) => "silent".to_owned(),
    }
}

/// Names with commas and "and".
fn names<'a>(list: impl Iterator<Item = &'a AlertIn>) -> String {
    let list: Vec<&str> = list.map(|one| one.scenario.as_str()).collect();
    match list.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What is known of an alert, in a few sentences.
pub(super) fn sentence(alert: &RankedAlert, scenarios: &[RankedScenario]) -> String {
    let incidents = scenarios.iter().filter(|scenario| scenario.incident).count() as u32;
    let plural = if incidents == 1 { "" } else { "s" };
    let mut out = format!("{} ({}) ", alert.name, alert.rule);
    match (alert.in_time, incidents) {
        (_, 0) => out += "has no incident to tell of here",
        (0, _) if !alert.can_fire => {
            write!(out, "can not fire in any of the {incidents} incident{plural}").unwrap_or(())
        }
        (0, _) => write!(out, "fires in time in none of the {incidents} incident{plural}").unwrap_or(()),
        (n, _) if n == incidents && n == 1 => out += "fires in time in the one incident",
        (n, _) if n == incidents => write!(out, "fires in time in all {n} incidents").unwrap_or(()),
        (n, _) => {
            let those = names(alert.scenarios.iter().filter(|one| one.in_time == Some(true)));
            write!(out, "fires in time in {n} of {incidents} incidents ({those})").unwrap_or(());
        }
    }
    if let Some(seconds) = alert.lead {
        let typically = if alert.in_time > 1 { "typically " } else { "" };
        write!(out, ", {typically}{} 5 % of the requests fail", lead(seconds)).unwrap_or(());
    }
    match alert.false_alarms {
        None => out += ".",
        Some(0.0) => out += "; no false alarm while all is well.",
        some => write!(out, "; false alarms while all is well: {}.", alarms(some)).unwrap_or(()),
    }
    let missed = || alert.scenarios.iter().filter(|one| one.in_time == Some(false));
    let says_nothing = |one: &&AlertIn| one.never.is_none() && one.no_value.is_none();
    let silent = || missed().filter(says_nothing).filter(|one| one.fires.is_none() && !one.already);
    if alert.in_time > 0 && silent().next().is_some() {
        write!(out, " It stays silent in {}.", names(silent())).unwrap_or(());
    }
    let late = || missed().filter(says_nothing).filter(|one| one.fires.is_some());
    if late().next().is_some() {
        write!(out, " It comes too late, or not in every run, in {}.", names(late())).unwrap_or(());
    }
    let already = || missed().filter(|one| one.already);
    if already().next().is_some() {
        write!(out, " It fires before anything has changed in {}.", names(already())).unwrap_or(());
    }
    for one in missed() {
        if let Some(why) = &one.never {
            write!(out, " It can never fire in {}: {why}.", one.scenario).unwrap_or(());
        }
    }
    let valueless = || missed().filter(|one| one.no_value.is_some());
    if alert.can_fire && valueless().next().is_some() {
        write!(out, " It has no value in {}.", names(valueless())).unwrap_or(());
    }
    plain(&out)
}

/// For a terminal.
pub fn text(ranking: &Ranking) -> String {
    let mut out = String::from("Alerts, the most useful first\n\n");
    out += &columns(&overview(ranking));
    out += "\nBy scenario: how long before or after 5 % of the requests failed it fired\n\n";
    out += &columns(&matrix(ranking));
    out += "\n";
    for alert in &ranking.alerts {
        writeln!(out, "  {}", alert.sentence).unwrap_or(());
    }
    writeln!(out, "\n  {}", foot(ranking)).unwrap_or(());
    out
}

/// Two tables in Markdown: the ranking, and what became of each alert in each scenario.
pub fn markdown(ranking: &Ranking) -> String {
    table(&overview(ranking)) + "\n" + &table(&matrix(ranking)) + "\n" + &foot(ranking) + "\n"
}

/// What was run.
fn foot(ranking: &Ranking) -> String {
    let hours = |seconds: f64| time(seconds).replace(' ', "\u{a0}");
    let healthy: f64 = ranking.scenarios.iter().filter_map(|scenario| scenario.healthy).sum();
    let ill: Vec<&str> =
        ranking.scenarios.iter().filter(|scenario| scenario.healthy.is_none()).map(|s| s.name.as_str()).collect();
    let no_incident: Vec<&str> =
        ranking.scenarios.iter().filter(|scenario| !scenario.incident).map(|s| s.name.as_str()).collect();
    let mut out = format!(
        "In time is before 5 % of the requests fail, or at most five minutes after. {} replication{} of each scenario, and {} \
         without its events, seed {}.",
        ranking.replications,
        if ranking.replications == 1 { "" } else { "s" },
        hours(healthy),
        ranking.seed
    );
    if !ill.is_empty() {
        write!(out, " Requests fail without any event in {}: nothing there is a false alarm.", ill.join(", "))
            .unwrap_or(());
    }
    if !no_incident.is_empty() {
        write!(out, " No incident, because 5 % of the requests never fail: {}.", no_incident.join(", ")).unwrap_or(());
    }
    plain(&out)
}

fn overview(ranking: &Ranking) -> Vec<Vec<String>> {
    let head = ["alert", "rule", "in time", "median lead", "false alarms"].map(str::to_owned).to_vec();
    let row = |alert: &RankedAlert| {
        vec![
            plain(&alert.name),
            alert.rule.clone(),
            if alert.can_fire { format!("{} of {}", alert.in_time, ranking.incidents) } else { "can not".to_owned() },
            alert.lead.map_or("–".to_owned(), lead),
            alarms(alert.false_alarms),
        ]
    };
    core::iter::once(head).chain(ranking.alerts.iter().map(row)).collect()
}

fn matrix(ranking: &Ranking) -> Vec<Vec<String>> {
    let names = ranking.scenarios.iter().map(|scenario| plain(&scenario.name));
    let head: Vec<String> = core::iter::once("alert".to_owned()).chain(names).collect();
    let row =
        |alert: &RankedAlert| core::iter::once(plain(&alert.name)).chain(alert.scenarios.iter().map(cell)).collect();
    core::iter::once(head).chain(ranking.alerts.iter().map(row)).collect()
}

/// Columns as wide as they must be.
fn columns(rows: &[Vec<String>]) -> String {
    let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("  {cell:width$}"));
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

fn table(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        // No line breaks within a number and its unit.
        let cell = |(n, cell): (usize, &String)| {
            let cell = cell.replace('|', "\\|");
            if n > 0 && cell.starts_with(|c: char| c.is_ascii_digit()) { cell.replace(' ', "\u{a0}") } else { cell }
        };
        format!("| {} |\n", row.iter().enumerate().map(cell).collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(rows[0].len()));
    line(&rows[0]) + &rule + &rows[1..].iter().map(line).collect::<String>()
}
