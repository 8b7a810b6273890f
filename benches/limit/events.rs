//! The same pool as a loop over events, each visited in its order: return, give up, ask.

use super::Load;
use super::draws::Draw;
use super::tally::Tally;
use super::tournament::{NEVER, Tournament};
use poolwise::random::{Purpose, Streams};

/// The most that wait at once.
pub const QUEUE: usize = 1 << 18;

/// The waits of all requests; of those who give up, their patience.
pub fn run<const NODES: usize, const PATIENCE: bool, H: Draw>(c: usize, load: Load<H>) -> Tally {
    let streams = Streams::new(load.seed, 0);
    let (mut gaps, mut holds) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let mut waits = Tally::new();
    let mut busy = Tournament::<NODES>::new(0, NEVER);
    // A stack of connections. Numbers of leaves are masked where they index: no check of bounds.
    let mut idle = [0; NODES];
    (0..c).for_each(|connection| idle[connection] = connection as u32);
    let mut idles = c;
    // Who waits: when it asked, and how long it will hold. It is a ring; `head` and `tail` count on.
    let mut queue: Box<[(u64, u64); QUEUE]> = vec![(0, 0); QUEUE].into_boxed_slice().try_into().expect("as long");
    let (mut head, mut tail) = (0, 0);
    let mut next = (load.gap.draw(&mut gaps), load.hold.draw(&mut holds));
    for n in 0..=load.requests {
        let (mut asked, hold) = next;
        // One request is drawn ahead, so that the branches below, whose outcome nobody can predict, do not wait for draws.
        next = (asked + load.gap.draw(&mut gaps), load.hold.draw(&mut holds));
        if n == load.requests {
            asked = NEVER - 1;
        }
        loop {
            let (back, connection) = busy.first();
            let (waits_since, its_hold) = queue[head % QUEUE];
            if PATIENCE && head != tail {
                let gives_up = waits_since + load.timeout;
                if gives_up < back && gives_up <= asked {
                    waits.record(load.timeout);
                    head += 1;
                    continue;
                }
            }
            if back > asked {
                break;
            }
            if head != tail {
                waits.record(back - waits_since);
                head += 1;
                busy.set(connection, back + its_hold);
            } else {
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
            busy.set(idle[idles % NODES] as usize, asked + hold);
        } else {
            queue[tail % QUEUE] = (asked, hold);
            tail += 1;
            assert!(tail - head < QUEUE, "the queue is full");
        }
    }
    waits
}
