//! Keyed streams of random numbers: a seed, a replication, a purpose and a source of
//! requests give one stream, the same on every platform.
//!
//! Every request takes one value from each stream at its birth, so that request *n* is the same request whatever the pool's
//! size: comparisons between sizes are paired (common random numbers) without further ado.

use rand::SeedableRng;
pub use rand::rngs::Xoshiro256PlusPlus as Generator;

/// What a stream is drawn for. A new purpose goes to the end: the number keys the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// When requests arrive.
    Arrival = 1,
    /// Which instance a request goes to.
    Routing = 2,
    /// Which query class a request is of.
    Class = 3,
    /// How long it holds its connection.
    Hold = 4,
    /// Whether its connection is never returned.
    Leak = 5,
}

/// All streams of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The streams of replication number `replication` under `seed`.
    pub fn new(seed: u64, replication: u32) -> Self {
        Self { seed, replication: replication.into() }
    }

    /// The stream for one purpose of one source of requests, by its place: what one source draws never depends on another.
    pub fn of(self, purpose: Purpose, source: u32) -> Generator {
        let key = [self.replication, purpose as u64].into_iter().fold(mix(self.seed), |key, word| mix(key ^ word));
        let key = if source == 0 { key } else { mix(key ^ u64::from(source)) };
        Generator::seed_from_u64(key)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
pub fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
