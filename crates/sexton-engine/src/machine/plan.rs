//! What the machine needs of a plan, worked out once: who precedes whom, who may share a call, where everything is.

use std::collections::HashMap;

use sexton_core::address::{Address, GuardCode};
use sexton_core::plan::{Expect, Options, Plan, WaitFor};
use sexton_core::rulebook::{BatchKey, Completion, Follows, Rulebook};
use sexton_core::time::Timestamp;
use sexton_provider::{Counted, Quota};

use super::follows::{self, Followed};
use super::guards::KindGuards;
use super::pace::Allowance;

mod error;
mod order;
mod places;
#[cfg(test)]
mod tests;

pub use error::RunPlanError;
use order::{connect, rank};
use places::Places;

/// A plan made ready to be run by the rules of its providers. Immutable.
#[derive(Debug)]
pub struct RunPlan {
    pub(super) digest: String,
    pub(super) expires_at: Timestamp,
    pub(super) scopes: Vec<Scope>,
    pub(super) kinds: Vec<KindPlace>,
    pub(super) operations: Vec<OperationPlace>,
    /// What is counted together, with what is known of its quota.
    pub(super) paces: Vec<Option<Allowance>>,
    /// How many steps of each group may share a call.
    pub(super) groups: Vec<usize>,
    pub(super) steps: Vec<RunStep>,
    pub(super) retained: Vec<RetainedGroup>,
    /// Steps by the address of their resource.
    by_address: HashMap<Address, u32>,
}

/// A provider's account and region that the plan speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The provider's name.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
}

impl Scope {
    fn of(address: &Address) -> Self {
        Self {
            provider: address.provider().to_owned(),
            account: address.account().to_owned(),
            region: address.region().to_owned(),
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.provider, self.account, self.region)
    }
}

/// A kind in a scope: what is read in one call.
#[derive(Debug)]
pub(super) struct KindPlace {
    pub(super) scope: usize,
    kind: String,
    /// The pace of its readings.
    pub(super) probe_pace: usize,
    /// The pace of asking what refers to it.
    pub(super) dependents_pace: usize,
    pub(super) guards: KindGuards,
    /// Which attributes change when holders go.
    pub(super) follows: Vec<Follows>,
    /// How many resources one reading can name.
    pub(super) probe_limit: usize,
    /// Which resources may share a call.
    pub(super) batch_key: BatchKey,
}

/// A removal operation in a scope: what is paced together.
#[derive(Debug)]
pub(super) struct OperationPlace {
    pub(super) scope: usize,
    pub(super) pace: usize,
    pub(super) operation: String,
}

/// The retained of one group, which have to be there before its first removal.
#[derive(Debug)]
pub(super) struct RetainedGroup {
    /// With the places of their kinds.
    pub(super) addresses: Vec<(usize, Address)>,
}

/// What is waited for before a step.
#[derive(Debug)]
pub(super) struct RunWait {
    pub(super) wait: WaitFor,
    pub(super) timeout: std::time::Duration,
    /// The place of the other's kind, where there is an other.
    pub(super) other: Option<usize>,
}

/// One step with all that is asked about it while running.
#[derive(Debug)]
pub(super) struct RunStep {
    pub(super) address: Address,
    pub(super) kind: usize,
    /// What removing it frees, by estimate: at least and at most.
    pub(super) freed: (u64, u64),
    /// The place of its operation; none for what goes with another.
    pub(super) operation: Option<usize>,
    pub(super) completion: Completion,
    /// Steps of one group may share a call; none where each is called by itself.
    pub(super) group: Option<usize>,
    /// How long the path is that begins with it, by what its steps weigh.
    pub(super) path: u64,
    /// Smaller goes first: longest remaining path, then address.
    pub(super) rank: u32,
    /// Its predecessors, its carrier among them.
    pub(super) after: Vec<u32>,
    pub(super) successors: Vec<u32>,
    pub(super) with: Option<u32>,
    /// Whether its state may be another by what its predecessors removed: it has some besides what it goes with, and is not
    /// removed by an operation for the state that the plan forces.
    pub(super) follows_others: bool,
    /// What goes with it, directly or through another, ascending.
    pub(super) carried: Vec<u32>,
    pub(super) force: Vec<GuardCode>,
    pub(super) waits: Vec<RunWait>,
    pub(super) options: Options,
    pub(super) expect: Expect,
    /// What of it the plan itself changes before.
    pub(super) followed: Vec<Followed>,
    pub(super) retained: Option<usize>,
    pub(super) asks_dependents: bool,
}

impl RunPlan {
    /// Makes a plan ready to be run by the rulebooks of its providers, of which the first of each name counts.
    ///
    /// # Errors
    /// The plan is not applyable, is not sound in itself, or does not go with the rulebooks.
    pub fn new<'a>(plan: &Plan, rulebooks: impl IntoIterator<Item = &'a Rulebook>) -> Result<Self, RunPlanError> {
        if !plan.applyable {
            return Err(RunPlanError::NotApplyable);
        }
        let mut places = Places::default();
        for rulebook in rulebooks {
            if let Some(fault) = rulebook.faults().into_iter().next() {
                return Err(RunPlanError::Rulebook { provider: rulebook.provider.to_string(), fault });
            }
            places.rulebooks.entry(rulebook.provider.as_str()).or_insert(rulebook);
        }
        let mut by_address = HashMap::with_capacity(plan.steps.len());
        let mut steps = Vec::with_capacity(plan.steps.len());
        for (place, step) in plan.steps.iter().enumerate() {
            if usize::try_from(step.index) != Ok(place) {
                return Err(RunPlanError::Index { place, index: step.index });
            }
            if let Some(other) = step.after.iter().chain(&step.with).find(|other| **other >= step.index) {
                return Err(RunPlanError::Order { step: step.index, other: *other });
            }
            if let Some(first) = by_address.insert(step.address.clone(), step.index) {
                return Err(RunPlanError::Repeated { first, second: step.index, address: step.address.clone() });
            }
            steps.push(places.step(step)?);
        }
        connect(&mut steps);
        follows::connect(&mut steps, &places.kinds);
        rank(&mut steps);
        Ok(Self {
            digest: plan.digest.clone(),
            expires_at: plan.expires_at,
            scopes: places.scopes,
            kinds: places.kinds,
            operations: places.operations,
            paces: vec![None; places.paces],
            groups: places.groups,
            steps,
            retained: places.retained,
            by_address,
        })
    }

    /// Has calls of a provider keep within its quotas, in each account and region by themselves.
    #[must_use]
    pub fn within(mut self, provider: &str, quotas: &[Quota]) -> Self {
        for quota in quotas {
            let allowance = Allowance { capacity: quota.capacity, refill: quota.refill };
            for scope in 0..self.scopes.len() {
                if self.scopes[scope].provider == provider {
                    self.paces.push(Some(allowance));
                    self.count_together(scope, &quota.counts, self.paces.len() - 1);
                }
            }
        }
        self
    }

    fn count_together(&mut self, scope: usize, counts: &[Counted], pace: usize) {
        for counted in counts {
            match counted {
                Counted::Removal { operation } => {
                    let places = self.operations.iter_mut().filter(|place| place.scope == scope);
                    places.filter(|place| place.operation == *operation).for_each(|place| place.pace = pace);
                }
                Counted::Probe { kind } => {
                    let places = self.kinds.iter_mut().filter(|place| place.scope == scope);
                    places.filter(|place| place.kind == kind.as_str()).for_each(|place| place.probe_pace = pace);
                }
                Counted::Dependents { kind } => {
                    let places = self.kinds.iter_mut().filter(|place| place.scope == scope);
                    places.filter(|place| place.kind == kind.as_str()).for_each(|place| place.dependents_pace = pace);
                }
            }
        }
    }

    /// The plan's digest.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// From when on the plan is no longer carried out.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Every provider's account and region that the plan speaks of, in the order of first mention.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The step that a carried step goes with in the end; the step itself where it is called.
    pub(super) fn carrier(&self, mut step: u32) -> u32 {
        while let Some(with) = self.step(step).with {
            step = with;
        }
        step
    }

    /// The step that removes a resource.
    pub(super) fn find(&self, address: &Address) -> Option<u32> {
        self.by_address.get(address).copied()
    }

    pub(super) fn step(&self, step: u32) -> &RunStep {
        &self.steps[position(step)]
    }
}

/// A step's index as a place in a vector.
pub(super) fn position(step: u32) -> usize {
    usize::try_from(step).expect("a step's index was the length of a vector before it was 32 bits wide")
}
