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
    /// How long the application works while it holds the connection.
    App = 6,
    /// How long it keeps the connection after its answer.
    After = 7,
    /// How long it works before it asks for a further connection.
    Between = 8,
    /// How long a client thinks.
    Think = 9,
    /// Where a retry goes, and how much of its delay is left.
    Retry = 10,
    /// How long opening a connection takes, and whether it fails.
    Connect = 11,
    /// How much earlier than its time a connection is retired.
    Lifetime = 12,
    /// Who is served, where chance decides.
    Order = 13,
    /// How much processor time a request takes.
    Cpu = 14,
    /// How long it has its connection before its transaction.
    Outside = 15,
    /// Whether it needs the locked row.
    Lock = 16,
    /// Which user it is of.
    User = 17,
    /// How long starting an instance takes, and in what order they start.
    Start = 18,
    /// What a request does with another version of the application.
    Version = 19,
    /// What uncertain inputs are.
    World = 20,
}

/// All streams of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    /// Of seed and replication, which all have in common.
    key: u64,
}

impl Streams {
    /// The streams of replication number `replication` under `seed`.
    pub fn new(seed: u64, replication: u32) -> Self {
        Self { key: mix(mix(seed) ^ u64::from(replication)) }
    }

    /// The stream for one purpose of one source of requests, by its place: what one source draws never depends on another.
    pub fn of(self, purpose: Purpose, source: u32) -> Generator {
        let key = mix(self.key ^ purpose as u64);
        let key = if source == 0 { key } else { mix(key ^ u64::from(source)) };
        Generator::seed_from_u64(key)
    }

    /// One number for one purpose and one thing, whatever was drawn before.
    pub fn number(self, purpose: Purpose, thing: [u64; 3]) -> u64 {
        mix(thing.into_iter().fold(mix(self.key ^ purpose as u64), |key, word| mix(key ^ word)))
    }
}

/// A random word as a number from 0 up to, not including, 1.
pub fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1u64 << 53) as f64
}

/// A random word as a whole number below `most`, uniform to within 2⁻⁶⁴ times `most`.
pub fn below(word: u64, most: u32) -> u32 {
    // Half by half, for a product of 128 bits is a call in Wasm.
    let [high, low] = [word >> 32, word & 0xffff_ffff].map(|half| half * u64::from(most));
    ((high + (low >> 32)) >> 32) as u32
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
pub fn mix(word: u64) -> u64 {
    let mut z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_below_is_the_whole_part_of_the_product() {
        let words = (0..1_000).map(mix).chain([0, u64::MAX, u64::from(u32::MAX), 1 << 32, u64::MAX << 32]);
        for (word, most) in words.flat_map(|word| [1, 2, 3, 1_000, u32::MAX].map(|most| (word, most))) {
            assert_eq!(
                u128::from(below(word, most)),
                (u128::from(word) * u128::from(most)) >> 64,
                "{word} below {most}"
            );
        }
    }
}
