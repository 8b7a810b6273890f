//! A query class: its share of the requests, how long one holds its connection, and how often it is never returned.

use super::Distribution;
use crate::units::Probability;

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What people call it.
    pub name: String,
    /// Its share of the requests, relative to the other classes' weights.
    pub weight: f64,
    /// How long a request holds its connection.
    pub hold: Distribution,
    /// The probability that a request never returns its connection.
    pub leak: Probability,
}

/// Mean and second moment of the hold over all classes, in seconds and seconds²; infinite if one of them has an infinite one.
pub fn hold_moments(queries: &[Query]) -> (f64, f64) {
    let total: f64 = queries.iter().map(|q| q.weight).sum();
    // What never comes counts for nothing, even if its mean is infinite.
    queries.iter().filter(|q| q.weight > 0.0).fold((0.0, 0.0), |(mean, second), q| {
        let share = q.weight / total;
        (mean + share * q.hold.mean(), second + share * q.hold.second_moment())
    })
}
