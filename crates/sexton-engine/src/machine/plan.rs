//! What the machine needs of a plan, worked out once: who precedes whom, who may share a call, where everything is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use sexton_core::address::{Address, GuardCode};
use sexton_core::plan::{Expect, Options, Plan, Step, WaitFor};
use sexton_core::rulebook::{BatchKey, Completion, DataHeld, Follows, Removal, Rulebook, RulebookError};
use sexton_core::time::Timestamp;
use sexton_provider::{Counted, Quota};

use super::follows::{self, Followed};
use super::guards::KindGuards;
use super::pace::Allowance;

#[cfg(test)]
mod tests;

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
    /// Whether it has predecessors besides what it goes with.
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

/// Why a plan cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunPlanError {
    /// A limit is exceeded.
    #[error("the plan exceeds a limit of its policy and is not applyable")]
    NotApplyable,
    /// No configured provider has that name.
    #[error("step {step} is at provider {provider}, and none of that name is configured")]
    NoRulebook {
        /// The step.
        step: u32,
        /// The provider's name.
        provider: String,
    },
    /// A rulebook is faulty.
    #[error("the rulebook of provider {provider} is faulty: {fault}")]
    Rulebook {
        /// The provider's name.
        provider: String,
        /// The first of its faults.
        fault: RulebookError,
    },
    /// The rulebook does not remove that kind by that operation.
    #[error("step {step} removes {address} by {operation}: the provider's rulebook has {rulebook} for that kind")]
    Operation {
        /// The step.
        step: u32,
        /// Its resource.
        address: Address,
        /// The plan's operation.
        operation: String,
        /// The rulebook's operation, or that there is none.
        rulebook: String,
    },
    /// A guard that is waited for or forced is not in the rulebook.
    #[error("step {step} names guard {guard}, which the provider's rulebook does not have for its kind")]
    Guard {
        /// The step.
        step: u32,
        /// The guard.
        guard: GuardCode,
    },
    /// A step is not where its index says.
    #[error("the step at place {place} has index {index}")]
    Index {
        /// Its place, from 0.
        place: usize,
        /// What it says.
        index: u32,
    },
    /// A step comes after, or goes with, one that does not precede it.
    #[error("step {step} depends on step {other}, which does not precede it")]
    Order {
        /// The step.
        step: u32,
        /// The step it names.
        other: u32,
    },
    /// A resource is named by two steps.
    #[error("steps {first} and {second} both remove {address}")]
    Repeated {
        /// The first step.
        first: u32,
        /// The second.
        second: u32,
        /// The resource.
        address: Address,
    },
}

/// Collects places while a plan is read.
#[derive(Default)]
struct Places<'a> {
    rulebooks: BTreeMap<&'a str, &'a Rulebook>,
    scopes: Vec<Scope>,
    scope_index: BTreeMap<Scope, usize>,
    kinds: Vec<KindPlace>,
    kind_index: BTreeMap<(usize, String), usize>,
    operations: Vec<OperationPlace>,
    operation_index: BTreeMap<(usize, String), usize>,
    retained: Vec<RetainedGroup>,
    retained_index: BTreeMap<Vec<Address>, usize>,
    groups: Vec<usize>,
    group_index: BTreeMap<(usize, String), usize>,
    paces: usize,
}

impl<'a> Places<'a> {
    fn rulebook(&self, step: u32, address: &Address) -> Result<&'a Rulebook, RunPlanError> {
        self.rulebooks
            .get(address.provider())
            .copied()
            .ok_or_else(|| RunPlanError::NoRulebook { step, provider: address.provider().to_owned() })
    }

    fn kind(&mut self, step: u32, address: &Address) -> Result<usize, RunPlanError> {
        let rulebook = self.rulebook(step, address)?;
        let scope = Scope::of(address);
        let scopes = &mut self.scopes;
        let scope = *self.scope_index.entry(scope.clone()).or_insert_with(|| {
            scopes.push(scope);
            scopes.len() - 1
        });
        let kinds = &mut self.kinds;
        Ok(*self.kind_index.entry((scope, address.kind().to_owned())).or_insert_with(|| {
            // A kind that only guards, and that no rulebook describes, is read one by one.
            let rules = rulebook.kind(address.kind());
            self.paces += 2;
            kinds.push(KindPlace {
                scope,
                kind: address.kind().to_owned(),
                probe_pace: self.paces - 2,
                dependents_pace: self.paces - 1,
                guards: KindGuards::of(rulebook, address.kind()),
                follows: follows::rules_of(rulebook, address.kind()),
                probe_limit: rules.and_then(|rules| usize::try_from(rules.probe_limit.get()).ok()).unwrap_or(1),
                batch_key: rules
                    .and_then(|rules| rules.removal.as_ref())
                    .map_or(BatchKey::Region, |removal| removal.batch_key),
            });
            kinds.len() - 1
        }))
    }

    fn operation(&mut self, scope: usize, operation: &str) -> usize {
        let operations = &mut self.operations;
        *self.operation_index.entry((scope, operation.to_owned())).or_insert_with(|| {
            self.paces += 1;
            operations.push(OperationPlace { scope, pace: self.paces - 1, operation: operation.to_owned() });
            operations.len() - 1
        })
    }

    fn retained(&mut self, step: u32, addresses: &[Address]) -> Result<Option<usize>, RunPlanError> {
        if addresses.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.retained_index.get(addresses) {
            return Ok(Some(*known));
        }
        let placed = addresses
            .iter()
            .map(|address| Ok((self.kind(step, address)?, address.clone())))
            .collect::<Result<Vec<_>, RunPlanError>>()?;
        self.retained.push(RetainedGroup { addresses: placed });
        self.retained_index.insert(addresses.to_vec(), self.retained.len() - 1);
        Ok(Some(self.retained.len() - 1))
    }

    /// Steps that share a call are of one operation, batch key, force and options.
    fn group(&mut self, operation: usize, removal: &Removal, step: &Step) -> Option<usize> {
        let limit = usize::try_from(removal.batch_limit.get()).unwrap_or(usize::MAX);
        if limit == 1 {
            return None;
        }
        let prefix = match removal.batch_key {
            BatchKey::Region => "",
            BatchKey::IdPrefix => step.address.id().split('/').next().unwrap_or_default(),
        };
        let force: Vec<&str> = step.force.iter().map(GuardCode::as_str).collect();
        let text = format!("{prefix:?} {force:?} {:?}", step.options);
        let groups = &mut self.groups;
        Some(*self.group_index.entry((operation, text)).or_insert_with(|| {
            groups.push(limit);
            groups.len() - 1
        }))
    }

    fn step(&mut self, step: &Step) -> Result<RunStep, RunPlanError> {
        let index = step.index;
        let rulebook = self.rulebook(index, &step.address)?;
        let kind = self.kind(index, &step.address)?;
        let rules = rulebook.kind(step.address.kind());
        let size = step.size_bytes.unwrap_or_default();
        let freed = match rules.map(|rules| rules.data) {
            Some(DataHeld::Own) => (size, size),
            Some(DataHeld::Shared) => (0, size),
            Some(DataHeld::Nothing | DataHeld::Elsewhere) | None => (0, 0),
        };
        let removal = rules.and_then(|rules| rules.removal.as_ref());
        let (operation, completion, group) = match (step.with, removal) {
            (Some(_), _) => (None, Completion::Async, None),
            (None, Some(removal)) if removal.operation == step.operation => {
                let operation = self.operation(self.kinds[kind].scope, &removal.operation);
                (Some(operation), removal.completion, self.group(operation, removal, step))
            }
            (None, removal) => {
                return Err(RunPlanError::Operation {
                    step: index,
                    address: step.address.clone(),
                    operation: step.operation.clone(),
                    rulebook: removal.map_or_else(|| "no operation".to_owned(), |removal| removal.operation.clone()),
                });
            }
        };
        let mut waits = Vec::with_capacity(step.wait.len());
        for wait in &step.wait {
            self.has_guard(index, kind, &wait.guard)?;
            waits.push(RunWait {
                wait: wait.clone(),
                timeout: wait.timeout.to_std().unwrap_or_default(),
                other: wait.by.as_ref().map(|by| self.kind(index, by)).transpose()?,
            });
        }
        for guard in &step.force {
            self.has_guard(index, kind, guard)?;
        }
        let mut after = step.after.clone();
        after.extend(step.with);
        after.sort_unstable();
        after.dedup();
        Ok(RunStep {
            address: step.address.clone(),
            kind,
            freed,
            operation,
            completion,
            group,
            path: 0,
            rank: 0,
            after,
            successors: Vec::new(),
            with: step.with,
            follows_others: false,
            carried: Vec::new(),
            force: step.force.clone(),
            waits,
            options: step.options.clone(),
            expect: step.expect.clone(),
            followed: Vec::new(),
            retained: self.retained(index, &step.expect.retained)?,
            asks_dependents: !step.force.is_empty() || self.kinds[kind].guards.assumes_dependents(),
        })
    }

    fn has_guard(&self, step: u32, kind: usize, guard: &GuardCode) -> Result<(), RunPlanError> {
        match self.kinds[kind].guards.guards().iter().any(|known| known.code == *guard) {
            true => Ok(()),
            false => Err(RunPlanError::Guard { step, guard: guard.clone() }),
        }
    }
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

fn connect(steps: &mut [RunStep]) {
    for index in 0..steps.len() {
        let number = u32::try_from(index).expect("a plan's indexes are 32 bits wide");
        for after in steps[index].after.clone() {
            steps[position(after)].successors.push(number);
        }
        let mut carriers = Vec::new();
        let mut with = steps[index].with;
        while let Some(carrier) = with {
            steps[position(carrier)].carried.push(number);
            carriers.push(carrier);
            with = steps[position(carrier)].with;
        }
        steps[index].follows_others = steps[index].after.iter().any(|after| !carriers.contains(after));
    }
}

/// What a removal weighs on a path: a look at what it removes, and a call …
const WEIGHT: u64 = 2;
/// … and, where its operation takes several targets, a reading whether its answer is true …
const SHARED_WEIGHT: u64 = 3;
/// … or, where it is asynchronous, readings until it is gone.
const ASYNC_WEIGHT: u64 = 16;

fn rank(steps: &mut [RunStep]) {
    for index in (0..steps.len()).rev() {
        let own = match (steps[index].completion, steps[index].group) {
            (Completion::Sync, None) => WEIGHT,
            (Completion::Sync, Some(_)) => SHARED_WEIGHT,
            (Completion::Async, _) => ASYNC_WEIGHT,
        };
        let longest = steps[index].successors.iter().map(|next| steps[position(*next)].path).max().unwrap_or(0);
        steps[index].path = own + longest;
    }
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by(|a, b| {
        (Reverse(steps[*a].path), &steps[*a].address).cmp(&(Reverse(steps[*b].path), &steps[*b].address))
    });
    for (rank, index) in order.into_iter().enumerate() {
        steps[index].rank = u32::try_from(rank).expect("a plan's indexes are 32 bits wide");
    }
}
