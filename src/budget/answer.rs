//! The answer: each service with what it gets, and what would make all fit.

use super::ways::Way;
use crate::problem::Problem;
use crate::report::Estimate;
use serde::Serialize;

/// What one service needs and gets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// What people call it.
    pub name: String,
    /// Its instances.
    pub instances: u32,
    /// Instances that a deploy adds for a while.
    pub surge: u32,
    /// What it asks for.
    pub slo: Vec<String>,
    /// The smallest pool of each instance that meets this; absent where no size does.
    pub needs: Option<u32>,
    /// The pool of each instance that it gets; absent where not even one connection for each instance is there.
    pub gets: Option<u32>,
    /// Connections of all instances with what it needs, and those while a deploy replaces them.
    pub needed: [u64; 2],
    /// The same with what it gets.
    pub given: [u64; 2],
    /// Which objective it is furthest from, or nearest to missing, with what it gets.
    pub worst: String,
    /// How many times as much as that objective allows; absent where the queue grows without end.
    pub times: Option<f64>,
    /// What was measured of that objective with what it gets: seconds, or a share.
    pub measured: Option<Estimate>,
    /// What would be measured of it with what it needs.
    pub unsqueezed: Option<Estimate>,
    /// The same in words.
    pub sentence: String,
}

/// Whether it fits, and if not, what can be done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The seed.
    pub seed: u64,
    /// The confidence of intervals.
    pub confidence: f64,
    /// Connections that the database accepts.
    pub max_connections: u32,
    /// Those of them that the services can not have.
    pub reserved: u32,
    /// Connections that all services need, and those while all of them are deployed.
    pub needed: [u64; 2],
    /// Whether all services meet their objectives, also while they are deployed.
    pub fits: bool,
    /// The answer in words.
    pub sentences: Vec<String>,
    /// The services, in the order of the file.
    pub services: Vec<Share>,
    /// What would make it fit; nothing where it does.
    pub ways: Vec<Way>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
}
