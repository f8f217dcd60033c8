//! What passes does not keep a run from its end; and where nothing goes wrong, nothing is refused.

use super::{Check, Findings, Scene};
use crate::log::Moment;

/// How the last session ended.
#[derive(Debug, Default)]
pub(super) struct Completes {
    complete: Option<bool>,
}

impl Check for Completes {
    fn name(&self) -> &'static str {
        "completes"
    }

    fn see(&mut self, scene: &Scene<'_>, moment: &Moment, found: &mut Findings) {
        match moment {
            Moment::Finished(finished) => {
                self.complete = Some(finished.as_ref().is_ok_and(|receipt| receipt.complete));
            }
            Moment::Refused { target, code, .. } if scene.case.faults.is_empty() && scene.case.crashes.is_empty() => {
                found.add(format!("{target} is refused by {code}, and nothing went wrong"));
            }
            Moment::Refused { .. }
            | Moment::Began { .. }
            | Moment::AppendBegan
            | Moment::Durable(_)
            | Moment::Sent { .. }
            | Moment::Arrived { .. }
            | Moment::Taken { .. }
            | Moment::Gone { .. }
            | Moment::Put { .. }
            | Moment::Answered { .. }
            | Moment::Fired { .. }
            | Moment::StopAsked
            | Moment::Crashed { .. }
            | Moment::Broken(_) => {}
        }
    }

    fn end(&mut self, scene: &Scene<'_>, found: &mut Findings) {
        let case = scene.case;
        let passes = case.faults.iter().all(crate::case::Fault::passes)
            && case.stop_after.is_none()
            && case.failing_append.is_none()
            && case.pace.max_failures.is_none();
        if passes && self.complete == Some(false) {
            found.add("something is left, and nothing stood in the way".to_owned());
        }
    }
}
