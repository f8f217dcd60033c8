//! A place in a policy's text, shown with the text that is meant underlined.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::harmless::escaped;

#[cfg(test)]
mod tests;

/// What of a text is meant. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passage {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// How many characters of the line are meant; at least 1.
    pub length: usize,
    /// The text of that line.
    pub source: String,
}

impl Passage {
    /// A stretch of bytes of a text. What goes beyond the line is left out.
    pub(super) fn of(text: &str, bytes: Range<usize>) -> Self {
        let start = text.floor_char_boundary(bytes.start.min(text.len()));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let source = text[line_start..].lines().next().unwrap_or("");
        let end = text.floor_char_boundary(bytes.end.min(line_start + source.len()).max(start));
        Self {
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            length: text[start..end].chars().count().max(1),
            source: source.to_owned(),
        }
    }
}

/// The line, and what is meant of it underlined below. Harmless to a terminal.
impl fmt::Display for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A tab is as wide as the terminal likes.
        let shown = |from: usize, to: usize| {
            let part: String = self.source.chars().skip(from).take(to - from).collect();
            escaped(&part.replace('\t', " "))
        };
        let (start, end) = (self.column - 1, self.column - 1 + self.length);
        let (before, meant) = (shown(0, start), shown(start, end));
        writeln!(f, "  | {before}{meant}{}", shown(end, usize::MAX))?;
        write!(f, "  | {}{}", " ".repeat(before.width()), "^".repeat(meant.width().max(1)))
    }
}
