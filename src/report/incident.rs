//! What a document says of an incident.

use crate::scenario::{Model, Reading};
use crate::units::{Probability, SimTime};
use serde::Serialize;

/// What a document says of an incident. Moments are seconds from the start of the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct IncidentReport {
    /// When the window begins over which people count.
    pub from: f64,
    /// When it ends.
    pub until: f64,
    /// An answer that takes longer than this is slow, in seconds.
    pub slow: f64,
    /// The share that is said to have been affected.
    pub stated: Option<f64>,
    /// The share of what that is.
    pub read_as: Reading,
    /// When it is said to have been over.
    pub recovered: Option<f64>,
    /// The document.
    pub source: Option<String>,
}

impl IncidentReport {
    /// What the scenario's document says, if it has one.
    pub(super) fn of(model: &Model) -> Option<Self> {
        model.incident().map(|incident| Self {
            from: incident.from.seconds(),
            until: incident.until.seconds(),
            slow: incident.slow.seconds(),
            stated: incident.stated.map(Probability::value),
            read_as: incident.read_as,
            recovered: incident.recovered.map(SimTime::seconds),
            source: incident.source.clone(),
        })
    }
}
