//! A journal's records told as the events of their run, for what displays a recorded run.
//!
//! A journal knows nothing of readings, of what waits and of what was throttled; everything else is told as it was.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, FoldError, History, Record, RunStatus, StepRecord};
use crate::event::{Event, Reopened, RunEvent};
use crate::machine::StepState;
use crate::outcome::Outcome;
use crate::receipt::Counts;

#[cfg(test)]
mod tests;

/// The records of one run on their way into events.
struct Retelling<'s> {
    status: &'s RunStatus,
    history: History,
    /// Records of intents whose calls were taken back before they were sent.
    taken_back: BTreeSet<u64>,
    session: u32,
    seq: u64,
    /// The last call of each step.
    calls: BTreeMap<u32, u64>,
    unanswered: BTreeSet<u64>,
    events: Vec<RunEvent>,
}

impl RunStatus {
    /// The run so far, as its events would tell it.
    ///
    /// # Errors
    /// The records are not those of a run of the plan.
    pub fn events(&self) -> Result<Vec<RunEvent>, FoldError> {
        let mut retelling = Retelling {
            status: self,
            history: History::new(self.plan.steps.len()),
            taken_back: taken_back(&self.entries),
            session: 0,
            seq: 0,
            calls: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            events: Vec::new(),
        };
        for entry in &self.entries {
            retelling.tell(entry)?;
        }
        Ok(retelling.events)
    }
}

/// The intents that are followed by the record that their call was not sent.
fn taken_back(entries: &[Entry]) -> BTreeSet<u64> {
    let mut last_intent = BTreeMap::new();
    let mut taken_back = BTreeSet::new();
    for entry in entries {
        let Record::Step { step, record } = &entry.record else { continue };
        if matches!(record, StepRecord::Intent { .. }) {
            last_intent.insert(*step, entry.seq);
        } else if matches!(record, StepRecord::NotSent) {
            taken_back.extend(last_intent.remove(step));
        }
    }
    taken_back
}

impl Retelling<'_> {
    fn tell(&mut self, entry: &Entry) -> Result<(), FoldError> {
        let before = match &entry.record {
            Record::Step { step, .. } => self.state(*step).cloned(),
            Record::SessionBegan { .. }
            | Record::Identified { .. }
            | Record::Stopping { .. }
            | Record::Paused
            | Record::Unpaused
            | Record::SessionEnded { .. } => None,
        };
        self.history.apply(entry)?;
        match &entry.record {
            Record::SessionBegan { session } => {
                (self.session, self.seq) = (*session, 0);
                self.calls.clear();
                self.unanswered.clear();
                let event = self.session_began();
                self.emit(entry, event);
            }
            Record::Identified { scope } => self.emit(entry, Event::Identified { scope: scope.clone() }),
            Record::Stopping { cause } => self.emit(entry, Event::Stopping { cause: cause.clone() }),
            Record::Paused => self.emit(entry, Event::Paused),
            Record::Unpaused => self.emit(entry, Event::Unpaused),
            Record::SessionEnded { complete, .. } => {
                let counts = Counts::of(self.history.steps.iter().map(|step| &step.state));
                // Why a session failed stands in no journal.
                self.emit(entry, Event::SessionEnded { complete: *complete, counts, failure: None });
            }
            Record::Step { step, record } => self.tell_step(entry, *step, record, before.as_ref()),
        }
        Ok(())
    }

    fn tell_step(&mut self, entry: &Entry, step: u32, record: &StepRecord, before: Option<&StepState>) {
        let place = usize::try_from(step).ok();
        let Some(planned) = place.and_then(|place| self.status.plan.steps.get(place)) else { return };
        let address = planned.address.clone();
        self.tell_answered(entry, step, record);
        let event = match record {
            StepRecord::Intent { .. } if self.taken_back.contains(&entry.seq) => return,
            StepRecord::NotSent => return,
            StepRecord::Intent { attempt, call } => {
                let operation = planned.operation.clone();
                self.calls.insert(step, *call);
                if self.unanswered.insert(*call) {
                    let scope = format!("{}:{}:{}", address.provider(), address.account(), address.region());
                    let targets = self.targets_of(entry, *call);
                    self.emit(entry, Event::CallSent { call: *call, scope, operation: operation.clone(), targets });
                }
                Event::StepCalled { step, address, operation, attempt: *attempt, call: *call }
            }
            StepRecord::Accepted { .. } => Event::StepAccepted { step, address },
            StepRecord::NoEffect { trouble } => Event::StepRetries { step, address, trouble: trouble.clone() },
            StepRecord::Unsettled { trouble } => Event::StepUnsettled { step, address, trouble: trouble.clone() },
            StepRecord::StillThere => Event::StepStillThere { step, address },
            StepRecord::Ended { outcome } => Event::StepEnded { step, address, outcome: outcome.clone() },
            StepRecord::Reopened => {
                let Some(was) = before.and_then(StepState::outcome).cloned() else { return };
                let stands = match self.state(step) {
                    Some(StepState::Unsettled(_)) => Reopened::Underway,
                    Some(_) | None => Reopened::Left,
                };
                Event::StepReopened { step, address, was, stands }
            }
        };
        self.emit(entry, event);
    }

    /// Tells that a call was answered, with the first record that its answer made.
    fn tell_answered(&mut self, entry: &Entry, step: u32, record: &StepRecord) {
        let failed = match record {
            StepRecord::NoEffect { trouble } | StepRecord::Unsettled { trouble } => trouble.class,
            StepRecord::Ended { outcome: Outcome::Failed { class, .. } } => Some(*class),
            StepRecord::Accepted { .. } | StepRecord::StillThere | StepRecord::Ended { .. } => None,
            StepRecord::Intent { .. } | StepRecord::NotSent | StepRecord::Reopened => return,
        };
        if let Some(call) = self.calls.remove(&step).filter(|call| self.unanswered.remove(call)) {
            self.emit(entry, Event::CallAnswered { call, failed });
        }
    }

    /// How many steps share a call: their intents stand together.
    fn targets_of(&self, first: &Entry, call: u64) -> usize {
        let place = usize::try_from(first.seq - 1).unwrap_or(usize::MAX);
        let entries = self.status.entries.get(place..).unwrap_or_default();
        let shares = |entry: &&Entry| match &entry.record {
            Record::Step { record: StepRecord::Intent { call: of, .. }, .. } => *of == call,
            Record::Step { .. }
            | Record::SessionBegan { .. }
            | Record::Identified { .. }
            | Record::Stopping { .. }
            | Record::Paused
            | Record::Unpaused
            | Record::SessionEnded { .. } => false,
        };
        entries.iter().take_while(shares).count()
    }

    fn session_began(&self) -> Event {
        let mut kinds: BTreeMap<String, Counts> = BTreeMap::new();
        let mut underway = Vec::new();
        for (planned, history) in self.status.plan.steps.iter().zip(&self.history.steps) {
            kinds.entry(planned.address.kind().to_owned()).or_default().add(&history.state);
            match history.state {
                StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => {
                    underway.push(planned.index);
                }
                StepState::Waiting(_) | StepState::Ended { .. } => {}
            }
        }
        Event::SessionBegan {
            plan: self.status.plan.digest.clone(),
            steps: self.status.plan.steps.len(),
            done: self.history.steps.iter().filter(|step| step.state.is_done()).count(),
            kinds,
            underway,
        }
    }

    fn state(&self, step: u32) -> Option<&StepState> {
        let place = usize::try_from(step).ok()?;
        self.history.steps.get(place).map(|history| &history.state)
    }

    fn emit(&mut self, entry: &Entry, event: Event) {
        self.seq += 1;
        let (run, session, seq, at) = (self.status.run.clone(), self.session, self.seq, entry.at);
        self.events.push(RunEvent { run, session, seq, at, event });
    }
}
