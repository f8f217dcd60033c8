//! Every step ends in one outcome, and the receipt says what the journal says.

use sexton_engine::journal::{Entry, Record, StepRecord};
use sexton_engine::machine::RunFailure;
use sexton_engine::{Outcome, Receipt};

use super::{Check, Findings, Scene};

/// The outcome of each step by the records, as they read.
#[derive(Debug)]
pub(super) struct OneOutcome {
    ended: Vec<Option<Outcome>>,
    last_seq: u64,
}

impl OneOutcome {
    pub(super) fn new(steps: usize) -> Self {
        Self { ended: vec![None; steps], last_seq: 0 }
    }

    fn read(&mut self, entry: &Entry, found: &mut Findings) {
        if entry.seq != self.last_seq + 1 {
            found.add(format!("record {} follows {}", entry.seq, self.last_seq));
        }
        self.last_seq = entry.seq;
        let Record::Step { step, record } = &entry.record else { return };
        let Some(ended) = usize::try_from(*step).ok().and_then(|place| self.ended.get_mut(place)) else {
            found.add(format!("record {} speaks of step {step}, which there is not", entry.seq));
            return;
        };
        match (record, &ended) {
            (StepRecord::Ended { outcome }, None) => *ended = Some(outcome.clone()),
            (StepRecord::Reopened, Some(outcome)) if !outcome.is_done() => *ended = None,
            (_, None) if *record != StepRecord::Reopened => {}
            (_, ended) => found.add(format!("step {step} is {ended:?}, and then {}", record.name())),
        }
    }

    fn compare(&self, receipt: &Receipt, found: &mut Findings) {
        for (report, ended) in receipt.steps.iter().zip(&self.ended) {
            if report.state.outcome() != ended.as_ref() {
                found.add(format!(
                    "step {} is {:?} in the receipt, and {ended:?} in the journal",
                    report.index, report.state
                ));
            }
            if ended.is_none() && receipt.stopped.is_none() {
                found.add(format!("step {} has no outcome, and nothing stopped the run", report.index));
            }
        }
        let steps = u64::try_from(self.ended.len()).unwrap_or(u64::MAX);
        if receipt.counts.all() != steps || receipt.steps.len() != self.ended.len() {
            found.add(format!("the receipt counts {} of {steps} steps", receipt.counts.all()));
        }
        let done = self.ended.iter().flatten().filter(|outcome| outcome.is_done()).count();
        if receipt.complete != (done == self.ended.len()) {
            found.add(format!("the receipt says {}, and {done} of {steps} are done", receipt.complete));
        }
    }
}

impl Check for OneOutcome {
    fn name(&self) -> &'static str {
        "outcome"
    }

    fn durable(&mut self, _: &Scene<'_>, entries: &[Entry], found: &mut Findings) {
        entries.iter().for_each(|entry| self.read(entry, found));
    }

    fn finished(&mut self, _: &Scene<'_>, finished: Result<&Receipt, &RunFailure>, found: &mut Findings) {
        if let Ok(receipt) = finished {
            self.compare(receipt, found);
        }
    }
}
