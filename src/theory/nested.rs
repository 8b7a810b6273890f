//! Requests that take several connections of one pool at once, and can lock each other out for good.

/// The smallest pool in which `requests` that each take up to `each` connections, one after the other, can not block each other for
/// ever: requests × (each − 1) + 1. Then, with every request one short, one connection is left and somebody finishes. With one
/// less, all may hold each − 1 and wait for each other until a timeout. Zero when there are no requests or no connections taken.
///
/// A floor against deadlock, not a size for speed; with an acquire timeout a smaller pool comes loose, by failing requests.
///
/// Source: HikariCP's wiki, *About Pool Sizing*, section "Pool-locking"; the general argument is E. G. Coffman, M. J. Elphick and
/// A. Shoshani, *System deadlocks*, Computing Surveys 3, 1971.
///
/// ```
/// use poolwise::theory::nested::floor;
/// assert_eq!(floor(3, 4), 10);
/// assert_eq!(floor(8, 3), 17);
/// ```
pub fn floor(requests: u32, each: u32) -> u64 {
    if requests == 0 || each == 0 { 0 } else { u64::from(requests) * (u64::from(each) - 1) + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn published_values() {
        assert_eq!(floor(3, 4), 10);
        assert_eq!(floor(8, 3), 17);
        // A pool of 10 froze under 20 requests of two connections each: the floor is 21.
        assert_eq!(floor(20, 2), 21);
        assert_eq!(floor(50, 1), 1);
        assert_eq!(floor(u32::MAX, u32::MAX), u64::from(u32::MAX) * (u64::from(u32::MAX) - 1) + 1);
        assert_eq!((floor(0, 4), floor(4, 0)), (0, 0));
    }

    /// Whether some order of taking and finishing ends with all stuck: every state that can be reached, one by one.
    fn can_deadlock(held: Vec<u32>, each: u32, free: u64, seen: &mut BTreeSet<Vec<u32>>) -> bool {
        if !seen.insert(held.clone()) {
            return false;
        }
        let mut stuck = true;
        for n in 0..held.len() {
            let mut next = held.clone();
            // A request that has all returns them; it may come again.
            let now_free = if held[n] == each {
                next[n] = 0;
                free + u64::from(each)
            } else if free > 0 {
                next[n] += 1;
                free - 1
            } else {
                continue;
            };
            stuck = false;
            if can_deadlock(next, each, now_free, seen) {
                return true;
            }
        }
        stuck
    }

    #[test]
    fn the_floor_and_not_one_less_is_free_of_deadlock() {
        for (requests, each) in [(1, 1), (1, 3), (2, 2), (3, 2), (2, 4), (3, 4), (4, 3)] {
            let ends = |size: u64| can_deadlock(vec![0; requests as usize], each, size, &mut BTreeSet::new());
            assert!(!ends(floor(requests, each)), "{requests} {each}");
            assert!(ends(floor(requests, each) - 1), "{requests} {each}");
        }
    }
}
