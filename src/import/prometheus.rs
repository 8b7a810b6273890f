//! Prometheus' text format, as pools and databases export it, read into [`Symptoms`]. One scrape gives levels; a second one, later,
//! gives means over the time between them, and rates where that time is known.

use super::exposition::{
    Active, CreateCount, CreateSum, HoldCount, HoldSum, Idle, Max, Pending, PoolerMax, PoolerServers, PoolerWaiting,
    Reserved, Scrape, Sessions, Timeouts, Usable, WaitSum, What, scrape, written,
};
use crate::diagnose::Symptoms;
use crate::problem::Problems;

/// An instance with waiters starves when it uses no more than this share of its limit.
const LOW: f64 = 0.5;
/// What symptoms are made of.
const USED: [What; 16] = [
    Max,
    Active,
    Idle,
    Pending,
    Timeouts,
    HoldSum,
    HoldCount,
    WaitSum,
    CreateSum,
    CreateCount,
    Sessions,
    Usable,
    Reserved,
    PoolerWaiting,
    PoolerServers,
    PoolerMax,
];

/// Symptoms, and what was made of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// What was seen.
    pub symptoms: Symptoms,
    /// What was used, what was ignored, and what could not be known.
    pub notes: Vec<String>,
}

/// Read one scrape, or two of the same instances, the earlier first. `apart` is how many seconds lie between them, where the file does
/// not say so.
///
/// # Errors
/// Lines that are no samples, with their numbers; a text without a sample, or without one that is known.
///
/// ```
/// let text = "hikaricp_connections_active{pool=\"main\"} 9\nhikaricp_connections_max{pool=\"main\"} 10\n";
/// let imported = poolwise::import::prometheus::read(text, None, None).unwrap();
/// assert_eq!((imported.symptoms.active, imported.symptoms.max), (Some(9.0), Some(10.0)));
/// ```
pub fn read(first: &str, second: Option<&str>, apart: Option<f64>) -> Result<Imported, Problems> {
    let earlier = scrape(first.as_bytes())?;
    let later = second.map(|text| scrape(text.as_bytes())).transpose()?;
    let mut notes = Vec::new();
    let symptoms = symptoms(&earlier, later.as_ref(), apart, &mut notes);
    Ok(Imported { symptoms, notes })
}

fn symptoms(earlier: &Scrape, later: Option<&Scrape>, apart: Option<f64>, notes: &mut Vec<String>) -> Symptoms {
    let now = later.unwrap_or(earlier);
    let between = apart.or_else(|| Some((later?.at? - earlier.at?) / 1000.0)).filter(|seconds| *seconds > 0.0);
    let mut s = Symptoms {
        max: now.sum(Max).filter(|max| *max > 0.0),
        active: now.sum(Active),
        idle: now.sum(Idle),
        pending: now.sum(Pending),
        pooler_waiting: now.sum(PoolerWaiting),
        pooler_servers: now.sum(PoolerServers),
        pooler_max: now.sum(PoolerMax),
        ..Symptoms::default()
    };
    if now.of(Max).any(|(_, max)| max.value <= 0.0) {
        s.max = None;
        notes.push("max is left out: a pool has no limit".into());
    }
    let reserved = now.sum(Reserved).unwrap_or(0.0);
    s.usable = now.sum(Usable).map(|max| (max - reserved).max(0.0));
    if now.sum(Sessions).is_some() {
        s.connections = now.sum(Sessions);
        s.running = now.sessions("state", |state| state == "active");
        s.idle_in_transaction = now.sessions("state", |state| state.starts_with("idle in transaction"));
        s.lock_waiters = now.sessions("wait_event_type", |kind| kind == "Lock");
        if let (Some(idle), Some(pooled), true) =
            (now.sessions("state", |state| state == "idle"), s.idle, s.pooler_servers.is_none())
        {
            s.idle_sessions = Some((idle - pooled).max(0.0));
            notes.push("idle_sessions: idle sessions of the database beyond those that the pools count as idle".into());
        }
    }
    by_instance(now, &mut s);
    match later {
        None => since_the_start(earlier, &mut s, notes),
        Some(later) => from_two(earlier, later, between, &mut s, notes),
    }
    let used: Vec<&str> =
        crate::diagnose::SYMPTOMS.iter().filter(|one| one.of(&s).is_some()).map(|one| one.name).collect();
    notes.insert(0, format!("used: {}", used.join(", ")));
    let ignored = now.ignored(|what| USED.contains(&what));
    if ignored > 0 {
        notes.push(format!("{ignored} of {} samples are of no use here and were ignored", now.samples));
    }
    s
}

/// What the instances differ in: their labels.
fn by_instance(now: &Scrape, s: &mut Symptoms) {
    let pools: Vec<_> = now.of(Active).map(|(labels, active)| (labels, active.value)).collect();
    if pools.len() < 2 {
        return;
    }
    s.worst_active = pools.iter().map(|(_, active)| *active).reduce(f64::max);
    s.instances = Some(pools.len() as f64);
    let value = |what, labels| now.get(what, labels).map(|found| found.value);
    let starves = |labels, active| Some(value(Pending, labels)? >= 1.0 && active <= LOW * value(Max, labels)?);
    let known: Vec<bool> = pools.iter().filter_map(|(labels, active)| starves(labels, *active)).collect();
    if !known.is_empty() {
        s.starved = Some(known.iter().filter(|starves| **starves).count() as f64);
    }
}

fn since_the_start(only: &Scrape, s: &mut Symptoms, notes: &mut Vec<String>) {
    let mean = |sum: What, count: What| Some(only.sum(sum)? / only.sum(count).filter(|count| *count > 0.0)?);
    s.hold = mean(HoldSum, HoldCount);
    s.connect_time = mean(CreateSum, CreateCount);
    if s.hold.is_some() || s.connect_time.is_some() {
        notes.push("means are since the processes started: a second scrape gives those of the time between".into());
    }
    if only.sum(HoldCount).is_some() || only.sum(Timeouts).is_some() {
        notes.push("rates need a second scrape".into());
    }
}

fn from_two(earlier: &Scrape, later: &Scrape, between: Option<f64>, s: &mut Symptoms, notes: &mut Vec<String>) {
    let mut grown = |what: What| {
        let mut sum = None;
        for (labels, value) in later.of(what) {
            let Some(before) = earlier.get(what, labels) else { continue };
            if value.value < before.value {
                notes.push(format!(
                    "a counter of {what:?} went backwards ({}): its process has restarted, and it is left out",
                    written(labels)
                ));
            } else {
                *sum.get_or_insert(0.0) += value.value - before.value;
            }
        }
        sum
    };
    let [timeouts, held, holds, waited] = [Timeouts, HoldSum, HoldCount, WaitSum].map(&mut grown);
    let [opening, opened] = [CreateSum, CreateCount].map(&mut grown);
    let mean = |sum: Option<f64>, count: Option<f64>| Some(sum? / count.filter(|count| *count > 0.0)?);
    s.hold = mean(held, holds);
    s.hold_before = mean(earlier.sum(HoldSum), earlier.sum(HoldCount));
    if s.hold_before.is_some() {
        notes.push("hold_before is the mean from the start of the processes to the first scrape".into());
    }
    s.connect_time = mean(opening, opened);
    let Some(seconds) = between else {
        notes.push("rates are left out: say how far apart the scrapes are".into());
        return;
    };
    s.timeouts = timeouts.map(|count| count / seconds);
    s.opened = opened.map(|count| count / seconds);
    // Those that were served and those that gave up; who still waits is not among them.
    s.rate = holds.map(|served| (served + timeouts.unwrap_or(0.0)) / seconds);
    if s.rate.is_some() {
        notes.push("rate: connections that came back and waits that gave up; retries are among them".into());
    }
    if s.pending.is_none() {
        s.pending = waited.map(|waited| waited / seconds);
        if s.pending.is_some() {
            notes.push("pending: the time waited, per second (Little's law)".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symptoms_of(text: &str) -> Symptoms {
        read(text, None, None).unwrap_or_else(|e| panic!("{text}: {e}")).symptoms
    }

    #[test]
    fn every_naming_is_read() {
        let micrometer = "# HELP x y\nhikaricp_connections_active{pool=\"a\",} 9\nhikaricp_connections_idle{pool=\"a\"} 1.0\n\
                          hikaricp_connections_pending{pool=\"a\"} 4\nhikaricp_connections_max{pool=\"a\"} 10\n\
                          hikaricp_connections_usage_seconds_sum{pool=\"a\"} 5\nhikaricp_connections_usage_seconds_count{pool=\"a\"} 100\n";
        let native = "hikaricp_active_connections{pool=\"a\"} 9\nhikaricp_idle_connections{pool=\"a\"} 1\n\
                      hikaricp_pending_threads{pool=\"a\"} 4\nhikaricp_max_connections{pool=\"a\"} 10\n\
                      hikaricp_connection_usage_millis_sum{pool=\"a\"} 5000\nhikaricp_connection_usage_millis_count{pool=\"a\"} 100\n";
        let new = "db_client_connection_count{db_client_connection_state=\"used\"} 9\n\
                   db_client_connection_count{db_client_connection_state=\"idle\"} 1\n\
                   db_client_connection_pending_requests 4\ndb_client_connection_max 10\n\
                   db_client_connection_use_time_seconds_sum 5\ndb_client_connection_use_time_seconds_count 100\n";
        let old = "db_client_connections_usage{state=\"used\"} 9\ndb_client_connections_usage{state=\"idle\"} 1\n\
                   db_client_connections_pending_requests 4\ndb_client_connections_max 10\n\
                   db_client_connections_use_time_milliseconds_sum 5e3\ndb_client_connections_use_time_milliseconds_count 1e2\n";
        for text in [micrometer, native, new, old] {
            let s = symptoms_of(text);
            assert_eq!((s.active, s.idle, s.pending, s.max), (Some(9.0), Some(1.0), Some(4.0), Some(10.0)), "{text}");
            assert!((s.hold.unwrap() - 0.05).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn two_scrapes_give_means_and_rates() {
        let at = |sum: f64, count: u32, timeouts: u32| {
            format!(
                "hikaricp_connections_usage_seconds_sum {sum}\nhikaricp_connections_usage_seconds_count {count}\n\
                 hikaricp_connections_timeout_total {timeouts}\n"
            )
        };
        let imported = read(&at(10.0, 1000, 0), Some(&at(70.0, 1100, 20)), Some(60.0)).unwrap();
        let s = imported.symptoms;
        assert_eq!((s.hold_before, s.hold), (Some(0.01), Some(0.6)));
        assert_eq!((s.rate, s.timeouts), (Some(2.0), Some(20.0 / 60.0)));
        let without = read(&at(10.0, 1000, 0), Some(&at(70.0, 1100, 20)), None).unwrap();
        assert_eq!((without.symptoms.rate, without.symptoms.hold), (None, Some(0.6)));
        assert!(without.notes.iter().any(|note| note.contains("how far apart")), "{:?}", without.notes);
        let back = read(&at(10.0, 1000, 5), Some(&at(1.0, 10, 6)), Some(60.0)).unwrap();
        assert_eq!((back.symptoms.hold, back.symptoms.rate), (None, None));
        assert!(back.notes.iter().any(|note| note.contains("went backwards")), "{:?}", back.notes);
    }

    #[test]
    fn moments_in_the_file_tell_how_far_apart_scrapes_are() {
        let at = |count: u32, moment: u64| format!("hikaricp_connections_timeout_total {count} {moment}\n");
        let s = read(&at(0, 1_700_000_000_000), Some(&at(30, 1_700_000_015_000)), None).unwrap().symptoms;
        assert_eq!(s.timeouts, Some(2.0));
    }

    #[test]
    fn the_database_and_its_pooler_are_read() {
        let s = symptoms_of(
            "hikaricp_connections_idle{instance=\"a\"} 3\npg_stat_activity_count{datname=\"a\",state=\"active\",wait_event_type=\"Lock\"} 12\n\
             pg_stat_activity_count{datname=\"a\",state=\"active\",wait_event_type=\"\"} 2\n\
             pg_stat_activity_count{datname=\"a\",state=\"idle in transaction\",wait_event_type=\"Client\"} 7\n\
             pg_stat_activity_count{datname=\"a\",state=\"idle in transaction (aborted)\",wait_event_type=\"Client\"} 1\n\
             pg_stat_activity_count{datname=\"a\",state=\"idle\",wait_event_type=\"Client\"} 20\n\
             pg_settings_max_connections 100\npg_settings_superuser_reserved_connections 3\n",
        );
        assert_eq!((s.connections, s.running, s.idle_in_transaction), (Some(42.0), Some(14.0), Some(8.0)));
        assert_eq!((s.lock_waiters, s.usable, s.idle_sessions), (Some(12.0), Some(97.0), Some(17.0)));
        let s = symptoms_of(
            "pgbouncer_pools_client_waiting_connections{database=\"a\",user=\"u\"} 30\n\
             pgbouncer_pools_server_active_connections{database=\"a\",user=\"u\"} 20\npgbouncer_databases_pool_size{name=\"a\"} 20\n",
        );
        assert_eq!((s.pooler_waiting, s.pooler_servers, s.pooler_max), (Some(30.0), Some(20.0), Some(20.0)));
    }

    #[test]
    fn instances_are_told_apart_by_their_labels() {
        let mut text = String::new();
        for (instance, active, pending) in [("a", 0, 9), ("b", 2, 0), ("c", 20, 4)] {
            text += &format!(
                "hikaricp_connections_active{{instance=\"{instance}\"}} {active}\nhikaricp_connections_max{{instance=\"{instance}\"}} 20\n\
                 hikaricp_connections_pending{{instance=\"{instance}\"}} {pending}\n"
            );
        }
        let s = symptoms_of(&text);
        assert_eq!((s.max, s.active, s.instances), (Some(60.0), Some(22.0), Some(3.0)));
        assert_eq!((s.worst_active, s.starved), (Some(20.0), Some(1.0)));
    }

    #[test]
    fn a_pool_of_go_without_a_limit_has_none() {
        let text = "go_sql_max_open_connections{db_name=\"a\"} 0\ngo_sql_in_use_connections{db_name=\"a\"} 4\n";
        let imported = read(text, None, None).unwrap();
        assert_eq!((imported.symptoms.max, imported.symptoms.active), (None, Some(4.0)));
        assert!(imported.notes.iter().any(|note| note.contains("no limit")));
        let waited = |seconds: u32| format!("{text}go_sql_wait_duration_seconds_total{{db_name=\"a\"}} {seconds}\n");
        let s = read(&waited(5), Some(&waited(65)), Some(10.0)).unwrap().symptoms;
        assert_eq!(s.pending, Some(6.0));
    }

    #[test]
    fn what_is_no_exposition_is_refused_with_its_lines() {
        for (text, said) in [
            ("", "has no sample in it"),
            ("# HELP only a comment\n", "has no sample in it"),
            ("{ \"active\": 3 }", "line 1: is no sample"),
            ("<html>\n<body>no</body>", "line 2: is no sample"),
            ("up 1\nactive connections: 20\n", "line 2: is no sample"),
            ("a{b=\"c} 1", "is no sample"),
            ("a{b=\"c\"} one", "is no sample"),
            ("a", "is no sample"),
            ("up 1\n", "has no metric that is known here"),
            ("hikaricp_connections_usage_seconds_sum NaN\n", "has no metric that is known here"),
        ] {
            let error = read(text, None, None).unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
        assert_eq!(read(&"?\n".repeat(1000), None, None).unwrap_err().problems.len(), 21);
    }
}
