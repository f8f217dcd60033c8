//! `sexton verify`: whether a plan is what its inventory, its policy and the rulebooks give. Changes nothing.

use std::io::Write;

use sexton_core::plan::Plan;
use sexton_core::verify::{Conditions, Expected, Grounds, Seal, Verified, VerifyError};

use crate::arguments::{Inputs, Verify as Arguments};
use crate::failure::{Done, Exit, Failure, chained, heard};
use crate::files::{read_inventory, read_plan, read_policy, workers};
use crate::report;
use crate::rules::rulebooks;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let plan = read_plan(&arguments.plan)?;
    let verified = verified(&plan, &arguments.inputs)?;
    let counted = |count: u64, what: &str| report::words::counted(usize::try_from(count).unwrap_or(usize::MAX), what);
    let line = format!(
        "Verified: {} over {}; {} held, {} blocked, {} kept.",
        counted(verified.steps, "step"),
        counted(verified.resources, "resource"),
        verified.held,
        verified.blocked,
        verified.kept
    );
    heard(writeln!(anstream::stdout(), "{line}"))?;
    Ok(Done::Clean)
}

/// Reads the inventory and the policy and verifies the plan by them, with conditions by the interpreter.
pub(super) fn verified(plan: &Plan, inputs: &Inputs) -> Result<Verified, Failure> {
    let inventory = read_inventory(&inputs.inventory)?;
    if inventory.digest() != plan.inventory.digest {
        return Err(stale(format!("the plan was made from another inventory than {}", inputs.inventory)));
    }
    let rulebooks = rulebooks(&inputs.rules)?;
    let policy = read_policy(&inputs.policy, &rulebooks)?;
    if policy.digest() != plan.policy.digest {
        return Err(stale(format!("the plan was made by another policy than {}", inputs.policy)));
    }
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    // Reading the plan compared its digest.
    let expected = Expected::read(&grounds, plan.now, Conditions::Interpreted, workers());
    expected.and_then(|expected| expected.check(plan, Seal::Skip)).map_err(|error| match &error {
        VerifyError::Violated(violations) => stale(format!("{error}:\n{violations}")),
        VerifyError::Policy(faults) => report::policy::faulty(&inputs.policy, faults),
        VerifyError::RepeatedRulebook { .. } | VerifyError::Rulebook { .. } | _ => {
            Failure::new(format!("the plan cannot be verified: {}", chained(&error)))
        }
    })
}

/// A plan that is no longer, or never was, what it should be.
pub(super) fn stale(what: String) -> Failure {
    Failure::with(Exit::Stale, what).next("list again with `sexton inventory`, plan again and review the new plan")
}
