//! What is told of a session, of calls and of their pace. Nothing here decides anything.

use std::collections::BTreeMap;

use sexton_provider::ErrorClass;

use super::{CallId, Machine, StepState};
use crate::event::{Event, Reopened};
use crate::outcome::Outcome;
use crate::receipt::Counts;

/// The names of readings, where those of removals are the provider's.
pub(super) const IDENTITY: &str = "identity";
pub(super) const PROBE: &str = "probe";
pub(super) const DEPENDENTS: &str = "dependents";

impl Machine {
    pub(super) fn tell_session_began(&mut self) {
        let mut kinds: BTreeMap<String, Counts> = BTreeMap::new();
        let mut underway = Vec::new();
        for (index, (planned, run)) in (0_u32..).zip(self.plan.steps.iter().zip(&self.steps)) {
            let kind = planned.address.kind();
            if !kinds.contains_key(kind) {
                kinds.insert(kind.to_owned(), Counts::default());
            }
            if let Some(counts) = kinds.get_mut(kind) {
                counts.add(&run.state);
            }
            match run.state {
                StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => underway.push(index),
                StepState::Waiting(_) | StepState::Ended { .. } => {}
            }
        }
        let done = self.steps.iter().filter(|step| step.state.is_done()).count();
        let (plan, steps) = (self.plan.digest.clone(), self.steps.len());
        self.emit(Event::SessionBegan { plan, steps, done, kinds, underway });
    }

    pub(super) fn tell_reopened(&mut self, step: u32, was: Option<Outcome>) {
        let Some(was) = was else { return };
        let stands = match self.run(step).state {
            StepState::Unsettled(_) => Reopened::Underway,
            StepState::Waiting(_) | StepState::Called(_) | StepState::Accepted { .. } | StepState::Ended { .. } => {
                Reopened::Left
            }
        };
        let address = self.planned(step).address.clone();
        self.emit(Event::StepReopened { step, address, was, stands });
    }

    pub(super) fn tell_sent(&mut self, call: CallId, scope: usize, operation: &str, targets: usize) {
        let scope = self.plan.scopes[scope].to_string();
        self.emit(Event::CallSent { call: call.0, scope, operation: operation.to_owned(), targets });
    }

    pub(super) fn tell_answered(&mut self, call: CallId, failed: Option<ErrorClass>) {
        self.emit(Event::CallAnswered { call: call.0, failed: failed.map(Into::into) });
    }

    pub(super) fn tell_throttled(&mut self, scope: usize, pace: usize, operation: &str) {
        let until = self.at_of(self.paces[pace].lets_go_at(self.now).max(self.now));
        let told = self.plan.scopes[scope].to_string();
        self.emit(Event::Throttled { scope: told, operation: operation.to_owned(), until });
        self.tell_rate(scope, pace, operation);
    }

    pub(super) fn tell_rate(&mut self, scope: usize, pace: usize, operation: &str) {
        if let Some(rate) = self.paces[pace].rate_to_tell() {
            let scope = self.plan.scopes[scope].to_string();
            self.emit(Event::RateChanged { scope, operation: operation.to_owned(), rate });
        }
    }
}
