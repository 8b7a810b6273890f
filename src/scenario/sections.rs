//! The sections of a scenario as written: every value a text with its unit, or a plain number.

use crate::workload::arrivals::{Counts, Trace};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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

/// One source of requests, written as a table, or several, written as a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a scenario has one")]
pub enum Traffic {
    // Serde tries them in this order, and would read an empty list as a table without keys.
    /// `[[traffic]]`
    Many(Vec<TrafficSection>),
    /// `[traffic]`
    One(TrafficSection),
}

impl Traffic {
    /// All sources.
    pub fn sources(&self) -> &[TrafficSection] {
        match self {
            Self::One(source) => core::slice::from_ref(source),
            Self::Many(sources) => sources,
        }
    }

    /// The same, to be changed.
    pub fn sources_mut(&mut self) -> &mut [TrafficSection] {
        match self {
            Self::One(source) => core::slice::from_mut(source),
            Self::Many(sources) => sources,
        }
    }

    /// Where a source is written: `traffic`, or `traffic[1]` in a list.
    pub fn path(&self, source: usize) -> String {
        match self {
            Self::One(_) => TRAFFIC.to_owned(),
            Self::Many(_) => format!("{TRAFFIC}[{source}]"),
        }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::One(TrafficSection::default())
    }
}

impl From<TrafficSection> for Traffic {
    fn from(source: TrafficSection) -> Self {
        Self::One(source)
    }
}

/// The key whose value is a table or a list of such tables.
pub(super) const TRAFFIC: &str = "traffic";

/// Arrivals that were read from a file, apart from the texts of a scenario: there may be ten million.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// One by one.
    Trace(Arc<Trace>),
    /// As many in each interval.
    Counts(Arc<Counts>),
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
    /// use poolwise::scenario::{QuerySection, Scenario, TrafficSection};
    /// let mut scenario = Scenario::default();
    /// scenario.traffic = TrafficSection { rate: Some("800/s".into()), ..Default::default() }.into();
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
        /// When requests come: one source as a table, several as a list.
        traffic: Traffic,
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
    /// A source of requests: `[traffic]`, or each `[[traffic]]`
    TrafficSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// Requests per second over the fleet.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// Changes of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        steps: Vec<StepSection>,
        /// Times with a multiple of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        spikes: Vec<SpikeSection>,
        /// How the rate follows the hours of the day.
        #[serde(skip_serializing_if = "Option::is_none")]
        daily: Option<DailySection>,
        /// The distribution of the gaps between requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        gaps: Option<Written>,
        /// Rates between which chance switches.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        states: Vec<StateSection>,
        /// Requests that come together.
        #[serde(skip_serializing_if = "Option::is_none")]
        batch: Option<BatchSection>,
        /// How many clients wait for their answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        clients: Option<Written>,
        /// How long a client thinks before it asks again.
        #[serde(skip_serializing_if = "Option::is_none")]
        think: Option<Written>,
        /// Arrivals as they were recorded.
        #[serde(skip_serializing_if = "Option::is_none")]
        trace: Option<TraceSection>,
        /// The class of all its requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
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
        /// How long it takes to get there.
        #[serde(skip_serializing_if = "Option::is_none")]
        over: Option<Written>,
    }
}
section! {
    /// `[[traffic.spikes]]`
    SpikeSection {
        /// When it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// How long it lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        lasts: Option<Written>,
        /// How many times as many requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
    }
}
section! {
    /// `[traffic.daily]`
    DailySection {
        /// The lowest rate of the day, relative to the highest.
        #[serde(skip_serializing_if = "Option::is_none")]
        low: Option<Written>,
        /// When the rate is highest.
        #[serde(skip_serializing_if = "Option::is_none")]
        peak_at: Option<Written>,
    }
}
section! {
    /// `[[traffic.states]]`
    StateSection {
        /// The rate in this state.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// How long one visit lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        stay: Option<Written>,
    }
}
section! {
    /// `[traffic.batch]`
    BatchSection {
        /// How many requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<Written>,
        /// From one batch to the next.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// When the first begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// Over how long a batch is spread.
        #[serde(skip_serializing_if = "Option::is_none")]
        spread: Option<Written>,
    }
}
section! {
    /// `[traffic.trace]`
    TraceSection {
        /// The moments of all arrivals.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        at: Vec<Written>,
        /// How long each held its connection.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hold: Vec<Written>,
        /// How many came in each interval.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        counts: Vec<Written>,
        /// The length of these intervals.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// A file that has them.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<Written>,
        /// What was read from the file; never written.
        #[serde(skip)]
        loaded: Option<Recorded>,
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
            traffic: TrafficSection::with_every_key().into(),
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

impl TrafficSection {
    fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            name: any(),
            rate: any(),
            steps: vec![StepSection { at: any(), rate: any(), over: any() }],
            spikes: vec![SpikeSection { at: any(), lasts: any(), factor: any() }],
            daily: Some(DailySection { low: any(), peak_at: any() }),
            gaps: any(),
            states: vec![StateSection { rate: any(), stay: any() }],
            batch: Some(BatchSection { size: any(), every: any(), at: any(), spread: any() }),
            clients: any(),
            think: any(),
            trace: Some(TraceSection {
                at: any().into_iter().collect(),
                hold: any().into_iter().collect(),
                counts: any().into_iter().collect(),
                every: any(),
                file: any(),
                loaded: None,
            }),
            query: any(),
        }
    }
}
