//! First come, first served by its definition, for so few requests that every schedule can be written down.

/// What becomes of requests (moment, hold), in order of arrival: when each begins, or none if it gives up.
///
/// Of all ways to give each request one of the connections, or none, it is the one in which the first request begins as early as
/// it can, then the second, and so on. A request may go without only if no connection comes free within its patience; what comes
/// free at the very end of it still reaches it.
pub fn starts(requests: &[(u64, u64)], connections: usize, patience: Option<u64>) -> Vec<Option<u64>> {
    let schedules = (connections + 1).pow(requests.len() as u32);
    let possible = (0..schedules).filter_map(|schedule| written_down(schedule, requests, connections, patience));
    // To go without counts as later than every moment.
    possible.min_by_key(|starts| starts.iter().map(|start| start.unwrap_or(u64::MAX)).collect::<Vec<_>>()).unwrap()
}

/// Digit n of the schedule's number is the connection of request n.
fn written_down(
    mut schedule: usize,
    requests: &[(u64, u64)],
    connections: usize,
    patience: Option<u64>,
) -> Option<Vec<Option<u64>>> {
    let mut free = vec![0; connections];
    let mut starts = Vec::new();
    for (at, hold) in requests {
        let connection = schedule % (connections + 1);
        schedule /= connections + 1;
        let too_late = |start: u64| patience.is_some_and(|patience| start > at + patience);
        if connection < connections {
            let start = free[connection].max(*at);
            if too_late(start) {
                return None;
            }
            free[connection] = start + hold;
            starts.push(Some(start));
        } else {
            if !free.iter().all(|moment| too_late(*moment)) {
                return None;
            }
            starts.push(None);
        }
    }
    Some(starts)
}
