//! What clients do: ask in a closed loop, leave, try again, or hold back.

use super::attempts::Id;
use super::requests::Request;
use super::timers::{Rank, Timer};
use super::{Engine, Fact, Observer};
use crate::random::{Purpose, below, mix, unit};
use crate::units::SimTime;
use crate::workload::Arrivals;

impl<O: Observer> Engine<'_, O> {
    /// In a closed loop every client begins by thinking.
    pub(super) fn start_clients(&mut self) {
        for source in 0..self.model.sources.len() as u32 {
            if let Arrivals::Closed { clients, .. } = self.model.sources[source as usize].arrivals {
                (0..clients).for_each(|client| self.think(SimTime::ZERO, source, client));
            }
        }
    }

    fn think(&mut self, now: SimTime, source: u32, client: u32) {
        if let Arrivals::Closed { think: Some(think), .. } = &self.model.sources[source as usize].arrivals {
            let thought = think.draw(&mut self.think[source as usize]);
            self.plan(now + thought, Rank::Ask, Timer::Thought { source, client });
        } else {
            self.plan(now, Rank::Ask, Timer::Thought { source, client });
        }
    }

    pub(super) fn ask_as_client(&mut self, now: SimTime, source: u32, client: u32) {
        let id = self.attempts.insert(Some(client), 0, now);
        self.sources[source as usize].write(&mut self.attempts[id].request);
        self.attempt(now, id);
    }

    /// Whether the circuit breaker of an attempt's instance lets it through.
    #[inline]
    pub(super) fn may_pass(&mut self, now: SimTime, id: Id) -> bool {
        match self.breakers.get_mut(self.attempts[id].request.home as usize / self.kinds.len()) {
            None => true,
            Some(breaker) => {
                let passes = breaker.lets_through(now);
                self.attempts[id].passed = passes;
                passes
            }
        }
    }

    /// A client waits no longer for the answer to an attempt that goes on.
    pub(super) fn leave(&mut self, now: SimTime) {
        let Some(id) = self.client_patience.pop() else { return };
        let home = self.attempts[id].request.home;
        self.tell(now, home, Fact::Left);
        self.unanswered(now, id);
        self.attempts[id].left = true;
    }

    /// A client has its answer, or has failed for good.
    #[inline]
    pub(super) fn answered(&mut self, now: SimTime, id: Id, failed: bool) {
        if !failed {
            self.tell_breaker(now, id, false);
        }
        if self.tells_ends {
            self.tell_end(now, id, failed);
        }
        let attempt = &self.attempts[id];
        if let Some(client) = attempt.client {
            self.think(now, attempt.request.source, client);
        }
    }

    /// What became of a request, and whose it was.
    fn tell_end(&mut self, now: SimTime, id: Id, failed: bool) {
        let attempt = &self.attempts[id];
        let user = match self.model.fleet().users {
            Some(users) => below(self.luck_of_user(&attempt.request), users),
            None => 0,
        };
        let (home, sojourn) = (attempt.request.home, now - attempt.came);
        self.tell(now, home, Fact::Ended { user, failed, sojourn });
    }

    /// What decides whose a request is, whatever else happens.
    pub(super) fn luck_of_user(&self, request: &Request) -> u64 {
        self.streams.number(Purpose::User, [request.source.into(), request.number, 0])
    }

    #[inline]
    fn tell_breaker(&mut self, now: SimTime, id: Id, failed: bool) {
        if let Some(breaker) = self.breakers.get_mut(self.attempts[id].request.home as usize / self.kinds.len())
            && self.attempts[id].passed
        {
            breaker.record(now, failed);
        }
    }

    /// The client of an attempt has no answer: it tries again, or the request is lost.
    pub(super) fn unanswered(&mut self, now: SimTime, id: Id) {
        self.tell_breaker(now, id, true);
        let attempt = &self.attempts[id];
        let (request, client, tries, came) = (attempt.request, attempt.client, attempt.tries, attempt.came);
        let sojourn = now - attempt.asked;
        if let Some(fleet) = &mut self.fleet {
            fleet.took(sojourn);
        }
        let again = tries < self.client.retries && self.retry_budget.spend();
        self.tell(now, request.home, Fact::Failed { sojourn, lost: !again });
        if again {
            let retry = self.try_again(now, request, client, tries + 1);
            self.attempts[retry].came = came;
        } else {
            self.answered(now, id, true);
        }
    }

    fn try_again(&mut self, now: SimTime, mut request: Request, client: Option<u32>, tries: u32) -> Id {
        let thing = [request.source.into(), request.number, tries.into()];
        let luck = self.streams.number(Purpose::Retry, thing);
        let delay = self.client.backoff.delay(tries, unit(luck));
        request.instance = below(mix(luck), self.model.instances);
        request.home = request.instance * self.kinds.len() as u32 + request.home % self.kinds.len() as u32;
        let at = now + delay;
        let id = self.attempts.insert(client, tries, at);
        self.attempts[id].request = request;
        self.plan(at, Rank::Ask, Timer::Retries { id });
        id
    }

    /// A request came for the first time: it earns its share of the retries.
    #[inline]
    pub(super) fn earn_retries(&mut self) {
        if self.client.retries > 0 {
            self.retry_budget.earn();
        }
    }
}
