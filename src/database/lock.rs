//! One lock that only one transaction can have: a hot row, or a table that a migration changes.

use std::collections::VecDeque;

/// Who has it, and who waits for it, first come, first served.
///
/// ```
/// use poolwise::database::Lock;
/// let mut lock = Lock::default();
/// assert!(lock.take("a") && !lock.take("b") && !lock.take("c"));
/// lock.leave("b");
/// assert_eq!(lock.release(), Some("c"));
/// assert_eq!(lock.release(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Lock<W> {
    taken: bool,
    waiting: VecDeque<W>,
}

impl<W> Default for Lock<W> {
    fn default() -> Self {
        Self { taken: false, waiting: VecDeque::new() }
    }
}

impl<W: PartialEq> Lock<W> {
    /// Whether `who` has it at once; else they wait.
    pub fn take(&mut self, who: W) -> bool {
        let free = !self.taken;
        if free {
            self.taken = true;
        } else {
            self.waiting.push_back(who);
        }
        free
    }

    /// Whoever has it lets it go: who has it now.
    pub fn release(&mut self) -> Option<W> {
        let next = self.waiting.pop_front();
        self.taken = next.is_some();
        next
    }

    /// Somebody waits no longer.
    pub fn leave(&mut self, who: W) {
        if let Some(place) = self.waiting.iter().position(|waiter| *waiter == who) {
            self.waiting.remove(place);
        }
    }
}
