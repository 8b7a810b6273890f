//! The loop over events with leaks, with the histograms of hold and sojourn, and with the integrals of active and pending.

use super::Load;
use super::draws::Draw;
use super::events::QUEUE;
use super::tally::Tally;
use super::tournament::{NEVER, Tournament};
use poolwise::random::{Purpose, Streams};
use rand::RngExt;

/// What a run gives.
pub struct Outcome {
    /// Of all requests; of those who give up, their patience.
    pub waits: Tally,
    pub holds: Tally,
    pub sojourns: Tally,
    pub timed_out: u64,
    pub leaked: u64,
    /// Requests that still wait because every connection has leaked.
    pub stuck: u64,
    /// Connections and waiters, integrated over time up to `end`, in nanoseconds.
    pub active: u64,
    pub pending: u64,
    pub end: u64,
}

#[derive(Clone, Copy, Default)]
struct Request {
    asked: u64,
    /// The hold in nanoseconds, and whether it leaks in the lowest bit: a request is two words.
    hold_leak: u64,
}

impl Request {
    fn hold(self) -> u64 {
        self.hold_leak >> 1
    }

    fn leak(self) -> bool {
        self.hold_leak & 1 == 1
    }
}

/// Run until the last request has come back.
pub fn run<const NODES: usize, const PATIENCE: bool, H: Draw>(c: usize, load: Load<H>) -> Outcome {
    let streams = Streams::new(load.seed, 0);
    let (mut gaps, mut holds) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let mut leaks = streams.of(Purpose::Leak, 0);
    let mut draw = |asked: u64| Request {
        asked: asked + load.gap.draw(&mut gaps),
        hold_leak: load.hold.draw(&mut holds) << 1 | u64::from(leaks.random::<f64>() < load.leak),
    };
    let (mut waits, mut held, mut sojourns) = (Tally::new(), Tally::new(), Tally::new());
    let (mut timed_out, mut leaked, mut end) = (0, 0, 0);
    // An integral of a level needs no step of its own per event: whatever enters subtracts its moment, whatever leaves adds it,
    // and what is still there at the end adds the end (modulo 2^64).
    let (mut active, mut pending) = (0u64, 0u64);
    let mut busy = Tournament::<NODES>::new(0, NEVER);
    // Who has each connection.
    let mut leases = [Request::default(); NODES];
    let mut idle = [0; NODES];
    (0..c).for_each(|connection| idle[connection] = connection as u32);
    let mut idles = c;
    let mut queue: Box<[Request; QUEUE]> =
        vec![Request::default(); QUEUE].into_boxed_slice().try_into().ok().expect("as long");
    let (mut head, mut tail) = (0, 0);
    let mut next = draw(0);
    for n in 0..=load.requests {
        let mut request = next;
        next = draw(request.asked);
        if n == load.requests {
            request.asked = NEVER - 1;
        }
        loop {
            let (back, connection) = busy.first();
            let waiter = queue[head % QUEUE];
            if PATIENCE && head != tail {
                let gives_up = waiter.asked + load.timeout;
                if gives_up < back && gives_up <= request.asked {
                    waits.record(load.timeout);
                    timed_out += 1;
                    pending = pending.wrapping_add(gives_up);
                    head += 1;
                    end = gives_up;
                    continue;
                }
            }
            if back > request.asked {
                break;
            }
            end = back;
            let lease = leases[connection % NODES];
            held.record(lease.hold());
            sojourns.record(back - lease.asked);
            if lease.leak() {
                leaked += 1;
                busy.set(connection, NEVER);
                continue;
            }
            if head != tail {
                waits.record(back - waiter.asked);
                pending = pending.wrapping_add(back);
                head += 1;
                leases[connection % NODES] = waiter;
                busy.set(connection, back + waiter.hold());
            } else {
                active = active.wrapping_add(back);
                busy.set(connection, NEVER);
                idle[idles % NODES] = connection as u32;
                idles += 1;
            }
        }
        if n == load.requests {
            break;
        }
        if idles > 0 {
            idles -= 1;
            waits.record(0);
            active = active.wrapping_sub(request.asked);
            let connection = idle[idles % NODES] as usize;
            leases[connection % NODES] = request;
            busy.set(connection, request.asked + request.hold());
        } else {
            pending = pending.wrapping_sub(request.asked);
            queue[tail % QUEUE] = request;
            tail += 1;
            assert!(tail - head < QUEUE, "the queue is full");
        }
    }
    let stuck = (tail - head) as u64;
    active = active.wrapping_add(end.wrapping_mul(leaked));
    pending = pending.wrapping_add(end.wrapping_mul(stuck));
    Outcome { waits, holds: held, sojourns, timed_out, leaked, stuck, active, pending, end }
}
