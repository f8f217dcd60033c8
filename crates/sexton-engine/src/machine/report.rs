//! What a session says of itself at its end.

use sexton_core::plan::FreedBytes;

use super::Machine;
use crate::outcome::Outcome;
use crate::receipt::{Calls, Counts, Receipt, StepReport};

impl Machine {
    /// What the removals of the run free, by estimate.
    pub(super) fn freed_bytes(&self) -> FreedBytes {
        let removed = self.plan.steps.iter().zip(&self.steps).filter(|(_, run)| match run.state.outcome() {
            Some(Outcome::Removed { .. }) => true,
            Some(_) | None => false,
        });
        removed.fold(FreedBytes { min: 0, max: 0 }, |freed, (planned, _)| FreedBytes {
            min: freed.min.saturating_add(planned.freed.0),
            max: freed.max.saturating_add(planned.freed.1),
        })
    }

    pub(super) fn receipt(&self) -> Receipt {
        Receipt {
            run: self.run.clone(),
            plan: self.plan.digest.clone(),
            session: self.session,
            began_at: self.base,
            ended_at: self.at(),
            complete: self.steps.iter().all(|step| step.state.is_done()),
            stopped: self.stopping.as_ref().map(|stopping| stopping.cause.clone()),
            counts: Counts::of(self.steps.iter().map(|step| &step.state)),
            calls: Calls { fewest: self.fewest_calls(), ..self.tally.clone() },
            freed_bytes: self.freed_bytes(),
            steps: (0_u32..)
                .zip(&self.steps)
                .map(|(index, step)| StepReport {
                    index,
                    address: self.plan.step(index).address.clone(),
                    state: step.state.clone(),
                    at: step.at,
                })
                .collect(),
        }
    }
}
