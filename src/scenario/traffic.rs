//! The sources of requests: from what was written to arrivals that make sense.

use super::check::{Check, LIST_MAX, above_zero, count, factor, name_of, or_none};
use super::pool::pool_name;
use super::sections::TRAFFIC;
use super::{
    BatchSection, DailySection, Model, Pools, QuerySection, Recorded, StateSection, TraceSection, Traffic,
    TrafficSection, Written,
};
use crate::catalogue::default_of;
use crate::problem::{MISSING, nearest, shown};
use crate::units::{Probability, Rate, SimTime, Span};
use crate::workload::arrivals::{Batch, Counts, Daily, Modulated, Open, Shape, Spike, State, Step, Trace};
use crate::workload::{Arrivals, Distribution, Source};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most sources, the most clients of one, the most requests of one batch.
const SOURCES_MAX: usize = 1000;
const CLIENTS_MAX: u64 = 1_000_000;
const BATCH_MAX: u64 = 1_000_000;
/// The highest rate, also at the top of a spike.
const RATE_MAX: f64 = 1e9;
/// A source whose states change so many times per request would only keep changing.
const CHANGES_MAX: f64 = 1e6;

impl Check {
    pub(super) fn traffic(
        &mut self,
        traffic: &Traffic,
        queries: &[QuerySection],
        pools: &Pools,
        duration: Option<Span>,
    ) -> Option<Vec<Source>> {
        let sections = traffic.sources();
        if sections.is_empty() {
            self.problems.error(TRAFFIC, format!("{MISSING}; at least one source of requests is needed"));
        }
        if sections.len() > SOURCES_MAX {
            self.problems
                .error(TRAFFIC, format!("{} sources are more than the {SOURCES_MAX} that are read", sections.len()));
            return None;
        }
        let mut names = BTreeSet::new();
        let mut sources = Vec::new();
        for (n, section) in sections.iter().enumerate() {
            let at = Place { path: traffic.path(n), duration };
            let name = source_name(section, n);
            if !names.insert(name.clone()) {
                self.problems.error(at.key("name"), format!("{} is the name of an earlier source too", shown(&name)));
            }
            let query = self.optional(&at.key("query"), &section.query, |text| class(text, queries));
            let arrivals = self.arrivals(&at, section);
            let pool = match &section.pool {
                None => Some(0),
                written => self.optional(&at.key("pool"), written, |text| pool_named(text, pools)),
            };
            let complete = query.is_some() || section.query.is_none();
            sources.push((|| Some(Source { name, arrivals: arrivals.filter(|_| complete)?, query, pool: pool? }))());
        }
        sources.into_iter().collect::<Option<Vec<_>>>().filter(|list| !list.is_empty())
    }

    fn arrivals(&mut self, at: &Place, s: &TrafficSection) -> Option<Arrivals> {
        let kinds = [
            ("rate", s.rate.is_some()),
            ("gaps", s.gaps.is_some()),
            ("states", !s.states.is_empty()),
            ("batch", s.batch.is_some()),
            ("clients", s.clients.is_some()),
            ("trace", s.trace.is_some()),
        ];
        let given: Vec<&str> = kinds.into_iter().filter(|kind| kind.1).map(|kind| kind.0).collect();
        if given.len() > 1 {
            let all = kinds.map(|kind| kind.0).join(", ");
            let message = format!("one of {all} says when requests come, and not {} at once", given.join(" and "));
            self.problems.error(&at.path, message);
            return None;
        }
        let kind = given.first().copied().unwrap_or("rate");
        for (key, is) in
            [("steps", !s.steps.is_empty()), ("spikes", !s.spikes.is_empty()), ("daily", s.daily.is_some())]
        {
            if is && kind != "rate" {
                self.problems.error(at.key(key), format!("goes with rate only, and not with {kind}"));
            }
        }
        if s.think.is_some() && kind != "clients" {
            self.problems.error(at.key("think"), format!("goes with clients only, and not with {kind}"));
        }
        match (kind, &s.batch, &s.trace) {
            ("gaps", ..) => {
                self.required(&at.key("gaps"), &s.gaps, with_mean).map(|gap| Arrivals::Open(Open::Renewal(gap)))
            }
            ("states", ..) => self.states(at, &s.states),
            ("clients", ..) => self.clients(at, s),
            (_, Some(batch), _) => self.batch(at, batch),
            (_, _, Some(trace)) => self.trace(at, trace),
            _ => self.rate(at, s),
        }
    }

    /// How fast clients ask in the long run depends on their holds.
    pub(super) fn has_means(&mut self, model: &Model, traffic: &Traffic) {
        for (n, source) in model.sources.iter().enumerate() {
            if let Arrivals::Closed { .. } = source.arrivals
                && source.hold_moments(&model.queries).0.is_infinite()
            {
                self.problems.error(
                    format!("{}.clients", traffic.path(n)),
                    "wait for answers that take an infinite mean: give the holds a max, as in pareto(min=2ms, max=10s, alpha=1)",
                );
            }
        }
    }

    fn rate(&mut self, at: &Place, s: &TrafficSection) -> Option<Arrivals> {
        let rate = self.required(&at.key("rate"), &s.rate, Rate::parse);
        let steps = self.steps(at, s);
        let spikes = self.spikes(at, s);
        let daily = s.daily.as_ref().map(|daily| self.daily(at, daily));
        let daily = match daily {
            None => None,
            Some(daily) => Some(daily?),
        };
        let shape = Shape { rate: rate?, steps: steps?, spikes: spikes?, daily };
        if shape.steps.iter().map(|step| step.rate).chain([shape.rate]).all(|rate| rate == Rate::default()) {
            self.problems.error(at.key("rate"), "is 0: nothing ever asks for a connection");
            return None;
        }
        let arrivals = Arrivals::Open(Open::Rate(shape.curve()));
        if arrivals.peak(0.0).as_per_second() > RATE_MAX {
            self.problems.error(at.key("spikes"), format!("raise the rate above {RATE_MAX:.0e}/s"));
        }
        Some(arrivals)
    }

    fn steps(&mut self, at: &Place, s: &TrafficSection) -> Option<Vec<Step>> {
        if self.too_many(at, "steps", s.steps.len()) {
            return None;
        }
        let mut steps = Vec::new();
        let mut before: Option<(SimTime, Span)> = None;
        for (n, step) in s.steps.iter().enumerate() {
            let at = at.entry("steps", n);
            let moment = self.required(&at.key("at"), &step.at, Span::parse).map(|moment| SimTime::ZERO + moment);
            let rate = self.required(&at.key("rate"), &step.rate, Rate::parse);
            let over = self.defaulted(&at.key("over"), &step.over, Span::parse);
            let Some(moment) = moment else {
                steps.push(None);
                continue;
            };
            let (start, lasts) = before.unwrap_or_default();
            let start_shown = start.since(SimTime::ZERO);
            if moment <= start {
                self.problems
                    .error(at.key("at"), format!("must be later than the step before, which is at {start_shown}"));
            } else if moment < start + lasts {
                let end = (start + lasts).since(SimTime::ZERO);
                self.problems.error(at.key("at"), format!("the step before takes until {end}: it must have ended"));
            }
            self.within_the_run(&at, moment);
            before = Some((moment, over.unwrap_or_default()));
            steps.push((|| Some(Step { at: moment, rate: rate?, over: over? }))());
        }
        let steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
        let in_order = steps.windows(2).all(|pair| pair[0].at < pair[1].at && pair[0].at + pair[0].over <= pair[1].at);
        (in_order && steps.first().is_none_or(|first| first.at > SimTime::ZERO)).then_some(steps)
    }

    fn spikes(&mut self, at: &Place, s: &TrafficSection) -> Option<Vec<Spike>> {
        if self.too_many(at, "spikes", s.spikes.len()) {
            return None;
        }
        let mut spikes = Vec::new();
        let mut ended = SimTime::ZERO;
        let mut fit = true;
        for (n, spike) in s.spikes.iter().enumerate() {
            let at = at.entry("spikes", n);
            let moment = self.required(&at.key("at"), &spike.at, Span::parse).map(|moment| SimTime::ZERO + moment);
            let lasts = self.required(&at.key("lasts"), &spike.lasts, above_zero);
            let factor = self.required(&at.key("factor"), &spike.factor, factor);
            if let Some(moment) = moment {
                if moment < ended {
                    let end = ended.since(SimTime::ZERO);
                    self.problems.error(
                        at.key("at"),
                        format!("the spike before lasts until {end}: spikes stand in order and do not overlap"),
                    );
                    fit = false;
                }
                self.within_the_run(&at, moment);
                ended = ended.max(moment + lasts.unwrap_or_default());
            }
            spikes.push((|| Some(Spike { at: moment?, lasts: lasts?, factor: factor? }))());
        }
        spikes.into_iter().collect::<Option<_>>().filter(|_| fit)
    }

    fn daily(&mut self, at: &Place, daily: &DailySection) -> Option<Daily> {
        let low = self.required(&at.key("daily.low"), &daily.low, Probability::parse);
        let peak_at = self.required(&at.key("daily.peak_at"), &daily.peak_at, |text| {
            let day = 86_400.0;
            let read = Span::parse(text)?;
            if read.seconds() < day { Ok(read) } else { Err(format!("{read} is no time of day: it must be below 24h")) }
        });
        Some(Daily { low: low?.value(), peak_at: peak_at? })
    }

    fn states(&mut self, at: &Place, list: &[StateSection]) -> Option<Arrivals> {
        if self.too_many(at, "states", list.len()) {
            return None;
        }
        let read = list.iter().enumerate().map(|(n, state)| {
            let at = at.entry("states", n);
            let rate = self.required(&at.key("rate"), &state.rate, Rate::parse);
            let stay = self.required(&at.key("stay"), &state.stay, with_mean);
            Some(State { rate: rate?, stay: stay? })
        });
        let states: Vec<_> = read.collect();
        let states = states.into_iter().collect::<Option<Vec<_>>>()?;
        let count = states.len();
        let modulated = Modulated::new(states);
        let per_round = modulated.mean_rate() * modulated.round();
        let wrong = if count < 2 {
            Some("one state alone is no change: write its rate as rate".to_owned())
        } else if per_round == 0.0 {
            Some("all rates are 0: nothing ever asks for a connection".to_owned())
        } else if per_round * CHANGES_MAX < count as f64 {
            Some(format!("change more than {CHANGES_MAX:.0e} times per request: let them stay longer"))
        } else {
            None
        };
        match wrong {
            Some(why) => {
                self.problems.error(at.key("states"), why);
                None
            }
            None => Some(Arrivals::Open(Open::Modulated(modulated))),
        }
    }

    fn batch(&mut self, at: &Place, batch: &BatchSection) -> Option<Arrivals> {
        let size = self.required(&at.key("batch.size"), &batch.size, |text| count(text, 1, BATCH_MAX));
        let every = self.required(&at.key("batch.every"), &batch.every, above_zero);
        let from = self.defaulted(&at.key("batch.at"), &batch.at, Span::parse);
        let spread = self.defaulted(&at.key("batch.spread"), &batch.spread, Span::parse);
        let (size, every, from, spread) = (size?, every?, from?, spread?);
        if spread > every {
            self.problems
                .error(at.key("batch.spread"), format!("{spread} is longer than the {every} until the next batch"));
            return None;
        }
        let batch = Batch { size: size as u32, every, at: from, spread };
        if f64::from(batch.size) / every.seconds() > RATE_MAX {
            self.problems.error(at.key("batch.every"), format!("is more than {RATE_MAX:.0e} requests per second"));
        }
        Some(Arrivals::Open(Open::Batch(batch)))
    }

    fn clients(&mut self, at: &Place, s: &TrafficSection) -> Option<Arrivals> {
        let clients = self.required(&at.key("clients"), &s.clients, |text| count(text, 1, CLIENTS_MAX));
        let think = self.defaulted(&at.key("think"), &s.think, |text| or_none(text, with_mean));
        Some(Arrivals::Closed { clients: clients? as u32, think: think? })
    }

    fn trace(&mut self, at: &Place, t: &TraceSection) -> Option<Arrivals> {
        let at = at.below("trace");
        let kinds = [("at", !t.at.is_empty()), ("counts", !t.counts.is_empty()), ("file", t.file.is_some())];
        let given: Vec<&str> = kinds.into_iter().filter(|kind| kind.1).map(|kind| kind.0).collect();
        let [kind] = given.as_slice() else {
            let message = match given.as_slice() {
                [] => format!("{MISSING} its arrivals: one of at, counts, file says when they came"),
                _ => {
                    format!("one of at, counts, file says when requests came, and not {} at once", given.join(" and "))
                }
            };
            self.problems.error(&at.path, message);
            return None;
        };
        if !t.hold.is_empty() && *kind != "at" {
            self.problems.error(at.key("hold"), "goes with at only: one hold for each arrival");
        }
        if t.every.is_some() && *kind == "at" {
            self.problems.error(at.key("every"), "goes with counts only: how long an interval is");
        }
        let recorded = match *kind {
            "at" => self.moments(&at, t),
            "counts" => self.counts(&at, t),
            _ => match &t.loaded {
                Some(recorded) => Some(recorded.clone()),
                None => {
                    self.problems.error(at.key("file"), "only the command line reads files: write at or counts");
                    None
                }
            },
        }?;
        if let Recorded::Trace(trace) = &recorded
            && trace.hold_moments().is_some_and(|(mean, _)| mean == 0.0)
        {
            self.problems
                .error(at.key("hold"), "all are 0: nothing is ever held; leave them out to draw holds by class");
            return None;
        }
        let (open, end) = match recorded {
            Recorded::Trace(trace) => (Open::Trace(trace.clone()), trace.end()),
            Recorded::Counts(counts) => (Open::Counts(counts.clone()), counts.end()),
        };
        if let Some(duration) = at.duration.filter(|duration| SimTime::ZERO + *duration < end) {
            let end = end.since(SimTime::ZERO);
            self.problems.caution(
                &at.path,
                format!("lasts until {end}, and the run {duration}: the rest is left out; set duration"),
            );
        }
        Some(Arrivals::Open(open))
    }

    fn moments(&mut self, at: &Place, t: &TraceSection) -> Option<Recorded> {
        let moments = self.list(at, "at", &t.at, Span::parse);
        let holds = self.list(at, "hold", &t.hold, Span::parse);
        let (moments, holds) = (moments?, holds?);
        if let Some(n) = (1..moments.len()).find(|n| moments[*n] < moments[*n - 1]) {
            let (now, before) = (moments[n], moments[n - 1]);
            self.problems
                .error(at.key(&format!("at[{n}]")), format!("{now} is earlier than the arrival before, at {before}"));
            return None;
        }
        let trace = Trace::new(moments.into_iter().map(|moment| SimTime::ZERO + moment).collect(), holds);
        self.problems.keep(&at.key("hold"), trace).map(|trace| Recorded::Trace(Arc::new(trace)))
    }

    fn counts(&mut self, at: &Place, t: &TraceSection) -> Option<Recorded> {
        let counts = self.list(at, "counts", &t.counts, |text| count(text, 0, u32::MAX.into()));
        let every = self.required(&at.key("every"), &t.every, above_zero);
        let counts = Counts::new(counts?.into_iter().map(|n| n as u32).collect(), every?);
        self.problems.keep(&at.key("counts"), counts).map(|counts| Recorded::Counts(Arc::new(counts)))
    }

    fn list<T>(
        &mut self,
        at: &Place,
        key: &str,
        list: &[Written],
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let all: Vec<_> = (list.iter().enumerate())
            .map(|(n, text)| self.problems.keep(&at.key(&format!("{key}[{n}]")), read(&text.to_string())))
            .collect();
        all.into_iter().collect()
    }

    fn too_many(&mut self, at: &Place, key: &str, found: usize) -> bool {
        if found > LIST_MAX {
            self.problems.error(at.key(key), format!("{found} are more than the {LIST_MAX} that are read"));
        }
        found > LIST_MAX
    }

    fn within_the_run(&mut self, at: &Place, moment: SimTime) {
        if let Some(end) = at.duration.filter(|end| moment >= SimTime::ZERO + *end) {
            let moment = moment.since(SimTime::ZERO);
            self.problems.error(at.key("at"), format!("{moment} is not before the end of the run, at {end}"));
        }
    }
}

/// Where a part of the traffic is written, and how long the run is.
struct Place {
    path: String,
    duration: Option<Span>,
}

impl Place {
    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    fn below(&self, key: &str) -> Self {
        Self { path: self.key(key), duration: self.duration }
    }

    fn entry(&self, list: &str, n: usize) -> Self {
        self.below(&format!("{list}[{n}]"))
    }
}

fn source_name(source: &TrafficSection, place: usize) -> String {
    match &source.name {
        Some(name) => name.to_string(),
        None if place == 0 => default_of("traffic.name").into(),
        None => format!("{} {}", default_of("traffic.name"), place + 1),
    }
}

fn class(name: &str, queries: &[QuerySection]) -> Result<usize, String> {
    let names: Vec<String> = queries.iter().enumerate().map(|(n, q)| name_of(q, n)).collect();
    one_of(name, &names, "query class")
}

fn pool_named(name: &str, pools: &Pools) -> Result<usize, String> {
    let names: Vec<String> = pools.sections().iter().enumerate().map(|(n, pool)| pool_name(pool, n)).collect();
    one_of(name, &names, "pool")
}

/// The place of a name among those that are known.
fn one_of(name: &str, names: &[String], what: &str) -> Result<usize, String> {
    names.iter().position(|known| known == name).ok_or_else(|| {
        let meant = nearest(name, names.iter().map(String::as_str));
        let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        format!("no {what} is called {}{meant} (known: {})", shown(name), names.join(", "))
    })
}

/// A distribution with a finite mean: without one there is no rate in the long run.
fn with_mean(text: &str) -> Result<Distribution, String> {
    let read = Distribution::parse(text)?;
    if read.has_mean() {
        Ok(read)
    } else {
        Err(format!("{} has an infinite mean, and so there is no rate in the long run: give it a max", shown(text)))
    }
}
