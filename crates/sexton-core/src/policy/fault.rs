//! What is wrong with a policy, with its place in the text.

use std::fmt;
use std::ops::Range;

use super::passage::Passage;

/// One fault of a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyFault {
    /// Where.
    pub passage: Passage,
    /// What is wrong and what to do.
    pub problem: String,
}

/// All faults of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// At least one, in the order of the text.
    pub faults: Vec<PolicyFault>,
}

impl PolicyFault {
    pub(super) fn at(text: &str, bytes: Range<usize>, problem: String) -> Self {
        Self { passage: Passage::of(text, bytes), problem }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Passage { line, column, .. } = self.passage;
        write!(f, "line {line}, column {column}: {}\n{}", self.problem, self.passage)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.faults.iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}
