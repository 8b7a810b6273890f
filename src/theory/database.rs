//! A pool in front of a database with few cores: more connections than cores only let queries share them.

use super::birth_death::{mean, stationary};
use super::proper;

/// What [`open`] knows. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shared {
    /// Queries per second that the database does with the whole pool busy.
    pub capacity: f64,
    /// Mean share of the connections in use.
    pub utilisation: f64,
    /// Probability that a request waits for a connection.
    pub wait_probability: f64,
    /// Mean wait for a connection.
    pub wait: f64,
    /// Mean hold: the query, slowed by those that run beside it.
    pub hold: f64,
    /// Mean sojourn: wait and hold.
    pub response: f64,
}

/// Queries per second that a database of `cores` does with `active` queries running, each of which would take `work` seconds of a core:
/// min(active, cores) / work, times `speed(extra)` for the queries beyond the cores. `speed` is 1 for no cost at all; a table of
/// measurements or 1 / (1 + 0.01 extra) says that switching and locks cost more with every connection.
///
/// ```
/// use poolwise::theory::database::cores;
/// let rate = cores(4, 0.01, |extra| 1.0 / (1.0 + 0.05 * f64::from(extra)));
/// assert!((rate(2) - 200.0).abs() < 1e-9 && (rate(4) - 400.0).abs() < 1e-9 && rate(24) < 201.0);
/// ```
pub fn cores(cores: u32, work: f64, speed: impl Fn(u32) -> f64) -> impl Fn(u32) -> f64 {
    move |active| f64::from(active.min(cores)) / work * speed(active.saturating_sub(cores))
}

/// Poisson arrivals at `rate` per second at a pool of `c` connections, first come, first served, before a database that completes
/// `completions(n)` queries per second while n run, such as [`cores`] gives. `None` when the arrivals are at or above
/// `completions(c)` (no steady state), or a number is not above zero.
///
/// Exact for exponential work. Wrong to use when holds contain much that is not done by the database (a transaction that waits for
/// its client), or when the database has other clients. For a fixed number of clients see
/// [`repair`](super::repair::closed_by).
///
/// Source: a birth-death chain with rates that depend on its state, e.g. L. Kleinrock, *Queueing Systems* 1, 1975; E. D.
/// Lazowska et al., *Quantitative System Performance*, 1984 (flow-equivalent servers). From c on the shares fall like a
/// geometric series, which is summed in closed form.
///
/// ```
/// use poolwise::theory::database::{cores, open};
/// // Four cores: a pool of four or of forty responds alike, but queries wait in the database in place of the pool.
/// let [small, large] = [4, 40].map(|c| open(c, 320.0, cores(4, 0.01, |_| 1.0)).unwrap());
/// assert!((small.response - large.response).abs() < 1e-9);
/// assert!(small.wait > 0.007 && large.wait < 1e-5);
/// ```
pub fn open(c: u32, rate: f64, completions: impl Fn(u32) -> f64) -> Option<Shared> {
    let capacity = completions(c);
    if c == 0 || !proper(rate) || !proper(capacity) || rate >= capacity {
        return None;
    }
    let deaths: Vec<f64> = (1..=c).map(&completions).collect();
    // Up to c, as if nobody waited; then the share of c stands for 1 / (1 − r) times as much.
    let p = stationary(&vec![rate; c as usize], &deaths)?;
    let spare = 1.0 - rate / capacity;
    let full = p[c as usize];
    let total = 1.0 - full + full / spare;
    let wait_probability = full / spare / total;
    let active = (mean(&p, f64::from) + f64::from(c) * (full / spare - full)) / total;
    let wait = wait_probability * (1.0 - spare) / spare / rate;
    let hold = active / rate;
    Some(Shared { capacity, utilisation: active / f64::from(c), wait_probability, wait, hold, response: wait + hold })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::erlang::erlang_c;
    use crate::theory::mg1;

    #[test]
    fn with_a_core_for_each_connection_it_is_erlang_c() {
        for (c, a) in [(1, 0.5), (10, 8.0), (100, 95.0), (10_000, 9_900.0)] {
            let found = open(c, a, cores(c, 1.0, |_| 1.0)).unwrap();
            let waits = erlang_c(c, a).unwrap();
            assert!((found.wait_probability - waits).abs() < 1e-9, "{c} {a}: {found:?}");
            assert!((found.wait - waits / (f64::from(c) - a)).abs() < 1e-9 && (found.hold - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn one_core_and_many_connections_are_a_shared_processor() {
        let found = open(400, 0.9, cores(1, 1.0, |_| 1.0)).unwrap();
        assert!((found.hold - mg1::shared_mean_sojourn(0.9, 1.0).unwrap()).abs() < 1e-9 && found.wait < 1e-9);
    }

    /// The chain itself, cut off far away.
    #[test]
    fn it_agrees_with_the_long_chain() {
        let rate = cores(4, 0.01, |extra| 1.0 / (1.0 + 0.02 * f64::from(extra)));
        for (c, arrivals) in [(3, 250.0), (4, 380.0), (8, 350.0), (20, 280.0)] {
            let deaths: Vec<f64> = (1..=4000u32).map(|n| rate(n.min(c))).collect();
            let p = stationary(&[arrivals; 4000], &deaths).unwrap();
            let found = open(c, arrivals, &rate).unwrap();
            let queue = mean(&p, |n| f64::from(n.saturating_sub(c)));
            let active = mean(&p, |n| f64::from(n.min(c)));
            assert!((found.wait - queue / arrivals).abs() < 1e-10, "{c}: {found:?} {}", queue / arrivals);
            assert!((found.hold - active / arrivals).abs() < 1e-10, "{c}: {found:?}");
            assert!((found.wait_probability - p[c as usize..].iter().sum::<f64>()).abs() < 1e-9);
        }
    }

    /// When every further connection slows the database, some size is the best, and a larger one loses.
    #[test]
    fn too_many_connections_cost_throughput() {
        let response = |c| open(c, 350.0, cores(4, 0.01, |extra| 1.0 / (1.0 + 0.02 * f64::from(extra))));
        assert!(response(4).unwrap().response < response(9).unwrap().response);
        assert_eq!(response(3), None, "three connections serve 300/s");
        assert_eq!(response(12), None, "twelve are slowed below 350/s");
        assert_eq!(open(4, f64::NAN, cores(4, 0.01, |_| 1.0)), None);
        assert_eq!(open(0, 1.0, cores(4, 0.01, |_| 1.0)), None);
    }
}
