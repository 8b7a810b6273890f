//! Workers that take a second connection while they hold one: HikariCP with ten connections, an acquire timeout of 1 s, for 7 s.
//! The simulation does not tell what these runs did, and the page says so.

use super::predict::{Held, LIKE_IT};
use super::replay::By;
use super::traces::{Attempt, End, attempts};
use crate::scenario_of;
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::random::Streams;
use poolwise::units::{SimTime, Span};
use serde_json::json;

#[derive(Default)]
struct Count {
    served: u32,
    timed_out: u32,
}

impl Observer for Count {
    fn on(&mut self, _: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Served { .. } => self.served += 1,
            Fact::TimedOut { .. } => self.timed_out += 1,
            _ => {}
        }
    }
}

fn mean(of: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = of.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    sum / count
}

/// How many were served and how many gave up, really and simulated; the pause before the second connection and the work after it are
/// fitted.
pub fn held(workers: u32, by: By) -> [Held; 2] {
    let list = attempts(&format!("hk279_nestc_c10_N{workers}"));
    let served = || list.iter().filter(|a| a.out == End::Served);
    let work = |a: &Attempt| (a.hold as f64 - a.second as f64).max(0.0);
    // Both are exponential; the workers were asked to pause for 10 ms and to work for 20 ms.
    let third = mean(served().map(work)) / 3.0;
    let exponential = |mean: f64| format!("exponential(mean={}us)", mean.round());
    let (order, wake_up) = if by == By::Preset { ("barging", "97us") } else { ("fifo", "0s") };
    let model = scenario_of(json!({
        "duration": "7s",
        "traffic": { "clients": workers, "think": "deterministic(10us)" },
        "query": [{ "hold": exponential(2.0 * third), "connections": 2, "between": exponential(third) }],
        // Who is served asks again after 10 µs, who gave up after 200 µs, as measured.
        "client": { "retries": 100, "backoff": "200us", "backoff_factor": 1 },
        "pool": { "preset": "hikaricp-6.0.0", "max_size": 10, "acquire_timeout": "1s", "order": order, "wake_up": wake_up },
    }));
    let real = [served().count() as f64, list.iter().filter(|a| a.out == End::TimedOut).count() as f64];
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for replication in 0..LIKE_IT {
        let mut count = Count::default();
        engine::run(&model, Streams::new(1, replication), SimTime::ZERO + Span::from_seconds(7.0), &mut count);
        for (n, found) in [count.served, count.timed_out].into_iter().enumerate() {
            low[n] = low[n].min(f64::from(found));
            high[n] = high[n].max(f64::from(found));
        }
    }
    [("served", 0), ("timed out", 1)].map(|(name, n)| Held { name, real: real[n], low: low[n], high: high[n] })
}
