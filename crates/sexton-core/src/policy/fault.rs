//! What is wrong with a policy, with its place in the text.

use std::fmt;

/// One fault of a policy. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// The text of that line.
    pub source: String,
    /// How many characters of it are meant; at least 1.
    pub length: usize,
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
    pub(super) fn at(text: &str, start: usize, length: usize, problem: String) -> Self {
        let start = text.floor_char_boundary(start.min(text.len()));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let source = text[line_start..].lines().next().unwrap_or("");
        let column = text[line_start..start].chars().count() + 1;
        let end = text.floor_char_boundary((start + length).min(line_start + source.len()).max(start));
        Self {
            line: text[..start].matches('\n').count() + 1,
            column,
            source: source.to_owned(),
            length: text[start..end].chars().count().max(1),
            problem,
        }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "line {}, column {}: {}", self.line, self.column, self.problem)?;
        let source: String = self.source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(f, "  | {source}")?;
        write!(f, "  | {}{}", " ".repeat(self.column - 1), "^".repeat(self.length))
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
