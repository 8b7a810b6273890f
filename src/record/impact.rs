//! Who was affected: requests and users counted by what became of their requests.

use super::{Series, Window};
use crate::engine::Fact;
use crate::scenario::{Incident, Model};
use crate::units::{SimTime, Span};
use std::collections::BTreeMap;

/// An incident begins where so many in a hundred of the requests that end in a bin fail, and at least so many.
const FAILING: (u64, u64) = (5, 3);
/// It is over where no more than so many in a hundred fail or are slow than before it, or fewer than so many.
const UNWELL: (f64, u64) = (1.0, 3);
/// Up to so many users have a place each; of more, only those who ask.
const PLACES: u32 = 1 << 22;

/// Who was affected, in one replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impact {
    /// Over all that is measured.
    pub whole: Affected,
    /// Over the window of the incident, where there is one.
    pub incident: Option<Affected>,
    /// The beginning of the first part of the run in which at least 5 % of the requests that ended failed, and at least three.
    pub onset: Option<SimTime>,
    /// The end of the last part in which 1 % more of the requests failed or were slow than before the onset, and at least three.
    pub recovered: Option<SimTime>,
}

/// How many were affected. A request counts when it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Requests that ended.
    pub requests: u64,
    /// Those without an answer, retries included.
    pub failed: u64,
    /// Those whose answer took too long.
    pub slow: u64,
    /// Users one or more of whose requests ended; 0 where nobody tells users apart, as are the next two.
    pub users: u64,
    /// Those half of whose requests or more failed.
    pub mostly_down: u64,
    /// Those one or more of whose requests failed.
    pub any_failure: u64,
}

/// What became of one user's requests: how many ended, and how many failed.
type Ends = [u32; 2];

/// The same of all users.
#[derive(Clone, Debug)]
enum Users {
    Few(Vec<Ends>),
    Many(BTreeMap<u32, Ends>),
}

impl Users {
    fn new(users: u32) -> Self {
        if users <= PLACES { Self::Few(vec![[0; 2]; users as usize]) } else { Self::Many(BTreeMap::new()) }
    }

    fn count(&mut self, user: u32, failed: bool) {
        let ends = match self {
            Self::Few(all) => &mut all[user as usize],
            Self::Many(all) => all.entry(user).or_default(),
        };
        ends[0] += 1;
        ends[1] += u32::from(failed);
    }

    fn affected(&self, counts: &mut Affected) {
        let mut add = |[requests, failed]: &Ends| {
            counts.users += u64::from(*requests > 0);
            counts.mostly_down += u64::from(*requests > 0 && 2 * u64::from(*failed) >= u64::from(*requests));
            counts.any_failure += u64::from(*failed > 0);
        };
        match self {
            Self::Few(all) => all.iter().for_each(&mut add),
            Self::Many(all) => all.values().for_each(&mut add),
        }
    }
}

/// What is counted over one window.
#[derive(Clone, Debug)]
struct Counter {
    counts: Affected,
    users: Option<Users>,
}

impl Counter {
    fn new(users: Option<u32>) -> Self {
        Self { counts: Affected::default(), users: users.map(Users::new) }
    }

    fn count(&mut self, user: u32, failed: bool, slow: bool) {
        self.counts.requests += 1;
        self.counts.failed += u64::from(failed);
        self.counts.slow += u64::from(slow && !failed);
        if let Some(users) = &mut self.users {
            users.count(user, failed);
        }
    }

    fn affected(&self) -> Affected {
        let mut counts = self.counts;
        if let Some(users) = &self.users {
            users.affected(&mut counts);
        }
        counts
    }
}

/// Folds the ends of requests into an [`Impact`].
pub(super) struct ImpactRecorder {
    slow: Span,
    from: SimTime,
    until: SimTime,
    whole: Counter,
    incident: Option<(SimTime, SimTime, Counter)>,
    /// The width of a bin, and of the requests that ended in each how many, how many failed, and how many were slow.
    bins: (Span, Vec<[u64; 3]>),
}

impl ImpactRecorder {
    /// Nothing where nobody asks.
    pub(super) fn of(window: Window, model: &Model) -> Option<Self> {
        let users = model.fleet().users;
        let incident = model.incident();
        model.tells_ends().then(|| Self {
            slow: incident.map_or_else(Incident::usual_slow, |incident| incident.slow),
            from: window.from,
            until: window.until,
            whole: Counter::new(users),
            incident: incident.map(|incident| (incident.from, incident.until, Counter::new(users))),
            bins: {
                let (count, width) = Series::grid(window.until);
                (width, vec![[0; 3]; if model.changes_over_time() || model.incident().is_some() { count } else { 0 }])
            },
        })
    }

    /// Count a fact, if a request ended.
    pub(super) fn on(&mut self, now: SimTime, fact: Fact) {
        let Fact::Ended { user, failed, sojourn } = fact else { return };
        let slow = sojourn > self.slow;
        if now >= self.from {
            self.whole.count(user, failed, slow);
        }
        if let Some((from, until, counter)) = &mut self.incident
            && (*from..=*until).contains(&now)
        {
            counter.count(user, failed, slow);
        }
        let (width, bins) = &mut self.bins;
        let place = ((now.nanos() / width.nanos()) as usize).min(bins.len().saturating_sub(1));
        if let Some([ended, lost, late]) = bins.get_mut(place) {
            *ended += 1;
            *lost += u64::from(failed);
            *late += u64::from(slow && !failed);
        }
    }

    pub(super) fn finish(&self) -> Impact {
        let (width, bins) = &self.bins;
        let (share, least) = FAILING;
        let failing = |[ended, lost, _]: &[u64; 3]| *lost >= least && lost * 100 >= ended * share;
        let start = |n: usize| SimTime::ZERO + Span::from_nanos(width.nanos() * n as u64);
        let onset = bins.iter().position(failing);
        let recovered = onset.and_then(|onset| {
            let sum = |of: fn(&[u64; 3]) -> u64| bins[..onset].iter().map(of).sum::<u64>() as f64;
            let usual = 100.0 * sum(|bin| bin[1] + bin[2]) / sum(|bin| bin[0]).max(1.0);
            let unwell = |[ended, lost, slow]: &[u64; 3]| {
                let affected = lost + slow;
                affected >= UNWELL.1 && affected as f64 * 100.0 >= *ended as f64 * (usual + UNWELL.0)
            };
            bins.iter().rposition(unwell)
        });
        Impact {
            whole: self.whole.affected(),
            incident: self.incident.as_ref().map(|(_, _, counter)| counter.affected()),
            onset: onset.map(start),
            recovered: recovered.map(|n| start(n + 1).min(self.until)),
        }
    }
}
