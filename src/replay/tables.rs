//! The tables of a replay, whatever they are written in.

use super::summary::{READINGS, count, lead, share};
use super::view::{View, clock, resample, since};
use super::{Event, Replay};
use crate::report::Columns;
use crate::report::text::percent;
use crate::scenario::{Origin, Reading};

/// Rows below heads.
pub(super) struct Table {
    pub title: &'static str,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

fn table(title: &'static str, head: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table { title, head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows }
}

/// The end of the run, in seconds from its start.
pub(super) fn end(replay: &Replay) -> f64 {
    replay.report.warm_up + replay.report.measured
}

/// When an entry begins, from the beginning of the incident and by the run's clock.
pub(super) fn when(event: &Event, end: f64) -> [String; 2] {
    let moment = event.since.map_or("–".to_owned(), |at| since(at, end));
    let clock = event.at.map_or("–".to_owned(), |at| clock(at, end));
    [moment, clock]
}

pub(super) fn timeline(replay: &Replay) -> Table {
    let end = end(replay);
    let row = |event: &Event| {
        let [moment, clock] = when(event, end);
        let letter = event.letter.clone().unwrap_or_default();
        let lost = event.errors.map_or("–".to_owned(), percent);
        let outcome = event.outcome.as_ref().map_or(String::new(), |outcome| outcome.words.clone());
        vec![moment, clock, letter, event.text.clone(), lost, outcome]
    };
    let head = ["since the beginning", "clock", "", "what", "lost then", "before and after"];
    table("Timeline", &head, replay.timeline.iter().map(row).collect())
}

pub(super) fn impact(replay: &Replay) -> Table {
    let (report, end) = (&replay.report, end(replay));
    let incident = report.incident.as_ref().zip(report.impact.incident.as_ref());
    let window = incident.map_or(String::new(), |(stated, _)| {
        format!("{} to {}", since(stated.from - replay.zero, end), since(stated.until - replay.zero, end))
    });
    let whole = |reading: Reading| match reading {
        Reading::FailedRequests => report.impact.failed_requests,
        Reading::UsersMostlyDown => report.impact.users_mostly_down,
        Reading::UsersAnyFailure => report.impact.users_any_failure,
        Reading::SlowRequests => report.impact.slow_requests,
    };
    let row = |(reading, words): &(Reading, &str)| {
        let mut cells = vec![(*words).to_owned()];
        if let Some((stated, found)) = incident {
            let said = stated.stated.filter(|_| stated.read_as == *reading).map_or(String::new(), percent);
            cells.extend([share(found.read_as(*reading)), said]);
        }
        cells.push(share(whole(*reading)));
        cells
    };
    let head: &[&str] = if incident.is_some() { &["", &window, "stated", "whole run"] } else { &["", "whole run"] };
    table("Who was affected", head, READINGS.iter().map(row).collect())
}

pub(super) fn alerts(replay: &Replay) -> Table {
    let end = end(replay);
    let view = View::new(&replay.report, replay.cores);
    let rows = replay.report.alerts.iter().map(|alert| {
        let fires = match (&alert.fires, &alert.never) {
            (Some(fires), _) => since(fires.mean - replay.zero, end) + &view.in_runs(fires.share_of_runs),
            (None, Some(why)) => format!("can never fire: {why}"),
            (None, None) => "did not fire".to_owned(),
        };
        let lead = alert.lead.map_or("–".to_owned(), lead);
        let highest = alert.highest_shown.clone().unwrap_or_else(|| "–".to_owned());
        vec![alert.name.clone(), fires, lead, highest, alert.rule.clone()]
    });
    table("Alerts", &["alert", "fires", "how long before", "highest", "rule"], rows.collect())
}

pub(super) fn provenance(replay: &Replay) -> Table {
    let rows = replay.report.provenance.iter().map(|number| {
        let is = match number.is {
            Some(Origin::Document) => "document",
            Some(Origin::Derived) => "derived",
            Some(Origin::Assumed) => "assumed",
            None => "nobody says",
        };
        vec![number.path.clone(), number.value.clone(), is.to_owned(), number.why.clone().unwrap_or_default()]
    });
    table("Where the numbers come from", &["key", "value", "where from", "why"], rows.collect())
}

/// So many rows are as many as anyone reads.
const NUMBERS: usize = 60;

/// The numbers of the charts.
pub(super) fn numbers(replay: &Replay) -> Option<Table> {
    let series = replay.report.series.as_ref()?;
    let end = end(replay);
    let columns: Vec<(&str, Vec<f64>)> = core::iter::once(("clock", series.t.0.clone()))
        .chain(rows(replay, series).into_iter().map(|row| (row.name, row.values)))
        .collect();
    let columns: Vec<(&str, Vec<f64>)> =
        columns.into_iter().map(|(name, values)| (name, resample(&values, NUMBERS))).collect();
    let lines = columns[0].1.iter().enumerate().map(|(n, at)| {
        let moment = [since(at - replay.zero, end), clock(*at, end)];
        let values = columns[1..].iter().map(|(name, values)| match values[n] {
            value if !value.is_finite() => "–".to_owned(),
            value if *name == LOST => percent(value),
            value => count(value),
        });
        moment.into_iter().chain(values).collect()
    });
    let head: Vec<&str> = core::iter::once("since").chain(columns.iter().map(|(name, _)| *name)).collect();
    Some(table("The numbers of the charts", &head, lines.collect()))
}

pub(super) const LOST: &str = "lost, share";

/// One quantity over time.
pub(super) struct Row {
    pub name: &'static str,
    pub values: Vec<f64>,
    /// The scale's end.
    pub most: f64,
    /// What its numbers are.
    pub unit: &'static str,
}

pub(super) fn highest(values: &[f64]) -> f64 {
    values.iter().copied().filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// What is open and not in use.
pub(super) fn idle(total: &[f64], active: &[f64]) -> Vec<f64> {
    total.iter().zip(active).map(|(total, active)| (total - active).max(0.0)).collect()
}

/// What is seen over time, on scales that can be compared where the quantities can.
pub(super) fn rows(replay: &Replay, series: &Columns) -> Vec<Row> {
    let view = View::new(&replay.report, replay.cores);
    let lost: Vec<f64> = (0..series.t.0.len()).map(|n| view.share_in(n..n + 1).unwrap_or(f64::NAN)).collect();
    let traffic = [&series.offered, &series.served, &series.failed].map(|column| highest(&column.0));
    let traffic = highest(&traffic);
    let places = highest(&series.size.0);
    let row = |name, values: &[f64], most: f64, unit| Row { name, values: values.to_vec(), most, unit };
    let mut all = vec![
        row("offered", &series.offered.0, traffic, "/s"),
        row("served", &series.served.0, traffic, "/s"),
        row("lost", &series.failed.0, traffic, "/s"),
        row(LOST, &lost, 1.0, ""),
        row("in use", &series.active.0, places, ""),
        row("idle", &idle(&series.total.0, &series.active.0), places, ""),
        row("waiting", &series.pending.0, highest(&series.pending.0), ""),
    ];
    if highest(&series.leaked.0) > 0.0 {
        all.push(row("leaked", &series.leaked.0, places, ""));
    }
    if let Some(database) = &replay.report.database {
        if highest(&series.running.0) > 0.0 {
            all.push(row("running", &series.running.0, highest(&series.running.0), ""));
        }
        let usable = database.usable.map_or(0.0, f64::from).max(highest(&series.connected.0));
        all.push(row("at database", &series.connected.0, usable, ""));
    }
    all
}
