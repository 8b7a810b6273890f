//! How a distribution was asked for, where there is more than one way, so that it is written back the same way.

use super::percentile::Percentile;
use crate::units::Span;
use core::fmt;

/// By what its parameters were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Given {
    /// By its own parameters.
    Parameters,
    /// By its mean in seconds and its coefficient of variation.
    MeanCv {
        /// The mean, in seconds.
        mean: f64,
        /// Standard deviation over mean.
        cv: f64,
    },
    /// By two percentiles.
    Percentiles([Percentile; 2]),
}

impl Given {
    /// `name(…)`, with its own parameters where it was given by them.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, name: &str, own: fmt::Arguments<'_>) -> fmt::Result {
        match self {
            Self::Parameters => write!(f, "{name}({own})"),
            Self::MeanCv { mean, cv } => write!(f, "{name}(mean={}, cv={cv})", Span::from_seconds(*mean)),
            Self::Percentiles([low, high]) => write!(f, "{name}({low}, {high})"),
        }
    }

    /// What two percentiles leave unsaid.
    pub(super) fn cautions(&self) -> Vec<String> {
        match self {
            Self::Percentiles(_) => vec![UNTESTED.to_owned()],
            _ => Vec::new(),
        }
    }
}

/// Two points fit any family of two parameters.
pub(super) const UNTESTED: &str = "two percentiles: nothing left to test the shape";
