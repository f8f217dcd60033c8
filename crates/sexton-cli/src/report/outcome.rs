//! What became of each step of a run.

use sexton_core::harmless::escaped;
use std::io::{self, BufWriter, Write};

use sexton_core::plan::Plan;
use sexton_engine::{Difference, Outcome, Receipt, StepReport};

/// So many rows of what went well are listed; the rest is counted.
const MOST: usize = 200;

/// Where results go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Results {
    StandardOutput,
    /// Standard output has the events.
    StandardError,
}

pub(crate) fn show(plan: &Plan, receipt: &Receipt, results: Results) -> io::Result<()> {
    let out: Box<dyn Write> = match results {
        Results::StandardOutput => Box::new(anstream::stdout().lock()),
        Results::StandardError => Box::new(anstream::stderr().lock()),
    };
    let mut out = BufWriter::new(out);
    let done = receipt.steps.iter().filter(|step| step.state.is_done()).count();
    let mut listed = 0;
    for report in &receipt.steps {
        if report.state.is_done() {
            listed += 1;
            if listed > MOST {
                continue;
            }
        }
        row(plan, report, &mut out)?;
    }
    if done > MOST {
        writeln!(out, "  … and {} more that are out of the way", done - MOST)?;
    }
    let counts = &receipt.counts;
    let mut parts = vec![format!("{} removed", counts.removed)];
    for (count, what) in [
        (counts.already_gone, "already gone"),
        (counts.parked, "parked"),
        (counts.refused, "refused"),
        (counts.stale, "stale"),
        (counts.failed, "failed"),
        (counts.unknown, "unknown"),
        (counts.blocked, "blocked"),
        (counts.underway, "under way"),
        (counts.left, "not begun"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let calls: u64 = receipt.calls.removal.values().sum();
    let fewest: u64 = receipt.calls.fewest.values().sum();
    let calls = if calls == fewest { format!("{calls}") } else { format!("{calls} (at least {fewest})") };
    writeln!(out, "Run {}: {} of {} steps; {calls} removal calls.", receipt.run, parts.join(", "), counts.all())?;
    out.flush()
}

fn row(plan: &Plan, report: &StepReport, out: &mut dyn Write) -> io::Result<()> {
    let step = usize::try_from(report.index).ok().and_then(|index| plan.steps.get(index));
    let operation = step.map_or("", |step| step.operation.as_str());
    let what = report.state.outcome().map_or_else(|| report.state.name().to_owned(), words);
    writeln!(out, "  {:28} {}  {what}", escaped(operation), escaped(report.address.as_str()))
}

/// An outcome in words.
#[expect(clippy::wildcard_enum_match_arm, reason = "an outcome that this version has no words for is named")]
pub(crate) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Removed { with: Some(_), .. } => "removed with its carrier".to_owned(),
        Outcome::Removed { .. } => "removed".to_owned(),
        Outcome::AlreadyGone => "already gone".to_owned(),
        Outcome::Parked { until: Some(until), .. } => format!("parked until {until}"),
        Outcome::Parked { until: None, .. } => "parked".to_owned(),
        Outcome::Refused { code, by, message, .. } => {
            let by = by.as_ref().map_or_else(String::new, |by| format!(" by {}", escaped(by.as_str())));
            format!("refused: {}{by}: {}", escaped(code), escaped(message))
        }
        Outcome::Stale { differences } => {
            let differences: Vec<String> = differences.iter().map(difference).collect();
            format!("stale, left alone: {}", differences.join("; "))
        }
        Outcome::Failed { code, message, .. } => match code {
            Some(code) => format!("failed: {}: {}", escaped(code), escaped(message)),
            None => format!("failed: {}", escaped(message)),
        },
        Outcome::Unknown { message } => format!("unknown: {}", escaped(message)),
        Outcome::Blocked { by } => format!("blocked by step {by}"),
        other => other.name().to_owned(),
    }
}

fn difference(difference: &Difference) -> String {
    match serde_json::to_string(difference) {
        Ok(text) => escaped(&text),
        Err(error) => escaped(&error.to_string()),
    }
}
