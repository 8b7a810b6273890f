//! The earliest of a fixed number of moments, when one of them changes at a time.

/// A moment that is never reached.
pub const NEVER: u64 = u64::MAX >> 16;

/// A tournament (winner tree, D. E. Knuth, *The Art of Computer Programming* 3, 5.4.1) over the moments at which connections come
/// back. `NODES` is twice the number of leaves, a power of two.
///
/// A node is one word, moment above and leaf below, so that the minimum of two nodes is one comparison and one conditional move,
/// and the winner says which leaf it is. Climbing from a leaf takes the same steps whoever wins: nothing to mispredict. Moments
/// must stay below 2^48 ns (78 hours).
pub struct Tournament<const NODES: usize> {
    /// Node `n` has the children `2n` and `2n + 1`; the leaves are the upper half.
    nodes: [u64; NODES],
    winner: u64,
}

impl<const NODES: usize> Tournament<NODES> {
    const LEAVES: usize = NODES / 2;
    const DEPTH: u32 = Self::LEAVES.trailing_zeros();

    /// All leaves at `moment` up to number `c`, the others at [`NEVER`].
    pub fn new(c: usize, moment: u64) -> Self {
        const { assert!(NODES.is_power_of_two() && NODES > 2 && Self::DEPTH < 16) };
        assert!(c <= Self::LEAVES);
        let mut nodes = [0; NODES];
        for leaf in 0..Self::LEAVES {
            let moment = if leaf < c { moment } else { NEVER };
            nodes[Self::LEAVES + leaf] = moment << Self::DEPTH | leaf as u64;
        }
        for n in (1..Self::LEAVES).rev() {
            nodes[n] = nodes[2 * n].min(nodes[2 * n + 1]);
        }
        Self { nodes, winner: nodes[1] }
    }

    /// The earliest moment and its leaf.
    #[inline(always)]
    pub fn first(&self) -> (u64, usize) {
        (self.winner >> Self::DEPTH, self.winner as usize % Self::LEAVES)
    }

    /// Move a leaf to `moment`.
    #[inline(always)]
    pub fn set(&mut self, leaf: usize, moment: u64) {
        let mut winner = moment << Self::DEPTH | leaf as u64;
        let mut n = Self::LEAVES + leaf;
        // The remainders are masks, and the compiler drops the check of bounds.
        for _ in 0..Self::DEPTH {
            self.nodes[n % NODES] = winner;
            winner = winner.min(self.nodes[(n ^ 1) % NODES]);
            n /= 2;
        }
        self.winner = winner;
    }
}
