//! No call without a durable intent of its own.

use std::collections::BTreeMap;

use sexton_engine::journal::{Entry, Record, StepRecord};
use sexton_provider::RemovalCall;

use super::{Check, Findings, Scene};
use crate::log::Ticket;

/// Intents that are durable and that no call was sent for.
#[derive(Debug, Default)]
pub(super) struct Intent {
    unused: BTreeMap<u32, u64>,
}

impl Check for Intent {
    fn name(&self) -> &'static str {
        "intent"
    }

    /// An intent of a process that is gone is no permission for the next.
    fn began(&mut self, _: &Scene<'_>, _: &mut Findings) {
        self.unused.clear();
    }

    fn durable(&mut self, _: &Scene<'_>, entries: &[Entry], _: &mut Findings) {
        for entry in entries {
            let Record::Step { step, record } = &entry.record else { continue };
            match record {
                StepRecord::Intent { call, .. } => self.unused.insert(*step, *call),
                StepRecord::NotSent
                | StepRecord::Accepted { .. }
                | StepRecord::NoEffect { .. }
                | StepRecord::Unsettled { .. }
                | StepRecord::StillThere
                | StepRecord::Ended { .. }
                | StepRecord::Reopened => self.unused.remove(step),
            };
        }
    }

    fn removal(&mut self, scene: &Scene<'_>, ticket: Ticket, removal: &RemovalCall, found: &mut Findings) {
        let mut calls = Vec::new();
        for target in &removal.targets {
            let Some(step) = scene.step(&target.address) else { continue };
            match self.unused.remove(&step.index) {
                Some(call) => calls.push(call),
                None => found.add(format!("call {ticket} for {} has no intent", step.address)),
            }
        }
        calls.dedup();
        if calls.len() > 1 {
            found.add(format!("call {ticket} goes by the intents of several calls: {calls:?}"));
        }
    }
}
