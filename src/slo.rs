//! What is asked of a pool: `wait.p99 <= 50ms`.

use crate::problem::{nearest, shown};
use crate::units::{Probability, Span};
use core::fmt;

/// A statistic of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// The mean.
    Mean,
    /// The percentile of this many thousandths.
    Percentile(u16),
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The wait for a connection.
    Wait(Stat),
    /// Wait and work together, of the attempts whose client got the answer: the sojourn.
    Response(Stat),
    /// All attempts, from their arrival to their answer or failure, as their client saw it: what fails fast counts too.
    Attempt(Stat),
    /// The share of requests that gave up waiting.
    TimedOutShare,
    /// The share of requests whose work was done for a client that was no longer there.
    WastedShare,
    /// The share of requests that gave up or were turned away.
    FailedRequests,
}

/// A metric and the most that it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// What is measured.
    pub metric: Metric,
    /// The most it may be: seconds, or a share from 0 to 1.
    pub at_most: f64,
}

/// Every metric with its written name.
pub const METRICS: [(&str, Metric); 18] = [
    ("wait.mean", Metric::Wait(Stat::Mean)),
    ("wait.p50", Metric::Wait(Stat::Percentile(500))),
    ("wait.p90", Metric::Wait(Stat::Percentile(900))),
    ("wait.p95", Metric::Wait(Stat::Percentile(950))),
    ("wait.p99", Metric::Wait(Stat::Percentile(990))),
    ("response.mean", Metric::Response(Stat::Mean)),
    ("response.p50", Metric::Response(Stat::Percentile(500))),
    ("response.p90", Metric::Response(Stat::Percentile(900))),
    ("response.p95", Metric::Response(Stat::Percentile(950))),
    ("response.p99", Metric::Response(Stat::Percentile(990))),
    ("attempt.mean", Metric::Attempt(Stat::Mean)),
    ("attempt.p50", Metric::Attempt(Stat::Percentile(500))),
    ("attempt.p90", Metric::Attempt(Stat::Percentile(900))),
    ("attempt.p95", Metric::Attempt(Stat::Percentile(950))),
    ("attempt.p99", Metric::Attempt(Stat::Percentile(990))),
    ("timed_out_share", Metric::TimedOutShare),
    ("wasted_share", Metric::WastedShare),
    ("impact.failed_requests", Metric::FailedRequests),
];

impl Objective {
    /// Read `metric <= value`; [`METRICS`] lists the metrics. `goodput >= 99%`, the share of the requests that are answered, is read as
    /// what it leaves: `impact.failed_requests <= 1%`.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::slo::Objective;
    /// assert_eq!(Objective::parse("wait.p99 <= 50ms").unwrap().at_most, 0.05);
    /// assert!(Objective::parse("wait.p98 <= 50ms").unwrap_err().contains("did you mean"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(("goodput", least)) = text.split_once(">=").map(|(left, right)| (left.trim(), right.trim())) {
            return goodput(least);
        }
        let Some((left, right)) = text.split_once("<=") else {
            return Err(format!(
                "expected an objective such as \"wait.p99 <= 50ms\", found {}{}",
                shown(text),
                hint(text)
            ));
        };
        let (name, value) = (left.trim(), right.trim());
        let Some((_, metric)) = METRICS.iter().find(|(known, _)| *known == name) else {
            let names = METRICS.iter().map(|m| m.0);
            let meant = nearest(name, names.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let known = names.collect::<Vec<_>>().join(", ");
            return Err(format!("unknown metric {}{meant} (known: {known}){}", shown(name), hint(name)));
        };
        let at_most = if metric.is_share() { share(value) } else { Span::parse(value).map(Span::seconds) }?;
        Ok(Self { metric: *metric, at_most })
    }
}

fn goodput(least: &str) -> Result<Objective, String> {
    let Ok(answered) = Probability::parse(least) else {
        return Err(format!(
            "expected the share of requests that are answered, such as goodput >= 99%, found {}",
            shown(least)
        ));
    };
    // Rounded where binary fractions would show.
    let at_most = ((1.0 - answered.value()) * 1e12).round() / 1e12;
    if at_most < SHARE_MIN {
        return Err(format!("a share above 99.9999% can not be shown by simulation; found {}", shown(least)));
    }
    Ok(Objective { metric: Metric::FailedRequests, at_most })
}

/// The least share that is asked for: a run of some million requests can not show less.
const SHARE_MIN: f64 = 1e-6;

fn hint(text: &str) -> &'static str {
    match text {
        t if t.contains("goodput") => " (goodput has a least: goodput >= 99%)",
        t if t.contains(['<', '≤']) => " (write <=)",
        t if t.contains(['>', '≥']) => " (only <= is known)",
        _ => "",
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = Probability::parse(text)?.value();
    if share < SHARE_MIN {
        return Err(format!("a share below 0.0001% can not be shown by simulation; found {}", shown(text)));
    }
    Ok(share)
}

impl Objective {
    /// In words: `the p99 wait within 50 ms`.
    pub fn words(&self) -> String {
        let written = self.to_string();
        let most = written.split("<= ").last().unwrap_or_default();
        let (number, unit) = most.split_at(most.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(most.len()));
        let the = if self.metric.is_share() { "" } else { "the " };
        format!("{the}{} within {number} {unit}", self.metric.words())
    }
}

impl Metric {
    /// Whether it is a share of the requests, rather than a time.
    pub fn is_share(self) -> bool {
        matches!(self, Self::TimedOutShare | Self::WastedShare | Self::FailedRequests)
    }

    /// In words: `p99 wait`.
    pub fn words(self) -> String {
        let stat = |stat| match stat {
            Stat::Mean => "mean".to_owned(),
            Stat::Percentile(thousandths) => format!("p{}", thousandths / 10),
        };
        match self {
            Self::Wait(of) => format!("{} wait", stat(of)),
            Self::Response(of) => format!("{} response time", stat(of)),
            Self::Attempt(of) => format!("{} time of all attempts", stat(of)),
            Self::TimedOutShare => "timeouts".into(),
            Self::WastedShare => "wasted answers".into(),
            Self::FailedRequests => "failed requests".into(),
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <= ", self.metric)?;
        match self.metric.is_share() {
            // Rounded where binary fractions would show.
            true => write!(f, "{}%", (self.at_most * 1e12).round() / 1e10),
            false => write!(f, "{}", Span::from_seconds(self.at_most)),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = METRICS.iter().find(|(_, metric)| metric == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_read_and_written_alike() {
        for (name, metric) in METRICS {
            let text = format!("{name} <= {}", if metric.is_share() { "0.1%" } else { "50ms" });
            let objective = Objective::parse(&text).unwrap();
            assert_eq!((objective.metric, objective.to_string()), (metric, text));
            assert!(!objective.words().is_empty());
        }
    }

    #[test]
    fn goodput_is_what_is_not_lost() {
        let objective = Objective::parse("goodput >= 99.9%").unwrap();
        assert_eq!(objective, Objective::parse("impact.failed_requests <= 0.1%").unwrap());
    }

    #[test]
    fn what_is_no_objective_is_refused_with_the_way_out() {
        for (text, why) in [
            ("goodput >= 100/s", "such as goodput >= 99%"),
            ("goodput <= 99%", "goodput >= 99%"),
            ("goodput >= 100%", "can not be shown"),
            ("wait.p99 < 50ms", "write <="),
            ("wait.p99 > 50ms", "only <= is known"),
            ("atempt.p99 <= 50ms", "did you mean attempt.p99?"),
            ("wasted_share <= 50ms", "expected a share"),
            ("attempt.p99 <= 1%", "expected a duration"),
        ] {
            let message = Objective::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
