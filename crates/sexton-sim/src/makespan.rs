//! How long runs take in virtual time, against the shortest time that they could take.
//!
//! The clouds are free of faults. The bound of a run is the larger of two:
//! - the **critical path**: the longest chain of steps, where each takes what it needs in any case, by the lengths of
//!   time that its own calls had: its recheck, the append of its intent, its call, and where the removal is not done by
//!   then, the rest of it and one reading that sees it gone;
//! - for every **quota**: the earliest moment at which the first call could be made, then (calls − burst) ÷ rate for the
//!   fewest calls that the batch limits allow, then the shortest time from such a call to the end of its step.
//!
//! Who does not know how long each removal will take cannot make the calls of a quota in the best order. How much of the
//! rest is lost otherwise shows a bound for the **order** in which a run made its calls: however many of a quota's calls
//! are made, the last of them cannot go before the quota lets it, and has its own chain of steps before it.
//!
//! The engine is told of the quotas beforehand, as a provider tells it of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sexton_core::address::Address;
use sexton_core::rulebook::BatchKey;
use sexton_engine::journal::{Record, StepRecord};
use sexton_engine::machine::MonoTime;

use crate::case::{Case, Climate, Latency, Quota, Told, quiet};
use crate::log::{Call, Logged, Moment, Said, Ticket};
use crate::random::Random;
use crate::run::run;
use crate::soak::SimError;
use crate::world::{Lab, World};

#[cfg(test)]
mod tests;

/// One world's figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Makespan {
    /// Steps of the plan.
    pub steps: usize,
    /// From the beginning of the session to its end.
    pub took: Duration,
    /// The longest chain of steps.
    pub critical_path: Duration,
    /// The largest bound by a quota.
    pub quota: Duration,
    /// The bound of the order in which the calls were made; no less than the two others.
    pub order: Duration,
    /// Removal calls made.
    pub calls: u64,
    /// The fewest that the batch limits allow.
    pub fewest_calls: u64,
    /// Calls that the cloud throttled.
    pub throttled: u64,
    /// Calls that read.
    pub readings: u64,
}

impl Makespan {
    /// The time taken by the shortest possible.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.over(self.critical_path.max(self.quota))
    }

    /// The time taken by the shortest for the order of its calls.
    #[must_use]
    pub fn ratio_by_order(&self) -> f64 {
        self.over(self.order)
    }

    fn over(&self, bound: Duration) -> f64 {
        self.took.as_secs_f64() / bound.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// The cloud in which makespans are taken: latencies of a usual API, and quotas or none.
#[must_use]
pub fn climate(quotas: bool) -> Climate {
    let quota = |operation: &str, burst, per_second| Quota {
        operation: operation.to_owned(),
        burst,
        per_second,
        told: Told::Yes,
    };
    let all = vec![
        quota("DeleteSnapshot", 10, 5.0),
        quota("DeleteImage", 5, 2.0),
        quota("Unshare", 5, 2.0),
        quota("DeleteInstances", 3, 1.0),
        quota("DeleteDisk", 10, 5.0),
        quota("DeleteFiles", 2, 1.0),
    ];
    Climate {
        call: Latency(vec![40_000, 60_000, 80_000, 100_000, 150_000, 250_000, 600_000]),
        removal: Latency(vec![1_000_000, 3_000_000, 5_000_000, 8_000_000, 15_000_000]),
        append: Latency(vec![500, 1_000, 2_000, 6_000]),
        quotas: if quotas { all } else { Vec::new() },
        bins: Vec::new(),
    }
}

/// Runs the world of a seed and measures it; none where there is nothing to do.
///
/// # Errors
/// The simulation is at fault.
pub fn measure(lab: &Lab, seed: u64, quotas: bool) -> Result<Option<Makespan>, SimError> {
    let clusters = Random::new(seed).between(5, 80);
    let case = quiet(seed, clusters, climate(quotas));
    let mut world = lab.world(&case.clusters)?;
    // What the cloud does by itself is no time of the run's, and saves it no call.
    let mut turns = std::mem::take(&mut world.turns);
    turns.retain(|turn| turn.address.kind() != "task" && !world.may_come_too_late(&turn.address));
    world.turns = turns;
    world.turns.iter_mut().for_each(|turn| turn.after_ms = 0);
    if world.plan.steps.is_empty() {
        return Ok(None);
    }
    let run = run(&world, &case)?;
    Ok(Some(Timing::read(&world, &run.log).makespan(&world, &case)))
}

/// What one step's own calls took.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    /// The readings before it.
    recheck: Duration,
    /// The append of its intent.
    append: Duration,
    /// From the call to its end.
    call: Duration,
    /// The first call that was made for it.
    ticket: Option<Ticket>,
}

/// The lengths of time of a run, by step.
#[derive(Debug, Default)]
struct Timing {
    identity: Duration,
    own: Vec<Own>,
    took: Duration,
    calls: u64,
    throttled: u64,
    readings: u64,
}

/// A call that was sent.
struct Sent<'l> {
    at: MonoTime,
    call: &'l Call,
}

impl Timing {
    fn read(world: &World, log: &[Logged]) -> Self {
        let steps: BTreeMap<_, _> =
            world.plan.steps.iter().enumerate().map(|(place, step)| (&step.address, place)).collect();
        let mut timing = Self { own: vec![Own::default(); world.plan.steps.len()], ..Self::default() };
        let mut sent: BTreeMap<Ticket, Sent<'_>> = BTreeMap::new();
        let mut called: Vec<Option<MonoTime>> = vec![None; world.plan.steps.len()];
        let mut gone: Vec<Option<MonoTime>> = vec![None; world.plan.steps.len()];
        let mut seen_gone = vec![false; world.plan.steps.len()];
        let mut append_began = MonoTime::START;
        let mut took_effect = BTreeSet::new();
        for logged in log {
            match &logged.moment {
                Moment::AppendBegan => append_began = logged.at,
                Moment::Taken { ticket, .. } => {
                    took_effect.insert(*ticket);
                }
                Moment::Durable(entries) => {
                    for entry in entries {
                        let Record::Step { step, record: StepRecord::Intent { .. } } = &entry.record else { continue };
                        if let Some(own) = usize::try_from(*step).ok().and_then(|place| timing.own.get_mut(place)) {
                            own.append = logged.at.since(append_began);
                        }
                    }
                }
                Moment::Sent { ticket, call, .. } => {
                    if let Call::Remove(removal) = call {
                        timing.calls += 1;
                        for target in &removal.targets {
                            let Some(place) = steps.get(&target.address) else { continue };
                            called[*place] = Some(logged.at);
                            timing.own[*place].ticket.get_or_insert(*ticket);
                        }
                    }
                    sent.insert(*ticket, Sent { at: logged.at, call });
                }
                Moment::Gone { target, .. } | Moment::Parked { target, .. } => {
                    steps.get(target).into_iter().for_each(|place| gone[*place] = Some(logged.at));
                }
                Moment::Answered { ticket, said } => {
                    let Some(Sent { at, call }) = sent.get(ticket) else { continue };
                    let took = logged.at.since(*at);
                    match call {
                        Call::Identity(_) => timing.identity = timing.identity.max(took),
                        Call::Dependents(target) => {
                            steps.get(target).into_iter().for_each(|place| timing.own[*place].recheck += took);
                        }
                        Call::Probe(targets) if *said == Said::What => {
                            for place in targets.iter().filter_map(|target| steps.get(target)).copied() {
                                match (called[place], gone[place]) {
                                    (None, None) => timing.own[place].recheck = took,
                                    (_, Some(gone)) if !seen_gone[place] && logged.at > gone => {
                                        seen_gone[place] = true;
                                        let since = called[place].unwrap_or(gone);
                                        let call = timing.own[place].call.max(gone.since(since));
                                        // The reading may have been on its way when it went.
                                        timing.own[place].call = call + logged.at.since((*at).max(gone));
                                    }
                                    (_, Some(_) | None) => {}
                                }
                            }
                        }
                        Call::Probe(_) => {}
                        Call::Remove(removal) => {
                            for place in removal.targets.iter().filter_map(|target| steps.get(&target.address)) {
                                timing.own[*place].call = took;
                            }
                        }
                    }
                }
                Moment::Finished(Ok(receipt)) => {
                    timing.took = logged.at.since(MonoTime::START);
                    timing.readings = receipt.calls.probe + receipt.calls.dependents;
                    let made: u64 = receipt.calls.removal.values().sum();
                    timing.throttled = made.saturating_sub(u64::try_from(took_effect.len()).unwrap_or(u64::MAX));
                }
                Moment::Finished(Err(_))
                | Moment::Began { .. }
                | Moment::Arrived { .. }
                | Moment::Refused { .. }
                | Moment::Refreshed { .. }
                | Moment::Purged { .. }
                | Moment::Put { .. }
                | Moment::Fired { .. }
                | Moment::Paused
                | Moment::Unpaused
                | Moment::StopAsked
                | Moment::Crashed { .. }
                | Moment::Broken(_) => {}
            }
        }
        timing
    }

    /// From the call of each step to the end of the longest chain that it begins.
    fn chains(&self, world: &World) -> Vec<Duration> {
        let steps = &world.plan.steps;
        let mut behind = vec![Duration::ZERO; steps.len()];
        for (place, step) in steps.iter().enumerate().rev() {
            let own = &self.own[place];
            let lead = if step.with.is_some() { Duration::ZERO } else { own.recheck + own.append };
            let whole = lead + own.call + behind[place];
            for before in step.after.iter().chain(&step.with).filter_map(|before| usize::try_from(*before).ok()) {
                behind[before] = behind[before].max(whole);
            }
        }
        behind.iter().zip(&self.own).map(|(behind, own)| own.call + *behind).collect()
    }

    fn makespan(&self, world: &World, case: &Case) -> Makespan {
        let steps = &world.plan.steps;
        let mut starts = vec![self.identity; steps.len()];
        let mut ends = vec![Duration::ZERO; steps.len()];
        for (place, step) in steps.iter().enumerate() {
            let before = step.after.iter().chain(&step.with).filter_map(|after| usize::try_from(*after).ok());
            let ready = before.map(|after| ends[after]).max().unwrap_or_default().max(self.identity);
            let own = &self.own[place];
            starts[place] = ready + own.recheck + own.append;
            // What goes with another is only looked at.
            ends[place] = if step.with.is_some() { ready + own.call } else { starts[place] + own.call };
        }
        let chains = self.chains(world);
        let fewest = fewest_calls(world);
        let by_quota = |quota: &Quota, scope: &str| {
            let of = || {
                (0..steps.len()).filter(|place| {
                    let step = &steps[*place];
                    step.with.is_none() && step.operation == quota.operation && scope_of(&step.address) == scope
                })
            };
            let first = of().map(|place| starts[place]).min()?;
            let tail = of().map(|place| self.own[place].call).min()?;
            let calls = fewest.get(&(quota.operation.as_str(), scope.to_owned())).copied().unwrap_or_default();
            let over = calls.saturating_sub(u64::from(quota.burst));
            let waits = Duration::from_secs_f64(seconds(over) / quota.per_second);
            Some(first + waits + tail)
        };
        let by_order = |quota: &Quota, scope: &str| {
            let mut first = Duration::MAX;
            let mut calls: BTreeMap<Ticket, Duration> = BTreeMap::new();
            for (place, step) in steps.iter().enumerate() {
                let Some(ticket) = self.own[place].ticket else { continue };
                if step.operation == quota.operation && scope_of(&step.address) == scope {
                    first = first.min(starts[place]);
                    let chain = calls.entry(ticket).or_default();
                    *chain = chains[place].max(*chain);
                }
            }
            let by_call = (1_u64..).zip(calls.into_values()).map(|(made, chain)| {
                let over = made.saturating_sub(u64::from(quota.burst));
                first + Duration::from_secs_f64(seconds(over) / quota.per_second) + chain
            });
            by_call.max()
        };
        let scopes: BTreeSet<String> = steps.iter().map(|step| scope_of(&step.address)).collect();
        let places = || case.climate.quotas.iter().flat_map(|quota| scopes.iter().map(move |scope| (quota, scope)));
        let critical_path = ends.iter().copied().max().unwrap_or_default();
        let quota = places().filter_map(|(quota, scope)| by_quota(quota, scope)).max().unwrap_or_default();
        let order = places().filter_map(|(quota, scope)| by_order(quota, scope)).max().unwrap_or_default();
        Makespan {
            steps: steps.len(),
            took: self.took,
            critical_path,
            quota,
            order: order.max(critical_path).max(quota),
            calls: self.calls,
            fewest_calls: fewest.values().sum(),
            throttled: self.throttled,
            readings: self.readings,
        }
    }
}

fn seconds(number: u64) -> f64 {
    Duration::from_secs(number).as_secs_f64()
}

/// An account and region, where quotas hold by themselves.
fn scope_of(address: &Address) -> String {
    format!("{}:{}", address.account(), address.region())
}

/// The fewest calls of each operation in each scope that the batch limits allow.
fn fewest_calls(world: &World) -> BTreeMap<(&str, String), u64> {
    let mut groups: BTreeMap<(&str, String, String), u64> = BTreeMap::new();
    for step in world.plan.steps.iter().filter(|step| step.with.is_none()) {
        let rules = world.rulebook.kind(step.address.kind()).and_then(|rules| rules.removal.as_ref());
        let prefix = match rules.map(|rules| rules.batch_key) {
            Some(BatchKey::IdPrefix) => step.address.id().split('/').next().unwrap_or_default(),
            Some(BatchKey::Region) | None => "",
        };
        let key = format!("{prefix} {:?} {:?}", step.force, step.options);
        *groups.entry((step.operation.as_str(), scope_of(&step.address), key)).or_default() += 1;
    }
    let mut calls = BTreeMap::new();
    for ((operation, scope, _), steps) in groups {
        let removals = world.rulebook.kinds.iter().filter_map(|rules| rules.removal.as_ref());
        let mut limits = removals.filter(|removal| removal.operation == operation);
        let limit = limits.next().map_or(1, |removal| u64::from(removal.batch_limit.get()));
        *calls.entry((operation, scope)).or_default() += steps.div_ceil(limit);
    }
    calls
}
