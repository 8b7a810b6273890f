//! Prometheus' text format: samples, and what the known ones among them are about.

use super::guard::{Faults, Lines};
use crate::problem::{Problems, shown};
use std::collections::BTreeMap;
use std::io::BufRead;

/// What a metric is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Max,
    Active,
    Idle,
    Pending,
    Timeouts,
    HoldSum,
    HoldCount,
    HoldBucket,
    HoldQuantile,
    WaitSum,
    WaitCount,
    Waited,
    CreateSum,
    CreateCount,
    Sessions,
    Usable,
    Reserved,
    PoolerWaiting,
    PoolerServers,
    PoolerMax,
    PoolerXacts,
    PoolerXactTime,
    PoolerWaitTime,
}

pub(super) use What::*;

/// Its name, the label that it must have, what it is, and how many seconds its unit has.
type Known = (&'static str, Option<(&'static str, &'static str)>, What, f64);

/// HikariCP by Micrometer and by its own collector, OpenTelemetry's new and old names, Go's database/sql, pgbouncer_exporter,
/// postgres_exporter.
const KNOWN: &[Known] = &[
    ("hikaricp_connections_max", None, Max, 1.0),
    ("hikaricp_connections_active", None, Active, 1.0),
    ("hikaricp_connections_idle", None, Idle, 1.0),
    ("hikaricp_connections_pending", None, Pending, 1.0),
    ("hikaricp_connections_timeout_total", None, Timeouts, 1.0),
    ("hikaricp_connections_usage_seconds_sum", None, HoldSum, 1.0),
    ("hikaricp_connections_usage_seconds_count", None, HoldCount, 1.0),
    ("hikaricp_connections_usage_seconds_bucket", None, HoldBucket, 1.0),
    ("hikaricp_connections_usage_seconds", None, HoldQuantile, 1.0),
    ("hikaricp_connections_acquire_seconds_sum", None, WaitSum, 1.0),
    ("hikaricp_connections_acquire_seconds_count", None, WaitCount, 1.0),
    ("hikaricp_connections_creation_seconds_sum", None, CreateSum, 1.0),
    ("hikaricp_connections_creation_seconds_count", None, CreateCount, 1.0),
    ("hikaricp_max_connections", None, Max, 1.0),
    ("hikaricp_active_connections", None, Active, 1.0),
    ("hikaricp_idle_connections", None, Idle, 1.0),
    ("hikaricp_pending_threads", None, Pending, 1.0),
    ("hikaricp_connection_timeout_total", None, Timeouts, 1.0),
    ("hikaricp_connection_usage_millis_sum", None, HoldSum, 1e-3),
    ("hikaricp_connection_usage_millis_count", None, HoldCount, 1.0),
    ("hikaricp_connection_usage_millis_bucket", None, HoldBucket, 1e-3),
    ("hikaricp_connection_usage_millis", None, HoldQuantile, 1e-3),
    ("hikaricp_connection_acquired_nanos_sum", None, WaitSum, 1e-9),
    ("hikaricp_connection_acquired_nanos_count", None, WaitCount, 1.0),
    ("hikaricp_connection_creation_millis_sum", None, CreateSum, 1e-3),
    ("hikaricp_connection_creation_millis_count", None, CreateCount, 1.0),
    ("db_client_connection_count", Some(("db_client_connection_state", "used")), Active, 1.0),
    ("db_client_connection_count", Some(("db_client_connection_state", "idle")), Idle, 1.0),
    ("db_client_connection_max", None, Max, 1.0),
    ("db_client_connection_pending_requests", None, Pending, 1.0),
    ("db_client_connection_timeouts_total", None, Timeouts, 1.0),
    ("db_client_connection_use_time_seconds_sum", None, HoldSum, 1.0),
    ("db_client_connection_use_time_seconds_count", None, HoldCount, 1.0),
    ("db_client_connection_use_time_seconds_bucket", None, HoldBucket, 1.0),
    ("db_client_connection_wait_time_seconds_sum", None, WaitSum, 1.0),
    ("db_client_connection_wait_time_seconds_count", None, WaitCount, 1.0),
    ("db_client_connection_create_time_seconds_sum", None, CreateSum, 1.0),
    ("db_client_connection_create_time_seconds_count", None, CreateCount, 1.0),
    ("db_client_connections_usage", Some(("state", "used")), Active, 1.0),
    ("db_client_connections_usage", Some(("state", "idle")), Idle, 1.0),
    ("db_client_connections_usage", Some(("db_client_connections_state", "used")), Active, 1.0),
    ("db_client_connections_usage", Some(("db_client_connections_state", "idle")), Idle, 1.0),
    ("db_client_connections_max", None, Max, 1.0),
    ("db_client_connections_pending_requests", None, Pending, 1.0),
    ("db_client_connections_timeouts_total", None, Timeouts, 1.0),
    ("db_client_connections_use_time_milliseconds_sum", None, HoldSum, 1e-3),
    ("db_client_connections_use_time_milliseconds_count", None, HoldCount, 1.0),
    ("db_client_connections_use_time_milliseconds_bucket", None, HoldBucket, 1e-3),
    ("db_client_connections_wait_time_milliseconds_sum", None, WaitSum, 1e-3),
    ("db_client_connections_wait_time_milliseconds_count", None, WaitCount, 1.0),
    ("db_client_connections_create_time_milliseconds_sum", None, CreateSum, 1e-3),
    ("db_client_connections_create_time_milliseconds_count", None, CreateCount, 1.0),
    ("go_sql_max_open_connections", None, Max, 1.0),
    ("go_sql_in_use_connections", None, Active, 1.0),
    ("go_sql_idle_connections", None, Idle, 1.0),
    ("go_sql_wait_duration_seconds_total", None, WaitSum, 1.0),
    ("go_sql_wait_count_total", None, Waited, 1.0),
    ("pgbouncer_pools_client_waiting_connections", None, PoolerWaiting, 1.0),
    ("pgbouncer_pools_server_active_connections", None, PoolerServers, 1.0),
    ("pgbouncer_databases_pool_size", None, PoolerMax, 1.0),
    ("pgbouncer_stats_totals_sql_transactions_pooled_total", None, PoolerXacts, 1.0),
    ("pgbouncer_stats_totals_server_in_transaction_seconds_total", None, PoolerXactTime, 1.0),
    ("pgbouncer_stats_totals_client_wait_seconds_total", None, PoolerWaitTime, 1.0),
    ("pg_stat_activity_count", None, Sessions, 1.0),
    ("pg_settings_max_connections", None, Usable, 1.0),
    ("pg_settings_superuser_reserved_connections", None, Reserved, 1.0),
    ("pg_settings_reserved_connections", None, Reserved, 1.0),
];

/// The labels of a sample, in order.
pub(super) type Labels = BTreeMap<String, String>;

/// One line: a name, labels in order, a value, and a moment in milliseconds where there is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: Labels,
    pub(super) value: f64,
    pub(super) at: Option<f64>,
}

/// A value, and the line of its first sample.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Value {
    pub(super) value: f64,
    pub(super) line: u64,
}

/// Values of one scrape by what they are and the labels that they carry, without the one that says what they are. Only the samples of
/// sessions are kept as they are.
#[derive(Default)]
pub(super) struct Scrape {
    values: BTreeMap<(What, Labels), Value>,
    sessions: Vec<Sample>,
    used: BTreeMap<What, usize>,
    pub(super) at: Option<f64>,
    pub(super) samples: usize,
}

/// Read one scrape, line by line; samples that nobody knows are counted only.
///
/// # Errors
/// Lines that are no samples, with their numbers; known values that are negative; a text without a sample, or without one that is
/// known.
pub(super) fn scrape(input: impl BufRead) -> Result<Scrape, Problems> {
    let (mut lines, mut faults) = (Lines::new(input), Faults::default());
    let mut scrape = Scrape::default();
    let mut unknown: Vec<String> = Vec::new();
    while let Some((number, line)) = lines.next(&mut faults) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match sample(line).and_then(|sample| scrape.add(number, sample)) {
            Ok(None) => {}
            Ok(Some(name)) if unknown.len() < 5 => unknown.push(shown(&name)),
            Ok(Some(_)) => {}
            Err(why) => faults.line(number, why),
        }
    }
    faults.finish()?;
    if scrape.samples == 0 {
        return Err(Problems::one(
            "",
            "has no sample in it: expected Prometheus' text format, as a scrape of /metrics gives it",
        ));
    }
    if scrape.values.is_empty() {
        return Err(Problems::one(
            "",
            format!(
                "has no metric that is known here (HikariCP, OpenTelemetry, Go database/sql, pgbouncer_exporter, postgres_exporter); \
                 found {}",
                unknown.join(", ")
            ),
        ));
    }
    Ok(scrape)
}

/// `name{label="value",…} value moment`
pub(super) fn sample(line: &str) -> Result<Sample, String> {
    let wrong = || format!("is no sample such as name{{label=\"value\"}} 1: {}", shown(line));
    let end = line.find(|c: char| c == '{' || c.is_whitespace()).ok_or_else(wrong)?;
    let name = &line[..end];
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    if name.is_empty() || !name.chars().all(legal) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let mut rest = line[end..].trim_start();
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = read_labels(inside, &mut labels).ok_or_else(wrong)?;
    }
    let mut fields = rest.split_whitespace();
    let value = match fields.next().ok_or_else(wrong)? {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().map_err(|_| {
            format!("is no sample: its value must be a number, with a point for decimals; found {}", shown(text))
        })?,
    };
    // What stands behind a # is an exemplar.
    let at = match fields.next() {
        None => None,
        Some(text) if text.starts_with('#') => None,
        Some(text) => Some(text.parse().map_err(|_| wrong())?),
    };
    Ok(Sample { name: name.to_owned(), labels, value, at })
}

/// Labels up to the closing brace; what follows it.
fn read_labels<'a>(mut text: &'a str, labels: &mut BTreeMap<String, String>) -> Option<&'a str> {
    loop {
        text = text.trim_start().trim_start_matches(',').trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Some(rest);
        }
        let (name, rest) = text.split_once('=')?;
        let rest = rest.trim_start().strip_prefix('"')?;
        let (mut value, mut escaped, mut end) = (String::new(), false, None);
        for (n, c) in rest.char_indices() {
            match c {
                _ if escaped => {
                    value.push(if c == 'n' { '\n' } else { c });
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => {
                    end = Some(n);
                    break;
                }
                c => value.push(c),
            }
        }
        labels.insert(name.trim().to_owned(), value);
        text = &rest[end? + 1..];
    }
}

/// Labels as a message shows them.
pub(super) fn written(labels: &Labels) -> String {
    labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

impl Scrape {
    /// Add a sample; its name, if it is not known.
    fn add(&mut self, line: u64, sample: Sample) -> Result<Option<String>, String> {
        self.samples += 1;
        self.at = [self.at, sample.at].into_iter().flatten().reduce(f64::max);
        let known = KNOWN.iter().find(|(name, label, ..)| {
            *name == sample.name && label.is_none_or(|(key, value)| sample.labels.get(key).is_some_and(|v| v == value))
        });
        let Some((name, label, what, scale)) = known else { return Ok(Some(sample.name)) };
        // What has no value was not seen: a summary without observations is NaN.
        if !sample.value.is_finite() {
            return Ok(Some(sample.name));
        }
        if sample.value < 0.0 {
            return Err(format!(
                "{name} is {}: it counts, and must be from 0. Is the file a scrape of /metrics, or the difference of two?",
                sample.value
            ));
        }
        *self.used.entry(*what).or_default() += 1;
        let mut labels = sample.labels.clone();
        label.inspect(|(key, _)| drop(labels.remove(*key)));
        let mut scale = *scale;
        // The unit of a bucket is its boundary's; what it counts has none.
        if *what == HoldBucket
            && let Some(boundary) = labels.get_mut("le")
        {
            if let Ok(number) = boundary.parse::<f64>()
                && number.is_finite()
            {
                *boundary = (number * scale).to_string();
            }
            scale = 1.0;
        }
        let place = self.values.entry((*what, labels)).or_insert(Value { value: 0.0, line });
        place.value += sample.value * scale;
        if *what == Sessions {
            self.sessions.push(sample);
        }
        Ok(None)
    }

    /// How many samples are none of these.
    pub(super) fn ignored(&self, used: impl Fn(What) -> bool) -> usize {
        self.samples - self.used.iter().filter(|(what, _)| used(**what)).map(|(_, count)| count).sum::<usize>()
    }

    /// The sum over everything that carries it.
    pub(super) fn sum(&self, what: What) -> Option<f64> {
        self.of(what).map(|(_, value)| value.value).reduce(|a, b| a + b)
    }

    pub(super) fn of(&self, what: What) -> impl Iterator<Item = (&Labels, Value)> {
        self.values.iter().filter(move |((of, _), _)| *of == what).map(|((_, labels), value)| (labels, *value))
    }

    /// The value with these labels.
    pub(super) fn get(&self, what: What, labels: &Labels) -> Option<Value> {
        self.values.get(&(what, labels.clone())).copied()
    }

    /// Sessions of PostgreSQL whose label has a value; `None` where no session has the label.
    pub(super) fn sessions(&self, label: &str, wanted: impl Fn(&str) -> bool) -> Option<f64> {
        let sessions = self.sessions.iter();
        let labelled = sessions.filter_map(|s| Some((s.labels.get(label)?, s.value)));
        labelled.fold(None, |sum, (value, count)| Some(sum.unwrap_or(0.0) + if wanted(value) { count } else { 0.0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_exemplars_and_infinity_are_read() {
        let odd = sample(r#"a:b{x="say \"hi\", {you}\n",y="é"} +Inf 12 # {t="1"} 3"#).unwrap();
        assert_eq!((odd.name.as_str(), odd.value, odd.at), ("a:b", f64::INFINITY, Some(12.0)));
        assert_eq!((odd.labels["x"].as_str(), odd.labels["y"].as_str()), ("say \"hi\", {you}\n", "é"));
        assert_eq!(sample("a 1 # {t=\"1\"} 3").unwrap().at, None);
    }
}
