//! First come, first served, as a recursion over requests (J. Kiefer and J. Wolfowitz, 1955): a request starts when it has come
//! and some connection is free, and takes the one that is free first.

use super::Load;
use super::draws::Draw;
use super::tally::Tally;
use super::tournament::Tournament;
use poolwise::random::{Purpose, Streams};

/// The waits of all requests; of those who give up, their patience.
pub fn run<const NODES: usize, const PATIENCE: bool, H: Draw>(c: usize, load: Load<H>) -> Tally {
    let streams = Streams::new(load.seed, 0);
    let (mut gaps, mut holds) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let mut pool = Pool::<NODES>::new(c);
    let mut now = 0;
    // Draws stand beside the climb, not in a block of their own: they fill the time in which one comparison waits for another.
    for _ in 0..load.requests {
        now += load.gap.draw(&mut gaps);
        pool.serve::<PATIENCE>(now, load.hold.draw(&mut holds), load.timeout);
    }
    pool.waits
}

/// When connections are free, and the waits so far.
struct Pool<const NODES: usize> {
    free: Tournament<NODES>,
    waits: Tally,
}

impl<const NODES: usize> Pool<NODES> {
    fn new(c: usize) -> Self {
        Self { free: Tournament::new(c, 0), waits: Tally::new() }
    }

    #[inline(always)]
    fn serve<const PATIENCE: bool>(&mut self, now: u64, hold: u64, timeout: u64) {
        let (free, connection) = self.free.first();
        let start = now.max(free);
        if PATIENCE && start - now > timeout {
            return self.waits.record(timeout);
        }
        self.waits.record(start - now);
        self.free.set(connection, start + hold);
    }

    fn serve_all(&mut self, requests: &[(u64, u64)]) {
        // By value: the winner stays in a register.
        for &(now, hold) in requests {
            self.serve::<false>(now, hold, 0);
        }
    }
}

/// The waits of the same requests for each of several sizes, all at most 64.
pub fn sweep<const N: usize, H: Draw>(sizes: &[usize; N], load: Load<H>) -> [Tally; N] {
    const BLOCK: usize = 512;
    enum Sized {
        Small(Box<Pool<32>>),
        Middle(Box<Pool<64>>),
        Large(Box<Pool<128>>),
    }
    let streams = Streams::new(load.seed, 0);
    let (mut gaps, mut holds) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let mut pools = sizes.map(|c| match c {
        ..=16 => Sized::Small(Box::new(Pool::new(c))),
        17..=32 => Sized::Middle(Box::new(Pool::new(c))),
        _ => Sized::Large(Box::new(Pool::new(c))),
    });
    let mut block = [(0, 0); BLOCK];
    let (mut now, mut left) = (0, load.requests as usize);
    while left > 0 {
        let requests = &mut block[..left.min(BLOCK)];
        left -= requests.len();
        for request in requests.iter_mut() {
            now += load.gap.draw(&mut gaps);
            *request = (now, load.hold.draw(&mut holds));
        }
        for pool in &mut pools {
            match pool {
                Sized::Small(pool) => pool.serve_all(requests),
                Sized::Middle(pool) => pool.serve_all(requests),
                Sized::Large(pool) => pool.serve_all(requests),
            }
        }
    }
    pools.map(|pool| match pool {
        Sized::Small(pool) => pool.waits,
        Sized::Middle(pool) => pool.waits,
        Sized::Large(pool) => pool.waits,
    })
}
