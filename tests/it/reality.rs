//! Real pools on a real PostgreSQL, as recorded in `tests/reality/`, against the simulation.

mod constants;
mod replay;
mod traces;

use constants::{Constants, calibrates};
use replay::{By, Waits, judged, recorded, replay, waits};
use traces::{Attempt, RUNS, Run, attempts, hand_over, lost};

fn all() -> Vec<(Run, Vec<Attempt>)> {
    RUNS.iter().map(|run| (*run, attempts(run.name))).collect()
}

#[test]
fn look() {
    let runs = all();
    let constants = Constants::measure(&runs);
    println!("hk {} task {} checked {} pgb {}", constants.hikaricp, constants.task, constants.checked, constants.pgbouncer);
    for (run, attempts) in &runs {
        let (from, until) = judged(run, attempts);
        let real = waits(recorded(attempts).filter(|a| a.asked >= from && a.asked < until));
        let show = |w: Waits| format!("{:6.2} {:6.2} {:5.2}", 100.0 * (w.mean / real.mean - 1.0), 100.0 * (w.p99 / real.p99 - 1.0), 100.0 * (w.timed_out - real.timed_out));
        println!("{:28} {} {:8.2} {:8.1} {:5.2} | {} | {} | own {:.0} lost {:.1}", run.name, calibrates(&RUNS, run), real.mean * 1e3, real.p99 * 1e3, real.timed_out * 100.0,
            show(replay(run, attempts, By::Preset, &constants)), show(replay(run, attempts, By::FirstCome, &constants)), hand_over(attempts), lost(attempts, run.size, hand_over(attempts)));
    }
}
