//! What clients do that do not get an answer: leave, try again, or hold back for a while.

use crate::units::{Probability, SimTime, Span};

/// How clients behave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Client {
    /// How long a client waits for the answer to one attempt. The attempt itself goes on: the application does not notice.
    pub timeout: Option<Span>,
    /// How often a failed request is tried again.
    pub retries: u32,
    /// The delay before the first retry, how many times as long each further one is, and the longest.
    pub backoff: Backoff,
    /// Retries are at most this share of the requests; `None` is no limit.
    pub retry_budget: Option<Probability>,
    /// Stops asking an instance that fails.
    pub breaker: Option<BreakerConfig>,
}

/// Delays before retries.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Backoff {
    /// Before the first retry.
    pub base: Span,
    /// How many times as long each further one is: 1 is a fixed delay.
    pub factor: f64,
    /// The longest.
    pub cap: Span,
    /// The share of the delay that chance decides: 0 none, 1 all ("full jitter").
    pub jitter: Probability,
}

impl Backoff {
    /// The delay before retry number `retry`, counted from 1; `luck` is uniform from 0 to 1.
    pub fn delay(&self, retry: u32, luck: f64) -> Span {
        let longest = (1..retry).try_fold(self.base, |delay, _| {
            let next = delay.scaled(self.factor);
            if next < self.cap { Ok(next) } else { Err(self.cap) }
        });
        let longest = longest.unwrap_or_else(|cap| cap).min(self.cap);
        longest.scaled(1.0 - self.jitter.value() * luck)
    }
}

/// When a circuit breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerConfig {
    /// Opens when at least this share of the last attempts failed.
    pub failures: Probability,
    /// How many attempts that is.
    pub window: u32,
    /// For how long nobody is let through then.
    pub open_for: Span,
    /// How many are let through after that, to see whether it works again.
    pub probes: u32,
}

/// The circuit breaker in front of one instance: closed, open, or half open.
#[derive(Clone, Debug)]
pub struct Breaker {
    config: BreakerConfig,
    /// The last attempts, whether each failed; the next place to write.
    last: Vec<bool>,
    next: usize,
    failed: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: SimTime },
    HalfOpen { let_through: u32, succeeded: u32 },
}

impl Breaker {
    /// A closed one.
    pub fn new(config: BreakerConfig) -> Self {
        Self { config, last: Vec::new(), next: 0, failed: 0, state: State::Closed }
    }

    /// Whether an attempt may pass.
    pub fn lets_through(&mut self, now: SimTime) -> bool {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.state = State::HalfOpen { let_through: 0, succeeded: 0 };
        }
        match &mut self.state {
            State::Closed => true,
            State::Open { .. } => false,
            State::HalfOpen { let_through, .. } => {
                let room = *let_through < self.config.probes;
                *let_through += u32::from(room);
                room
            }
        }
    }

    /// An attempt that was let through ended.
    pub fn record(&mut self, now: SimTime, failed: bool) {
        match &mut self.state {
            State::Open { .. } => {}
            State::HalfOpen { .. } if failed => self.trip(now),
            State::HalfOpen { succeeded, .. } => {
                *succeeded += 1;
                if *succeeded >= self.config.probes {
                    self.state = State::Closed;
                    self.last.clear();
                    (self.next, self.failed) = (0, 0);
                }
            }
            State::Closed => {
                let window = self.config.window as usize;
                if self.last.len() < window {
                    self.last.push(failed);
                } else {
                    let before = core::mem::replace(&mut self.last[self.next], failed);
                    self.failed -= u32::from(before);
                }
                self.failed += u32::from(failed);
                self.next = (self.next + 1) % window;
                let share = f64::from(self.failed) / f64::from(self.config.window);
                if self.last.len() == window && share >= self.config.failures.value() {
                    self.trip(now);
                }
            }
        }
    }

    fn trip(&mut self, now: SimTime) {
        self.state = State::Open { until: now + self.config.open_for };
    }
}

/// Lets retries be at most a share of the requests, with a reserve of ten.
#[derive(Clone, Copy, Debug)]
pub struct RetryBudget {
    per_request: f64,
    tokens: f64,
}

impl RetryBudget {
    const RESERVE: f64 = 10.0;

    /// A full one; `None` never refuses.
    pub fn new(share: Option<Probability>) -> Self {
        Self { per_request: share.map_or(f64::INFINITY, Probability::value), tokens: Self::RESERVE }
    }

    /// A request came.
    pub fn earn(&mut self) {
        self.tokens = (self.tokens + self.per_request).min(Self::RESERVE);
    }

    /// Whether a retry may be made.
    pub fn spend(&mut self) -> bool {
        if self.per_request.is_infinite() {
            return true;
        }
        let enough = self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(enough));
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    fn share(text: &str) -> Probability {
        Probability::parse(text).unwrap()
    }

    #[test]
    fn delays_grow_to_the_cap_and_jitter_shortens_them() {
        let seconds = Span::from_seconds;
        let mut backoff = Backoff { base: seconds(0.1), factor: 2.0, cap: seconds(0.5), jitter: share("0%") };
        let delays: Vec<f64> = (1..=5).map(|n| backoff.delay(n, 0.7).seconds()).collect();
        assert_eq!(delays, [0.1, 0.2, 0.4, 0.5, 0.5]);
        backoff.jitter = share("100%");
        assert_eq!(backoff.delay(2, 1.0), Span::ZERO);
        backoff.jitter = share("20%");
        assert_eq!(backoff.delay(1, 0.5).seconds(), 0.09);
        let fixed = Backoff { base: seconds(0.1), factor: 1.0, cap: seconds(9.0), jitter: share("0%") };
        assert_eq!(fixed.delay(1000, 0.0).seconds(), 0.1);
    }

    #[test]
    fn a_breaker_opens_at_its_share_lets_probes_through_and_closes() {
        let config = BreakerConfig { failures: share("50%"), window: 4, open_for: Span::from_seconds(10.0), probes: 2 };
        let mut breaker = Breaker::new(config);
        for failed in [true, false, false] {
            assert!(breaker.lets_through(at(1.0)));
            breaker.record(at(1.0), failed);
        }
        breaker.record(at(2.0), true);
        assert!(!breaker.lets_through(at(2.0)) && !breaker.lets_through(at(11.9)));
        assert!(breaker.lets_through(at(12.0)) && breaker.lets_through(at(12.0)) && !breaker.lets_through(at(12.0)));
        breaker.record(at(12.5), false);
        breaker.record(at(12.5), false);
        assert!(breaker.lets_through(at(12.5)), "closed again, with an empty memory");
        breaker.record(at(13.0), true);
        assert!(breaker.lets_through(at(13.0)));
    }

    #[test]
    fn a_failing_probe_opens_it_again() {
        let config = BreakerConfig { failures: share("50%"), window: 1, open_for: Span::from_seconds(10.0), probes: 2 };
        let mut breaker = Breaker::new(config);
        breaker.record(at(0.0), true);
        assert!(breaker.lets_through(at(10.0)));
        breaker.record(at(11.0), true);
        assert!(!breaker.lets_through(at(20.9)) && breaker.lets_through(at(21.0)));
    }

    #[test]
    fn a_budget_holds_retries_to_its_share() {
        let mut budget = RetryBudget::new(Some(share("10%")));
        let mut made = 0;
        for _ in 0..1000 {
            budget.earn();
            made += u32::from(budget.spend());
        }
        assert!((100..=110).contains(&made), "{made}");
        let mut free = RetryBudget::new(None);
        assert!((0..1000).all(|_| free.spend()));
    }
}
