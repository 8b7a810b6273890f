//! The report of an incident: its sentences are true whatever the seed, and its pages are whole.

use crate::{corpus, repository, scenario_of};
use poolwise::experiment::{Options, simulate};
use poolwise::replay::{About, ChangeEffect, EventKind, Replay, Resource, html, markdown, replay, text};
use poolwise::scenario::Model;
use serde_json::{Value, json};
use std::process::{Command, Output};

fn replayed(model: &Model, seed: u64) -> Replay {
    let options = Options { seed: Some(seed), replications: Some(1), ..Options::default() };
    replay(model, simulate(model, &options).unwrap())
}

/// What the documents behind the scenarios teach: what was used up, what each change did by its text, and the mechanism.
struct Taught {
    scenario: &'static str,
    exhausted: &'static [Resource],
    spared: &'static [Resource],
    changes: &'static [(&'static str, ChangeEffect)],
    after: Option<&'static str>,
}

const TAUGHT: &[Taught] = &[
    Taught {
        scenario: "slow-query",
        exhausted: &[Resource::Cores, Resource::DatabaseConnections],
        spared: &[Resource::PoolPlaces, Resource::Leaked],
        changes: &[
            ("the new version rolls out", ChangeEffect::Worse),
            ("13:45 the revert bites", ChangeEffect::Better),
        ],
        after: Some("the new version rolls out"),
    },
    Taught {
        scenario: "traffic-spike",
        // Pool by pool: while larger ones replace them, the fleet as a whole is not full.
        exhausted: &[Resource::InstancePlaces],
        spared: &[Resource::Cores, Resource::DatabaseConnections, Resource::Leaked],
        changes: &[("15:00 larger pools", ChangeEffect::Better)],
        after: None,
    },
    Taught {
        scenario: "pool-misconfig",
        exhausted: &[Resource::DatabaseConnections],
        spared: &[Resource::PoolPlaces, Resource::Cores, Resource::Leaked],
        changes: &[
            ("pools of 30", ChangeEffect::Worse),
            ("new hardware for three hosts", ChangeEffect::NoDifference),
            ("right settings", ChangeEffect::Better),
        ],
        after: Some("pools of 30"),
    },
    Taught {
        scenario: "chatty-query",
        exhausted: &[Resource::PoolPlaces],
        spared: &[Resource::Cores, Resource::DatabaseConnections, Resource::Leaked],
        changes: &[
            ("the new version rolls out", ChangeEffect::Worse),
            ("14:15 the pool's limit is raised", ChangeEffect::Better),
        ],
        after: Some("the new version rolls out"),
    },
    Taught {
        scenario: "leak",
        exhausted: &[Resource::InstancePlaces, Resource::Leaked],
        spared: &[Resource::PoolPlaces, Resource::Cores, Resource::DatabaseConnections],
        changes: &[
            ("03:00 the database is restarted", ChangeEffect::NoDifference),
            ("04:00 hotfix", ChangeEffect::Better),
        ],
        after: Some("the new version, on eight"),
    },
];

/// Over the plateau a resource that is said to be used up is at its limit; recomputed here from the series.
fn is_at_its_limit(replay: &Replay, resource: Resource, level: f64, limit: f64) {
    let series = replay.report.series.as_ref().unwrap();
    let (from, until) = replay.summary.plateau.unwrap();
    let bins: Vec<usize> = (0..series.t.0.len()).filter(|n| (from..=until).contains(&series.t.0[*n])).collect();
    let mean = |column: &[f64]| bins.iter().map(|n| column[*n]).sum::<f64>() / bins.len() as f64;
    let usable = replay.report.database.as_ref().and_then(|database| database.usable).map_or(f64::NAN, f64::from);
    // The plateau may have gaps between its first and its last part: 10 % more room than the limit of 95 %.
    match resource {
        Resource::Cores => assert!(mean(&series.running.0) >= 0.85 * replay.cores.unwrap()),
        Resource::DatabaseConnections => assert!(mean(&series.connected.0) >= 0.85 * usable && limit == usable),
        Resource::PoolPlaces => assert!(mean(&series.active.0) >= 0.85 * mean(&series.size.0)),
        Resource::InstancePlaces => {
            assert!(level >= 1.0 && level <= limit);
            let full = series.per_instance.iter().filter(|one| {
                let within = |n: &usize| (from..=until).contains(&one.t.0[*n]) && one.size.0[*n] > 0.0;
                let bins: Vec<usize> = (0..one.t.0.len()).filter(within).collect();
                bins.iter().filter(|n| one.active.0[**n] >= 0.95 * one.size.0[**n]).count() * 2 > bins.len().max(1)
            });
            assert!(full.count() as f64 >= level, "{level} of {limit}");
        }
        Resource::Leaked => assert!(mean(&series.leaked.0) >= 0.05 * limit),
    }
}

fn share_between(replay: &Replay, (from, until): (f64, f64)) -> f64 {
    let series = replay.report.series.as_ref().unwrap();
    let bins = (0..series.t.0.len()).filter(|n| (from..until).contains(&series.t.0[*n]));
    let (failed, offered) =
        bins.fold((0.0, 0.0), |(failed, offered), n| (failed + series.failed.0[n], offered + series.offered.0[n]));
    (failed / offered).min(1.0)
}

fn holds(taught: &Taught, seed: u64) -> Replay {
    let model = corpus(taught.scenario);
    let replay = replayed(&model, seed);
    let (summary, report) = (&replay.summary, &replay.report);
    let at = format!("{} with seed {seed}:\n{}", taught.scenario, text(&replay));
    assert!(replay.cautions.is_empty(), "{at}");

    let onset = summary.onset.as_ref().unwrap();
    assert_eq!(Some(onset.at), report.onset.map(|onset| onset.mean), "{at}");
    let after = summary.changes.iter().find(|change| Some(&change.letter) == onset.after.as_ref());
    match taught.after {
        None => assert!(after.is_none(), "{at}"),
        Some(words) => assert!(after.unwrap().text.starts_with(words) && onset.later.unwrap() >= 0.0, "{at}"),
    }

    let named: Vec<Resource> = summary.exhausted.iter().map(|one| one.resource).collect();
    assert!(taught.exhausted.iter().all(|resource| named.contains(resource)), "{named:?}: {at}");
    assert!(taught.spared.iter().all(|resource| !named.contains(resource)), "{named:?}: {at}");
    for one in &summary.exhausted {
        is_at_its_limit(&replay, one.resource, one.level, one.limit);
    }

    for (words, effect) in taught.changes {
        let change = summary.changes.iter().find(|change| change.text.starts_with(words)).unwrap();
        assert_eq!(change.effect, *effect, "{words}: {at}");
    }
    for change in &summary.changes {
        let spans = change.before_span.zip(change.after_span);
        let Some((before, after)) = spans.map(|(b, a)| (share_between(&replay, b), share_between(&replay, a))) else {
            assert_eq!(change.effect, ChangeEffect::Unclear, "{at}");
            continue;
        };
        match change.effect {
            ChangeEffect::Better => assert!(after < before - 0.01, "{before} {after}: {at}"),
            ChangeEffect::Worse => assert!(after > before + 0.01, "{before} {after}: {at}"),
            ChangeEffect::NoDifference => assert!((after - before).abs() <= 0.05, "{before} {after}: {at}"),
            ChangeEffect::StayedWell => assert!(before.max(after) <= 0.02, "{before} {after}: {at}"),
            ChangeEffect::Unclear => {}
        }
    }

    let first = summary.first_alert.as_ref().unwrap();
    for alert in &report.alerts {
        let fires = alert.fires.filter(|fires| fires.share_of_runs >= 1.0).map_or(f64::INFINITY, |fires| fires.mean);
        assert!(first.at <= fires, "{}: {at}", alert.name);
        let silent = summary.never.iter().find(|never| never.name == alert.name);
        assert_eq!(silent.is_some(), alert.fires.is_none(), "{}: {at}", alert.name);
        assert_eq!(silent.and_then(|never| never.why.clone()), alert.never.clone().filter(|_| silent.is_some()));
    }

    let recovered = summary.recovered.unwrap();
    let rest = share_between(&replay, (recovered + 60.0, report.measured));
    assert!(rest.is_nan() || rest < 0.02, "{rest}: {at}");

    let incident = report.impact.incident.as_ref().unwrap();
    assert_eq!(&summary.affected, incident, "{at}");
    for about in [About::Beginning, About::Exhausted, About::Affected, About::End, About::Changes, About::Alerts] {
        assert!(summary.sentences.iter().any(|sentence| sentence.about == about), "{about:?}: {at}");
    }
    let mechanism = summary.mechanism.as_ref().unwrap();
    assert!(!mechanism.sentence.is_empty() && !at.contains("NaN") && !at.contains("inf "), "{at}");
    replay
}

#[test]
fn what_is_said_of_a_slow_query_holds() {
    (1..=3).for_each(|seed| drop(holds(&TAUGHT[0], seed)));
}

#[test]
fn what_is_said_of_a_traffic_spike_holds() {
    for seed in 1..=3 {
        let replay = holds(&TAUGHT[1], seed);
        let onset = replay.summary.onset.as_ref().unwrap();
        assert!(onset.offered.unwrap() / onset.offered_before.unwrap() > 4.0);
        assert!(replay.summary.sentences.iter().any(|sentence| sentence.text.contains("times as many attempts came")));
    }
}

#[test]
fn what_is_said_of_a_wrong_pool_size_holds() {
    (1..=3).for_each(|seed| drop(holds(&TAUGHT[2], seed)));
}

#[test]
fn what_is_said_of_a_chatty_query_holds() {
    (1..=3).for_each(|seed| drop(holds(&TAUGHT[3], seed)));
}

#[test]
fn what_is_said_of_a_leak_holds() {
    (1..=3).for_each(|seed| drop(holds(&TAUGHT[4], seed)));
}

const NASTY: &str = "<b>&\"'|`x`";

/// A short incident whose every name means something to HTML or Markdown.
fn nasty() -> Value {
    json!({
        "name": NASTY,
        "duration": "6m",
        "traffic": { "rate": "50/s" },
        "query": [{ "name": NASTY, "hold": "deterministic(10ms)" }],
        "fleet": { "instances": 2 },
        "pool": { "max_size": 1, "acquire_timeout": "1s" },
        "incident": { "from": "2m", "until": "5m", "source": NASTY, "stated": "50%" },
        "alert": [{ "name": NASTY, "metric": "errors", "above": "5%" }],
        "timeline": [
            { "at": "2m", "change": "slow_query", "factor": 10, "text": NASTY },
            { "at": "3m", "change": "note", "text": format!("{NASTY}\n| a | b |\n# no head") },
            { "at": "4m", "change": "slow_query", "factor": 1 },
        ],
        "provenance": [{ "of": "pool", "is": "assumed", "why": NASTY }],
    })
}

/// Whether all elements are closed, in order; what is wrong otherwise.
fn balanced(page: &str) -> Result<(), String> {
    const VOID: [&str; 2] = ["meta", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        if text.contains('>') && !open.contains(&"style") {
            return Err(format!("a > on its own: {text}"));
        }
        let end = tag.find('>').ok_or("a tag without an end")?;
        let inside = &tag[1..end];
        let name = inside.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default();
        if inside.matches('"').count() % 2 != 0 {
            return Err(format!("a quote without its other: {inside}"));
        }
        if inside.starts_with('/') {
            if open.pop() != Some(name) {
                return Err(format!("{name} is closed and was not open last"));
            }
        } else if !inside.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
        rest = &tag[end + 1..];
    }
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

#[test]
fn a_page_is_whole_and_asks_for_nothing() {
    for replay in [replayed(&scenario_of(nasty()), 1), replayed(&corpus("leak"), 1)] {
        let page = html(&replay);
        balanced(&page).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("default-src 'none'; style-src 'unsafe-inline'"));
        for word in
            ["http://", "https://", "<script", "src=", "href=", "url(", "@import", "javascript:", "onload", "NaN"]
        {
            assert!(!page.contains(word), "{word}");
        }
        // Each chart says what it is.
        assert_eq!(page.matches("role=\"img\"").count(), page.matches("<desc").count());
        let mut ids: Vec<&str> = page.split("id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        ids.retain(|id| !id.is_empty());
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "an id is there twice");
    }
    assert!(balanced("<p><b></p></b>").is_err() && balanced("<p>").is_err() && balanced("a > b<br/>").is_err());
}

#[test]
fn names_are_escaped_wherever_they_are_shown() {
    let replay = replayed(&scenario_of(nasty()), 1);
    let page = html(&replay);
    assert!(!page.contains("<b>") && page.contains("&lt;b&gt;&amp;&quot;&#39;|`x`"), "{page}");
    let ticket = markdown(&replay);
    // Backslashes before all that means something, within and without tables.
    assert!(ticket.contains("\\<b\\>\\&\"'\\|\\`x\\`"), "{ticket}");
    assert!(!ticket.replace("\\<b", "").contains("<b>"), "{ticket}");
    assert!(!text(&replay).contains("\n| a"));
}

#[test]
fn tables_of_a_ticket_are_balanced() {
    for replay in [replayed(&scenario_of(nasty()), 1), replayed(&corpus("leak"), 1)] {
        let ticket = markdown(&replay);
        let bars = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
        let mut tables = 0;
        let mut before: Option<usize> = None;
        for line in ticket.lines() {
            let now = line.starts_with('|').then(|| bars(line));
            if let Some(now) = now {
                assert!(line.ends_with('|'), "{line}");
                tables += usize::from(before.is_none());
                assert!(before.is_none_or(|before| before == now), "{line}");
            }
            before = now;
        }
        assert_eq!(tables, 4, "timeline, impact, alerts, provenance: {ticket}");
        assert_eq!(ticket.matches("```").count(), 2);
        assert_eq!(ticket.matches("<details>").count(), ticket.matches("</details>").count());
    }
}

#[test]
fn the_timeline_is_in_order_and_knows_two_clocks() {
    let replay = replayed(&corpus("slow-query"), 1);
    let moments: Vec<f64> = replay.timeline.iter().map(|event| event.at.unwrap()).collect();
    assert!(moments.is_sorted());
    assert_eq!(replay.zero, 1800.0);
    let revert = replay.timeline.iter().find(|event| event.text.starts_with("13:45")).unwrap();
    assert_eq!((revert.since, revert.at, revert.letter.as_deref()), (Some(6300.0), Some(8100.0), Some("B")));
    assert!(replay.timeline.iter().filter(|event| event.kind == EventKind::Note).all(|event| event.outcome.is_none()));
    let shown = text(&replay);
    assert!(
        shown.lines().any(|line| line.contains("+105 min") && line.contains("135m") && line.contains("13:45")),
        "{shown}"
    );
    assert!(shown.lines().any(|line| line.trim_start().starts_with("waiting") && line.contains('█')), "{shown}");
    assert!(!shown.contains('\u{1b}'), "no colour is needed");
}

#[test]
fn a_change_that_an_alert_triggers_has_a_moment_where_the_runs_agree() {
    let mut document = nasty();
    document["timeline"][2] = json!({ "on": NASTY, "after": "90s", "change": "slow_query", "factor": 1 });
    let replay = replayed(&scenario_of(document), 1);
    let change = replay.summary.changes.last().unwrap();
    let fires = replay.report.alerts[0].fires.unwrap();
    assert_eq!(change.at, Some(fires.mean + 90.0));
    assert_eq!(change.effect, ChangeEffect::Better, "{}", text(&replay));
}

#[test]
fn where_nobody_counts_people_the_series_tells_when_it_began() {
    let mut document = nasty();
    document.as_object_mut().unwrap().remove("incident");
    let replay = replayed(&scenario_of(document), 1);
    assert!(replay.report.onset.is_none() && replay.cautions.is_empty());
    let (onset, recovered) = (replay.summary.onset.as_ref().unwrap(), replay.summary.recovered.unwrap());
    assert!((120.0..140.0).contains(&onset.at) && replay.zero == onset.at, "{}", text(&replay));
    assert!((240.0..260.0).contains(&recovered), "{recovered}");
    assert_eq!(onset.after.as_deref(), Some("A"));
}

/// A database that is down takes its requests with it while it is, and nothing before or afterwards.
#[test]
fn what_is_lost_while_a_restart_lasts_is_said_of_the_restart() {
    for at in ["60s", "41s"] {
        let document = json!({
            "duration": "10m",
            "traffic": { "rate": "40/s" },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "pool": { "max_size": 5, "acquire_timeout": "1s" },
            "database": { "connect": "deterministic(10ms)" },
            "timeline": [{ "at": at, "change": "restart_database", "lasts": "20s" }],
        });
        for seed in 1..=3 {
            let answer = replayed(&scenario_of(document.clone()), seed);
            let change = &answer.summary.changes[0];
            assert!(change.words.contains("while it lasted"), "{at}, seed {seed}: {}", change.words);
            let onset = answer.summary.onset.as_ref().unwrap();
            assert_eq!(onset.after.as_deref(), Some("A"), "{at}, seed {seed}: it is not dated before its cause");
        }
    }
}

fn poolwise(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(repository("")).output().unwrap()
}

fn written(name: &str, document: &Value) -> String {
    let path = std::env::temp_dir().join(format!("poolwise-replay-{}-{name}", std::process::id()));
    std::fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_command_writes_all_formats() {
    let file = written("in.json", &nasty());
    let out = file.replace("in.json", "out");
    for (format, begins) in [("text", "<b>"), ("markdown", "# "), ("json", "{"), ("html", "<!DOCTYPE html>")] {
        let arguments = ["replay", &file, "--format", format, "--seed", "2", "--replications", "2"];
        let printed = poolwise(&arguments);
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(printed.starts_with(begins), "{printed}");
        let saved = poolwise(&[&arguments[..], &["-o", &out, "--threads", "2"]].concat());
        assert!(saved.status.success() && saved.stdout.is_empty());
        assert_eq!(std::fs::read_to_string(&out).unwrap(), printed, "{format}");
        if format == "json" {
            let answer: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(answer["schema_version"], 1);
            assert_eq!((&answer["report"]["seed"], &answer["report"]["replications"]), (&json!(2), &json!(2)));
            assert!(answer["summary"]["sentences"][0]["text"].is_string() && answer["timeline"][0]["at"].is_number());
        }
    }
    std::fs::remove_file(file).unwrap();
    std::fs::remove_file(out).unwrap();
}

#[test]
fn bad_input_is_refused_at_once_and_nothing_is_written() {
    let file = "book/src/scenarios/leak.toml";
    let out = std::env::temp_dir().join(format!("poolwise-replay-{}-none", std::process::id()));
    let sets = ["--set", "pool.max_sise=3", "--set", "traffic.rate=fast", "--replications", "0"];
    let answer = poolwise(&[&["replay", file, "-o", out.to_str().unwrap()], &sets[..]].concat());
    let said = String::from_utf8(answer.stderr).unwrap();
    assert_eq!(answer.status.code(), Some(2), "{said}");
    assert!(["max_size", "traffic.rate", "replications"].iter().all(|part| said.contains(part)), "{said}");
    assert!(answer.stdout.is_empty() && !out.exists());
    let itself = poolwise(&["replay", file, "-o", file]);
    assert_eq!(itself.status.code(), Some(2));
}

#[test]
fn without_an_incident_there_is_a_caution_and_an_ordinary_report() {
    let answer = poolwise(&["replay", "book/src/scenarios/steady.toml", "--replications", "2"]);
    let (said, shown) = (String::from_utf8(answer.stderr).unwrap(), String::from_utf8(answer.stdout).unwrap());
    assert!(answer.status.success(), "{said}");
    assert!(said.contains("there is no incident to replay") && said.contains("[[timeline]]"), "{said}");
    assert!(shown.contains("utilisation"), "{shown}");
}
