//! What is said of a policy: its faults and its warnings, each with its place.

use sexton_core::harmless::escaped;
use sexton_core::policy::{Passage, PlacedWarning, PolicyError};

use crate::failure::{Failure, say};
use crate::files::Place;

/// `FILE:LINE:COLUMN: words`, and below it the line with what is meant underlined.
fn placed(file: &Place, passage: &Passage, words: &str) -> String {
    format!("{file}:{}:{}: {words}\n{passage}", passage.line, passage.column)
}

/// A policy that cannot be used, with all that is wrong with it.
pub(crate) fn faulty(file: &Place, error: &PolicyError) -> Failure {
    let count = counted(error.faults.len(), "fault");
    let faults = error.faults.iter().map(|fault| placed(file, &fault.passage, &fault.problem));
    let lines: Vec<String> = std::iter::once(format!("{file}: the policy has {count}")).chain(faults).collect();
    Failure::new(lines.join("\n"))
}

/// Warnings go to standard error: they are no result, and no reason to stop.
pub(crate) fn warn(file: &Place, warnings: &[PlacedWarning]) {
    for found in warnings {
        let words = format!("{} [{}]", found.warning, found.warning.code());
        let shown = placed(file, &found.passage, &words);
        let lines: Vec<String> = shown.lines().map(escaped).collect();
        say(&format!("warning: {}", lines.join("\n  ")));
    }
}

/// `no faults`, `1 fault`, `2 faults`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
