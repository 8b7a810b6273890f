//! A replay as one page that needs nothing else: no script, no request, charts within.

use super::summary::{About, count};
use super::svg::{Axis, Chart, Curve, Style, draw, escaped, round_up};
use super::tables::{self, LOST, Table, end, highest, idle, rows};
use super::view::{since, ticks};
use super::{Event, EventKind, Replay};
use crate::report::text::{percent, time};
use crate::report::{Columns, InstanceColumns};
use core::fmt::Write;

const STYLE: &str = include_str!("page.css");

/// One page: the summary, charts, tables.
pub fn html(replay: &Replay) -> String {
    let name = escaped(&replay.scenario);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{name}: what happened</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
    );
    if let Some(source) = replay.report.incident.as_ref().and_then(|incident| incident.source.as_deref()) {
        let _ = writeln!(out, "<p class=\"source\">{}</p>", escaped(source));
    }
    out += &summary(replay);
    if let Some(series) = &replay.report.series {
        out += &charts(replay, series);
    }
    for table in [tables::timeline(replay), tables::impact(replay), tables::alerts(replay)] {
        if !table.rows.is_empty() {
            let _ = write!(out, "<h2>{}</h2>\n{}", table.title, rows_of(&table));
        }
    }
    if let Some(numbers) = tables::numbers(replay) {
        out += &folded(&numbers);
    }
    let provenance = tables::provenance(replay);
    if !provenance.rows.is_empty() {
        out += &folded(&provenance);
    }
    let _ = write!(
        out,
        "<details><summary>All measures</summary>\n<pre>{}</pre>\n</details>\n",
        escaped(&crate::report::text::report(&replay.report))
    );
    let report = &replay.report;
    let _ = write!(
        out,
        "<footer>{} replications, seed {}, intervals at {:.0} %, poolwise {}</footer>\n</main>\n</body>\n</html>\n",
        report.replications,
        report.seed,
        report.confidence * 100.0,
        escaped(replay.version)
    );
    out
}

fn summary(replay: &Replay) -> String {
    let head = |about: About| match about {
        About::Beginning => "What happened",
        About::Exhausted => "What was used up",
        About::Affected => "Who was affected",
        About::End => "When it was over",
        About::Changes => "What came of each change",
        About::Alerts => "What people were told",
        About::Mechanism => "The likely mechanism",
    };
    let mut out = String::from("<dl>\n");
    let mut last = None;
    for sentence in &replay.summary.sentences {
        if last != Some(sentence.about) {
            let _ = writeln!(out, "<dt>{}</dt>", head(sentence.about));
        }
        last = Some(sentence.about);
        let _ = writeln!(out, "<dd>{}</dd>", escaped(&sentence.text));
    }
    out + "</dl>\n"
}

fn cells(tag: &str, row: &[String]) -> String {
    let cell = |text: &String| format!("<{tag}>{}</{tag}>", escaped(text));
    format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>())
}

fn rows_of(table: &Table) -> String {
    let head = cells("th", &table.head).replace("<th>", "<th scope=\"col\">");
    let rows: String = table.rows.iter().map(|row| cells("td", row)).collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table>\n<thead>{head}</thead>\n<tbody>{rows}</tbody>\n</table></div>\n",
        table.title
    )
}

fn folded(table: &Table) -> String {
    format!("<details><summary>{}</summary>\n{}</details>\n", table.title, rows_of(table))
}

fn axis(replay: &Replay) -> Axis {
    let end = end(replay);
    let part = |at: f64| (at / end).clamp(0.0, 1.0);
    let moments = |kind: EventKind| replay.timeline.iter().filter(move |event| event.kind == kind);
    let mark = |event: &Event| {
        let at = event.at?;
        Some((part(at), part(event.until.unwrap_or(at)), event.letter.clone()?))
    };
    let scale = |at: f64| since(at, end).replace(" min", "").replace(" s", "");
    Axis {
        window: replay.report.incident.as_ref().map(|incident| (part(incident.from), part(incident.until))),
        marks: moments(EventKind::Change).filter_map(mark).collect(),
        alerts: moments(EventKind::Alert).filter_map(|event| event.at.map(part)).collect(),
        ticks: ticks(end, replay.zero, 7).into_iter().map(|at| (part(at + replay.zero), scale(at))).collect(),
    }
}

fn curve(name: &str, values: &[f64], look: usize, style: Style) -> Curve {
    Curve { name: name.to_owned(), values: values.to_vec(), look, style }
}

/// What is to be seen of each curve, in words.
fn words(curves: &[Curve], show: fn(f64) -> String) -> String {
    let of = |curve: &Curve| format!("{}: up to {}", curve.name, show(highest(&curve.values)));
    curves.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn charts(replay: &Replay, series: &Columns) -> String {
    let axis = axis(replay);
    let unit = if end(replay) >= 600.0 { "minutes" } else { "seconds" };
    let mut out = format!(
        "<h2>Over time</h2>\n<p class=\"note\">In {unit} since the beginning of the incident, whose window is shaded. Letters and lines: \
         changes, with a bar while they last; dotted lines: alerts fire.</p>\n"
    );
    let mut id = 0;
    let mut add = |title: &str, curves: Vec<Curve>, show: fn(f64) -> String, most: Option<f64>| {
        let words = words(&curves, show);
        id += 1;
        out += &draw(&Chart { title, words, curves, show, most, small: false }, &axis, id);
    };
    let (line, area, limit) = (Style::Line, Style::Area, Style::Limit);
    let known = rows(replay, series);
    let values = |name: &str| known.iter().find(|row| row.name == name).map_or(&[][..], |row| &row.values);
    let traffic = vec![
        curve("offered", values("offered"), 0, line),
        curve("served", values("served"), 1, line),
        curve("lost", values("lost"), 2, area),
    ];
    add("Traffic, per second", traffic, count, None);
    let lost = vec![curve("lost, as a share of the attempts that came", values(LOST), 2, area)];
    add("Requests lost", lost, percent, Some(1.0));
    let mut pools = vec![
        curve("in use", values("in use"), 0, area),
        curve("idle", values("idle"), 1, line),
        curve("places", &series.size.0, 0, limit),
    ];
    if !values("leaked").is_empty() {
        pools.push(curve("leaked", values("leaked"), 2, line));
    }
    add("Connections of the pools", pools, count, None);
    add("Requests waiting for a connection", vec![curve("waiting", values("waiting"), 3, area)], count, None);
    let waits = vec![curve("median", &series.wait_p50.0, 0, line), curve("p95", &series.wait_p95.0, 2, line)];
    add("Wait for a connection", waits, time, None);
    if let Some(database) = &replay.report.database {
        let straight = |most: f64| vec![most; series.t.0.len()];
        let mut connections = vec![curve("open", values("at database"), 4, area)];
        if let Some(usable) = database.usable {
            connections.push(curve("let in", &straight(usable.into()), 0, limit));
        }
        add("Connections at the database", connections, count, None);
        if !values("running").is_empty() {
            let mut running = vec![curve("running", values("running"), 4, area)];
            if let Some(cores) = replay.cores {
                running.push(curve("cores", &straight(cores), 0, limit));
            }
            add("Queries that share the database's processors", running, count, None);
        }
    }
    if !series.per_instance.is_empty() {
        out += &instances(&series.per_instance, &axis, id);
    }
    out
}

/// The instances one by one, on scales that they share.
fn instances(all: &[InstanceColumns], axis: &Axis, mut id: usize) -> String {
    let pending = round_up(all.iter().map(|one| highest(&one.pending.0)).fold(0.0, f64::max));
    let places = round_up(all.iter().map(|one| highest(&one.size.0)).fold(0.0, f64::max));
    let mut out = format!(
        "<details><summary>Each instance</summary>\n<p class=\"note\">Numbered in the order in which they started. Left: in use, idle \
         (dashed) and places (dotted), up to {}. Right: waiting, up to {}.</p>\n<div class=\"instances\">\n",
        count(places),
        count(pending)
    );
    for one in all {
        let there = |values: &[f64]| -> Vec<f64> {
            values.iter().zip(&one.size.0).map(|(x, size)| if *size > 0.0 { *x } else { f64::NAN }).collect()
        };
        let pools = vec![
            curve("in use", &there(&one.active.0), 0, Style::Area),
            curve("idle", &there(&idle(&one.total.0, &one.active.0)), 1, Style::Line),
            curve("places", &there(&one.size.0), 0, Style::Limit),
        ];
        let waiting = vec![curve("waiting", &there(&one.pending.0), 3, Style::Area)];
        for (what, curves, most) in [("", pools, places), (" waiting", waiting, pending)] {
            id += 1;
            let title = format!("#{}{what}", one.instance);
            let words = words(&curves, count);
            out += &draw(&Chart { title: &title, words, curves, show: count, most: Some(most), small: true }, axis, id);
        }
    }
    out + "</div>\n</details>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(escaped("<b>&\"'\u{1b}"), "&lt;b&gt;&amp;&quot;&#39; ");
    }
}
