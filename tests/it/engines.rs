//! The two engines against each other, and what is conserved.

use crate::{corpus, corpus_names, model};
use poolwise::engine::{self, Fact, Levels, Observer, recursion};
use poolwise::experiment;
use poolwise::random::Streams;
use poolwise::record::{Recorder, Window};
use poolwise::scenario::Model;
use poolwise::units::{SimTime, Span};

fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + Span::from_seconds(seconds)
}

/// Every attempt that came is served, failed for its client, or is still there at the end; every connection that went out came
/// back, leaked, or is still out. Little's law holds for any run: the time spent waiting is the sum of the waits.
#[derive(Default)]
struct Ledger {
    came: u64,
    again: u64,
    granted: u64,
    back: u64,
    leaked: u64,
    gone: u64,
    answered: u64,
    failed: u64,
    lost: u64,
    last: Levels,
    now: SimTime,
    waited: u128,
    held: u128,
    pending: u128,
    active: u128,
}

impl Observer for Ledger {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        assert!(now >= self.now, "time goes on");
        let nanos = u128::from((now - self.now).nanos());
        self.pending += nanos * u128::from(self.last.pending);
        self.active += nanos * u128::from(self.last.active - self.last.leaked);
        self.now = now;
        self.last = *levels;
        assert!(levels.active <= levels.total && levels.leaked <= levels.active, "{levels:?}");
        match fact {
            Fact::Arrived { again } => {
                self.came += 1;
                self.again += u64::from(again);
            }
            Fact::Granted { wait } => {
                self.granted += 1;
                self.waited += u128::from(wait.nanos());
            }
            Fact::TimedOut { wait } | Fact::Refused { wait } => {
                self.gone += 1;
                self.waited += u128::from(wait.nanos());
            }
            Fact::Rejected | Fact::Broken => self.gone += 1,
            Fact::Served { wanted, .. } => self.answered += u64::from(wanted),
            Fact::Failed { lost, .. } => {
                self.failed += 1;
                self.lost += u64::from(lost);
            }
            Fact::Returned { hold } => {
                self.back += 1;
                self.held += u128::from(hold.nanos());
            }
            Fact::Leaked { hold } => {
                self.leaked += 1;
                self.held += u128::from(hold.nanos());
            }
            _ => {}
        }
    }
}

impl Ledger {
    /// Of a run whose last moments bring nothing new.
    fn balances(&self, name: &str) {
        assert!(self.came > 100, "{name}: {} attempts", self.came);
        assert!(self.answered + self.failed <= self.came, "{name}: each attempt ends once for its client");
        assert_eq!(
            self.granted - self.back - self.leaked,
            u64::from(self.last.active - self.last.leaked),
            "{name}: connections"
        );
        assert!(self.again <= self.failed - self.lost, "{name}: only what failed is tried again");
    }
}

#[test]
fn requests_and_connections_are_conserved_in_the_corpus() {
    for name in corpus_names() {
        let mut ledger = Ledger::default();
        engine::run(&corpus(&name), Streams::new(1, 0), at(3600.0), &mut ledger);
        ledger.balances(&name);
    }
}

/// Waits by (source, number) of the event engine, from its facts alone.
#[derive(Default)]
struct Waits(Vec<(u64, u64, bool)>);

impl Observer for Waits {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Granted { wait } => self.0.push((now.nanos() - wait.nanos(), wait.nanos(), true)),
            Fact::TimedOut { wait } => self.0.push((now.nanos() - wait.nanos(), wait.nanos(), false)),
            _ => {}
        }
    }
}

pub fn both(model: &Model, seed: u64, until: SimTime) -> usize {
    assert!(recursion::applies(model));
    let mut events = Waits::default();
    engine::run_general(model, Streams::new(seed, 0), until, &mut events);
    let mut passages = Vec::new();
    recursion::run(model, Streams::new(seed, 0), until, |p| {
        if p.asked + p.wait <= until {
            passages.push((p.asked.nanos(), p.wait.nanos(), !p.gave_up));
        }
    });
    // Both in order of arrival; the event engine tells a wait when it ends.
    events.0.sort_unstable();
    passages.sort_unstable();
    assert_eq!(events.0, passages, "seed {seed}");
    // And everything that is measured of them, from a window within the run.
    let window = Window { from: SimTime::from_nanos(until.nanos() / 3), until, series: false };
    let mut recorder = Recorder::new(window, model);
    engine::run_general(model, Streams::new(seed, 0), until, &mut recorder);
    let by_events = recorder.finish();
    let mut recorder = Recorder::new(window, model);
    recursion::run_sizes(model, &[(model.max_size(), until)], Streams::new(seed, 0), |_, all| recorder.pass(all));
    assert_eq!(by_events, recorder.finish_passages(), "seed {seed}");
    sizes_together(model, seed, until);
    passages.len()
}

/// Several sizes that are fed one stream of requests, each up to an end of its own, see what each sees alone.
fn sizes_together(model: &Model, seed: u64, until: SimTime) {
    let size = model.max_size();
    let sizes = [(size, until), (size + 1, SimTime::from_nanos(until.nanos() / 2)), (size + 3, until)];
    let mut together = [Vec::new(), Vec::new(), Vec::new()];
    recursion::run_sizes(model, &sizes, Streams::new(seed, 0), |place, all| together[place].extend(all.iter()));
    let mut alone = Vec::new();
    recursion::run(model, Streams::new(seed, 0), until, |passage| alone.push(passage));
    assert_eq!(together[0], alone, "seed {seed}");
    let waited = |place: usize| together[place].iter().map(|p| u128::from(p.wait.nanos())).sum::<u128>();
    assert!(waited(2) <= waited(0) && together[1].iter().all(|p| p.asked <= sizes[1].1), "seed {seed}");
    assert_eq!(together[1].len(), alone.iter().filter(|p| p.asked <= sizes[1].1).count(), "seed {seed}");
}

#[test]
fn the_recursion_gives_the_same_waits_bit_for_bit() {
    for (seed, hold) in [(1, "exponential(mean=20ms)"), (2, "lognormal(mean=20ms, cv=3)"), (3, "deterministic(20ms)")] {
        for timeout in ["none", "50ms"] {
            for instances in ["1", "3"] {
                let keys = [
                    ("traffic.rate", "1500/s"),
                    ("query.0.hold", hold),
                    ("fleet.instances", instances),
                    ("pool.max_size", if instances == "1" { "31" } else { "11" }),
                    ("pool.acquire_timeout", timeout),
                ];
                assert!(both(&model(&keys), seed, at(40.0)) > 40_000);
            }
        }
    }
}

/// Where both apply, an experiment says the same with either.
#[test]
fn an_experiment_may_use_either() {
    let keys = [("traffic.rate", "800/s"), ("query.0.hold", "exponential(mean=20ms)"), ("pool.max_size", "20")];
    let plain = experiment::simulate(&model(&keys), &Default::default()).unwrap();
    // A queue limit that is never reached forces the event engine.
    let limited = [keys[0], keys[1], keys[2], ("pool.max_waiters", "4000000000")];
    assert!(!recursion::applies(&model(&limited)));
    let events = experiment::simulate(&model(&limited), &Default::default()).unwrap();
    assert_eq!(plain.wait, events.wait);
    assert_eq!(plain.response, events.response);
    assert_eq!((plain.utilisation, plain.pending), (events.utilisation, events.pending));
}

/// All facts, in order.
#[derive(Default)]
struct Log(Vec<(SimTime, u32, Fact, Levels)>);

impl Observer for Log {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        self.0.push((now, instance, fact, *levels));
    }
}

/// The loop for plain models tells what the general loop tells, fact by fact: with timeouts, limits, leaks and several instances.
#[test]
fn the_plain_loop_tells_the_same_facts() {
    let timeouts = ["none", "60ms", "0s"];
    let limits = ["none", "0", "5"];
    for (seed, timeout) in (1..).zip(timeouts) {
        for limit in limits {
            for (instances, leak) in [("1", "0%"), ("3", "1%")] {
                let model = model(&[
                    ("duration", "20s"),
                    ("traffic.rate", "900/s"),
                    ("query.0.hold", "lognormal(mean=20ms, cv=1)"),
                    ("query.0.leak", leak),
                    ("fleet.instances", instances),
                    ("pool.max_size", if instances == "1" { "19" } else { "7" }),
                    ("pool.acquire_timeout", timeout),
                    ("pool.max_waiters", limit),
                ]);
                let (mut plain, mut general) = (Log::default(), Log::default());
                engine::run(&model, Streams::new(seed, 0), at(20.0), &mut plain);
                engine::run_general(&model, Streams::new(seed, 0), at(20.0), &mut general);
                let differs = plain.0.iter().zip(&general.0).position(|(a, b)| a != b);
                if let Some(n) = differs {
                    panic!("{timeout} {limit} {instances}: fact {n}: {:?} for {:?}", plain.0[n], general.0[n]);
                }
                assert_eq!(plain.0.len(), general.0.len(), "{timeout} {limit} {instances}");
                assert!(plain.0.len() > 40_000);
            }
        }
    }
}
