//! Processor sharing against its definition: a plain list of what each still needs, looked through at every step.

use crate::twin::each;
use poolwise::database::{Job, Law, Sharing};
use poolwise::units::{SimTime, Span};
use proptest::prelude::*;

/// Every running query, and how many nanoseconds of work it still needs. All time is nanoseconds.
struct Twin {
    law: Law,
    speed: f64,
    now: f64,
    left: Vec<(u32, f64)>,
}

impl Twin {
    fn new(law: Law) -> Self {
        Self { law, speed: 1.0, now: 0.0, left: Vec::new() }
    }

    /// What each gets per nanosecond.
    fn rate(&self) -> f64 {
        let n = self.left.len() as u32;
        self.speed * self.law.capacity(n) / f64::from(n)
    }

    fn least(&self) -> Option<(u32, f64)> {
        self.left.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// When the next is done; infinite if none ever is.
    fn next(&self) -> f64 {
        let takes = |(_, left): (u32, f64)| if self.speed == 0.0 { f64::INFINITY } else { left / self.rate() };
        self.least().map_or(f64::INFINITY, |least| self.now + takes(least))
    }

    /// Time passes in which nobody is done.
    fn pass(&mut self, to: f64) {
        if !self.left.is_empty() {
            let each = self.rate() * (to - self.now);
            self.left.iter_mut().for_each(|(_, left)| *left -= each);
        }
        self.now = to;
    }

    /// The next is done at `at`, up to a nanosecond after it had all its work; the others gain nothing by that.
    fn pop(&mut self, at: f64) -> u32 {
        let (who, least) = self.least().unwrap();
        self.left.retain(|(other, _)| *other != who);
        self.left.iter_mut().for_each(|(_, left)| *left -= least);
        self.now = at;
        who
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(u64),
    /// Which of those that run.
    Cancel(usize),
    Speed(f64),
}

/// Work is drawn to the nanosecond, so that two are never done at the same moment but by a coincidence of 1 in 10⁶.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop_oneof![1 => Just(1u64), 20 => 1_000..20_000_000u64].prop_map(Step::Begin),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => prop_oneof![Just(0.0), Just(0.5), Just(1.0), 0.1..3.0f64].prop_map(Step::Speed),
    ]
}

fn law() -> impl Strategy<Value = Law> {
    let overhead = Law { overhead: 0.05, ..Law::of_cores(4.0) };
    let usl = Law { contention: 0.1, coherency: 0.002, ..Law::of_cores(f64::INFINITY) };
    let all = Law { contention: 0.03, coherency: 0.001, ..Law { overhead: 0.02, ..Law::of_cores(3.5) } };
    let cores = [0.5, 1.0, 2.5, 4.0].map(Law::of_cores);
    prop::sample::select([cores.as_slice(), &[overhead, usl, all]].concat())
}

/// The library's side of a run: its jobs by the name that the twin gives them too.
struct Both {
    fast: Sharing<u32>,
    slow: Twin,
    jobs: Vec<(u32, Job)>,
    names: u32,
}

fn at(nanos: u64) -> SimTime {
    SimTime::from_nanos(nanos)
}

impl Both {
    fn new(law: Law) -> Self {
        Self { fast: Sharing::new(law), slow: Twin::new(law), jobs: Vec::new(), names: 0 }
    }

    /// Everybody who is done by `until` is so in the same order, and each within 2 ns.
    ///
    /// A moment is the first whole nanosecond at or after the mark. Both reckon with 53 bits: marks stay below 2³¹ ns here, so a
    /// run of a hundred steps is off by less than 10⁻⁴ ns, and by less than 10⁻² ns where a hundred share few cores. That moves a
    /// moment by one nanosecond only where it lies on the edge of one; a second is left for two such errors.
    fn until(&mut self, until: u64) -> Result<(), String> {
        while self.fast.next() <= at(until) {
            let (found, expected) = (self.fast.next().nanos(), self.slow.next());
            if (found as f64 - expected).abs() > 2.0 {
                return Err(format!("the next is done at {found}, its twin at {expected}"));
            }
            let (who, twin) = (self.fast.pop(at(found)), self.slow.pop(found as f64));
            if who != Some(twin) {
                return Err(format!("at {found} {who:?} is done, of the twins {twin}"));
            }
            self.jobs.retain(|(name, _)| *name != twin);
            self.counts()?;
        }
        if until != u64::MAX && self.slow.next() + 2.0 < until as f64 {
            return Err(format!("a twin is done at {}, none is", self.slow.next()));
        }
        Ok(())
    }

    fn counts(&self) -> Result<(), String> {
        let (fast, slow) = (self.fast.running(), self.slow.left.len());
        if fast as usize == slow { Ok(()) } else { Err(format!("{fast} run, {slow} twins")) }
    }

    fn take(&mut self, now: u64, step: Step) -> Result<(), String> {
        self.until(now)?;
        self.slow.pass(now as f64);
        match step {
            Step::Begin(work) => {
                self.jobs.push((self.names, self.fast.begin(at(now), Span::from_nanos(work), self.names)));
                self.slow.left.push((self.names, work as f64));
                self.names += 1;
            }
            Step::Cancel(which) if !self.jobs.is_empty() => {
                let (name, job) = self.jobs.swap_remove(which % self.jobs.len());
                self.fast.cancel(at(now), job);
                self.slow.left.retain(|(other, _)| *other != name);
            }
            Step::Cancel(_) => {}
            Step::Speed(speed) => {
                self.fast.set_speed(at(now), speed);
                self.slow.speed = speed;
            }
        }
        self.counts()
    }
}

/// Whoever comes, is given up or done, at whatever speed.
#[test]
fn sharing_is_what_its_slow_twin_says() {
    let gaps = prop_oneof![1 => Just(0u64), 8 => 0..4_000_000u64, 1 => 0..200_000_000u64];
    each(1500, (law(), prop::collection::vec((gaps, step()), 1..120)), |(law, steps)| {
        let mut both = Both::new(*law);
        let mut now = 0;
        for (gap, step) in steps {
            now += gap;
            both.take(now, *step)?;
        }
        both.take(now + 1, Step::Speed(1.0))?;
        both.until(u64::MAX - 1)?;
        if both.fast.next() == SimTime::NEVER && both.fast.running() == 0 {
            Ok(())
        } else {
            Err("some never end".into())
        }
    });
}

/// Who begins together is done in the order of work, at moments that a sum gives. By whole nanoseconds nobody is early, and nobody
/// later than one nanosecond for each who was done before, since what they share only grows.
#[test]
fn a_burst_ends_when_a_sum_says() {
    each(300, (law(), prop::collection::vec(1_000..20_000_000u64, 1..60)), |(law, works)| {
        let mut fast = Sharing::new(*law);
        (0..).zip(works).for_each(|(who, work)| _ = fast.begin(SimTime::ZERO, Span::from_nanos(*work), who));
        let mut sorted: Vec<(u64, u32)> = works.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let (mut exact, mut before) = (0.0, 0);
        for (done, (work, who)) in (0..).zip(sorted) {
            let n = works.len() as u32 - done;
            exact += (work - before) as f64 * f64::from(n) / law.capacity(n);
            before = work;
            let found = fast.next();
            let late = found.nanos() as f64 - exact;
            if fast.pop(found) != Some(who) || !(-0.01..f64::from(done) + 1.01).contains(&late) {
                return Err(format!("{who} is done at {found:?}, {late} ns late after {done} others"));
            }
        }
        Ok(())
    });
}

/// Standing still for a second moves everything by that second.
#[test]
fn at_no_speed_nothing_is_done() {
    let begin = |fast: &mut Sharing<u32>| {
        (1..=9).for_each(|who| _ = fast.begin(SimTime::ZERO, Span::from_nanos(u64::from(who) * 7_000_000), who));
    };
    let law = Law { overhead: 0.1, ..Law::of_cores(2.0) };
    let (mut moving, mut stopped) = (Sharing::new(law), Sharing::new(law));
    begin(&mut moving);
    begin(&mut stopped);
    stopped.set_speed(at(3_000_000), 0.0);
    assert_eq!((stopped.next(), stopped.pop(at(900_000_000))), (SimTime::NEVER, None));
    stopped.set_speed(at(1_003_000_000), 1.0);
    for _ in 1..=9 {
        let (found, wanted) = (stopped.next(), moving.next());
        assert!((found.nanos() - wanted.nanos()).abs_diff(1_000_000_000) <= 1, "{found:?} for {wanted:?}");
        assert_eq!(stopped.pop(found), moving.pop(wanted));
    }
}
