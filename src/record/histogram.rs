//! A histogram of whole numbers whose buckets grow with the value: constant memory, constant relative error.

use crate::units::Span;

/// Counts of spans. Buckets are exact up to `2^bits` ns; above, each power of two has `2^bits` of them, so that a quantile is off
/// by at most `2^-bits / 2` of its value. The idea is HdrHistogram's (G. Tene); integers only, so that the counts are the same
/// everywhere.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Histogram {
    bits: u32,
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// An empty one with a relative error of `2^-bits / 2`.
    pub fn new(bits: u32) -> Self {
        Self { bits, counts: Vec::new(), total: 0 }
    }

    /// Count one value.
    #[inline]
    pub fn record(&mut self, value: Span) {
        self.mark(value);
        self.total += 1;
    }

    /// The same, but for the total: of many it is [added](Self::add_to_total) once.
    #[inline]
    pub(super) fn mark(&mut self, value: Span) {
        self.mark_many(value, 1);
    }

    /// The same of equal values.
    #[inline(always)]
    pub(super) fn mark_many(&mut self, value: Span, times: u64) {
        let bucket = self.bucket(value.nanos());
        match self.counts.get_mut(bucket) {
            Some(count) => *count += times,
            None => self.mark_beyond(bucket, times),
        }
    }

    /// So many values were [marked](Self::mark).
    pub(super) fn add_to_total(&mut self, marked: u64) {
        self.total += marked;
    }

    #[cold]
    fn mark_beyond(&mut self, bucket: usize, times: u64) {
        self.counts.resize(bucket + 1, 0);
        self.counts[bucket] = times;
    }

    /// Add all counts of another of the same precision.
    pub fn merge(&mut self, other: &Self) {
        debug_assert_eq!(self.bits, other.bits);
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    /// The counts that are not zero, with the numbers of their buckets, which rise.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..).zip(&self.counts).filter(|(_, count)| **count > 0).map(|(bucket, count)| (bucket, *count))
    }

    /// The histogram that has these [`counts`](Self::counts); `None` where no value falls into one of the buckets, where they do not
    /// rise, or where the counts add up to more than 2⁶⁴.
    pub fn of_counts(bits: u32, counts: &[(u32, u64)]) -> Option<Self> {
        let mut histogram = Self::new(bits);
        let most = histogram.bucket(u64::MAX);
        for &(bucket, count) in counts {
            let bucket = bucket as usize;
            if bucket > most || bucket < histogram.counts.len() {
                return None;
            }
            histogram.counts.resize(bucket, 0);
            histogram.counts.push(count);
            histogram.total = histogram.total.checked_add(count)?;
        }
        Some(histogram)
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The value, in seconds, that a share of `thousandths / 1000` stays at or under. `None` until at least ten values lie
    /// beyond it: a percentile without a tail is absent.
    pub fn quantile(&self, thousandths: u16) -> Option<f64> {
        self.quantiles([thousandths])[0]
    }

    /// The [`quantile`](Self::quantile) of each of a rising list, in one pass.
    pub fn quantiles<const N: usize>(&self, thousandths: [u16; N]) -> [Option<f64>; N] {
        let mut found = [None; N];
        let (mut bucket, mut seen) = (0, self.counts.first().copied().unwrap_or(0));
        for (found, share) in found.iter_mut().zip(thousandths) {
            let rank = ((u128::from(self.total) * u128::from(share)).div_ceil(1000) as u64).max(1);
            if self.total < rank + 10 {
                break;
            }
            while seen < rank {
                bucket += 1;
                seen += self.counts[bucket];
            }
            *found = Some(self.middle(bucket) / 1e9);
        }
        found
    }

    /// Each bucket that is not empty: the shortest and the longest span that belong to it, and how many were counted.
    pub fn buckets(&self) -> impl Iterator<Item = (Span, Span, u64)> {
        let ends = |bucket: u64| {
            let above = (bucket >> self.bits).saturating_sub(1);
            let shortest = (bucket - (above << self.bits)) << above;
            (Span::from_nanos(shortest), Span::from_nanos(shortest + ((1 << above) - 1)))
        };
        let counted = (0..).zip(&self.counts).filter(|(_, count)| **count > 0);
        counted.map(move |(bucket, count)| (ends(bucket).0, ends(bucket).1, *count))
    }

    #[inline]
    fn bucket(&self, nanos: u64) -> usize {
        let above = (64 - nanos.leading_zeros()).saturating_sub(self.bits + 1);
        ((u64::from(above) << self.bits) + (nanos >> above)) as usize
    }

    /// The middle of a bucket, in nanoseconds.
    fn middle(&self, bucket: usize) -> f64 {
        let bucket = bucket as u64;
        let above = (bucket >> self.bits).saturating_sub(1);
        let lowest = (bucket - (above << self.bits)) << above;
        lowest as f64 + ((1u64 << above) - 1) as f64 / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_falls_into_a_bucket_whose_middle_is_near() {
        let histogram = Histogram::new(7);
        let mut before = 0;
        for value in (0..1000).chain((10..63).flat_map(|e| [(1u64 << e) - 1, 1 << e, (1 << e) + (1 << (e - 3))])) {
            let bucket = histogram.bucket(value);
            assert!(bucket >= before, "buckets rise with the value at {value}");
            before = bucket;
            let error = (histogram.middle(bucket) - value as f64).abs() / (value as f64).max(1.0);
            assert!(error <= 1.0 / 256.0, "{value}: off by {error}");
        }
    }

    #[test]
    fn a_histogram_is_what_its_counts_are() {
        let mut histogram = Histogram::new(8);
        [0, 1, 255, 256, 70_000, u64::MAX].iter().for_each(|nanos| histogram.record(Span::from_nanos(*nanos)));
        let counts: Vec<_> = histogram.counts().collect();
        assert_eq!(Histogram::of_counts(8, &counts), Some(histogram));
        assert_eq!(Histogram::of_counts(8, &[(3, 1), (2, 1)]), None, "they rise");
        assert_eq!(Histogram::of_counts(8, &[(u32::MAX, 1)]), None, "nothing falls into it");
        assert_eq!(Histogram::of_counts(8, &[(1, u64::MAX), (2, 1)]), None, "too many");
    }

    #[test]
    fn buckets_end_where_the_next_begins() {
        let mut histogram = Histogram::new(3);
        [0, 7, 7, 9, 100].into_iter().for_each(|nanos| histogram.record(Span::from_nanos(nanos)));
        let found: Vec<_> = histogram.buckets().map(|(from, to, count)| (from.nanos(), to.nanos(), count)).collect();
        assert_eq!(found, [(0, 0, 1), (7, 7, 2), (9, 9, 1), (96, 103, 1)]);
    }

    #[test]
    fn quantiles_are_ranks_and_absent_without_a_tail() {
        let mut histogram = Histogram::new(7);
        (1..=1000u64).for_each(|n| histogram.record(Span::from_nanos(n * 1_000_000)));
        assert!((histogram.quantile(500).unwrap() - 0.5).abs() < 0.5 / 128.0);
        assert!((histogram.quantile(990).unwrap() - 0.99).abs() < 0.99 / 128.0);
        assert_eq!(histogram.quantile(991), None);
        let each = [1, 500, 990, 991].map(|thousandths| histogram.quantile(thousandths));
        assert_eq!(histogram.quantiles([1, 500, 990, 991]), each);
        assert_eq!(Histogram::new(7).quantile(500), None);
    }
}
