//! Who may connect: slots, how often, and whether the server is up.

use crate::units::{Rate, SimTime};

/// Limits on connections.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// How many connections the server accepts; `None` is no limit.
    pub max_connections: Option<u32>,
    /// How many of them are kept for others.
    pub reserved: u32,
    /// How many connections it accepts per second, and how many at once after a pause; `None` is no limit.
    pub connects: Option<(Rate, u32)>,
}

impl Limits {
    /// The connections that the fleet can have: those accepted less those reserved.
    pub fn usable(&self) -> Option<u32> {
        self.max_connections.map(|most| most.saturating_sub(self.reserved))
    }
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// As many are connected as may be.
    Full,
    /// Too many came within a second.
    TooFast,
    /// The server is down.
    Down,
    /// By chance: the network, or an error.
    Chance,
}

/// The connections of the whole fleet at the server. Every connection counts from the moment at which it begins to open.
///
/// ```
/// use poolwise::{database::{Limits, Refusal, Server}, units::SimTime};
/// let limits = Limits { max_connections: Some(5), reserved: 3, connects: None };
/// let mut server = Server::new(limits);
/// assert_eq!([(); 3].map(|()| server.connect(SimTime::ZERO)), [Ok(()), Ok(()), Err(Refusal::Full)]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Server {
    usable: u32,
    connects: Option<(Rate, u32)>,
    connected: u32,
    down: bool,
    /// Connections from before the last restart are dead.
    epoch: u32,
    /// Connections that may be opened at once, and when that was reckoned.
    tokens: f64,
    reckoned: SimTime,
}

impl Server {
    /// A server that is up, without connections.
    pub fn new(limits: Limits) -> Self {
        Self {
            usable: limits.usable().unwrap_or(u32::MAX),
            connects: limits.connects,
            connected: 0,
            down: false,
            epoch: 0,
            tokens: limits.connects.map_or(0.0, |(_, burst)| f64::from(burst)),
            reckoned: SimTime::ZERO,
        }
    }

    /// From now on it lets in so many. Those that are connected stay.
    pub fn set_limits(&mut self, limits: Limits) {
        self.usable = limits.usable().unwrap_or(u32::MAX);
        self.tokens = match (self.connects, limits.connects) {
            (None, Some((_, burst))) => f64::from(burst),
            _ => self.tokens,
        };
        self.connects = limits.connects;
    }

    /// A connection begins to open, and takes its slot.
    ///
    /// # Errors
    /// Why it is refused; then it takes none.
    pub fn connect(&mut self, now: SimTime) -> Result<(), Refusal> {
        if self.down {
            return Err(Refusal::Down);
        }
        if self.connected >= self.usable {
            return Err(Refusal::Full);
        }
        if let Some((rate, burst)) = self.connects {
            let earned = rate.as_per_second() * now.since(self.reckoned).seconds();
            self.tokens = (self.tokens + earned).min(f64::from(burst));
            self.reckoned = now;
            if self.tokens < 1.0 {
                return Err(Refusal::TooFast);
            }
            self.tokens -= 1.0;
        }
        self.connected += 1;
        Ok(())
    }

    /// A connection of this epoch is closed. One from before is dead already and had no slot any more.
    pub fn close(&mut self, epoch: u32) {
        if epoch == self.epoch {
            debug_assert!(self.connected > 0, "more connections were closed than opened");
            self.connected -= 1;
        }
    }

    /// The server goes down: all its connections die, also those that are being opened.
    pub fn stop(&mut self) {
        self.down = true;
        self.epoch += 1;
        self.connected = 0;
    }

    /// It is up again.
    pub fn start(&mut self) {
        self.down = false;
    }

    /// Connections that are open or being opened.
    pub fn connected(&self) -> u32 {
        self.connected
    }

    /// How often it has gone down: connections of another epoch are dead.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn connections_come_at_their_rate_after_a_burst() {
        let limits = Limits { connects: Some((Rate::per_second(10.0), 3)), ..Limits::default() };
        let mut server = Server::new(limits);
        let at = |seconds| SimTime::ZERO + Span::from_seconds(seconds);
        let mut accepted = |moment| (0..20).filter(|_| server.connect(moment).is_ok()).count();
        assert_eq!([0.0, 0.0, 0.25, 10.0].map(|seconds| accepted(at(seconds))), [3, 0, 2, 3]);
        assert_eq!(server.connect(at(10.0)), Err(Refusal::TooFast));
    }

    #[test]
    fn what_was_open_before_a_restart_is_dead() {
        let mut server = Server::new(Limits { max_connections: Some(2), ..Limits::default() });
        let before = server.epoch();
        assert_eq!(server.connect(SimTime::ZERO), Ok(()));
        server.stop();
        assert_eq!(server.connect(SimTime::ZERO), Err(Refusal::Down));
        server.start();
        assert_eq!([(); 2].map(|()| server.connect(SimTime::ZERO)), [Ok(()); 2]);
        server.close(before);
        assert_eq!(server.connected(), 2, "a dead connection has no slot to give back");
    }
}
