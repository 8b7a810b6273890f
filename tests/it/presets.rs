//! Each preset is a scenario that can run, and differs from its neighbours in what its pool is known for: shown on a few requests
//! whose moments are written down, so that every number can be followed by hand.

use poolwise::catalogue::FIELDS;
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::pool::Closed;
use poolwise::pool::presets::{PRESETS, preset};
use poolwise::problem::Problems;
use poolwise::random::Streams;
use poolwise::scenario::{Model, Scenario, set};
use poolwise::units::{SimTime, Span};
use serde_json::json;
use std::collections::BTreeSet;

const CONNECT: (&str, &str) = ("database.connect", "deterministic(100ms)");

/// When a request comes, and how long it holds its connection.
type Request = (&'static str, &'static str);

/// `count` requests at the same moment.
fn together(count: usize, at: &'static str, hold: &'static str) -> Vec<Request> {
    vec![(at, hold); count]
}

fn read(name: &str, keys: &[(&str, &str)], requests: &[Request]) -> Result<Model, Problems> {
    let (at, hold): (Vec<_>, Vec<_>) = requests.iter().copied().unzip();
    let mut document = json!({
        "traffic": { "trace": { "at": at, "hold": hold } },
        "query": [{ "hold": "deterministic(1s)" }],
        "pool": { "preset": name },
        "duration": "1d",
    });
    for (path, value) in keys {
        set(&mut document, path, value)?;
    }
    Scenario::read(document)?.check()
}

/// The preset of a pool, whatever its version.
fn named(pool: &str) -> &'static str {
    PRESETS.iter().find(|p| p.name.split('-').next() == Some(pool)).unwrap_or_else(|| panic!("{pool}")).name
}

/// What happened, with moments in microseconds.
#[derive(Default)]
struct Log(Vec<(u64, Fact, Levels)>);

impl Observer for Log {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        self.0.push((now.nanos() / 1000, fact, *levels));
    }
}

/// The pool under these requests for a day.
fn watch(pool: &str, keys: &[(&str, &str)], requests: &[Request]) -> Log {
    watch_with(pool, keys, requests, 1)
}

fn watch_with(pool: &str, keys: &[(&str, &str)], requests: &[Request], seed: u64) -> Log {
    let model = read(named(pool), keys, requests).unwrap_or_else(|e| panic!("{pool}: {e}"));
    let mut log = Log::default();
    let until = SimTime::ZERO + Span::parse("1d").unwrap();
    engine::run(&model, Streams::new(seed, 0), until, &mut log);
    log
}

impl Log {
    fn pick<T>(&self, of: impl Fn(u64, Fact) -> Option<T>) -> Vec<T> {
        self.0.iter().filter_map(|(now, fact, _)| of(*now, *fact)).collect()
    }

    /// When each request that got a connection had asked, and how long it waited, in the order of getting one.
    fn granted(&self) -> Vec<(u64, u64)> {
        self.pick(|now, fact| match fact {
            Fact::Granted { wait } => Some((now - wait.nanos() / 1000, wait.nanos() / 1000)),
            _ => None,
        })
    }

    fn waits(&self) -> Vec<u64> {
        self.granted().into_iter().map(|(_, wait)| wait).collect()
    }

    /// How long each waited that gave up.
    fn gave_up(&self) -> Vec<u64> {
        self.pick(|_, fact| if let Fact::TimedOut { wait } = fact { Some(wait.nanos() / 1000) } else { None })
    }

    fn opened(&self) -> Vec<u64> {
        self.pick(|now, fact| (fact == Fact::Opened).then_some(now))
    }

    fn failed_to_open(&self) -> Vec<u64> {
        self.pick(|now, fact| (fact == Fact::OpenFailed).then_some(now))
    }

    /// When connections were closed for this reason.
    fn closed(&self, why: Closed) -> Vec<u64> {
        self.pick(|now, fact| (fact == Fact::Closed { reason: why }).then_some(now))
    }

    fn most_open(&self) -> u32 {
        self.0.iter().map(|(.., levels)| levels.total).max().unwrap_or(0)
    }

    fn open_at_start(&self) -> u32 {
        self.0.first().map_or(0, |(.., levels)| levels.total)
    }

    fn open_at_end(&self) -> u32 {
        self.0.last().map_or(0, |(.., levels)| levels.total)
    }
}

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;

#[test]
fn every_preset_can_run() {
    for preset in PRESETS {
        for connect in ["none", "exponential(mean=50ms)"] {
            let keys = [("database.connect", connect)];
            let model = read(preset.name, &keys, &together(30, "1s", "10ms")).unwrap_or_else(|e| panic!("{e}"));
            assert!(model.cautions().problems.is_empty(), "{}: {}", preset.name, model.cautions());
            let written = preset.settings.iter().find(|s| s.key == "max_size").unwrap().value;
            assert_eq!(model.max_size().to_string(), written, "{}", preset.name);
            let served = watch(preset.name.split('-').next().unwrap(), &keys, &together(30, "1s", "10ms"));
            assert_eq!(served.granted().len(), 30, "{} with connect = {connect}", preset.name);
        }
    }
}

#[test]
fn every_setting_is_a_key_of_the_pool_and_said_once() {
    let known: BTreeSet<_> = FIELDS.iter().filter_map(|f| f.path.strip_prefix("pool.")).collect();
    for preset in PRESETS {
        let keys: BTreeSet<_> = preset.settings.iter().map(|s| s.key).collect();
        assert!(keys.is_subset(&known), "{}: {:?}", preset.name, keys.difference(&known));
        assert_eq!(keys.len(), preset.settings.len(), "{}", preset.name);
        assert!(preset.settings.iter().all(|s| !s.source.is_empty()), "{}", preset.name);
    }
}

/// What is written wins; a smaller pool keeps open what fits in it and says so; one that keeps all open keeps all open.
#[test]
fn a_written_size_takes_the_least_with_it() {
    let size = |n| [("pool.max_size", n)];
    let calm = [("1s", "1ms")];
    for (pool, smaller, least) in [("tomcat_jdbc", "2", "10"), ("psycopg_pool", "2", "4")] {
        let model = read(named(pool), &size(smaller), &calm).unwrap();
        let said = model.cautions().to_string();
        assert!(said.contains("pool.max_size") && said.contains(least), "{pool}: {said}");
        let log = watch(pool, &size(smaller), &calm);
        assert_eq!((log.open_at_start(), log.most_open()), (2, 2), "{pool}");
    }
    for (pool, larger, open) in
        [("tomcat_jdbc", "50", 10), ("psycopg_pool", "9", 4), ("hikaricp", "17", 17), ("r2d2", "3", 3)]
    {
        assert!(read(named(pool), &size(larger), &calm).unwrap().cautions().problems.is_empty(), "{pool}");
        assert_eq!(watch(pool, &size(larger), &calm).open_at_start(), open, "{pool}");
    }
    // Written by the user, it is still a mistake.
    let keys = [("pool.max_size", "2"), ("pool.min_idle", "4")];
    assert!(read(named("tomcat_jdbc"), &keys, &calm).unwrap_err().to_string().contains("pool.min_idle"));
}

/// One connection that comes back after 1 s, two who wait for it, and a newcomer 10 µs after its return: before the first waiter, who
/// needs 20 µs to wake up, or after. Who is granted in which order, by when they asked.
fn overtaken(pool: &str) -> Vec<u64> {
    let requests = [("0s", "1s"), ("500ms", "1s"), ("600ms", "1s"), ("1000010us", "1s")];
    // The check is switched off: here it would only shift the moments.
    let keys = [("pool.max_size", "1"), ("pool.min_idle", "1"), ("pool.max_idle", "1"), ("pool.validation", "0s")];
    watch(pool, &keys, &requests).granted().into_iter().map(|(asked, _)| asked).collect()
}

#[test]
fn newcomers_overtake_exactly_where_they_may() {
    let pools = || PRESETS.iter().filter_map(|p| p.name.split('-').next());
    // The waiter who was woken in vain queues again, at the end.
    let overtaking: Vec<&str> = pools().filter(|pool| overtaken(pool) == [0, 1_000_010, 600_000, 500_000]).collect();
    assert_eq!(overtaking, ["hikaricp", "bb8", "r2d2", "sqlalchemy", "dbcp2"]);
    for pool in pools().filter(|pool| *pool != "go_sql" && !overtaking.contains(pool)) {
        assert_eq!(overtaken(pool), [0, 500_000, 600_000, 1_000_010], "{pool}");
    }
}

/// Two connections are idle, one for longer; requests come one at a time, 10 s apart, and a check is skipped within 15 s: whoever
/// gets the one that came back last does not wait for a check, whoever gets the other one does.
fn turns(pool: &str) -> bool {
    let requests = [("1s", "1s"), ("1s", "1s"), ("12s", "1ms"), ("22s", "1ms"), ("32s", "1ms"), ("42s", "1ms")];
    let keys = [
        ("pool.max_size", "2"),
        ("pool.min_idle", "2"),
        ("pool.validation", "1ms"),
        ("pool.validation_skip", "15s"),
        ("pool.idle_timeout", "none"),
    ];
    let waits = watch(pool, &keys, &requests).waits();
    assert!(waits[2..].iter().all(|wait| [0, 1000].contains(wait)), "{pool}: {waits:?}");
    waits[3..].contains(&1000)
}

#[test]
fn idle_connections_are_used_in_turn_or_the_last_one_again() {
    let in_turn: Vec<&str> =
        PRESETS.iter().filter_map(|p| p.name.split('-').next()).filter(|pool| turns(pool)).collect();
    assert_eq!(in_turn, ["sqlx", "deadpool", "bb8", "sqlalchemy", "psycopg_pool", "npgsql"]);
}

/// HikariCP: one thread opens, rests 30 ms after each, opens for nobody who was served meanwhile, and gives up at 30 s.
#[test]
fn hikaricp_opens_one_by_one_and_none_in_vain() {
    let few = [CONNECT, ("pool.min_idle", "0")];
    let long = together(4, "0s", "10s");
    assert_eq!(watch("hikaricp", &few, &long).opened(), [100_000, 230_000, 360_000, 490_000]);
    assert_eq!(watch("r2d2", &few, &long).opened(), [100_000, 100_000, 100_000, 200_000], "three threads, no rest");
    // Elision: four who hold for 1 ms are all served by the first connection; openings that begin are for who waits then.
    let short = together(4, "0s", "1ms");
    assert_eq!(watch("hikaricp", &few, &short).opened().len(), 1);
    assert_eq!(watch("tomcat_jdbc", &few, &short).opened().len(), 4, "each opens its own");

    let two = [("0s", "40s"), ("1s", "1s")];
    let one = [("pool.max_size", "1")];
    let log = watch("hikaricp", &one, &two);
    assert_eq!((log.gave_up(), log.granted().len()), (vec![30 * SECOND], 1));
    assert!(watch("dbcp2", &one, &two).gave_up().is_empty());
}

/// pgxpool: whoever waits, waits; with a context that ends, an opening goes on for the next one.
#[test]
fn pgxpool_has_no_acquire_timeout_and_finishes_what_it_began_to_open() {
    let busy = [together(4, "0s", "5m"), vec![("1s", "1s")]].concat();
    let log = watch("pgxpool", &[], &busy);
    assert_eq!((log.gave_up(), log.waits()[4]), (vec![], 299 * SECOND));
    assert_eq!(watch("hikaricp", &[("pool.max_size", "4")], &busy).gave_up(), [30 * SECOND]);

    let slow = [("database.connect", "deterministic(1s)"), ("pool.acquire_timeout", "300ms")];
    let next = [("0s", "500ms"), ("1900ms", "1s")];
    let log = watch("pgxpool", &slow, &next);
    assert_eq!((log.gave_up(), log.opened(), log.granted()), (vec![300_000], vec![SECOND], vec![(1_900_000, 0)]));
    let log = watch("deadpool", &slow, &next);
    assert_eq!((log.gave_up(), log.waits()), (vec![], vec![SECOND, 0]), "its opening is not limited");

    // A ping of a connection that was idle for more than a second.
    let calm = [("0s", "1s"), ("1900ms", "1s"), ("5s", "1s")];
    assert_eq!(watch("pgxpool", &[], &calm).waits(), [0, 0, 1000]);
    assert_eq!(watch("go_sql", &[], &calm).waits(), [0, 0, 0]);
}

/// Go's database/sql: no limit, two idle connections kept whatever the load, waiters served by chance.
#[test]
fn go_closes_what_comes_back_above_two_idle_and_serves_by_chance() {
    let twice = [together(30, "0s", "1s"), together(30, "10s", "1s")].concat();
    let log = watch("go_sql", &[], &twice);
    assert_eq!((log.most_open(), log.waits()), (30, vec![0; 60]), "nobody waits without a limit");
    assert_eq!(log.opened().len(), 30 + 28, "and nearly all are opened again");
    assert_eq!(log.closed(Closed::Surplus).len(), 28 + 28);
    let log = watch("pgxpool", &[("pool.max_size", "30")], &twice);
    assert_eq!((log.opened().len(), log.closed(Closed::Surplus).len()), (30, 0));

    // Twenty wait for one connection: served in order of arrival by fifo, with probability 1 / 20! by chance.
    let one = [("pool.max_size", "1")];
    let queue: Vec<Request> = (0..21).map(|n| [("0ms", "1s"), ("1ms", "1s"), ("2ms", "1s")][n.min(2)]).collect();
    let (mut spread, mut orders) = (Vec::new(), BTreeSet::new());
    for seed in [1, 2, 3] {
        let asked: Vec<u64> = watch_with("go_sql", &one, &queue, seed).granted().iter().map(|g| g.0).collect();
        // The one that asked first, at 1 ms, is overtaken; by how many is uniform from 0 to 19.
        spread.push(asked.iter().position(|at| *at == 1000).unwrap() - 1);
        orders.insert(asked);
    }
    // All three would be first with probability 1 / 8000.
    assert!(spread.iter().any(|n| *n > 0) && orders.len() > 1, "{spread:?}");
    let fair = watch("pgxpool", &one, &queue).granted();
    assert!(fair.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{fair:?}");
}

/// sqlx: one timeout around everything, and a ping before every use.
#[test]
fn sqlx_counts_the_opening_within_its_timeout() {
    let slow = [("database.connect", "deterministic(31s)")];
    let once = [("0s", "1s")];
    let log = watch("sqlx", &slow, &once);
    assert_eq!((log.gave_up(), log.granted().len()), (vec![30 * SECOND], 0));
    assert_eq!(watch("tomcat_jdbc", &[slow[0], ("pool.min_idle", "0")], &once).waits(), [31 * SECOND]);

    let calm = [("0s", "10ms"), ("20ms", "10ms")];
    assert_eq!(watch("sqlx", &[CONNECT], &[("0s", "10ms"), ("120ms", "10ms")]).waits(), [100_000, 1000]);
    assert_eq!(watch("sqlx", &[], &calm).waits(), [0, 1000]);
    assert_eq!(watch("hikaricp", &[], &calm).waits(), [0, 0], "used less than 500 ms ago");
    // Fair: see `overtaken`; in turn: see `turns`.
}

/// deadpool: nothing is ever closed, nobody ever gives up, nothing is checked.
#[test]
fn deadpool_never_closes_and_never_gives_up() {
    let load = [together(9, "0s", "2h"), together(1, "20h", "1s")].concat();
    let log = watch("deadpool", &[], &load);
    assert_eq!((log.most_open(), log.open_at_end(), log.opened().len()), (8, 8, 8));
    assert_eq!((log.gave_up(), log.waits()[8]), (vec![], 7200 * SECOND));
    let neighbour = watch("sqlx", &[("pool.max_size", "8")], &load);
    assert_eq!(neighbour.gave_up(), [30 * SECOND]);
    assert!(neighbour.open_at_end() < 8);
}

/// bb8: opens as many at once as are asked for; its sweep heeds no least number, which is then opened again.
#[test]
fn bb8_opens_at_once_and_refills() {
    let long = together(5, "0s", "10s");
    assert_eq!(watch("bb8", &[CONNECT], &long).opened(), [100_000; 5]);
    assert_eq!(
        watch("psycopg_pool", &[CONNECT, ("pool.max_size", "9"), ("pool.min_idle", "0")], &long).opened()[1],
        200_000
    );

    // Two are kept: after 10 min both go and two others come, which go at the first sweep after 20 min.
    let keys = [CONNECT, ("pool.min_idle", "2")];
    let late = [("25m", "1s")];
    let log = watch("bb8", &keys, &late);
    let again = 20 * MINUTE + 30 * SECOND;
    assert_eq!(log.closed(Closed::Idle)[..4], [10 * MINUTE, 10 * MINUTE, again, again]);
    assert_eq!(log.opened()[..4], [10 * MINUTE, 10 * MINUTE, again, again].map(|at| at + 100_000));
    assert_eq!(watch("hikaricp", &keys, &late).opened()[0], 25 * MINUTE + 100_000, "for the one in use");
}

/// r2d2: three threads open; a connection's age is looked at only while it is idle, at the next sweep.
#[test]
fn r2d2_opens_three_at_a_time_and_does_not_look_at_age_on_return() {
    let few = [CONNECT, ("pool.min_idle", "0")];
    let long = together(5, "0s", "10s");
    assert_eq!(watch("r2d2", &few, &long).opened(), [100_000, 100_000, 100_000, 200_000, 200_000]);
    assert_eq!(watch("bb8", &few, &long).opened(), [100_000; 5]);

    // Its only connection is in use when it becomes too old at 30 min, comes back at 31 min 1 s, and is used again 1 s later.
    let one = [("pool.max_size", "1"), ("pool.idle_timeout", "none")];
    let old = [("1s", "31m"), ("1862s", "1s")];
    let log = watch("r2d2", &one, &old);
    assert_eq!((log.closed(Closed::Lifetime)[0], log.granted()[1]), (31 * MINUTE + 30 * SECOND, (1862 * SECOND, 1000)));
    // There it was opened for the request, who was woken (20 µs) and checked it (1 ms).
    assert_eq!(watch("bb8", &one, &old).closed(Closed::Lifetime)[0], 31 * MINUTE + SECOND + 1020);
}

/// SQLAlchemy: five are kept and ten more come and go.
#[test]
fn sqlalchemy_closes_its_overflow_on_return() {
    let twice = [together(16, "0s", "1s"), together(16, "10s", "1s")].concat();
    let log = watch("sqlalchemy", &[CONNECT], &twice);
    assert_eq!((log.most_open(), log.open_at_end()), (15, 5));
    assert_eq!((log.opened().len(), log.closed(Closed::Surplus).len()), (15 + 10, 20));
    let kept = watch("deadpool", &[CONNECT, ("pool.max_size", "15")], &twice);
    assert_eq!((kept.opened().len(), kept.open_at_end()), (15, 15));
    let log = watch("sqlalchemy", &[], &together(16, "0s", "31s"));
    assert_eq!(log.gave_up(), [30 * SECOND], "the sixteenth gives up");
}

/// psycopg_pool: four, opened before; with a larger limit one more at a time.
#[test]
fn psycopg_pool_keeps_four_and_grows_one_by_one() {
    let load = together(8, "0s", "1s");
    let log = watch("psycopg_pool", &[CONNECT], &load);
    assert_eq!((log.most_open(), log.opened().len(), log.open_at_end()), (4, 0, 4));
    assert_eq!(log.waits(), [0, 0, 0, 0, SECOND, SECOND, SECOND, SECOND]);
    let log = watch("psycopg_pool", &[CONNECT, ("pool.max_size", "8")], &load);
    assert_eq!(log.opened(), [100_000, 200_000, 300_000, 400_000]);
    assert_eq!(log.waits(), [0, 0, 0, 0, 100_000, 200_000, 300_000, 400_000]);
    let neighbour = watch("tomcat_jdbc", &[CONNECT, ("pool.min_idle", "4")], &load);
    assert_eq!(neighbour.opened(), [100_000; 4]);
}

/// node-postgres: waits for ever, and closes what was idle for 10 s.
#[test]
fn node_postgres_waits_for_ever_and_closes_after_ten_seconds() {
    let load = [together(10, "0s", "1h"), vec![("1s", "1s")]].concat();
    let log = watch("pg_pool", &[], &load);
    assert_eq!((log.gave_up(), log.waits()[10]), (vec![], 3599 * SECOND));
    let hour = 3600 * SECOND;
    assert_eq!(log.closed(Closed::Idle), [vec![hour + 10 * SECOND; 9], vec![hour + 11 * SECOND]].concat());
    let neighbour = watch("rails", &[("pool.max_size", "10")], &load);
    assert_eq!((neighbour.gave_up(), neighbour.closed(Closed::Idle)[0]), (vec![5 * SECOND], hour + 5 * MINUTE));
}

/// Npgsql: up to 100, 15 s for wait and opening together; age is looked at when a connection is to be used.
#[test]
fn npgsql_gives_up_after_fifteen_seconds_in_all() {
    let load = [together(100, "0s", "20s"), vec![("1s", "1s")]].concat();
    let log = watch("npgsql", &[], &load);
    assert_eq!((log.most_open(), log.gave_up()), (100, vec![15 * SECOND]));
    assert!(watch("sqlx", &[("pool.max_size", "100")], &load).gave_up().is_empty(), "30 s there");
    // It waits 10 s for a place and gets an opening of 6 s: too much together.
    let slow = [("database.connect", "deterministic(16s)")];
    assert_eq!(watch("npgsql", &slow, &[("0s", "1s")]).gave_up(), [15 * SECOND]);
    assert_eq!(watch("rails", &slow, &[("0s", "1s")]).waits(), [16 * SECOND], "only the wait is limited there");
    let old = [("0s", "70m"), ("4210s", "1s")];
    let log = watch("npgsql", &[CONNECT], &old);
    assert_eq!((log.closed(Closed::Lifetime), log.waits()), (vec![4210 * SECOND], vec![100_000, 100_000]));
    assert!(watch("rails", &[CONNECT], &old).closed(Closed::Lifetime).is_empty());
}

/// Rails: five per process, and 5 s.
#[test]
fn rails_has_five_connections_and_gives_up_after_five_seconds() {
    let load = together(6, "0s", "6s");
    let log = watch("rails", &[], &load);
    assert_eq!((log.most_open(), log.gave_up()), (5, vec![5 * SECOND]));
    let neighbour = watch("sqlalchemy", &[("pool.max_size", "5")], &load);
    assert_eq!((neighbour.gave_up().len(), neighbour.granted().len()), (0, 6));
    // What was idle for 5 min goes at the reaper's next minute.
    assert_eq!(log.closed(Closed::Idle), [6 * MINUTE; 5]);
    assert!(neighbour.closed(Closed::Idle).is_empty());
}

/// Tomcat: ten at the start, up to a hundred, and after a quiet minute ten again.
#[test]
fn tomcat_starts_with_ten_and_goes_back_to_ten() {
    let load = together(30, "0s", "3s");
    let log = watch("tomcat_jdbc", &[CONNECT], &load);
    assert_eq!((log.opened().len(), log.most_open(), log.open_at_end()), (20, 30, 10));
    // Ten came back after 3 s; the other twenty, opened for 100 ms, after 3.1 s. The cleaner comes every 5 s.
    assert_eq!(log.closed(Closed::Idle), [65 * SECOND; 20]);
    let neighbour = watch("dbcp2", &[CONNECT, ("pool.max_size", "100")], &load);
    assert_eq!((neighbour.opened().len(), neighbour.closed(Closed::Surplus).len()), (30, 22), "maxIdle is 8 there");
    assert!(neighbour.closed(Closed::Idle).is_empty());
}

/// DBCP: eight, no timeout, a check at every use, and no more than eight idle whatever the limit.
#[test]
fn dbcp2_checks_every_time_and_waits_for_ever() {
    let load = [together(8, "0s", "10m"), vec![("1s", "1s")]].concat();
    let log = watch("dbcp2", &[], &load);
    // The ninth also needs 20 µs to wake up, and a check.
    assert_eq!((log.most_open(), log.gave_up(), log.waits()[8]), (8, vec![], 599 * SECOND + 1020));
    assert_eq!(watch("tomcat_jdbc", &[("pool.max_size", "8")], &load).gave_up(), [30 * SECOND]);
    let calm = [("0s", "10ms"), ("20ms", "10ms"), ("40ms", "10ms")];
    assert_eq!(watch("dbcp2", &[], &calm).waits(), [0, 1000, 1000]);
    assert_eq!(watch("tomcat_jdbc", &[], &calm).waits(), [0, 0, 0]);
    assert_eq!(log.open_at_end(), 8, "nothing is closed for being idle");
}

/// PgBouncer: one opening at a time, shared by all who wait; 15 s after one that failed; clients are dropped after 120 s.
#[test]
fn pgbouncer_opens_one_at_a_time_and_lets_clients_wait_two_minutes() {
    let long = together(3, "0s", "10s");
    assert_eq!(watch("pgbouncer", &[CONNECT], &long).opened(), [100_000, 200_000, 300_000]);
    assert_eq!(watch("hikaricp", &[CONNECT, ("pool.min_idle", "0")], &long).opened(), [100_000, 230_000, 360_000]);

    let busy = [together(20, "0s", "5m"), vec![("1s", "1s")]].concat();
    assert_eq!(watch("pgbouncer", &[], &busy).gave_up(), [120 * SECOND]);
    assert_eq!(watch("sqlalchemy", &[("pool.max_size", "20")], &busy).gave_up(), [30 * SECOND]);

    let down = [CONNECT, ("database.connect_failure", "100%")];
    let failed = watch("pgbouncer", &down, &[("0s", "1s")]).failed_to_open();
    assert_eq!(failed[..4], [100_000, 15_200_000, 30_300_000, 45_400_000]);
    let failed = watch("hikaricp", &[down[0], down[1], ("pool.min_idle", "0")], &[("0s", "1s")]).failed_to_open();
    assert_eq!(failed[..4], [100_000, 210_000, 330_000, 470_000], "10 ms, 20 ms, 40 ms there");

    // A check only for a server that was not used for 30 s.
    let calm = [("0s", "1s"), ("21s", "1s"), ("60s", "1s")];
    assert_eq!(watch("pgbouncer", &[], &calm).waits(), [0, 0, 1000]);
    assert_eq!(watch("sqlx", &[], &calm).waits(), [0, 1000, 1000]);
}

/// The version belongs to the name; whoever leaves it out is told.
#[test]
fn a_preset_without_its_version_is_not_guessed() {
    let said = read("hikaricp", &[], &[("0s", "1s")]).unwrap_err().to_string();
    assert!(said.contains("did you mean hikaricp-6.0.0?"), "{said}");
    assert!(preset("hikaricp-6.0.0").is_some());
}
