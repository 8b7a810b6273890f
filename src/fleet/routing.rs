//! Which instance serves a request.

use crate::random::{below, mix};

/// How a request finds its instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// Any, with equal chances.
    #[default]
    Random,
    /// One after another.
    RoundRobin,
    /// The one where the fewest requests wait, among several any with equal chances.
    LeastPending,
    /// Each user stays with one instance.
    Sticky {
        /// How many users there are, all as busy as each other.
        users: u32,
    },
}

impl Routing {
    /// The user who makes a request, uniform over all; 0 where nobody looks at it.
    pub fn user(self, luck: u64) -> u32 {
        match self {
            Self::Sticky { users } => below(luck, users),
            Self::Random | Self::RoundRobin | Self::LeastPending => 0,
        }
    }

    /// In words; `all` is the instances in words.
    pub(super) fn words(self, all: &str) -> String {
        match self {
            Self::Random => format!("requests choose among {all} at random"),
            Self::RoundRobin => format!("requests go to {all} in turn"),
            Self::LeastPending => format!("a request goes to the one of {all} where fewest wait"),
            Self::Sticky { users } => format!("each of {users} users stays with one of {all}"),
        }
    }
}

/// The positions that take requests. What is chosen depends on which these are, never on how they came to be these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// In order.
    positions: Vec<u32>,
    /// By position; it may be longer for one that was there and is gone.
    is: Vec<bool>,
}

impl Live {
    /// Positions 0 to `count`, without `count`.
    pub fn first(count: u32) -> Self {
        Self { positions: (0..count).collect(), is: vec![true; count as usize] }
    }

    /// A position takes requests from now on, or does not.
    pub fn set(&mut self, position: u32, live: bool) {
        let place = position as usize;
        if place >= self.is.len() {
            self.is.resize(place + 1, false);
        }
        if core::mem::replace(&mut self.is[place], live) == live {
            return;
        }
        let rank = self.positions.partition_point(|p| *p < position);
        if live {
            self.positions.insert(rank, position);
        } else {
            self.positions.remove(rank);
        }
    }

    /// Whether this position takes requests.
    pub fn has(&self, position: u32) -> bool {
        self.is.get(position as usize).copied().unwrap_or(false)
    }

    /// All that do, in order.
    pub fn positions(&self) -> &[u32] {
        &self.positions
    }
}

/// Chooses a position for each request.
///
/// ```
/// use poolwise::fleet::{Live, Router, Routing};
/// let mut router = Router::new(Routing::RoundRobin, 3);
/// let mut live = Live::first(3);
/// live.set(1, false);
/// assert_eq!([(); 3].map(|()| router.choose(&live, 0, 0, |_| 0)), [Some(0), Some(2), Some(0)]);
/// ```
#[derive(Clone, Debug)]
pub struct Router {
    routing: Routing,
    /// The most positions that there ever are; at least one.
    most: u32,
    /// In turn: from which position on the next is sought.
    next: u32,
    /// Room for the positions that are equally good.
    best: Vec<u32>,
}

/// How often a user's place is sought by chance before all places are looked at.
const TRIES: u64 = 64;

impl Router {
    /// For a fleet that never has more positions than `most`: see [`Fleet::most`](super::Fleet::most).
    pub fn new(routing: Routing, most: u32) -> Self {
        Self { routing, most: most.max(1), next: 0, best: Vec::new() }
    }

    /// How requests find their instance.
    pub fn routing(&self) -> Routing {
        self.routing
    }

    /// They find it in another way from now on.
    pub fn route_by(&mut self, routing: Routing) {
        self.routing = routing;
    }

    /// The position that serves a request; `None` when none is live.
    ///
    /// `luck` is uniform over all words. `user` is the one that [`Routing::user`] told. `pending` says how many requests wait at
    /// a position. Least pending looks at every live position; the others take a few steps however many there are.
    pub fn choose(&mut self, live: &Live, luck: u64, user: u32, pending: impl Fn(u32) -> u32) -> Option<u32> {
        let all = live.positions();
        if all.is_empty() {
            return None;
        }
        Some(match self.routing {
            Routing::Random => any(all, luck),
            Routing::RoundRobin => self.in_turn(all),
            Routing::LeastPending => self.least(all, luck, pending),
            Routing::Sticky { .. } => self.home(live, user),
        })
    }

    fn in_turn(&mut self, all: &[u32]) -> u32 {
        let rank = all.partition_point(|position| *position < self.next);
        let chosen = all.get(rank).copied().unwrap_or(all[0]);
        self.next = chosen + 1;
        chosen
    }

    fn least(&mut self, all: &[u32], luck: u64, pending: impl Fn(u32) -> u32) -> u32 {
        let mut fewest = u32::MAX;
        for &position in all {
            let waiting = pending(position);
            if waiting < fewest {
                fewest = waiting;
                self.best.clear();
            }
            if waiting == fewest {
                self.best.push(position);
            }
        }
        any(&self.best, luck)
    }

    /// Every user has an endless list of places drawn at random from all that there can be, and lives at the first that is live:
    /// when one goes, its users move and no others do, and when it comes back, so do they.
    ///
    /// Where few of many are live, who finds none among the first places takes the live one that it likes best, which has the
    /// same property: rendezvous hashing (Thaler and Ravishankar 1998, *Using name-based mappings to increase hit rates*).
    fn home(&self, live: &Live, user: u32) -> u32 {
        let key = mix(user.into());
        let place = |n| below(mix(key ^ n), self.most);
        let found = (0..TRIES).map(place).find(|position| live.has(*position));
        found.unwrap_or_else(|| {
            let liking = |position: &u32| mix(key ^ (TRIES + u64::from(*position)));
            live.positions().iter().copied().max_by_key(liking).unwrap_or(0)
        })
    }
}

/// One of several, with equal chances; there is at least one.
fn any(all: &[u32], luck: u64) -> u32 {
    all[below(luck, all.len() as u32) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(_: u32) -> u32 {
        0
    }

    fn without(count: u32, gone: &[u32]) -> Live {
        let mut live = Live::first(count);
        gone.iter().for_each(|position| live.set(*position, false));
        live
    }

    /// Where every user lives.
    fn homes(router: &mut Router, live: &Live, users: u32) -> Vec<u32> {
        (0..users).map(|user| router.choose(live, 0, user, nobody).unwrap()).collect()
    }

    #[test]
    fn nobody_is_chosen_where_nobody_is_live() {
        for routing in [Routing::Random, Routing::RoundRobin, Routing::LeastPending, Routing::Sticky { users: 10 }] {
            let mut router = Router::new(routing, 2);
            assert_eq!(router.choose(&without(2, &[0, 1]), 7, 3, nobody), None);
            assert_eq!(router.choose(&without(2, &[0]), 7, 3, nobody), Some(1));
            assert_eq!(router.choose(&Live::default(), 7, 3, nobody), None);
        }
    }

    #[test]
    fn what_is_live_does_not_depend_on_its_history() {
        let mut live = Live::first(3);
        for (position, is) in [(1, false), (4, true), (0, false), (0, false), (0, true), (1, true), (1, true)] {
            live.set(position, is);
        }
        assert_eq!(live.positions(), [0, 1, 2, 4]);
        assert_eq!([0, 1, 2, 3, 4, 5].map(|position| live.has(position)), [true, true, true, false, true, false]);
    }

    #[test]
    fn chance_is_fair_among_the_live() {
        let mut router = Router::new(Routing::Random, 4);
        let live = without(4, &[2]);
        let mut counts = [0u32; 4];
        for luck in 0..30_000 {
            counts[router.choose(&live, mix(luck), 0, nobody).unwrap() as usize] += 1;
        }
        assert_eq!(counts[2], 0);
        // 10 000 expected, with a standard deviation of 82: five of them.
        assert!([0, 1, 3].iter().all(|n| counts[*n].abs_diff(10_000) < 410), "{counts:?}");
    }

    #[test]
    fn turns_go_on_where_they_were_when_positions_come_and_go() {
        let mut router = Router::new(Routing::RoundRobin, 5);
        let mut live = Live::first(3);
        let mut turns = |live: &Live, n: usize| -> Vec<u32> {
            (0..n).map(|_| router.choose(live, 0, 0, nobody).unwrap()).collect()
        };
        assert_eq!(turns(&live, 4), [0, 1, 2, 0]);
        live.set(1, false);
        assert_eq!(turns(&live, 3), [2, 0, 2]);
        live.set(1, true);
        live.set(3, true);
        assert_eq!(turns(&live, 5), [3, 0, 1, 2, 3]);
        (1..4).for_each(|position| live.set(position, false));
        assert_eq!(turns(&live, 2), [0, 0]);
    }

    #[test]
    fn the_fewest_waiting_are_joined_and_ties_are_fair() {
        let mut router = Router::new(Routing::LeastPending, 4);
        let live = without(4, &[3]);
        let waiting = [2, 1, 1, 0];
        let mut counts = [0u32; 4];
        for luck in 0..10_000 {
            counts[router.choose(&live, mix(luck), 0, |p| waiting[p as usize]).unwrap() as usize] += 1;
        }
        assert_eq!((counts[0], counts[3]), (0, 0));
        // 5000 expected, with a standard deviation of 50: five of them.
        assert!(counts[1].abs_diff(5000) < 250, "{counts:?}");
    }

    #[test]
    fn only_the_users_of_a_position_that_goes_move_and_they_come_back() {
        // Among few of many, the first places of most users are not live at all.
        for (most, count) in [(10, 10), (20, 10), (10_000, 5)] {
            let mut router = Router::new(Routing::Sticky { users: 2000 }, most);
            let mut live = Live::first(count);
            let before = homes(&mut router, &live, 2000);
            live.set(3, false);
            let meanwhile = homes(&mut router, &live, 2000);
            let mut taken = vec![0; count as usize];
            for (home, now) in before.iter().zip(&meanwhile) {
                assert!(if *home == 3 { *now != 3 } else { now == home }, "from {home} to {now}");
                taken[*now as usize] += u32::from(*home == 3);
            }
            let others = taken.iter().filter(|moved| **moved > 0).count();
            assert_eq!(others, count as usize - 1, "the users that move spread over all others: {taken:?}");
            live.set(3, true);
            assert_eq!(homes(&mut router, &live, 2000), before);
        }
    }

    #[test]
    fn a_new_position_takes_users_and_gives_none_elsewhere() {
        let mut router = Router::new(Routing::Sticky { users: 10_000 }, 40);
        let before = homes(&mut router, &Live::first(9), 10_000);
        let after = homes(&mut router, &Live::first(10), 10_000);
        assert!(before.iter().zip(&after).all(|(home, now)| home == now || *now == 9));
        let taken = after.iter().filter(|home| **home == 9).count();
        // A tenth, with a standard deviation of 30: five of them.
        assert!(taken.abs_diff(1000) < 150, "{taken}");
    }

    #[test]
    fn users_are_spread_evenly() {
        for (most, count) in [(10, 10), (10_000, 10)] {
            let mut router = Router::new(Routing::Sticky { users: 100_000 }, most);
            let mut counts = vec![0u32; count as usize];
            homes(&mut router, &Live::first(count), 100_000).iter().for_each(|home| counts[*home as usize] += 1);
            // 10 000 expected, with a standard deviation of 95: five of them.
            assert!(counts.iter().all(|n| n.abs_diff(10_000) < 475), "{counts:?}");
        }
    }

    #[test]
    fn every_user_makes_requests() {
        let routing = Routing::Sticky { users: 3 };
        let seen: std::collections::BTreeSet<u32> = (0..100).map(|luck| routing.user(mix(luck))).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(Routing::Random.user(u64::MAX), 0);
    }
}
