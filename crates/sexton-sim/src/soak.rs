//! Many cases, one after another by their seeds, and what they reached.

use std::collections::BTreeMap;

use sexton_core::address::Address;

use crate::case::{Case, Crash, generate};
use crate::invariant::{Violation, examine};
use crate::log::Moment;
use crate::run::{RunError, run};
use crate::world::{Lab, World, WorldError};

#[cfg(test)]
mod tests;

/// The largest plan that is crashed at every output.
pub const EXHAUSTIVE_STEPS: usize = 12;

/// Why a case cannot be simulated. Each is a fault of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// Its world cannot be made.
    #[error("the world cannot be made")]
    World(#[from] WorldError),
    /// It cannot be run.
    #[error("the case cannot be run")]
    Run(#[from] RunError),
}

/// A case that breaks an invariant.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The case.
    pub case: Case,
    /// What it breaks.
    pub violations: Vec<Violation>,
}

/// What many runs reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Seeds.
    pub seeds: u64,
    /// Runs: one for each seed, and one for each crash that was tried by itself.
    pub runs: u64,
    /// Sessions of those runs.
    pub sessions: u64,
    /// Seeds whose run was crashed at every output.
    pub exhaustive: u64,
    /// Outputs of those runs.
    pub outputs: u64,
    /// How many of those outputs leave the world otherwise than the one before: so many crashes were tried.
    pub crash_points: u64,
    /// Steps of the plans of the seeds.
    pub steps: u64,
    /// The largest plan.
    pub largest_plan: u64,
    /// Faults that came to pass, by name.
    pub fired: BTreeMap<String, u64>,
    /// Crashes, by what the machine had asked for last.
    pub crashed_after: BTreeMap<&'static str, u64>,
    /// How steps ended, by the last receipt of a run.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// How sessions ended that were not crashed.
    pub ends: BTreeMap<&'static str, u64>,
    /// Runs whose plan was done in the end.
    pub complete: u64,
}

impl Tally {
    /// Takes in what another reached.
    pub fn add(&mut self, other: &Tally) {
        let Tally {
            seeds,
            runs,
            sessions,
            exhaustive,
            outputs,
            crash_points,
            steps,
            largest_plan,
            fired,
            crashed_after,
            outcomes,
            ends,
            complete,
        } = other;
        self.seeds += seeds;
        self.runs += runs;
        self.sessions += sessions;
        self.exhaustive += exhaustive;
        self.outputs += outputs;
        self.crash_points += crash_points;
        self.steps += steps;
        self.largest_plan = self.largest_plan.max(*largest_plan);
        self.complete += complete;
        fired.iter().for_each(|(name, count)| *self.fired.entry(name.clone()).or_default() += count);
        for (mine, theirs) in
            [(&mut self.crashed_after, crashed_after), (&mut self.outcomes, outcomes), (&mut self.ends, ends)]
        {
            theirs.iter().for_each(|(name, count)| *mine.entry(name).or_default() += count);
        }
    }

    /// Crashes in all.
    #[must_use]
    pub fn crashes(&self) -> u64 {
        self.crashed_after.values().sum()
    }
}

/// The case of a seed.
///
/// # Errors
/// The simulation is at fault.
pub fn case_of(lab: &Lab, seed: u64) -> Result<(World, Case), SimError> {
    let mut made = None;
    let case = generate(seed, |clusters| {
        let world = lab.world(clusters)?;
        let addresses: Vec<Address> = world.resources.iter().map(|resource| resource.address.clone()).collect();
        made = Some(world);
        Ok::<_, WorldError>(addresses)
    })?;
    let world = match made {
        Some(world) => world,
        None => lab.world(&case.clusters)?,
    };
    Ok((world, case))
}

/// Simulates the case of a seed, and where `exhaustive` is asked for and its plan is small, once more for every output
/// of its first session, with a crash after that output, and one of the ways in which requests and records under way
/// then fare. Outputs that change nothing outside the machine are left out: a crash after one is the same as after the
/// one before.
///
/// # Errors
/// The simulation is at fault.
pub fn try_seed(lab: &Lab, seed: u64, exhaustive: bool, tally: &mut Tally) -> Result<Option<Failure>, SimError> {
    let (world, case) = case_of(lab, seed)?;
    tally.seeds += 1;
    let steps = u64::try_from(world.plan.steps.len()).unwrap_or(u64::MAX);
    tally.steps += steps;
    tally.largest_plan = tally.largest_plan.max(steps);
    if let Tried { failure: Some(failure), .. } = try_case(&world, &case, tally)? {
        return Ok(Some(failure));
    }
    if !exhaustive || world.plan.steps.len() > EXHAUSTIVE_STEPS {
        return Ok(None);
    }
    tally.exhaustive += 1;
    let whole = Case { crashes: Vec::new(), ..case };
    let Tried { outputs, crash_points, failure } = try_case(&world, &whole, tally)?;
    if failure.is_some() {
        return Ok(failure);
    }
    tally.outputs += u64::from(outputs);
    tally.crash_points += u64::try_from(crash_points.len()).unwrap_or(u64::MAX);
    for after in crash_points {
        let sort = u64::from(after) + seed;
        let crash = Crash {
            after,
            append_survives: sort % 2 == 1,
            requests_arrive: sort / 2 % 2 == 1,
            down_ms: sort % 7 * 500,
        };
        let crashed = Case { crashes: vec![crash], ..whole.clone() };
        let Tried { failure, .. } = try_case(&world, &crashed, tally)?;
        if failure.is_some() {
            return Ok(failure);
        }
    }
    Ok(None)
}

/// How the run of a case went.
#[derive(Debug)]
pub struct Tried {
    /// Outputs of its first session.
    pub outputs: u32,
    /// After which of them a crash finds the world otherwise than after the one before.
    pub crash_points: Vec<u32>,
    /// What it breaks, where it does.
    pub failure: Option<Failure>,
}

/// Simulates a case.
///
/// # Errors
/// The simulation is at fault.
pub fn try_case(world: &World, case: &Case, tally: &mut Tally) -> Result<Tried, SimError> {
    let run = run(world, case)?;
    let violations = examine(world, case, &run.log);
    tally.runs += 1;
    let mut last = None;
    for logged in &run.log {
        match &logged.moment {
            Moment::Began { .. } => tally.sessions += 1,
            Moment::Fired { fault } => {
                let name = case.faults.get(*fault).map(crate::case::Fault::name).unwrap_or_default();
                *tally.fired.entry(name).or_default() += 1;
            }
            Moment::Crashed { output } => *tally.crashed_after.entry(output).or_default() += 1,
            Moment::Finished(Ok(receipt)) => {
                last = Some(receipt);
                let end = match receipt.stopped {
                    Some(_) => "stopped",
                    None if receipt.complete => "complete",
                    None => "with something left",
                };
                *tally.ends.entry(end).or_default() += 1;
            }
            Moment::Finished(Err(failure)) => {
                let end = match failure {
                    sexton_engine::machine::RunFailure::Identity { .. } => "another identity",
                    sexton_engine::machine::RunFailure::IdentityUnknown { .. } => "identity unknown",
                    sexton_engine::machine::RunFailure::Journal => "journal failed",
                };
                *tally.ends.entry(end).or_default() += 1;
            }
            Moment::AppendBegan
            | Moment::Durable(_)
            | Moment::Sent { .. }
            | Moment::Arrived { .. }
            | Moment::Taken { .. }
            | Moment::Refused { .. }
            | Moment::Gone { .. }
            | Moment::Parked { .. }
            | Moment::Purged { .. }
            | Moment::Refreshed { .. }
            | Moment::Put { .. }
            | Moment::Answered { .. }
            | Moment::Paused
            | Moment::Unpaused
            | Moment::StopAsked
            | Moment::Broken(_) => {}
        }
    }
    if let Some(receipt) = last {
        tally.complete += u64::from(receipt.complete);
        for step in &receipt.steps {
            let name = step.state.outcome().map_or("left", sexton_engine::Outcome::name);
            *tally.outcomes.entry(name).or_default() += 1;
        }
    }
    let outputs = run.outputs.first().copied().unwrap_or_default();
    let failure = (!violations.is_empty()).then(|| Failure { case: case.clone(), violations });
    Ok(Tried { outputs, crash_points: run.crash_points, failure })
}
