//! Reports in words and as tables for a terminal.

use super::{DatabaseReport, Estimate, FleetReport, Moment, PoolerReport, Regime, Report, Stopped, Times};
use crate::scenario::{Model, Origin, Reading, Sourced};
use crate::units::{Bytes, Span};
use core::fmt::Write;

/// The answer of a simulation in words.
pub(super) fn sentence(report: &Report, model: &Model) -> String {
    let pools = pools(model.max_size(), model.instances());
    let failed = report.impact.failed_requests.map_or(0.0, |share| share.mean);
    let failing =
        if failed > 0.0 { format!("{} of requests fail", percent(failed)) } else { "no request fails".into() };
    match report.regime {
        Regime::Steady => {
            let p99 = report
                .wait
                .p99
                .map_or("too few requests for a p99".into(), |p| format!("p99 wait is {}", time(p.mean)));
            let busy = report.utilisation.map_or(0.0, |u| u.mean);
            let lasts = match model.stays_full() {
                None => "",
                Some(_) => " That is while it lasts: once all connections are taken, they stay so.",
            };
            format!("With {pools}, {p99} at {} utilisation; {failing}.{lasts}", percent(busy))
        }
        Regime::Overloaded => {
            let growth = report.growth.unwrap_or(0.0);
            let growth = match growth {
                g if g < 0.005 => "would never get fewer".into(),
                g if g < 10.0 => format!("would grow by {g:.2}/s"),
                g => format!("would grow by {g:.0}/s"),
            };
            // Exact, where a run may have been too short to show it.
            let served = f64::from(model.max_size()) / model.offered_load();
            let shared = model.cpu_capacity().map_or(f64::INFINITY, |cores| cores / model.cpu_demand());
            let pooled = model.pooler_load().map_or(f64::INFINITY, |(load, servers)| servers / load);
            let least = 1.0 - served.min(shared).min(pooled);
            let failing = match model.pool.bounds_its_queue() {
                true if failed == 0.0 => {
                    format!("none fails before the runs end, but in the long run at least {} must", percent(least))
                }
                true => format!("{failing}, and in the long run at least {} must", percent(least)),
                false => failing,
            };
            let unless = match (model.pool.acquire_timeout, model.pool.max_waiters) {
                (_, Some(_)) => "if none were turned away",
                (Some(_), None) => "unless they gave up",
                (None, None) => "and nothing stops it",
            };
            let pools = match served.min(shared).min(pooled) {
                least if least == served => pools,
                least if least == shared => format!("the database behind {pools}"),
                _ => format!("the pooler behind {pools}"),
            };
            format!("No steady state: {pools} can not keep up, and waiting requests {growth} {unless}; {failing}.")
        }
        Regime::Timeline => match report.time_to_exhaustion {
            Some(e) if e.share_of_runs < 1.0 => {
                format!(
                    "In {} of the runs requests fail, first after {}; {failing} in all.",
                    percent(e.share_of_runs),
                    time(e.mean)
                )
            }
            Some(e) => format!("The first request fails after {}; {failing} over the run.", time(e.mean)),
            None => match report.waiting_at_end.map_or(0.0, |n| n.mean) {
                n if n >= 1.0 => {
                    format!("With {pools}, nobody gives up, and {} requests still wait at the end.", count(n))
                }
                _ => format!("With {pools}, no request ever fails."),
            },
        },
    }
}

fn pools(max_size: u32, instances: u32) -> String {
    let connections = if max_size == 1 { "1 connection".into() } else { format!("{max_size} connections") };
    if instances == 1 { connections } else { format!("{connections} on each of {instances} instances") }
}

/// A time in seconds as people read it: three digits and a unit.
pub fn time(seconds: f64) -> String {
    let (scale, unit) = match seconds {
        s if s >= 7200.0 => (1.0 / 3600.0, "h"),
        s if s >= 120.0 => (1.0 / 60.0, "min"),
        s if s >= 1.0 => (1.0, "s"),
        s if s >= 1e-3 || s == 0.0 => (1e3, "ms"),
        s if s >= 1e-6 => (1e6, "µs"),
        _ => (1e9, "ns"),
    };
    let value = seconds * scale;
    let decimals = if value == 0.0 || value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$} {unit}")
}

/// A share as a percentage with three digits.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        0.0 => "0 %".into(),
        v if v < 0.001 => "under 0.001 %".into(),
        v if v < 0.9995 => format!("{v:.3} %"),
        v if v < 9.995 => format!("{v:.2} %"),
        v => format!("{v:.1} %"),
    }
}

/// A share, from 0 to 1, with half the width of its interval: at most two digits of that, and as many decimals in the share.
pub fn percent_within(share: f64, half_width: f64) -> String {
    let decimals = match half_width * 100.0 {
        h if h < 0.001 => return format!("{} ± {}", percent(share), percent(half_width)),
        h if h < 0.0995 => 3,
        h if h < 0.995 => 2,
        _ => 1,
    };
    format!("{:.decimals$} % ± {:.decimals$} %", share * 100.0, half_width * 100.0)
}

/// An estimate of a time, with its half-width.
pub(crate) fn time_of(estimate: &Option<Estimate>) -> String {
    estimate.as_ref().map_or("–".into(), |known| measure_of(known, false))
}

/// An estimate of a share or of a time, with its half-width.
pub(crate) fn measure_of(estimate: &Estimate, is_share: bool) -> String {
    match estimate.half_width {
        Some(half) if half > 0.0 && is_share => percent_within(estimate.mean, half),
        Some(half) if half > 0.0 => format!("{} ± {}", time(estimate.mean), time(half)),
        _ if is_share => percent(estimate.mean),
        _ => time(estimate.mean),
    }
}

fn with_half(estimate: &Option<Estimate>, show: impl Fn(f64) -> String) -> String {
    match estimate {
        None => "–".into(),
        Some(Estimate { mean, half_width: Some(half), .. }) if *half > 0.0 => {
            format!("{} ± {}", show(*mean), show(*half))
        }
        Some(estimate) => show(estimate.mean),
    }
}

/// An estimate of a share. Where nothing was seen, the half-width is how much it may be all the same.
fn share_of(estimate: &Option<Estimate>) -> String {
    match estimate {
        Some(Estimate { mean: 0.0, half_width: Some(half), .. }) if *half >= 1e-5 => {
            format!("0 % (at most {})", percent(*half))
        }
        Some(Estimate { mean: 0.0, .. }) => percent(0.0),
        Some(known) => measure_of(known, true),
        None => "–".into(),
    }
}

fn count(x: f64) -> String {
    if x >= 100.0 || x.fract() == 0.0 { format!("{x:.0}") } else { format!("{x:.2}") }
}

/// Rows of cells as columns, the first aligned left and the others right.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let width = |n: usize| rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let line: Vec<String> = cells
            .map(|(n, (cell, &width))| if n == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") })
            .collect();
        let _ = writeln!(out, "  {}", line.join("   ").trim_end());
    }
    out
}

/// A simulation's report for a terminal.
pub fn report(report: &Report) -> String {
    let mut out = format!("{}\n\n", report.sentence);
    let row = |name: &str, t: &Times| {
        let mut cells = vec![name.to_owned()];
        cells.extend([&t.mean, &t.p50, &t.p90, &t.p95, &t.p99].map(time_of));
        cells
    };
    let head = ["", "mean", "p50", "p90", "p95", "p99"].map(str::to_owned).to_vec();
    let mut times = vec![head, row("wait", &report.wait), row("hold", &report.hold), row("response", &report.response)];
    if report.attempt != report.response {
        times.push(row("attempt", &report.attempt));
    }
    out += &columns(&times);
    out.push('\n');
    let mut facts = vec![
        line("requests per run", with_half(&report.offered, count)),
        line("served", with_half(&report.served, count)),
        line("timed out", with_half(&report.timed_out, count)),
        line("rejected", with_half(&report.rejected, count)),
        line("failed", share_of(&report.impact.failed_requests)),
        line("had to wait", share_of(&report.wait_probability)),
        line("waiting at the end", with_half(&report.waiting_at_end, count)),
        line("utilisation", share_of(&report.utilisation)),
        line("pending (mean)", with_half(&report.pending, count)),
    ];
    // What most scenarios do not have is said where it is.
    let rare = [
        ("retried", report.retried),
        ("refused", report.refused),
        ("breaker open", report.broken),
        ("client left", report.left),
        ("served in vain", report.wasted),
        ("leaked at the end", report.leaked),
        ("leak suspected", report.suspected),
        ("opened", report.opened),
    ];
    facts.extend(seen_counts(&rare));
    if seen(&report.wasted) {
        let per_second = |x: f64| format!("{}/s", count(x));
        facts.push(line("throughput", with_half(&report.throughput, per_second)));
        facts.push(line("goodput", with_half(&report.goodput, per_second)));
    }
    if let Some(e) = &report.time_to_exhaustion {
        let mean = Some(Estimate { mean: e.mean, half_width: e.half_width, replications: report.replications });
        facts.push(line("first failure after", time_of(&mean)));
    }
    facts.extend(moments(report));
    facts.extend(report.database.iter().flat_map(database_rows));
    facts.extend(report.pooler.iter().flat_map(pooler_rows));
    facts.extend(report.fleet.iter().flat_map(fleet_rows));
    out += &columns(&facts);
    out += &affected(report);
    out += &alerts(report);
    for mark in &report.marks {
        let begins = match (&mark.at, &mark.on) {
            (Some(at), _) => format!("at {:>9}", Span::from_seconds(*at).to_string()),
            (None, on) => format!("on {}", on.as_deref().unwrap_or_default()),
        };
        let _ = writeln!(out, "  {begins}  {}", crate::problem::plain(&mark.text));
    }
    let _ = write!(
        out,
        "\n  {} replications of {} each{}, seed {}, intervals at {:.0} %.\n",
        report.replications,
        time(report.measured),
        if report.warm_up > 0.0 { format!(" after {} of warm-up", time(report.warm_up)) } else { String::new() },
        report.seed,
        report.confidence * 100.0
    );
    let _ = writeln!(out, "  warm-up: {}.", report.warm_up_rule);
    if let Some(stopped) = report.stopped {
        let _ = writeln!(out, "  {}.", precision(stopped, report.precision));
    }
    if !report.provenance.is_empty() {
        let _ = writeln!(out, "  numbers: {}.", sources(&report.provenance));
    }
    out += &assumed(&report.assumptions);
    out
}

/// What people would have been told, and how long before 5 % of the requests failed.
fn alerts(report: &Report) -> String {
    if report.alerts.is_empty() {
        return String::new();
    }
    let mut rows = vec![["alert", "fires", "before 5 % fail", "highest", "rule"].map(str::to_owned).to_vec()];
    for alert in &report.alerts {
        let fires = match (&alert.fires, &alert.never) {
            (Some(fires), _) if fires.share_of_runs < 1.0 => {
                format!("at {} in {} of the runs", time(fires.mean), percent(fires.share_of_runs))
            }
            (Some(fires), _) => format!("at {}", time(fires.mean)),
            (None, Some(_)) => "can never fire".to_owned(),
            (None, None) => "never".to_owned(),
        };
        let lead = alert.lead.map_or("–".to_owned(), |lead| match lead.mean {
            s if s < 0.0 => format!("{} too late", time(-s)),
            s => time(s),
        });
        let highest = alert.highest_shown.clone().unwrap_or_else(|| "–".to_owned());
        rows.push(vec![alert.name.clone(), fires, lead, highest, alert.rule.clone()]);
    }
    let never = report.alerts.iter().filter_map(|alert| Some((&alert.name, alert.never.as_ref()?)));
    let why: String = never.map(|(name, why)| format!("  {name} can never fire: {why}.\n")).collect();
    format!(
        "\n{}{why}",
        columns(
            &rows
                .into_iter()
                .map(|row| row.iter().map(|cell| crate::problem::plain(cell)).collect())
                .collect::<Vec<_>>()
        )
    )
}

/// When people began to be affected, and when they were so no longer.
fn moments(report: &Report) -> Vec<Vec<String>> {
    let stated = report.incident.as_ref().and_then(|incident| incident.recovered);
    let said = stated.map_or(String::new(), |at| format!(" (stated: {})", time(at)));
    let row = |name: &str, moment: &Option<Moment>, said: &str| {
        let Moment { mean, half_width, share_of_runs } = (*moment)?;
        let mean = Some(Estimate { mean, half_width, replications: report.replications });
        let some =
            if share_of_runs < 1.0 { format!(", in {} of the runs", percent(share_of_runs)) } else { String::new() };
        Some(line(name, time_of(&mean) + &some + said))
    };
    row("5 % fail from", &report.onset, "")
        .into_iter()
        .chain(row("1 % fail or are slow until", &report.recovered, &said))
        .collect()
}

/// Who was affected, over the run and over the window of the incident, beside what is said of it.
fn affected(report: &Report) -> String {
    let impact = &report.impact;
    let incident = report.incident.as_ref().zip(impact.incident.as_ref());
    if incident.is_none() && impact.users_any_failure.is_none() {
        return String::new();
    }
    let mut head = vec![String::new(), "whole run".to_owned()];
    if let Some((stated, _)) = incident {
        head.extend([format!("{} to {}", time(stated.from), time(stated.until)), "stated".to_owned()]);
    }
    let rows = [
        ("failed requests", Reading::FailedRequests, impact.failed_requests),
        ("users mostly down", Reading::UsersMostlyDown, impact.users_mostly_down),
        ("users with a failure", Reading::UsersAnyFailure, impact.users_any_failure),
        ("slow answers", Reading::SlowRequests, impact.slow_requests),
    ];
    let rows = rows.into_iter().map(|(name, reading, whole)| {
        let mut cells = line(name, share_of(&whole));
        if let Some((stated, window)) = incident {
            let said = stated.stated.filter(|_| stated.read_as == reading).map_or(String::new(), percent);
            cells.extend([share_of(&window.read_as(reading)), said]);
        }
        cells
    });
    let mut out = format!("\n{}", columns(&core::iter::once(head).chain(rows).collect::<Vec<_>>()));
    if let Some(source) = incident.and_then(|(stated, _)| stated.source.as_deref()) {
        let _ = writeln!(out, "  stated in: {}", crate::problem::plain(source));
    }
    out.push('\n');
    out
}

/// Where the numbers come from, counted.
fn sources(numbers: &[Sourced]) -> String {
    let count = |is: Option<Origin>| numbers.iter().filter(|number| number.is == is).count();
    let known = [(Some(Origin::Document), "from the document"), (Some(Origin::Derived), "derived from it")];
    let others = [(Some(Origin::Assumed), "assumed"), (None, "of which nobody says where they come from")];
    let said = known.into_iter().chain(others).map(|(is, words)| (count(is), words)).filter(|(n, _)| *n > 0);
    said.map(|(n, words)| format!("{n} {words}")).collect::<Vec<_>>().join(", ")
}

fn line(name: &str, value: String) -> Vec<String> {
    vec![name.to_owned(), value]
}

fn seen(estimate: &Option<Estimate>) -> bool {
    estimate.is_some_and(|e| e.mean > 0.0)
}

/// The counts that are not zero.
fn seen_counts(counts: &[(&str, Option<Estimate>)]) -> Vec<Vec<String>> {
    counts.iter().filter(|(_, n)| seen(n)).map(|(name, n)| line(name, with_half(n, count))).collect()
}

/// What there is to say of the database.
fn database_rows(database: &DatabaseReport) -> Vec<Vec<String>> {
    let most = with_half(&database.most_connections, count);
    let mut rows = vec![match database.usable {
        Some(usable) => line("database connections", format!("{most} of {usable}")),
        None => line("database connections", most),
    }];
    if let Some(memory) = database.memory {
        let of = database.memory_limit.map_or(String::new(), |limit| format!(" of {}", bytes(limit)));
        rows.push(line("their memory", bytes(memory.mean) + &of));
    }
    if seen(&database.running) {
        rows.push(line("queries running", with_half(&database.running, count)));
    }
    if database.utilisation.is_some() {
        rows.push(line("processors busy", share_of(&database.utilisation)));
    }
    if database.lock_wait.mean.is_some() {
        rows.push(line("lock wait (mean)", time_of(&database.lock_wait.mean)));
        rows.push(line("blocked (mean)", with_half(&database.blocked, count)));
    }
    rows.extend(seen_counts(&[
        ("connections refused", database.connect_refused),
        ("statements timed out", database.statement_timeouts),
        ("lock timeouts", database.lock_timeouts),
        ("idle in transaction", database.idle_timeouts),
        ("connections lost", database.lost),
    ]));
    rows
}

/// What there is to say of the pooler.
fn pooler_rows(pooler: &PoolerReport) -> Vec<Vec<String>> {
    let mut rows = vec![line("pooler servers (mean)", with_half(&pooler.servers, count))];
    if pooler.wait.mean.is_some() {
        rows.push(line("pooler wait (mean)", time_of(&pooler.wait.mean)));
        rows.push(line("waiting at the pooler (mean)", with_half(&pooler.waiting, count)));
    }
    rows.extend(seen_counts(&[
        ("query wait timeouts", pooler.query_wait_timeouts),
        ("logins failed", pooler.login_failed),
    ]));
    rows
}

/// What there is to say of the fleet.
fn fleet_rows(fleet: &FleetReport) -> Vec<Vec<String>> {
    let mut rows = vec![
        line("instances (mean)", with_half(&fleet.instances, count)),
        line("instances (most)", with_half(&fleet.most_instances, count)),
    ];
    rows.extend(seen_counts(&[
        ("no instance", fleet.unserved),
        ("health checks failed", fleet.probes_failed),
        ("ended with their instance", fleet.ended),
    ]));
    rows
}

fn bytes(amount: f64) -> String {
    Bytes::new(amount as u64).to_string()
}

/// How a run ended that was asked for a precision.
fn precision(stopped: Stopped, reached: Option<f64>) -> String {
    let reached = reached.map_or("not known".into(), |share| format!("± {}", percent(share)));
    match stopped {
        Stopped::Precision => format!("stopped at the precision asked for: mean and p99 wait {reached}"),
        Stopped::Budget => {
            format!("precision not reached within the replications allowed: mean and p99 wait {reached}")
        }
    }
}

pub(crate) fn assumed(assumptions: &[String]) -> String {
    let mut out = String::from("  assumed: ");
    out += &assumptions.join(";\n           ");
    out.push_str(".\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares_are_shown_with_three_digits() {
        for (seconds, shown) in [
            (0.0, "0 ms"),
            (0.000_012_34, "12.3 µs"),
            (0.001_234, "1.23 ms"),
            (0.012_34, "12.3 ms"),
            (0.123_4, "123 ms"),
            (12.34, "12.3 s"),
            (300.0, "5.00 min"),
            (9000.0, "2.50 h"),
        ] {
            assert_eq!(time(seconds), shown);
        }
        assert_eq!(
            ["0 %", "0.012 %", "0.123 %", "1.00 %", "1.23 %", "12.3 %"].map(str::to_owned),
            [0.0, 0.000_123, 0.001_234, 0.01, 0.0123, 0.123].map(percent)
        );
        for (share, half, shown) in [
            (0.001_03, 0.000_08, "0.103 % ± 0.008 %"),
            (0.197, 0.001_45, "19.70 % ± 0.14 %"),
            (0.116, 0.0402, "11.6 % ± 4.0 %"),
            (0.5, 1e-6, "50.0 % ± under 0.001 %"),
        ] {
            assert_eq!(percent_within(share, half), shown);
        }
    }
}
