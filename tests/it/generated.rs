//! What is generated and kept in the repository is what would be generated now. `make bless` writes it anew.

use crate::fit::{CURVES, POOLS, points};
use crate::{corpus, corpus_names, model, repository, text_of};
use poolwise::catalogue::FIELDS;
use poolwise::diagnose::{MECHANISMS, diagnose, symptom, symptoms_of};
use poolwise::experiment::{Options, simulate};
use poolwise::fit::{Coefficient, Fit, LawKind, fit};
use poolwise::plan::recommend;
use poolwise::pool::presets::{PRESETS, Preset};
use poolwise::report::text::{percent, time};
use poolwise::report::{Estimate, Report};
use poolwise::scenario;
use poolwise::scenario::{Scenario, set};
use poolwise::theory;
use std::fmt::Write;
use std::process::Command;

/// Hold a file to what it should be; with `POOLWISE_BLESS` set, write it.
pub fn hold_to(path: &str, wanted: &str) {
    if std::env::var_os("POOLWISE_BLESS").is_some() {
        std::fs::write(repository(path), wanted).unwrap();
    }
    assert!(
        text_of(path) == wanted,
        "{path} is stale: run `make bless` and look at the difference. It should be:\n{wanted}"
    );
}

/// Hold the part of a file between two comments to what it should be.
fn hold_part_to(path: &str, mark: &str, wanted: &str) {
    let text = text_of(path);
    let (begin, end) = (format!("<!-- generated: {mark} -->\n"), format!("<!-- end: {mark} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no {end}"));
    hold_to(path, &format!("{before}{begin}{wanted}{end}{after}"));
}

/// The planner's examples are the corpus.
#[test]
fn the_planners_examples_are_the_corpus() {
    // The plain one first: it is what the page shows when nothing else is asked for.
    let mut names = corpus_names();
    names.sort_by_key(|name| name != "steady");
    let examples: Vec<_> = names
        .iter()
        .map(|name| {
            let scenario = scenario::parse(&text_of(&format!("book/src/scenarios/{name}.toml"))).unwrap();
            serde_json::json!({ "name": name, "title": scenario["description"], "scenario": scenario })
        })
        .collect();
    hold_to("src/examples.json", &(serde_json::to_string_pretty(&examples).unwrap() + "\n"));
}

/// What holds for a key under a preset: its own value, else the default of `[pool]`.
fn value(preset: &Preset, key: &str) -> &'static str {
    let own = preset.settings.iter().find(|s| s.key == key).map(|s| s.value);
    own.unwrap_or_else(|| FIELDS.iter().find(|f| f.path.strip_prefix("pool.") == Some(key)).unwrap().default)
}

/// The book's table of presets, and where each value comes from.
#[test]
fn the_books_presets() {
    const KEYS: [&str; 8] =
        ["max_size", "min_idle", "acquire_timeout", "order", "idle_order", "growth", "idle_timeout", "max_lifetime"];
    let head = KEYS.map(|key| key.replace('_', " ")).join(" | ");
    let mut text = format!("| preset | {head} |\n|---|--:|--:|--:|---|---|---|--:|--:|\n");
    for p in PRESETS {
        let values = KEYS.map(|key| value(p, key)).join(" | ");
        writeln!(text, "| `{}` | {values} |", p.name).unwrap();
    }
    text += "\n| preset | what differs | what the model leaves out |\n|---|---|---|\n";
    for p in PRESETS {
        writeln!(text, "| `{}` | {} | {} |", p.name, p.gloss, p.leaves_out).unwrap();
    }
    for p in PRESETS {
        write!(text, "\n## {}\n\n| `{}` | value | source |\n|---|---|---|\n", p.product, p.name).unwrap();
        for s in p.settings {
            writeln!(text, "| `{}` | {} | {} |", s.key, s.value, s.source).unwrap();
        }
    }
    assert!(!text.contains("|  |"), "a cell is empty");
    hold_to("book/src/generated/presets.md", &text);
}

fn plus_minus(estimate: &Option<Estimate>) -> String {
    let text = match estimate {
        None => "–".into(),
        Some(Estimate { mean, half_width: Some(half), .. }) if *half > 0.0 => {
            format!("{} ± {}", time(*mean), time(*half))
        }
        Some(e) => time(e.mean),
    };
    // No line breaks within a cell.
    text.replace(' ', "\u{a0}")
}

/// The README's table: two holds with heavy tails that formulas get wrong.
#[test]
fn the_readmes_table_of_heavy_tails() {
    let mut table = String::from(
        "| load | hold | formula says | its wait p99, simulated | poolwise says | its wait p99, simulated |\n|---|---|---|---|---|---|\n",
    );
    for (rate, hold, erlang) in
        [("1000/s", "lognormal(median=5ms, sigma=1.6972)", 25), ("300/s", "lognormal(median=2ms, sigma=2.1652)", 8)]
    {
        let answer = recommend(&model(&[("traffic.rate", rate), ("query.0.hold", hold)]), &Options::default()).unwrap();
        let size = answer.recommended.unwrap().max_size;
        let row = |size: u32| answer.table.iter().find(|row| row.max_size == size).unwrap();
        writeln!(
            table,
            "| {rate} | `{hold}` | {erlang} | {} | **{size}** | {} |",
            plus_minus(&row(erlang).wait.p99),
            plus_minus(&row(size).wait.p99),
        )
        .unwrap();
    }
    hold_part_to("README.md", "heavy-tails", &table);
}

/// The steady example of the book's introduction.
#[test]
fn the_introductions_numbers() {
    let model = corpus("steady");
    let answer = recommend(&model, &Options::default()).unwrap();
    let mut text = format!("> {}\n\n", answer.sentence);
    text += "| connections | utilisation | wait p50 | wait p95 | wait p99 | |\n|--:|--:|--:|--:|--:|---|\n";
    for row in &answer.table {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.max_size,
            percent(row.utilisation.unwrap().mean),
            plus_minus(&row.wait.p50),
            plus_minus(&row.wait.p95),
            plus_minus(&row.wait.p99),
            row.verdict.word()
        )
        .unwrap();
    }
    let prediction = theory::predict(&model);
    writeln!(
        text,
        "\nOffered load: {:.2} erlangs. Erlang C, scaled for the spread of the holds, would have said {}.",
        prediction.offered_load.unwrap(),
        answer.theory.unwrap()
    )
    .unwrap();
    hold_to("book/src/generated/steady.md", &text);

    // What the introduction says in words, over several seeds.
    for seed in 1..=3 {
        let answer =
            recommend(&model, &Options { seed: Some(seed), replications: None, ..Options::default() }).unwrap();
        let row = |size: u32| answer.table.iter().find(|row| row.max_size == size).unwrap();
        let [p95, p99] = [row(8).wait.p95, row(8).wait.p99].map(|estimate| estimate.unwrap().mean);
        assert!(p95 == 0.0 && p99 < 0.005, "seed {seed}: with eight, 95 % wait for {p95}, 99 % for {p99}");
        let (busy, p99) = (row(4).utilisation.unwrap().mean, row(4).wait.p99.unwrap().mean);
        assert!(busy < 0.87 && p99 > 0.1, "seed {seed}: at four the tail is over 100 ms at {busy}");
    }
}

/// A table of what one setting after another does to a scenario of the corpus.
fn levers(name: &str, head: &str, rows: &[(&str, &[(&str, &str)])], show: impl Fn(&Report) -> String) -> String {
    let columns = head.matches('|').count() + 1;
    let mut table = format!("| | {head} |\n|---|{}\n", "--:|".repeat(columns));
    for (what, keys) in rows {
        let mut document = scenario::parse(&text_of(&format!("book/src/scenarios/{name}.toml"))).unwrap();
        keys.iter().for_each(|(path, value)| set(&mut document, path, value).unwrap());
        let model = Scenario::read(document).and_then(|s| s.check()).unwrap();
        let report = simulate(&model, &Options { replications: Some(4), ..Options::default() }).unwrap();
        writeln!(table, "| {what} | {} |", show(&report)).unwrap();
    }
    table
}

fn share(estimate: &Option<Estimate>) -> String {
    estimate.map_or("–".into(), |e| percent(e.mean))
}

fn per_second(estimate: &Option<Estimate>) -> String {
    estimate.map_or("–".into(), |e| format!("{:.0}/s", e.mean))
}

/// The chapter on pools and clients as they behave.
#[test]
fn the_mechanisms_numbers() {
    let storm: &[(&str, &[(&str, &str)])] = &[
        ("as it was", &[]),
        ("twice the pool", &[("pool.max_size", "40")]),
        ("retries after a second", &[("client.backoff", "1s")]),
        ("no retries", &[("client.retries", "0")]),
        ("retries at most 10 % of the requests", &[("client.retry_budget", "10%")]),
        ("a hundred waiters at most", &[("pool.max_waiters", "100")]),
        ("acquire timeout 1 s, below the client's", &[("pool.acquire_timeout", "1s")]),
    ];
    let text = levers("retry-storm", "failed | served in vain | goodput", storm, |report| {
        let wasted = report.wasted_share;
        format!("{} | {} | {}", share(&report.impact.failed_requests), share(&wasted), per_second(&report.goodput))
    });
    hold_to("book/src/generated/retry-storm.md", &text);

    let nested: &[(&str, &[(&str, &str)])] = &[
        ("10 connections", &[("pool.max_size", "10")]),
        ("10, and an acquire timeout of 30 s", &[("pool.max_size", "10"), ("pool.acquire_timeout", "30s")]),
        ("12 connections", &[("pool.max_size", "12")]),
        ("16 connections", &[("pool.max_size", "16")]),
        ("21 connections, the floor", &[("pool.max_size", "21")]),
    ];
    let text = levers("nested", "failed | wait p99 | answers", nested, |report| {
        format!(
            "{} | {} | {}",
            share(&report.impact.failed_requests),
            plus_minus(&report.wait.p99),
            per_second(&report.goodput)
        )
    });
    hold_to("book/src/generated/nested.md", &text);

    let bursts: &[(&str, &[(&str, &str)])] = &[
        ("shrinks to 2, one opener", &[]),
        ("shrinks to 10", &[("pool.min_idle", "10")]),
        ("fixed at 20", &[("pool.min_idle", "max_size")]),
        ("shrinks to 2, three openers that do not rest", &[("pool.open_parallelism", "3"), ("pool.open_pause", "0s")]),
        ("shrinks to 2, each caller opens", &[("pool.growth", "caller")]),
    ];
    let text = levers("bursts", "wait p95 | wait p99 | open on average", bursts, |report| {
        format!(
            "{} | {} | {:.1}",
            plus_minus(&report.wait.p95),
            plus_minus(&report.wait.p99),
            report.total.map_or(0.0, |e| e.mean)
        )
    });
    hold_to("book/src/generated/bursts.md", &text);

    let job: &[(&str, &[(&str, &str)])] = &[
        ("as it is", &[]),
        ("twice the pool", &[("pool.max_size", "24")]),
        ("the job spread over five minutes", &[("traffic.1.batch.spread", "5m")]),
    ];
    let text = levers("nightly-job", "failed | mean wait | utilisation", job, |report| {
        format!(
            "{} | {} | {}",
            share(&report.impact.failed_requests),
            plus_minus(&report.wait.mean),
            share(&report.utilisation)
        )
    });
    hold_to("book/src/generated/nightly-job.md", &text);
}

/// The chapter on the database, the fleet and the pooler.
#[test]
fn the_databases_numbers() {
    let sizes: &[(&str, &[(&str, &str)])] = &[
        ("5 connections", &[("pool.max_size", "5")]),
        ("10 connections", &[]),
        ("20 connections", &[("pool.max_size", "20")]),
        ("40 connections", &[("pool.max_size", "40")]),
        (
            "40, and each query beyond the cores costs all 1 %",
            &[("pool.max_size", "40"), ("database.overhead", "0.01")],
        ),
        ("10, and six cores", &[("database.cores", "6")]),
    ];
    let text = levers("shared-cores", "wait p99 | hold mean | response mean", sizes, |report| {
        let [wait, hold, response] = [&report.wait.p99, &report.hold.mean, &report.response.mean].map(plus_minus);
        format!("{wait} | {hold} | {response}")
    });
    hold_to("book/src/generated/shared-cores.md", &text);

    let pools: &[(&str, &[(&str, &str)])] = &[
        ("pool of 30, all open from the start", &[]),
        ("pool of 40", &[("timeline.0.max_size", "40"), ("timeline.0.min_idle", "40")]),
        ("pool of 30, opened when needed", &[("timeline.0.min_idle", "5")]),
        ("pool of 19", &[("timeline.0.max_size", "19"), ("timeline.0.min_idle", "19")]),
        ("max_connections 310", &[("database.max_connections", "310")]),
        ("requests choose at random", &[("fleet.routing", "random")]),
    ];
    let text = levers("too-many-pools", "failed | fleet's usage | connections", pools, |report| {
        let [failed, used] = [&report.impact.failed_requests, &report.utilisation].map(share);
        format!("{failed} | {used} | {:.0}", report.total.map_or(0.0, |e| e.mean))
    });
    hold_to("book/src/generated/too-many-pools.md", &text);

    let storm: &[(&str, &[(&str, &str)])] = &[
        ("as it is", &[]),
        ("pools of 10", &[("pool.max_size", "10")]),
        ("pools that keep 2 open", &[("pool.min_idle", "2")]),
        ("one connection at a time for each pool", &[("pool.open_parallelism", "1"), ("pool.open_pause", "250ms")]),
        (
            "at most 50 connections a second",
            &[("database.connects_per_second", "50/s"), ("database.connect_burst", "10")],
        ),
        ("connecting costs 5 ms", &[("database.connect_cpu", "exponential(mean=5ms)")]),
    ];
    let text = levers("reconnect-storm", "failed | p99 of all attempts", storm, |report| {
        format!("{} | {}", share(&report.impact.failed_requests), plus_minus(&report.attempt.p99))
    });
    hold_to("book/src/generated/reconnect-storm.md", &text);

    let modes: &[(&str, &[(&str, &str)])] = &[
        ("transaction mode, 20 servers", &[]),
        ("transaction mode, 6 servers", &[("pooler.default_pool_size", "6")]),
        ("session mode, 20 servers", &[("pooler.mode", "session")]),
        ("session mode, 90 servers", &[("pooler.mode", "session"), ("pooler.default_pool_size", "90")]),
    ];
    let text = levers("pooler", "failed | response p95 | pools' usage", modes, |report| {
        let [failed, used] = [&report.impact.failed_requests, &report.utilisation].map(share);
        format!("{failed} | {} | {used}", plus_minus(&report.response.p95))
    });
    hold_to("book/src/generated/pooler.md", &text);

    // What the chapter says in words, over several seeds.
    for seed in 2..=4 {
        let with = |name: &str, keys: &[(&str, &str)]| {
            let mut document = scenario::parse(&text_of(&format!("book/src/scenarios/{name}.toml"))).unwrap();
            keys.iter().for_each(|(path, value)| set(&mut document, path, value).unwrap());
            let model = Scenario::read(document).and_then(|s| s.check()).unwrap();
            simulate(&model, &Options { seed: Some(seed), replications: Some(2), ..Options::default() }).unwrap()
        };
        let response = |size| with("shared-cores", &[("pool.max_size", size)]).response.mean.unwrap().mean;
        assert!((response("40") / response("20") - 1.0).abs() < 0.1, "seed {seed}: the queue has moved, not gone");
        let failed = |report: &Report| report.impact.failed_requests.unwrap().mean;
        let (full, smaller) = (
            with("too-many-pools", &[]),
            with("too-many-pools", &[("timeline.0.max_size", "19"), ("timeline.0.min_idle", "19")]),
        );
        assert!(failed(&full) > 0.1 && full.utilisation.unwrap().mean < 0.05, "seed {seed}: they fail and hardly work");
        assert!(failed(&smaller) < 0.001, "seed {seed}: a smaller pool helps");
        let session = with("pooler", &[("pooler.mode", "session")]);
        assert!(
            failed(&with("pooler", &[])) == 0.0 && failed(&session) > 0.3,
            "seed {seed}: session mode needs a server each"
        );
    }
}

/// The page on fitting a database: measured curves beside the laws, and what their lower halves would have said.
#[test]
fn the_fitted_curves() {
    let answers: Vec<Fit> = CURVES.iter().map(|(_, curve)| fit(&points(&POOLS, curve)).unwrap()).collect();
    let mut text = String::from("| connections |");
    CURVES.iter().for_each(|(name, _)| write!(text, " {name} | plateau | USL |").unwrap());
    writeln!(text, "\n|--:|{}", "--:|--:|--:|".repeat(CURVES.len())).unwrap();
    for (n, pool) in POOLS.iter().enumerate() {
        write!(text, "| {pool} |").unwrap();
        for answer in &answers {
            let measured = answer.measured[n].throughput;
            let miss = |kind| 100.0 * (answer.of(kind).predicted[n] / measured - 1.0);
            write!(text, " {measured:.0} | {:+.1} % | {:+.1} % |", miss(LawKind::Contention), miss(LawKind::Usl))
                .unwrap();
        }
        text.push('\n');
    }
    text += "\n| | cores | contention σ | level from, measured | by the law | κ of the USL | R² plateau | R² USL |\n";
    text += "|---|--:|--:|--:|--:|--:|--:|--:|\n";
    let between = |c: Option<Coefficient>, digits: usize| {
        let c = c.unwrap();
        format!("{:.digits$} ({:.digits$} to {:.digits$})", c.value, c.low, c.high.unwrap())
    };
    for ((name, _), answer) in CURVES.iter().zip(&answers) {
        let (plateau, usl) = (answer.of(LawKind::Contention), answer.of(LawKind::Usl));
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {:.4} | {:.4} |",
            between(plateau.cores, 1),
            between(plateau.contention, 3),
            answer.onset.measured,
            plateau.onset,
            between(usl.coherency, 5),
            plateau.r_squared,
            usl.r_squared
        )
        .unwrap();
    }
    hold_to("book/src/generated/fit-postgresql.md", &text);

    let mut text = String::from(
        "| measured up to 16 | κ | USL alone at 96 | measured at 96 | poolwise at 32 | measured at 32 |\n|---|---|--:|--:|--:|--:|\n",
    );
    for (name, curve) in CURVES {
        let answer = fit(&points(&POOLS[..5], &curve[..5])).unwrap();
        let far = answer.of(LawKind::Usl).throughput(96);
        writeln!(
            text,
            "| {name} | {} | {far:.0} ({:+.0} %) | {:.0} | {:.0} to {:.0} | {:.0} |",
            if answer.coherency_known { "known" } else { "not known" },
            100.0 * (far / curve[9] - 1.0),
            curve[9],
            answer.beyond.low,
            answer.beyond.high.unwrap(),
            curve[6]
        )
        .unwrap();
    }
    hold_to("book/src/generated/fit-half.md", &text);
}

/// The book's table of mechanisms, and what each sign weighs.
#[test]
fn the_books_mechanisms() {
    let mut text = String::from("| mechanism | what tells it apart | first lever | in vain |\n|---|---|---|---|\n");
    for m in MECHANISMS {
        let vain: Vec<&str> = m.in_vain.iter().map(|vain| vain.lever).collect();
        writeln!(text, "| **{}**<br>`{}` | {} | {} | {} |", m.title, m.name, m.tell_apart, m.lever, vain.join("; "))
            .unwrap();
    }
    assert!(!text.contains("|  |"), "a cell is empty");
    hold_to("book/src/generated/mechanisms-table.md", &text);

    let mut command = Command::new(env!("CARGO_BIN_EXE_poolwise"));
    let asked = command.args(["diagnose", "book/src/scenarios/slow-query.toml"]).current_dir(repository(""));
    hold_to("book/src/generated/diagnosis.txt", &String::from_utf8(asked.output().unwrap().stdout).unwrap());
}

/// The book's practice: what the metrics of each incident show, and that the page's answer to it is what they say.
#[test]
fn the_books_practice() {
    const ORDER: [&str; 5] = ["chatty-query", "pool-misconfig", "traffic-spike", "leak", "slow-query"];
    const SHOWN: [&str; 16] = [
        "rate",
        "hold",
        "max",
        "active",
        "worst_active",
        "pending",
        "timeouts",
        "refused",
        "connections",
        "usable",
        "running",
        "cores",
        "idle_sessions",
        "instances",
        "deployed",
        "schema_changed",
    ];
    let page = text_of("book/src/learn/practice.md");
    for (n, name) in ORDER.iter().enumerate() {
        let symptoms = symptoms_of(crate::incidents::runs(name)[0], &corpus(name));
        let mut text = String::from("| | when all was well | now |\n|---|--:|--:|\n");
        for seen in SHOWN.map(|name| symptom(name).unwrap()) {
            let shown = |value: f64| seen.shown(value).replace(' ', "\u{a0}");
            let Some(now) = seen.of(&symptoms) else { continue };
            let before = symptom(&format!("{}_before", seen.name)).and_then(|s| s.of(&symptoms));
            let before = before.map_or("–".to_owned(), shown);
            writeln!(text, "| {} | {before} | {} |", seen.gloss().trim_end_matches('.'), shown(now)).unwrap();
        }
        let file = format!("practice-{}.md", n + 1);
        hold_to(&format!("book/src/generated/{file}"), &text);
        let (_, after) = page.split_once(&format!("{file}}}}}")).unwrap();
        let answer = after.split_once("</details>").unwrap().0;
        let leader = diagnose(&symptoms).ranking[0].name;
        assert!(answer.contains(&format!("`{leader}`:")), "{name} is {leader} in {file}, and the page says {answer}");
    }
}
