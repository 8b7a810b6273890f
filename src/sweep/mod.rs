//! Many variants of a scenario on as many machines as there are: a sweep is divided into shards, and their files join to the very
//! bytes of one run.
//!
//! ```
//! use poolwise::scenario::Scenario;
//! use poolwise::sweep::{Asked, Plan, write};
//! # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "duration": "20s" });
//! let asked = Asked { over: vec!["pool.max_size=3..5".into()], ..Asked::default() };
//! let plan = Plan::new(Scenario::read(text)?, &asked)?;
//! let mut file = Vec::new();
//! write(&plan, plan.shard(1, 1)?, &mut file, |_| {}).unwrap();
//! assert_eq!(String::from_utf8(file).unwrap().lines().count(), 1 + 3 + 1);
//! # Ok::<(), poolwise::problem::Problems>(())
//! ```

mod answer;
mod axis;
mod file;
mod line;
mod merge;
mod plan;
mod run;
pub mod text;

pub use answer::{Answer, Meets, Numbers, Worlds};
pub use axis::{Axis, Uncertain};
pub use file::{Header, Shard};
pub use line::{Line, Measured, Pooled, RunTimes, Runs};
pub use merge::Parts;
pub use plan::{Asked, Plan};
pub use run::{Done, each, write};

/// Whether a file has this very shard of this very sweep, whole: then it need not be made again.
pub fn is_there(path: &std::path::Path, wanted: &Header) -> bool {
    std::fs::File::open(path).is_ok_and(|file| {
        file::Reader::new(std::io::BufReader::new(file)).verify().is_ok_and(|header| header == *wanted)
    })
}
