//! The `sexton-sim` binary: soaks the engine in generated cases, runs one again, measures makespans.

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::run(command::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => command::report(&error),
    }
}
