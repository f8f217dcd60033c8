//! Where everything that a plan speaks of is: scopes, kinds, operations and groups, each numbered at its first mention.

use std::collections::BTreeMap;

use sexton_core::address::{Address, GuardCode};
use sexton_core::plan::Step;
use sexton_core::rulebook::{BatchKey, Completion, DataHeld, Removal, Rulebook};

use super::{KindPlace, OperationPlace, RetainedGroup, RunPlanError, RunStep, RunWait, Scope};
use crate::machine::follows;
use crate::machine::guards::KindGuards;

/// Collects places while a plan is read.
#[derive(Default)]
pub(super) struct Places<'a> {
    pub(super) rulebooks: BTreeMap<&'a str, &'a Rulebook>,
    pub(super) scopes: Vec<Scope>,
    scope_index: BTreeMap<Scope, usize>,
    pub(super) kinds: Vec<KindPlace>,
    kind_index: BTreeMap<(usize, String), usize>,
    pub(super) operations: Vec<OperationPlace>,
    operation_index: BTreeMap<(usize, String), usize>,
    pub(super) retained: Vec<RetainedGroup>,
    retained_index: BTreeMap<Vec<Address>, usize>,
    pub(super) groups: Vec<usize>,
    group_index: BTreeMap<(usize, String), usize>,
    pub(super) paces: usize,
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

    /// Places one step and all that it speaks of.
    pub(super) fn step(&mut self, step: &Step) -> Result<RunStep, RunPlanError> {
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
        let by_the_book = rulebook.operation(step.address.kind(), &step.force);
        let (operation, completion, group) = match (step.with, removal) {
            (Some(_), _) => (None, Completion::Async, None),
            (None, Some(removal)) if by_the_book == Some(&step.operation) => {
                let operation = self.operation(self.kinds[kind].scope, &step.operation);
                (Some(operation), removal.completion, self.group(operation, removal, step))
            }
            (None, _) => {
                return Err(RunPlanError::Operation {
                    step: index,
                    address: step.address.clone(),
                    operation: step.operation.clone(),
                    rulebook: by_the_book.unwrap_or("no operation").to_owned(),
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
            follows_others: removal.is_some_and(|removal| removal.operation == step.operation),
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
