//! What an importer finds in a file, whatever the file is: [`super::made`] makes the scenario of it.

use super::durations::moments;
use super::number::Moment;
use crate::scenario::{Origin, TraceSection};
use crate::units::Span;

/// What the user says beside the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// How long the numbers cover; between two scrapes, the time between them.
    pub observed: Option<Span>,
    /// When the export was made.
    pub at: Option<Moment>,
    /// Requests per second, where the files do not say it or say it wrongly.
    pub rate: Option<f64>,
    /// How long a connection is held, as in `query.hold`.
    pub hold: Option<String>,
    /// The unit of numbers without one, in seconds.
    pub unit: Option<f64>,
    /// The length of an interval of arrival counts.
    pub every: Option<Span>,
}

/// A value with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Known<T> {
    /// The value.
    pub value: T,
    /// Whether the files say it, it follows from them, or nobody says it.
    pub is: Origin,
    /// Why this one.
    pub why: String,
}

impl<T> Known<T> {
    pub(super) fn read(value: T, why: impl Into<String>) -> Self {
        Self { value, is: Origin::Document, why: why.into() }
    }

    pub(super) fn derived(value: T, why: impl Into<String>) -> Self {
        Self { value, is: Origin::Derived, why: why.into() }
    }

    pub(super) fn assumed(value: T, why: impl Into<String>) -> Self {
        Self { value, is: Origin::Assumed, why: why.into() }
    }
}

/// How long connections are held: as the scenario language writes it, with the mean that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Hold {
    /// A distribution.
    pub text: String,
    /// The measured mean in seconds; `None` where only percentiles were.
    pub mean: Option<f64>,
}

impl Hold {
    /// Of this mean; nothing is known of its shape.
    pub(super) fn of_mean(mean: f64) -> Self {
        Self { text: format!("exponential(mean={})", Span::from_seconds(mean.max(1e-9))), mean: Some(mean) }
    }

    /// Of this mean and standard deviation, both in seconds.
    pub(super) fn of_moments(mean: f64, deviation: f64) -> Self {
        Self { text: moments(mean, if mean > 0.0 { deviation / mean } else { 0.0 }), mean: Some(mean) }
    }
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// What people call it.
    pub name: String,
    /// How many there were.
    pub weight: u64,
    /// How long one holds its connection.
    pub hold: Hold,
}

/// The connections that were busy.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// Their mean number over all instances.
    pub mean: f64,
    /// How often they were counted; `None` if the mean is over the whole time.
    pub looks: Option<u64>,
}

/// One pool over all instances, and what asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flow {
    /// What people call it; needed where there are several.
    pub name: String,
    /// Requests per second over all instances.
    pub rate: Option<Known<f64>>,
    /// What they are.
    pub classes: Option<Known<Vec<Class>>>,
    /// The mean wait for a connection, in seconds.
    pub wait: Option<f64>,
    /// How many connections were busy.
    pub active: Option<Active>,
    /// How many were idle.
    pub idle: Option<f64>,
    /// How many requests waited.
    pub pending: Option<f64>,
    /// The most connections of one instance.
    pub max: Option<Known<f64>>,
}

impl Flow {
    /// The mean hold over all classes, in seconds, where it was measured.
    pub fn hold(&self) -> Option<f64> {
        let classes = &self.classes.as_ref()?.value;
        let total: f64 = classes.iter().map(|class| class.weight as f64).sum();
        let sum: Option<f64> = classes.iter().map(|class| Some(class.weight as f64 * class.hold.mean?)).sum();
        Some(sum? / total).filter(|mean| mean.is_finite() && *mean > 0.0)
    }
}

/// All that was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// What the scenario is called.
    pub name: String,
    /// One pool or more; the first is the one that is sized.
    pub flows: Vec<Flow>,
    /// How many instances share the load.
    pub instances: Option<Known<u32>>,
    /// Recorded arrivals, in place of the first flow's rate.
    pub trace: Option<TraceSection>,
    /// What was used, as sentences without their end.
    pub used: Vec<String>,
    /// What was left out.
    pub left_out: Vec<String>,
    /// What the files can not say.
    pub unknown: Vec<String>,
    /// What may mislead.
    pub cautions: Vec<String>,
    /// Where a rate or a hold could come from, if they lack one.
    pub way_out: String,
}

/// A time for a sentence: three digits.
pub(super) fn time(seconds: f64) -> String {
    Span::from_seconds(digits(seconds)).to_string()
}

/// A number for a sentence: three digits.
pub(super) fn figure(x: f64) -> String {
    digits(x).to_string()
}

fn digits(x: f64) -> f64 {
    format!("{x:.2e}").parse().unwrap_or(x)
}
