//! The `sexton` binary: list, plan, review, apply.

mod arguments;
mod commands;
mod config;
mod failure;
mod files;
mod report;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return failure::usage(&error),
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("SEXTON_LOG"))
        .with_writer(std::io::stderr)
        .init();
    match commands::run(arguments) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
