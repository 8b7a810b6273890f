//! Who was affected: requests and users counted by what became of their requests.

use super::{Series, Window};
use crate::engine::Fact;
use crate::scenario::{Incident, Model};
use crate::units::{SimTime, Span};
use std::collections::BTreeMap;

/// While people are affected, so many in a hundred of the requests that end in a bin fail, and at least so many.
const FAILING: (u64, u64) = (5, 3);
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
    /// The end of the last.
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
    /// The width of a bin, and of the requests that ended in each how many, and how many failed.
    bins: (Span, Vec<[u64; 2]>),
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
                (width, vec![[0; 2]; if window.series { count } else { 0 }])
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
        if let Some([ended, lost]) = bins.get_mut(place) {
            *ended += 1;
            *lost += u64::from(failed);
        }
    }

    pub(super) fn finish(&self) -> Impact {
        let (width, bins) = &self.bins;
        let (share, least) = FAILING;
        let failing = |[ended, lost]: &[u64; 2]| *lost >= least && lost * 100 >= ended * share;
        let start = |n: usize| SimTime::ZERO + Span::from_nanos(width.nanos() * n as u64);
        Impact {
            whole: self.whole.affected(),
            incident: self.incident.as_ref().map(|(_, _, counter)| counter.affected()),
            onset: bins.iter().position(failing).map(start),
            recovered: bins.iter().rposition(failing).map(|n| start(n + 1).min(self.until)),
        }
    }
}
