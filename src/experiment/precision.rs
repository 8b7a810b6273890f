//! When there are replications enough.

use crate::report::{CONFIDENCE, Stopped, Tally};

/// Replications before the first look: fewer say too little of the spread.
const FIRST: u32 = 10;

/// When a simulation looks at what it has, and what it must see to stop.
///
/// Looking often and stopping at the first interval that is narrow enough favours intervals that are narrow by chance, which
/// cover too seldom. So the looks are few, after 10, 20, 40, … replications and at the end of the budget, none before ten
/// (A. M. Law and W. D. Kelton, *Confidence intervals for steady-state simulations II*, Management Science 28, 1982), and each is
/// made at a confidence that keeps all of them together at [`CONFIDENCE`] (Bonferroni). That is more than is needed as the wanted
/// width gets small, where stopping does no harm (Y. S. Chow and H. Robbins, *On the asymptotic theory of fixed-width sequential
/// confidence intervals*, Annals of Mathematical Statistics 36, 1965), and holds for any width.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looks {
    /// The relative half-width that is enough; `None` uses the whole budget.
    pub(crate) wanted: Option<f64>,
    /// The most replications.
    pub(crate) budget: u32,
}

impl Looks {
    /// At so many replications at most, until whoever looks has seen enough.
    pub(crate) fn doubling(budget: u32) -> Self {
        Self { wanted: Some(0.0), budget }
    }

    /// The first look after `done` replications.
    pub(crate) fn after(self, done: u32) -> u32 {
        if self.wanted.is_none() {
            return self.budget;
        }
        (0..).map(|n| FIRST << n).find(|look| *look > done).map_or(self.budget, |look| look.min(self.budget))
    }

    /// The confidence of the intervals at each look.
    pub(crate) fn confidence(self) -> f64 {
        let looks = core::iter::successors(Some(self.after(0)), |look| Some(self.after(*look)));
        let all = 1 + looks.take_while(|look| *look < self.budget).count();
        1.0 - (1.0 - CONFIDENCE) / all as f64
    }

    /// Why it is over, if it is.
    pub(super) fn stopped(self, tally: &Tally) -> Option<Stopped> {
        let done = tally.replications();
        let at_look = done > 0 && self.after(done - 1) == done;
        let enough = |wanted: f64| tally.precision(self.confidence()).is_some_and(|reached| reached <= wanted);
        if at_look && self.wanted.is_some_and(enough) {
            Some(Stopped::Precision)
        } else {
            (done >= self.budget).then_some(Stopped::Budget)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_double_and_share_the_confidence() {
        let looks = |budget| Looks { wanted: Some(0.02), budget };
        let all = |budget: u32| {
            let mut found = vec![looks(budget).after(0)];
            while found[found.len() - 1] < budget {
                found.push(looks(budget).after(found[found.len() - 1]));
            }
            found
        };
        assert_eq!(all(200), [10, 20, 40, 80, 160, 200]);
        assert_eq!((all(40), all(7)), (vec![10, 20, 40], vec![7]));
        assert!((looks(200).confidence() - (1.0 - 0.05 / 6.0)).abs() < 1e-12);
        assert!((looks(40).confidence() - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
        let plain = Looks { wanted: None, budget: 10_000 };
        assert_eq!((plain.after(0), plain.confidence()), (10_000, CONFIDENCE));
    }
}
