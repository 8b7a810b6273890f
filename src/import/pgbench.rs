//! One run of pgbench: what it prints at the end, or the logs of its transactions (`-l`).

use super::durations::Durations;
use super::guard::{Faults, Lines, Reader};
use super::measured::{Active, Class, Flow, Given, Hold, Known, Measured, figure, time};
use super::number::{duration, number, whole};
use crate::problem::{Problems, plain, shown};
use std::collections::BTreeMap;

/// Scripts that are told apart.
const SCRIPTS_MAX: usize = 64;
/// A run longer than so many seconds is not looked at second by second.
const SECONDS_MAX: usize = 1_000_000;
/// The clients that pgbench may have.
const CLIENTS_MAX: u64 = 1_000_000;
/// With so many seconds their variance is worth a word.
const SECONDS_MIN: usize = 10;

/// Read the output of one run, or its logs, one for each thread.
///
/// Without `--rate` pgbench is a closed loop: each client waits for its answer before it asks again. Then the rate follows from the
/// latency, and slow moments hide the requests that would have come in them (coordinated omission).
///
/// # Errors
/// Lines that can not be read, with their numbers; a run that ended early; several runs; an aggregated log.
pub fn read(sources: Vec<(String, Reader<'_>)>, _: &Given) -> Result<Measured, Problems> {
    let mut log = Log::default();
    let mut printed = None;
    for (n, (name, text)) in sources.into_iter().enumerate() {
        let mut lines = Lines::new(text);
        let mut faults = Faults::default();
        let mut output = Output::default();
        let (mut is_log, mut last) = (None, 0);
        while let Some((number, line)) = lines.next(&mut faults) {
            if line.trim().is_empty() {
                continue;
            }
            last = number;
            let logged = *is_log.get_or_insert_with(|| looks_like_a_log(line));
            if logged {
                log.line(number, line, &mut faults);
            } else {
                output.line(number, line.trim(), &mut faults);
            }
        }
        if is_log == Some(false) {
            output.finish(last, &mut faults);
            if n > 0 {
                faults.add(None, "is a second run, and one run is one scenario: `poolwise fit` reads several");
            }
            printed = Some(output);
        } else if is_log.is_none() && faults.is_empty() {
            faults.add(None, "there is nothing in it: expected what pgbench prints, or its log (-l)");
        }
        faults.finish().map_err(|e| e.in_file(name.as_ref()))?;
    }
    match printed {
        Some(output) if log.count() == 0 => Ok(output.measured()),
        Some(_) => Err(Problems::one("", "give what pgbench prints, or its logs, which say more, and not both")),
        None => log.measured(),
    }
}

/// A log has six numbers or more on each line; what pgbench prints has words.
fn looks_like_a_log(line: &str) -> bool {
    let mut fields = line.split_ascii_whitespace();
    fields.next().is_some_and(|field| field.parse::<f64>().is_ok()) && fields.count() >= 1
}

/// What pgbench prints.
#[derive(Default)]
struct Output {
    known: bool,
    script: String,
    clients: Option<f64>,
    latency: Option<f64>,
    deviation: Option<f64>,
    lag: Option<f64>,
    tps: Option<f64>,
    failed: f64,
}

impl Output {
    fn line(&mut self, line: u64, text: &str, faults: &mut Faults) {
        let word = |rest: &str| rest.split_whitespace().next().unwrap_or_default().to_owned();
        let millis = |what: &str, rest: &str| {
            if rest.split_whitespace().nth(1).is_some_and(|unit| unit != "ms") {
                return Err(format!("{what} must be in ms, as pgbench prints it, found {}", shown(rest)));
            }
            duration(what, &word(rest), 1e-3)
        };
        if let Some(name) = text.strip_prefix("transaction type:") {
            self.known = true;
            self.script = plain(name.trim());
        } else if let Some(rest) = text.strip_prefix("number of clients:") {
            if self.clients.is_some() {
                faults.line(line, "begins a second run, and one run is one scenario: `poolwise fit` reads several");
            }
            self.known = true;
            self.clients = faults.keep(line, whole("the number of clients", rest)).map(|clients| clients as f64);
        } else if let Some(rest) = text.strip_prefix("latency average =") {
            self.latency = faults.keep(line, millis("the latency average", rest));
        } else if let Some(rest) = text.strip_prefix("latency stddev =") {
            self.deviation = faults.keep(line, millis("the latency stddev", rest));
        } else if let Some(rest) = text.strip_prefix("rate limit schedule lag: avg") {
            self.lag = faults.keep(line, duration("the schedule lag", &word(rest), 1e-3));
        } else if let Some(rest) = text.strip_prefix("number of failed transactions:") {
            self.failed =
                faults.keep(line, number("the number of failed transactions", &word(rest))).unwrap_or_default();
        } else if let Some(rest) = text.strip_prefix("tps =") {
            // Older ones print a second one, with the time for connecting.
            if !text.contains("including") {
                self.tps = faults.keep(line, number("tps", &word(rest)));
            }
        }
    }

    fn finish(&self, last: u64, faults: &mut Faults) {
        if !faults.is_empty() {
            return;
        }
        if !self.known {
            faults.line(1, "is not what pgbench prints (number of clients: …, tps = …), nor its log (-l)");
        } else if self.tps.is_none() {
            faults
                .line(last, "is the last, and none is tps = …: did the run end early? Let it end, or use its log (-l)");
        } else if self.latency.is_none() && self.clients.is_none() {
            faults
                .add(None, "has neither latency average = … nor number of clients: …: paste all that pgbench printed");
        }
    }

    fn measured(self) -> Measured {
        let mut measured = Measured { name: "pgbench".into(), ..Measured::default() };
        let lag = self.lag.unwrap_or(0.0);
        // With --rate the latency counts from when the transaction was due.
        let hold = self.latency.map(|latency| (latency - lag).max(0.0)).filter(|hold| *hold > 0.0);
        let why = "latency average, without the schedule lag";
        let classes = hold.map(|mean| match self.deviation {
            Some(deviation) => Known::derived(
                Hold::of_moments(mean, deviation),
                format!("{why}, and stddev; the lognormal shape is assumed"),
            ),
            None => Known::derived(Hold::of_mean(mean), format!("{why}; the exponential shape is assumed")),
        });
        let name = if self.script.is_empty() { "all".to_owned() } else { self.script.clone() };
        measured.flows = vec![Flow {
            name: "all".into(),
            rate: self.tps.map(|tps| Known::read(tps, "tps, without the time for connecting")),
            classes: classes.map(|hold| Known {
                value: vec![Class { name, weight: 1, hold: hold.value }],
                is: hold.is,
                why: hold.why,
            }),
            wait: self.lag,
            active: self.clients.filter(|_| self.lag.is_none()).map(|mean| Active { mean, looks: None }),
            max: self.clients.map(|clients| Known::read(clients, "the number of clients")),
            ..Flow::default()
        }];
        measured.used.push(format!(
            "tps {}{}{}",
            figure(self.tps.unwrap_or_default()),
            self.latency.map_or(String::new(), |latency| format!(", latency average {}", time(latency))),
            self.deviation.map_or(String::new(), |deviation| format!(", stddev {}", time(deviation)))
        ));
        if self.deviation.is_none() {
            measured.unknown.push("the spread of the latency: run with -P 10, or with -l for each transaction".into());
        }
        if self.failed > 0.0 {
            measured.left_out.push(format!("{} transactions that failed", self.failed));
        }
        say_of_both(self.lag.is_none(), &mut measured);
        measured
    }
}

/// What is true of the output and of the logs.
fn say_of_both(closed: bool, measured: &mut Measured) {
    measured.unknown.push(
        "how long your application holds a connection: pgbench holds it for its script, over its own network, without pauses".into(),
    );
    if closed {
        measured.cautions.push(
            "without --rate each client waits for its answer before it asks again: slow moments hide requests that would have \
             come in them (coordinated omission), and the rate is what the database gave, not what was asked. Run with --rate"
                .into(),
        );
    }
}

/// All transactions of the logs.
#[derive(Default)]
struct Log {
    scripts: BTreeMap<u64, Durations>,
    lags: Durations,
    /// Lines with a column for the lag.
    lagged: u64,
    clients: u64,
    /// When the first transaction was due and the last ended, in seconds since 1970.
    first: Option<f64>,
    last: f64,
    /// How many were due in each second from the first that was seen.
    seconds: BTreeMap<i64, u64>,
    skipped: u64,
    failed: u64,
    joined: u64,
}

impl Log {
    fn count(&self) -> u64 {
        self.scripts.values().map(Durations::count).sum()
    }

    /// `client transaction time script epoch micros [lag] [retries]`
    fn line(&mut self, line: u64, text: &str, faults: &mut Faults) {
        let fields: Vec<&str> = text.split_ascii_whitespace().take(9).collect();
        if !(6..=8).contains(&fields.len()) {
            let why = format!(
                "has {} fields, and a line of a log has client, transaction, time, script, epoch, microseconds (and perhaps lag and \
                 retries): {}",
                fields.len(),
                shown(text)
            );
            return faults.line(line, why);
        }
        let client = match whole("the client", fields[0]) {
            Ok(epoch) if epoch >= 1_000_000_000 => {
                let why =
                    "is of an aggregated log: run without --aggregate-interval, so that each transaction is there";
                return faults.line(line, why);
            }
            Ok(client) if client < CLIENTS_MAX => client,
            Ok(_) => return faults.line(line, format!("the client must be below 10^6, found {}", shown(fields[0]))),
            Err(why) => return faults.line(line, why),
        };
        match fields[2] {
            "skipped" => return self.skipped += 1,
            "failed" | "serialization" | "deadlock" => return self.failed += 1,
            _ => {}
        }
        let lag = fields.get(6).map(|text| duration("the lag", text, 1e-6));
        let read = (
            faults.keep(line, duration("the time", fields[2], 1e-6)),
            faults.keep(line, whole("the script", fields[3])),
            faults.keep(line, number("the epoch", fields[4])),
            faults.keep(line, number("the microseconds", fields[5])),
            faults.keep(line, lag.transpose()),
        );
        let (Some(latency), Some(script), Some(epoch), Some(micros), Some(lag)) = read else { return };
        if epoch > 1e11 || micros >= 1e6 {
            let why = format!(
                "the epoch must be seconds since 1970 and microseconds below 10^6, found {} {}",
                shown(fields[4]),
                shown(fields[5])
            );
            return faults.line(line, why);
        }
        self.clients = self.clients.max(client + 1);
        self.transaction(latency, script, epoch + micros / 1e6, lag);
    }

    fn transaction(&mut self, latency: f64, script: u64, end: f64, lag: Option<f64>) {
        if let Some(lag) = lag {
            self.lagged += 1;
            self.lags.record(lag);
        }
        let room = self.scripts.len() < SCRIPTS_MAX || self.scripts.contains_key(&script);
        self.joined += u64::from(!room);
        // With --rate the time counts from when the transaction was due.
        let hold = (latency - lag.unwrap_or(0.0)).max(0.0);
        self.scripts.entry(if room { script } else { u64::MAX }).or_default().record(hold);
        let due = end - latency;
        self.first = Some(self.first.map_or(due, |first| first.min(due)));
        self.last = self.last.max(end);
        let second = due as i64;
        if self.seconds.len() < SECONDS_MAX || self.seconds.contains_key(&second) {
            *self.seconds.entry(second).or_default() += 1;
        }
    }

    fn measured(self) -> Result<Measured, Problems> {
        let count = self.count();
        let over = self.last - self.first.unwrap_or(self.last);
        if count == 0 || over <= 0.0 {
            return Err(Problems::one("", "there is no transaction in it that ended: did the run end early?"));
        }
        let mut measured = Measured { name: "pgbench".into(), ..Measured::default() };
        let named =
            |script: u64| if script == u64::MAX { "other scripts".to_owned() } else { format!("script {script}") };
        let classes = (self.scripts.iter())
            .filter(|(_, times)| times.count() > 0)
            .map(|(script, times)| Class {
                name: named(*script),
                weight: times.count(),
                hold: Hold { text: times.distribution(), mean: Some(times.mean()) },
            })
            .collect();
        let closed = self.lagged == 0;
        let why = format!("{count} transactions in {}", time(over));
        measured.flows = vec![Flow {
            name: "all".into(),
            rate: Some(Known::derived(count as f64 / over, why)),
            classes: Some(Known::read(classes, "the time of each transaction, without the schedule lag")),
            wait: (!closed).then(|| self.lags.mean()),
            active: closed.then_some(Active { mean: self.clients as f64, looks: None }),
            max: Some(Known::read(self.clients as f64, "as many clients are in the log")),
            ..Flow::default()
        }];
        self.say(count, over, &mut measured);
        say_of_both(closed, &mut measured);
        Ok(measured)
    }

    fn say(&self, count: u64, over: f64, measured: &mut Measured) {
        measured.used.push(format!(
            "time, script and epoch of {count} transactions of {} clients in {} ({}/s)",
            self.clients,
            time(over),
            figure(count as f64 / over)
        ));
        if self.lagged > 0 {
            measured.used.push(
                "the seventh column, as the schedule lag of --rate (of --max-tries it would be the retries)".into(),
            );
            measured.used.extend(self.dispersion());
        }
        let left_out = [(self.skipped, "were skipped (--latency-limit): nobody served them"), (self.failed, "failed")];
        for (count, what) in left_out.into_iter().filter(|(count, _)| *count > 0) {
            measured.left_out.push(format!("{count} transactions that {what}"));
        }
        if self.joined > 0 {
            measured.left_out.push(format!("the numbers of scripts beyond {SCRIPTS_MAX}: they are one class"));
        }
    }

    /// How much more the counts of seconds vary than those of a Poisson process do.
    fn dispersion(&self) -> Option<String> {
        let (first, last) = (*self.seconds.keys().next()?, *self.seconds.keys().next_back()?);
        // The outermost seconds are not whole.
        let whole =
            usize::try_from(last - first - 1).ok().filter(|whole| (SECONDS_MIN..SECONDS_MAX).contains(whole))?;
        let inside = || self.seconds.range(first + 1..last).map(|(_, count)| *count as f64);
        let mean = inside().sum::<f64>() / whole as f64;
        let squares = inside().map(|count| count * count).sum::<f64>() / whole as f64;
        let ratio = (squares - mean * mean) / mean.max(f64::MIN_POSITIVE);
        Some(format!(
            "the {whole} whole seconds vary {} as much as those of random arrivals, which the scenario has",
            if ratio.is_finite() { format!("{ratio:.1} times") } else { "not".into() }
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Measured, Problems> {
        super::read(vec![("a".into(), Box::new(text.as_bytes()))], &Given::default())
    }

    const PRINTED: &str = "pgbench (15.5)\nstarting vacuum...end.\ntransaction type: <builtin: TPC-B (sort of)>\nscaling factor: 10\n\
        query mode: simple\nnumber of clients: 8\nnumber of threads: 2\nduration: 30 s\n\
        number of transactions actually processed: 72000\nnumber of failed transactions: 0 (0.000%)\n\
        latency average = 3.330 ms\nlatency stddev = 1.665 ms\ninitial connection time = 9.1 ms\n\
        tps = 2400.100000 (without initial connection time)\n";

    #[test]
    fn what_it_prints_is_read_and_agrees_with_the_clients() {
        let imported = read(PRINTED).unwrap().scenario(&Given::default()).unwrap();
        let scenario = &imported.scenario;
        assert_eq!(scenario.query[0].hold.as_ref().unwrap().to_string(), "lognormal(mean=3.33ms, cv=0.5000)");
        assert_eq!(scenario.traffic.sources()[0].rate.as_ref().unwrap().to_string(), "2400.10/s");
        let said = imported.notes.join("\n");
        for part in ["= 7.99 connections busy, and 8 were: the numbers agree to 0 %", "coordinated omission"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        // Without a latency, it follows from the clients and the tps.
        let old = PRINTED.replace("latency average = 3.330 ms\nlatency stddev = 1.665 ms\n", "");
        let imported = read(&old).unwrap().scenario(&Given::default()).unwrap();
        assert!(
            imported.scenario.query[0].hold.as_ref().unwrap().to_string().starts_with("exponential(mean=3333.194us")
        );
        let two = format!("{PRINTED}{PRINTED}");
        assert!(read(&two).unwrap_err().to_string().contains("line 20: begins a second run"));
        assert!(read(&PRINTED[..300]).unwrap_err().to_string().contains("did the run end early"));
    }

    /// Twenty seconds of 100/s, served in 4 ms after a lag of 1 ms; one in four is of another script.
    #[test]
    fn logs_become_histograms_by_script() {
        let mut text = String::new();
        for n in 0..2000u64 {
            let (micros, script) = (n * 10_000 + 5000, u64::from(n % 4 == 0));
            text += &format!(
                "{} {n} {} {script} {} {} 1000\n",
                n % 5,
                5000 + 500 * (n % 7),
                1_700_000_000 + micros / 1_000_000,
                micros % 1_000_000
            );
        }
        text += "0 2001 skipped 0 1700000020 5 900\n";
        let measured = read(&text).unwrap();
        let flow = &measured.flows[0];
        assert!((flow.rate.as_ref().unwrap().value / 100.0 - 1.0).abs() < 0.01);
        assert!((flow.wait.unwrap() - 0.001).abs() < 1e-9);
        assert_eq!((flow.active.clone(), flow.max.as_ref().unwrap().value), (None, 5.0));
        let classes = &flow.classes.as_ref().unwrap().value;
        assert_eq!((classes[0].weight, classes[1].weight), (1500, 500));
        assert!((flow.hold().unwrap() - 0.0055).abs() < 1e-5 && classes[0].hold.text.starts_with("histogram("));
        assert!(measured.cautions.is_empty() && measured.left_out[0].contains("1 transactions that were skipped"));
        assert!(measured.used[2].contains("vary 0.0 times"), "{:?}", measured.used);
        let closed = text.replace(" 1000\n", "\n");
        assert!(read(&closed).unwrap().cautions[0].contains("coordinated omission"));
    }
}
