//! What is compared of a run, real or simulated.

use super::costs::Costs;
use super::manifest::Done;
use super::scenario::{AFTER, model};
use crate::reality::predict::{Held, LIKE_IT, Seen, among, exhaustion, recovery};
use crate::reality::replay::{Ended, Watch, waits};
use crate::reality::traces::{End, Product};
use poolwise::engine::{self, Cut, Fact, Levels, Observer};
use poolwise::random::Streams;
use poolwise::units::{SimTime, Span};

/// What came of the attempts of a real run; a nested one asks twice.
fn recorded(run: &Done) -> Watch {
    let mut watch = Watch::default();
    for a in &run.attempts {
        let (asked, wait) = (a.at as f64 / 1e6, a.wait as f64 / 1e6);
        watch.lost += u32::from(a.out == End::Lost);
        if a.out == End::Leaked {
            watch.leaked.push(asked + wait);
        }
        if run.workers.is_none() {
            watch.ended.push(Ended { asked, wait, served: a.out.had_one() });
            continue;
        }
        // It had its first connection if it held anything.
        let first = a.hold > 0;
        watch.ended.push(Ended { asked, wait, served: first });
        if first {
            let wait = a.second as f64 / 1e6;
            watch.ended.push(Ended { asked, wait, served: a.out == End::Served });
        }
    }
    watch
}

/// What came of simulated attempts; behind a pooler it is for one of its servers that they wait.
struct Simulated {
    watch: Watch,
    pooled: bool,
    refused: bool,
}

impl Observer for Simulated {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        match fact {
            Fact::Granted { .. } if self.pooled => {}
            Fact::Linked { wait } => self.watch.on(now, instance, Fact::Granted { wait }, levels),
            // How long it had waited is told next.
            Fact::Cut { why: Cut::QueryWait | Cut::LoginFailed } => self.refused = true,
            Fact::Failed { sojourn, .. } if self.refused => {
                self.refused = false;
                self.watch.on(now, instance, Fact::Refused { wait: sojourn }, levels);
            }
            _ => self.watch.on(now, instance, fact, levels),
        }
    }
}

fn seen(run: &Done, watch: &Watch) -> Vec<Seen> {
    let within = |ended: &&Ended| ended.asked < run.seconds;
    let ended: Vec<Ended> = watch.ended.iter().filter(within).copied().collect();
    let w = waits(ended.iter().copied());
    let mut list =
        vec![("mean", w.mean), ("p50", w.p50), ("p95", w.p95), ("p99", w.p99), ("no connection", w.timed_out)];
    let trouble_ends = match run.load.as_str() {
        "spike" | "retry_at_once" | "retry_later" => run.steps.last().map(|step| step.0),
        "slow" => run.slow.map(|slow| slow.1),
        "restart" => run.down.map(|down| down.1),
        _ => None,
    };
    if let Some(end) = trouble_ends {
        list.push(("recovery", recovery(&ended, end)));
    }
    if run.leak > 0.0 {
        list.extend(exhaustion(run.size, &ended, &watch.leaked));
    }
    if run.down.is_some() {
        list.push(("lost", watch.lost.into()));
    }
    if run.workers.is_some() {
        let served = ended.iter().filter(|one| one.served).count();
        list.push(("served", served as f64));
        list.push(("gave up", (ended.len() - served) as f64));
    }
    list.into_iter().map(|(name, value)| Seen { name, value }).collect()
}

/// Among what the run lies.
pub fn held(run: &Done, costs: &Costs) -> Vec<Held> {
    let model = model(run, costs);
    let free = costs.of(run.product).free / 1e6;
    let simulated = (0..LIKE_IT).map(|replication| {
        let pooled = run.product == Product::PgBouncer;
        let mut simulated = Simulated { watch: Watch::default(), pooled, refused: false };
        let until = SimTime::ZERO + Span::from_seconds(run.seconds + AFTER);
        engine::run(&model, Streams::new(1, replication), until, &mut simulated);
        let mut watch = simulated.watch;
        // To be given one that is free takes some time too.
        watch.ended.iter_mut().for_each(|ended| ended.wait = ended.wait.max(free));
        seen(run, &watch)
    });
    among(seen(run, &recorded(run)), simulated)
}
