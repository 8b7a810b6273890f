//! A deploy: which instances are replaced when, and how many there are meanwhile.

use crate::problem::shown;
use crate::units::Span;
use core::ops::Range;

/// How a new version is rolled out over a fleet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rollout {
    /// Instances during the deploy, relative to those before, from 1 to 2. At 1, instances are replaced in place, one by one: the
    /// old one leaves, then the new one starts. Above, new ones start beside the old ones: at 2 all at once (blue-green).
    pub surge: f64,
    /// How long it takes to begin with all of them, as long as it leaves each batch the time that it needs.
    pub over: Span,
    /// How long an old instance, which gets no new requests any more, is given to finish those that it has.
    pub drain: Span,
    /// How long a new instance takes until it serves.
    pub start: Span,
}

/// Positions whose instances are replaced together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which ones.
    pub positions: Range<u32>,
    /// When the old ones get no new requests any more, from the start of the deploy.
    pub leave: Span,
    /// When the new ones begin to start.
    pub start: Span,
    /// When the new ones serve.
    pub serve: Span,
    /// When the last old one is gone, at the latest.
    pub gone: Span,
}

impl Rollout {
    /// Read `"1.25"` or `"125%"`.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed, and the reason where it is below 1.
    ///
    /// ```
    /// use poolwise::fleet::Rollout;
    /// assert_eq!(Rollout::read_surge("125%"), Ok(1.25));
    /// assert!(Rollout::read_surge("50%").unwrap_err().contains("fewer instances"));
    /// ```
    pub fn read_surge(text: &str) -> Result<f64, String> {
        let trimmed = text.trim();
        let (number, scale) = match trimmed.strip_suffix('%') {
            Some(percent) => (percent.trim(), 100.0),
            None => (trimmed, 1.0),
        };
        let surge = number.parse::<f64>().map_or(f64::NAN, |number| number / scale);
        if (1.0..=2.0).contains(&surge) {
            return Ok(surge);
        }
        let why = if surge < 1.0 { ": below 1 a deploy would leave fewer instances than there were" } else { "" };
        Err(format!(
            "expected how many times as many instances there are during the deploy, from 1 (replaced in place, one by one) to 2 \
             (blue-green), such as \"1.25\" or \"125%\", found {}{why}",
            shown(trimmed)
        ))
    }

    /// Whether an old instance leaves before the new one in its place starts.
    pub fn is_in_place(&self) -> bool {
        self.surge <= 1.0
    }

    /// How many of `n` are replaced together: in place one, else as many as may be there beside them, at least one.
    pub fn together(&self, n: u32) -> u32 {
        // A hair more, so that 10 times 1.2 is never less than 12.
        let beside = (f64::from(n) * self.surge - f64::from(n) + 1e-9) as u32;
        if self.is_in_place() { 1 } else { beside.clamp(1, n.max(1)) }
    }

    /// The most instances of a fleet of `n` that exist at once, those that start and those that leave among them.
    ///
    /// ```
    /// use poolwise::{fleet::Rollout, units::Span};
    /// let rollout = Rollout { surge: 1.25, over: Span::ZERO, drain: Span::ZERO, start: Span::ZERO };
    /// assert_eq!(rollout.most_instances(26), 26 + 6);
    /// ```
    pub fn most_instances(&self, n: u32) -> u32 {
        if self.is_in_place() { n } else { n + self.together(n) }
    }

    /// What is replaced when, in a fleet of `n`.
    ///
    /// The batch of position *i* begins at `over · i/n`, as other changes of the timeline do ([`crate::timeline::Entry::reaches`]),
    /// but never before the one before is done: its new instances serve, and its old ones are gone. So there are never more
    /// instances than the surge allows, and `over` is the least time that it takes.
    pub fn batches(&self, n: u32) -> Vec<Batch> {
        let mut all: Vec<Batch> = Vec::new();
        let size = self.together(n);
        for first in (0..n).step_by(size as usize) {
            let planned = self.over.scaled(f64::from(first) / f64::from(n));
            let begin = all.last().map_or(planned, |before| planned.max(before.serve).max(before.gone));
            all.push(self.batch(begin, first..(first + size).min(n)));
        }
        all
    }

    fn batch(&self, begin: Span, positions: Range<u32>) -> Batch {
        if self.is_in_place() {
            let gone = begin + self.drain;
            Batch { positions, leave: begin, start: gone, serve: gone + self.start, gone }
        } else {
            let serve = begin + self.start;
            Batch { positions, leave: serve, start: begin, serve, gone: serve + self.drain }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(surge: f64, [over, drain, start]: [f64; 3]) -> Rollout {
        let span = Span::from_seconds;
        Rollout { surge, over: span(over), drain: span(drain), start: span(start) }
    }

    fn begins(rollout: Rollout, n: u32) -> Vec<(f64, Range<u32>)> {
        let batches = rollout.batches(n);
        batches.into_iter().map(|batch| (batch.start.min(batch.leave).seconds(), batch.positions)).collect()
    }

    #[test]
    fn in_place_one_goes_before_the_next_comes() {
        let batches = rollout(1.0, [40.0, 3.0, 4.0]).batches(4);
        let seconds = |batch: &Batch| [batch.leave, batch.start, batch.serve, batch.gone].map(Span::seconds);
        assert_eq!(seconds(&batches[0]), [0.0, 3.0, 7.0, 3.0]);
        assert_eq!(seconds(&batches[3]), [30.0, 33.0, 37.0, 33.0]);
        let places: Vec<_> = batches.iter().map(|batch| batch.positions.clone()).collect();
        assert_eq!(places, [0..1, 1..2, 2..3, 3..4]);
    }

    #[test]
    fn with_a_surge_the_old_serve_until_the_new_do() {
        let batches = rollout(1.5, [40.0, 3.0, 4.0]).batches(5);
        let places: Vec<_> = batches.iter().map(|batch| batch.positions.clone()).collect();
        assert_eq!(places, [0..2, 2..4, 4..5]);
        let seconds = |batch: &Batch| [batch.start, batch.serve, batch.leave, batch.gone].map(Span::seconds);
        assert_eq!(seconds(&batches[1]), [16.0, 20.0, 20.0, 23.0]);
    }

    #[test]
    fn a_batch_waits_for_the_one_before() {
        assert_eq!(begins(rollout(1.0, [0.0, 3.0, 4.0]), 3), [(0.0, 0..1), (7.0, 1..2), (14.0, 2..3)]);
        assert_eq!(begins(rollout(1.5, [8.0, 3.0, 4.0]), 4), [(0.0, 0..2), (7.0, 2..4)]);
        assert_eq!(begins(rollout(1.5, [20.0, 3.0, 4.0]), 4), [(0.0, 0..2), (10.0, 2..4)]);
    }

    #[test]
    fn blue_green_replaces_all_at_once() {
        let blue_green = rollout(2.0, [60.0, 30.0, 10.0]);
        assert_eq!(begins(blue_green, 10), [(0.0, 0..10)]);
        assert_eq!(blue_green.most_instances(10), 20);
    }

    #[test]
    fn the_surge_is_counted_exactly() {
        for (surge, n, most) in [
            (1.0, 10, 10),
            (1.1, 10, 11),
            (1.2, 10, 12),
            (1.25, 10, 12),
            (1.3, 10, 13),
            (1.6, 10, 16),
            (1.7, 10, 17),
            (1.25, 3, 4),
            (1.01, 1, 2),
            (1.2, 1000, 1200),
            (2.0, 7, 14),
        ] {
            assert_eq!(rollout(surge, [0.0; 3]).most_instances(n), most, "{n} at {surge}");
        }
    }

    /// Every position is replaced once, in order, and at no moment are there more instances than were said, or fewer that serve
    /// than there were, less one in place.
    #[test]
    fn there_are_never_more_than_were_said() {
        for surge in [1.0, 1.1, 1.34, 1.5, 2.0] {
            for n in 1..=12u32 {
                for times in [[0.0; 3], [60.0, 3.0, 4.0], [5.0, 30.0, 1.0], [5.0, 0.0, 9.0]] {
                    let rollout = rollout(surge, times);
                    let batches = rollout.batches(n);
                    let places: Vec<u32> = batches.iter().flat_map(|batch| batch.positions.clone()).collect();
                    assert_eq!(places, (0..n).collect::<Vec<_>>());
                    let moments = batches.iter().flat_map(|b| [b.leave, b.start, b.serve, b.gone]);
                    for moment in moments {
                        let (there, serving) = count(&batches, n, moment);
                        assert!(there <= rollout.most_instances(n), "{there} of {n} at {surge}, {times:?}");
                        assert!(
                            serving + u32::from(rollout.is_in_place()) >= n,
                            "{serving} of {n} at {surge}, {times:?}"
                        );
                    }
                }
            }
        }
    }

    /// Instances that exist and that serve right after a moment.
    fn count(batches: &[Batch], n: u32, moment: Span) -> (u32, u32) {
        let sum = |when: fn(&Batch) -> Span| -> u32 {
            batches.iter().filter(|batch| when(batch) <= moment).map(|batch| batch.positions.len() as u32).sum()
        };
        (n + sum(|b| b.start) - sum(|b| b.gone), n + sum(|b| b.serve) - sum(|b| b.leave))
    }

    #[test]
    fn what_is_no_surge_is_refused_with_the_reason() {
        assert_eq!(Rollout::read_surge("1"), Ok(1.0));
        assert_eq!(Rollout::read_surge(" 200 %"), Ok(2.0));
        for (text, why) in [
            ("0.5", "fewer instances than there were"),
            ("25%", "fewer instances than there were"),
            ("-1", "fewer instances"),
            ("3", "to 2 (blue-green)"),
            ("nan", "found \"nan\""),
            ("", "found \"\""),
            ("inf", "found \"inf\""),
            ("many", "found \"many\""),
        ] {
            let message = Rollout::read_surge(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
