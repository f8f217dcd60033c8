//! What went wrong, in words for a person, and the exit code for a script.

use sexton_core::harmless::escaped;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

/// Exit codes beyond 0; the documented meaning is the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something failed.
    Error = 1,
    /// `--detailed-exitcode`: there are steps, or plans differ.
    Steps = 2,
    /// The run ended with steps not removed.
    NotRemoved = 3,
    /// The plan is stale, expired, altered or of another account.
    Stale = 4,
    /// A limit is exceeded.
    Limit = 5,
    /// `--detailed-exitcode`: candidates are held for incomplete census.
    Unlisted = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Error => 1,
            Exit::Steps => 2,
            Exit::NotRemoved => 3,
            Exit::Stale => 4,
            Exit::Limit => 5,
            Exit::Unlisted => 7,
        })
    }
}

/// A command that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Nothing to remark.
    Clean,
    /// The exit code says more.
    With(Exit),
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> ExitCode {
        match done {
            Done::Clean => ExitCode::SUCCESS,
            Done::With(exit) => exit.into(),
        }
    }
}

/// A command that could not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What, where, and what to do next.
    Told { exit: Exit, what: String, next: Option<String> },
    /// Nobody reads standard output any more: not worth a word.
    NobodyListens,
}

impl Failure {
    /// A failure with exit code 1.
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self::with(Exit::Error, what)
    }

    pub(crate) fn with(exit: Exit, what: impl fmt::Display) -> Self {
        Self::Told { exit, what: what.to_string(), next: None }
    }

    /// The same, saying what to do.
    pub(crate) fn next(mut self, hint: impl fmt::Display) -> Self {
        if let Self::Told { next, .. } = &mut self {
            *next = Some(hint.to_string());
        }
        self
    }

    /// An error with all its causes, outermost first.
    pub(crate) fn chain(error: &dyn std::error::Error) -> Self {
        Self::new(chained(error))
    }

    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Told { exit, what, next } => {
                let mut text = String::from("error: ");
                for (position, line) in what.lines().enumerate() {
                    if position > 0 {
                        text.push_str("\n  ");
                    }
                    text.push_str(&escaped(line));
                }
                if let Some(next) = next {
                    text.push_str("\n  next: ");
                    text.push_str(&escaped(&next));
                }
                say(&text);
                exit.into()
            }
            Self::NobodyListens => ExitCode::SUCCESS,
        }
    }
}

/// The words of an error and of everything below it.
pub(crate) fn chained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let cause = error.to_string();
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        below = error.source();
    }
    text
}

/// A line on standard error. When that is closed there is nobody left to tell.
pub(crate) fn say(line: &str) {
    drop(writeln!(anstream::stderr(), "{line}"));
}

impl From<std::io::Error> for Failure {
    /// An error of writing results to standard output.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Self::NobodyListens
        } else {
            Self::new(format!("cannot write to standard output: {error}"))
        }
    }
}

/// A reader that stopped reading is no failure, and does not change what a command's exit code says.
pub(crate) fn heard(written: Result<(), impl Into<Failure>>) -> Result<(), Failure> {
    match written.map_err(Into::into) {
        Ok(()) | Err(Failure::NobodyListens) => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Reports a command line that is not understood; help and version are no failures.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    drop(error.print());
    if error.use_stderr() { Exit::Error.into() } else { ExitCode::SUCCESS }
}
