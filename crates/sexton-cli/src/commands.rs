//! One file a command. What they share is passed to them: the rulebooks this binary knows.

mod apply;
mod demo;
mod diff;
mod emulator;
mod explain;
mod interrupts;
mod inventory;
mod plan;
mod policy;
mod rules;
mod run;
mod schema;
mod show;
mod status;
mod verify;

use crate::arguments::{Arguments, Command};
use crate::failure::{Done, Failure};

pub(crate) fn run(arguments: Arguments) -> Result<Done, Failure> {
    match arguments.command {
        Command::Inventory(arguments) => inventory::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Resume(arguments) => apply::resume(&arguments),
        Command::Status(arguments) => status::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Emulator(arguments) => emulator::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
    }
}

/// A runtime for the commands that talk to somebody.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start: {error}")))
}
