//! What happens at one moment: free, change, give up, ask. Spans are a few nanoseconds.

use super::plan::{Order, Plan};
use super::slow::Story;
use poolwise::engine::{self, Fact};
use poolwise::random::Streams;
use poolwise::units::SimTime;

/// The facts of a kind that is told apart by what it makes of them, with their moments.
fn moments<T>(plan: &Plan, of: impl Fn(Fact) -> Option<T>) -> Vec<(u64, T)> {
    let mut story = Story::default();
    engine::run(&plan.model(), Streams::new(1, 0), SimTime::from_nanos(1000), &mut story);
    story.facts.into_iter().filter_map(|(at, fact)| of(fact).map(|told| (at, told))).collect()
}

/// When waits ended, and how long they were.
type Waits = Vec<(u64, u64)>;

/// Those that ended with a connection, and those that ended without.
fn waits(plan: &Plan) -> (Waits, Waits) {
    let granted = |fact| if let Fact::Granted { wait } = fact { Some(wait.nanos()) } else { None };
    let timed_out = |fact| if let Fact::TimedOut { wait } = fact { Some(wait.nanos()) } else { None };
    (moments(plan, granted), moments(plan, timed_out))
}

#[test]
fn what_comes_free_at_the_end_of_a_patience_still_reaches_the_waiter() {
    let plan = Plan { acquire_timeout: Some(10), ..Plan::of(&[(0, 15), (5, 1)]) };
    assert_eq!(waits(&plan), (vec![(0, 0), (15, 10)], vec![]));
    let plan = Plan { acquire_timeout: Some(9), ..plan };
    assert_eq!(waits(&plan), (vec![(0, 0)], vec![(14, 9)]));
}

#[test]
fn a_connection_that_opens_at_the_end_of_a_patience_still_reaches_its_caller() {
    let covers_all =
        |connect| Plan { min_idle: 0, acquire_timeout: Some(10), covers_all: true, connect, ..Plan::of(&[(5, 1)]) };
    assert_eq!(waits(&covers_all(10)), (vec![(15, 10)], vec![]));
    assert_eq!(waits(&covers_all(11)), (vec![], vec![(15, 10)]));
}

#[test]
fn who_gives_up_makes_room_in_the_queue_for_who_comes_at_that_moment() {
    let plan = Plan { acquire_timeout: Some(10), max_waiters: Some(1), ..Plan::of(&[(0, 100), (5, 1), (15, 1)]) };
    let rejected = |plan: &Plan| moments(plan, |fact| (fact == Fact::Rejected).then_some(()));
    assert_eq!(rejected(&plan), []);
    assert_eq!(rejected(&Plan { acquire_timeout: Some(11), ..plan }), [(15, ())]);
}

#[test]
fn what_comes_free_goes_to_a_waiter_before_who_comes_at_that_moment() {
    for order in [Order::Fifo, Order::Lifo] {
        let plan = Plan { order, ..Plan::of(&[(0, 10), (5, 10), (10, 1)]) };
        assert_eq!(waits(&plan).0, [(0, 0), (10, 5), (20, 10)], "{order:?}");
    }
    // A woken waiter has to reach for it, and was planned to before the newcomer: it is first only if it takes no time.
    let barging = |wake_up| Plan { order: Order::Barging, wake_up, ..Plan::of(&[(0, 10), (5, 10), (10, 2)]) };
    assert_eq!(waits(&barging(0)).0, [(0, 0), (10, 5), (20, 10)]);
    assert_eq!(waits(&barging(1)).0, [(0, 0), (10, 0), (13, 8)]);
}

#[test]
fn a_return_comes_before_the_housekeeper_and_he_before_who_asks() {
    // The connection that comes back at 20 has not been idle, so it stays; the one from 0 is closed, and the request at 40
    // finds the first closed too.
    let plan = Plan {
        max_size: 2,
        min_idle: 0,
        idle_timeout: Some(20),
        housekeeping: Some(20),
        ..Plan::of(&[(0, 20), (40, 1)])
    };
    let opened = |fact| (fact == Fact::Opened).then_some(());
    assert_eq!(moments(&plan, opened), [(0, ()), (40, ())]);
    let plan = Plan { idle_timeout: Some(21), ..plan };
    assert_eq!(moments(&plan, opened), [(0, ())]);
}

#[test]
fn a_pool_that_grows_at_the_end_of_a_patience_still_serves_the_waiter() {
    let plan = Plan { acquire_timeout: Some(10), resizes: vec![(10, 2)], ..Plan::of(&[(0, 50), (0, 5)]) };
    assert_eq!(waits(&plan), (vec![(0, 0), (10, 10)], vec![]));
    let plan = Plan { resizes: vec![(11, 2)], ..plan };
    assert_eq!(waits(&plan), (vec![(0, 0)], vec![(10, 10)]));
}

#[test]
fn an_answer_at_the_end_of_a_clients_patience_is_wanted() {
    let plan = |client_timeout| Plan { client_timeout: Some(client_timeout), ..Plan::of(&[(0, 10)]) };
    let served = |fact| if let Fact::Served { wanted, .. } = fact { Some(wanted) } else { None };
    assert_eq!(moments(&plan(10), served), [(10, true)]);
    assert_eq!(moments(&plan(9), served), [(10, false)]);
}

#[test]
fn a_pool_that_shrinks_at_the_moment_of_a_return_closes_what_came_back() {
    let plan =
        Plan { max_size: 2, min_idle: 2, resizes: vec![(10, 1)], ..Plan::of(&[(0, 10), (0, 10), (10, 5), (10, 5)]) };
    let closed = |fact| if let Fact::Closed { .. } = fact { Some(()) } else { None };
    assert_eq!(moments(&plan, closed), [(10, ())]);
    assert_eq!(waits(&plan).0, [(0, 0), (0, 0), (10, 0), (15, 5)]);
}
