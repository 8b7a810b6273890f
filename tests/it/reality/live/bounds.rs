//! What must hold of runs on any machine, however busy it is: a test of these can not fail by bad luck.

use super::manifest::Done;
use crate::reality::predict::Held;
use crate::reality::traces::{Attempt, End};

/// Timers may be read a little earlier than they were set, in microseconds.
const CLOCKS: u64 = 5_000;

/// Everyone is accounted for: each request that came has one first attempt, and each attempt one end that its run can have.
pub fn everyone_is_accounted_for(run: &Done) {
    let count = |which: &dyn Fn(&Attempt) -> bool| run.attempts.iter().filter(|a| which(a)).count() as u64;
    if let Some(requests) = run.requests {
        assert_eq!(count(&|a| !a.again), requests, "{}", run.name);
    }
    let may = |end: End| match end {
        End::Served | End::TimedOut => true,
        End::Leaked => run.leak > 0.0,
        End::Refused => run.limit.is_some() || run.down.is_some(),
        End::Lost => run.down.is_some(),
    };
    assert_eq!(count(&|a| !may(a.out)), 0, "{}: ends that it can not have", run.name);
    if run.backoff.is_none() {
        assert_eq!(count(&|a| a.again), 0, "{}", run.name);
    }
}

/// Nobody gives up early.
pub fn nobody_gives_up_early(run: &Done) {
    let patience = 1000 * run.timeout;
    let waited = |a: &Attempt| if run.workers.is_some() && a.hold > 0 { a.second } else { a.wait };
    for a in run.attempts.iter().filter(|a| a.out == End::TimedOut) {
        assert!(waited(a) + CLOCKS >= patience, "{}: {} µs", run.name, waited(a));
    }
}

/// The mean wait lies within five times of what is predicted and a tenth of a second, the share without a connection within 25 points: a machine
/// that is five times as slow for others' sake is not what is tested.
pub fn not_far_off(run: &Done, list: &[Held]) {
    for held in list {
        let (low, high) = match held.name {
            "mean" => (held.low / 5.0 - 0.005, held.high * 5.0 + 0.1),
            "no connection" => (held.low - 0.25, held.high + 0.25),
            _ => continue,
        };
        let shown = format!("{}: {} {} in {low} to {high}", run.name, held.name, held.real);
        assert!((low..=high).contains(&held.real), "{shown}");
    }
}
