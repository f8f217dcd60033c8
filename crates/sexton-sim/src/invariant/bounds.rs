//! Nothing is called while the run is paused, once it is stopped, out of time, or after too many failures.

use std::time::Duration;

use sexton_engine::Outcome;
use sexton_engine::journal::{Entry, Record, StepRecord};
use sexton_engine::machine::MonoTime;
use sexton_provider::RemovalCall;

use super::{Check, Findings, Scene, Told};
use crate::log::Ticket;

/// What holds a session back.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    began_at: Option<MonoTime>,
    paused: bool,
    stopped: bool,
    /// Steps of the session that ended refused, failed or unknown, by what is durable.
    failures: u32,
}

impl Check for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn began(&mut self, scene: &Scene<'_>, _: &mut Findings) {
        *self = Self { began_at: Some(scene.now), ..Self::default() };
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Pause => self.paused = true,
            Told::GoOn => self.paused = false,
            Told::Stop => self.stopped = true,
        }
    }

    fn durable(&mut self, _: &Scene<'_>, entries: &[Entry], _: &mut Findings) {
        for entry in entries {
            let Record::Step { record: StepRecord::Ended { outcome }, .. } = &entry.record else { continue };
            let is_failure =
                matches!(outcome, Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Unknown { .. });
            self.failures += u32::from(is_failure);
        }
    }

    fn removal(&mut self, scene: &Scene<'_>, ticket: Ticket, _: &RemovalCall, found: &mut Findings) {
        let pace = &scene.case.pace;
        if self.paused {
            found.add(format!("call {ticket} is sent during a pause"));
        }
        if self.stopped {
            found.add(format!("call {ticket} is sent after the run was asked to stop"));
        }
        let took = self.began_at.map(|began| scene.now.since(began)).unwrap_or_default();
        if pace.max_duration_ms.is_some_and(|most| took > Duration::from_millis(most)) {
            found.add(format!(
                "call {ticket} is sent after {took:?}, and the session may take {:?} ms",
                pace.max_duration_ms
            ));
        }
        let steps = u64::try_from(scene.world.plan.steps.len()).unwrap_or(u64::MAX);
        let reaches = |percent: u8| u64::from(self.failures) * 100 >= steps.saturating_mul(u64::from(percent));
        if pace.max_failures.is_some_and(|most| self.failures >= most) || pace.max_failed_percent.is_some_and(reaches) {
            found.add(format!("call {ticket} is sent after {} of {steps} steps have failed", self.failures));
        }
    }
}
