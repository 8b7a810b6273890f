//! What a fleet does, counted one by one.

use crate::scenario_of;
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::fleet::{Live, Router, Routing};
use poolwise::random::{Purpose, Streams};
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
struct Log(Vec<(f64, u32, Fact, Levels)>);

impl Observer for Log {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        self.0.push(((now - SimTime::ZERO).seconds(), instance, fact, *levels));
    }
}

fn watch(document: Value, seconds: f64) -> Log {
    watch_seed(document, seconds, 1)
}

fn watch_seed(document: Value, seconds: f64, seed: u64) -> Log {
    let mut log = Log::default();
    let until = SimTime::ZERO + Span::from_seconds(seconds);
    engine::run(&scenario_of(document), Streams::new(seed, 0), until, &mut log);
    log
}

impl Log {
    fn count(&self, of: impl Fn(Fact) -> bool) -> usize {
        self.0.iter().filter(|(_, _, fact, _)| of(*fact)).count()
    }

    fn range(&self, of: impl Fn(&Levels) -> u32) -> (u32, u32) {
        let each = || self.0.iter().map(|(.., levels)| of(levels));
        (each().min().unwrap_or(0), each().max().unwrap_or(0))
    }

    /// How many attempts came to each instance.
    fn arrived(&self, instances: u32) -> Vec<usize> {
        let came =
            |n| self.0.iter().filter(|(_, at, fact, _)| *at == n && matches!(fact, Fact::Arrived { .. })).count();
        (0..instances).map(came).collect()
    }
}

/// Eight instances of ten connections under a deploy.
fn deploy(surge: &str) -> Log {
    let document = json!({
        "duration": "2m",
        "traffic": { "rate": "20/s" },
        "query": [{ "hold": "deterministic(50ms)" }],
        "fleet": { "instances": 8, "routing": "round_robin" },
        "pool": { "max_size": 10, "min_idle": 10 },
        "database": { "max_connections": 500 },
        "timeline": [{ "at": "10s", "change": "deploy", "surge": surge, "over": "40s", "start": "2s", "drain": "1s" }],
    });
    watch(document, 110.0)
}

#[test]
fn a_deploy_has_no_more_connections_than_its_surge() {
    let rolling = deploy("1.25");
    assert!(rolling.range(|l| l.connected).1 <= 100, "{:?}", rolling.range(|l| l.connected));
    assert!(rolling.range(|l| l.connected).1 > 80);
    assert_eq!(rolling.count(|fact| fact == Fact::Serves), 8, "each is replaced once");
    let in_place = deploy("1");
    assert!(in_place.range(|l| l.connected).1 <= 80);
    assert!(in_place.range(|l| l.instances).0 == 7 && in_place.range(|l| l.instances).1 == 8);
    let blue_green = deploy("2");
    assert_eq!(blue_green.range(|l| l.connected).1, 160);
    for log in [&rolling, &in_place, &blue_green] {
        assert_eq!(log.0.last().map(|(.., l)| (l.instances, l.connected)), Some((8, 80)));
        assert_eq!(log.count(|fact| matches!(fact, Fact::Failed { .. })), 0, "requests finish within the drain");
    }
}

#[test]
fn what_takes_longer_than_the_drain_is_cut() {
    let document = |drain: &str| {
        json!({
            "duration": "1m",
            "traffic": { "trace": { "at": ["9s"] } },
            "query": [{ "hold": "deterministic(5s)" }],
            "timeline": [{ "at": "10s", "change": "deploy", "drain": drain }],
        })
    };
    let served = |fact| matches!(fact, Fact::Served { wanted: true, .. });
    assert_eq!(watch(document("30s"), 50.0).count(served), 1);
    let cut = watch(document("1s"), 50.0);
    assert_eq!((cut.count(served), cut.count(|fact| matches!(fact, Fact::Cut { .. }))), (0, 1));
}

#[test]
fn round_robin_is_exact() {
    let at: Vec<String> = (0..70).map(|n| format!("{n}s")).collect();
    let document = json!({
        "duration": "2m",
        "traffic": { "trace": { "at": at } },
        "query": [{ "hold": "deterministic(50ms)" }],
        "fleet": { "instances": 7, "routing": "round_robin" },
    });
    assert_eq!(watch(document, 100.0).arrived(7), [10; 7]);
}

/// The connections that each of ten instances of thirty has at the start, of 197 that the database lets in.
fn at_the_start(order: &str) -> Vec<usize> {
    let document = json!({
        "duration": "1m",
        "traffic": { "trace": { "at": ["1s"] } },
        "query": [{ "hold": "deterministic(50ms)" }],
        "fleet": { "instances": 10, "start_order": order },
        "pool": { "max_size": 30, "min_idle": 30, "growth": "background", "open_backoff": "1h", "open_backoff_cap": "1h" },
        "database": { "max_connections": 200, "reserved": 3 },
        "timeline": [{ "at": "2s", "change": "resize_pool", "max_size": 1 }],
    });
    // A pool of one closes all that it has; one where none is being opened keeps one.
    let log = watch(document, 10.0);
    let closed = |n| log.0.iter().filter(|(_, at, fact, _)| *at == n && matches!(fact, Fact::Closed { .. })).count();
    (0..10).map(closed).collect()
}

#[test]
fn the_order_of_the_start_says_who_is_full() {
    let in_turn = at_the_start("in_turn");
    assert_eq!(in_turn[..6], [29; 6], "six are full");
    assert_eq!(in_turn[6..], [17, 0, 0, 0], "one has seventeen, three have none");
    let together = at_the_start("together");
    assert_eq!(together, [20, 20, 20, 20, 20, 20, 20, 19, 19, 19]);
    let mut shuffled = at_the_start("shuffled");
    shuffled.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(shuffled, in_turn, "the same numbers in another order");
}

/// A health check that takes a connection of a full pool fails, and its instance is ejected; one that does not wait is answered.
#[test]
fn a_full_pool_fails_its_health_checks() {
    let document = |hold: &str| {
        json!({
            "duration": "1m",
            "traffic": { "rate": "40/s" },
            "query": [{ "hold": hold }],
            "fleet": {
                "instances": 4,
                "routing": "round_robin",
                "probes": { "every": "1s", "timeout": "200ms", "failures": 2, "hold": "1ms" },
            },
            "pool": { "max_size": 2, "acquire_timeout": "5s" },
        })
    };
    let full = watch(document("deterministic(2s)"), 30.0);
    assert!(full.count(|fact| fact == Fact::Probed { ok: false }) > 10);
    assert!(full.range(|l| l.instances).0 < 4, "ejected");
    let idle = watch(document("deterministic(10ms)"), 30.0);
    assert_eq!(idle.count(|fact| fact == Fact::Probed { ok: false }), 0);
    assert_eq!(idle.range(|l| l.instances), (4, 4));
}

/// Serverless: as many instances as requests at once, each with a connection that it keeps until it is gone.
#[test]
fn serverless_instances_hold_connections_that_do_nothing() {
    let document = serde_json::json!({
        "duration": "60s",
        "traffic": { "batch": { "size": 12, "every": "10m", "at": "1s" } },
        "query": [{ "hold": "deterministic(100ms)" }],
        "fleet": { "instances": 1, "elastic": { "most": 30, "idle": "20s", "start": "deterministic(200ms)" } },
        "pool": { "max_size": 2, "min_idle": 1 },
        "database": { "max_connections": 100 },
    });
    let model = poolwise::scenario::Scenario::read(document).and_then(|s| s.check()).unwrap();
    let options = poolwise::experiment::Options { replications: Some(1), ..Default::default() };
    let report = poolwise::experiment::simulate(&model, &options).unwrap();
    let (fleet, database) = (report.fleet.unwrap(), report.database.unwrap());
    assert_eq!(fleet.most_instances.unwrap().mean, 12.0);
    assert_eq!(database.most_connections.unwrap().mean, 12.0);
    assert_eq!(report.impact.failed_requests.unwrap().mean, 0.0);
    // Each is there for twenty seconds and a little more.
    let connections = database.connections.unwrap().mean * 60.0;
    assert!((12.0 * 20.0..12.0 * 22.0).contains(&connections), "{connections} connection-seconds");
}

/// Requests that wait for a connection keep no processor of the application busy: an autoscaler that looks at processors takes
/// instances away from a queue, one that looks at the queue adds some.
#[test]
fn an_autoscaler_of_processors_does_not_see_a_queue() {
    for seed in 1..=3 {
        let instances = |signal: &str, target: &str| {
            let document = serde_json::json!({
                "duration": "10m",
                "traffic": { "rate": "60/s" },
                "query": [{ "work": "deterministic(95ms)", "app": "deterministic(5ms)" }],
                "fleet": { "instances": 4, "autoscale": {
                    "signal": signal, "target": target, "least": 2, "most": 12, "delay": "10s", "scale_in_after": "30s" } },
                "pool": { "max_size": 1, "acquire_timeout": "1s" },
            });
            let model = poolwise::scenario::Scenario::read(document).and_then(|s| s.check()).unwrap();
            let options =
                poolwise::experiment::Options { seed: Some(seed), replications: Some(1), ..Default::default() };
            let report = poolwise::experiment::simulate(&model, &options).unwrap();
            (report.fleet.unwrap().instances.unwrap().mean, report.impact.failed_requests.unwrap().mean)
        };
        let (by_cpu, failed) = instances("cpu", "60%");
        assert!(by_cpu < 3.0 && failed > 0.5, "seed {seed}: {by_cpu} {failed}");
        let (by_queue, served) = instances("pending", "2");
        assert!(by_queue > 5.0 && served < failed / 2.0, "seed {seed}: {by_queue} {served}");
    }
}

/// Which instances are out, and how many requests joined a queue of one that is.
#[derive(Default)]
struct Out {
    out: std::collections::BTreeSet<u32>,
    ejected: u32,
    joined: u32,
}

impl engine::Observer for Out {
    fn on(&mut self, _: SimTime, instance: u32, fact: engine::Fact, _: &engine::Levels) {
        match fact {
            engine::Fact::Leaves => self.ejected += u32::from(self.out.insert(instance)),
            engine::Fact::Serves => drop(self.out.remove(&instance)),
            engine::Fact::Queued => self.joined += u32::from(self.out.contains(&instance)),
            _ => {}
        }
    }
}

/// Whoever is ejected gets no more requests until it is back: what waits there came before.
#[test]
fn an_ejected_instance_gets_no_requests() {
    let document = serde_json::json!({
        "duration": "60s",
        "traffic": { "rate": "200/s" },
        "query": [{ "hold": "deterministic(50ms)" }],
        "fleet": { "instances": 4, "probes": { "every": "1s", "timeout": "100ms", "failures": 2 } },
        "pool": { "max_size": 4, "acquire_timeout": "1s" },
        "timeline": [
            { "at": "10s", "change": "slow_query", "factor": 10, "over": "20s" },
            { "at": "40s", "change": "slow_query", "factor": 1 },
        ],
    });
    let model = poolwise::scenario::Scenario::read(document).and_then(|s| s.check()).unwrap();
    let mut seen = Out::default();
    let until = SimTime::ZERO + poolwise::units::Span::parse("60s").unwrap();
    engine::run(&model, poolwise::random::Streams::new(1, 0), until, &mut seen);
    assert!(seen.ejected >= 4 && seen.joined == 0, "{} ejected, {} joined", seen.ejected, seen.joined);
}

/// How many instances hold a connection, and how many serve, whenever either changes: once per moment, after all that happens then.
fn exist(log: &Log, instances: u32, each: u32) -> Vec<(f64, usize, u32)> {
    assert_eq!(log.0[0].3.total, instances * each, "all have all that they may have, which nobody is told");
    let mut held: BTreeMap<u32, u32> = (0..instances).map(|n| (n, each)).collect();
    let mut steps: Vec<(f64, usize, u32)> = vec![(0.0, instances as usize, instances)];
    for (at, instance, fact, levels) in &log.0 {
        match fact {
            Fact::Opened => *held.entry(*instance).or_default() += 1,
            Fact::Closed { .. } => *held.get_mut(instance).unwrap() -= 1,
            _ => {}
        }
        assert_eq!(held.values().sum::<u32>(), levels.total);
        let step = (*at, held.values().filter(|held| **held > 0).count(), levels.instances);
        if steps.last().is_some_and(|last| last.0 == *at) {
            steps.pop();
        }
        if steps.last().is_none_or(|last| (last.1, last.2) != (step.1, step.2)) {
            steps.push(step);
        }
    }
    steps
}

/// Eight instances are deployed from the tenth second on, each step as soon as it may be. A new one takes two seconds; each old one
/// has a request of `hold`, and may finish it for three. The database lets in no more connections than the surge needs.
fn surge(surge: &str, hold: &str, slots: u32) -> Vec<(f64, usize, u32)> {
    let document = json!({
        "duration": "2m",
        "traffic": { "trace": { "at": vec!["9s"; 8] } },
        "query": [{ "hold": hold }],
        "fleet": { "instances": 8, "routing": "round_robin" },
        "pool": { "max_size": 10, "min_idle": 10 },
        "database": { "max_connections": slots, "reserved": 0 },
        "timeline": [{ "at": "10s", "change": "deploy", "surge": surge, "start": "2s", "drain": "3s" }],
    });
    let log = watch(document, 100.0);
    assert_eq!(log.count(|fact| matches!(fact, Fact::ConnectRefused { .. })), 0, "{surge}: there is room for all");
    exist(&log, 8, 10)
}

#[test]
fn instances_of_a_deploy_are_counted_while_they_drain() {
    // Requests last longer than the drain: two beside the eight at all times, four times for five seconds.
    assert_eq!(surge("1.25", "deterministic(90s)", 100), [(0.0, 8, 8), (10.0, 10, 8), (30.0, 8, 8)]);
    assert_eq!(surge("2", "deterministic(90s)", 160), [(0.0, 8, 8), (10.0, 16, 8), (15.0, 8, 8)]);
    // In place the old one drains, then the new one starts; there are always eight, of which seven or eight serve.
    let in_place = surge("1", "deterministic(90s)", 80);
    assert!(in_place.iter().all(|step| step.1 == 8), "{in_place:?}");
    assert_eq!(in_place[1..], [(10.0, 8, 7), (50.0, 8, 8)]);
}

#[test]
fn who_has_nothing_to_finish_is_gone_at_once() {
    let each = |steps: &[(f64, usize, u32)]| -> Vec<(f64, usize, u32)> { steps[1..5].to_vec() };
    // Requests are over before anything happens: the old ones end as the new ones serve, and the next ones wait for the drain all the
    // same.
    let rolling = surge("1.25", "deterministic(100ms)", 100);
    assert_eq!(each(&rolling), [(10.0, 10, 8), (12.0, 8, 8), (15.0, 10, 8), (17.0, 8, 8)]);
    let in_place = surge("1", "deterministic(100ms)", 80);
    assert_eq!(each(&in_place), [(10.0, 7, 7), (13.0, 8, 7), (15.0, 7, 7), (18.0, 8, 7)]);
    // Those of the first two are over one second after the new ones serve, and so are they; those of the others before.
    let some = surge("1.25", "deterministic(4s)", 100);
    assert_eq!(each(&some), [(10.0, 10, 8), (13.0, 8, 8), (15.0, 10, 8), (17.0, 8, 8)]);
}

/// The instance of every request, and who is out, in the order in which it happened: `(request, instance, is 0 out)`.
fn by_request(log: &Log) -> Vec<(u64, u32, bool)> {
    let (mut number, mut out, mut all) = (0, false, Vec::new());
    for (_, instance, fact, _) in &log.0 {
        match fact {
            Fact::Arrived { again: false } => {
                number += 1;
                all.push((number, *instance, out));
            }
            Fact::Leaves => {
                assert_eq!((*instance, out), (0, false), "the first alone is ejected, and once");
                out = true;
            }
            Fact::Serves => {
                assert_eq!((*instance, out), (0, true));
                out = false;
            }
            _ => {}
        }
    }
    all
}

/// Who makes request number `number` of the only source.
fn user(seed: u64, users: u32, number: u64) -> u32 {
    Routing::Sticky { users }.user(Streams::new(seed, 0).number(Purpose::User, [0, number, 0]))
}

#[test]
fn a_user_stays_with_one_instance() {
    for (seed, users) in [(1, 300), (2, 300), (3, 300), (1, 3), (2, 3), (3, 3)] {
        let document = json!({
            "duration": "100s",
            "traffic": { "rate": "200/s" },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "fleet": { "instances": 10, "routing": "sticky", "users": users },
            "pool": { "max_size": 3, "acquire_timeout": "20ms" },
            "client": { "retries": 2 },
        });
        let log = watch_seed(document, 100.0, seed);
        let mut router = Router::new(Routing::Sticky { users }, 10);
        let live = Live::first(10);
        let homes: Vec<u32> = (0..users).map(|user| router.choose(&live, 0, user, |_| 0).unwrap()).collect();
        let requests = by_request(&log);
        for (number, instance, _) in &requests {
            assert_eq!(*instance, homes[user(seed, users, *number) as usize], "request {number}");
        }
        // Users are as busy as each other: an instance gets requests as it has users, within five standard deviations.
        let all = requests.len() as f64;
        for n in 0..10 {
            let share = homes.iter().filter(|home| **home == n).count() as f64 / f64::from(users);
            let came = requests.iter().filter(|(_, instance, _)| *instance == n).count() as f64;
            assert!((came - all * share).abs() <= 5.0 * (all * share * (1.0 - share)).sqrt(), "{n}: {came}, {share}");
        }
        // Also a request that is tried again, at once, comes to its user's instance.
        assert!(log.count(|fact| fact == Fact::Arrived { again: true }) > 100 || users == 300);
        let at = |n: u32, wanted: &dyn Fn(Fact) -> bool| {
            log.0.iter().filter(|(_, instance, fact, _)| *instance == n && wanted(*fact)).count()
        };
        for n in 0..10 {
            let failed = at(n, &|fact| matches!(fact, Fact::Failed { lost: false, .. }));
            assert_eq!(at(n, &|fact| fact == Fact::Arrived { again: true }), failed, "instance {n}");
        }
        let reached: BTreeSet<u32> =
            log.0.iter().filter(|(.., fact, _)| matches!(fact, Fact::Arrived { .. })).map(|(_, n, ..)| *n).collect();
        assert_eq!(reached, homes.iter().copied().collect());
    }
}

/// One of five instances is slow for so long that its health checks fail, and is out until its requests are over.
fn one_is_out(routing: Value, seed: u64) -> Log {
    let mut document = json!({
        "duration": "5m",
        "traffic": { "rate": "200/s" },
        "query": [{ "hold": "deterministic(10ms)" }],
        "fleet": {
            "instances": 5,
            "probes": { "every": "1s", "timeout": "100ms", "failures": 2, "successes": 2, "hold": "1ms" },
        },
        "pool": { "max_size": 4, "acquire_timeout": "1s" },
        "timeline": [
            { "at": "100s", "change": "slow_query", "factor": 10000, "over": "1h" },
            { "at": "150s", "change": "slow_query", "factor": 1 },
        ],
    });
    for (key, value) in routing.as_object().unwrap() {
        document["fleet"][key] = value.clone();
    }
    watch_seed(document, 300.0, seed)
}

#[test]
fn the_others_share_what_an_ejected_instance_got() {
    for seed in 1..=3 {
        let log = one_is_out(json!({ "routing": "random" }), seed);
        let when = |wanted: Fact| log.0.iter().find(|(.., fact, _)| *fact == wanted).unwrap().0;
        let (leaves, serves) = (when(Fact::Leaves), when(Fact::Serves));
        assert!((101.0..104.0).contains(&leaves) && (200.0..204.0).contains(&serves), "{leaves} {serves}");
        assert_eq!(by_request(&log).iter().filter(|(_, instance, out)| *out && *instance == 0).count(), 0);
        let came = |n: u32, from: f64, to: f64| {
            let here = |(at, instance, fact, _): &&(f64, u32, Fact, Levels)| {
                *instance == n && matches!(fact, Fact::Arrived { .. }) && (from..to).contains(at)
            };
            (log.0.iter().filter(here).count() as f64, to - from)
        };
        // Forty requests a second for each of five, fifty for each of four: five standard deviations.
        let near = |(count, seconds): (f64, f64), rate: f64| {
            assert!(
                (count - rate * seconds).abs() < 5.0 * (rate * seconds).sqrt(),
                "{count} in {seconds} s of {rate}/s"
            );
        };
        for n in 1..5 {
            near(came(n, 0.0, leaves), 40.0);
            near(came(n, leaves, serves), 50.0);
            near(came(n, serves, 300.0), 40.0);
        }
        near(came(0, serves, 300.0), 40.0);
    }
}

#[test]
fn only_the_users_of_an_ejected_instance_move_and_they_come_back() {
    for seed in 1..=3 {
        let users = 500;
        let log = one_is_out(json!({ "routing": "sticky", "users": users }), seed);
        // Where each user was before, meanwhile and afterwards.
        let mut homes = [(); 3].map(|()| BTreeMap::<u32, BTreeSet<u32>>::new());
        let mut phase = 0;
        for (number, instance, out) in by_request(&log) {
            phase = phase.max(if out { 1 } else { 2 * usize::from(phase > 0) });
            homes[phase].entry(user(seed, users, number)).or_default().insert(instance);
        }
        let [before, meanwhile, after] = homes;
        assert_eq!(before.len(), users as usize);
        assert!(before.values().all(|instances| instances.len() == 1));
        assert_eq!(before, after);
        let mut taken = BTreeSet::new();
        for (user, instances) in &meanwhile {
            assert_eq!(instances.len(), 1, "user {user}");
            if before[user] == BTreeSet::from([0]) {
                taken.extend(instances);
            } else {
                assert_eq!(*instances, before[user], "user {user} has no reason to move");
            }
        }
        assert_eq!(taken, BTreeSet::from([1, 2, 3, 4]), "they spread over all others");
    }
}

impl Log {
    /// When which instance told facts of a kind.
    fn when(&self, of: impl Fn(Fact) -> bool) -> Vec<(f64, u32)> {
        self.0.iter().filter(|(.., fact, _)| of(*fact)).map(|(at, instance, ..)| (*at, *instance)).collect()
    }
}

/// An autoscaler looks every fifteen seconds, what it adds serves after the delay, and what it removes may finish for thirty seconds.
#[test]
fn autoscaled_instances_come_after_their_delay_and_finish_before_they_go() {
    let scaled = |hold: &str, later: &str| {
        let mut at = vec!["1s"; 6];
        at.extend([later; 5]);
        let document = json!({
            "duration": "5m",
            "traffic": { "trace": { "at": at } },
            "query": [{ "hold": hold }],
            "fleet": { "instances": 1, "routing": "round_robin", "autoscale": {
                "signal": "pending", "target": 1, "least": 1, "most": 10, "every": "15s", "delay": "20s",
                "scale_in_after": "60s" } },
            "pool": { "max_size": 1, "acquire_timeout": "none" },
        });
        watch(document, 290.0)
    };
    let first = |all: Vec<(f64, u32)>| all.first().copied();
    let of_last =
        |all: Vec<(f64, u32)>| -> Vec<f64> { all.iter().filter(|(_, n)| *n == 4).map(|(at, _)| *at).collect() };
    let (served, cut) = (|fact| matches!(fact, Fact::Served { .. }), |fact| matches!(fact, Fact::Cut { .. }));
    let closed = |fact| matches!(fact, Fact::Closed { .. });
    // Five wait at fifteen seconds: five instances are wanted, and no longer so at thirty. The fifth gets a request at 85 s, leaves at
    // 90 s, the first look after a minute from when it was wanted last, and is done at 105 s.
    let log = scaled("deterministic(20s)", "85s");
    assert_eq!(log.when(|fact| fact == Fact::Opened)[..4], [(15.0, 1), (15.0, 2), (15.0, 3), (15.0, 4)]);
    assert_eq!(log.when(|fact| fact == Fact::Serves)[..4], [(35.0, 1), (35.0, 2), (35.0, 3), (35.0, 4)]);
    assert_eq!(first(log.when(|fact| fact == Fact::Leaves)), Some((90.0, 4)));
    assert_eq!((of_last(log.when(served)), of_last(log.when(closed))), (vec![105.0], vec![105.0]));
    assert_eq!(log.count(cut), 0);
    // With longer requests five are wanted until thirty seconds; one of a hundred seconds is not over thirty after the fifth leaves.
    let log = scaled("deterministic(40s)", "100s");
    assert_eq!(first(log.when(|fact| fact == Fact::Leaves)), Some((105.0, 4)));
    // Its pool opens no other connection for the one that was cut off.
    assert_eq!((of_last(log.when(cut)), of_last(log.when(closed))), (vec![135.0], vec![135.0]));
}

/// Serverless: a request waits for a cold start where nobody has room, the first with room serves it, and who is idle goes.
#[test]
fn serverless_instances_come_for_a_request_and_go_when_idle() {
    let serverless = |concurrency: u32, most: u32| {
        let document = json!({
            "duration": "2m",
            "traffic": { "trace": { "at": ["1s", "1s", "1s", "10s"] } },
            "query": [{ "hold": "deterministic(100ms)" }],
            "fleet": { "instances": 1, "elastic": {
                "most": most, "concurrency": concurrency, "idle": "20s", "start": "deterministic(200ms)" } },
            "pool": { "max_size": 4 },
        });
        watch(document, 100.0)
    };
    let log = serverless(1, 10);
    assert_eq!(log.when(|fact| matches!(fact, Fact::Arrived { .. })), [(1.0, 0), (1.2, 1), (1.2, 2), (10.0, 0)]);
    assert_eq!(log.when(|fact| fact == Fact::Serves), [(1.2, 1), (1.2, 2)]);
    assert_eq!(log.when(|fact| fact == Fact::Leaves), [(21.3, 1), (21.3, 2), (30.1, 0)]);
    let log = serverless(2, 10);
    assert_eq!(log.when(|fact| matches!(fact, Fact::Arrived { .. })), [(1.0, 0), (1.0, 0), (1.2, 1), (10.0, 0)]);
    let log = serverless(1, 2);
    assert_eq!(log.when(|fact| fact == Fact::Unserved).len(), 1, "no more than the most");
}

/// A health check that restarts: the instance and its connections are gone, and another serves in its place after its time.
#[test]
fn an_instance_that_fails_its_checks_is_restarted() {
    let document = json!({
        "duration": "1m",
        "traffic": { "trace": { "at": ["10s", "10s", "17s"] } },
        "query": [{ "hold": "deterministic(40s)" }],
        "fleet": { "instances": 2, "routing": "round_robin", "probes": {
            "every": "1s", "timeout": "200ms", "failures": 3, "action": "restart", "restart_takes": "5s", "hold": "1ms" } },
        "pool": { "max_size": 1 },
    });
    let log = watch(document, 40.0);
    let (leaves, serves) = (log.when(|fact| fact == Fact::Leaves), log.when(|fact| fact == Fact::Serves));
    let gone: Vec<u32> = leaves.iter().map(|(_, n)| *n).take(2).collect();
    assert_eq!(BTreeSet::from_iter(gone), BTreeSet::from([0, 1]));
    for ((left, old), (came, _)) in leaves.iter().zip(&serves).take(2) {
        assert!((12.2..13.2).contains(left), "its third check fails, {left}");
        assert!((came - left - 5.0).abs() < 1e-6, "{leaves:?} {serves:?}");
        let ends = log.when(|fact| matches!(fact, Fact::Cut { .. } | Fact::Closed { .. }));
        assert!(ends.contains(&(*left, *old)) && ends.iter().filter(|(_, n)| n == old).all(|(at, _)| at == left));
    }
    // What comes meanwhile finds nobody.
    assert_eq!(log.when(|fact| fact == Fact::Unserved).len(), 1);
}
