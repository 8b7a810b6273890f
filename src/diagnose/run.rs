//! What the metrics of a simulated run would have shown during its incident.

use super::Symptoms;
use crate::report::{Column, Columns, Estimate, InstanceColumns, Report};
use crate::scenario::Model;
use crate::workload::Arrivals;
use crate::workload::arrivals::Open;

/// A bin belongs to the incident when at least this share of its requests fails.
const FAILING: f64 = 0.02;
/// Bursts of failures with fewer bins between them are one.
const APART: usize = 3;
/// So many bursts show whether they have a period, if the times between them differ by no more than this share.
const BURSTS: usize = 4;
const EVEN: f64 = 0.2;
/// Connections fell to hardly any when no more than this share of them was left.
const FELL: f64 = 0.2;
/// A wait whose median is within this share of the acquire timeout lasts as long.
const AS_LONG: f64 = 0.95;
/// Requests wait at an instance where on average at least this many do.
const WAIT: f64 = 0.5;
/// Few of an instance's connections are in use when it is less than this share of them.
const FEW: f64 = 0.5;
/// More instances than this may not have been recorded.
const INSTANCES: usize = 63;
/// Hardly anything is served when it is no more than this share of what comes.
const HARDLY: f64 = 0.1;

/// The symptoms of a run over time: means over the bins in which requests fail, against the time before the first of them. Where the
/// report knows when people began to be affected and when they were so no longer, only bins between the two count, and of these only
/// those within the window of the incident, where the scenario has one. A run without failures, or one that asks what holds in the long run, gives its means over all of its time, and nothing of before.
///
/// What chance or the cause decided and no metric shows is left out: nobody is told which query was slow.
pub fn symptoms_of(report: &Report, model: &Model) -> Symptoms {
    let mut seen = match report.series.as_ref().map(|series| (series, failing(series))) {
        Some((series, failing)) if !failing.is_empty() => over_time(report, model, series, &failing),
        _ => over_all(report, model),
    };
    // No scenario changes the schema.
    seen.schema_changed = Some(false);
    let first_pool = model.queries.iter().map(|query| query.connections).max();
    seen.connections_per_request = first_pool.map(f64::from);
    seen
}

/// The bins in which requests fail.
fn failing(series: &Columns) -> Vec<usize> {
    let bins = 0..series.t.0.len();
    bins.filter(|n| series.failed.0[*n] > 0.0 && series.failed.0[*n] >= FAILING * series.offered.0[*n]).collect()
}

/// Those of the bins at which people look: between onset and recovery, and within the incident's window; all of them where that
/// leaves none.
fn looked_at(report: &Report, series: &Columns, failing: &[usize]) -> Vec<usize> {
    let within = |bins: &[usize], from: f64, until: f64| {
        let inside: Vec<usize> = bins.iter().copied().filter(|n| (from..until).contains(&series.t.0[*n])).collect();
        if inside.is_empty() { bins.to_vec() } else { inside }
    };
    let begins = report.onset.map_or(0.0, |onset| onset.mean);
    let ends = report.recovered.map_or(f64::INFINITY, |recovered| recovered.mean);
    let affected = within(failing, begins, ends);
    report.incident.as_ref().map_or(affected.clone(), |incident| within(&affected, incident.from, incident.until))
}

/// What the instances show one by one over the bins: connections in use on the one that uses most, and how many there are where
/// requests wait although few connections are in use, while others have room. Means over time. Absent where not every instance is
/// known.
fn by_instance(series: &Columns, bins: &[usize]) -> Option<(f64, f64)> {
    let each = series.per_instance.as_slice();
    let times = &each.first().filter(|_| each.len() <= INSTANCES)?.t.0;
    let half = *times.first()?;
    let seen = |n: &usize| bins.iter().any(|bin| (series.t.0[*bin] - times[*n]).abs() <= half);
    let (mut most, mut starved, mut count) = (0.0, 0.0, 0.0);
    for n in (0..times.len()).filter(seen) {
        let here: Vec<&InstanceColumns> = each.iter().filter(|one| one.size.0[n] > 0.0).collect();
        let waiting: Vec<_> = here.iter().filter(|one| one.pending.0[n] >= WAIT).collect();
        most += here.iter().map(|one| one.active.0[n]).fold(0.0, f64::max);
        // Where most of them wait, none has room, and who has little waits for the same reason as all.
        if 2 * waiting.len() <= here.len() {
            starved += waiting.iter().filter(|one| one.active.0[n] < FEW * one.size.0[n]).count() as f64;
        }
        count += 1.0;
    }
    (count > 0.0).then(|| (most / count, starved / count))
}

fn mean(column: &Column, bins: &[usize]) -> Option<f64> {
    let values = bins.iter().map(|n| column.0[*n]).filter(|value| value.is_finite());
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// How long a connection is in use, by Little's law: those in use and not leaked, for each that is done.
fn hold(series: &Columns, bins: &[usize], each: f64) -> Option<f64> {
    let used = mean(&series.active, bins)? - mean(&series.leaked, bins)?;
    mean(&series.served, bins).filter(|served| *served > 0.0).map(|served| used / served / each)
}

fn over_time(report: &Report, model: &Model, series: &Columns, failing: &[usize]) -> Symptoms {
    let bins = looked_at(report, series, failing);
    let bins = bins.as_slice();
    let first = failing[0];
    let before: Vec<usize> = (0..first).collect();
    let now = |column: &Column| mean(column, bins);
    let then = |column: &Column| mean(column, &before);
    let width = 2.0 * series.t.0[0];
    let lasts = failing.len() as f64 * width;
    let each = f64::from(model.queries.iter().map(|query| query.connections).max().unwrap_or(1).max(1));
    // Retries come with failures, so all of them are in the bins in which requests fail.
    let retried = report.retried.map_or(0.0, |retried| retried.mean) / lasts;
    let fresh = now(&series.offered).map(|attempts| (attempts - retried).max(0.0));
    let attempts = now(&series.offered).zip(fresh).filter(|(_, fresh)| *fresh > 0.0).map(|(all, fresh)| all / fresh);
    let leaked = now(&series.leaked).filter(|leaked| *leaked > 0.0);
    let has_database = report.database.is_some();
    let database = |column: &Column| now(column).filter(|_| has_database);
    let cores = cores(model);
    let running = now(&series.running).filter(|_| cores.is_some());
    let fell = then(&series.connected).filter(|connected| has_database && *connected >= 1.0).map(|connected| {
        let least = bins.iter().map(|n| series.connected.0[*n]).fold(f64::INFINITY, f64::min);
        least <= FELL * connected
    });
    let onset = series.t.0[first];
    let deployed = report.marks.iter().any(|mark| mark.change == "deploy" && mark.at.is_some_and(|at| at <= onset));
    let blocked = report.database.as_ref().and_then(|database| database.blocked);
    let instances = by_instance(series, bins);
    Symptoms {
        max: now(&series.size),
        active: now(&series.active),
        idle: now(&series.total).zip(now(&series.active)).map(|(total, active)| (total - active).max(0.0)),
        pending: now(&series.pending),
        worst_active: instances.map(|(most, _)| most),
        starved: instances.map(|(_, starved)| starved),
        timeouts: now(&series.timed_out),
        waits_at_timeout: to_the_timeout(model, series, bins),
        hold: hold(series, bins, each),
        hold_before: hold(series, &before, each),
        rate: fresh,
        rate_before: then(&series.offered),
        attempts,
        never_falls: leaked.map(|_| true),
        idle_sessions: leaked.filter(|_| has_database),
        refused: database(&series.connect_refused),
        connections: database(&series.connected),
        usable: usable(report),
        connections_fell: fell,
        running,
        cores,
        cpu: running.zip(cores).map(|(running, cores)| (running / cores).min(1.0)),
        lock_waiters: over_incident(blocked, report.measured, lasts).filter(|_| locks(model)),
        instances: now(&series.instances),
        instances_before: then(&series.instances),
        probes_failing: report.fleet.as_ref().and_then(|fleet| fleet.probes_failed).map(|failed| failed.mean / lasts),
        pooler_waiting: report.pooler.as_ref().and_then(|pooler| over_incident(pooler.waiting, report.measured, lasts)),
        deployed: deployed.then_some(true),
        periodic: periodic(series, failing),
        ..Symptoms::default()
    }
}

/// A level that is known as a mean over the whole run, and is not zero in the incident alone.
fn over_incident(level: Option<Estimate>, measured: f64, lasts: f64) -> Option<f64> {
    level.map(|level| level.mean * measured / lasts)
}

fn over_all(report: &Report, model: &Model) -> Symptoms {
    let value = |estimate: Option<Estimate>| estimate.map(|estimate| estimate.mean);
    let per_second = |estimate: Option<Estimate>| value(estimate).map(|count| count / report.measured);
    // The report is of one instance where instances are alike; what is counted below is of the same ones.
    let cores = cores(model);
    let database = report.database.as_ref();
    let max = value(report.total).filter(|_| model.pool.is_fixed());
    let active = value(report.utilisation).zip(max).map(|(utilisation, max)| utilisation * max);
    let attempts = value(report.offered).zip(value(report.retried)).filter(|(offered, _)| *offered > 0.0);
    Symptoms {
        max,
        active,
        pending: value(report.pending),
        timeouts: per_second(report.timed_out),
        hold: value(report.hold.mean),
        rate: per_second(report.offered),
        attempts: attempts.map(|(offered, retried)| 1.0 + retried / offered),
        refused: database.and_then(|database| per_second(database.connect_refused)),
        connections: database.and_then(|database| value(database.connections)),
        usable: usable(report),
        running: database.and_then(|database| value(database.running)).filter(|_| cores.is_some()),
        cores,
        cpu: database.and_then(|database| value(database.utilisation)),
        lock_waiters: database.and_then(|database| value(database.blocked)).filter(|_| locks(model)),
        probes_failing: report.fleet.as_ref().and_then(|fleet| per_second(fleet.probes_failed)),
        pooler_waiting: report.pooler.as_ref().and_then(|pooler| value(pooler.waiting)),
        // Without a series nobody sees a period; who draws these failures over an hour does.
        periodic: report.failed.filter(|failed| failed.mean > 0.0).map(|_| comes_in_batches(model)),
        ..Symptoms::default()
    }
}

fn usable(report: &Report) -> Option<f64> {
    report.database.as_ref().and_then(|database| database.usable).map(f64::from)
}

/// The database's cores, where queries share them.
fn cores(model: &Model) -> Option<f64> {
    model.cpu_capacity()?;
    model.database.law.map(|law| law.cores).filter(|cores| cores.is_finite())
}

fn locks(model: &Model) -> bool {
    model.queries.iter().any(|query| query.lock.value() > 0.0)
}

fn comes_in_batches(model: &Model) -> bool {
    model.sources.iter().any(|source| matches!(source.arrivals, Arrivals::Open(Open::Batch(_))))
}

/// Whether waits last as long as the acquire timeout, while hardly anything is served.
fn to_the_timeout(model: &Model, series: &Columns, bins: &[usize]) -> Option<bool> {
    let timeout = model.pool.acquire_timeout?.seconds();
    let wait = mean(&series.wait_p50, bins)?;
    let served = mean(&series.served, bins)? / mean(&series.offered, bins)?;
    Some(wait >= AS_LONG * timeout && served <= HARDLY)
}

/// Whether the failures come in bursts with the same time between them; absent where there are too few bursts to know.
fn periodic(series: &Columns, bins: &[usize]) -> Option<bool> {
    let mut starts: Vec<usize> = Vec::new();
    let mut last: Option<usize> = None;
    for &n in bins {
        if last.is_none_or(|last| n > last + APART) {
            starts.push(n);
        }
        last = Some(n);
    }
    if starts.len() < BURSTS {
        // One long burst over much of the run is no period.
        return (starts.len() == 1 && bins.len() > series.t.0.len() / 10).then_some(false);
    }
    let gaps: Vec<f64> = starts.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    Some(gaps.iter().all(|gap| (gap - mean).abs() <= (EVEN * mean).max(1.0)))
}
