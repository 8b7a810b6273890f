//! Requests come when they are due, whether or not earlier ones are done.

use crate::pools::{Clients, Connection, NEVER, No, Pool, Pooled};
use crate::random::Random;
use crate::runs::{BETWEEN, Run, THINK};
use crate::trace::{Attempt, End};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};
use tokio::runtime::Handle;

/// A run while it goes on.
pub struct Drive {
    pub run: Run,
    pub pool: Pool,
    /// When it begins.
    pub zero: Instant,
    pub seen: Mutex<Vec<Attempt>>,
    pub late: Mutex<Vec<u64>>,
    /// Requests that are not done.
    open: AtomicI64,
}

/// One request: what chance decides of it was decided at its birth.
struct Request {
    hold: u64,
    leaks: bool,
    random: Random,
}

impl Request {
    fn new(run: &Run, number: u64) -> Self {
        let mut random = Random::of(run.seed, number + 1);
        let hold = run.hold.draw(&mut random);
        Self { hold, leaks: random.unit() <= run.leak, random }
    }
}

fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}

/// What never waits but by blocking its thread.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("a pool that blocks does not wait"),
    }
}

impl Drive {
    pub fn new(run: Run, pool: Pool, zero: Instant) -> Self {
        Self { run, pool, zero, seen: Mutex::default(), late: Mutex::default(), open: AtomicI64::new(0) }
    }

    fn note(&self, attempt: Attempt) {
        self.seen.lock().unwrap().push(attempt);
    }

    /// Let all requests come, and wait until the last is done.
    pub async fn all(self: &Arc<Self>) {
        match self.run.workers {
            Some(workers) => {
                for worker in 0..workers {
                    self.begin(worker.into(), true);
                }
            }
            None => {
                let (drive, handle) = (self.clone(), Handle::current());
                // A thread of its own: its timer is finer than a task's, and nothing that waits holds it up.
                let thread = std::thread::spawn(move || {
                    let _inside = handle.enter();
                    drive.arrivals();
                });
                while !thread.is_finished() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        while self.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A Poisson process whose rate changes.
    fn arrivals(self: &Arc<Self>) {
        let (mut random, mut now, mut number) = (Random::of(self.run.seed, 0), 0.0, 0);
        loop {
            // At rate 1; then time is stretched.
            let mut due = random.exponential();
            loop {
                let place = self.run.steps.partition_point(|(from, _)| *from <= now);
                let rate = self.run.steps[place - 1].1;
                let until = self.run.steps.get(place).map_or(f64::INFINITY, |step| step.0);
                if now + due / rate <= until {
                    now += due / rate;
                    break;
                }
                due -= (until - now) * rate;
                now = until;
            }
            if now >= self.run.seconds {
                return;
            }
            let moment = self.zero + Duration::from_secs_f64(now);
            std::thread::sleep(moment.saturating_duration_since(Instant::now()));
            self.late.lock().unwrap().push(micros(moment.elapsed()));
            self.begin(number, false);
            number += 1;
        }
    }

    fn begin(self: &Arc<Self>, number: u64, works: bool) {
        self.open.fetch_add(1, Ordering::SeqCst);
        let drive = self.clone();
        let task = async move {
            if works {
                drive.work(number).await
            } else {
                drive.request(number).await
            }
            drive.open.fetch_sub(1, Ordering::SeqCst);
        };
        if self.pool.blocks() {
            tokio::task::spawn_blocking(|| at_once(task));
        } else {
            tokio::spawn(task);
        }
    }

    /// A request, and again if it fails and is to try again.
    async fn request(&self, number: u64) {
        let mut request = Request::new(&self.run, number);
        for again in 0.. {
            let attempt = self.attempt(&request, again).await;
            self.note(attempt);
            let Some(backoff) = self.run.retries else { return };
            if attempt.end == End::Served || again == 3 {
                return;
            }
            let delay = backoff.as_secs_f64() * f64::from(1 << again) * request.random.unit();
            Connection::pause(self.pool.blocks(), (delay * 1e3) as u64).await;
        }
    }

    /// How long a request that has its connection now sleeps.
    fn hold(&self, request: &Request) -> u64 {
        let now = self.zero.elapsed().as_secs_f64();
        let slow = self.run.slow.filter(|(from, until, _)| (*from..*until).contains(&now));
        request.hold * slow.map_or(1, |(_, _, factor)| factor)
    }

    async fn attempt(&self, request: &Request, again: u32) -> Attempt {
        if let Pool::PgBouncer(clients) = &self.pool {
            return self.pooled(clients, request, again).await;
        }
        let at = self.zero.elapsed();
        let given = self.pool.connection().await;
        let granted = self.zero.elapsed();
        let asked = self.hold(request);
        let attempt = Attempt {
            at: micros(at),
            again,
            wait: micros(granted) - micros(at),
            hold: asked * 1000,
            end: End::Served,
            last: 0,
            asked: asked * 1000,
        };
        match given {
            Ok(mut connection) => {
                let slept = connection.sleep(asked).await;
                let hold = micros(self.zero.elapsed()) - micros(granted);
                let Ok(last) = slept else { return Attempt { end: End::Lost, hold, ..attempt } };
                if request.leaks {
                    connection.forget();
                    return Attempt { end: End::Leaked, hold, last, ..attempt };
                }
                Attempt { hold, last, ..attempt }
            }
            Err(No::TimedOut) => Attempt { end: End::TimedOut, ..attempt },
            Err(No::Refused) => Attempt { end: End::Refused, ..attempt },
        }
    }

    /// The moment at which the run began by the clock that the server has too, in microseconds.
    fn began(&self) -> i64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now.as_micros() as i64 - self.zero.elapsed().as_micros() as i64
    }

    /// The same through a pooler: the query waits there, so that it is the server who knows when it begins.
    async fn pooled(&self, clients: &Clients, request: &Request, again: u32) -> Attempt {
        let began = self.began();
        let slow = self
            .run
            .slow
            .map_or(NEVER, |(from, until, factor)| (began + (from * 1e6) as i64, began + (until * 1e6) as i64, factor));
        let client = clients.client().await;
        let at = micros(self.zero.elapsed());
        let pooled = match client {
            Ok(client) => clients.sleep(client, request.hold, slow).await,
            Err(_) => Pooled::No(No::Refused),
        };
        let took = micros(self.zero.elapsed()) - at;
        let asked = request.hold * 1000;
        let attempt = Attempt { at, again, wait: took, hold: asked, end: End::Served, last: 0, asked };
        match pooled {
            Pooled::Served(last, [begins, ends]) => {
                let hold = ((ends - begins).max(0) as u64).min(took);
                let asked = if (slow.0..=slow.1).contains(&begins) { asked * slow.2 } else { asked };
                Attempt { wait: took - hold, hold, last, asked, ..attempt }
            }
            Pooled::No(No::TimedOut) => Attempt { end: End::TimedOut, ..attempt },
            Pooled::No(No::Refused) => Attempt { end: End::Refused, ..attempt },
            Pooled::Lost => Attempt { end: End::Lost, hold: 0, ..attempt },
        }
    }

    /// A worker that takes a second connection while it holds one, again and again.
    async fn work(&self, worker: u64) {
        let mut random = Random::of(self.run.seed, worker + 1);
        let begins = self.zero.saturating_duration_since(Instant::now());
        Connection::pause(self.pool.blocks(), begins.as_millis() as u64).await;
        while self.zero.elapsed().as_secs_f64() < self.run.seconds {
            let thinks = Instant::now();
            Connection::pause(self.pool.blocks(), THINK).await;
            self.late.lock().unwrap().push(micros(thinks.elapsed()) - THINK * 1000);
            let (between, hold) = (BETWEEN.draw(&mut random), self.run.hold.draw(&mut random));
            let attempt = self.nested(between, hold).await;
            self.note(attempt);
        }
    }

    async fn nested(&self, between: u64, hold: u64) -> Attempt {
        let at = self.zero.elapsed();
        let first = self.pool.connection().await;
        let granted = self.zero.elapsed();
        let (at, wait) = (micros(at), micros(granted) - micros(at));
        let attempt =
            Attempt { at, again: 0, wait, hold: 0, end: End::Served, last: 0, asked: (between + hold) * 1000 };
        let Ok(mut first) = first else { return Attempt { end: End::TimedOut, ..attempt } };
        let _ = first.sleep(between).await;
        let asks = self.zero.elapsed();
        let second = self.pool.connection().await;
        let last = micros(self.zero.elapsed() - asks) as i64;
        let end = match second {
            Ok(mut second) => {
                let _ = second.sleep(hold).await;
                End::Served
            }
            Err(_) => End::SecondTimedOut,
        };
        Attempt { hold: micros(self.zero.elapsed() - granted), end, last, ..attempt }
    }
}
