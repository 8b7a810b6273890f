//! Sweeps: however a sweep is divided, its parts join to the bytes of one run, and its numbers are those of `simulate`.

use crate::{repository, text_of};
use poolwise::experiment::{Options, simulate};
use poolwise::report::{CONFIDENCE, Estimate};
use poolwise::scenario::{Scenario, set};
use poolwise::sweep::{Answer, Asked, Meets, Parts, Plan, each, is_there, text, write};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Short runs, of which some give up waiting.
fn scenario() -> Value {
    json!({
        "name": "short",
        "duration": "5s",
        "traffic": { "rate": "100/s" },
        "query": [{ "hold": "lognormal(mean=20ms, cv=1.5)" }],
        "pool": { "max_size": 3, "acquire_timeout": "60ms" },
        "slo": ["wait.p90 <= 40ms"],
    })
}

fn asked(over: &[&str], uncertain: &[&str], worlds: u32, seed: u64, replications: u32) -> Asked {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    let options = Options { seed: Some(seed), replications: Some(replications), precision: None };
    Asked { over: texts(over), uncertain: texts(uncertain), worlds: Some(worlds), options }
}

fn plan(document: Value, asked: &Asked) -> Plan {
    Plan::new(Scenario::read(document).unwrap(), asked).unwrap_or_else(|e| panic!("{e}"))
}

fn bytes(plan: &Plan, index: u32, of: u32) -> Vec<u8> {
    let mut out = Vec::new();
    write(plan, plan.shard(index, of).unwrap(), &mut out, |_| {}).unwrap();
    out
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("poolwise-{}-sweep-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The shards as files, in reverse.
fn parts(plan: &Plan, of: u32, folder: &Path) -> Vec<PathBuf> {
    let file = |index: u32| {
        let path = folder.join(format!("{of}-{index}.ndjson"));
        std::fs::write(&path, bytes(plan, index, of)).unwrap();
        path
    };
    (1..=of).rev().map(file).collect()
}

fn merged(paths: &[PathBuf]) -> Vec<u8> {
    let mut out = Vec::new();
    Parts::verify(paths).and_then(|parts| parts.write(&mut out)).unwrap_or_else(|e| panic!("{e}"));
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shards_join_to_the_bytes_of_one_run(seed in 1u64..1 << 50, replications in 1u32..5, worlds in 1u32..3) {
        let uncertain: &[&str] = if worlds > 1 { &["traffic.rate=60/s..140/s"] } else { &[] };
        let plan = plan(scenario(), &asked(&["pool.max_size=2..4", "pool.min_idle=0,3"], uncertain, worlds, seed, replications));
        let folder = folder(&format!("join-{seed}"));
        let whole = bytes(&plan, 1, 1);
        for of in [1, 2, 3, 7, 60] {
            let paths = parts(&plan, of, &folder);
            prop_assert!(merged(&paths) == whole, "{} shards", of);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

/// The answers are those of `simulate`, also when the replications of a variant were made by several shards.
#[test]
fn the_numbers_are_those_of_simulate() {
    let mut incident = scenario();
    incident["timeline"] = json!([{ "at": "2s", "change": "slow_query", "factor": 3 }]);
    let mut grows = scenario();
    grows["pool"] = json!({ "max_size": 1, "acquire_timeout": "none" });
    let folder = folder("simulate");
    for (n, document) in [scenario(), incident, grows].into_iter().enumerate() {
        let plan = plan(document.clone(), &asked(&["pool.max_size=1..3"], &[], 1, 7, 5));
        let files = parts(&plan, 4, &folder);
        let verified = Parts::verify(&files).unwrap();
        let mut answers = Vec::new();
        verified
            .each(&mut |line| {
                answers.push(Answer::of(&line, verified.header()));
                Ok(())
            })
            .unwrap();
        for answer in &answers {
            let mut document = document.clone();
            set(&mut document, "pool.max_size", &answer.values[0]).unwrap();
            let model = Scenario::read(document).and_then(|s| s.check()).unwrap();
            let options = Options { seed: Some(7), replications: Some(5), precision: None };
            let report = simulate(&model, &options).unwrap();
            let numbers = answer.numbers.as_ref().unwrap();
            assert_eq!(
                (&numbers.wait, &numbers.response, &numbers.attempt),
                (&report.wait, &report.response, &report.attempt),
                "{n}"
            );
            assert_eq!(numbers.utilisation, report.utilisation);
            assert_eq!(numbers.timed_out_share, report.timed_out_share);
            assert_eq!(numbers.wasted_share, report.wasted_share);
            assert_eq!(numbers.failed_requests, report.impact.failed_requests);
            assert_eq!(numbers.goodput, report.goodput);
        }
        // Fewer connections, longer waits: some objectives are missed.
        assert_eq!(answers[0].meets, Some(Meets::No), "{n}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn one_thread_gives_what_three_give() {
    let folder = folder("threads");
    std::fs::write(folder.join("s.json"), scenario().to_string()).unwrap();
    let [one, three] = ["1", "3"].map(|n| {
        let output = poolwise(&["sweep", "s.json", "--over", "pool.max_size=1..5", "--threads", n], &folder);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    });
    assert!(one == three && !one.is_empty());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_world_draws_the_same_for_every_combination() {
    let plan = plan(
        scenario(),
        &asked(&["pool.max_size=2..4"], &["traffic.rate=60/s..140/s", "pool.acquire_timeout=20ms..90ms"], 5, 3, 1),
    );
    let drawn = |n: u64| plan.variant(n).1[1..].to_vec();
    for world in 0..5 {
        assert_eq!(plan.variant(world).0, world as u32);
        assert_eq!((drawn(world), drawn(5 + world)), (drawn(10 + world), drawn(world)));
        assert_ne!(drawn(world), drawn((world + 1) % 5));
    }
}

/// Half of the objectives' interval, and what happens with the worlds.
#[test]
fn tables_show_variants_or_how_worlds_spread() {
    let table = |asked: &Asked| {
        let plan = plan(scenario(), asked);
        let mut table = text::Table::new(plan.header());
        let mut rows = Vec::new();
        let shard = plan.shard(1, 1).unwrap();
        each(&plan, shard, &mut |_| {}, |line| {
            table.add(&Answer::of(&line, plan.header()));
            rows.push(text::csv_row(&Answer::of(&line, plan.header())));
            Ok(())
        })
        .unwrap();
        (table.text(), text::csv_head(plan.header()), rows)
    };
    let (alone, head, rows) = table(&asked(&["pool.max_size=2..4", "pool.min_idle=0,3"], &[], 1, 3, 2));
    // A pool of two keeps no three idle.
    assert_eq!((rows.len(), alone.matches("makes no sense").count()), (6, 1), "{alone}");
    assert!(
        rows.iter().all(|row| row.contains("pool.min_idle") || row.matches(',').count() == head.matches(',').count())
    );
    let (together, _, rows) = table(&asked(&["pool.max_size=2..4"], &["traffic.rate=60/s..140/s"], 4, 3, 2));
    assert_eq!((rows.len(), together.matches("of worlds").count()), (12, 3), "{together}");
    assert!(together.contains("4 worlds of traffic.rate, the same for each row"), "{together}");
}

#[test]
fn what_can_not_be_swept_is_said_at_once() {
    let said = |asked: &Asked| Plan::new(Scenario::read(scenario()).unwrap(), asked).unwrap_err().to_string();
    for (over, uncertain, worlds, why) in [
        (&[][..], &[][..], 1, "nothing varies"),
        (&["pool.max_sise=1..4"], &[], 1, "did you mean max_size?"),
        (&["pool.max_size=0..2"], &[], 1, "--over pool.max_size=0"),
        (&["pool.max_size=1..4", "pool.max_size=1,2"], &[], 1, "is varied twice"),
        (&["pool.max_size=1..4"], &["traffic.rate=5/s..9/s"], 1, "in how many worlds"),
        (&["pool.max_size=1..4"], &[], 5, "all worlds are alike"),
        (&["pool.max_size=1..1000000", "pool.max_waiters=1..1000000"], &[], 1, "more than the 1000000000 variants"),
        (&["pool.max_size=1..4"], &["traffic.rat=5/s..9/s"], 5, "did you mean rate?"),
        (&[], &["traffic.rat=5/s..9/s"], 5, "did you mean rate?"),
        (&["pool.max_size=4..1"], &[], 1, "no less than the first"),
        (&["traffic.rate=5/s,fast"], &[], 1, "--over traffic.rate=fast: traffic.rate: expected a rate"),
    ] {
        let said = said(&asked(over, uncertain, worlds, 1, 2));
        assert!(said.contains(why), "{over:?}: {said}");
    }
    // One key that is misspelt is one problem, and all problems come together.
    let all = said(&asked(&["pool.max_sise=1..4", "traffic.rate=5/s,fast"], &[], 1, 1, 2));
    assert_eq!(all.matches("did you mean max_size?").count(), 1, "{all}");
    let plan = plan(scenario(), &asked(&["pool.max_size=1..4"], &[], 1, 1, 2));
    assert!(plan.shard(3, 2).is_err() && plan.shard(0, 2).is_err());
}

/// The same with a last line that fits: what another version would have written.
fn sealed(text: &str) -> String {
    let (before, last) = text.trim_end().rsplit_once('\n').map(|(before, last)| (format!("{before}\n"), last)).unwrap();
    let step = |key: u64, byte: u8| (key ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let checksum = before.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let (count, _) = last.split_once("\"checksum\"").unwrap();
    format!("{before}{count}\"checksum\":\"{checksum:016x}\"}}\n")
}

#[test]
fn parts_that_do_not_fit_are_refused_by_name() {
    let folder = folder("refused");
    let over = &["pool.max_size=2..4"];
    let plan_of = |document: Value, seed: u64| plan(document, &asked(over, &[], 1, seed, 2));
    let good = parts(&plan_of(scenario(), 1), 3, &folder);
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let first = std::fs::read(&good[2]).unwrap();
    let mut other = scenario();
    other["traffic"]["rate"] = json!("101/s");
    let text = String::from_utf8(first.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let scenario_of_another = put("scenario.ndjson", &bytes(&plan_of(other, 1), 1, 3));
    let seed = put("seed.ndjson", &bytes(&plan_of(scenario(), 2), 1, 3));
    let version = put("version.ndjson", sealed(&text.replace(poolwise::report::VERSION, "9.9.9")).as_bytes());
    let count = put("count.ndjson", &bytes(&plan_of(scenario(), 1), 1, 2));
    let cut = put("cut.ndjson", &first[..first.len() - 30]);
    let half = put("half.ndjson", &first[..first.len() / 2]);
    let untold = put("untold.ndjson", (lines[..lines.len() - 1].join("\n") + "\n").as_bytes());
    let changed = put("changed.ndjson", text.replacen("\"offered\":[", "\"offered\":[1", 1).as_bytes());
    let less = put("less.ndjson", format!("{}\n{}\n", lines[0], lines[lines.len() - 1]).as_bytes());
    let twice = put("twice.ndjson", &[first.clone(), first.clone()].concat());
    let (empty, foreign) = (put("empty.ndjson", b""), put("foreign.ndjson", b"{}\n"));
    let edited = put("edited.ndjson", text.replacen("\"of\":3", "\"of\":0", 1).as_bytes());
    let cases: [(&[&PathBuf], &str); 16] = [
        (&[&good[0], &good[2]], "shard 2 of 3 is missing"),
        (&[&good[1]], "shards 1 and 3 of 3 are missing"),
        (&[&good[0], &good[1], &good[2], &good[1]], "is shard 2, as is"),
        (&[&scenario_of_another, &good[0], &good[1]], "is of another scenario"),
        (&[&seed, &good[0], &good[1]], "another seed"),
        (&[&version, &good[0], &good[1]], "is of another version"),
        (&[&count, &good[0], &good[1]], "all are divided alike"),
        (&[&cut, &good[0], &good[1]], "did not finish: run --shard 1/3 again"),
        (&[&half, &good[0], &good[1]], "did not finish: run --shard 1/3 again"),
        (&[&untold, &good[0], &good[1]], "and no last line"),
        (&[&changed, &good[0], &good[1]], "lines are missing or were changed"),
        (&[&less, &good[0], &good[1]], "lines are missing or were changed"),
        (&[&twice, &good[0], &good[1]], "two files in one"),
        (&[&empty, &good[0], &good[1]], "is empty"),
        (&[&foreign, &good[0], &good[1]], "is not the first line of a sweep's file"),
        (&[&edited, &good[0], &good[1]], "says what can not be"),
    ];
    for (paths, why) in cases {
        let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).clone()).collect();
        let said = Parts::verify(&paths).unwrap_err().to_string();
        assert!(said.contains(why), "{why}: {said}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    /// A byte that is another one is noticed, wherever it is.
    #[test]
    fn a_file_that_was_changed_is_refused(place in 0.0..1.0f64, byte in 0u8..255) {
        let whole = bytes(&plan(scenario(), &asked(&["pool.max_size=3"], &[], 1, 1, 1)), 1, 1);
        let mut other = whole.clone();
        other[(whole.len() as f64 * place) as usize] = byte;
        let folder = folder(&format!("changed-{byte}-{}", (place * 1e9) as u64));
        let path = folder.join("part.ndjson");
        std::fs::write(&path, &other).unwrap();
        let verified = Parts::verify(std::slice::from_ref(&path)).map(drop);
        std::fs::remove_dir_all(&folder).unwrap();
        prop_assert!(verified.is_err() || other == whole, "byte {} is {byte}", (whole.len() as f64 * place) as usize);
    }
}

fn poolwise(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(folder).output().unwrap()
}

/// A shard that is there is kept, one that is cut off is made again, and nothing half-written is left.
#[test]
fn a_command_that_was_interrupted_is_repeated_as_it_is() {
    let folder = folder("again");
    std::fs::write(folder.join("s.json"), scenario().to_string()).unwrap();
    let run = |more: &[&str]| {
        poolwise(
            &[&["sweep", "s.json", "--over", "pool.max_size=2..4", "--shard", "2/2", "-o", "part.ndjson"], more]
                .concat(),
            &folder,
        )
    };
    let part = folder.join("part.ndjson");
    assert!(run(&[]).status.success());
    let whole = std::fs::read(&part).unwrap();
    let kept = run(&[]);
    assert!(String::from_utf8_lossy(&kept.stderr).contains("is there and whole"));
    std::fs::write(&part, &whole[..whole.len() / 3]).unwrap();
    assert!(run(&[]).status.success());
    assert!(std::fs::read(&part).unwrap() == whole);
    // Another seed is another sweep.
    assert!(run(&["--seed", "2"]).status.success());
    assert!(std::fs::read(&part).unwrap() != whole);
    assert!(std::fs::read_dir(&folder).unwrap().count() == 2);
    let header = plan(scenario(), &asked(&["pool.max_size=2..4"], &[], 1, 1, 5));
    assert!(!is_there(&part, header.header()));
    for arguments in [
        &["sweep", "s.json", "--over", "pool.max_size=2..4", "--shard", "3/2"][..],
        &["sweep", "s.json", "--over", "pool.max_size=2..4", "--shard", "x"],
        &["sweep", "s.json", "--over", "pool.max_size=2..4", "--shard", "1/2", "--format", "csv"],
        &["sweep", "s.json", "--over", "pool.max_size=2..4", "-o", "s.json"],
        &["merge", "part.ndjson", "-o", "part.ndjson"],
        &["merge", "part.ndjson"],
    ] {
        let output = poolwise(arguments, &folder);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// The share of variants that meet an objective is what their intervals say.
#[test]
fn verdicts_rest_on_intervals() {
    let estimate = Estimate::of(&[0.03, 0.05], CONFIDENCE).unwrap();
    assert!(estimate.contains(0.04));
    let plan = plan(scenario(), &asked(&["pool.max_size=1,3,9"], &[], 1, 1, 5));
    let mut verdicts = Vec::new();
    each(&plan, plan.shard(1, 1).unwrap(), &mut |_| {}, |line| {
        verdicts.push(Answer::of(&line, plan.header()).meets.unwrap());
        Ok(())
    })
    .unwrap();
    assert_eq!((verdicts[0], verdicts[2]), (Meets::No, Meets::Yes));
}

/// What the book shows runs, and gives what it shows; the job arrays are YAML and shell.
#[test]
fn every_command_of_the_books_page_runs() {
    let page = text_of("book/src/sweep.md");
    let folder = folder("book");
    std::fs::copy(repository("book/src/scenarios/steady.toml"), folder.join("shop.toml")).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_poolwise"));
    let tools = repository(".tools/bin");
    let path =
        format!("{}:{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap(), tools.display());
    let shell = |line: &str| {
        let output = Command::new("sh").args(["-c", line]).env("PATH", &path).current_dir(&folder).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let mut count = 0;
    for block in page.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0) {
        for command in block.split("$ ").skip(1) {
            // A command may go on in the next line.
            let (mut line, mut shown) = command.split_once('\n').unwrap();
            let mut whole = line.to_owned();
            while line.ends_with('\\') {
                (line, shown) = shown.split_once('\n').unwrap();
                whole = whole + "\n" + line;
            }
            let printed = shell(&whole);
            assert!(printed == shown, "{whole} prints:\n{printed}");
            count += 1;
        }
    }
    assert!(count >= 4, "{count}");
    // What an array does with its index, run as its shell would: all shards are there then.
    let script = page.split_once("```bash\n").unwrap().1.split_once("```").unwrap().0;
    for index in 0..8 {
        shell(&format!("rm -f part{0}.ndjson; SLURM_ARRAY_TASK_ID={0}\n{script}", index + 1));
    }
    assert!(shell("poolwise merge part*.ndjson | cmp - all.ndjson && echo same").contains("same"));
    let yaml = page.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    let job = &yaml_rust2::YamlLoader::load_from_str(yaml).unwrap()[0];
    assert_eq!(job["spec"]["completionMode"].as_str(), Some("Indexed"));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let command = container["command"][2].as_str().unwrap();
    shell(&format!("rm -f part1.ndjson; JOB_COMPLETION_INDEX=0; cd . && {}", command.replace("/data/", "")));
    assert!(shell("poolwise merge part*.ndjson | cmp - all.ndjson && echo same").contains("same"));
    // There are no other machines here: this one does what they would.
    let parallel = page.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    let (remote, job) = parallel.split_once("\\\n").unwrap();
    assert_eq!(remote, "parallel -S server1,server2 --transferfile shop.toml --return part{}.ndjson ");
    shell(&format!("rm part*.ndjson; parallel --will-cite {job}"));
    assert!(shell("poolwise merge part*.ndjson | cmp - all.ndjson && echo same").contains("same"));
    std::fs::remove_dir_all(folder).unwrap();
}
