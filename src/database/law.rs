//! How fast a database works with how many queries at once.

/// Cores that all running queries share, and what running together costs them.
///
/// With n queries running, m = min(n, cores) of them have a core, and together they do
///
/// ```text
///                    m
/// ─────────────────────────────────────────── × 1 / (1 + overhead (n − m))
/// 1 + contention (m − 1) + coherency n (n − 1)
/// ```
///
/// seconds of work per second. Without `coherency` and `overhead` that rises to the cores and stays there: a plateau, which is what
/// PostgreSQL shows. Without a limit of cores it is the Universal Scalability Law (N. J. Gunther, *Guerrilla Capacity Planning*,
/// 2007), whose σ is `contention` and whose κ is `coherency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Processors, or parts of one; above zero, infinite for no limit.
    pub cores: f64,
    /// The share of the work that only one query can do at a time (σ), 0 to 1.
    pub contention: f64,
    /// What every pair of running queries costs to keep in agreement (κ), from 0.
    pub coherency: f64,
    /// What every running query beyond the cores costs all, from 0.
    pub overhead: f64,
}

impl Law {
    /// So many cores, and nothing lost by sharing them.
    pub fn of_cores(cores: f64) -> Self {
        Self { cores, contention: 0.0, coherency: 0.0, overhead: 0.0 }
    }

    /// Seconds of work done per second with n queries running, where one alone on a core does one; 0 for none.
    ///
    /// ```
    /// use poolwise::database::Law;
    /// let law = Law { contention: 0.1, ..Law::of_cores(4.0) };
    /// assert_eq!(law.capacity(1), 1.0);
    /// assert_eq!(law.capacity(40), law.capacity(4)); // a plateau
    /// ```
    #[inline]
    pub fn capacity(&self, n: u32) -> f64 {
        let n = f64::from(n);
        let m = n.min(self.cores);
        let together = 1.0 + self.contention * (m - 1.0).max(0.0) + self.coherency * n * (n - 1.0);
        m / (together * (1.0 + self.overhead * (n - m)))
    }

    /// The smallest number of queries, of at most `most`, that does the most, and how much that is.
    pub fn peak(&self, most: u32) -> (u32, f64) {
        self.onset(most, 1.0)
    }

    /// The smallest number of queries, of at most `most`, that does at least `share` of the most, and how much that is.
    ///
    /// ```
    /// use poolwise::database::Law;
    /// // PostgreSQL 17, read mostly: the peak of the fitted curve lies at 45 connections, 99 % of it at fewer.
    /// let law = Law { contention: 0.121159, coherency: 0.000432233, ..Law::of_cores(f64::INFINITY) };
    /// assert_eq!(law.peak(1000).0, 45);
    /// assert!(law.onset(1000, 0.99).0 < 45);
    /// ```
    pub fn onset(&self, most: u32, share: f64) -> (u32, f64) {
        let all = || (0..=most).map(|n| (n, self.capacity(n)));
        let highest = all().fold(0.0, |highest: f64, (_, capacity)| highest.max(capacity));
        all().find(|(_, capacity)| *capacity >= share * highest).unwrap_or((0, 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coefficients and optima of three fitted workloads of PostgreSQL 17 (measured by V. Mihalcea).
    #[test]
    fn without_a_limit_of_cores_it_is_the_universal_scalability_law() {
        for (contention, coherency, optimum) in
            [(0.121159, 0.000432233, 45), (0.0773432, 0.000270215, 58), (0.0652796, 0.000476481, 44)]
        {
            let law = Law { contention, coherency, ..Law::of_cores(f64::INFINITY) };
            assert!(law.peak(1000).0.abs_diff(optimum) <= 1);
            let n = 10.0;
            let usl = n / (1.0 + contention * (n - 1.0) + coherency * n * (n - 1.0));
            assert!((law.capacity(10) - usl).abs() < 1e-12);
        }
    }

    #[test]
    fn cores_make_a_plateau_and_overhead_bends_it() {
        let law = Law::of_cores(2.5);
        assert_eq!([0, 1, 2, 3, 100].map(|n| law.capacity(n)), [0.0, 1.0, 2.0, 2.5, 2.5]);
        assert_eq!(law.peak(100), (3, 2.5));
        let bent = Law { overhead: 0.01, ..Law::of_cores(4.0) };
        assert!((bent.capacity(104) - 2.0).abs() < 1e-12);
        assert_eq!(Law::of_cores(0.5).capacity(1), 0.5);
    }
}
