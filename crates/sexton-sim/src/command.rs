//! The command line.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use sexton_sim::soak::SimError;

mod makespan;
mod repro;
mod soak;

/// Run the engine in a virtual cloud where everything goes wrong, and check what it does.
#[derive(Debug, Parser)]
#[command(name = "sexton-sim", version, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the cases of many seeds
    Soak(Soak),
    /// Run one case and print what happens
    Repro(Repro),
    /// Compare how long runs take with how long they have to
    Makespan(Makespan),
}

#[derive(Debug, Args)]
pub(crate) struct Soak {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Crash the run of every so manyth seed at every output, where its plan has at most 12 steps; 0 for none
    #[arg(long, default_value_t = 20)]
    every: u64,
    /// Threads
    #[arg(long, default_value_t = 2)]
    threads: u64,
    /// Failures after which a thread ends
    #[arg(long, default_value_t = 3)]
    failures: usize,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Repro {
    /// A case as JSON
    file: Option<PathBuf>,
    /// The case of a seed
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Makespan {
    /// How many worlds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Why a command cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("the simulation is at fault")]
    Sim(#[from] SimError),
    #[error("{} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no case", path.display())]
    Case { path: PathBuf, source: serde_json::Error },
    #[error("the case cannot be written")]
    Write(#[source] serde_json::Error),
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

impl From<sexton_sim::world::WorldError> for CommandError {
    fn from(error: sexton_sim::world::WorldError) -> Self {
        CommandError::Sim(error.into())
    }
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, CommandError> {
    match arguments.command {
        Command::Soak(arguments) => soak::run(&arguments),
        Command::Repro(arguments) => repro::run(&arguments),
        Command::Makespan(arguments) => makespan::run(&arguments),
    }
}

/// Says what went wrong, with what lies beneath.
pub(crate) fn report(error: &CommandError) -> ExitCode {
    let mut text = format!("error: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!("\n  because: {cause}"));
        source = cause.source();
    }
    // Where standard error cannot be written either, the exit code has to do.
    drop(writeln!(io::stderr().lock(), "{text}"));
    ExitCode::FAILURE
}
