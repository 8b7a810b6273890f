//! What would make all services fit.

use super::file::{Budget, Service};
use crate::experiment::{Options, in_parallel};
use crate::plan::{Recommendation, recommend};
use crate::problem::Problems;
use crate::scenario::Model;
use serde::Serialize;

/// Something that could be done, with what it comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Way {
    /// What to do, in words.
    pub what: String,
    /// Connections of the database that are needed then, while services are deployed too; absent where that has no answer.
    pub needs: Option<u64>,
    /// Whether that fits.
    pub fits: bool,
}

/// How far it is: what is being done, how much of it is done, and how much there is.
pub type Tell<'a> = &'a dyn Fn(&'static str, u64, u64);

/// What could be done: more connections, deploys one after another, half as many instances, a pooler. The last two are simulated.
pub(super) fn ways(
    budget: &Budget,
    found: &[Recommendation],
    needed: [u64; 2],
    options: &Options,
    tell: Tell<'_>,
) -> Result<Vec<Way>, Problems> {
    let usable = u64::from(budget.usable());
    let sized = found.iter().all(|answer| answer.recommended.is_some());
    let way = |what: String, needs: Option<u64>| Way { what, needs, fits: needs.is_some_and(|needs| needs <= usable) };
    let mut all = Vec::new();
    if sized {
        let most = needed[1] + u64::from(budget.reserved);
        all.push(Way { fits: true, ..way(format!("max_connections = {most} lets all of them in"), Some(needed[1])) });
        let surges = budget.services.iter().zip(found).map(|(service, answer)| {
            u64::from(service.surge) * u64::from(answer.recommended.map_or(0, |found| found.max_size))
        });
        let one = needed[0] + surges.max().unwrap_or(0);
        if one < needed[1] {
            all.push(way("deploys one service after another, never two at once".to_owned(), Some(one)));
        }
    }
    tell("looking for ways", 0, 2);
    if budget.services.iter().any(|service| service.model.instances() > 1) {
        let half = |service: &Service| service.model.instances().div_ceil(2);
        let needs = with(&budget.services, options, half, |service| service.surge)?;
        all.push(way("half as many instances of each service, with larger pools".to_owned(), needs));
    }
    tell("looking for ways", 1, 2);
    let needs = with(&budget.services, options, |_| 1, |_| 0)?;
    let what = "a pooler before the database, which gives a connection for one transaction at a time: one pool for all instances of a service";
    all.push(way(what.to_owned(), needs));
    tell("looking for ways", 2, 2);
    Ok(all)
}

/// What all need with other numbers of instances; `None` where a service has no size that meets its objectives then.
fn with(
    services: &[Service],
    options: &Options,
    instances: impl Fn(&Service) -> u32 + Sync + Send,
    surge: impl Fn(&Service) -> u32 + Sync + Send,
) -> Result<Option<u64>, Problems> {
    let needs = in_parallel(0..services.len() as u32, |n| {
        let service = &services[n as usize];
        let model = Model { instances: instances(service), ..service.model.clone() };
        let answer = recommend(&model, options)?;
        let count = u64::from(model.instances() + surge(service));
        Ok(answer.recommended.map(|found| count * u64::from(found.max_size)))
    });
    let each = needs.into_iter().collect::<Result<Vec<_>, Problems>>()?;
    Ok(each.into_iter().sum())
}
