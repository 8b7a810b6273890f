//! Real pools, driven by `make reality` on a machine that is at hand: each run is predicted from what was configured, with constants
//! that were measured on one half of the runs. `tests/reality/live/` has one such day; `POOLWISE_LIVE` names another.

mod again;
mod bounds;
mod costs;
mod manifest;
mod page;
mod plot;
mod scenario;
mod seen;

use super::on_two;
use super::predict::Held;
use super::traces::{Attempt, End, Product, attempts, first_uses};
use crate::generated::hold_to;
use crate::repository;
use costs::Costs;
use manifest::{Done, Live};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// All runs of one day, and among what each was held.
struct Judged {
    live: Live,
    costs: Costs,
    held: Vec<Vec<Held>>,
}

impl Judged {
    fn of(folder: &Path) -> Self {
        let live = Live::read(folder);
        let costs = Costs::measure(&live);
        let held = on_two(&live.runs, |run| seen::held(run, &costs));
        Self { live, costs, held }
    }

    fn each(&self) -> impl Iterator<Item = (&Done, &Held)> {
        self.live.runs.iter().zip(&self.held).flat_map(|(run, list)| list.iter().map(move |held| (run, held)))
    }

    /// How many values lie within, of how many.
    fn within(&self, counts: impl Fn(&Done, &Held) -> bool) -> (usize, usize) {
        let all = || self.each().filter(|(run, held)| held.counts() && counts(run, held));
        (all().filter(|(_, held)| held.is_within()).count(), all().count())
    }
}

static COMMITTED: LazyLock<Judged> = LazyLock::new(|| Judged::of(&repository("tests/reality/live")));

fn asked_for() -> Option<PathBuf> {
    std::env::var_os("POOLWISE_LIVE").map(PathBuf::from)
}

/// The goal: nine of ten values of the runs that no constant was measured on lie within; so do exhaustion and recovery.
#[test]
fn live_runs_lie_among_simulated_ones() {
    let (within, all) = COMMITTED.within(|run, _| !run.calibrates);
    assert!(within * 10 >= all * 9, "{within} of {all}");
    let (within, all) = COMMITTED.within(|_, held| ["recovery", "first timeout", "nothing left"].contains(&held.name));
    assert!(within * 10 >= all * 9, "{within} of {all}");
    let again = again::recoveries(&COMMITTED);
    let within = again.iter().filter(|(_, held)| held.is_within()).count();
    assert!(within * 10 >= again.len() * 9, "{within} of {}", again.len());
}

#[test]
fn the_books_pages_of_live_runs() {
    let text = format!("{}\n### Recovery again\n\n{}", page::page(&COMMITTED), again::table(&COMMITTED));
    hold_to("book/src/generated/live.md", &text);
    hold_to("book/src/generated/live.svg", &plot::plot(&COMMITTED));
}

/// Not in the model: in sqlx a time-out that ends the check or the opening of a connection ends that connection too. A pool that hands connections
/// out just before the time-out, as an overloaded one does, then has to open new ones, and may be too late with these as well.
#[test]
fn sqlx_can_fall_over() {
    let mut products: Vec<Product> = page::replaced(&COMMITTED).map(|(run, _)| run.product).collect();
    products.dedup();
    assert!(products == [Product::Sqlx], "no other pool lost a connection");
    // Recorded beside other runs, which it disturbed: the spike lasts from 10 s to 16 s.
    let attempts = attempts("sqlx_falls_over");
    assert_eq!(first_uses(&attempts).len(), 25, "of a pool of 6");
    let mut served: Vec<u64> = attempts.iter().filter(|a| a.out == End::Served).map(Attempt::granted).collect();
    served.sort_unstable();
    let (from, until) = served.windows(2).map(|pair| (pair[0], pair[1])).max_by_key(|pair| pair.1 - pair.0).unwrap();
    assert!((16_000_000..16_500_000).contains(&from) && until - from > 8_000_000, "{from} to {until}");
}

/// What must hold of any day on any machine: of the one that is kept, and of the one that was asked for.
fn holds_anywhere(day: &Judged) {
    for (run, list) in day.live.runs.iter().zip(&day.held) {
        bounds::everyone_is_accounted_for(run);
        bounds::nobody_gives_up_early(run);
        bounds::not_far_off(run, list);
    }
}

#[test]
fn live_runs_keep_the_bounds_of_any_machine() {
    holds_anywhere(&COMMITTED);
}

/// The runs that `POOLWISE_LIVE` names, if it does: their tables and their picture are written beside them.
#[test]
fn of_this_machine() {
    let Some(folder) = asked_for() else { return };
    let day = Judged::of(&folder);
    let text = page::page(&day);
    std::fs::write(folder.join("reality.md"), &text).unwrap();
    std::fs::write(folder.join("live.svg"), plot::plot(&day)).unwrap();
    std::fs::write(folder.join("recoveries.csv"), again::lines(&day)).unwrap();
    println!("{text}");
    holds_anywhere(&day);
}
