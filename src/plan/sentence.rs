//! The search's answer in a sentence: what to use, what it gives, and why not one less.

use super::search::{Assessed, Search};
use super::verdict::Verdict;
use crate::report::CONFIDENCE;
use crate::report::text::{measure_of, time};
use crate::slo::{Metric, Objective};

/// A wait behind the pool of this share of the wait that is asked for is told.
const BEHIND: f64 = 0.2;
/// Why no size may do, before what it is has been tried.
pub(crate) const ELSEWHERE: &str = "a larger one changes nothing, for requests wait for something else (another pool, the pooler, the \
                                    database, or a connection that is being opened)";
/// Why pools can be too large to recover from being full.
pub(crate) const CROWDED: &str = "so many queries at once slow the database down below what comes";

impl Search {
    pub(super) fn sentence(&self, found: Option<u32>, finished: bool) -> String {
        if !finished {
            return "Simulating…".into();
        }
        if let Some(why) = &self.hopeless {
            return format!("No answer: {why}.");
        }
        let asked = self.objectives.iter().map(Objective::words).collect::<Vec<_>>().join(" and ");
        let Some(size) = found else {
            return match self.ended_at_the_database() {
                true => format!(
                    "No pool size keeps {asked}: more than {} for each of {} instances the database does not let in.",
                    self.most, self.instances
                ),
                false if self.ended_by_crowding() => format!(
                    "No pool size keeps {asked}: none up to {} does, and larger pools, once full, stay full: {CROWDED}.",
                    self.most
                ),
                false if self.nobody_waited() => {
                    format!("No pool size keeps {asked}: at the largest tried nobody waits for a connection any more.")
                }
                false => format!("No pool size keeps {asked}: {ELSEWHERE}."),
            };
        };
        let connections = if size == 1 { "1 connection".into() } else { format!("{size} connections") };
        let each = match self.instances {
            1 => connections,
            n => format!("{connections} on each of {n} instances, {} in all", size * n),
        };
        format!(
            "Use {each}: the fewest that keep {asked}, at {:.0} % confidence. {}",
            CONFIDENCE * 100.0,
            self.why(size)
        )
    }

    /// What the recommended size gives, and why not one less.
    fn why(&self, size: u32) -> String {
        let Some(less) = self.sizes.get(&(size - 1)) else {
            return if size == 1 {
                "There is no smaller pool.".into()
            } else {
                format!("{} can not serve the load.", size - 1)
            };
        };
        let broken = |o: &&Objective| {
            let upper = less.tally.measure(o.metric, CONFIDENCE).map(|e| e.mean + e.half_width.unwrap_or(0.0));
            upper.is_none_or(|upper| upper > o.at_most)
        };
        let beyond = |o: &Objective| {
            let found = less.tally.measure(o.metric, CONFIDENCE);
            found.is_some_and(|e| e.half_width.is_some_and(|half| e.mean - half > o.at_most))
        };
        let worst = self.objectives.iter().find(broken);
        let metric = worst.or(self.objectives.first()).map_or(Metric::FailedRequests, |o| o.metric);
        let gives = |assessed: &Assessed| {
            let measured = assessed.tally.measure(metric, CONFIDENCE);
            measured.map_or("nothing that can be measured".into(), |e| measure_of(&e, metric.is_share()))
        };
        let here = self.sizes.get(&size).map_or(String::new(), gives);
        let surely = match (less.verdict, worst) {
            (Verdict::Misses, _) => "",
            _ if less.short => ", but in runs too short to show how long waits become",
            (_, None) => ", which is within, but by too little to rely on",
            (_, Some(objective)) if beyond(objective) => ", which is beyond that, but by too little to be sure",
            _ => ", which is not surely within",
        };
        let a = if metric.is_share() { "" } else { "a " };
        let behind = self.behind(size);
        format!("That gives {a}{} of {here}; {} would give {}{surely}.{behind}", metric.words(), size - 1, gives(less))
    }

    /// What is waited for besides, which no objective on the wait for a connection counts: the servers of the pooler.
    fn behind(&self, size: u32) -> String {
        let asked = self.objectives.iter().filter(|o| matches!(o.metric, Metric::Wait(_))).map(|o| o.at_most);
        let there = self.sizes.get(&size).and_then(|a| a.tally.pooler_wait(CONFIDENCE).p99);
        match (asked.reduce(f64::min), there) {
            (Some(limit), Some(p99)) if p99.mean > BEHIND * limit => format!(
                " With their connection requests then wait for one of the pooler's servers, with a p99 of {}, which is not counted: a \
                 larger pool moves the wait there, more servers end it.",
                time(p99.mean)
            ),
            _ => String::new(),
        }
    }
}
