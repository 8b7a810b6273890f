//! A query class: its share of the requests, how long one holds its connections, how many it takes, and how often one is never
//! returned.

use super::Distribution;
use crate::units::Probability;

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What people call it.
    pub name: String,
    /// Its share of the requests, relative to the other classes' weights.
    pub weight: f64,
    /// How long a request works with its connection: all of it, or what the database does.
    pub hold: Distribution,
    /// How long the application works besides, while it holds the connection.
    pub app: Option<Distribution>,
    /// How long it keeps the connection after the answer.
    pub after: Option<Distribution>,
    /// The connections that a request needs at once; it asks for one after another and keeps those that it has.
    pub connections: u32,
    /// How long it works before it asks for each further connection.
    pub between: Option<Distribution>,
    /// The probability that a request never returns its connections.
    pub leak: Probability,
}

impl Query {
    /// A class of this name that holds one connection for `hold` and returns it.
    pub fn new(name: impl Into<String>, hold: Distribution) -> Self {
        Self {
            name: name.into(),
            weight: 1.0,
            hold,
            app: None,
            after: None,
            connections: 1,
            between: None,
            leak: Probability::default(),
        }
    }

    /// Whether it has a hold and nothing else.
    pub fn is_plain(&self) -> bool {
        let parts = [&self.app, &self.after, &self.between];
        parts.iter().all(|part| part.is_none()) && self.connections == 1 && self.leak.value() == 0.0
    }

    /// Mean and variance of the connection-time that one request takes, in connection-seconds and their square: waits for
    /// further connections left out.
    fn occupancy(&self) -> (f64, f64) {
        let k = f64::from(self.connections);
        // The first of k connections is held during k − 1 pauses, the second during k − 2, …
        let pauses = k * (k - 1.0) / 2.0;
        let parts = [(Some(&self.hold), k), (self.app.as_ref(), k), (self.after.as_ref(), k)];
        let mut mean = 0.0;
        let mut variance = 0.0;
        for (part, times) in parts.into_iter().filter_map(|(part, times)| Some((part?, times))) {
            let m = part.mean();
            mean += times * m;
            variance += times * times * (part.second_moment() - m * m);
        }
        if let Some(between) = &self.between {
            let m = between.mean();
            mean += pauses * m;
            // The i-th pause is shared by i connections.
            variance += (k - 1.0) * k * (2.0 * k - 1.0) / 6.0 * (between.second_moment() - m * m);
        }
        (mean, variance)
    }
}

/// Mean and second moment of the connection-time of a request over all classes, in seconds and seconds², with the given weights.
pub fn hold_moments<'a>(queries: impl Iterator<Item = (f64, &'a Query)>) -> (f64, f64) {
    let (total, mean, second) = queries.fold((0.0, 0.0, 0.0), |(total, mean, second), (weight, q)| {
        let (m, variance) = q.occupancy();
        (total + weight, mean + weight * m, second + weight * (variance + m * m))
    });
    (mean / total, second / total)
}
