//! `sexton plan`: from an inventory and a policy to a plan. Changes nothing.

use sexton_core::plan::Plan;
use sexton_core::planner::{self, PlanError};

use crate::arguments::{Format, Plan as Arguments};
use crate::config::rulebooks;
use crate::failure::{Done, Exit, Failure, chained, heard};
use crate::files::{read_inventory, read_policy};
use crate::report;
use crate::report::plan::Order;
use crate::report::view::View;

use super::show::look;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let inventory = read_inventory(&arguments.inputs.inventory)?;
    let policy = read_policy(&arguments.inputs.policy)?;
    report::policy::warn(&arguments.inputs.policy, &policy.warnings(&rulebooks()));
    let plan = planner::plan(&inventory, &rulebooks(), &policy, arguments.now)
        .map_err(|error| cannot_plan(&error, arguments))?;
    if let Some(out) = &arguments.out {
        out.write(|writer| Ok(plan.write(writer).map(drop)?))?;
    }
    // A plan that was just written to standard output is not shown there once more.
    if arguments.out != Some(crate::files::Place::Standard) || arguments.look.format != Format::Text {
        heard(look(&View::whole(&plan), &arguments.look, Order::Waves))?;
    }
    Ok(verdict(&plan, arguments))
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
