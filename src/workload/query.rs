//! A query class: its share of the requests, how long one holds its connections, how many it takes, and how often one is never
//! returned.

use super::Distribution;
use crate::units::Probability;

/// The processor time that a request takes in the database: what all that run there share.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cpu {
    /// None, or nobody knows: its work takes as long as it takes, whoever else runs.
    #[default]
    None,
    /// So long alone on a core, beside the hold.
    Work(Distribution),
    /// This share of the hold.
    ShareOfHold(Probability),
}

impl Cpu {
    /// The mean in seconds, beside or within a hold of this mean; infinite where its is.
    pub fn mean(&self, hold: f64) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Work(work) => work.mean(),
            Self::ShareOfHold(share) if share.value() == 0.0 => 0.0,
            Self::ShareOfHold(share) => share.value() * hold,
        }
    }
}

/// A class of requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What people call it.
    pub name: String,
    /// Its share of the requests, relative to the other classes' weights.
    pub weight: f64,
    /// How long a request works with its connection: all of it, or what the database does.
    pub hold: Distribution,
    /// The processor time that the database needs for it.
    pub cpu: Cpu,
    /// How long the application works besides, within the transaction.
    pub app: Option<Distribution>,
    /// How long it has the connection before its transaction begins.
    pub outside: Option<Distribution>,
    /// How long it keeps the connection after the answer.
    pub after: Option<Distribution>,
    /// The connections that a request needs at once; it asks for one after another and keeps those that it has.
    pub connections: u32,
    /// How long it works before it asks for each further connection.
    pub between: Option<Distribution>,
    /// The probability that a request never returns its connections.
    pub leak: Probability,
    /// The probability that a request needs the one locked row, from its first statement to the end of its transaction.
    pub lock: Probability,
}

impl Query {
    /// A class of this name that holds one connection for `hold` and returns it.
    pub fn new(name: impl Into<String>, hold: Distribution) -> Self {
        Self {
            name: name.into(),
            weight: 1.0,
            hold,
            cpu: Cpu::None,
            app: None,
            outside: None,
            after: None,
            connections: 1,
            between: None,
            leak: Probability::default(),
            lock: Probability::default(),
        }
    }

    /// Whether a request has one connection until its answer, and then returns or leaks it.
    pub fn is_brief(&self) -> bool {
        self.connections == 1 && self.after.is_none() && self.between.is_none()
    }

    /// Whether it has a hold and nothing else.
    pub fn is_plain(&self) -> bool {
        let nothing_else = self.cpu == Cpu::None && self.app.is_none() && self.outside.is_none();
        self.is_brief() && nothing_else && self.leak.value() == 0.0 && self.lock.value() == 0.0
    }

    /// Mean processor time of one request in the database, in seconds.
    pub fn cpu_mean(&self) -> f64 {
        self.cpu.mean(self.hold.mean())
    }

    /// Mean and second moment of the connection-time that one request takes, in connection-seconds and their square: waits for
    /// further connections left out.
    fn occupancy(&self) -> (f64, f64) {
        let k = f64::from(self.connections);
        let cpu = match &self.cpu {
            Cpu::Work(cpu) => Some(cpu),
            Cpu::None | Cpu::ShareOfHold(_) => None,
        };
        let whole = [Some(&self.hold), cpu, self.app.as_ref(), self.outside.as_ref(), self.after.as_ref()];
        let mut parts: Vec<(&Distribution, f64, f64)> =
            whole.into_iter().flatten().map(|part| (part, k, k * k)).collect();
        // Before the i-th further connection i are held.
        let pauses = (k * (k - 1.0) / 2.0, (k - 1.0) * k * (2.0 * k - 1.0) / 6.0);
        parts.extend(self.between.as_ref().map(|between| (between, pauses.0, pauses.1)));
        let mean: f64 = parts.iter().map(|(part, times, _)| times * part.mean()).sum();
        if !parts.iter().all(|(part, ..)| part.second_moment().is_finite()) {
            return (mean, f64::INFINITY);
        }
        let variance = |part: &Distribution| part.second_moment() - part.mean() * part.mean();
        (mean, mean * mean + parts.iter().map(|(part, _, squares)| squares * variance(part)).sum::<f64>())
    }
}

/// Mean and second moment of the connection-time of a request over all classes, in seconds and seconds², with the given weights;
/// infinite if one of them has an infinite one.
pub fn hold_moments<'a>(queries: impl Iterator<Item = (f64, &'a Query)>) -> (f64, f64) {
    // What never comes counts for nothing, even if its mean is infinite.
    let (total, mean, second) =
        queries.filter(|(weight, _)| *weight > 0.0).fold((0.0, 0.0, 0.0), |(total, mean, second), (weight, q)| {
            let of_class = q.occupancy();
            (total + weight, mean + weight * of_class.0, second + weight * of_class.1)
        });
    (mean / total, second / total)
}
