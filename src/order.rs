//! Sorting of what there is little of: by one routine for things of all kinds, because each kind that the standard library sorts costs
//! the browser kilobytes of code (a `BTreeSet` that is collected sorts too; one that is extended does not). Equal things stay in the
//! order in which they stood.

use core::cmp::Ordering;

/// The places of so many things in the order of `compare`.
pub(crate) fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

/// Put things into the order of `compare`.
pub(crate) fn sort_by<T>(all: &mut Vec<T>, compare: impl Fn(&T, &T) -> Ordering) {
    let places = places(all.len(), &|a, b| compare(&all[a], &all[b]));
    let mut from: Vec<Option<T>> = core::mem::take(all).into_iter().map(Some).collect();
    all.extend(places.into_iter().filter_map(|place| from[place].take()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_things_stay_as_they_stood() {
        let mut all: Vec<(u32, usize)> = [3, 1, 2, 1, 3, 0].into_iter().zip(0..).collect();
        super::sort_by(&mut all, |a, b| a.0.cmp(&b.0));
        assert_eq!(all, [(0, 5), (1, 1), (1, 3), (2, 2), (3, 0), (3, 4)]);
    }
}
