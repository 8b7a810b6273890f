//! From which size to which it is safe.

use super::Survived;
use super::uncertain::{Uncertain, enough};
use crate::experiment::Piece;
use crate::plan::{Recommendation, Search, Verdict};
use crate::scenario::Model;
use serde::Serialize;

/// A larger pool is looked for up to so many times the recommended one.
const REACH: u32 = 8;
/// How often the search looks at each size beyond the recommended one, at most.
const LOOKS: usize = 2;

/// The sizes of one instance's pool that are safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Band {
    /// The smallest.
    pub lowest: u32,
    /// Why not one less.
    pub lowest_because: String,
    /// The largest; absent when nothing in the scenario speaks against more.
    pub highest: Option<u32>,
    /// Why not one more.
    pub highest_because: String,
}

impl Band {
    /// Around a recommendation for which a search has been made, or the pieces that it must do first. `uncertain`: the answer over
    /// uncertain inputs.
    pub(super) fn of(
        search: &Search,
        answer: &Recommendation,
        model: &Model,
        survival: &[Survived],
        uncertain: Option<&Uncertain>,
    ) -> Result<Self, Vec<Piece>> {
        let lowest = answer.recommended.map_or(1, |found| found.max_size);
        let needs = survival.iter().find(|case| case.smallest == Some(lowest) && !case.as_it_is);
        let lowest_because = match (needs, answer.table.iter().find(|row| row.max_size + 1 == lowest)) {
            (Some(case), _) => format!("\"{}\" is not survived with {}", case.name, lowest - 1),
            (None, _) if lowest > 1 && uncertain.is_some_and(|found| found.max_size == lowest) => {
                let share = uncertain.map_or(0.0, |found| enough(&found.table, lowest - 1));
                format!("{} is enough in {:.0} % of the worlds that the ranges allow", lowest - 1, 100.0 * share)
            }
            (None, Some(row)) if row.verdict == Verdict::Misses => format!("{} misses the objectives", lowest - 1),
            (None, Some(_)) => format!("{} does not surely meet the objectives", lowest - 1),
            (None, None) if lowest == 1 => "there is no smaller pool".to_owned(),
            (None, None) => format!("{} can not serve the load", lowest - 1),
        };
        let hard = hard_limits(model, search.lets_in()).into_iter().min_by_key(|(most, _)| *most);
        let edge = if model.cpu_capacity().is_some() {
            let top = hard.as_ref().map_or(u32::MAX, |(most, _)| *most).min(lowest.saturating_mul(REACH));
            contended(search, lowest, top)?
        } else {
            None
        };
        let (highest, highest_because) = match (edge, hard) {
            (Some((most, why)), _) | (None, Some((most, why))) => (Some(most.max(lowest)), why),
            (None, None) => (None, unknown(model)),
        };
        Ok(Self { lowest, lowest_because, highest, highest_because })
    }
}

/// What could be said of limits, and is not.
fn unknown(model: &Model) -> String {
    let database = &model.database;
    let keys = [
        ("database.max_connections", database.limits.usable().is_none()),
        ("database.cores", database.law.is_none()),
        ("query.cpu", database.law.is_some() && model.cpu_capacity().is_none()),
        ("database.memory_per_connection", database.memory_per_connection.is_none() || database.memory.is_none()),
    ];
    let unsaid: Vec<&str> = keys.into_iter().filter(|(_, unsaid)| *unsaid).map(|(key, _)| key).collect();
    let keys = match unsaid.as_slice() {
        [] => return "nothing in the scenario speaks against more".to_owned(),
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        all => all.join(", "),
    };
    format!("nothing in the scenario speaks against more: say {keys} if there are limits")
}

/// What the fleet can have at most, for each instance, whatever chance says; `most` is what the database lets in.
fn hard_limits(model: &Model, most: u32) -> Vec<(u32, String)> {
    let instances = model.instances();
    let database = &model.database;
    let sides: u32 = model.side_pools.iter().map(|pool| pool.config.max_size).sum();
    let each = |all: u32| (all / instances).saturating_sub(sides).max(1);
    let mut limits = Vec::new();
    if let (Some(usable), None) = (database.limits.usable(), &model.pooler) {
        // While instances are replaced one by one, one more than usual has its connections.
        let one_more = (usable / (instances + 1)).saturating_sub(sides);
        let deploys = if instances > 1 && one_more > 0 {
            format!("; {one_more} leave room for one instance more while a deploy replaces them")
        } else {
            String::new()
        };
        limits.push((
            most,
            format!("the database lets in {usable} connections, and {instances} instances share them{deploys}"),
        ));
    }
    if let Some(pooler) = model.pooler.as_ref().filter(|pooler| pooler.max_client_conn < u32::MAX) {
        let lets_in = pooler.max_client_conn;
        limits.push((
            each(lets_in),
            format!("the pooler lets in {lets_in} clients (max_client_conn), and {instances} instances share them"),
        ));
    }
    if let (Some(memory), Some(of_one)) = (database.memory, database.memory_per_connection) {
        let all = (memory.get() / of_one.get().max(1)).min(u64::from(u32::MAX)) as u32;
        limits.push((each(all), format!("{memory} of memory hold {all} connections of {of_one}")));
    }
    if let (Some((rate, _)), Some(lifetime)) = (database.limits.connects, model.pool.max_lifetime) {
        let all = (rate.as_per_second() * lifetime.seconds()).min(f64::from(u32::MAX)) as u32;
        limits.push((
            each(all),
            format!("connections that live {lifetime} are replaced, and the database accepts {rate} new ones"),
        ));
    }
    limits
}

/// The largest size up to `top` with which queries do not yet slow each other down too much.
fn contended(search: &Search, lowest: u32, top: u32) -> Result<Option<(u32, String)>, Vec<Piece>> {
    if top <= lowest || search.verdict(top, LOOKS)? == Verdict::Meets {
        return Ok(None);
    }
    let (mut good, mut bad) = (lowest, top);
    // To within a twentieth: one connection more or less is no edge here.
    while bad - good > (good / 20).max(1) {
        let middle = good + (bad - good) / 2;
        if search.verdict(middle, LOOKS)? == Verdict::Meets {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let why =
        format!("with {bad} so many queries share the database's cores at once that the objectives are not surely met");
    Ok(Some((good, why)))
}
