//! `sexton policy check`: what is wrong with a policy, and what of it can have no effect, before there is an inventory.

use std::io::Write;

use crate::arguments::{Policy as Arguments, PolicyCommand};
use crate::failure::{Done, Failure, heard};
use crate::files::read_policy;
use crate::report::policy::{counted, warn};
use crate::rules::rulebooks;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let PolicyCommand::Check(check) = &arguments.command;
    let rulebooks = rulebooks(&check.rules)?;
    let policy = read_policy(&check.policy, &rulebooks)?;
    let warnings = policy.warnings(&rulebooks);
    warn(&check.policy, &warnings);
    let result = format!("{}: no faults, {}", check.policy, counted(warnings.len(), "warning"));
    heard(writeln!(std::io::stdout(), "{}", sexton_core::harmless::escaped(&result)))?;
    Ok(Done::Clean)
}
