//! Reading `[[assert]]`, and what can be known of an assertion before any run.

use super::assertion::{Assertion, Claim, Level, Measure, Moment, Names};
use super::check::{Check, LIST_MAX, or_none};
use super::{AssertSection, Incident, Model, Scenario, Written};
use crate::alert::Metric as AlertMetric;
use crate::pool::Covers;
use crate::problem::shown;
use crate::slo::{Metric, Stat};
use crate::timeline::Begins;
use crate::units::{SimTime, Span};

impl Check {
    /// All assertions; `incident` where it could be read.
    pub(super) fn assertions(
        &mut self,
        s: &Scenario,
        duration: Option<Span>,
        incident: Option<&Option<Incident>>,
    ) -> Option<Vec<Assertion>> {
        if s.assert.len() > LIST_MAX {
            let count = s.assert.len();
            self.problems.error("assert", format!("{count} assertions are more than the {LIST_MAX} that are read"));
            return None;
        }
        let text = |written: &Option<Written>| written.as_ref().map(Written::to_string);
        let names = Names {
            alerts: s.alert.iter().map(|alert| text(&alert.name).unwrap_or_default()).collect(),
            entries: s.timeline.iter().map(|e| (text(&e.name), text(&e.change).unwrap_or_default())).collect(),
            incident: incident.and_then(Option::as_ref).map(|incident| incident.from),
        };
        let all: Vec<_> = (0..s.assert.len()).map(|n| self.assertion(n, &s.assert, &names, duration)).collect();
        all.into_iter().collect()
    }

    fn assertion(
        &mut self,
        n: usize,
        all: &[AssertSection],
        names: &Names,
        duration: Option<Span>,
    ) -> Option<Assertion> {
        let section = &all[n];
        let path = |key: &str| format!("assert[{n}].{key}");
        if let Some(name) = &section.name
            && all[..n].iter().any(|other| other.name.as_ref() == Some(name))
        {
            let message = format!("{} is the name of an earlier assertion too", shown(&name.to_string()));
            self.problems.error(path("name"), message);
        }
        let claim = self.required(&path("that"), &section.that, |text| Claim::parse(text, names));
        let from = self.defaulted(&path("from"), &section.from, |t| or_none(t, Span::parse));
        let until = self.defaulted(&path("until"), &section.until, |t| or_none(t, Span::parse));
        let (claim, from, until) = (claim?, from?, until?);
        self.window(&path, &claim, from, until, duration);
        Some(Assertion {
            name: section.name.as_ref().map(ToString::to_string),
            that: section.that.as_ref().map(|that| that.to_string().trim().to_owned()).unwrap_or_default(),
            claim,
            from: from.map(|from| SimTime::ZERO + from),
            until: until.map(|until| SimTime::ZERO + until),
        })
    }

    /// Whether the window lies within the run, and whether there is any.
    fn window(
        &mut self,
        path: &dyn Fn(&str) -> String,
        claim: &Claim,
        from: Option<Span>,
        until: Option<Span>,
        duration: Option<Span>,
    ) {
        let why = match claim {
            Claim::Size { .. } => Some("a size is recommended for the long run at the peak rate"),
            claim if claim.deadline().is_some() => Some("\"within … of …\" says from when and until when"),
            _ => None,
        };
        if let Some(why) = why {
            let given = [("from", from), ("until", until)].into_iter().filter(|(_, given)| given.is_some());
            given.for_each(|(key, _)| self.problems.error(path(key), format!("has no meaning here: {why}")));
            return;
        }
        let end = duration.unwrap_or(Span::from_nanos(u64::MAX));
        if let Some(until) = until.filter(|until| *until > end) {
            let message =
                format!("{until} is after the end of the run, at {end}: write an earlier one or a longer duration");
            self.problems.error(path("until"), message);
        }
        let last = until.unwrap_or(end).min(end);
        if let Some(from) = from.filter(|from| *from >= last) {
            let message = format!("{from} is not before {last}, where the window ends: it would be empty");
            self.problems.error(path("from"), message);
        }
    }

    /// What an assertion asks of a model that has it not, and what can never fail or never hold.
    pub(super) fn assertions_make_sense(&mut self, model: &Model) {
        for (n, assertion) in model.assertions.iter().enumerate() {
            let path = |key: &str| format!("assert[{n}].{key}");
            if !model.changes_over_time() {
                let why = "nothing changes over time here: what is measured is the long run, which has no moments";
                for (key, _) in
                    [("from", assertion.from), ("until", assertion.until)].iter().filter(|(_, at)| at.is_some())
                {
                    self.problems.error(path(key), why);
                }
                if assertion.claim.deadline().is_some() {
                    self.problems.error(path("that"), why);
                    continue;
                }
            }
            if let Some(missing) = missing(model, &assertion.claim) {
                self.problems.error(path("that"), missing);
                continue;
            }
            if let Some((within, of)) = assertion.claim.deadline() {
                self.deadline(&path("that"), model, within, of);
            }
            if let Some(why) = never_fails(model, &assertion.claim) {
                self.problems.caution(path("that"), format!("can never fail: {why}"));
            }
            if let Some(why) = never_holds(model, &assertion.claim) {
                self.problems.caution(path("that"), format!("can never hold: {why}"));
            }
        }
    }

    fn deadline(&mut self, path: &str, model: &Model, within: Span, of: Moment) {
        let Some(at) = moment(model, of) else { return };
        let end = model.length();
        if at >= SimTime::ZERO + end {
            let at = at.since(SimTime::ZERO);
            self.problems.error(path, format!("{at} is not before the end of the run, at {end}"));
        } else if at + within > SimTime::ZERO + end {
            let message = format!("the run ends at {end}, before the {within} are over: nothing behind it is seen");
            self.problems.caution(path, message);
        }
    }
}

/// When a moment is, where that is the same in every run.
pub(super) fn moment(model: &Model, of: Moment) -> Option<SimTime> {
    match of {
        Moment::At(at) => Some(at),
        Moment::Entry(place) => model.timeline.iter().find(|entry| entry.place == place)?.at(),
        Moment::Onset => None,
    }
}

/// What has no value here, and what would give it one.
fn missing(model: &Model, claim: &Claim) -> Option<&'static str> {
    let users = "counts users: write how many there are in fleet.users";
    let database = "nothing is asked of the database: set database.cores, database.max_connections or database.connect";
    match claim {
        Claim::Bound { measure, .. } => match measure {
            Measure::SlowRequests if !model.tells_ends() => {
                Some("counts answers slower than incident.slow: write [incident], or fleet.users")
            }
            Measure::UsersMostlyDown | Measure::UsersAnyFailure if model.fleet.users.is_none() => Some(users),
            Measure::DatabaseUtilisation => model.has_no(AlertMetric::DatabaseLoad),
            Measure::PoolerWaitP99 => model.has_no(AlertMetric::PoolerWaiting),
            _ => None,
        },
        Claim::Never { level, .. } | Claim::Back { level, .. } => match level {
            Level::PoolerWaiting => model.has_no(AlertMetric::PoolerWaiting),
            Level::Connected | Level::Running | Level::Blocked if !model.has_server() => Some(database),
            _ => None,
        },
        _ => None,
    }
}

/// Why an assertion holds whatever happens.
fn never_fails(model: &Model, claim: &Claim) -> Option<String> {
    let none_gives_up = || model.pool_configs().all(|pool| pool.acquire_timeout.is_none()) && !model.pools_change();
    let nobody = "pool.acquire_timeout is none: nobody gives up";
    let all = "there is no more than all";
    match *claim {
        Claim::Bound { measure, limit } => match measure {
            measure if measure.wants_more() => (limit == 0.0).then(|| "there is no less than nothing".into()),
            Measure::Objective(Metric::TimedOutShare) if none_gives_up() => Some(nobody.into()),
            Measure::Objective(Metric::Wait(_)) => {
                let longest = model.longest_wait().filter(|longest| longest.seconds() <= limit)?;
                Some(format!("whoever waits longer than {longest} gives up at pool.acquire_timeout"))
            }
            measure => (measure.unit() == super::assertion::Unit::Share && limit >= 1.0).then(|| all.into()),
        },
        Claim::Never { level, above: most } | Claim::Back { level, at_most: most, .. } => match level {
            Level::Usage if most >= 1.0 => Some(all.into()),
            Level::TimedOut if none_gives_up() => Some(nobody.into()),
            Level::Leaked if model.classes().all(|query| query.leak.value() == 0.0) => Some("no query leaks".into()),
            Level::ConnectRefused if !model.may_refuse() => Some("nothing ever refuses a connection".into()),
            Level::Active | Level::Total => {
                let sizes: u64 = model.pool_configs().map(|pool| u64::from(pool.max_size)).sum();
                let places = sizes * u64::from(model.instances);
                let fixed = model.timeline.is_empty() && model.fleet.is_static() && !model.pools_change();
                (fixed && most >= places as f64).then(|| format!("the pools have {places} places in all"))
            }
            _ => None,
        },
        Claim::Silent { alert } => model.never_fires(alert).map(|why| format!("the alert can never fire: {why}")),
        _ => None,
    }
}

/// Why an assertion fails whatever happens.
fn never_holds(model: &Model, claim: &Claim) -> Option<String> {
    match *claim {
        Claim::Bound { measure: Measure::Objective(Metric::Response(Stat::Mean)), limit } => {
            let (hold, _) = model.hold_shape();
            let says = format!("the mean hold alone is {}", Span::from_seconds(hold));
            (model.is_textbook() && !model.changes_over_time() && hold > limit).then_some(says)
        }
        Claim::Bound { measure: Measure::Goodput, limit } => {
            let peak = model.peak().as_per_second();
            (limit > peak).then(|| format!("no more than {} ask", crate::units::Rate::per_second(peak)))
        }
        Claim::Fires { alert, .. } => model.never_fires(alert).map(|why| format!("the alert can never fire: {why}")),
        _ => None,
    }
}

impl Model {
    /// What must hold.
    pub fn assertions(&self) -> &[Assertion] {
        &self.assertions
    }

    /// When a moment of an assertion is, where that is the same in every run.
    pub(crate) fn moment(&self, of: Moment) -> Option<SimTime> {
        moment(self, of)
    }

    /// With which alert, and how long after it, an entry of the timeline begins that has no moment of its own.
    pub(crate) fn begins_on(&self, of: Moment) -> Option<(usize, Span)> {
        let Moment::Entry(place) = of else { return None };
        match self.timeline.iter().find(|entry| entry.place == place)?.begins {
            Begins::On { alert, after } => Some((alert, after)),
            Begins::At(_) => None,
        }
    }

    /// The longest that anybody waits for a connection before giving up; absent where some wait for longer than the timeout of their
    /// pool says, or where pools change.
    pub(super) fn longest_wait(&self) -> Option<Span> {
        let timeouts: Option<Vec<Span>> = self.pool_configs().map(|pool| pool.acquire_timeout).collect();
        let covers = self.pool_configs().all(|pool| pool.timeout_covers == Covers::All || pool.is_fixed());
        timeouts.filter(|_| covers && !self.pools_change())?.into_iter().max()
    }
}
