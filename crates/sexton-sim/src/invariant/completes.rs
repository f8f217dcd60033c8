//! What passes does not keep a run from its end; and where nothing goes wrong, nothing is refused.

use sexton_core::address::Address;
use sexton_engine::Receipt;
use sexton_engine::machine::RunFailure;

use super::{Check, Findings, Scene};
use crate::case::Fault;

/// How the last session ended.
#[derive(Debug, Default)]
pub(super) struct Completes {
    complete: Option<bool>,
}

impl Check for Completes {
    fn name(&self) -> &'static str {
        "completes"
    }

    fn refused(&mut self, scene: &Scene<'_>, target: &Address, code: &str, found: &mut Findings) {
        let nothing_went_wrong = scene.case.faults.is_empty() && scene.case.crashes.is_empty();
        if nothing_went_wrong && !scene.world.may_come_too_late(target) {
            found.add(format!("{target} is refused by {code}, and nothing went wrong"));
        }
    }

    fn finished(&mut self, _: &Scene<'_>, finished: Result<&Receipt, &RunFailure>, _: &mut Findings) {
        self.complete = Some(finished.is_ok_and(|receipt| receipt.complete));
    }

    fn end(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let case = scene.case;
        let mut turned = scene.world.turns.iter().map(|turn| &turn.address);
        let passes = case.faults.iter().all(Fault::passes)
            && !turned.any(|address| scene.world.may_come_too_late(address))
            && case.stop_after.is_none()
            && case.failing_append.is_none()
            && case.pace.max_failures.is_none()
            && case.pace.max_failed_percent.is_none()
            && case.pace.max_duration_ms.is_none();
        if passes && self.complete == Some(false) {
            found.add("something is left, and nothing stood in the way".to_owned());
        }
    }
}
