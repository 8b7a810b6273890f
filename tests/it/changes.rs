//! What every kind of change does, counted one by one.

use crate::scenario_of;
use poolwise::database::Refusal;
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::random::Streams;
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Default)]
struct Log(Vec<(f64, u32, Fact, Levels)>);

impl Observer for Log {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        self.0.push(((now - SimTime::ZERO).seconds(), instance, fact, *levels));
    }
}

impl Log {
    /// The facts of a time, with the instance at which each happened.
    fn between(&self, from: f64, until: f64) -> impl Iterator<Item = (f64, u32, Fact)> {
        let within = self.0.iter().filter(move |(at, ..)| (from..until).contains(at));
        within.map(|(at, instance, fact, _)| (*at, *instance, *fact))
    }

    /// How long connections that came back within a time were out, in milliseconds, by instance.
    fn holds(&self, from: f64, until: f64) -> BTreeSet<(u32, u64)> {
        let held = |(_, instance, fact)| match fact {
            Fact::Returned { hold } => Some((instance, hold.nanos() / 1_000_000)),
            _ => None,
        };
        self.between(from, until).filter_map(held).collect()
    }

    fn count(&self, from: f64, until: f64, is: impl Fn(Fact) -> bool) -> usize {
        self.between(from, until).filter(|(.., fact)| is(*fact)).count()
    }

    /// The levels at a moment.
    fn at(&self, moment: f64) -> Levels {
        self.0.iter().take_while(|(at, ..)| *at <= moment).last().map_or(Levels::default(), |(.., levels)| *levels)
    }

    /// When something changed, and to what.
    fn steps(&self, of: impl Fn(&Levels) -> u32) -> Vec<(f64, u32)> {
        let mut steps: Vec<(f64, u32)> = Vec::new();
        for (at, _, _, levels) in &self.0 {
            let now = of(levels);
            match steps.last_mut() {
                Some((_, last)) if *last == now => {}
                Some((when, last)) if *when == *at => *last = now,
                _ => steps.push((*at, now)),
            }
        }
        steps
    }
}

fn watch(document: Value, seconds: f64) -> Log {
    let mut log = Log::default();
    engine::run(&scenario_of(document), Streams::new(1, 0), SimTime::ZERO + Span::from_seconds(seconds), &mut log);
    log
}

/// Two requests a second in turn to so many instances, for a minute.
fn in_turn(instances: u32, more: Value) -> Value {
    let at: Vec<String> = (0..120).map(|n| format!("{}ms", n * 500 + 1)).collect();
    let mut document = json!({
        "duration": "1m",
        "traffic": { "trace": { "at": at } },
        "query": [{ "name": "q", "hold": "deterministic(20ms)" }],
        "fleet": { "instances": instances, "routing": "round_robin" },
        "pool": { "max_size": 4, "acquire_timeout": "300ms" },
    });
    more.as_object().unwrap().iter().for_each(|(key, value)| document[key] = value.clone());
    document
}

#[test]
fn a_version_is_what_it_says_where_it_is_deployed_until_it_is_rolled_back() {
    let log = watch(
        in_turn(
            3,
            json!({
                "version": [{ "name": "slow", "query": [{ "hold": "deterministic(70ms)" }] }],
                "timeline": [
                    { "at": "10s", "change": "deploy", "version": "slow", "instances": "1", "max_size": 9, "drain": "0s" },
                    { "at": "30s", "change": "rollback", "instances": "1", "drain": "0s" },
                ],
            }),
        ),
        60.0,
    );
    assert_eq!(log.holds(0.0, 10.0), [(0, 20), (1, 20), (2, 20)].into());
    // The new instance has the next number.
    assert_eq!(log.holds(10.5, 30.0), [(0, 20), (2, 20), (3, 70)].into());
    assert_eq!(log.holds(30.5, 60.0), [(0, 20), (2, 20), (4, 20)].into());
    assert_eq!([5.0, 20.0, 40.0].map(|moment| log.at(moment).size), [12, 17, 12]);
}

#[test]
fn a_restart_frees_what_has_leaked_and_changes_nothing_else() {
    let log = watch(
        in_turn(
            2,
            json!({
                "query": [{ "hold": "deterministic(20ms)", "leak": "100%" }],
                "timeline": [{ "at": "20s", "change": "restart_instances", "instances": "0", "drain": "0s" }],
            }),
        ),
        60.0,
    );
    // Four leak on each within eight seconds, and then nobody is served.
    assert_eq!((log.at(19.9).leaked, log.at(19.9).active), (8, 8));
    assert_eq!(log.count(10.0, 20.0, |fact| matches!(fact, Fact::Granted { .. })), 0);
    assert_eq!(log.at(20.01).leaked, 4, "those of the other instance stay");
    assert_eq!(log.count(20.0, 60.0, |fact| matches!(fact, Fact::Leaked { .. })), 4, "and leak again");
    assert_eq!(log.at(59.0).leaked, 8);
}

#[test]
fn a_fleet_is_scaled_out_and_in() {
    let log = watch(
        in_turn(
            2,
            json!({
                "timeline": [
                    { "at": "10s", "change": "scale", "count": 5, "start": "3s" },
                    { "at": "30s", "change": "scale", "count": 1 },
                ],
            }),
        ),
        60.0,
    );
    assert_eq!(log.steps(|levels| levels.instances), [(0.001, 2), (13.0, 5), (30.0, 1)]);
    let served =
        |from, until| log.holds(from, until).into_iter().map(|(instance, _)| instance).collect::<BTreeSet<_>>();
    assert_eq!(served(14.0, 30.0), (0..5).collect());
    assert_eq!(served(31.0, 60.0), [0].into());
    assert_eq!(log.count(0.0, 60.0, |fact| matches!(fact, Fact::Failed { .. })), 0);
}

#[test]
fn idle_connections_are_flushed() {
    let log =
        watch(in_turn(2, json!({ "timeline": [{ "at": "10s", "change": "flush_idle", "instances": "0" }] })), 11.0);
    assert_eq!((log.at(9.9).total, log.at(10.2).total), (8, 4 + 1), "one is opened again for the next request");
}

/// What one setting makes of a run: the facts before and after half a minute.
fn with_setting(path: &str, value: Value, more: Value) -> Log {
    let mut document = in_turn(2, more);
    document["timeline"] = json!([{ "at": "30s", "change": "set", "path": path, "value": value }]);
    watch(document, 59.9)
}

#[test]
fn a_pools_acquire_timeout_changes_for_those_who_come() {
    let stuck =
        json!({ "query": [{ "hold": "deterministic(1h)" }], "pool": { "max_size": 1, "acquire_timeout": "300ms" } });
    let log = with_setting("pool.acquire_timeout", json!("100ms"), stuck);
    let waits = |from, until| -> BTreeSet<u64> {
        let of = |(.., fact): (f64, u32, Fact)| match fact {
            Fact::TimedOut { wait } => Some(wait.nanos() / 1_000_000),
            _ => None,
        };
        log.between(from, until).filter_map(of).collect()
    };
    assert_eq!((waits(0.0, 30.0), waits(30.0, 60.0)), ([300].into(), [100].into()));
}

#[test]
fn a_pools_limit_and_its_waiters_change() {
    let stuck = json!({ "query": [{ "hold": "deterministic(1h)" }] });
    let log = with_setting("pool.max_size", json!(6), stuck.clone());
    assert_eq!((log.at(29.0).active, log.at(59.0).active, log.at(59.0).size), (8, 12, 12));
    let log = with_setting("pool.max_waiters", json!(0), stuck);
    let rejected = |from, until| log.count(from, until, |fact| fact == Fact::Rejected);
    assert_eq!((rejected(0.0, 30.0), rejected(30.0, 60.0)), (0, 60));
}

#[test]
fn clients_change() {
    let stuck = json!({ "query": [{ "hold": "deterministic(1h)" }], "client": { "backoff": "0s" } });
    let log = with_setting("client.retries", json!(2), stuck);
    let again = |from, until| log.count(from, until, |fact| fact == Fact::Arrived { again: true });
    assert_eq!((again(0.0, 30.0), again(30.5, 59.0)), (0, 2 * 57));
}

#[test]
fn the_database_changes() {
    let more = json!({
        "pool": { "max_size": 4, "min_idle": 0, "idle_timeout": "100ms", "housekeeping": "100ms" },
        "database": { "max_connections": 1 },
        "query": [{ "hold": "deterministic(900ms)" }],
    });
    let log = with_setting("database.max_connections", json!(20), more);
    let refused = |from, until| log.count(from, until, |fact| fact == Fact::ConnectRefused { why: Refusal::Full });
    assert!(refused(0.0, 30.0) > 20 && refused(30.0, 60.0) == 0, "{} {}", refused(0.0, 30.0), refused(30.0, 60.0));

    let log = with_setting(
        "database.statement_timeout",
        json!("10ms"),
        json!({ "query": [{ "work": "deterministic(20ms)" }] }),
    );
    let cut = |from, until| log.count(from, until, |fact| matches!(fact, Fact::Cut { .. }));
    assert_eq!((cut(0.0, 30.0), cut(30.0, 60.0)), (0, 60));

    let alone = json!({ "query": [{ "cpu": "deterministic(800ms)" }], "database": { "cores": 1 } });
    let log = with_setting("database.cores", json!(4), alone);
    assert!(log.at(29.9).running > 3, "two a second of 0.8 s are too much for one core");
    assert_eq!(log.holds(45.0, 59.0).into_iter().map(|(_, hold)| hold).collect::<BTreeSet<_>>(), [800].into());
}

#[test]
fn routing_changes() {
    let sticky = json!({ "fleet": { "instances": 3, "routing": "sticky", "users": 1 } });
    let log = with_setting("fleet.routing", json!("round_robin"), sticky);
    let came = |from, until| -> BTreeSet<u32> {
        let arrived = |(_, instance, fact)| matches!(fact, Fact::Arrived { .. }).then_some(instance);
        log.between(from, until).filter_map(arrived).collect()
    };
    assert_eq!((came(0.0, 30.0).len(), came(30.0, 60.0).len()), (1, 3));
}

#[test]
fn a_poolers_restart_ends_all_connections_to_it_and_of_it() {
    let more = json!({
        "pooler": { "mode": "transaction", "default_pool_size": 3 },
        "database": { "max_connections": 50 },
        "timeline": [{ "at": "30s", "change": "restart_pooler", "lasts": "20s" }],
    });
    for mode in ["transaction", "session"] {
        let mut document = in_turn(2, more.clone());
        document["pooler"]["mode"] = json!(mode);
        let log = watch(document, 59.9);
        assert!(log.at(29.9).servers > 0, "{mode}");
        assert_eq!((log.at(30.0).servers, log.at(30.0).connected), (0, 0), "{mode}: nothing is left of it");
        assert!(log.count(30.0, 50.0, |fact| fact == Fact::ConnectRefused { why: Refusal::Down }) > 0, "{mode}");
        let served = |from, until| log.count(from, until, |fact| matches!(fact, Fact::Served { .. }));
        assert_eq!((served(0.0, 30.0), served(30.0, 50.0)), (60, 0), "{mode}");
        assert!(served(52.0, 59.9) >= 15, "{mode}: it serves again");
    }
}

#[test]
fn a_pool_grows_by_itself_check_by_check() {
    let more = json!({
        "query": [{ "hold": "deterministic(1h)" }],
        "pool": {
            "max_size": 4,
            "acquire_timeout": "100ms",
            "autoscale": { "at": "100%", "every": "5s", "checks": 2, "step": "50%", "most": 11 },
        },
    });
    let mut document = in_turn(1, more);
    // Four are taken within two seconds: full at 5 s and 10 s, and so on; 4, 6, 9, 11.
    let log = watch(document.clone(), 59.9);
    let seconds = |steps: Vec<(f64, u32)>| steps.into_iter().map(|(at, size)| (at as u32, size)).collect::<Vec<_>>();
    assert_eq!(seconds(log.steps(|levels| levels.size)), [(0, 4), (10, 6), (20, 9), (30, 11)]);
    document["pool"]["autoscale"]["at"] = json!("timeouts");
    document["pool"]["autoscale"]["checks"] = json!(1);
    let log = watch(document, 59.9);
    assert_eq!(seconds(log.steps(|levels| levels.size))[..3], [(0, 4), (5, 6), (10, 9)]);
}

#[test]
fn what_waits_for_an_alert_begins_with_it_once() {
    let more = json!({
        "query": [{ "hold": "deterministic(1h)" }],
        "alert": [{ "name": "Full", "metric": "usage", "above": "90%", "for": "10s", "every": "2s" }],
        "timeline": [{ "on": "Full", "after": "3s", "change": "resize_pool", "max_size": 8, "over": "4s" }],
    });
    let log = watch(in_turn(2, more), 59.9);
    // All eight places are taken at 3.5 s; looked at at 4 s, above since then, and for 10 s at 14 s.
    let fired: Vec<f64> =
        log.between(0.0, 60.0).filter(|(.., fact)| matches!(fact, Fact::Fires { .. })).map(|(at, ..)| at).collect();
    assert_eq!(fired[0], 14.0);
    assert!(fired.len() >= 2, "it fires again when the larger pools are full: {fired:?}");
    let changed = |(at, _, fact)| matches!(fact, Fact::Changed { .. }).then_some(at);
    assert_eq!(log.between(0.0, 60.0).filter_map(changed).collect::<Vec<f64>>(), [17.0, 19.0]);
    assert_eq!(log.at(59.0).size, 16);
}

/// Whatever else a version changes, requests of other classes are the same, and more leaks leak what fewer did.
#[test]
fn versions_share_their_luck() {
    let with = |query: Value| {
        let mut document = in_turn(
            1,
            json!({
                "query": [
                    { "name": "a", "hold": "exponential(mean=20ms)" },
                    { "name": "b", "hold": "exponential(mean=30ms)" },
                ],
                "pool": { "max_size": 100, "acquire_timeout": "300ms" },
                "timeline": [{ "at": "0s", "change": "deploy", "version": "v", "drain": "0s" }],
            }),
        );
        document["version"] = json!([{ "name": "v", "query": [query] }]);
        watch(document, 59.9)
    };
    let slow = with(json!({ "name": "b", "hold": "exponential(mean=60ms)" }));
    // A version that changes nothing is no version: this one changes next to nothing.
    let same = with(json!({ "name": "b", "hold": "exponential(mean=30ms)", "leak": "0.0001%" }));
    let holds = |log: &Log| -> Vec<u64> {
        let mut held: Vec<(u64, u64)> = Vec::new();
        for (at, _, fact) in log.between(0.0, 60.0) {
            if let Fact::Returned { hold } = fact {
                // By the moment at which it went out, which is when the request came.
                held.push((((at - hold.seconds()) * 1e3).round() as u64, hold.nanos()));
            }
        }
        held.sort_unstable();
        held.into_iter().map(|(_, hold)| hold).collect()
    };
    let (slow, same) = (holds(&slow), holds(&same));
    assert_eq!(slow.len(), same.len());
    let doubled = slow.iter().zip(&same).filter(|(slow, same)| slow.abs_diff(2 * **same) <= 2).count();
    let equal = slow.iter().zip(&same).filter(|(slow, same)| slow == same).count();
    assert!(doubled + equal == slow.len() && doubled > 30 && equal > 30, "{doubled} {equal} of {}", slow.len());

    let leaked = |leak: &str| -> BTreeSet<u64> {
        let log = with(json!({ "name": "a", "leak": leak }));
        let leaks = |(at, _, fact)| match fact {
            Fact::Leaked { hold } => Some((f64::max(0.0, at - hold.seconds()) * 1e3_f64).round() as u64),
            _ => None,
        };
        log.between(0.0, 60.0).filter_map(leaks).collect()
    };
    let (few, many) = (leaked("10%"), leaked("40%"));
    assert!(!few.is_empty() && few.is_subset(&many) && many.len() > 2 * few.len(), "{few:?} {many:?}");
}

/// A restart that begins during another does not bring the database up before the other is done.
#[test]
fn restarts_that_overlap_end_with_the_later_end() {
    let more = json!({
        "timeline": [
            { "at": "10s", "change": "restart_database", "lasts": "30s" },
            { "at": "15s", "change": "restart_database", "lasts": "1s" },
        ],
    });
    let log = watch(in_turn(2, more), 59.9);
    let served = |from, until| log.count(from, until, |fact| matches!(fact, Fact::Served { .. }));
    assert_eq!((served(0.0, 10.0), served(16.5, 40.0)), (20, 0));
    assert!(served(41.0, 59.9) >= 36);
}
