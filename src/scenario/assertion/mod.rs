//! What must hold in a scenario: `wait.p99 <= 50ms`, `never: pending > 100`, `recovered within 10m of deploy`.

mod grammar;
mod level;
mod measure;

pub(super) use grammar::Names;
pub use level::{LEVELS, Level};
pub use measure::{MEASURES, Measure, Unit};

use crate::units::{SimTime, Span};

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    /// What people call it, where they gave it a name.
    pub name: Option<String>,
    /// As it is written.
    pub that: String,
    /// What that means.
    pub claim: Claim,
    /// From when on it is looked at; absent for the start of what is measured.
    pub from: Option<SimTime>,
    /// Until when; absent for the end of the run.
    pub until: Option<SimTime>,
}

/// What an assertion says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// A number of the whole window is at most, or at least, so much.
    Bound {
        /// Which number; it says which of the two.
        measure: Measure,
        /// The limit, in its unit: seconds, a share from 0 to 1, or per second.
        limit: f64,
    },
    /// A level is never above so much.
    Never {
        /// Which level.
        level: Level,
        /// The most, in its unit.
        above: f64,
    },
    /// An alert never fires.
    Silent {
        /// Which alert, by its place.
        alert: usize,
    },
    /// A level is back at so much within a time after a moment, and stays there until the end.
    Back {
        /// Which level.
        level: Level,
        /// The most from then on, in its unit.
        at_most: f64,
        /// Within this time.
        within: Span,
        /// After this.
        of: Moment,
    },
    /// No more requests fail or are slow than before, within a time after a moment.
    Recovered {
        /// Within this time.
        within: Span,
        /// After this.
        of: Moment,
    },
    /// An alert begins to fire within a time after a moment.
    Fires {
        /// Which alert, by its place.
        alert: usize,
        /// Within this time.
        within: Span,
        /// After this.
        of: Moment,
    },
    /// The recommended size of a pool is at most so much.
    Size {
        /// The most; absent for the size that is configured.
        at_most: Option<u32>,
    },
}

impl Claim {
    /// The kind of assertion in one word: `bound`, `never`, `within` or `size`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bound { .. } => "bound",
            Self::Never { .. } | Self::Silent { .. } => "never",
            Self::Back { .. } | Self::Recovered { .. } | Self::Fires { .. } => "within",
            Self::Size { .. } => "size",
        }
    }

    /// Within which time after which moment, where it speaks of one.
    pub fn deadline(&self) -> Option<(Span, Moment)> {
        match *self {
            Self::Back { within, of, .. } | Self::Recovered { within, of } | Self::Fires { within, of, .. } => {
                Some((within, of))
            }
            _ => None,
        }
    }
}

/// From when on a time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A moment of the run.
    At(SimTime),
    /// When an entry of the timeline begins, by its place as it is written.
    Entry(usize),
    /// When 5 % of the requests begin to fail.
    Onset,
}
