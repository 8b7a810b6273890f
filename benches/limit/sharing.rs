//! Cores that all queries share, and nothing else: no pools, no fleet, one clock of work.

use super::Load;
use super::draws::Draw;
use super::tally::Tally;
use poolwise::random::{Purpose, Streams};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How long each query took that came to `cores` shared by whoever runs.
pub fn run<H: Draw>(cores: u32, load: Load<H>) -> Tally {
    let streams = Streams::new(load.seed, 0);
    let (mut gaps, mut works) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let mut sojourns = Tally::new();
    // Marks on the clock of work that each has had, as bits, which have their order, and when who reaches it came.
    let mut marks: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    // Nanoseconds for a nanosecond of work by how many run.
    let pace: Vec<f64> = (0..4096u32).map(|n| f64::from(n.max(cores)) / f64::from(cores)).collect();
    let (mut now, mut clock) = (0u64, 0.0);
    let mut arrival = 0;
    for _ in 0..load.requests {
        arrival += load.gap.draw(&mut gaps);
        while let Some(&Reverse((bits, came))) = marks.peek() {
            let mark = f64::from_bits(bits);
            let over = now + ((mark - clock) * pace[marks.len()]) as u64 + 1;
            if over > arrival {
                break;
            }
            marks.pop();
            sojourns.record(over - came);
            (now, clock) = (over, mark);
        }
        clock += (arrival - now) as f64 / pace[marks.len()];
        now = arrival;
        marks.push(Reverse(((clock + load.hold.draw(&mut works) as f64).to_bits(), arrival)));
    }
    sojourns
}
