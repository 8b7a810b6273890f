//! The sections of a scenario as written: every value a text with its unit, or a plain number.

use core::fmt;
use serde::{Deserialize, Serialize};

/// A value as it was written: a text with a unit, or a plain number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
pub enum Written {
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Number(f64),
    /// A text, usually with a unit.
    Text(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(n) => write!(f, "{n}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Written {
    fn from(n: u32) -> Self {
        Self::Whole(n.into())
    }
}

macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $key:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $key: $type),* }
    };
}

section! {
    /// A scenario as written. The catalogue ([`crate::catalogue::FIELDS`]) explains every key.
    ///
    /// ```
    /// use poolwise::scenario::{Scenario, QuerySection};
    /// let mut scenario = Scenario::default();
    /// scenario.traffic.rate = Some("800/s".into());
    /// scenario.query = vec![QuerySection { hold: Some("exponential(mean=20ms)".into()), ..Default::default() }];
    /// scenario.pool.max_size = Some(20.into());
    /// let model = scenario.check().unwrap();
    /// assert_eq!(model.offered_load(), 16.0);
    /// ```
    Scenario {
        /// The version of the format; this library reads version 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema_version: Option<Written>,
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What it shows.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<Written>,
        /// How long a run lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<Written>,
        /// When requests come.
        traffic: TrafficSection,
        /// What they are.
        query: Vec<QuerySection>,
        /// Where they go.
        fleet: FleetSection,
        /// What each instance has.
        pool: PoolSection,
        /// What happens during the run.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        timeline: Vec<TimelineSection>,
        /// What is asked of it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        slo: Vec<Written>,
    }
}
section! {
    /// `[traffic]`
    TrafficSection {
        /// Requests per second over the fleet.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// Changes of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        steps: Vec<StepSection>,
    }
}
section! {
    /// `[[traffic.steps]]`
    StepSection {
        /// From when on.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// The rate from then on.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
    }
}
section! {
    /// `[[query]]`
    QuerySection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// Its relative share of the requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<Written>,
        /// How long it holds its connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        hold: Option<Written>,
        /// The share that never returns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        leak: Option<Written>,
    }
}
section! {
    /// `[fleet]`
    FleetSection {
        /// How many instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        instances: Option<Written>,
    }
}
section! {
    /// `[pool]`
    PoolSection {
        /// The most connections of one instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// How long a request waits, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        acquire_timeout: Option<Written>,
        /// How many may wait, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_waiters: Option<Written>,
    }
}
section! {
    /// `[[timeline]]`
    TimelineSection {
        /// When it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// What it is: [`crate::timeline::KINDS`].
        #[serde(skip_serializing_if = "Option::is_none")]
        change: Option<Written>,
        /// The class whose holds grow.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
        /// How many times as long.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
        /// The new limit of the pools.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// How long it takes to roll over all instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        over: Option<Written>,
        /// What people saw or did.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Written>,
    }
}

impl Scenario {
    /// A scenario in which every key stands: what [`Scenario::read`] knows, and what the catalogue must explain.
    pub fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            schema_version: any(),
            name: any(),
            description: any(),
            duration: any(),
            traffic: TrafficSection { rate: any(), steps: vec![StepSection { at: any(), rate: any() }] },
            query: vec![QuerySection { name: any(), weight: any(), hold: any(), leak: any() }],
            fleet: FleetSection { instances: any() },
            pool: PoolSection { max_size: any(), acquire_timeout: any(), max_waiters: any() },
            timeline: vec![TimelineSection {
                at: any(),
                change: any(),
                query: any(),
                factor: any(),
                max_size: any(),
                over: any(),
                text: any(),
            }],
            slo: vec![Written::Whole(0)],
        }
    }
}
