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
    /// Wait and hold together: the sojourn.
    Response(Stat),
    /// The share of requests that gave up waiting.
    TimedOutShare,
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
pub const METRICS: [(&str, Metric); 12] = [
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
    ("timed_out_share", Metric::TimedOutShare),
    ("impact.failed_requests", Metric::FailedRequests),
];

impl Objective {
    /// Read `metric <= value`; [`METRICS`] lists the metrics.
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
            return Err(format!("unknown metric {}{meant} (known: {known})", shown(name)));
        };
        let at_most = match metric {
            Metric::TimedOutShare | Metric::FailedRequests => share(value),
            Metric::Wait(_) | Metric::Response(_) => Span::parse(value).map(Span::seconds),
        }?;
        Ok(Self { metric: *metric, at_most })
    }
}

/// The least share that is asked for: a run of some million requests can not show less.
const SHARE_MIN: f64 = 1e-6;

fn hint(text: &str) -> &'static str {
    if text.contains(['<', '≤']) { " (write <=)" } else { "" }
}

fn share(text: &str) -> Result<f64, String> {
    let share = Probability::parse(text)?.value();
    if share < SHARE_MIN {
        return Err(format!(
            "a share below {}% can not be shown by simulation; found {}",
            SHARE_MIN * 100.0,
            shown(text)
        ));
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
        matches!(self, Self::TimedOutShare | Self::FailedRequests)
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
            Self::TimedOutShare => "timeouts".into(),
            Self::FailedRequests => "failed requests".into(),
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <= ", self.metric)?;
        match self.metric {
            // Rounded where binary fractions would show.
            Metric::TimedOutShare | Metric::FailedRequests => write!(f, "{}%", (self.at_most * 1e12).round() / 1e10),
            Metric::Wait(_) | Metric::Response(_) => write!(f, "{}", Span::from_seconds(self.at_most)),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = METRICS.iter().find(|(_, metric)| metric == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}
