//! The summary of a k6 run as JSON: of `--summary-export`, or of `handleSummary`, where the numbers stand in `values`.

use super::guard::Reader;
use super::measured::{Class, Flow, Given, Hold, Known, Measured, figure, time};
use super::number::SECONDS_MAX;
use crate::problem::{Problems, shown};
use crate::units::Span;
use crate::workload::Distribution;
use serde_json::{Map, Value};
use std::io::Read;

/// A summary is some kilobytes; nobody has one of this size.
const SIZE_MAX: u64 = 16 << 20;

/// Read a summary: the percentiles of `http_req_duration` as holds, the rate of `http_reqs`.
///
/// It is wrong to trust the result as hold times: a response contains the wait for a connection, the application's work and the
/// network.
///
/// # Errors
/// Text that is no JSON, with its line; metrics that are missing; numbers that are none, with their line.
pub fn read(input: Reader<'_>, _: &Given) -> Result<Measured, Problems> {
    let mut bytes = Vec::new();
    let size = input
        .take(SIZE_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Problems::one("", format!("can not be read: {e}")))?;
    if size as u64 > SIZE_MAX {
        return Err(Problems::one(
            "",
            "is larger than 16 MiB, and a summary is not: --out json is the list of all samples, use --summary-export",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = 1 + e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        Problems::one(format!("line {line}"), "is not text in UTF-8: save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let document: Value = serde_json::from_str(text).map_err(|e| {
        Problems::one(format!("line {}", e.line().max(1)), format!("is no JSON: {e}. Was the file cut off?"))
    })?;
    let summary = Summary { text, document: &document };
    let mut problems = Problems::default();
    let measured = summary.measured(&mut problems);
    if problems.can_run() { Ok(measured) } else { Err(problems) }
}

struct Summary<'a> {
    text: &'a str,
    document: &'a Value,
}

impl Summary<'_> {
    /// The numbers of a metric, wherever this version puts them.
    fn metric(&self, name: &str, problems: &mut Problems) -> Option<&Map<String, Value>> {
        let found = self.document.get("metrics").and_then(|metrics| metrics.get(name));
        let metric = found.map(|metric| metric.get("values").unwrap_or(metric)).and_then(Value::as_object);
        if metric.is_none() {
            let names: Vec<String> = (self.document.get("metrics").and_then(Value::as_object).into_iter())
                .flat_map(|all| all.keys().take(12).map(|name| shown(name)))
                .collect();
            let there = if names.is_empty() { "nothing".into() } else { names.join(", ") };
            problems.error("line 1", format!(
                "has no metric {name}: expected the summary of a k6 run over HTTP (k6 run --summary-export=summary.json); found {there}"
            ));
        }
        metric
    }

    /// The line where a key of a metric stands: the first of that name behind the metric's.
    fn line(&self, metric: &str, key: &str) -> String {
        let find = |text: &str, name: &str| text.find(&format!("\"{name}\""));
        let place = find(self.text, metric).and_then(|from| Some(from + find(&self.text[from..], key)?));
        format!("line {}", 1 + self.text[..place.unwrap_or(0)].matches('\n').count())
    }

    fn number(&self, metric: (&str, &Map<String, Value>), key: &str, problems: &mut Problems) -> Option<f64> {
        let value = metric.1.get(key)?;
        match value.as_f64().filter(|x| (0.0..=SECONDS_MAX * 1e3).contains(x)) {
            Some(x) => Some(x),
            None => {
                let found = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let why = format!(
                    "{}.{key} must be a number from 0, in ms for times, with a point for decimals; found {}",
                    metric.0,
                    shown(&found)
                );
                problems.error(self.line(metric.0, key), why);
                None
            }
        }
    }

    fn measured(&self, problems: &mut Problems) -> Measured {
        const TIMES: &str = "http_req_duration";
        let mut measured = Measured { name: "k6".into(), ..Measured::default() };
        let mut flow = Flow { name: "all".into(), ..Flow::default() };
        if let Some(requests) = self.metric("http_reqs", problems) {
            let rate = self.number(("http_reqs", requests), "rate", problems);
            match rate {
                None if requests.get("rate").is_none() => {
                    problems.error(self.line("http_reqs", "http_reqs"), "http_reqs has no rate: is the summary whole?")
                }
                rate => {
                    flow.rate = rate.map(|rate| Known::read(rate, "http_reqs.rate, over the whole run with its ramps"))
                }
            }
        }
        if let Some(times) = self.metric(TIMES, problems) {
            let mean = self.number((TIMES, times), "avg", problems).map(|millis| millis / 1e3);
            let mut percentiles = self.percentiles((TIMES, times), problems);
            let (hold, why) = self.hold(mean, &mut percentiles, problems);
            flow.classes = hold.map(|hold| Known::derived(vec![Class { name: "http".into(), weight: 1, hold }], why));
            let list: Vec<_> =
                percentiles.iter().map(|(p, seconds)| format!("p{} {}", figure(*p), time(*seconds))).collect();
            measured.used.push(format!(
                "http_req_duration: {}{}; http_reqs: {}/s",
                mean.map_or(String::new(), |mean| format!("mean {}, ", time(mean))),
                list.join(", "),
                figure(flow.rate.as_ref().map_or(0.0, |rate| rate.value))
            ));
        }
        measured.flows = vec![flow];
        measured.unknown = vec![
            "how long a connection is held: http_req_duration is the whole response, with the wait for a connection, work without one \
             and the network. It is the most that a hold can be for one query a request; set query.hold lower if you know it"
                .into(),
            "how many queries a request makes, and how many instances answer".into(),
        ];
        measured.cautions.push(
            "unless the run used an arrival-rate executor, each VU waits for its answer before it asks again: slow moments hide \
             requests that would have come in them (coordinated omission)"
                .into(),
        );
        measured
    }

    /// `med` and each `p(…)`, in order, in seconds.
    fn percentiles(&self, times: (&str, &Map<String, Value>), problems: &mut Problems) -> Vec<(f64, f64)> {
        let mut found = Vec::new();
        for key in times.1.keys() {
            let percent = match key.as_str() {
                "med" => Some(50.0),
                key => {
                    key.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')')).and_then(|p| p.parse::<f64>().ok())
                }
            };
            let Some(percent) = percent.filter(|p| (1.0..=99.99).contains(p)) else { continue };
            found.extend(self.number(times, key, problems).map(|millis| (percent, millis / 1e3)));
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }

    fn hold(
        &self,
        mean: Option<f64>,
        percentiles: &mut Vec<(f64, f64)>,
        problems: &mut Problems,
    ) -> (Option<Hold>, &'static str) {
        if let Some(pair) = percentiles.windows(2).find(|pair| pair[1].1 < pair[0].1) {
            let why = format!(
                "the percentiles fall from {} at p{} to {} at p{}: was the file changed by hand?",
                time(pair[0].1),
                pair[0].0,
                time(pair[1].1),
                pair[1].0
            );
            problems.error(self.line("http_req_duration", &format!("p({})", pair[1].0)), why);
            return (None, "");
        }
        // Where two are alike, the lower one says no more.
        percentiles.dedup_by(|later, earlier| later.1 == earlier.1 || earlier.1 == 0.0);
        let list: Vec<String> =
            percentiles.iter().map(|(p, seconds)| format!("p{p}={}", Span::from_seconds(*seconds))).collect();
        let text = format!("percentiles({})", list.join(", "));
        if Distribution::parse(&text).is_ok() {
            return (Some(Hold { text, mean }), "the percentiles of http_req_duration");
        }
        match mean.filter(|mean| *mean > 0.0) {
            Some(mean) => {
                (Some(Hold::of_mean(mean)), "the mean of http_req_duration; the exponential shape is assumed")
            }
            None if !problems.can_run() => (None, ""),
            None => {
                let why = "http_req_duration has neither med and p(95) nor avg above 0: did the run make any request?";
                problems.error(self.line("http_req_duration", "http_req_duration"), why);
                (None, "")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Measured, Problems> {
        super::read(Box::new(text.as_bytes()), &Given::default())
    }

    #[test]
    fn both_shapes_of_a_summary_are_read() {
        let values = r#"{"avg":12.5,"min":1,"med":10,"max":900,"p(90)":20,"p(95)":40.5,"p(99)":120}"#;
        let export =
            format!(r#"{{"metrics":{{"http_reqs":{{"count":6000,"rate":100.5}},"http_req_duration":{values}}}}}"#);
        let handled = format!(
            r#"{{"metrics":{{"http_reqs":{{"type":"counter","values":{{"count":6000,"rate":100.5}}}},
               "http_req_duration":{{"type":"trend","contains":"time","values":{values}}}}},"state":{{"testRunDurationMs":60000}}}}"#
        );
        for text in [export, handled] {
            let imported = read(&text).unwrap().scenario(&Given::default()).unwrap();
            let hold = imported.scenario.query[0].hold.as_ref().unwrap().to_string();
            assert_eq!(hold, "percentiles(p50=10ms, p90=20ms, p95=40.5ms, p99=120ms)");
            assert_eq!(imported.scenario.traffic.sources()[0].rate.as_ref().unwrap().to_string(), "100.50/s");
        }
    }
}
