//! The statistics of an answer: intervals that cover, a start that is removed, a precision that is reached, and no number where
//! there is none.

use crate::model;
use poolwise::experiment::{Experiment, Options, Piece, Pieces, mser5, simulate};
use poolwise::plan::recommend;
use poolwise::random::{Purpose, Streams, unit};
use poolwise::report::{Report, Stopped};
use poolwise::scenario::Model;
use poolwise::theory::{patience, predict};

type Keys = [(&'static str, &'static str)];

/// M/M/4 at 0.8, with 32 000 requests in a run.
const MM4: [(&str, &str); 5] = [
    ("traffic.rate", "160/s"),
    ("query.0.hold", "exponential(mean=20ms)"),
    ("pool.max_size", "4"),
    ("pool.acquire_timeout", "none"),
    ("duration", "200s"),
];

fn with(keys: &Keys, more: &Keys) -> Model {
    model(&[keys, more].concat())
}

fn seeded(seed: u64) -> Options {
    Options { seed: Some(seed), ..Options::default() }
}

/// How many of the intervals of each statistic cover what theory knows, over so many seeds.
fn covered(seeds: u64, mut of: impl FnMut(u64) -> Vec<bool>) -> Vec<u32> {
    let all: Vec<Vec<bool>> = (1..=seeds).map(&mut of).collect();
    (0..all[0].len()).map(|n| all.iter().map(|one| u32::from(one[n])).sum()).collect()
}

/// Of a hundred 95 % intervals fewer than 86 cover in 1 of 7000 cases, so with seven statistics a false alarm is below 1 in 1000
/// (an interval that covered only 80 % would be found in 92 of 100). If every interval of every statistic covered, they would be
/// too wide to be 95 % (below 6 in 1000).
#[test]
fn intervals_cover_theory_as_often_as_they_say() {
    let plain = model(&MM4);
    let patient = with(&MM4, &[("pool.acquire_timeout", "130ms")]);
    let [waits, cut] = [&plain, &patient].map(|model| predict(model).wait.unwrap());
    let timed_out = patience::timeout(4, 160.0, 0.02, 0.13).unwrap().timed_out;
    let found = covered(100, |seed| {
        let [all, some] = [&plain, &patient].map(|model| simulate(model, &seeded(seed)).unwrap());
        [
            (all.wait.mean, waits.mean),
            (all.wait.p95, waits.p95),
            (all.wait.p99, waits.p99),
            (some.wait.mean, cut.mean),
            (some.wait.p95, cut.p95),
            (some.wait.p99, cut.p99),
            (some.timed_out_share, timed_out),
        ]
        .map(|(estimate, truth)| estimate.unwrap().contains(truth))
        .to_vec()
    });
    println!("covered of 100: {found:?}");
    assert!(found.iter().all(|n| *n >= 86), "{found:?}");
    assert!(found.iter().any(|n| *n < 100), "{found:?}");
}

/// With a heavy tail a few long queues make up most of a p99. Theory does not know it: 1500 other replications tell it to within 4 %,
/// far less than what an interval is wide. Fewer than 86 of a hundred cover in 1 of 7000 cases.
///
/// A search has fewer and shorter replications, and its intervals cover less often, as the book tells; its verdicts ask for more than
/// 95 %, and hold.
#[test]
fn intervals_cover_with_heavy_tails_too() {
    let keys = [
        ("traffic.rate", "1000/s"),
        ("query.0.hold", "lognormal(median=5ms, sigma=1.6972)"),
        ("pool.max_size", "27"),
        ("pool.acquire_timeout", "none"),
        ("duration", "40s"),
    ];
    let long = Options { replications: Some(1_500), ..seeded(1_000_000) };
    let less = simulate(&with(&keys, &[("pool.max_size", "26")]), &Options { replications: Some(300), ..long });
    let less = less.unwrap().wait.p99.unwrap();
    assert!(less.mean - less.half_width.unwrap() > 0.05, "one connection less misses the objective: {less:?}");
    let model = model(&keys);
    let truth = simulate(&model, &long).unwrap().wait.p99.unwrap();
    assert!(truth.relative().unwrap() < 0.04 && truth.mean < 0.05, "{truth:?}");
    let found = covered(100, |seed| {
        let p99 = simulate(&model, &seeded(seed)).unwrap().wait.p99.unwrap();
        let answer = recommend(&model, &seeded(seed)).unwrap();
        let size = answer.recommended.unwrap().max_size;
        assert!(matches!(size, 27 | 28), "seed {seed}: {size}");
        let row = answer.table.iter().find(|row| row.max_size == 27).unwrap();
        let of_search = row.wait.p99.unwrap();
        let cover = of_search.contains(truth.mean);
        vec![p99.contains(truth.mean), cover, !cover && of_search.mean < truth.mean, size == 27]
    });
    println!("covered of 100 by a report, by a search, missed from below, recommended 27: {found:?}");
    assert!(found[0] >= 86, "{found:?}");
    assert!((80..=95).contains(&found[1]) && found[3] >= 90, "{found:?}");
    assert!(found[2] * 4 >= (100 - found[1]) * 3, "most misses are below: {found:?}");
}

/// Where a run has too few requests for a p99 that covers, it says so.
#[test]
fn too_few_waits_are_said() {
    let cautioned = |duration| {
        let report = simulate(&with(&MM4, &[("duration", duration)]), &seeded(1)).unwrap();
        report
            .cautions
            .iter()
            .any(|caution| caution.path == "duration" && caution.message.contains("so few long queues"))
    };
    assert!(cautioned("10s") && !cautioned("200s"));
}

/// Stopping at a precision must not favour intervals that are narrow by chance: of sixty fewer than 50 cover in 1 of 2000 cases.
#[test]
fn a_precision_is_reached_and_the_intervals_still_cover() {
    let model = with(&MM4, &[("duration", "100s")]);
    let waits = predict(&model).wait.unwrap();
    let mut ends = Vec::new();
    let found = covered(60, |seed| {
        let report = simulate(&model, &Options { precision: Some(0.15), ..seeded(seed) }).unwrap();
        assert_eq!(report.stopped, Some(Stopped::Precision), "seed {seed}");
        assert!(report.precision.unwrap() <= 0.15);
        ends.push(report.replications);
        vec![report.wait.mean.unwrap().contains(waits.mean), report.wait.p99.unwrap().contains(waits.p99)]
    });
    println!("covered of 60: {found:?}, after {ends:?}");
    assert!(found.iter().all(|n| *n >= 50), "{found:?}");
    // At a look, and not always at the same.
    assert!(ends.iter().all(|n| [10, 20, 40, 80].contains(n)) && ends.iter().any(|n| *n != ends[0]), "{ends:?}");
}

#[test]
fn a_budget_ends_what_can_not_be_that_precise() {
    let options = Options { replications: Some(25), precision: Some(0.002), ..seeded(1) };
    let report = simulate(&with(&MM4, &[("duration", "100s")]), &options).unwrap();
    assert_eq!((report.stopped, report.replications), (Some(Stopped::Budget), 25));
    assert!(report.precision.unwrap() > 0.002);
    // Three looks share the confidence: intervals are wider than those of 25 replications that were never looked at.
    let plain = simulate(&with(&MM4, &[("duration", "100s")]), &Options { precision: None, ..options }).unwrap();
    assert_eq!(plain.stopped, None);
    assert_eq!(plain.wait.p99.unwrap().mean, report.wait.p99.unwrap().mean);
    assert!(plain.precision.unwrap() < 0.9 * report.precision.unwrap());
    for precision in [0.0, -1.0, 0.001, 1.5, f64::NAN] {
        let refused = simulate(&model(&MM4), &Options { precision: Some(precision), ..seeded(1) }).unwrap_err();
        assert_eq!(refused.problems[0].path, "precision");
    }
}

#[test]
fn threads_and_steps_do_not_change_where_it_stops() {
    let options = Options { precision: Some(0.15), ..seeded(3) };
    for more in [[("pool.max_waiters", "none")], [("pool.max_waiters", "40")]] {
        let model = with(&with_duration("50s"), &more);
        let in_pool = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| simulate(&model, &options).unwrap())
        };
        let one = in_pool(1);
        assert!(one.replications > 10 && one.stopped == Some(Stopped::Precision), "{} replications", one.replications);
        assert_eq!(one, in_pool(3));
        let mut experiment = Experiment::new(&model, &options).unwrap();
        let mut before = 0;
        loop {
            let progress = experiment.step();
            assert!(progress.done == before + 1 && progress.total >= progress.done, "{progress:?}");
            before = progress.done;
            if progress.finished {
                break;
            }
            assert_eq!(experiment.report().stopped, None);
        }
        assert_eq!(one, experiment.report());
        // Nothing is left to do.
        assert_eq!(experiment.step().done, before);
    }
}

fn with_duration(duration: &'static str) -> Vec<(&'static str, &'static str)> {
    [&MM4[..4], &[("duration", duration)]].concat()
}

/// A chance from 0 to 1 for each place of a series.
fn noise(n: usize) -> f64 {
    unit(Streams::new(1, 0).number(Purpose::Hold, [n as u64, 0, 0]))
}

/// The rule from its definition, term by term.
fn marginal_errors(series: &[f64]) -> Vec<f64> {
    let batches: Vec<f64> = series.chunks_exact(5).map(|batch| batch.iter().sum::<f64>() / 5.0).collect();
    (0..batches.len() - 5)
        .map(|d| {
            let left = &batches[d..];
            let mean = left.iter().sum::<f64>() / left.len() as f64;
            left.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (left.len() * left.len()) as f64
        })
        .collect()
}

#[test]
fn mser5_is_its_definition() {
    for start in [0, 40, 85, 230] {
        let series: Vec<f64> = (0..1003).map(|n| noise(n) + if n < start { 0.5 } else { 0.0 }).collect();
        let errors = marginal_errors(&series);
        let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let found = mser5(&series).unwrap();
        assert!(errors[found / 5] <= least * (1.0 + 1e-12), "{start}: {found}");
        assert!(found.abs_diff(start) <= 30, "{start}: {found}");
    }
    // A start that is still going on in the second half, and a series that is too short to tell.
    let late: Vec<f64> = (0..1000).map(|n| noise(n) + if n < 600 { 5.0 } else { 0.0 }).collect();
    assert_eq!((mser5(&late), mser5(&late[..99])), (None, None));
    assert_eq!(mser5(&[1.0; 100]), Some(0));
}

/// Connections that take long to open at the start: theory knows nothing of them, the pilots do.
#[test]
fn the_pilots_find_a_start_that_theory_does_not_know() {
    let cold = |connect: &'static str| {
        let keys = [
            ("traffic.rate", "200/s"),
            ("query.0.hold", "exponential(mean=1ms)"),
            ("pool.max_size", "10"),
            ("pool.min_idle", "0"),
            ("database.connect", connect),
            ("duration", "100s"),
        ];
        simulate(&model(&keys), &Options { replications: Some(3), ..seeded(1) }).unwrap()
    };
    let warm = cold("deterministic(1ms)");
    assert!(warm.warm_up == 10.0 && warm.warm_up_rule.starts_with("theory"), "{} {}", warm.warm_up, warm.warm_up_rule);
    let slow = cold("deterministic(11s)");
    assert!((11.0..14.0).contains(&slow.warm_up), "{}", slow.warm_up);
    assert!(slow.warm_up_rule.starts_with("MSER-5 on pilot runs"), "{}", slow.warm_up_rule);
    assert_eq!(slow.measured, warm.measured);
    // Those who waited for the first connections are gone, which from theory's warm-up on they would not be.
    assert!(slow.wait.p99.unwrap().mean < 1.0, "{:?}", slow.wait.p99);
    // Beyond the first half of the pilots: all of their 27.5 s are removed.
    let slower = cold("deterministic(20s)");
    assert!((slower.warm_up - 27.5).abs() < 1e-9, "{}", slower.warm_up);
    assert!(slower.warm_up_rule.contains("no end of the start"), "{}", slower.warm_up_rule);
    assert!(slower.wait.p99.unwrap().mean < 1.0, "{:?}", slower.wait.p99);
    // Over time nothing is removed.
    let leaking =
        simulate(&with(&MM4, &[("query.0.leak", "0.001%")]), &Options { replications: Some(1), ..seeded(1) }).unwrap();
    assert!(leaking.warm_up == 0.0 && leaking.warm_up_rule.starts_with("none"));
}

/// Two sizes on the same requests: the difference of their mean waits varies far less than on others. A ratio of variances of
/// 4 or less by chance, where the truth is 1, has probability below 1e-4 at 39 degrees of freedom each.
#[test]
fn sizes_are_compared_on_the_same_requests() {
    let of = |size: &'static str, seed| {
        let keys = [("traffic.rate", "1600/s"), ("pool.max_size", size), ("duration", "20s")];
        let experiment = Experiment::new(&with(&MM4, &keys), &seeded(seed)).unwrap();
        move |n| experiment.perform(&Piece { replication: n, sizes: Vec::new() })[0].wait.mean().unwrap()
    };
    let (small, large, other) = (of("36", 1), of("37", 1), of("37", 2));
    let variance = |differences: Vec<f64>| {
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        differences.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>()
    };
    let paired = variance((0..40).map(|n| small(n) - large(n)).collect());
    let independent = variance((0..40).map(|n| small(n) - other(n)).collect());
    println!("variance of the difference: paired / independent = {}", paired / independent);
    assert!(paired * 4.0 < independent, "{paired} {independent}");
}

/// Every number of an answer is finite or absent: `Debug` shows what JSON would hide as null.
fn is_finite(answer: &impl std::fmt::Debug) {
    let text = format!("{answer:?}");
    let bad = text.split([' ', '(', ')', ',', '[', ']']).find(|word| ["NaN", "inf", "-inf"].contains(word));
    assert_eq!(bad, None, "{text}");
}

#[test]
fn what_has_no_mean_gets_none() {
    let options = Options { replications: Some(1), ..seeded(1) };
    let keys = |hold: &'static str| [("traffic.rate", "10/s"), ("query.0.hold", hold), ("duration", "30m")];
    let report = |model: &Model| -> Report {
        let report = simulate(model, &options).unwrap();
        is_finite(&Report { series: None, ..report.clone() });
        is_finite(&predict(model));
        report
    };
    for alpha in ["pareto(min=5ms, alpha=0.9)", "pareto(min=5ms, alpha=1)"] {
        for more in [
            vec![],
            vec![("pool.acquire_timeout", "none")],
            vec![("query.0.leak", "0.1%")],
            vec![("pool.max_waiters", "0")],
        ] {
            let model = with(&keys(alpha), &more);
            let said = report(&model);
            for times in [&said.wait, &said.hold, &said.response, &said.attempt] {
                assert_eq!(times.mean, None, "{alpha} {more:?}");
            }
            assert!(said.hold.p50.is_some() && said.utilisation.is_some() && said.precision.is_none());
            assert!(said.cautions.iter().any(|c| c.message.contains("its mean is infinite")));
            let prediction = predict(&model);
            assert!(prediction.offered_load.is_none() && prediction.utilisation.is_none() && !prediction.stable);
            if said.regime != poolwise::report::Regime::Timeline {
                let refused = simulate(&model, &Options { precision: Some(0.1), ..options }).unwrap_err();
                assert_eq!(refused.problems[0].path, "precision");
            }
        }
    }
    // A mean, but no variance: there is a load, and no formula for the waits.
    let model = with(&keys("pareto(min=5ms, alpha=1.5)"), &[]);
    assert!(report(&model).wait.mean.is_some());
    let prediction = predict(&model);
    assert!((prediction.offered_load.unwrap() - 0.15).abs() < 1e-12 && prediction.stable);
    assert!(prediction.wait.is_none() && prediction.smallest.is_none() && prediction.wait_probability < 1e-6);
    assert!(poolwise::theory::text(&prediction).starts_with("No formula knows the waits"));
}
