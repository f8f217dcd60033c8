//! Who refers to what would go: asked last before a call that is forced, or that a guard speaks of which the provider
//! does not enforce.

use std::sync::Arc;

use sexton_core::address::Address;
use sexton_core::resource::Resource;

use super::tell::DEPENDENTS;
use super::{InFlight, Machine, MachineError, MonoTime, Output};
use crate::outcome::Difference;

impl Machine {
    /// Stands in line to ask who refers to the resources of these steps.
    pub(super) fn ask_dependents(
        &mut self,
        unit: u32,
        present: Vec<(u32, Arc<Resource>)>,
        looked_at: Option<MonoTime>,
    ) {
        let rank = self.planned(unit).rank;
        for (step, _) in &present {
            let kind = self.planned(*step).kind;
            self.kinds[kind].dependents.insert((rank, unit, *step));
        }
        if let Some(check) = self.check_of(unit) {
            check.outstanding = u32::try_from(present.len()).expect("a plan's indexes are 32 bits wide");
            check.present = present;
            check.looked_at = looked_at;
        }
    }

    /// Asks who refers to what would go. Reports whether there was anything to ask.
    pub(super) fn send_dependents(&mut self) -> bool {
        let now = self.now;
        let lane = |kind: &usize| {
            let place = &self.plan.kinds[*kind];
            let pace = &self.paces[place.dependents_pace];
            let first =
                self.kinds[*kind].dependents.first().filter(|_| self.serves(place.scope) && pace.is_open(now))?;
            Some((*first, *kind))
        };
        let Some(((rank, unit, step), kind)) = (0..self.kinds.len()).filter_map(|kind| lane(&kind)).min() else {
            return false;
        };
        let call = self.call_id();
        self.kinds[kind].dependents.remove(&(rank, unit, step));
        self.paces[self.plan.kinds[kind].dependents_pace].sent(now);
        let epoch = self.epoch(self.plan.kinds[kind].scope);
        self.calls.insert(call, InFlight::Dependents { kind, unit, step, epoch });
        self.tally.dependents += 1;
        let provider = self.provider_of(self.plan.kinds[kind].scope);
        let target = self.planned(step).address.clone();
        self.tell_sent(call, self.plan.kinds[kind].scope, DEPENDENTS, 1);
        self.outputs.push_back(Output::Dependents { call, provider, target });
        true
    }

    pub(super) fn dependents_observed(
        &mut self,
        unit: u32,
        step: u32,
        dependents: &[Resource],
    ) -> Result<(), MachineError> {
        let Some(check) = self.check_of(unit) else { return Ok(()) };
        let Some(place) = check.present.iter().position(|(of, _)| *of == step) else { return Ok(()) };
        let (_, target) = check.present.swap_remove(place);
        let differences = self.unexpected(unit, step, &target, dependents);
        if let Some(check) = self.check_of(unit)
            && !differences.is_empty()
        {
            check.stale.push((step, differences));
        }
        self.reading_answered(unit)
    }

    /// Dependents that guard a step's resource and are neither accepted by the plan, nor out of the way by an earlier
    /// step of it, nor going in the same call.
    fn unexpected(&self, unit: u32, step: u32, target: &Resource, dependents: &[Resource]) -> Vec<Difference> {
        let planned = self.planned(step);
        let guards = &self.plan.kinds[planned.kind].guards;
        let now = self.at();
        dependents
            .iter()
            .filter(|dependent| {
                let accepted = planned.expect.dependents.as_ref().is_some_and(|all| all.contains(&dependent.address));
                !accepted && !self.goes_before_or_with(unit, &dependent.address)
            })
            .filter_map(|dependent| {
                let guard = guards.raised_by_dependent(target, dependent, now)?;
                Some(Difference::Dependent { address: dependent.address.clone(), guard: guard.clone() })
            })
            .collect()
    }

    fn goes_before_or_with(&self, unit: u32, address: &Address) -> bool {
        self.plan.find(address).is_some_and(|step| self.run(step).state.is_done() || self.plan.carrier(step) == unit)
    }
}
