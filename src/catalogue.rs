//! Names, units, defaults and one-line explanations of everything that can be written: the planner's form, the command line's
//! help and the book's reference read this one table. A test holds it to the keys that scenarios really have.

use serde::Serialize;

/// One variant of a choice, such as a distribution.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Kind {
    /// As it is written.
    pub name: &'static str,
    /// Its parameters, by example.
    pub takes: &'static str,
    /// What it is, in one line.
    pub gloss: &'static str,
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Quantity {
    /// Free text.
    Text,
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// A duration such as `250ms`.
    Duration,
    /// A rate such as `120/s`.
    Rate,
    /// A share such as `0.1%`.
    Share,
    /// A distribution such as `exponential(mean=20ms)`.
    Distribution,
    /// An objective such as `wait.p99 <= 50ms`.
    Objective,
}

/// One key of a scenario. Lists are written with `[]`.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Field {
    /// Its path, such as `pool.max_size` or `query[].hold`.
    pub path: &'static str,
    /// What its value is.
    pub quantity: Quantity,
    /// What holds when it is not written; empty if it must be written.
    pub default: &'static str,
    /// What it is, in one line.
    pub gloss: &'static str,
}

const fn field(path: &'static str, quantity: Quantity, default: &'static str, gloss: &'static str) -> Field {
    Field { path, quantity, default, gloss }
}

/// Every key of a scenario.
pub const FIELDS: &[Field] = &[
    field("schema_version", Quantity::Count, "1", "the version of this format"),
    field("name", Quantity::Text, "scenario", "what people call it"),
    field("description", Quantity::Text, "none", "what it shows, for readers"),
    field("duration", Quantity::Duration, "10m", "how long a run with a timeline, a changing rate or a leak lasts"),
    field("traffic.rate", Quantity::Rate, "", "requests that ask for a connection, over the whole fleet"),
    field("traffic.steps[].at", Quantity::Duration, "", "from when on"),
    field("traffic.steps[].rate", Quantity::Rate, "", "the rate from then on"),
    field("query[].name", Quantity::Text, "query", "what people call this class of requests"),
    field("query[].weight", Quantity::Number, "1", "its share of the requests, relative to the other classes"),
    field("query[].hold", Quantity::Distribution, "", "how long a request holds its connection, from checkout to return"),
    field("query[].leak", Quantity::Share, "0%", "the share of requests that never return their connection"),
    field("fleet.instances", Quantity::Count, "1", "application instances, each with one pool; requests choose at random"),
    field("pool.max_size", Quantity::Count, "10", "the most connections that one instance's pool opens"),
    field("pool.acquire_timeout", Quantity::Duration, "30s", "how long a request waits for a connection, or \"none\""),
    field("pool.max_waiters", Quantity::Count, "none", "how many requests may wait per instance before others are rejected"),
    field("timeline[].at", Quantity::Duration, "", "when it begins, from the start of the run"),
    field("timeline[].change", Quantity::Text, "", "slow_query, rollback, resize_pool or note"),
    field("timeline[].query", Quantity::Text, "all", "slow_query: the class whose holds grow"),
    field("timeline[].factor", Quantity::Number, "", "slow_query: how many times as long as at the start"),
    field("timeline[].max_size", Quantity::Count, "", "resize_pool: the new limit"),
    field("timeline[].over", Quantity::Duration, "0s", "how long it takes to roll over all instances"),
    field("timeline[].text", Quantity::Text, "none", "what people saw or did"),
    field("slo[]", Quantity::Objective, "wait.p99 <= 50ms", "what recommend has to meet"),
];

/// The default of a key, as it would be written.
pub(crate) fn default_of(path: &str) -> &'static str {
    FIELDS.iter().find(|f| f.path == path).map_or("", |f| f.default)
}
