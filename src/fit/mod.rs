//! What a database can do, from how much it did at several concurrencies.
//!
//! Three laws with three coefficients each are fitted to a table of concurrency and throughput, X(n) = λ · capacity(n), where λ is
//! what one query alone would do per second and capacity is that of a [`Law`]:
//!
//! | law | coefficients | shape |
//! |---|---|---|
//! | cores and overhead | λ, cores, overhead | straight up to the cores, then level or slowly down |
//! | cores and contention | λ, cores, contention (σ) | bends, and is level from the cores on |
//! | Universal Scalability Law | λ, contention (σ), coherency (κ) | bends, and falls at last |
//!
//! Errors are squared as they are, in queries per second, not as shares: what is asked is how high the plateau lies and where it
//! begins, which the high points know best, and the published coefficients of such curves are found this way too. Intervals are
//! those of the profile likelihood: every value of a coefficient with which the others can still be chosen so that the data do not
//! object (D. M. Bates and D. G. Watts, *Nonlinear Regression Analysis*, 1988, 6.1). They stop at the bounds of a coefficient, and
//! have no upper end where the data know none. They take the law for true and the errors for normal; what a law can not follow
//! counts as error.

mod search;
mod text;

pub use text::text;

use crate::database::Law;
use crate::problem::{Problem, Problems};
use crate::report::VERSION;
use crate::report::text::percent;
use crate::scenario::SCHEMA_VERSION;
use crate::units::Span;
use search::{Data, Found};
use serde::Serialize;

/// The share of the most at which the plateau begins.
pub const PLATEAU: f64 = 0.99;
/// The highest concurrency that is fitted.
const CONCURRENCY_MAX: u32 = 100_000;
/// The most different concurrencies, and the most points.
const DISTINCT_MAX: usize = 1000;
const POINTS_MAX: usize = 1_000_000;
/// So much worse in AIC, a law has "considerably less support" or "essentially none" (K. P. Burnham and D. R. Anderson, *Model
/// Selection and Multimodel Inference*, 2002, 2.6).
const LESS_SUPPORT: f64 = 4.0;
const NO_SUPPORT: f64 = 10.0;
/// A typical miss of more than this share of the highest throughput is told.
const MISS_MAX: f64 = 0.05;
/// What is written for cores where the law has no limit of them.
const NO_LIMIT: f64 = 100_000.0;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Queries (or transactions) that ran at once: clients or connections without think time.
    pub concurrency: u32,
    /// How many were done per second.
    pub throughput: f64,
}

/// The laws that are fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum LawKind {
    /// Cores, and what each query beyond them costs all.
    Overhead,
    /// Cores, and a share of the work that one query at a time can do.
    Contention,
    /// The Universal Scalability Law.
    Usl,
}

/// A coefficient with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Coefficient {
    /// The value that misses least.
    pub value: f64,
    /// The low end of its interval.
    pub low: f64,
    /// The high end; absent where the data know none.
    pub high: Option<f64>,
}

/// What was measured at one concurrency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Measured {
    /// Queries at once.
    pub concurrency: u32,
    /// Queries done per second, the mean of the repeats.
    pub throughput: f64,
    /// How often it was measured.
    pub repeats: u32,
}

/// A law with the coefficients that miss least.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Fitted {
    /// Which law.
    pub law: LawKind,
    /// Queries per second of one alone (λ).
    pub lambda: Coefficient,
    /// Cores; absent where the law has no limit of them. Without an upper end the data do not reach all of them.
    pub cores: Option<Coefficient>,
    /// σ, 0 to 1; absent where the law has none, as are the two below.
    pub contention: Option<Coefficient>,
    /// κ, from 0.
    pub coherency: Option<Coefficient>,
    /// From 0.
    pub overhead: Option<Coefficient>,
    /// The share of the variance that it explains.
    pub r_squared: f64,
    /// Root of the mean squared miss, in queries per second.
    pub error: f64,
    /// How much worse than the best law in Akaike's criterion. All have as many coefficients: its correction for few points is the
    /// same for all.
    pub behind: f64,
    /// The smallest concurrency, of those measured and between, that gives 99 % of the law's most there.
    pub onset: u32,
    /// Queries per second at each of the concurrencies measured.
    pub predicted: Vec<f64>,
}

/// Where more queries at once stop giving more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct PlateauOnset {
    /// The smallest concurrency that gave 99 % of the highest throughput measured.
    pub measured: u32,
    /// The same of the chosen law, which also knows the concurrencies between.
    pub law: u32,
    /// Whether that was seen: a higher concurrency was measured and gave no more.
    pub reached: bool,
}

/// What to expect beyond the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Beyond {
    /// Twice the largest concurrency measured.
    pub concurrency: u32,
    /// The lowest throughput per second that an acceptable fit gives there; 0 where the data know no bound.
    pub low: f64,
    /// The highest; absent where the data know none.
    pub high: Option<f64>,
}

/// What to write under `[database]`, and the work of a query.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Keys {
    /// `database.cores`.
    pub cores: f64,
    /// `database.contention`.
    pub contention: f64,
    /// `database.coherency`.
    pub coherency: f64,
    /// `database.overhead`.
    pub overhead: f64,
    /// Seconds of one query alone, 1/λ, as a distribution.
    pub cpu: String,
}

/// What the data say, and what they do not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Fit {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The answer in words.
    pub sentence: String,
    /// What was measured, repeats together.
    pub measured: Vec<Measured>,
    /// The three laws.
    pub laws: Vec<Fitted>,
    /// The law to use.
    pub chosen: LawKind,
    /// Why this one.
    pub why: String,
    /// Where the plateau begins.
    pub onset: PlateauOnset,
    /// Whether κ can be known: its interval excludes 0, and the data reach beyond the peak.
    pub coherency_known: bool,
    /// At twice the largest concurrency, over the acceptable coefficients of the chosen law and of all that are not ruled out.
    pub beyond: Beyond,
    /// The keys to paste.
    pub keys: Keys,
    /// What may surprise.
    pub cautions: Vec<Problem>,
}

impl Point {
    /// Whether it can stand behind a point of concurrency `before`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn check(&self, before: u32) -> Result<(), String> {
        let Self { concurrency, throughput } = *self;
        if !(1..=CONCURRENCY_MAX).contains(&concurrency) {
            return Err(format!("the concurrency must be from 1 to {CONCURRENCY_MAX}, found {concurrency}"));
        }
        // Not a number fails too.
        if !(throughput > 0.0 && throughput <= 1e12) {
            return Err(format!(
                "the throughput must be above 0 and at most 10^12 per second, found {throughput}; leave out runs that failed"
            ));
        }
        if concurrency < before {
            return Err(format!(
                "the concurrency falls from {before} to {concurrency}: rows out of order are most often two runs in one table; \
                 put them in order, or number the runs in a column repeat"
            ));
        }
        Ok(())
    }
}

impl LawKind {
    const ALL: [Self; 3] = [Self::Overhead, Self::Contention, Self::Usl];

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Overhead => "cores and overhead",
            Self::Contention => "cores and contention",
            Self::Usl => "the Universal Scalability Law",
        }
    }

    /// The two coefficients beside λ.
    fn coefficients(self, law: &Law) -> [f64; 2] {
        match self {
            Self::Overhead => [law.cores, law.overhead],
            Self::Contention => [law.cores, law.contention],
            Self::Usl => [law.contention, law.coherency],
        }
    }
}

impl Coefficient {
    /// Whether its interval contains a value.
    pub fn contains(&self, value: f64) -> bool {
        value >= self.low && self.high.is_none_or(|high| value <= high)
    }
}

impl Fitted {
    fn new(data: &Data, found: &Found, best: &Found) -> Self {
        let [first, second] = data.intervals(found);
        let (cores, contention, coherency, overhead) = match found.kind {
            LawKind::Overhead => (Some(first), None, None, Some(second)),
            LawKind::Contention => (Some(first), Some(second), None, None),
            LawKind::Usl => (None, Some(first), Some(second), None),
        };
        Self {
            law: found.kind,
            lambda: data.range(found, 1),
            cores,
            contention,
            coherency,
            overhead,
            r_squared: data.r_squared(found),
            error: data.error(found),
            behind: data.behind(found, best),
            onset: found.law.onset(data.most().concurrency, PLATEAU).0,
            predicted: data.groups.iter().map(|g| found.lambda * found.law.capacity(g.concurrency)).collect(),
        }
    }

    /// The law itself, of capacity 1 for one query alone.
    pub fn law(&self) -> Law {
        let value = |c: Option<Coefficient>, without: f64| c.map_or(without, |c| c.value);
        Law {
            cores: value(self.cores, f64::INFINITY),
            contention: value(self.contention, 0.0),
            coherency: value(self.coherency, 0.0),
            overhead: value(self.overhead, 0.0),
        }
    }

    /// Queries per second with n at once.
    pub fn throughput(&self, n: u32) -> f64 {
        self.lambda.value * self.law().capacity(n)
    }
}

impl Fit {
    /// The fit of one law.
    pub fn of(&self, kind: LawKind) -> &Fitted {
        &self.laws[kind as usize]
    }
}

/// Fit the laws to points in order of their concurrency; repeats of one concurrency stand side by side.
///
/// A law with cores is chosen, which has a plateau, unless the Universal Scalability Law is clearly better and the data show the
/// decline that it is about: measured curves of PostgreSQL are flat where it falls. It is wrong to use this on clients that think
/// between queries, or on throughput that something before the database limits.
///
/// # Errors
/// Every point that makes no sense or is out of order; fewer than three concurrencies; a throughput that never rises.
///
/// ```
/// use poolwise::fit::{Point, fit};
/// let table = [(1, 275.0), (2, 554.0), (3, 571.0), (4, 564.0), (8, 546.0), (16, 544.0)];
/// let points = table.map(|(concurrency, throughput)| Point { concurrency, throughput });
/// let answer = fit(&points)?;
/// assert_eq!((answer.keys.cores.round(), answer.onset.measured), (2.0, 3));
/// assert!(fit(&points[..2]).unwrap_err().to_string().contains("at least three"));
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn fit(points: &[Point]) -> Result<Fit, Problems> {
    check(points)?;
    let data = Data::new(points);
    rises(&data)?;
    let found = LawKind::ALL.map(|kind| data.best(kind));
    let best = found.iter().fold(&found[0], |best, f| if f.squares < best.squares { f } else { best });
    let laws: Vec<Fitted> = found.iter().map(|f| Fitted::new(&data, f, best)).collect();
    let reached = data.onset(PLATEAU).concurrency < data.most().concurrency;
    let coherency_known = reached
        && found[2].law.peak(data.most().concurrency).0 < data.most().concurrency
        && laws[2].coherency.is_some_and(|c| c.low > 0.0);
    let chosen = choose(&laws, coherency_known);
    let law = &laws[chosen as usize];
    let mut fit = Fit {
        schema_version: SCHEMA_VERSION,
        version: VERSION,
        sentence: String::new(),
        measured: data.groups.iter().map(Measured::of).collect(),
        chosen,
        why: text::why(&laws, chosen, coherency_known),
        onset: PlateauOnset { measured: data.onset(PLATEAU).concurrency, law: law.onset, reached },
        coherency_known,
        beyond: beyond(&data, &found, &laws, chosen),
        keys: Keys::of(law),
        cautions: Vec::new(),
        laws,
    };
    fit.sentence = text::sentence(&fit);
    fit.cautions = cautions(&fit, points.len());
    Ok(fit)
}

fn check(points: &[Point]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let mut before = 0;
    for (n, point) in points.iter().enumerate() {
        problems.keep(&format!("points[{n}]"), point.check(before));
        before = point.concurrency;
    }
    let distinct = points.chunk_by(|a, b| a.concurrency == b.concurrency).count();
    if problems.can_run() && distinct < 3 {
        problems.error(
            "",
            format!(
                "a fit needs at least three different concurrencies, better six or more; found {distinct}: through two points goes \
                 every law"
            ),
        );
    }
    if distinct > DISTINCT_MAX || points.len() > POINTS_MAX {
        problems.error("", format!("a fit takes at most {DISTINCT_MAX} concurrencies and {POINTS_MAX} points"));
    }
    if problems.can_run() { Ok(()) } else { Err(problems) }
}

/// Whether there is a rise to fit.
fn rises(data: &Data) -> Result<(), Problems> {
    let (least, most) = (data.least(), data.most());
    if data.peak().concurrency > least.concurrency {
        return Ok(());
    }
    Err(Problems::one(
        "",
        format!(
            "the throughput is highest at the lowest concurrency, {}/s at {}, and {}/s at {}: without a rise neither cores nor \
             contention can be told. Measure from one on; if it is one already, queries wait for one thing (a hot row), which is no \
             matter of cores",
            text::rate(least.mean),
            least.concurrency,
            text::rate(most.mean),
            most.concurrency
        ),
    ))
}

/// The better of the laws with cores, unless the other is clearly better and its decline was seen.
fn choose(laws: &[Fitted], coherency_known: bool) -> LawKind {
    let plateau = if laws[1].behind < laws[0].behind { &laws[1] } else { &laws[0] };
    let clearly = plateau.behind - laws[2].behind >= LESS_SUPPORT;
    if coherency_known && clearly { LawKind::Usl } else { plateau.law }
}

/// The chosen law counts even where another is far better: that one may only bend better on the way to what was not measured.
fn beyond(data: &Data, found: &[Found], laws: &[Fitted], chosen: LawKind) -> Beyond {
    let concurrency = 2 * data.most().concurrency;
    let likely = found.iter().zip(laws).filter(|(_, law)| law.behind <= NO_SUPPORT || law.law == chosen);
    let ranges: Vec<Coefficient> = likely.map(|(found, _)| data.range(found, concurrency)).collect();
    Beyond {
        concurrency,
        low: ranges.iter().fold(f64::INFINITY, |low, range| low.min(range.low)),
        high: ranges.iter().try_fold(0.0, |high: f64, range| Some(high.max(range.high?))),
    }
}

fn cautions(fit: &Fit, points: usize) -> Vec<Problem> {
    let mut problems = Problems::default();
    let (least, most) = (fit.measured[0].concurrency, fit.measured[fit.measured.len() - 1].concurrency);
    let law = fit.of(fit.chosen);
    let beyond = text::beyond(&fit.beyond);
    if points == 3 {
        problems.caution(
            "",
            "three points leave nothing to judge the fit by: no interval is known. Measure more concurrencies",
        );
    }
    if !fit.onset.reached {
        problems.caution(
            "",
            format!(
                "measured only up to {most}, where the throughput still rises: what lies beyond is not known. {beyond}"
            ),
        );
    }
    if !fit.coherency_known {
        let why = match fit.laws[2].coherency {
            Some(c) if c.low > 0.0 => "the data end before the peak that it would cause",
            _ => "its interval includes 0",
        };
        problems.caution("coherency", format!("can not be known from these data: {why}"));
    }
    if law.cores.is_some_and(|cores| cores.high.is_none()) {
        problems
            .caution("cores", "the data set no upper bound: write the number that the database has, if you know it");
    }
    if least > 1 {
        problems
            .caution("lambda", format!("one query alone was not measured, only {least} and more: λ is extrapolated"));
    }
    let highest = fit.measured.iter().fold(0.0, |highest: f64, m| highest.max(m.throughput));
    if law.error > MISS_MAX * highest {
        let share = percent(law.error / highest);
        problems.caution(
            "",
            format!("no law describes these data well (typical miss {share} of the most): repeat the runs, and longer"),
        );
    }
    problems.problems
}

impl Keys {
    fn of(fitted: &Fitted) -> Self {
        let Law { cores, contention, coherency, .. } = fitted.law();
        // Where the data set no bound to it, nothing was measured of it.
        let overhead = fitted.overhead.filter(|c| c.high.is_some()).map_or(0.0, |c| c.value);
        let cpu = format!("deterministic({})", Span::from_seconds(text::digits(1.0 / fitted.lambda.value)));
        Self { cores: cores.min(NO_LIMIT), contention, coherency, overhead, cpu }
    }
}

impl Measured {
    fn of(group: &search::Group) -> Self {
        Self { concurrency: group.concurrency, throughput: group.mean, repeats: group.repeats }
    }
}
