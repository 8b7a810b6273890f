//! Many services before one database: it fits or it is shared, and a CSV of them is answered row by row.

use crate::{repository, text_of};
use poolwise::budget::{Answer, Budget, services, share, text};
use poolwise::experiment::Options;
use poolwise::plan::recommend;
use poolwise::problem::Problems;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Three services; with five per instance of the first, four of the second and three of the third their objectives are met.
fn fleet(max_connections: u32) -> String {
    format!(
        r#"
        database = {{ max_connections = {max_connections}, reserved = 10 }}
        [[service]]
        name = "checkout"
        rate = "900/s"
        hold = "lognormal(p50=5ms, p99=80ms)"
        instances = 4
        slo = "wait.p99 <= 20ms"
        [[service]]
        name = "search"
        rate = "400/s"
        p50 = "8ms"
        p95 = "40ms"
        p99 = "120ms"
        instances = 3
        slo = ["wait.p99 <= 50ms"]
        acquire_timeout = "2s"
        [[service]]
        name = "reports"
        rate = "20/s"
        mean = "150ms"
        cv = 1.5
        instances = 2
        surge = 0
        slo = "wait.p99 <= 500ms"
        pool = {{ min_idle = 1 }}
        "#
    )
}

fn budget(text: &str) -> Result<Budget, Problems> {
    Budget::read(text, &repository("book/src/scenarios"))
}

fn shared(text: &str) -> Answer {
    share(&budget(text).unwrap(), &Options::default(), &|_, _, _| {}).unwrap()
}

#[test]
fn what_fits_is_what_is_recommended() {
    let answer = shared(&fleet(100));
    assert!(answer.fits && answer.ways.is_empty(), "{}", text(&answer));
    let found = budget(&fleet(100)).unwrap();
    for (service, share) in found.services.iter().zip(&answer.services) {
        let alone = recommend(&service.model, &Options::default()).unwrap().recommended.unwrap();
        assert_eq!((share.needs, share.gets), (Some(alone.max_size), Some(alone.max_size)), "{}", share.name);
        assert_eq!(share.needed, [u64::from(alone.total), u64::from(alone.total + alone.max_size * share.surge)]);
        assert!(share.times.unwrap() <= 1.0, "{}", share.sentence);
    }
    let sum = |n: usize| answer.services.iter().map(|share| share.needed[n]).sum::<u64>();
    assert_eq!(answer.needed, [sum(0), sum(1)]);
    assert!(answer.sentences[0].contains("it fits, with"), "{}", answer.sentences[0]);
}

#[test]
fn what_does_not_fit_is_shared_and_says_who_is_squeezed() {
    let needed = shared(&fleet(1000)).needed;
    // As much as they need while nothing is deployed, and less than that.
    let between = shared(&fleet(10 + needed[0] as u32 + 1));
    assert!(!between.fits && between.sentences[0].contains("fits while nothing is deployed"), "{}", text(&between));
    let answer = shared(&fleet(10 + needed[0] as u32 * 4 / 5));
    assert!(!answer.fits && answer.sentences[0].contains("too many"), "{}", text(&answer));
    let squeezed: Vec<_> = answer.services.iter().filter(|share| share.gets < share.needs).collect();
    assert!(!squeezed.is_empty());
    for share in &squeezed {
        let told = answer.sentences.iter().any(|said| said.contains(&format!("{} is squeezed", share.name)));
        assert!(told, "{}", text(&answer));
        let more = |estimate: &Option<poolwise::report::Estimate>| estimate.unwrap().mean;
        assert!(share.measured.is_none() || more(&share.measured) > more(&share.unsqueezed), "{}", share.sentence);
    }
    // More connections always do, and more than are needed are not asked for.
    let more = answer.ways.iter().find(|way| way.what.contains("max_connections")).unwrap();
    assert!(more.fits && more.needs == Some(needed[1]));
    assert!(shared(&fleet(10 + needed[1] as u32)).fits);
    // A pool for all instances needs fewer than one for each.
    let pooler = answer.ways.iter().find(|way| way.what.contains("pooler")).unwrap();
    assert!(pooler.needs.unwrap() < needed[0], "{}", text(&answer));
}

/// With one connection less for anybody else, nobody who is squeezed could be better off than the worst: a service that has as many
/// instances as the worst off suffers at least as much when one of its own is taken.
#[test]
fn services_that_are_alike_are_squeezed_alike() {
    let one = |name: &str| {
        format!(
            "[[service]]\nname = '{name}'\nrate = '200/s'\nhold = 'exponential(mean=20ms)'\ninstances = 1\nsurge = 0\n\
             slo = 'wait.p99 <= 5ms'\n"
        )
    };
    let all = |most: u32| format!("database.max_connections = {most}\n{}{}{}", one("a"), one("b"), one("c"));
    let wanted = shared(&all(1000)).services[0].needs.unwrap();
    let answer = shared(&all(3 * wanted - 3));
    assert_eq!(answer.services.iter().map(|share| share.gets).collect::<Vec<_>>(), [Some(wanted - 1); 3]);
}

#[test]
fn not_even_one_for_each_is_said() {
    let answer = shared(&fleet(12));
    assert!(!answer.fits && answer.services.iter().all(|share| share.gets.is_none()));
    assert!(text(&answer).contains("not even one connection for each instance"), "{}", text(&answer));
}

#[test]
fn a_service_that_no_size_helps_is_said() {
    let busy = fleet(1000)
        + "[[service]]\nname = 'busy'\nrate = '100/s'\ncpu = 1\nslo = 'response.p99 <= 1ms'\nhold = 'exponential(mean=20ms)'\n";
    let answer = shared(&busy.replace("cpu = 1\n", ""));
    assert!(!answer.fits && answer.services[3].needs.is_none());
    assert!(answer.sentences.iter().any(|said| said.contains("busy: No pool size keeps")), "{}", text(&answer));
}

/// A service may be a scenario, with what differs from it.
#[test]
fn a_service_can_be_a_scenario_file() {
    let text = "database.max_connections = 100\n[[service]]\nscenario = 'too-many-pools.toml'\ninstances = 2\n\
                [[service]]\nscenario = 'steady.toml'\nname = 'other'\nrate = '100/s'\n";
    let budget = budget(text).unwrap();
    let names: Vec<_> = budget.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!((names, budget.services[0].model.instances()), (vec!["too-many-pools", "other"], 2));
}

#[test]
fn everything_wrong_with_a_budget_is_said_at_once() {
    let wrong = r#"
        services = 3
        [database]
        max_connection = 100
        reserved = "x"
        [[service]]
        name = "a"
        rate = "fast"
        hold = "5ms"
        instance = 3
        [[service]]
        name = "a"
        rate = "5/s"
        surge = -1
        mean = "5ms"
        scenario = "nope.toml"
        [[service]]
        name = "c"
        pool = { max_sise = 3 }
        pol = { x = 1 }
        hold = "exponential(mean=5ms)"
        slo = "wait.p98 <= 5ms"
    "#;
    let said: Vec<String> = budget(wrong).unwrap_err().problems.iter().map(|p| p.to_string()).collect();
    let wanted = [
        "services: unknown key; did you mean service?",
        "database.max_connection: unknown key; did you mean max_connections?",
        "database.reserved: expected a whole number",
        "database.max_connections: is missing",
        "service[0].rate: expected a rate",
        "service[0].hold: expected a distribution",
        "service[0].instance: nothing is called \"instance\"; did you mean instances?",
        "service[1].name: \"a\" is the name of an earlier service too",
        "service[1].surge: expected a whole number",
        "service[1].mean: says nothing of how holds spread",
        "service[1].scenario: nope.toml can not be read",
        "service[2].pool.max_sise: unknown key; did you mean max_size?",
        "service[2].pol: nothing is called \"pol\"; did you mean pool?",
        "service[2].slo: unknown metric",
    ];
    for part in wanted {
        assert!(said.iter().any(|line| line.contains(part)), "no {part:?} in:\n{}", said.join("\n"));
    }
    assert_eq!(said.len(), wanted.len(), "{}", said.join("\n"));
    for (text, why) in [
        ("", "database: is missing"),
        ("database.max_connections = 5", "service: is missing"),
        ("database = 5\nservice = 3", "service: expected a list"),
        ("database = { max_connections = 5, reserved = 5 }\n[[service]]\nrate='5/s'", "leaves none of the 5"),
        ("[database", "line 1"),
    ] {
        let said = budget(text).unwrap_err().to_string();
        assert!(said.contains(why), "{text}: {said}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    /// However little there is, no more is given away, nobody gets nothing or more than it needs, and nothing is left that would
    /// help somebody.
    #[test]
    fn no_more_is_given_than_there_is(
        services in proptest::collection::vec((20u32..200, 5u32..40, 1u32..4, 0u32..2), 1..4),
        spare in 0.0..1.0f64,
        seed in 1u64..1000,
    ) {
        let all: String = services.iter().enumerate().map(|(n, (rate, hold, instances, surge))| format!(
            "[[service]]\nname = 's{n}'\nrate = '{rate}/s'\nhold = 'exponential(mean={hold}ms)'\ninstances = {instances}\nsurge = {surge}\n\
             slo = 'wait.p99 <= 10ms'\n"
        )).collect();
        let options = Options { seed: Some(seed), ..Options::default() };
        let share_of = |most: u32| {
            let budget = Budget::read(&format!("database.max_connections = {most}\n{all}"), Path::new("")).unwrap();
            share(&budget, &options, &|_, _, _| {}).unwrap()
        };
        let (least, needed) = (services.iter().map(|s| s.2 + s.3).sum::<u32>(), share_of(1_000_000).needed[1] as u32);
        let usable = least + (f64::from(needed - least) * spare) as u32;
        let answer = share_of(usable);
        let given: u64 = answer.services.iter().map(|share| share.given[1]).sum();
        prop_assert!(given <= u64::from(usable), "{}", text(&answer));
        for one in &answer.services {
            prop_assert!(one.gets >= Some(1) && one.gets <= one.needs, "{}", text(&answer));
            let left = u64::from(usable) - given;
            prop_assert!(one.gets == one.needs || left < u64::from(one.instances + one.surge), "{}", text(&answer));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    /// Files that are cut, or have anything in them, are refused or read, and every problem says something.
    #[test]
    fn broken_files_are_refused_or_read(cut in 0.0..1.0f64, long in 0usize..40, put in proptest::collection::vec(proptest::char::range(' ', '~'), 0..12)) {
        let put: String = put.into_iter().collect();
        let break_ = |text: &str| {
            let from = (text.len() as f64 * cut) as usize;
            let until = (from + long).min(text.len());
            format!("{}{put}{}", &text[..from], &text[until..])
        };
        let says = |problems: &Problems| !problems.can_run() && problems.problems.iter().all(|p| !p.message.is_empty());
        if let Err(problems) = budget(&break_(&fleet(100))) {
            prop_assert!(says(&problems), "{problems}");
        }
        match services::read(&break_(&text_of("tests/bad/services/cells.csv")), &[]) {
            Err(problems) => prop_assert!(says(&problems), "{problems}"),
            Ok(rows) => prop_assert!(rows.iter().filter_map(|row| row.model.as_ref().err()).all(says)),
        }
    }
}

fn poolwise(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(folder).output().unwrap()
}

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("poolwise-{}-budget-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    files.iter().for_each(|(file, text)| std::fs::write(folder.join(file), text).unwrap());
    folder
}

#[test]
fn exit_codes_and_threads() {
    let folder = folder("codes", &[("fits.toml", &fleet(100)), ("not.toml", &fleet(40)), ("bad.toml", "[database]\n")]);
    for (file, code) in [("fits.toml", 0), ("bad.toml", 2), ("none.toml", 2)] {
        let output = poolwise(&["budget", file], &folder);
        assert_eq!(output.status.code(), Some(code), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout.is_empty(), code == 2, "{file}");
    }
    let [one, three] =
        ["1", "3"].map(|n| poolwise(&["budget", "not.toml", "--threads", n, "--format", "json"], &folder));
    assert_eq!((one.status.code(), one.stdout.as_slice()), (Some(3), three.stdout.as_slice()));
    let answer: Value = serde_json::from_slice(&one.stdout).unwrap();
    assert_eq!(
        (&answer["schema_version"], &answer["fits"], &answer["reserved"]),
        (&json!(1), &json!(false), &json!(10))
    );
    std::fs::remove_dir_all(folder).unwrap();
}

/// Every file of `tests/bad/services` is refused with the messages beside it, and with no others.
#[test]
fn bad_files_of_services_are_refused_with_all_their_reasons() {
    let mut count = 0;
    for entry in std::fs::read_dir(repository("tests/bad/services")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(base) = name.strip_suffix(".csv") else { continue };
        let said: Vec<String> = match services::read(&text_of(&format!("tests/bad/services/{name}")), &[]) {
            Err(problems) => problems.problems.iter().map(|p| p.to_string()).collect(),
            Ok(rows) => rows
                .iter()
                .filter_map(|row| row.model.as_ref().err())
                .flat_map(|e| &e.problems)
                .map(|p| p.to_string())
                .collect(),
        };
        let expected = text_of(&format!("tests/bad/services/{base}.csv.expected"));
        for part in expected.lines() {
            assert!(said.iter().any(|line| line.contains(part)), "{name}: no {part:?} in:\n{}", said.join("\n"));
        }
        assert_eq!(said.len(), expected.lines().count(), "{name}:\n{}", said.join("\n"));
        count += 1;
    }
    assert!(count >= 9, "{count}");
}

/// A row's answer is that of `recommend`, in the order of the rows, whatever the number of threads and the delimiter.
#[test]
fn rows_are_answered_in_order_as_recommend_does() {
    let commas = "name,rate,p50,p99,hold,instances,slo,pool.acquire_timeout\n\
                  shop,400/s,5ms,80ms,,4,wait.p99 <= 20ms,2s\n\
                  \"a, \"\"b\"\"\",50/s,,,\"lognormal(p50=8ms, p99=90ms)\",,wait.p99 <= 50ms; timed_out_share <= 0.1%,1s\n\
                  none,50/s,,,exponential(mean=20ms),1,response.p99 <= 1ms,\n";
    let tabs = "name\trate\thold\nshop\t100/s\tlognormal(p50=5ms, p99=80ms)\n";
    let folder = folder("rows", &[("s.csv", commas), ("t.csv", tabs)]);
    let [one, three] = ["1", "3"].map(|n| poolwise(&["services", "s.csv", "--threads", n], &folder));
    // One has no size.
    assert_eq!((one.status.code(), &one.stdout), (Some(3), &three.stdout));
    let mut answers = csv::Reader::from_reader(one.stdout.as_slice());
    let head: Vec<String> = answers.headers().unwrap().iter().map(str::to_owned).collect();
    let place = |name: &str| head.iter().position(|known| known == name).unwrap();
    let lines: Vec<csv::StringRecord> = answers.records().map(Result::unwrap).collect();
    let rows = services::read(commas, &[]).unwrap();
    assert_eq!((lines.len(), rows.len()), (3, 3));
    for (line, row) in lines.iter().zip(&rows) {
        assert_eq!((&line[0], &line[place("name")]), (row.line.to_string().as_str(), row.name.as_str()));
        let answer = recommend(row.model.as_ref().unwrap(), &Options::default()).unwrap();
        let size = answer.recommended.map_or(String::new(), |found| found.max_size.to_string());
        assert_eq!((&line[place("max_size")], &line[place("sentence")]), (size.as_str(), answer.sentence.as_str()));
        assert_eq!(line[place("problem")].is_empty(), answer.recommended.is_some());
    }
    assert_eq!(poolwise(&["services", "t.csv"], &folder).status.code(), Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn bad_rows_stop_all_or_are_answered_with_their_problem() {
    let cells = text_of("tests/bad/services/cells.csv");
    let folder = folder("bad", &[("cells.csv", &cells)]);
    let output = poolwise(&["services", "cells.csv", "-o", "out.csv"], &folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len(), folder.join("out.csv").exists()), (Some(2), 0, false));
    assert!(said.contains("cells.csv: line 3: rate: expected a rate") && said.contains("line 6: hold"), "{said}");
    let output = poolwise(&["services", "cells.csv", "--keep-going", "-o", "out.csv"], &folder);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("line 3: rate"));
    let answers = std::fs::read_to_string(folder.join("out.csv")).unwrap();
    let lines: Vec<&str> = answers.lines().collect();
    assert_eq!(lines.len(), 1 + 5, "{answers}");
    assert!(lines[1].starts_with("2,good,4,4,") && lines[2].starts_with("3,shop,,,"), "{answers}");
    let all_bad = cells.replace("good,100/s", "good,100");
    std::fs::write(folder.join("cells.csv"), all_bad).unwrap();
    let output = poolwise(&["services", "cells.csv", "--keep-going"], &folder);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    std::fs::remove_dir_all(folder).unwrap();
}

/// What the book shows is what is printed.
#[test]
fn every_command_of_the_books_page_runs() {
    let page = text_of("book/src/fleet-budget.md");
    let block = |language: &str| {
        let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let folder = folder("book", &[("fleet.toml", &block("toml")), ("services.csv", &block("csv"))]);
    let mut count = 0;
    for line in page.lines().filter_map(|line| line.strip_prefix("$ poolwise ")) {
        let output = poolwise(&line.split(' ').collect::<Vec<_>>(), &folder);
        let printed = String::from_utf8(output.stdout).unwrap();
        let (_, rest) = page.split_once(&format!("$ poolwise {line}\n")).unwrap();
        let shown = rest.split_once("```").unwrap().0;
        assert!(printed == shown, "{line} prints:\n{printed}");
        count += 1;
    }
    assert_eq!(count, 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn lines_end_as_they_do_elsewhere() {
    for end in ["\n", "\r\n"] {
        let text = format!("name,rate,hold,slo{end}shop,80/s,exponential(mean=5ms),{end}cart,fast,5ms,{end}");
        let rows = poolwise::budget::services::read(&text, &[]).unwrap();
        let why = rows[1].model.as_ref().unwrap_err().to_string();
        assert!(why.contains("line 3: rate"), "{why}");
    }
}
