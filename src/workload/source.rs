//! A source of requests: when they come, and of which class they are.

use super::query::hold_moments;
use super::{Arrivals, Query, arrivals::Open};
use crate::units::Rate;

/// One of the independent sources that load the fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What people call it.
    pub name: String,
    /// When its requests come.
    pub arrivals: Arrivals,
    /// Its requests are all of this class, by place; `None`: they choose among all by weight.
    pub query: Option<usize>,
    /// They take their connections from this pool of their instance, by place.
    pub pool: usize,
}

impl Source {
    /// Mean and second moment of how long its requests hold their connections, in seconds and seconds²: as recorded where that
    /// was, else by class.
    pub fn hold_moments(&self, queries: &[Query]) -> (f64, f64) {
        match (&self.arrivals, self.query) {
            (Arrivals::Open(Open::Trace(trace)), query) => {
                trace.hold_moments().unwrap_or_else(|| by_class(query, queries))
            }
            (_, query) => by_class(query, queries),
        }
    }

    /// Whether it recorded how long its requests hold their connections.
    pub(crate) fn has_own_holds(&self) -> bool {
        matches!(&self.arrivals, Arrivals::Open(Open::Trace(trace)) if trace.hold_moments().is_some())
    }

    /// Its highest rate over the fleet, as in [`Arrivals::peak`].
    pub fn peak(&self, queries: &[Query]) -> Rate {
        self.arrivals.peak(self.hold_moments(queries).0)
    }
}

fn by_class(query: Option<usize>, queries: &[Query]) -> (f64, f64) {
    match query {
        Some(n) => hold_moments(core::iter::once((1.0, &queries[n]))),
        None => hold_moments(queries.iter().map(|query| (query.weight, query))),
    }
}
