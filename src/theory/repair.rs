//! A closed loop: clients that think, ask for a connection, wait for their answer and think again (the machine-repair model).

use super::birth_death::{mean, stationary};
use super::proper;

/// What [`closed`] knows. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closed {
    /// Requests per second that are served.
    pub throughput: f64,
    /// Mean share of the connections in use.
    pub utilisation: f64,
    /// Mean wait for a connection.
    pub wait: f64,
    /// Mean sojourn: wait and hold.
    pub response: f64,
}

/// A number of clients, each of which thinks for an exponential time of this mean, then takes one of `c` connections, waits for it
/// as long as needed, and holds it for an exponential time of mean `hold`. No think time at all: everybody always asks.
/// `None` when there are no clients or connections, the hold is not above zero or the think time below it.
///
/// In a closed loop the load falls as the wait grows, so it never overloads: wrong to use for traffic that comes whether or not
/// earlier requests are answered, which is what hurts in incidents.
///
/// Source: C. Palm 1947; e.g. E. D. Lazowska et al., *Quantitative System Performance*, 1984.
///
/// ```
/// use poolwise::theory::repair::closed;
/// // A hundred workers, ten connections of 200 ms, no pause between requests: 50/s, and 2 s for each.
/// let loop_ = closed(100, 0.0, 10, 0.2).unwrap();
/// assert!((loop_.throughput - 50.0).abs() < 1e-9 && (loop_.response - 2.0).abs() < 1e-9);
/// ```
pub fn closed(clients: u32, think: f64, c: u32, hold: f64) -> Option<Closed> {
    if !proper(hold) {
        return None;
    }
    closed_by(clients, think, c, |active| f64::from(active) / hold)
}

/// The same before a database that completes `completions(n)` queries per second while n run, such as
/// [`cores`](super::database::cores) gives.
///
/// ```
/// use poolwise::theory::database::cores;
/// use poolwise::theory::repair::closed_by;
/// // Forty connections before four cores: no more throughput than four, ten times the hold.
/// let [four, forty] = [4, 40].map(|c| closed_by(40, 0.0, c, cores(4, 0.01, |_| 1.0)).unwrap());
/// assert!((four.throughput - forty.throughput).abs() < 1e-6 && (forty.response - 0.1).abs() < 1e-9);
/// ```
pub fn closed_by(clients: u32, think: f64, c: u32, completions: impl Fn(u32) -> f64) -> Option<Closed> {
    if clients == 0 || c == 0 || !think.is_finite() || think < 0.0 {
        return None;
    }
    let deaths: Vec<f64> = (1..=clients).map(|n| completions(n.min(c))).collect();
    let p = if think == 0.0 {
        let mut all = vec![0.0; clients as usize];
        all.push(1.0);
        proper(completions(clients.min(c))).then_some(all)?
    } else {
        let births: Vec<f64> = (0..clients).map(|n| f64::from(clients - n) / think).collect();
        stationary(&births, &deaths)?
    };
    let throughput = p[1..].iter().zip(&deaths).map(|(share, rate)| share * rate).sum();
    let active = mean(&p, |n| f64::from(n.min(c)));
    Some(Closed {
        throughput,
        utilisation: active / f64::from(c),
        wait: mean(&p, |n| f64::from(n.saturating_sub(c))) / throughput,
        response: mean(&p, f64::from) / throughput,
    })
}

/// What no closed loop can exceed, whatever the distributions. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The most requests per second.
    pub throughput: f64,
    /// The least mean sojourn.
    pub response: f64,
    /// The number of clients where the two asymptotes meet: beyond it they only wait for each other.
    pub knee: f64,
}

/// The asymptotic bounds of [`closed`]: one for few clients, who never wait, and one for many, who keep all connections busy. `None`
/// as there.
///
/// Source: R. R. Muntz and J. Wong 1974; P. J. Denning and J. P. Buzen, *The operational analysis of queueing network models*,
/// Computing Surveys 10, 1978.
///
/// ```
/// let bounds = poolwise::theory::repair::bounds(3000, 0.5, 10, 0.002).unwrap();
/// assert!((bounds.throughput - 5000.0).abs() < 1e-6 && (bounds.knee - 2510.0).abs() < 1e-6);
/// ```
pub fn bounds(clients: u32, think: f64, c: u32, hold: f64) -> Option<Bounds> {
    if clients == 0 || c == 0 || !proper(hold) || !think.is_finite() || think < 0.0 {
        return None;
    }
    let (n, most) = (f64::from(clients), f64::from(c) / hold);
    Some(Bounds {
        throughput: most.min(n / (think + hold)),
        response: hold.max(n / most - think),
        knee: most * (think + hold),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::erlang::erlang_c;
    use crate::theory::slow;

    /// Against elimination of states, which knows nothing of balance.
    #[test]
    fn it_agrees_with_elimination() {
        let (clients, c) = (25usize, 4usize);
        let p = slow::stationary(clients + 1, |i, j| match (i, j) {
            _ if j == i + 1 => (clients - i) as f64 / 3.0,
            _ if i == j + 1 => i.min(c) as f64 / 0.5,
            _ => 0.0,
        });
        let sum = |f: &dyn Fn(usize) -> usize| p.iter().enumerate().map(|(n, p)| p * f(n) as f64).sum::<f64>();
        let throughput = sum(&|n| n.min(c)) / 0.5;
        let found = closed(25, 3.0, 4, 0.5).unwrap();
        assert!((found.throughput - throughput).abs() < 1e-12);
        assert!((found.wait - sum(&|n| n.saturating_sub(c)) / throughput).abs() < 1e-12);
        // Little's law over the whole loop: N = X (R + Z).
        assert!((found.throughput * (found.response + 3.0) - 25.0).abs() < 1e-10);
    }

    #[test]
    fn incidents_in_closed_form() {
        // Ten connections held for 250 ms: 40/s. Fifty users without a pause, ten connections of 500 ms: 2.5 s each.
        assert!((closed(1000, 0.0, 10, 0.25).unwrap().throughput - 40.0).abs() < 1e-9);
        let lab = closed(50, 0.0, 10, 0.5).unwrap();
        assert!(
            (lab.throughput - 20.0).abs() < 1e-9 && (lab.response - 2.5).abs() < 1e-9 && (lab.wait - 2.0).abs() < 1e-9
        );
        assert!((closed(4, 0.0, 10, 0.5).unwrap().response - 0.5).abs() < 1e-12);
    }

    /// A database whose throughput follows the universal scalability law, with the coefficients fitted to three PostgreSQL 17
    /// workloads: the best pool is the law's own, 45, 58 and 44 connections (V. Mihalcea's measurements).
    #[test]
    fn the_best_pool_of_measured_databases() {
        for (lambda, sigma, kappa, best) in [
            (6381.39, 0.121159, 0.000432233, 45),
            (3908.83, 0.0773432, 0.000270215, 58),
            (228.293, 0.0652796, 0.000476481, 44),
        ] {
            let law = |n: u32| {
                let n = f64::from(n);
                lambda * n / (1.0 + sigma * (n - 1.0) + kappa * n * (n - 1.0))
            };
            let throughput = |c: u32| closed_by(128, 0.0, c, law).unwrap().throughput;
            let found = (1..=100).max_by(|a, b| throughput(*a).total_cmp(&throughput(*b))).unwrap();
            assert!(u32::abs_diff(found, best) <= 1, "{found} for {best}");
        }
    }

    #[test]
    fn the_bounds_hold_and_are_met_at_the_ends() {
        for (clients, think, c, hold) in
            [(1, 1.0, 1, 0.1), (50, 1.0, 10, 0.2), (60, 1.0, 10, 0.2), (500, 1.0, 10, 0.2), (100_000, 100.0, 1000, 0.9)]
        {
            let (exact, most) = (closed(clients, think, c, hold).unwrap(), bounds(clients, think, c, hold).unwrap());
            assert!(exact.throughput <= most.throughput * (1.0 + 1e-9), "{exact:?} {most:?}");
            assert!(exact.response >= most.response * (1.0 - 1e-9), "{exact:?} {most:?}");
        }
        let few = closed(1, 1.0, 10, 0.2).unwrap();
        assert!((few.response - 0.2).abs() < 1e-12 && few.wait == 0.0);
        let many = closed(5000, 1.0, 10, 0.2).unwrap();
        assert!((many.throughput - 50.0).abs() < 1e-9);
    }

    /// Many clients with much to think are Poisson arrivals.
    #[test]
    fn many_clients_who_think_long_are_erlang_c() {
        let open = erlang_c(10, 8.0).unwrap() / 2.0;
        let found = closed(100_000, 12_500.0, 10, 1.0).unwrap();
        assert!((found.wait / open - 1.0).abs() < 2e-3, "{} {open}", found.wait);
    }

    #[test]
    fn what_makes_no_sense_has_no_answer() {
        assert_eq!(closed(0, 1.0, 1, 1.0), None);
        assert_eq!(closed(1, f64::NAN, 1, 1.0), None);
        assert_eq!(closed(1, 1.0, 1, 0.0), None);
        assert_eq!(bounds(1, -1.0, 1, 1.0), None);
        assert_eq!(closed_by(3, 0.0, 2, |_| 0.0), None);
    }
}
