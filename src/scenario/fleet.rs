//! Reading `[fleet]`.

use super::check::{Check, INSTANCES_MAX, above_zero, count, factor};
use super::pool::choice;
use super::{AutoscaleSection, ElasticSection, FleetSection, ProbesSection, Written};
use crate::fleet::{Action, Autoscale, Elastic, Fleet, Probes, Routing, Signal, StartOrder};
use crate::problem::shown;
use crate::units::{Probability, Span};

impl Check {
    /// How many instances there are at the start, and the rest.
    pub(super) fn fleet(&mut self, f: &FleetSection) -> Option<(u32, Fleet)> {
        let instances = self.defaulted("fleet.instances", &f.instances, |t| count(t, 1, INSTANCES_MAX));
        let routing = self.routing(f);
        let start_order = self.defaulted("fleet.start_order", &f.start_order, start_order);
        let cores = self.defaulted("fleet.cores", &f.cores, factor);
        let autoscale = f.autoscale.as_ref().map(|section| self.autoscale(section));
        let elastic = f.elastic.as_ref().map(|section| self.elastic(section));
        let probes = f.probes.as_ref().map(|section| self.probes(section));
        if autoscale.is_some() && elastic.is_some() {
            let message =
                "can not be together with fleet.autoscale: requests start instances, or a signal does; leave one out";
            self.problems.error("fleet.elastic", message);
        }
        let fleet = Fleet {
            routing: routing?,
            users: self.population(f),
            start_order: start_order?,
            cores: cores?,
            autoscale: written(autoscale)?,
            elastic: written(elastic)?,
            probes: written(probes)?,
        };
        let instances = instances? as u32;
        self.fleet_together(instances, &fleet, f);
        Some((instances, fleet))
    }

    fn routing(&mut self, f: &FleetSection) -> Option<Routing> {
        let users = self.defaulted("fleet.users", &f.users, |t| count(t, 1, u32::MAX.into()));
        // One way of routing needs a number; whether it is there is seen when all has been read.
        let named = self.defaulted("fleet.routing", &f.routing, |t| {
            let sticky = Routing::Sticky { users: users.unwrap_or(1) as u32 };
            let known = [
                ("random", Routing::Random),
                ("round_robin", Routing::RoundRobin),
                ("least_pending", Routing::LeastPending),
                ("sticky", sticky),
            ];
            choice(t, &known)
        });
        users.and(named)
    }

    /// How many users there are, where that is written; what is wrong with it has been said.
    fn population(&self, f: &FleetSection) -> Option<u32> {
        let users = f.users.as_ref().and_then(|text| count(&text.to_string(), 1, u32::MAX.into()).ok());
        users.map(|users| users as u32)
    }

    fn autoscale(&mut self, a: &AutoscaleSection) -> Option<Autoscale> {
        let at = |key: &str| format!("fleet.autoscale.{key}");
        let kind = self.required(&at("signal"), &a.signal, signal_named);
        let signal = self.target(&at("target"), kind, &a.target);
        let least = self.defaulted(&at("least"), &a.least, |t| count(t, 1, INSTANCES_MAX));
        let fewest = least.unwrap_or(1);
        let most = self.required(&at("most"), &a.most, |t| count(t, fewest, INSTANCES_MAX));
        let every = self.defaulted(&at("every"), &a.every, above_zero);
        let delay = self.defaulted(&at("delay"), &a.delay, Span::parse);
        let tolerance = self.defaulted(&at("tolerance"), &a.tolerance, Probability::parse);
        let scale_in_after = self.defaulted(&at("scale_in_after"), &a.scale_in_after, Span::parse);
        Some(Autoscale {
            signal: signal?,
            least: least? as u32,
            most: most? as u32,
            every: every?,
            delay: delay?,
            tolerance: tolerance?.value(),
            scale_in_after: scale_in_after?,
        })
    }

    /// What the target is depends on the signal; without one, only that it is there can be told.
    fn target(&mut self, path: &str, kind: Option<Kind>, text: &Option<Written>) -> Option<Signal> {
        let Some(kind) = kind else {
            self.required(path, text, |_| Ok(()));
            return None;
        };
        self.required(path, text, |t| match kind {
            Kind::Cpu => busy_share(t).map(|target| Signal::Cpu { target }),
            Kind::Pending => waiting(t).map(|target| Signal::Pending { target }),
            Kind::Latency => above_zero(t).map(|target| Signal::Latency { target }),
        })
    }

    fn elastic(&mut self, e: &ElasticSection) -> Option<Elastic> {
        let at = |key: &str| format!("fleet.elastic.{key}");
        let most = self.required(&at("most"), &e.most, |t| count(t, 1, INSTANCES_MAX));
        let concurrency = self.defaulted(&at("concurrency"), &e.concurrency, |t| count(t, 1, u32::MAX.into()));
        let idle = self.defaulted(&at("idle"), &e.idle, above_zero);
        let start = self.part(&at("start"), &e.start);
        Some(Elastic { most: most? as u32, concurrency: concurrency? as u32, idle: idle?, start: start? })
    }

    fn probes(&mut self, p: &ProbesSection) -> Option<Probes> {
        let at = |key: &str| format!("fleet.probes.{key}");
        let every = self.defaulted(&at("every"), &p.every, above_zero);
        let timeout = self.defaulted(&at("timeout"), &p.timeout, above_zero);
        let hold = self.defaulted(&at("hold"), &p.hold, Span::parse);
        let failures = self.defaulted(&at("failures"), &p.failures, in_a_row);
        let successes = self.defaulted(&at("successes"), &p.successes, in_a_row);
        let takes = self.defaulted(&at("restart_takes"), &p.restart_takes, Span::parse);
        let action = self.defaulted(&at("action"), &p.action, |t| {
            choice(t, &[("eject", Action::Eject), ("restart", Action::Restart { takes: takes.unwrap_or_default() })])
        });
        takes?;
        Some(Probes {
            every: every?,
            timeout: timeout?,
            hold: hold?,
            failures: failures? as u32,
            successes: successes? as u32,
            action: action?,
        })
    }

    /// Values that are right one by one.
    fn fleet_together(&mut self, instances: u32, fleet: &Fleet, f: &FleetSection) {
        if let Some(Autoscale { least, most, .. }) = fleet.autoscale
            && !(least..=most).contains(&instances)
        {
            let message = format!(
                "{instances} at the start are not from {least} to {most}, which fleet.autoscale keeps: write how many there are"
            );
            self.problems.error("fleet.instances", message);
        }
        if let Some(most) = fleet.elastic.as_ref().map(|elastic| elastic.most).filter(|most| instances > *most) {
            let message = format!("{instances} at the start are more than fleet.elastic.most, {most}");
            self.problems.error("fleet.instances", message);
        }
        if !matches!(fleet.autoscale, Some(Autoscale { signal: Signal::Cpu { .. }, .. })) {
            self.useless("fleet.cores", &f.cores, "only fleet.autoscale with signal = \"cpu\" looks at processors");
        }
        if let (Some(probes), Some(section)) = (&fleet.probes, &f.probes) {
            self.probes_together(probes, section);
        }
    }

    fn probes_together(&mut self, probes: &Probes, p: &ProbesSection) {
        match probes.action {
            Action::Eject => self.useless("fleet.probes.restart_takes", &p.restart_takes, "action is eject"),
            Action::Restart { .. } => {
                self.useless("fleet.probes.successes", &p.successes, "action is restart: nothing is ejected");
            }
        }
        let Probes { every, timeout, hold, .. } = *probes;
        if hold >= timeout {
            let message = format!("{hold} is not shorter than the timeout, {timeout}: every health check fails");
            self.problems.caution("fleet.probes.hold", message);
        } else if timeout > every {
            let message =
                format!("{timeout} is longer than every, {every}: checks of one instance overlap while it is slow");
            self.problems.caution("fleet.probes.timeout", message);
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Cpu,
    Pending,
    Latency,
}

fn signal_named(text: &str) -> Result<Kind, String> {
    choice(text, &[("cpu", Kind::Cpu), ("pending", Kind::Pending), ("latency", Kind::Latency)])
}

fn start_order(text: &str) -> Result<StartOrder, String> {
    let known =
        [("in_turn", StartOrder::InTurn), ("together", StartOrder::Together), ("shuffled", StartOrder::Shuffled)];
    choice(text, &known)
}

fn busy_share(text: &str) -> Result<f64, String> {
    match Probability::parse(text)?.value() {
        0.0 => Err(format!("must be above 0%, found {}", shown(text))),
        share => Ok(share),
    }
}

fn waiting(text: &str) -> Result<f64, String> {
    factor(text).map_err(|_| {
        format!("expected waiting requests per instance, a number above 0 and at most 10^6, found {}", shown(text))
    })
}

fn in_a_row(text: &str) -> Result<u64, String> {
    count(text, 1, 1_000_000)
}

/// A section that is not written is none; one that can not be read is nothing.
fn written<T>(section: Option<Option<T>>) -> Option<Option<T>> {
    section.map_or(Some(None), |read| read.map(Some))
}
