//! The sharing: what every service needs, what it gets, and what that does to it.

use super::answer::{Answer, Share};
use super::file::{Budget, Service};
use super::squeeze::{Claim, Felt, IN_THE_END, divide};
use super::text;
use super::ways::{Tell, ways};
use crate::experiment::{Options, in_parallel};
use crate::plan::{Recommendation, recommend};
use crate::problem::{Problem, Problems};
use crate::report::{CONFIDENCE, VERSION};
use crate::scenario::SCHEMA_VERSION;
use crate::slo::Objective;

/// Size the pools of every service by [`recommend`], see whether all fit the database, and share what there is if they do not.
///
/// Deterministic: the same budget and seed give the same answer with any number of threads.
///
/// # Errors
/// When the options, or what a service asks for, can not be. That it does not fit is an answer.
///
/// ```
/// use poolwise::budget::{Budget, share};
/// let text = "database.max_connections = 12\n[[service]]\nname = 'shop'\nrate = '80/s'\nhold = 'exponential(mean=20ms)'\ninstances = 2\n";
/// let answer = share(&Budget::read(text, "".as_ref())?, &Default::default(), &|_, _, _| {})?;
/// assert!(answer.fits && answer.needed[1] <= 12);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn share(budget: &Budget, options: &Options, tell: Tell<'_>) -> Result<Answer, Problems> {
    let (seed, _) = options.check()?;
    let options = Options { seed: Some(seed), ..Options::default() };
    let found = size(&budget.services, &options, tell)?;
    let claims: Vec<Claim> =
        budget.services.iter().zip(&found).map(|(service, answer)| claim(service, answer)).collect();
    let both = |sizes: &[u32]| -> Vec<[u64; 2]> {
        let of = |(service, size): (&Service, &u32)| {
            let instances = u64::from(service.model.instances());
            [instances, instances + u64::from(service.surge)].map(|count| count * u64::from(*size))
        };
        budget.services.iter().zip(sizes).map(of).collect()
    };
    let wanted: Vec<u32> = claims.iter().map(|claim| claim.wanted).collect();
    let needed = both(&wanted);
    let all = |each: &[[u64; 2]]| [0, 1].map(|n| each.iter().map(|both| both[n]).sum::<u64>());
    let room = all(&needed)[1] <= u64::from(budget.usable());
    let fits = room && found.iter().all(|answer| answer.recommended.is_some());
    let given = match room {
        true => Some(wanted),
        false => divide(&claims, budget.usable(), seed, |done, total| tell("sharing", done, total)),
    };
    let felt = |sizes: Vec<u32>| -> Vec<Felt> {
        in_parallel(0..claims.len() as u32, |n| claims[n as usize].felt(sizes[n as usize], seed, IN_THE_END))
    };
    let with_needs = felt(claims.iter().map(|claim| claim.wanted).collect());
    let with_given = given.as_ref().map(|sizes| felt(sizes.clone()));
    let totals = given.as_ref().map(|sizes| both(sizes));
    let services: Vec<Share> = (0..claims.len())
        .map(|n| {
            let service = &budget.services[n];
            let felt = with_given.as_ref().map_or(&with_needs[n], |felt| &felt[n]);
            let worst = claims[n].objectives.get(felt.worst);
            let mut share = Share {
                name: service.name.clone(),
                instances: service.model.instances(),
                surge: service.surge,
                slo: claims[n].objectives.iter().map(Objective::to_string).collect(),
                needs: found[n].recommended.map(|found| found.max_size),
                gets: given.as_ref().map(|sizes| sizes[n]),
                needed: needed[n],
                given: totals.as_ref().map_or([0, 0], |totals| totals[n]),
                worst: worst.map(Objective::to_string).unwrap_or_default(),
                times: felt.measured.get(felt.worst).copied().flatten().map(|_| felt.times),
                measured: felt.measured.get(felt.worst).copied().flatten(),
                unsqueezed: with_needs[n].measured.get(felt.worst).copied().flatten(),
                sentence: String::new(),
            };
            share.sentence = text::sentence(&share, worst, &found[n]);
            share
        })
        .collect();
    let ways = if room { Vec::new() } else { ways(budget, &found, all(&needed), &options, tell)? };
    let mut answer = Answer {
        schema_version: SCHEMA_VERSION,
        version: VERSION,
        seed,
        confidence: CONFIDENCE,
        max_connections: budget.max_connections,
        reserved: budget.reserved,
        needed: all(&needed),
        fits,
        sentences: Vec::new(),
        services,
        ways,
        cautions: cautions(budget, &found),
    };
    answer.sentences = text::sentences(&answer);
    Ok(answer)
}

/// The recommendation of every service.
fn size(services: &[Service], options: &Options, tell: Tell<'_>) -> Result<Vec<Recommendation>, Problems> {
    const AT_ONCE: u32 = 16;
    let total = services.len() as u32;
    let mut found = Vec::new();
    for first in (0..total).step_by(AT_ONCE as usize) {
        let of = |n: u32| {
            let service = &services[n as usize];
            let named = |p: Problem| Problem { path: format!("{}: {}", service.name, p.path), ..p };
            recommend(&service.model, options)
                .map_err(|e| Problems { problems: e.problems.into_iter().map(named).collect() })
        };
        found.extend(in_parallel(first..(first + AT_ONCE).min(total), of));
        tell("sizing", found.len() as u64, total.into());
    }
    let mut problems = Problems::default();
    let sound: Vec<Recommendation> =
        found.into_iter().filter_map(|answer| answer.map_err(|e| problems.problems.extend(e.problems)).ok()).collect();
    if problems.can_run() { Ok(sound) } else { Err(problems) }
}

fn claim(service: &Service, answer: &Recommendation) -> Claim {
    let mut model = service.model.at_peak();
    model.duration = None;
    // Where no size meets the objectives, as many as keep up.
    let keeps_up = model.offered_load().min(1e6) as u32 + 1;
    Claim {
        objectives: answer.slo.iter().filter_map(|text| Objective::parse(text).ok()).collect(),
        wanted: answer.recommended.map_or(keeps_up, |found| found.max_size),
        instances: service.model.instances() + service.surge,
        model,
    }
}

fn cautions(budget: &Budget, found: &[Recommendation]) -> Vec<Problem> {
    let of = |(service, answer): (&Service, &Recommendation)| {
        let named = |p: &Problem| Problem { path: format!("{}: {}", service.name, p.path), ..p.clone() };
        answer.cautions.iter().map(named).collect::<Vec<_>>()
    };
    budget.services.iter().zip(found).flat_map(of).collect()
}
