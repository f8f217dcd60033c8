//! The beginning of a session: who the providers are, then which steps can go.

use sexton_provider::{CallError, ErrorClass};

use super::pace::backoff;
use super::plan::position;
use super::tell::IDENTITY;
use super::{
    Activity, CallId, IdentityAnswer, InFlight, Machine, MachineError, MonoTime, Output, Phase, RunFailure, StepState,
    Timer,
};
use crate::event::Event;
use crate::journal::{Record, StepRecord};

/// How far it is known who serves a scope.
#[derive(Debug)]
pub(super) struct IdentityCheck {
    /// The place of the provider that is who the plan speaks of.
    provider: Option<usize>,
    /// Whether it said so under the credentials that it uses now.
    is_current: bool,
    /// Its credentials changed while it was asked.
    ask_again: bool,
    /// Grows when the credentials change: what was read under others says nothing.
    epoch: u64,
    faults: u32,
    first_fault: Option<MonoTime>,
}

impl IdentityCheck {
    pub(super) fn new() -> Self {
        Self { provider: None, is_current: false, ask_again: false, epoch: 0, faults: 0, first_fault: None }
    }
}

impl Machine {
    pub(super) fn begin(&mut self) -> Result<(), MachineError> {
        self.ledger.push(self.at(), Record::SessionBegan { session: self.session });
        self.tell_session_began();
        self.run_once_identified()?;
        self.dispatch()?;
        self.conclude()
    }

    /// Asks for the next scope who its providers are. Reports whether there was one.
    pub(super) fn ask_identity(&mut self) -> bool {
        if self.is_ending() || (self.stopping.is_some() && self.settling == 0) {
            return false;
        }
        let Some(scope) = self.unidentified.pop_front() else { return false };
        let call = self.call_id();
        self.tally.identity += 1;
        self.calls.insert(call, InFlight::Identity { scope });
        self.tell_sent(call, scope, IDENTITY, 1);
        self.outputs.push_back(Output::CheckIdentity { call, scope: self.plan.scopes[scope].clone() });
        true
    }

    pub(super) fn identified(&mut self, call: CallId, answers: Vec<IdentityAnswer>) -> Result<(), MachineError> {
        let Some(InFlight::Identity { scope }) = self.calls.remove(&call) else {
            return Err(MachineError::NoSuchCall { call });
        };
        let class = |answer: &IdentityAnswer| answer.answer.as_ref().err().map(|error| error.class);
        let answered = answers.iter().any(|answer| answer.answer.is_ok());
        self.tell_answered(call, if answered { None } else { answers.iter().find_map(class) });
        if std::mem::take(&mut self.identities[scope].ask_again) {
            if self.needs_identity() {
                self.unidentified.push_back(scope);
            }
            return Ok(());
        }
        let wanted = self.plan.scopes[scope].clone();
        let mut found = Vec::new();
        let mut errors: Vec<CallError> = Vec::new();
        for IdentityAnswer { provider, answer } in answers {
            match answer {
                Ok(identity)
                    if identity.account.as_str() == wanted.account && identity.region.as_str() == wanted.region =>
                {
                    let check = &mut self.identities[scope];
                    (check.provider, check.is_current) = (Some(provider), true);
                    (check.faults, check.first_fault) = (0, None);
                    self.ledger.push(self.at(), Record::Identified { scope: wanted.to_string() });
                    self.emit(Event::Identified { scope: wanted.to_string() });
                    return self.run_once_identified();
                }
                Ok(identity) => found.push(format!("account {} in region {}", identity.account, identity.region)),
                Err(error) => errors.push(error),
            }
        }
        if !self.needs_identity() {
            return Ok(());
        }
        let passing = errors.iter().find(|error| match error.class {
            ErrorClass::Throttle { .. } | ErrorClass::Transient => true,
            ErrorClass::Permanent | ErrorClass::Auth => false,
        });
        if let Some(error) = passing
            && self.ask_identity_again(scope, error.class)
        {
            return Ok(());
        }
        self.failure = Some(match errors.into_iter().next() {
            Some(error) if found.is_empty() => RunFailure::IdentityUnknown { wanted, error },
            Some(error) => {
                found.push(error.to_string());
                RunFailure::Identity { wanted, found }
            }
            None => RunFailure::Identity { wanted, found },
        });
        self.drop_queues(false);
        Ok(())
    }

    fn ask_identity_again(&mut self, scope: usize, class: ErrorClass) -> bool {
        let retry = &self.settings.retry;
        let check = &mut self.identities[scope];
        check.faults += 1;
        let first = *check.first_fault.get_or_insert(self.now);
        if check.faults >= retry.max_attempts || self.now.since(first) >= retry.max_total {
            return false;
        }
        let least = match class {
            ErrorClass::Throttle { retry_after } => retry_after.unwrap_or_default(),
            ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => std::time::Duration::ZERO,
        };
        let delay = least.saturating_add(backoff(check.faults, retry, &mut self.random));
        self.timers.insert((self.now.after(delay), Timer::Identity(scope)));
        true
    }

    /// The place of the provider that serves a kind. Known for every scope once steps are carried out.
    pub(super) fn provider_of(&self, scope: usize) -> usize {
        self.identities[scope].provider.expect("nothing is called before every scope has its provider")
    }

    /// Whether anything is still called by whom it has to be known who serves it.
    fn needs_identity(&self) -> bool {
        self.failure.is_none() && (self.stopping.is_none() || self.settles())
    }

    /// Whether a scope's provider has said who it is under the credentials that it uses now.
    pub(super) fn serves(&self, scope: usize) -> bool {
        self.identities[scope].is_current
    }

    /// Under which credentials a scope is read.
    pub(super) fn epoch(&self, scope: usize) -> u64 {
        self.identities[scope].epoch
    }

    /// Whether every provider has said who it is under the credentials that it uses now.
    pub(super) fn is_identified(&self) -> bool {
        self.identities.iter().all(|check| check.is_current)
    }

    /// Has a provider say again who it is, before the next call. What is on its way says nothing, for it may have gone
    /// under the new credentials.
    pub(super) fn credentials_changed(&mut self, provider: usize) {
        for scope in 0..self.identities.len() {
            let asked =
                self.calls.values().any(|call| matches!(call, InFlight::Identity { scope: of } if *of == scope));
            let check = &mut self.identities[scope];
            check.epoch += u64::from(check.provider == Some(provider));
            if asked {
                check.ask_again = true;
            } else if check.provider == Some(provider) && std::mem::take(&mut check.is_current) {
                self.unidentified.push_back(scope);
            }
        }
    }

    fn run_once_identified(&mut self) -> Result<(), MachineError> {
        let known = self.identities.iter().all(|check| check.provider.is_some());
        if !known || self.phase != Phase::Identifying || self.failure.is_some() || self.stopping.is_some() {
            return Ok(());
        }
        self.phase = Phase::Running;
        self.reopen()?;
        let steps: Vec<u32> = (0..).take(self.steps.len()).collect();
        for step in &steps {
            let remaining = self.planned(*step).after.iter().filter(|after| !self.run(**after).state.is_done()).count();
            self.run_mut(*step).remaining = u32::try_from(remaining).expect("a plan's indexes are 32 bits wide");
        }
        for step in &steps {
            if matches!(self.run(*step).state, StepState::Waiting(_)) {
                self.will_come(*step);
            }
        }
        for step in steps {
            match self.run(step).state {
                StepState::Ended { .. } => self.steps[position(step)].activity = Activity::Ended,
                StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => {
                    self.open += 1;
                    self.settle_now(step);
                }
                StepState::Waiting(_) => {
                    self.open += 1;
                    if self.run(step).remaining == 0 {
                        self.take_up(step);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes up what an earlier session ended without having removed it.
    fn reopen(&mut self) -> Result<(), MachineError> {
        for step in (0..).take(self.steps.len()) {
            let state = &self.run(step).state;
            if state.outcome().is_some() && !state.is_done() {
                let was = self.run(step).state.outcome().cloned();
                self.record(step, StepRecord::Reopened)?;
                self.tell_reopened(step, was);
            }
        }
        Ok(())
    }

    /// Begins a step whose predecessors are out of the way: to its recheck, or, if it goes with another, to the reading
    /// whether it went.
    pub(super) fn take_up(&mut self, step: u32) {
        let planned = self.plan.step(step);
        let (rank, group) = (planned.rank, planned.group);
        match planned.operation {
            None if self.settles() => self.settle_now(step),
            Some(_) if self.begins() && !self.canaries.hold(step) => match group {
                Some(group) => self.gather_with_its_group(step, group),
                None => self.stand_in_line_for_recheck(rank, step),
            },
            None | Some(_) => {}
        }
    }
}
