//! Readings: which resources share one, where its answers go, and what a failed one means.

use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_core::rulebook::BatchKey;
use sexton_provider::{CallError, Effect, ErrorClass, Observed};

use super::lane::{Ask, KindLane, Question};
use super::tell::{DEPENDENTS, PROBE};
use super::{CallId, InFlight, Machine, MachineError, Output};
use crate::journal::StopCause;
use crate::outcome::Outcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Settling,
    Checking,
}

impl Machine {
    pub(super) fn send_settling_probe(&mut self) -> bool {
        self.send_probe(Line::Settling)
    }

    pub(super) fn send_checking_probe(&mut self) -> bool {
        self.send_probe(Line::Checking)
    }

    /// Sends the reading that is first in line. Reports whether there was one.
    fn send_probe(&mut self, line: Line) -> bool {
        let now = self.now;
        let head = |kind: usize, lane: &KindLane| {
            let first = match line {
                Line::Settling => lane.settling.first(),
                Line::Checking => lane.checking.first(),
            };
            let place = &self.plan.kinds[kind];
            first.filter(|_| self.serves(place.scope) && self.paces[place.probe_pace].is_open(now)).copied()
        };
        let first = self.kinds.iter().enumerate().filter_map(|(kind, lane)| Some((head(kind, lane)?, kind))).min();
        let Some((_, kind)) = first else { return false };
        let questions = self.take_questions(kind, line);
        self.paces[self.plan.kinds[kind].probe_pace].sent(now);
        let targets: Vec<Address> = questions.iter().map(|question| self.asked_address(question.ask).clone()).collect();
        let call = self.call_id();
        let epoch = self.epoch(self.plan.kinds[kind].scope);
        self.calls.insert(call, InFlight::Probe { kind, questions, epoch });
        self.tally.probe += 1;
        let provider = self.provider_of(self.plan.kinds[kind].scope);
        self.tell_sent(call, self.plan.kinds[kind].scope, PROBE, targets.len());
        self.outputs.push_back(Output::Probe { call, provider, targets });
        true
    }

    /// Takes from the head of a line what one reading can name.
    fn take_questions(&mut self, kind: usize, line: Line) -> Vec<Question> {
        let place = &self.plan.kinds[kind];
        let most = self.settings.probe_batch.get().min(place.probe_limit);
        let by_prefix = place.batch_key == BatchKey::IdPrefix;
        let lane = &mut self.kinds[kind];
        let mut questions = match line {
            Line::Settling => KindLane::take(&mut lane.settling, most),
            Line::Checking => KindLane::take(&mut lane.checking, most),
        };
        if by_prefix && let Some(first) = questions.first() {
            let prefix = id_prefix(self.asked_address(first.ask)).to_owned();
            let (alike, others) =
                questions.into_iter().partition(|question| id_prefix(self.asked_address(question.ask)) == prefix);
            questions = alike;
            let lane = &mut self.kinds[kind];
            match line {
                Line::Settling => lane.settling.extend(others),
                Line::Checking => lane.checking.extend(others),
            }
        }
        questions
    }

    fn asked_address(&self, ask: Ask) -> &Address {
        match ask {
            Ask::Gone { step } | Ask::Target { step, .. } => &self.planned(step).address,
            Ask::Other { step, wait, .. } => {
                let planned = self.planned(step);
                planned.waits[wait].wait.by.as_ref().unwrap_or(&planned.address)
            }
            Ask::Retained { group, place } => &self.plan.retained[group].addresses[place].1,
        }
    }

    pub(super) fn probed(
        &mut self,
        call: CallId,
        answer: Result<Vec<Observed>, CallError>,
    ) -> Result<(), MachineError> {
        let Some(InFlight::Probe { kind, questions, epoch }) = self.calls.remove(&call) else {
            return Err(MachineError::NoSuchCall { call });
        };
        let answer = answer.and_then(|observed| match observed.len() == questions.len() {
            true => Ok(observed),
            false => Err(miscounted(questions.len(), observed.len())),
        });
        let (scope, probe_pace) = (self.plan.kinds[kind].scope, self.plan.kinds[kind].probe_pace);
        self.tell_answered(call, answer.as_ref().err().map(|error| error.class));
        match answer {
            Ok(observed) => {
                self.paces[probe_pace].went_well(self.now);
                self.tell_rate(scope, probe_pace, PROBE);
                if epoch != self.epoch(scope) {
                    questions.into_iter().for_each(|question| self.ask_anew(kind, question));
                    return Ok(());
                }
                for (question, observed) in questions.into_iter().zip(observed) {
                    self.answered(question.ask, observed)?;
                }
            }
            Err(error) => {
                let pace = &mut self.paces[probe_pace];
                match error.class {
                    ErrorClass::Throttle { retry_after } => {
                        pace.throttled(self.now, retry_after, &mut self.random);
                        self.tell_throttled(scope, probe_pace, PROBE);
                    }
                    ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => {
                        pace.faltered(self.now, &self.settings.retry, &mut self.random);
                    }
                }
                if error.class == ErrorClass::Auth {
                    self.stop(StopCause::Auth { message: error.to_string() }, false);
                }
                let several = questions.len() > 1;
                for question in questions {
                    self.unanswered(kind, question, several, &error)?;
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, ask: Ask, observed: Observed) -> Result<(), MachineError> {
        match ask {
            Ask::Gone { step } if self.settles() => self.gone_observed(step, &observed),
            Ask::Target { unit, step } if self.begins() => self.target_observed(unit, step, observed),
            Ask::Other { unit, step, wait } if self.begins() => self.other_observed(unit, step, wait, observed),
            Ask::Retained { group, place } if self.begins() => self.retained_observed(group, place, &observed),
            Ask::Gone { step } if !matches!(observed, Observed::Present(_)) => self.gone_observed(step, &observed),
            Ask::Gone { .. } | Ask::Target { .. } | Ask::Other { .. } | Ask::Retained { .. } => Ok(()),
        }
    }

    /// Asks again what was answered under other credentials.
    fn ask_anew(&mut self, kind: usize, question: Question) {
        match question.ask {
            Ask::Gone { .. } if self.settles() => self.kinds[kind].settling.insert(question),
            Ask::Target { .. } | Ask::Other { .. } | Ask::Retained { .. } if self.begins() => {
                self.kinds[kind].checking.insert(question)
            }
            Ask::Gone { .. } | Ask::Target { .. } | Ask::Other { .. } | Ask::Retained { .. } => false,
        };
    }

    /// A reading failed. It is tried again while that makes sense: one of several that was refused for good by itself.
    fn unanswered(
        &mut self,
        kind: usize,
        question: Question,
        several: bool,
        error: &CallError,
    ) -> Result<(), MachineError> {
        let again = match error.class {
            ErrorClass::Throttle { .. } | ErrorClass::Transient => Some(question),
            ErrorClass::Permanent => several.then_some(Question { alone: true, ..question }),
            ErrorClass::Auth => None,
        };
        match question.ask {
            Ask::Gone { step } if self.settles() => match again {
                Some(question) if !self.is_overdue(step) => {
                    self.kinds[kind].settling.insert(question);
                    Ok(())
                }
                Some(_) | None => self.end_unknown(step, format!("it could not be read whether it is gone: {error}")),
            },
            Ask::Target { unit, .. } | Ask::Other { unit, .. } if self.begins() => match again {
                Some(question) if self.read_faulted(unit, error.class) => {
                    self.kinds[kind].checking.insert(question);
                    Ok(())
                }
                Some(_) | None => self.reading_failed(unit, failed(error)),
            },
            Ask::Retained { group, .. } if self.begins() => match again {
                Some(question) if self.retained_faulted(group) => {
                    self.kinds[kind].checking.insert(question);
                    Ok(())
                }
                Some(_) | None => self.retained_failed(group, &failed(error)),
            },
            Ask::Gone { .. } | Ask::Target { .. } | Ask::Other { .. } | Ask::Retained { .. } => Ok(()),
        }
    }

    /// Counts a failed reading for a step's recheck. Reports whether it is worth another. Being throttled is no attempt.
    fn read_faulted(&mut self, unit: u32, class: ErrorClass) -> bool {
        let now = self.now;
        let (most, max_total) = (self.settings.retry.read_attempts, self.settings.retry.max_total);
        let run = self.run_mut(unit);
        run.read_faults += u32::from(!matches!(class, ErrorClass::Throttle { .. }));
        let first = *run.first_read_fault.get_or_insert(now);
        run.read_faults < most && now.since(first) < max_total
    }

    pub(super) fn dependents_found(
        &mut self,
        call: CallId,
        answer: Result<Vec<Resource>, CallError>,
    ) -> Result<(), MachineError> {
        let Some(InFlight::Dependents { kind, unit, step, epoch }) = self.calls.remove(&call) else {
            return Err(MachineError::NoSuchCall { call });
        };
        let rank = self.planned(unit).rank;
        let (scope, dependents_pace) = (self.plan.kinds[kind].scope, self.plan.kinds[kind].dependents_pace);
        self.tell_answered(call, answer.as_ref().err().map(|error| error.class));
        let pace = &mut self.paces[dependents_pace];
        let error = match answer {
            Ok(dependents) => {
                pace.went_well(self.now);
                self.tell_rate(scope, dependents_pace, DEPENDENTS);
                if self.begins() && epoch != self.epoch(scope) {
                    self.kinds[kind].dependents.insert((rank, unit, step));
                    return Ok(());
                }
                return if self.begins() { self.dependents_observed(unit, step, &dependents) } else { Ok(()) };
            }
            Err(error) => error,
        };
        let again = match error.class {
            ErrorClass::Throttle { retry_after } => {
                pace.throttled(self.now, retry_after, &mut self.random);
                self.tell_throttled(scope, dependents_pace, DEPENDENTS);
                true
            }
            ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => {
                pace.faltered(self.now, &self.settings.retry, &mut self.random);
                error.class == ErrorClass::Transient
            }
        };
        if error.class == ErrorClass::Auth {
            self.stop(StopCause::Auth { message: error.to_string() }, false);
        }
        if !self.begins() {
            return Ok(());
        }
        if again && self.read_faulted(unit, error.class) {
            self.kinds[kind].dependents.insert((rank, unit, step));
            return Ok(());
        }
        self.reading_failed(unit, failed(&error))
    }
}

fn id_prefix(address: &Address) -> &str {
    address.id().split('/').next().unwrap_or_default()
}

pub(super) fn failed(error: &CallError) -> Outcome {
    Outcome::Failed {
        class: error.class.into(),
        code: error.code.clone(),
        message: error.to_string(),
        request_id: error.request_id.clone(),
    }
}

fn miscounted(asked: usize, answered: usize) -> CallError {
    CallError {
        class: ErrorClass::Permanent,
        effect: Effect::None,
        operation: "probe".to_owned(),
        code: None,
        status: None,
        message: format!("the provider was asked for {asked} resources and answered for {answered}"),
        request_id: None,
    }
}
