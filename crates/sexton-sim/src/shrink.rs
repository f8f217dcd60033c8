//! Making a failing case smaller while it fails in the same way.

use crate::case::{Case, Fault, Latency, Pace};
use crate::soak::{Failure, SimError, Tally, try_case};
use crate::world::Lab;

#[cfg(test)]
mod tests;

/// Runs that are spent on one case at most.
const MOST_RUNS: usize = 3_000;

/// The smallest case found that breaks the first invariant that a failure broke: fewer faults, crashes and clusters,
/// earlier crashes, a simpler cloud.
///
/// # Errors
/// The simulation is at fault.
pub fn shrink(lab: &Lab, failure: Failure) -> Result<Failure, SimError> {
    let Some(broken) = failure.violations.first().map(|violation| violation.invariant) else { return Ok(failure) };
    let mut best = failure;
    let mut left = MOST_RUNS;
    'again: loop {
        for smaller in smaller(&best.case) {
            if left == 0 {
                return Ok(best);
            }
            left -= 1;
            let world = lab.world(&smaller.clusters)?;
            let failure = try_case(&world, &smaller, &mut Tally::default())?.failure;
            let same = |failure: &Failure| failure.violations.iter().any(|violation| violation.invariant == broken);
            if let Some(failure) = failure.filter(same) {
                best = failure;
                continue 'again;
            }
        }
        return Ok(best);
    }
}

/// Cases that are a little smaller, the much smaller first.
fn smaller(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let half = case.clusters.len() / 2;
    if half > 0 {
        all.push(Case { clusters: case.clusters[..half].to_vec(), ..case.clone() });
        all.push(Case { clusters: case.clusters[half..].to_vec(), ..case.clone() });
    }
    all.extend(without_one(&case.clusters).map(|clusters| Case { clusters, ..case.clone() }));
    all.extend(without_one(&case.faults).map(|faults| Case { faults, ..case.clone() }));
    all.extend(without_one(&case.crashes).map(|crashes| Case { crashes, ..case.clone() }));
    let simple = Case { pause: None, stop_after: None, failing_append: None, ..case.clone() };
    let even = Case { pace: Pace::PLAIN, ..case.clone() };
    let fewer = Case { resumes: case.resumes.saturating_sub(1), ..case.clone() };
    let mut plain = case.clone();
    plain.climate.quotas.clear();
    plain.climate.bins.clear();
    let mut steady = plain.clone();
    steady.climate.call = Latency(vec![100_000]);
    steady.climate.append = Latency(vec![1_000]);
    let mut quick = steady.clone();
    quick.climate.removal = Latency(vec![1_000_000]);
    all.extend([simple, even, fewer, plain, steady, quick].into_iter().filter(|smaller| smaller != case));
    for place in 0..case.crashes.len() {
        for after in [case.crashes[place].after / 2, case.crashes[place].after.saturating_sub(1)] {
            if after > 0 && after < case.crashes[place].after {
                let mut earlier = case.clone();
                earlier.crashes[place].after = after;
                all.push(earlier);
            }
        }
    }
    for place in 0..case.faults.len() {
        let mut sooner = case.clone();
        if let Fault::Call { nth, .. } = &mut sooner.faults[place]
            && *nth > 1
        {
            *nth -= 1;
            all.push(sooner);
        }
    }
    all
}

fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..all.len()).map(|leave| {
        all.iter().enumerate().filter(|(place, _)| *place != leave).map(|(_, item)| item.clone()).collect()
    })
}
