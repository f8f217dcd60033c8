//! The `sexton` binary: list, plan, review, apply.

mod arguments;
mod commands;
mod config;
mod connect;
mod failure;
mod files;
mod listing;
mod report;
mod rules;
mod saved;
mod telemetry;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error),
    };
    let telemetry = telemetry::Telemetry::start();
    let ended = commands::run(arguments);
    telemetry.end();
    match ended {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
