//! `sexton plan`: from an inventory and a policy to a plan. Changes nothing.

use std::num::NonZeroUsize;
use std::thread;

use sexton_core::plan::Plan;
use sexton_core::planner::{self, PlanError};
use sexton_core::verify::{Conditions, Expected, Grounds, Seal, VerifyError};

use crate::arguments::{Format, Plan as Arguments};
use crate::failure::{Done, Exit, Failure, chained, heard};
use crate::files::{Place, read_inventory, read_policy, workers};
use crate::report;
use crate::report::plan::Order;
use crate::report::view::View;
use crate::rules::rulebooks;

use super::show::look;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let inventory = read_inventory(&arguments.inputs.inventory)?;
    let rulebooks = rulebooks(&arguments.inputs.rules)?;
    let policy = read_policy(&arguments.inputs.policy, &rulebooks)?;
    report::policy::warn(&arguments.inputs.policy, &policy.warnings(&rulebooks));
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    let now = arguments.now.unwrap_or(inventory.taken_at());
    // The second reading does not look at the plan, so that it is made meanwhile.
    let (plan, expected) = thread::scope(|scope| {
        let expected = scope.spawn(|| Expected::read(&grounds, now, Conditions::Compiled, NonZeroUsize::MIN));
        let plan = planner::propose(&inventory, &rulebooks, &policy, Some(now), workers());
        (plan, expected.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let plan = plan.map_err(|error| cannot_plan(&error, arguments))?;
    let expected = expected.map_err(|error| unverified(&error))?;
    let plan = match &arguments.out {
        Some(out @ Place::File(_)) => write_verified(plan, &expected, out)?,
        Some(Place::Standard) | None => {
            expected.check(&plan, Seal::Skip).map_err(|error| unverified(&error))?;
            let plan = plan.sealed();
            if let Some(out) = &arguments.out {
                out.write(|writer| Ok(plan.write(writer).map(drop)?))?;
            }
            plan
        }
    };
    // A plan that was just written to standard output is not shown there once more.
    if arguments.out != Some(Place::Standard) || arguments.look.format != Format::Text {
        heard(look(&View::whole(&plan), &arguments.look, Order::Waves, &rulebooks))?;
    }
    let verdict = verdict(&plan, arguments);
    // The process ends here: taking a million resources apart first would only be waited for.
    std::mem::forget((expected, plan));
    std::mem::forget(inventory);
    Ok(verdict)
}

/// Writes the plan while it is verified. The file appears only if it holds.
fn write_verified(mut plan: Plan, expected: &Expected<'_>, out: &Place) -> Result<Plan, Failure> {
    let mut digest = String::new();
    let mut checked = Ok(());
    let written = thread::scope(|scope| {
        let check = scope.spawn(|| expected.check(&plan, Seal::Skip));
        out.write(|writer| {
            let written = plan.write(writer);
            let check = check.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            checked = check.map(drop).map_err(|error| unverified(&error));
            digest = written?;
            if checked.is_ok() { Ok(()) } else { Err("it does not hold".into()) }
        })
    });
    checked?;
    written?;
    plan.digest = digest;
    Ok(plan)
}

fn unverified(error: &VerifyError) -> Failure {
    let found = match error {
        VerifyError::Violated(violations) => format!(":\n{violations}"),
        VerifyError::RepeatedRulebook { .. } | VerifyError::Rulebook { .. } | VerifyError::Policy(_) | _ => {
            format!(": {}", chained(error))
        }
    };
    Failure::new(format!("the plan that was made does not pass its verification, and is not written{found}"))
        .next("this is a fault of sexton, not of the inputs: please report it with the inventory and the policy")
}

fn cannot_plan(error: &PlanError, arguments: &Arguments) -> Failure {
    if let PlanError::Policy(faults) = error {
        report::policy::faulty(&arguments.inputs.policy, faults)
    } else {
        Failure::new(format!("{}: {}", arguments.inputs.inventory, chained(error)))
    }
}

fn verdict(plan: &Plan, arguments: &Arguments) -> Done {
    if !plan.applyable {
        Done::With(Exit::Limit)
    } else if arguments.detailed_exitcode && !plan.complete {
        Done::With(Exit::Unlisted)
    } else if arguments.detailed_exitcode && !plan.steps.is_empty() {
        Done::With(Exit::Steps)
    } else {
        Done::Clean
    }
}
