//! Alerts as rules that Prometheus reads, in the names of the metrics that pools, databases and poolers export.

use super::{AlertIn, RankedAlert, Ranking};
use crate::alert::{Alert, Metric, Scope};
use crate::problem::plain;
use crate::units::Span;

/// Who exports the metrics of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exporter {
    /// HikariCP by Micrometer, as Spring Boot has it.
    Hikaricp,
    /// HikariCP by its own tracker for Prometheus, which has other names.
    HikaricpNative,
    /// The semantic conventions of OpenTelemetry, as Prometheus spells them.
    Otel,
    /// Go's `database/sql` by `client_golang`.
    GoSql,
    /// PgBouncer by `pgbouncer_exporter`.
    Pgbouncer,
}

/// All exporters, with what each is.
pub const EXPORTERS: &[(Exporter, &str, &str)] = &[
    (Exporter::Hikaricp, "hikaricp", "HikariCP by Micrometer (Spring Boot)"),
    (Exporter::HikaricpNative, "hikaricp-native", "HikariCP by its own tracker for Prometheus"),
    (Exporter::Otel, "otel", "OpenTelemetry's semantic conventions of database clients, 1.44"),
    (Exporter::GoSql, "go-sql", "Go's database/sql by client_golang"),
    (Exporter::Pgbouncer, "pgbouncer", "PgBouncer by pgbouncer_exporter, each pool an instance"),
];

impl Exporter {
    fn gloss(self) -> &'static str {
        EXPORTERS.iter().find(|(exporter, ..)| *exporter == self).map_or("", |(.., gloss)| gloss)
    }
}

/// More false alarms than so many a day, and nobody looks any more.
const FALSE_ALARMS: f64 = 1.0;

/// A rule as an expression of Prometheus, whose value is in the unit of the metric; a duration is in seconds.
///
/// `cores` are those of the database, which PostgreSQL does not know.
///
/// # Errors
/// Where the exporter has no such metric, with what it lacks.
pub fn expression(exporter: Exporter, alert: &Alert, cores: Option<f64>) -> Result<String, String> {
    let (value, above) = match alert.metric {
        Metric::DatabaseConnections => (
            "sum by (instance) (pg_stat_activity_count) / (max by (instance) (pg_settings_max_connections) - max by \
             (instance) (pg_settings_superuser_reserved_connections))"
                .to_owned(),
            alert.above,
        ),
        Metric::DatabaseLoad => {
            let cores = cores.ok_or("nobody says how many cores the database has")?;
            ("sum by (instance) (pg_stat_activity_count{state=\"active\"})".to_owned(), alert.above * cores)
        }
        Metric::PoolerWaiting => {
            ("sum by (instance) (pgbouncer_pools_client_waiting_connections)".to_owned(), alert.above)
        }
        Metric::Errors => return Err("requests that are lost are counted by the application, not by its pool".into()),
        Metric::Refused => {
            return Err("no exporter counts refused connections: look for them in the logs of the pool and of the \
                        database"
                .into());
        }
        _ => (of_the_pool(exporter, alert)?, alert.above),
    };
    Ok(format!("{value} > {}", number(above)))
}

/// What a pool exports.
fn of_the_pool(exporter: Exporter, alert: &Alert) -> Result<String, String> {
    use Exporter::{GoSql, Hikaricp, HikaricpNative, Otel, Pgbouncer};
    let window = duration(alert.window);
    let lacks = |why: &str| Err(format!("{}: {why}", exporter.gloss()));
    let fleet = alert.scope == Scope::Fleet;
    let sum = |name: String| if fleet { format!("sum({name})") } else { name };
    let rate = |name: &str| sum(format!("rate({name}[{window}])"));
    let ratio = |over: &str, under: &str| Ok(format!("{} / {}", sum(over.into()), sum(under.into())));
    let mean = |total: &str, count: &str| Ok(format!("{} / {}", rate(total), rate(count)));
    let timer = |name: &str| mean(&format!("{name}_sum"), &format!("{name}_count"));
    match (alert.metric, exporter) {
        (Metric::Usage, Hikaricp) => ratio("hikaricp_connections_active", "hikaricp_connections_max"),
        (Metric::Usage, HikaricpNative) => ratio("hikaricp_active_connections", "hikaricp_max_connections"),
        (Metric::Usage, Otel) => {
            let used = "db_client_connection_count{db_client_connection_state=\"used\"}";
            let used =
                if fleet { used.to_owned() } else { format!("sum without (db_client_connection_state) ({used})") };
            ratio(&used, "db_client_connection_max")
        }
        // A limit of 0 is none.
        (Metric::Usage, GoSql) => ratio("go_sql_in_use_connections", "(go_sql_max_open_connections > 0)"),
        (Metric::Usage, Pgbouncer) => {
            let size = "on (instance, database) group_left () max by (instance, database) \
                        (label_replace(pgbouncer_databases_pool_size, \"database\", \"$1\", \"name\", \"(.*)\"))";
            let active = "pgbouncer_pools_server_active_connections";
            Ok(match alert.scope {
                Scope::Instance => format!("{active} / {size}"),
                Scope::Fleet => format!("sum({active}) / sum(0 * {active} + {size})"),
            })
        }
        (Metric::Pending, Hikaricp) => Ok(sum("hikaricp_connections_pending".into())),
        (Metric::Pending, HikaricpNative) => Ok(sum("hikaricp_pending_threads".into())),
        (Metric::Pending, Otel) => Ok(sum("db_client_connection_pending_requests".into())),
        (Metric::Pending, Pgbouncer) => Ok(sum("pgbouncer_pools_client_waiting_connections".into())),
        (Metric::Pending, GoSql) => lacks("it does not say how many wait; go_sql_wait_count_total says how often"),
        (Metric::Timeouts, Hikaricp) => Ok(rate("hikaricp_connections_timeout_total")),
        (Metric::Timeouts, HikaricpNative) => Ok(rate("hikaricp_connection_timeout_total")),
        (Metric::Timeouts, Otel) => Ok(rate("db_client_connection_timeouts_total")),
        (Metric::Timeouts, GoSql) => lacks("a wait ends with its context, which nobody counts"),
        (Metric::Timeouts, Pgbouncer) => lacks("it does not count those who reach query_wait_timeout"),
        (Metric::Wait, Hikaricp) => timer("hikaricp_connections_acquire_seconds"),
        (Metric::Wait, HikaricpNative) => {
            let nanos = mean("hikaricp_connection_acquired_nanos_sum", "hikaricp_connection_acquired_nanos_count");
            nanos.map(|nanos| format!("{nanos} / 1e9"))
        }
        (Metric::Wait, Otel) => timer("db_client_connection_wait_time_seconds"),
        (Metric::Wait, GoSql) => lacks("it counts the waits of those who waited, and not how many asked"),
        (Metric::Wait, Pgbouncer) => {
            mean("pgbouncer_stats_totals_client_wait_seconds_total", "pgbouncer_stats_totals_server_assignments_total")
        }
        (Metric::Hold, Hikaricp) => timer("hikaricp_connections_usage_seconds"),
        (Metric::Hold, HikaricpNative) => {
            let millis = mean("hikaricp_connection_usage_millis_sum", "hikaricp_connection_usage_millis_count");
            millis.map(|millis| format!("{millis} / 1e3"))
        }
        (Metric::Hold, Otel) => timer("db_client_connection_use_time_seconds"),
        (Metric::Hold, GoSql) => lacks("it does not say how long connections are out"),
        (Metric::Hold, Pgbouncer) => mean(
            "pgbouncer_stats_totals_server_in_transaction_seconds_total",
            "pgbouncer_stats_totals_sql_transactions_pooled_total",
        ),
        (Metric::Creations, Hikaricp) => Ok(rate("hikaricp_connections_creation_seconds_count")),
        (Metric::Creations, HikaricpNative) => Ok(rate("hikaricp_connection_creation_millis_count")),
        (Metric::Creations, Otel) => Ok(rate("db_client_connection_create_time_seconds_count")),
        (Metric::Creations, GoSql | Pgbouncer) => lacks("it does not count the connections that it opens"),
        (metric, _) => lacks(&format!("it has no metric for {}", metric.name())),
    }
}

/// The rules as a file: those that are worth it, in groups by how often they are looked at; of the others, why not.
pub fn rules(ranking: &Ranking, exporter: Exporter, runbook: Option<&str>) -> String {
    let mut groups: Vec<(Span, String)> = Vec::new();
    let mut left_out = String::new();
    let mut names: Vec<String> = Vec::new();
    for ranked in &ranking.alerts {
        match rule(ranking, ranked, exporter) {
            Err(why) => left_out += &comment(&format!("- {}: {why}", ranked.name)),
            Ok((alert, expr)) => {
                let mut name = ranked.name.clone();
                let mut again = 1;
                while names.contains(&name) {
                    again += 1;
                    name = format!("{}_{again}", ranked.name);
                }
                let text = written(ranked, &name, &alert, &expr, runbook);
                names.push(name);
                match groups.iter_mut().find(|(every, _)| *every == alert.every) {
                    Some((_, rules)) => *rules += &text,
                    None => groups.push((alert.every, text)),
                }
            }
        }
    }
    let scenarios: Vec<&str> = ranking.scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
    let mut out = comment(&format!("Alerting rules for Prometheus, written by poolwise {}.", ranking.version));
    out += &comment(&format!("Scenarios: {}", scenarios.join(", ")));
    out += &comment(&format!("Replications of each: {}, seed {}.", ranking.replications, ranking.seed));
    out += &comment(&format!("Metrics of the pools: {}.", exporter.gloss()));
    out += &comment("Metrics of the database: postgres_exporter, connections by pg_stat_activity_count.");
    out += &comment("Metrics of a pooler: pgbouncer_exporter.");
    out += &comment(
        "Thresholds are those of the scenarios. The fleet is all that Prometheus scrapes: where it scrapes several",
    );
    out += &comment("services, add a matcher for yours to every metric.");
    out += if groups.is_empty() { "groups: []\n" } else { "groups:\n" };
    let several = groups.len() > 1;
    for (every, rules) in &groups {
        let every = duration(*every);
        let name = if several { format!("poolwise-{every}") } else { "poolwise".to_owned() };
        out += &format!("  - name: {}\n    interval: {every}\n    rules:\n{rules}", quoted(&name));
    }
    if !left_out.is_empty() {
        out += &comment("Not written:");
        out += &left_out;
    }
    out
}

/// The rule to be written, or why there is none.
fn rule(ranking: &Ranking, ranked: &RankedAlert, exporter: Exporter) -> Result<(Alert, String), String> {
    if !ranked.can_fire {
        let whys = ranked.scenarios.iter().filter_map(|one| {
            let why = one.never.as_ref().map(|why| format!("can never fire in {}: {why}", one.scenario));
            why.or_else(|| one.no_value.as_ref().map(|why| format!("in {}, {why}", one.scenario)))
        });
        return Err(whys.collect::<Vec<_>>().join("; "));
    }
    if ranking.incidents > 0 && ranked.in_time == 0 {
        return Err("fires in time in none of the incidents".to_owned());
    }
    if let Some(often) = ranked.false_alarms.filter(|often| *often > FALSE_ALARMS) {
        return Err(format!("{often:.1} false alarms a day while all is well"));
    }
    let watched = |one: &AlertIn| {
        let (alert, cores) = one.watched.clone()?;
        Some((one.scenario.clone(), expression(exporter, &alert, cores), alert))
    };
    let all: Vec<_> = ranked.scenarios.iter().filter_map(watched).collect();
    let (_, first, alert) = all.first().ok_or("has no value in any scenario")?;
    if all.iter().any(|(_, other, _)| other != first) {
        let each = all.iter().map(|(scenario, expr, _)| {
            let expr = match expr {
                Ok(text) | Err(text) => text,
            };
            format!("{scenario}: {expr}")
        });
        let each = each.collect::<Vec<_>>().join("; ");
        return Err(format!("its threshold differs between the scenarios, so write that of your system: {each}"));
    }
    Ok((alert.clone(), first.clone()?))
}

/// Symptoms call somebody; what only fills up can wait until morning.
fn severity(metric: Metric) -> &'static str {
    match metric {
        Metric::Pending
        | Metric::Timeouts
        | Metric::Wait
        | Metric::Errors
        | Metric::Refused
        | Metric::PoolerWaiting => "critical",
        Metric::Usage | Metric::Hold | Metric::Creations | Metric::DatabaseConnections | Metric::DatabaseLoad => {
            "warning"
        }
    }
}

fn written(ranked: &RankedAlert, name: &str, alert: &Alert, expr: &str, runbook: Option<&str>) -> String {
    let mut out = format!("      - alert: {}\n        expr: {}\n", quoted(name), quoted(expr));
    if alert.hold > Span::ZERO {
        out += &format!("        for: {}\n", duration(alert.hold));
    }
    out += &format!("        labels:\n          severity: {}\n        annotations:\n", severity(ranked.metric));
    let of = match alert.scope {
        Scope::Instance => " ({{ $labels.instance }})",
        Scope::Fleet => "",
    };
    out += &format!("          summary: {}\n", quoted(&(literal(&alert.words()) + of)));
    let description = literal(&ranked.sentence) + " Now: {{ $value | humanize }}.";
    out += &format!("          description: {}\n", quoted(&description));
    if let Some(url) = runbook {
        out += &format!("          runbook_url: {}\n", quoted(&literal(url)));
    }
    out
}

/// A line that YAML passes over, whatever is in the text.
fn comment(text: &str) -> String {
    // These end a line for YAML.
    format!("# {}\n", plain(text).replace(['\u{2028}', '\u{2029}'], " "))
}

/// A text as YAML takes it, whatever is in it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            c if c.is_control() || ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'].contains(&c) => {
                out += &format!("\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// A text in which Prometheus finds no template.
fn literal(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// A duration as Prometheus writes it, to the millisecond, and never nothing.
fn duration(span: Span) -> String {
    let mut left = span.nanos().div_ceil(1_000_000).max(1);
    let mut out = String::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if left >= millis {
            out += &format!("{}{unit}", left / millis);
            left %= millis;
        }
    }
    out
}

/// As many digits as a threshold has, without the noise of a multiplication.
fn number(value: f64) -> String {
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_texts() {
        assert_eq!(quoted("a \"b\" \\ \n\u{2028}{}: #"), "\"a \\\"b\\\" \\\\ \\u000A\\u2028{}: #\"");
        assert_eq!(literal("{{ $value }}"), "{{ \"{{\" }} $value }}");
        assert_eq!(comment("a\nb\u{2028}c\u{85}d"), "# a b c d\n");
    }

    #[test]
    fn durations_and_numbers() {
        for (written, expected) in
            [("1m", "1m"), ("90s", "1m30s"), ("15s", "15s"), ("26h", "1d2h"), ("250ms", "250ms"), ("10us", "1ms")]
        {
            assert_eq!(duration(Span::parse(written).unwrap()), expected);
        }
        for (value, expected) in [(0.8, "0.8"), (0.0, "0"), (16.0, "16"), (0.1 * 3.0, "0.3"), (1e9, "1000000000")] {
            assert_eq!(number(value), expected);
        }
    }
}
