//! Removal calls: who shares one, how its intent comes before it, and what its answers mean.

use std::time::Duration;

use sexton_core::address::Address;
use sexton_core::rulebook::Completion;
use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass, RemovalCall, RemovalTarget};

use super::pace::backoff;
use super::read::failed;
use super::step::Parked;
use super::{Activity, CallId, InFlight, Machine, MachineError, MonoTime, Output, Prepared, Timer};
use crate::event::Event;
use crate::journal::{StepRecord, StopCause, Trouble};
use crate::outcome::{FailureClass, Outcome};

impl Machine {
    /// Prepares the call that is first in line: its intents go to the journal, and it is held until they are durable.
    /// Reports whether there was one.
    pub(super) fn send_removal(&mut self) -> Result<bool, MachineError> {
        // A call is made up while its token is still on its way, for its intent takes its time too.
        let (now, ahead) = (self.now, self.ledger.delay());
        let head = |(place, lane): (usize, &super::lane::OperationLane)| {
            let pace = &self.paces[self.plan.operations[place].pace];
            Some((lane.checked.first().copied().filter(|_| pace.is_open_within(now, ahead))?, place))
        };
        let Some((first, operation)) = self.operations.iter().enumerate().filter_map(head).min() else {
            return Ok(false);
        };
        let mut steps = self.take_together(operation, first);
        let old: Vec<u32> = steps.extract_if(.., |step| !self.is_fresh(*step)).collect();
        for step in old {
            self.take_up(step);
        }
        if !steps.is_empty() {
            self.prepare(operation, steps)?;
        }
        Ok(true)
    }

    fn prepare(&mut self, operation: usize, steps: Vec<u32>) -> Result<(), MachineError> {
        let call = self.call_id();
        let mut intent_seq = 0;
        for step in &steps {
            let attempt = self.run(*step).state.tries().count + 1;
            intent_seq = self.record(*step, StepRecord::Intent { attempt, call: call.0 })?;
            self.set_activity(*step, Activity::Calling);
        }
        let targets = steps
            .iter()
            .map(|step| {
                let planned = self.planned(*step);
                RemovalTarget {
                    address: planned.address.clone(),
                    force: planned.force.clone(),
                    seen: self.run(*step).seen.clone(),
                }
            })
            .collect();
        let place = &self.plan.operations[operation];
        let options = steps.first().map(|step| self.planned(*step).options.clone()).unwrap_or_default();
        let removal = RemovalCall { operation: place.operation.clone(), targets, options };
        let provider = self.provider_of(place.scope);
        self.paces[place.pace].prepared();
        self.calls.insert(call, InFlight::Removal { operation, steps: steps.clone() });
        self.prepared.push_back(Prepared {
            call,
            operation,
            intent_seq,
            steps,
            kept_back: false,
            output: Output::Remove { call, provider, removal },
        });
        Ok(())
    }

    /// Lets the calls go whose intents are durable, as far as their quotas allow; takes them back where nothing new is
    /// begun.
    pub(super) fn let_go(&mut self) -> Result<(), MachineError> {
        for mut prepared in std::mem::take(&mut self.durable) {
            let place = self.plan.operations[prepared.operation].pace;
            prepared.kept_back |= self.paused || !self.is_identified();
            if !self.begins() {
                self.withdraw(prepared)?;
            } else if self.paused || !self.is_identified() || self.paces[place].lets_go_at(self.now) > self.now {
                self.durable.push_back(prepared);
            } else if prepared.kept_back && !prepared.steps.iter().all(|step| self.is_fresh(*step)) {
                self.recheck_again(prepared)?;
            } else {
                self.paces[place].let_go(self.now);
                self.release(prepared);
            }
        }
        Ok(())
    }

    /// Takes back a call that was kept back until what its recheck saw was too old.
    fn recheck_again(&mut self, prepared: Prepared) -> Result<(), MachineError> {
        let steps = prepared.steps.clone();
        self.withdraw(prepared)?;
        steps.into_iter().for_each(|step| self.take_up(step));
        Ok(())
    }

    /// Comes back when a pace is open for what waits for it.
    pub(super) fn wake_when_open(&mut self) {
        let (now, plan, paces) = (self.now, &self.plan, &self.paces);
        let ahead = self.ledger.delay();
        let earlier = |at: MonoTime| MonoTime::from_start(at.since_start().saturating_sub(ahead));
        let mut wakes: Vec<MonoTime> = Vec::new();
        for (place, lane) in plan.operations.iter().zip(&self.operations) {
            wakes.extend((!lane.checked.is_empty()).then(|| paces[place.pace].opens_at(now)).flatten().map(earlier));
        }
        for (place, lane) in plan.kinds.iter().zip(&self.kinds) {
            let reads = !lane.settling.is_empty() || !lane.checking.is_empty();
            wakes.extend(reads.then(|| paces[place.probe_pace].opens_at(now)).flatten());
            let asks = !lane.dependents.is_empty();
            wakes.extend(asks.then(|| paces[place.dependents_pace].opens_at(now)).flatten());
        }
        wakes.extend(
            self.durable.iter().map(|prepared| paces[plan.operations[prepared.operation].pace].lets_go_at(now)),
        );
        if let Some(first) = wakes.into_iter().filter(|at| *at > now).min() {
            self.timers.insert((first, Timer::Wake));
        }
    }

    fn release(&mut self, prepared: Prepared) {
        let place = &self.plan.operations[prepared.operation];
        let (scope, operation) = (place.scope, place.operation.clone());
        self.tell_sent(prepared.call, scope, &operation, prepared.steps.len());
        for step in prepared.steps {
            let planned = self.plan.step(step);
            let event = Event::StepCalled {
                step,
                address: planned.address.clone(),
                operation: operation.clone(),
                attempt: self.run(step).state.tries().count,
                call: prepared.call.0,
            };
            self.emit(event);
            self.run_mut(step).was_called = true;
        }
        if let Output::Remove { removal, .. } = &prepared.output {
            *self.tally.removal.entry(removal.operation.clone()).or_default() += 1;
        }
        self.outputs.push_back(prepared.output);
    }

    /// Takes back a call that was not let go.
    fn withdraw(&mut self, prepared: Prepared) -> Result<(), MachineError> {
        if let Some(InFlight::Removal { operation, .. }) = self.calls.remove(&prepared.call) {
            self.paces[self.plan.operations[operation].pace].not_sent();
        }
        for step in prepared.steps {
            self.record(step, StepRecord::NotSent)?;
            self.set_activity(step, Activity::Held);
        }
        Ok(())
    }

    pub(super) fn removed(&mut self, call: CallId, answers: Vec<Answer>) -> Result<(), MachineError> {
        let Some(InFlight::Removal { operation, steps }) = self.calls.remove(&call) else {
            return Err(MachineError::NoSuchCall { call });
        };
        let throttle = answers.iter().find_map(|answer| match answer {
            Answer::Failed(CallError { class: ErrorClass::Throttle { retry_after }, .. }) => Some(*retry_after),
            Answer::Failed(_)
            | Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. }
            | Answer::Refused(_) => None,
        });
        let failed = answers.iter().find_map(|answer| match answer {
            Answer::Failed(error) => Some(error.class),
            Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. }
            | Answer::Refused(_) => None,
        });
        let place = &self.plan.operations[operation];
        let (scope, pace, name) = (place.scope, place.pace, place.operation.clone());
        self.tell_answered(call, throttle.map(|retry_after| ErrorClass::Throttle { retry_after }).or(failed));
        match throttle {
            Some(retry_after) => {
                self.paces[pace].throttled(self.now, retry_after, &mut self.random);
                self.tell_throttled(scope, pace, &name);
            }
            None => {
                self.paces[pace].went_well(self.now);
                self.tell_rate(scope, pace, &name);
            }
        }
        let missing = std::iter::repeat_with(|| Answer::Failed(unanswered(&self.plan.operations[operation].operation)));
        let answers: Vec<Answer> = answers.into_iter().chain(missing).take(steps.len()).collect();
        // Also where it was one this time: the answer is of the sort that speaks of several.
        let is_shared = steps.first().is_some_and(|step| self.planned(*step).group.is_some());
        let is_mixed = answers.iter().any(|answer| !matches!(answer, Answer::Failed(_)));
        for (step, answer) in steps.into_iter().zip(answers) {
            if let Answer::Parked { until, .. } = answer {
                self.run_mut(step).parked = Some(Parked { until });
            }
            self.answer(step, if is_shared { of_several(answer, is_mixed) } else { answer })?;
        }
        Ok(())
    }

    fn answer(&mut self, step: u32, answer: Answer) -> Result<(), MachineError> {
        match answer {
            Answer::Removed { request_id } => self.end(step, Outcome::Removed { request_id, with: None }),
            Answer::Parked { until, request_id } => self.end(step, Outcome::Parked { until, request_id }),
            Answer::AlreadyGone { .. } => match self.run(step).state.tries().unsure {
                true => {
                    let outcome = self.removed_or_parked(step, None, None);
                    self.end(step, outcome)
                }
                false => self.end(step, Outcome::AlreadyGone),
            },
            Answer::Accepted { request_id } => {
                self.record(step, StepRecord::Accepted { request_id })?;
                let address = self.planned(step).address.clone();
                self.emit(Event::StepAccepted { step, address });
                match self.planned(step).completion {
                    Completion::Sync => self.settle_now(step),
                    Completion::Async => self.settle(step),
                }
                Ok(())
            }
            Answer::Refused(refusal) => self.refused(step, refusal),
            Answer::Failed(error) => self.failed(step, error),
        }
    }

    fn failed(&mut self, step: u32, error: CallError) -> Result<(), MachineError> {
        if error.class == ErrorClass::Auth {
            self.stop(StopCause::Auth { message: error.to_string() }, false);
        }
        if error.effect == Effect::Unknown {
            return self.unsettled(step, trouble_of_error(&error));
        }
        match error.class {
            ErrorClass::Permanent | ErrorClass::Auth => self.end(step, failed(&error)),
            ErrorClass::Throttle { .. } if self.has_no_time_left(step) => self.end(step, failed(&error)),
            ErrorClass::Transient if self.is_exhausted(step) => self.end(step, failed(&error)),
            ErrorClass::Throttle { .. } => {
                self.no_effect(step, trouble_of_error(&error))?;
                self.stand_in_line(step);
                Ok(())
            }
            ErrorClass::Transient => {
                self.no_effect(step, trouble_of_error(&error))?;
                let delay = backoff(self.run(step).faults, &self.settings.retry, &mut self.random);
                self.come_back(step, self.now.after(delay));
                Ok(())
            }
        }
    }

    fn refused(&mut self, step: u32, refusal: Refusal) -> Result<(), MachineError> {
        let outcome = Outcome::Refused {
            code: refusal.code.clone(),
            by: refusal.by.clone(),
            message: refusal.message.clone(),
            request_id: refusal.request_id.clone(),
        };
        let trouble =
            Trouble { class: None, code: Some(refusal.code), message: refusal.message, request_id: refusal.request_id };
        let wait = self.planned(step).waits.iter().map(|wait| wait.timeout).max();
        match refusal.class {
            RefusalClass::Blocked => self.end(step, outcome),
            RefusalClass::MayLinger if self.saw_go(step, refusal.by.as_ref()) => self.lingers(step, outcome, trouble),
            // It may be on its way by an earlier call, which takes the time that it takes.
            RefusalClass::Waits if self.run(step).state.tries().unsure => match self.has_no_time_left(step) {
                true => self.end(step, outcome),
                false => self.unsettled_again(step, trouble, self.settings.wait_poll),
            },
            RefusalClass::MayLinger | RefusalClass::Changed if self.run(step).state.tries().unsure => {
                match self.is_exhausted(step) {
                    true => self.end(step, outcome),
                    false => self.unsettled_again(step, trouble, self.settings.settle.first),
                }
            }
            RefusalClass::Waits => {
                let since = self.waits_since(step);
                match wait {
                    Some(timeout) if self.now.since(since) < timeout => {
                        self.no_effect(step, trouble)?;
                        self.run_mut(step).checked_at = None;
                        self.come_back(step, self.now.after(self.settings.wait_poll));
                        Ok(())
                    }
                    Some(_) | None => self.end(step, outcome),
                }
            }
            RefusalClass::MayLinger => self.end(step, outcome),
            RefusalClass::Changed if self.is_exhausted(step) => self.end(step, outcome),
            RefusalClass::Changed => {
                self.no_effect(step, trouble)?;
                self.run_mut(step).checked_at = None;
                let delay = backoff(self.run(step).faults, &self.settings.retry, &mut self.random);
                self.come_back(step, self.now.after(delay));
                Ok(())
            }
        }
    }

    /// Whether this run, or an earlier session of it, saw the holder of the step's resource go: the one that is named, or
    /// any that it may have been.
    fn saw_go(&self, step: u32, holder: Option<&Address>) -> bool {
        let after = &self.planned(step).after;
        holder.map_or(!after.is_empty(), |holder| after.iter().any(|before| self.planned(*before).address == *holder))
    }

    /// A refusal may outlast its reason for a moment.
    fn lingers(&mut self, step: u32, outcome: Outcome, trouble: Trouble) -> Result<(), MachineError> {
        let now = self.now;
        let run = self.run_mut(step);
        let since = *run.linger_since.get_or_insert(now);
        run.lingers += 1;
        let lingers = run.lingers;
        if now.since(since) >= self.settings.linger {
            return self.end(step, outcome);
        }
        self.no_effect(step, trouble)?;
        let retry = &self.settings.retry;
        let delay = retry.base + backoff(lingers, retry, &mut self.random).min(self.settings.settle.cap);
        self.come_back(step, now.after(delay));
        Ok(())
    }

    fn no_effect(&mut self, step: u32, trouble: Trouble) -> Result<(), MachineError> {
        self.record(step, StepRecord::NoEffect { trouble: trouble.clone() })?;
        self.set_activity(step, Activity::Held);
        let address = self.planned(step).address.clone();
        self.emit(Event::StepRetries { step, address, trouble });
        Ok(())
    }

    /// A call may have done its work. That is read, never assumed.
    fn unsettled(&mut self, step: u32, trouble: Trouble) -> Result<(), MachineError> {
        self.count_fault(step);
        self.unsettled_again(step, trouble, self.settings.settle.first)
    }

    fn unsettled_again(&mut self, step: u32, trouble: Trouble, delay: Duration) -> Result<(), MachineError> {
        self.record(step, StepRecord::Unsettled { trouble: trouble.clone() })?;
        self.run_mut(step).last_unsettled = Some(trouble.clone());
        let address = self.planned(step).address.clone();
        self.emit(Event::StepUnsettled { step, address, trouble });
        self.settle_after(step, delay);
        Ok(())
    }

    fn count_fault(&mut self, step: u32) {
        let now = self.now;
        let run = self.run_mut(step);
        run.faults += 1;
        run.first_fault.get_or_insert(now);
    }

    /// Counts a fault. Reports whether there were too many, or for too long.
    fn is_exhausted(&mut self, step: u32) -> bool {
        self.count_fault(step);
        self.has_no_attempt_left(step)
    }

    /// A call that was throttled, or that found its target on its way, is no attempt: only the time counts.
    fn has_no_time_left(&mut self, step: u32) -> bool {
        let now = self.now;
        let first = *self.run_mut(step).first_fault.get_or_insert(now);
        now.since(first) >= self.settings.retry.max_total
    }

    fn has_no_attempt_left(&self, step: u32) -> bool {
        let (run, retry) = (self.run(step), &self.settings.retry);
        let since = run.first_fault.map(|first| self.now.since(first)).unwrap_or_default();
        run.faults >= retry.max_attempts || since >= retry.max_total
    }

    /// After an unknown outcome that turned out to have removed nothing: another attempt, from its recheck on.
    pub(super) fn try_again(&mut self, step: u32) -> Result<(), MachineError> {
        if self.has_no_attempt_left(step) {
            let last = self.run_mut(step).last_unsettled.take();
            return self.end(step, gave_up(last));
        }
        self.set_activity(step, Activity::Held);
        self.take_up(step);
        Ok(())
    }
}

/// What the answer for one of several targets is worth. That it was removed or parked is read before it is believed, and
/// where some fared well, that a failure did nothing is read as well.
fn of_several(answer: Answer, is_mixed: bool) -> Answer {
    match answer {
        Answer::Removed { request_id } | Answer::Parked { request_id, .. } => Answer::Accepted { request_id },
        Answer::Failed(error) if is_mixed => Answer::Failed(CallError { effect: Effect::Unknown, ..error }),
        Answer::Accepted { .. } | Answer::AlreadyGone { .. } | Answer::Refused(_) | Answer::Failed(_) => answer,
    }
}

/// Too many attempts had an unknown outcome, and the resource was there after each.
fn gave_up(last: Option<Trouble>) -> Outcome {
    let (class, code, message, request_id) = match last {
        Some(last) => (last.class, last.code, last.message, last.request_id),
        None => (None, None, "it is still there".to_owned(), None),
    };
    Outcome::Failed { class: class.unwrap_or(FailureClass::Transient), code, message, request_id }
}

fn trouble_of_error(error: &CallError) -> Trouble {
    Trouble {
        class: Some(error.class.into()),
        code: error.code.clone(),
        message: error.to_string(),
        request_id: error.request_id.clone(),
    }
}

fn unanswered(operation: &str) -> CallError {
    CallError {
        class: ErrorClass::Transient,
        effect: Effect::Unknown,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message: "the provider answered for fewer resources than it was asked to remove".to_owned(),
        request_id: None,
    }
}
