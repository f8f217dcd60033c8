//! `sexton status`: how a run stands, read from its journal while it may be under way.

use std::io::Write;

use sexton_core::harmless::escaped;
use sexton_engine::journal::{JournalReader, RunStatus};

use crate::arguments::Status as Arguments;
use crate::failure::{Done, Failure};
use crate::watch::{Pace, replay};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    if arguments.replay {
        replay(&arguments.journal, arguments.speed.map_or(Pace::AtOnce, Pace::Times))?;
        return Ok(Done::Clean);
    }
    let status = JournalReader::new(&arguments.journal).status().map_err(|error| Failure::chain(&error))?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &document(&status)).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(Done::Clean);
    }
    let counts = status.counts();
    writeln!(out, "Run {} of plan {}: {}.", status.run, escaped(&status.plan.digest), phase(&status))?;
    writeln!(out, "{} of {} steps are out of the way, {} under way.", counts.done(), counts.all(), counts.underway)?;
    for step in status.steps() {
        let Some(outcome) = step.state.outcome().filter(|outcome| !outcome.is_done()) else { continue };
        writeln!(out, "  {}  {}", escaped(step.address.as_str()), crate::report::outcome::words(outcome))?;
    }
    Ok(Done::Clean)
}

/// What the run is at, in one word.
fn phase(status: &RunStatus) -> &'static str {
    match (status.live, status.history.paused, status.history.ended) {
        (true, true, None) => "paused",
        (true, _, _) => "running",
        (false, _, Some(true)) => "complete",
        (false, _, Some(false)) => "ended",
        (false, _, None) if status.history.sessions == 0 => "not begun",
        (false, _, None) => "cut off",
    }
}

fn document(status: &RunStatus) -> serde_json::Value {
    serde_json::json!({
        "format": "sexton.status",
        "version": 1,
        "run": status.run,
        "plan": status.plan.digest,
        "created_at": status.created_at,
        "phase": phase(status),
        "live": status.live,
        "sessions": status.history.sessions,
        "last_at": status.history.last_at,
        "complete": status.is_complete(),
        "counts": status.counts(),
        "steps": status.steps(),
    })
}
