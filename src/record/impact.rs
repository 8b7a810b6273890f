//! Who was affected: requests and users counted by what became of their requests.

use super::bins::Bins;
use super::{Series, Window};
use crate::engine::Fact;
use crate::scenario::{Incident, Model};
use crate::units::{SimTime, Span};
use std::collections::BTreeMap;

/// An incident begins where so many in a hundred of the requests that end in a bin fail, and at least so many.
pub const FAILING: (u64, u64) = (5, 3);
/// It is over where no more than so many in a hundred fail or are slow than before it, or fewer than so many.
pub const UNWELL: (f64, u64) = (1.0, 3);
/// Up to so many users have a place each; of more, only those who ask.
const PLACES: u32 = 1 << 22;

/// Who was affected, in one replication.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
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

/// What became of one user's requests: how many ended, and how many failed; and the same within the incident, beside it in memory.
type Ends = [[u32; 2]; 2];

/// The same of all users.
#[derive(Clone, Debug)]
enum Places {
    Few(Vec<Ends>),
    Many(BTreeMap<u32, Ends>),
}

/// The same, with those that are still to be counted: a user's place is seldom in a near memory, and many are fetched at once.
#[derive(Clone, Debug)]
struct Users {
    places: Places,
    waiting: Vec<(u32, [[u32; 2]; 2])>,
}

/// So many are counted together.
const TOGETHER: usize = 256;

impl Users {
    fn new(users: u32) -> Self {
        let places = match users <= PLACES {
            true => Places::Few(vec![Ends::default(); users as usize]),
            false => Places::Many(BTreeMap::new()),
        };
        Self { places, waiting: Vec::with_capacity(TOGETHER) }
    }

    /// Whether a request of a user failed, counted over all and within the incident where it lies there.
    #[inline]
    fn count(&mut self, user: u32, failed: bool, windows: [bool; 2]) {
        self.waiting.push((user, windows.map(|counts| [u32::from(counts), u32::from(counts && failed)])));
        if self.waiting.len() == TOGETHER {
            self.count_all();
        }
    }

    #[inline(never)]
    fn count_all(&mut self) {
        for (user, more) in self.waiting.drain(..) {
            let ends = match &mut self.places {
                Places::Few(all) => &mut all[user as usize],
                Places::Many(all) => all.entry(user).or_default(),
            };
            for ([requests, lost], [one, failed]) in ends.iter_mut().zip(more) {
                *requests += one;
                *lost += failed;
            }
        }
    }

    /// Over all, or within the incident.
    fn affected(&self, within: usize, counts: &mut Affected) {
        let mut add = |ends: &Ends| {
            let [requests, failed] = ends[within];
            counts.users += u64::from(requests > 0);
            counts.mostly_down += u64::from(requests > 0 && 2 * u64::from(failed) >= u64::from(requests));
            counts.any_failure += u64::from(failed > 0);
        };
        match &self.places {
            Places::Few(all) => all.iter().for_each(&mut add),
            Places::Many(all) => all.values().for_each(&mut add),
        }
    }
}

impl Affected {
    #[inline]
    fn count(&mut self, failed: bool, slow: bool) {
        self.requests += 1;
        self.failed += u64::from(failed);
        self.slow += u64::from(slow && !failed);
    }
}

/// Folds the ends of requests into an [`Impact`].
pub(super) struct ImpactRecorder {
    slow: Span,
    from: SimTime,
    until: SimTime,
    whole: Affected,
    incident: Option<(SimTime, SimTime, Affected)>,
    users: Option<Users>,
    /// Of the requests that ended in each bin how many, how many failed, and how many were slow, where somebody asks when.
    bins: Option<(Bins, Vec<[u64; 3]>)>,
    width: Span,
}

impl ImpactRecorder {
    /// Nothing where nobody asks.
    pub(super) fn of(window: Window, model: &Model) -> Option<Self> {
        let users = model.fleet().users;
        let incident = model.incident();
        let asks_when = model.changes_over_time() || incident.is_some();
        let (count, width) = Series::grid(window.until);
        model.tells_ends().then(|| Self {
            slow: incident.map_or_else(Incident::usual_slow, |incident| incident.slow),
            from: window.from,
            until: window.until,
            whole: Affected::default(),
            incident: incident.map(|incident| (incident.from, incident.until, Affected::default())),
            users: users.map(Users::new),
            bins: asks_when.then(|| (Bins::new(count, width), vec![[0; 3]; count])),
            width,
        })
    }

    /// Count a fact, if a request ended.
    pub(super) fn on(&mut self, now: SimTime, fact: Fact) {
        let Fact::Ended { user, failed, sojourn } = fact else { return };
        let slow = sojourn > self.slow;
        let measured = now >= self.from;
        if measured {
            self.whole.count(failed, slow);
        }
        let within = self.incident.as_ref().is_some_and(|(from, until, _)| (*from..=*until).contains(&now));
        if let Some((.., counts)) = self.incident.as_mut().filter(|_| within) {
            counts.count(failed, slow);
        }
        if let Some(users) = &mut self.users {
            users.count(user, failed, [measured, within]);
        }
        if let Some((places, bins)) = &mut self.bins {
            let [ended, lost, late] = &mut bins[places.at(now)];
            *ended += 1;
            *lost += u64::from(failed);
            *late += u64::from(slow && !failed);
        }
    }

    pub(super) fn finish(&mut self) -> Impact {
        if let Some(users) = &mut self.users {
            users.count_all();
        }
        let bins = self.bins.as_ref().map_or(&[][..], |(_, bins)| bins);
        let (share, least) = FAILING;
        let failing = |[ended, lost, _]: &[u64; 3]| *lost >= least && lost * 100 >= ended * share;
        let start = |n: usize| SimTime::ZERO + Span::from_nanos(self.width.nanos() * n as u64);
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
            whole: self.affected(0, self.whole),
            incident: self.incident.map(|(.., counts)| self.affected(1, counts)),
            onset: onset.map(start),
            recovered: recovered.map(|n| start(n + 1).min(self.until)),
        }
    }

    fn affected(&self, within: usize, mut counts: Affected) -> Affected {
        if let Some(users) = &self.users {
            users.affected(within, &mut counts);
        }
        counts
    }
}
