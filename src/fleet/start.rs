//! Which instance opens its connections first when all start together.

use crate::random::{below, mix};

/// In which order the pools of a fleet are filled at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartOrder {
    /// Instance 0 fills its pool before instance 1 begins, and so on.
    #[default]
    InTurn,
    /// Every instance opens one connection, then every instance the next.
    Together,
    /// As in turn, the instances in random order.
    Shuffled,
}

impl StartOrder {
    /// The instance that opens each connection, one after another, when each of `instances` opens `each`.
    ///
    /// ```
    /// use poolwise::fleet::StartOrder;
    /// let turns = |order: StartOrder| order.turns(2, 3, 0).collect::<Vec<_>>();
    /// assert_eq!(turns(StartOrder::InTurn), [0, 0, 0, 1, 1, 1]);
    /// assert_eq!(turns(StartOrder::Together), [0, 1, 0, 1, 0, 1]);
    /// ```
    pub fn turns(self, instances: u32, each: u32, luck: u64) -> impl Iterator<Item = u32> {
        let order = self.order(instances, luck);
        let all = u64::from(instances) * u64::from(each);
        (0..all).map(move |turn| match self {
            Self::Together => (turn % u64::from(instances)) as u32,
            Self::InTurn | Self::Shuffled => order[(turn / u64::from(each)) as usize],
        })
    }

    /// The instances in the order in which they begin.
    pub fn order(self, instances: u32, luck: u64) -> Vec<u32> {
        let mut order: Vec<u32> = (0..instances).collect();
        if self == Self::Shuffled {
            // Fisher and Yates: every order is as likely as every other.
            for last in (1..instances).rev() {
                let other = below(mix(luck ^ u64::from(last)), last + 1);
                order.swap(last as usize, other as usize);
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_of_three_is_as_likely() {
        let mut seen = std::collections::BTreeMap::new();
        for luck in 0..6000 {
            *seen.entry(StartOrder::Shuffled.order(3, mix(luck))).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        // 1000 expected each, with a standard deviation of 29: five of them fail once in a quarter of a million seeds.
        assert!(seen.values().all(|count| (856..=1144).contains(count)), "{seen:?}");
    }

    #[test]
    fn a_shuffled_start_fills_one_pool_after_another() {
        let turns: Vec<u32> = StartOrder::Shuffled.turns(20, 3, 7).collect();
        assert!(turns.chunks(3).all(|pool| pool.iter().all(|instance| *instance == pool[0])));
        let firsts: Vec<u32> = turns.chunks(3).map(|pool| pool[0]).collect();
        let mut sorted = firsts.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        assert_ne!(firsts, sorted);
    }

    #[test]
    fn pools_that_open_nothing_take_no_turn() {
        assert_eq!(StartOrder::InTurn.turns(5, 0, 0).count(), 0);
    }
}
