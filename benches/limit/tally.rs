//! What is recorded of a kind of span: a log-linear histogram and a sum.

const BUCKETS: usize = 1 << 14;
/// The buckets of a power of two.
const FIRST: u64 = 1 << 8;

/// Counts of spans in nanoseconds.
#[derive(PartialEq)]
pub struct Tally {
    counts: Box<[u64; BUCKETS]>,
    pub sum: u64,
}

impl Tally {
    pub fn new() -> Self {
        let counts = vec![0; BUCKETS].into_boxed_slice().try_into();
        Self { counts: counts.expect("as many as there are"), sum: 0 }
    }

    /// Count `span` in the bucket of the leading bits of `span + 256`: those that a conversion to `f64` brings to the front
    /// (exponent and eight bits), so nothing is searched, branched on or shifted by a variable amount. The exponents in use are
    /// fewer than 64 in a row, hence their low six bits tell them apart.
    #[inline(always)]
    pub fn record(&mut self, span: u64) {
        let bits = ((span + FIRST) as i64 as f64).to_bits() >> (52 - 8);
        self.counts[bits as usize % BUCKETS] += 1;
        self.sum += span;
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}
