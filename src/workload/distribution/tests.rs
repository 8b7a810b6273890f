//! What every kind promises, tested on every kind: draws, moments, quantiles and shares agree, and text reads back.

use super::*;
use crate::math::normal_cdf;
use crate::random::{Purpose, Streams};

/// Beside the examples of [`KINDS`]: other shapes of the same kinds.
const MORE: &[&str] = &[
    "lognormal(median=5ms, sigma=0.8)",
    "percentiles(p50=5ms, p95=20ms, p99=60ms)",
    "percentiles(p1=1ms, p50=5ms, p75=7ms, p90=12ms, p95=20ms, p99=60ms, p99.9=150ms)",
    "percentiles(p90=20ms, p99=60ms)",
    // An empty bucket within, one at each end, and boundaries beyond what was seen.
    "histogram(1ms=0, 5ms=120, 10ms=300, 25ms=300, 50ms=340, 100ms=345, 200ms=345, +Inf=345)",
    "histogram(5ms=120, 10ms=120, 25ms=340.5, 50ms=340.5, inf=345)",
    // Next to nothing between two boundaries: a steep piece.
    "histogram(5ms=120000, 10ms=300000, 20ms=300001, 25ms=340000, inf=345000)",
    "erlang(k=1, mean=20ms)",
    "erlang(k=10000, mean=20ms)",
    "gamma(mean=20ms, cv=2)",
    "gamma(shape=0.5, mean=1s)",
    "weibull(shape=3, scale=20ms)",
    "weibull(mean=20ms, cv=1)",
    "pareto(min=2ms, alpha=9)",
    "pareto(min=2ms, max=4ms, alpha=1)",
    "pareto(min=2ms, max=1s, alpha=2)",
    "pareto(min=2ms, max=1s, alpha=0.3)",
    "uniform(0ms, 20ms)",
    "hyperexponential(mean=20ms, cv=1.2)",
    "mixture(100%: exponential(mean=2ms))",
    "mixture(7%: uniform(5ms, 20ms), 0.43: mixture(1%: deterministic(1s), 99%: erlang(k=2, mean=3ms)), \
     50%: samples(1ms, 2ms, 9ms))",
];

fn all() -> Vec<(String, Distribution)> {
    let examples = KINDS.iter().flat_map(|k| k.takes.split(" | ").map(move |takes| format!("{}({takes})", k.name)));
    let texts = examples.chain(MORE.iter().map(|text| (*text).to_owned()));
    texts.map(|text| (text.clone(), Distribution::parse(&text).unwrap_or_else(|e| panic!("{text}: {e}")))).collect()
}

fn draws(hold: &Distribution, n: u32, seed: u64) -> Vec<f64> {
    let mut rng = Streams::new(seed, 0).of(Purpose::Hold, 0);
    let mut draws: Vec<f64> = (0..n).map(|_| hold.draw(&mut rng).seconds()).collect();
    draws.sort_by(f64::total_cmp);
    draws
}

/// A draw is rounded to a nanosecond; a share may be asked for on either side of that.
const ROUNDING: f64 = 1e-9;

/// Shares of draws below times are what `cdf` says, at quantiles and elsewhere: within 4 standard errors, false alarm 6e-5 for
/// each of some 400 comparisons, 3 % for a seed in all; the seed is fixed.
#[test]
fn draws_follow_the_distribution_function() {
    let n = 200_000;
    for (text, hold) in all() {
        let draws = draws(&hold, n, 3);
        for p in [0.001, 0.05, 0.3, 0.5, 0.75, 0.9, 0.95, 0.99, 0.9995] {
            let x = hold.quantile(p);
            for x in [x, 1.1 * x] {
                let within = |x: f64| draws.partition_point(|draw| *draw <= x) as f64 / f64::from(n);
                let [low, high] = [x - ROUNDING, x + ROUNDING].map(|x| hold.cdf(x));
                let error = |p: f64| 4.0 * (p * (1.0 - p) / f64::from(n)).sqrt() + 1e-12;
                assert!(within(x + ROUNDING) >= low - error(low), "{text}: fewer draws than {low} up to {x}");
                assert!(within(x - ROUNDING) <= high + error(high), "{text}: more draws than {high} up to {x}");
            }
        }
    }
}

/// The mean of draws is the closed form's where the variance is finite, within 4 standard errors; the mean square where the
/// draws' own fourth moment is small enough to tell. False alarm 6e-5 each, for some 70 comparisons.
#[test]
fn draws_have_the_moments_of_the_closed_forms() {
    let n = 200_000;
    let mut squares = 0;
    for (text, hold) in all() {
        let (mean, second) = (hold.mean(), hold.second_moment());
        let draws = draws(&hold, n, 4);
        let average = |of: &dyn Fn(f64) -> f64| draws.iter().map(|x| of(*x)).sum::<f64>() / f64::from(n);
        if hold.scv() < 1000.0 {
            let error = ((second - mean * mean).max(0.0) / f64::from(n)).sqrt();
            let found = average(&|x| x);
            assert!((found - mean).abs() <= 4.0 * error + ROUNDING, "{text}: mean {found} for {mean}");
        }
        let found = average(&|x| x * x);
        let error = (average(&|x| (x * x - found) * (x * x - found)) / f64::from(n)).sqrt();
        if error < 0.02 * found {
            assert!((found - second).abs() <= 4.0 * error + 1e-7 * found, "{text}: square {found} for {second}");
            squares += 1;
        }
    }
    assert!(squares >= 25, "only {squares} mean squares could be tested");
}

/// E[Xᵏ] = ∫ Q(Φ(z))ᵏ φ(z) dz by the trapezoidal rule: independent of the closed forms. Beyond |z| = 7 lies 1.3e-12 of the holds.
#[test]
fn moments_are_the_integrals_of_the_quantile_function() {
    for (text, hold) in all() {
        // The rule is exact to the last digits for smooth curves; a jump costs a step.
        let jumps = ["samples", "mixture", "deterministic", "histogram"].iter().any(|kind| text.starts_with(kind));
        let bends = text.starts_with("percentiles");
        let (step, tolerance) = if jumps { (4e-4, 1e-3) } else { (5e-3, if bends { 1e-4 } else { 1e-6 }) };
        let steps = (14.0f64 / step) as i32;
        let (mut sums, mut at_end) = ([0.0; 2], 0.0);
        for n in 0..=steps {
            let z = f64::from(n) * step - 7.0;
            let weight = step * crate::math::exp(-z * z / 2.0) / core::f64::consts::TAU.sqrt();
            let x = hold.quantile(normal_cdf(z));
            sums[0] += weight * x;
            sums[1] += weight * x * x;
            at_end = weight * x * x / step;
        }
        for (k, found, closed) in [(1, sums[0], hold.mean()), (2, sums[1], hold.second_moment())] {
            // What is cut off must not matter; where it does, the second moment can not be tested so.
            if k == 2 && at_end > 1e-8 * closed {
                continue;
            }
            assert!(
                (found / closed - 1.0).abs() < tolerance,
                "{text}: moment {k} is {found} by quantiles for {closed}"
            );
        }
    }
}

#[test]
fn quantile_and_share_are_each_others_inverse() {
    for (text, hold) in all() {
        for p in [1e-6, 0.01, 0.123, 0.5, 0.87, 0.99, 0.9999] {
            let x = hold.quantile(p);
            assert!(
                hold.cdf(x * (1.0 + 1e-9)) >= p - 1e-9,
                "{text}: the share up to the quantile {p} is {}",
                hold.cdf(x)
            );
            assert!(
                hold.cdf(x * (1.0 - 1e-9)) <= p + 1e-9,
                "{text}: the share up to the quantile {p} is {}",
                hold.cdf(x)
            );
            // Where the curve is neither flat nor has an atom, the time comes back too.
            let smooth = hold.cdf(x * 1.001) > hold.cdf(x) + 1e-7 && (hold.cdf(x) - p).abs() < 1e-9;
            if smooth && hold.cdf(x * 0.999) < hold.cdf(x) - 1e-7 {
                let back = hold.quantile(hold.cdf(x));
                assert!((back / x - 1.0).abs() < 1e-6, "{text}: {x} comes back as {back}");
            }
        }
        assert_eq!((hold.cdf(-1.0), hold.cdf(0.0), hold.cdf(f64::INFINITY)), (0.0, 0.0, 1.0), "{text}");
        assert!(hold.cdf(f64::MAX) > 0.999_999, "{text}");
        assert!(hold.cdf(f64::MIN_POSITIVE) < 0.15, "{text}");
    }
}

/// The quantile of a share that is reached exactly at a sample is that sample, not the next.
#[test]
fn quantiles_of_samples_are_samples() {
    let hold = Distribution::parse("samples(7ms, 1ms, 4ms, 2ms, 9ms)").unwrap();
    for (p, x) in [(0.1, 0.001), (0.2, 0.001), (0.2001, 0.002), (0.4, 0.002), (0.6, 0.004), (0.8, 0.007), (0.99, 0.009)]
    {
        assert_eq!(hold.quantile(p), x, "at {p}");
    }
    assert_eq!((hold.cdf(0.0039), hold.cdf(0.004)), (0.4, 0.6));
}

#[test]
fn what_is_written_is_read_back_equal() {
    for (text, hold) in all() {
        let written = hold.to_string();
        assert_eq!(Distribution::parse(&written).as_ref(), Ok(&hold), "{text} is written {written}");
    }
    for text in [
        "deterministic(20ms)",
        "exponential(mean=1.5s)",
        "lognormal(median=5ms, sigma=1.6972)",
        "lognormal(mean=8ms, cv=1.5)",
        "percentiles(p50=5ms, p95=60ms, p99=400ms)",
        "mixture(90%: exponential(mean=2ms), 7%: samples(1ms, 2ms), 3%: deterministic(1s))",
        "histogram(5ms=120, 10ms=300, inf=345)",
    ] {
        assert_eq!(Distribution::parse(text).unwrap().to_string(), text);
    }
    // Up to the longest time that is read, to the nanosecond.
    for nanos in [2u64, 86_399_999_999_999, 777_777_777_777_777, 863_999_999_999_998, 863_999_999_999_999] {
        let hold = Distribution::parse(&format!("pareto(min=1ns, max={nanos}ns, alpha=1)")).unwrap();
        let Distribution::Pareto(Pareto { max: Some(max), .. }) = hold else { panic!("{hold}") };
        assert_eq!(Span::from_seconds(max).nanos(), nanos);
        assert_eq!(Distribution::parse(&hold.to_string()), Ok(hold));
    }
}

#[test]
fn percentiles_are_met_exactly_however_many() {
    let two = "lognormal(p95=60ms, p99=400ms)";
    let weibull = "weibull(p95=60ms, p99=400ms)";
    let four = "percentiles(p5=1ms, p50=5ms, p95=60ms, p99.9=400ms)";
    for (text, p, x) in [
        (two, 0.95, 0.06),
        (two, 0.99, 0.4),
        (weibull, 0.95, 0.06),
        (weibull, 0.99, 0.4),
        (four, 0.05, 0.001),
        (four, 0.5, 0.005),
        (four, 0.95, 0.06),
        (four, 0.999, 0.4),
        ("histogram(5ms=120, 10ms=300, 25ms=340, inf=345)", 300.0 / 345.0, 0.01),
        ("histogram(5ms=120, 10ms=300, 25ms=340, inf=345)", 340.0 / 345.0, 0.025),
    ] {
        let found = Distribution::parse(text).unwrap().quantile(p);
        assert!((found / x - 1.0).abs() < 1e-9, "{text} at {p}: {found}");
    }
}

/// Ten thousand draws of the oldest kinds, to the nanosecond: a change is value-breaking.
#[test]
fn the_oldest_kinds_give_the_draws_they_always_gave() {
    for (text, golden) in [
        ("percentiles(p50=5ms, p95=60ms, p99=400ms)", 0x7b87_dfc5_a16a_b17b),
        ("lognormal(p50=5ms, p99=80ms)", 0x98bf_8079_4bff_5a7f),
        ("lognormal(mean=8ms, cv=1.5)", 0x381b_a5a3_9b2c_425a),
        ("exponential(mean=20ms)", 0x4808_a9b3_18c5_17a6u64),
    ] {
        let hold = Distribution::parse(text).unwrap();
        let mut rng = Streams::new(11, 0).of(Purpose::Hold, 0);
        let sum = (0..10_000).fold(0, |sum, _| crate::random::mix(sum ^ hold.draw(&mut rng).nanos()));
        assert_eq!(sum, golden, "{text}: {sum:016x}");
    }
}

#[test]
fn an_empty_bucket_stays_empty_and_a_tail_goes_on() {
    let hold = Distribution::parse("histogram(1ms=0, 5ms=120, 10ms=300, 25ms=300, 50ms=340, inf=345)").unwrap();
    let share = |from: f64, to: f64| hold.cdf(to) - hold.cdf(from);
    for (from, to, count) in
        [(0.001, 0.005, 119.5), (0.005, 0.01, 180.0), (0.010_000_1, 0.025, 0.0), (0.025, 0.05, 40.0), (0.05, 1e9, 5.0)]
    {
        assert!((share(from, to) * 345.0 - count).abs() < 1e-2, "{from} to {to}: {}", share(from, to) * 345.0);
    }
    assert!(hold.cdf(0.001) * 345.0 < 0.500_001, "below the first boundary at most half an observation");
}

#[test]
fn a_draw_that_no_span_holds_becomes_the_longest() {
    let hold = Distribution::parse("pareto(min=9d, alpha=0.1)").unwrap();
    let draws = draws(&hold, 1000, 1);
    assert_eq!(draws[999], Span::from_seconds(f64::INFINITY).seconds());
    assert!(draws[0] >= 9.0 * 86_400.0);
}

#[test]
fn infinite_moments_are_said_to_be() {
    let of = |text: &str| Distribution::parse(text).unwrap();
    for (text, mean, second) in [
        ("pareto(min=1ms, alpha=0.5)", false, false),
        ("pareto(min=1ms, alpha=1)", false, false),
        ("pareto(min=1ms, alpha=1.5)", true, false),
        ("pareto(min=1ms, alpha=2)", true, false),
        ("pareto(min=1ms, alpha=2.1)", true, true),
        ("pareto(min=1ms, max=1s, alpha=1)", true, true),
        ("mixture(99%: deterministic(1ms), 1%: pareto(min=1ms, alpha=1))", false, false),
    ] {
        let hold = of(text);
        assert_eq!((hold.has_mean(), hold.second_moment().is_finite()), (mean, second), "{text}");
        assert_eq!(hold.scv().is_finite(), second, "{text}");
        let said = hold.cautions().concat();
        assert_eq!(said.contains("mean is infinite"), !mean, "{text}: {said}");
        assert_eq!(said.contains("variance is infinite"), mean && !second, "{text}: {said}");
    }
}

#[test]
fn spread_is_as_asked_for() {
    for (text, cv) in [
        ("deterministic(20ms)", 0.0),
        ("exponential(mean=20ms)", 1.0),
        ("erlang(k=4, mean=20ms)", 0.5),
        ("gamma(mean=20ms, cv=0.3)", 0.3),
        ("gamma(mean=20ms, cv=10)", 10.0),
        ("weibull(mean=20ms, cv=0.02)", 0.02),
        ("weibull(mean=20ms, cv=400)", 400.0),
        ("lognormal(mean=20ms, cv=7)", 7.0),
        ("hyperexponential(mean=20ms, cv=1.01)", 1.01),
        ("hyperexponential(mean=20ms, cv=1000)", 1000.0),
    ] {
        let hold = Distribution::parse(text).unwrap();
        assert!((libm::sqrt(hold.scv()) - cv).abs() <= 1e-6 * cv, "{text}: cv {}", libm::sqrt(hold.scv()));
        assert!((hold.mean() / 0.02 - 1.0).abs() < 1e-9, "{text}: mean {}", hold.mean());
    }
}

#[test]
fn misfits_and_unmeasured_tails_are_said() {
    for (text, parts) in [
        (
            "percentiles(p50=5ms, p95=60ms, p99=400ms)",
            &["no lognormal meets all three percentiles: the nearest through the median", "beyond p99"][..],
        ),
        ("percentiles(p75=5ms, p90=60ms, p95=70ms, p99.9=4s)", &["all 4", "with median", "p75 by", "and p99.9 by"]),
        ("percentiles(p50=5ms, p99=80ms)", &["two percentiles: nothing left to test the shape"]),
        ("lognormal(p50=5ms, p99=80ms)", &["two percentiles: nothing left to test the shape"]),
        ("weibull(p50=5ms, p99=80ms)", &["two percentiles: nothing left to test the shape"]),
        ("percentiles(p50=10ms, p95=22.76ms, p99=32.02ms)", &[]),
        ("samples(1ms, 7ms)", &["fewer than 1000 samples (2): the tail beyond the largest, 7ms, is missing"]),
        ("histogram(5ms=120, 10ms=300, 25ms=340, inf=345)", &["1.4 % of holds", "above 25ms", "extrapolated"]),
        ("histogram(5ms=120, 10ms=160, 25ms=340, inf=345)", &["no lognormal meets all 3 boundaries", "above 25ms"]),
        (
            "mixture(50%: deterministic(1ms), 50%: samples(1ms))",
            &["component 2 (samples): fewer than 1000 samples (1)"],
        ),
        ("gamma(mean=20ms, cv=2)", &[]),
    ] {
        let said = Distribution::parse(text).unwrap().cautions();
        for part in parts {
            assert!(said.iter().any(|s| s.contains(part)), "{text}: no {part:?} in {said:?}");
        }
        assert!(said.is_empty() == parts.is_empty(), "{text}: {said:?}");
    }
    let enough = format!("samples({})", "1ms, 2ms, ".repeat(500));
    assert_eq!(Distribution::parse(&enough).unwrap().cautions(), Vec::<String>::new());
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    for (text, why) in [
        ("lognormal(p50=60ms, p95=5ms)", "out of order"),
        ("percentiles(p50=5ms, p95=60ms, p99=50ms)", "p95 = 60ms must be below p99 = 50ms"),
        ("percentiles(p50=5ms, p99.9=60ms, p99=70ms)", "p99 = 70ms must be below p99.9 = 60ms"),
        ("percentiles(p50=5ms)", "two of them or more"),
        ("percentiles(p50=5ms, p50.0=6ms)", "p50 is given twice"),
        ("percentiles(p50=5ms, p100=6ms)", "\"p100\" is no percentile"),
        ("percentiles(p0=5ms, p50=6ms)", "\"p0\" is no percentile"),
        ("percentiles(p50=5ms, p9x=6ms)", "\"p9x\" is no percentile"),
        ("percentiles(p50=1ns, p75=10d)", "σ above 6"),
        ("percentiles(p50=5ms, mean=6ms)", "unknown parameter \"mean\" of percentiles"),
        ("lognormal(p50=1ms, p95=2ms, p99=3ms)", "one too many"),
        ("lognormal(median=5ms)", "takes one of"),
        ("lognormal(median=5ms, sigma=nan)", "sigma must be a number above 0"),
        ("lognormal(median=5ms, sigma=50)", "at most 6"),
        ("lognormal(mean=5ms, cv=1e300)", "at most 6"),
        ("lognormal(mean=5ms, cv=1e-300)", "no spread at all"),
        ("lognormal(median=5ms, sgma=1)", "did you mean sigma?"),
        ("lognormal(median=5ms, median=5ms)", "\"median\" is given twice"),
        ("lognormal(5ms)", "wants names"),
        ("lognorml(median=5ms, sigma=1)", "did you mean lognormal?"),
        ("exponential(mean=120/s)", "found the rate"),
        ("exponential(mean=0,5ms)", "decimals with a point"),
        ("exponential(mean=20ms", "closing bracket"),
        ("exponential(mean=20ms))", "a bracket too many"),
        ("20ms", "expected a distribution"),
        ("", "expected a distribution"),
        ("()", "unknown distribution"),
        ("deterministic()", "lacks a parameter"),
        ("exponential(mean=100h)", "over a day"),
        ("erlang(k=2.5, mean=1ms)", "k must be a whole number from 1 to 10000, found \"2.5\""),
        ("erlang(k=3)", "write erlang(k=3, mean=20ms)"),
        ("gamma(mean=1ms)", "lacks a parameter"),
        ("gamma(mean=1ms, cv=1, shape=1)", "not both"),
        ("gamma(mean=1ms, cv=11)", "cv must be a number from 0.01 to 10, found \"11\""),
        ("weibull(mean=1ms, cv=1000)", "from 0.0127 to 429.8, found 1000"),
        ("weibull(mean=1ms, shape=1)", "weibull takes one of"),
        ("weibull(p50=1ms, p99=1.001ms)", "shape 1894"),
        ("weibull(p50=1ms, p75=2ms, p99=3ms)", "one too many"),
        ("pareto(min=1ms)", "write pareto(min=2ms, alpha=2.5)"),
        ("pareto(min=1ms, max=1ms, alpha=1)", "min = 1ms must be below max = 1ms"),
        ("uniform(5ms)", "write uniform(5ms, 20ms)"),
        ("uniform(5ms, 5ms)", "low = 5ms must be below high = 5ms"),
        ("uniform(5ms, 6,5ms)", "decimals with a point"),
        ("uniform(5ms, high=6ms)", "stands alone"),
        ("hyperexponential(mean=1ms, cv=1)", "must be above 1 and at most 1000, found 1"),
        ("hyperexponential(p=100%, mean1=1ms, mean2=2ms)", "below 100%"),
        ("hyperexponential(p=10%, mean1=1ms)", "takes one of"),
        ("mixture()", "mixture is empty"),
        ("mixture(exponential(mean=1ms))", "has no share"),
        ("mixture(90%: exponential(mean=1ms), 9%: exponential(mean=1ms))", "sum to 0.99 (99 %)"),
        ("mixture(90%: exponential(mean=1ms), 11%: exponential(mean=1ms))", "sum to 1.01 (101 %)"),
        ("mixture(100%: exponential(mean=1ms), 0%: exponential(mean=1ms))", "component 2: its share must be above 0%"),
        ("mixture(101%: exponential(mean=1ms))", "component 1: expected a share"),
        ("mixture(100%: exponentail(mean=1ms))", "component 1: unknown distribution \"exponentail\"; did you mean"),
        ("mixture(100%: 5ms)", "component 1: expected a distribution"),
        ("mixture(50%: exponential(mean=1ms)", "closing bracket is missing"),
        ("samples()", "samples is empty"),
        ("samples(1ms, 2)", "sample 2: expected a duration"),
        ("samples(1ms, 0ms)", "sample 2 must be above 0"),
        ("histogram(5ms=1, 10ms=2)", "lacks inf="),
        ("histogram(5ms=1, inf=2)", "this one has 1"),
        ("histogram(5ms=1, 10ms=1, inf=2)", "this one has 1"),
        ("histogram(5ms=0, 10ms=2, inf=2)", "this one has 0"),
        ("histogram(inf=0)", "this one has 0"),
        ("histogram(5ms=2, 10ms=1, inf=2)", "they can not fall: 2 at 5ms and then 1 at 10ms"),
        ("histogram(5ms=1, 10ms=2, inf=1)", "they can not fall: 2 at 10ms and then 1 at inf"),
        ("histogram(5ms=1, 5ms=2, inf=3)", "boundaries must rise"),
        ("histogram(5ms=1, inf=3, 10ms=3)", "stands after inf"),
        ("histogram(0.005=1, inf=3)", "has no unit"),
        ("histogram(5ms, inf=3)", "stands alone"),
        ("histogram(5ms=-1, inf=3)", "from 0 to 10^12"),
        ("histogram(1ms=1, 1h=100000000000, 2h=100000000001, inf=100000000002)", "leave out the outermost"),
    ] {
        let message = Distribution::parse(text).expect_err(text);
        assert!(message.contains(why), "{text}: {message}");
    }
}

/// Each parameter of each example in turn is made zero, negative, not a number, infinite and enormous: a sentence names the
/// parameter or shows the value, and nothing panics.
#[test]
fn every_parameter_is_bounded() {
    for kind in KINDS {
        for takes in kind.takes.split(" | ") {
            let parts: Vec<&str> = takes.split(", ").collect();
            for n in 0..parts.len() {
                for (number, span) in
                    [("0", "0ms"), ("-1", "-1ms"), ("nan", "nan"), ("inf", "inf"), ("1e300", "1e300s")]
                {
                    let (before, value) =
                        parts[n].rsplit_once(['=', ':']).map_or(("", parts[n]), |(b, v)| (b, v.trim()));
                    let is_time = value.trim_end_matches(')').ends_with('s');
                    let bad = if is_time { span } else { number };
                    let mut changed: Vec<String> = parts.iter().map(|p| (*p).to_owned()).collect();
                    let close = if value.contains(')') { ")" } else { "" };
                    changed[n] = if before.is_empty() { bad.into() } else { format!("{before}={bad}{close}") };
                    let text = format!("{}({})", kind.name, changed.join(", "));
                    // From nothing on is a fair uniform, and a count may be 0.
                    if text.starts_with("uniform") && n == 0 && number == "0" {
                        assert!(Distribution::parse(&text).is_ok(), "{text}");
                        continue;
                    }
                    if kind.name == "histogram" && n == 0 && number == "0" {
                        continue;
                    }
                    let why = Distribution::parse(&text).expect_err(&text);
                    let shows = why.contains(bad) || why.contains(before.trim()) || bad.contains("1e300");
                    assert!(shows && why.len() < 500, "{text}: {why}");
                }
            }
        }
    }
}

/// Nonsense of megabytes is refused in a sentence, without a panic and without deep recursion.
#[test]
fn long_and_deep_texts_are_refused() {
    let nested = |depth: usize| "mixture(100%: ".repeat(depth) + "exponential(mean=1ms)" + &")".repeat(depth);
    assert!(Distribution::parse(&nested(4)).is_ok());
    for (text, why) in [
        (nested(5), "more than 4"),
        (nested(100_000), "more than 4"),
        ("mixture(".repeat(300_000), "closing bracket"),
        ("(".repeat(3_000_000) + ")", "more than 4"),
        ("mixture(".to_owned() + &")".repeat(3_000_000), "a bracket too many"),
        (format!("samples({})", "1ms,".repeat(1_000_001)), "more than 1000000"),
        (format!("samples({})", ",".repeat(5_000_000)), "more than 1000000"),
        (format!("mixture({})", "0.01%: exponential(mean=1ms),".repeat(1001)), "more than the 1000"),
        (format!("histogram({})", "1ms=1,".repeat(2000)), "more than the 1001"),
        (format!("lognormal({})", "median=1ms,".repeat(200_000)), "more than the 1000"),
        (format!("lognormal({}=1)", "x".repeat(5_000_000)), "unknown parameter"),
        (format!("exponential(mean={}ms)", "9".repeat(5_000_000)), "ten years"),
        (format!("exponential(mean={})", "1h".repeat(1_000_000)), "ten years"),
        ("x".repeat(5_000_000), "expected a distribution"),
        ("é(".repeat(1_000_000), "closing bracket"),
    ] {
        let message = Distribution::parse(&text).unwrap_err();
        assert!(message.contains(why) && message.len() < 600, "{}…: {message}", shown(&text));
    }
    let most = Distribution::parse(&format!("samples({})", "1ms, ".repeat(1_000_000))).unwrap();
    assert!((most.mean() - 0.001).abs() < 1e-9);
}
