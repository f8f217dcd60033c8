//! How the cases ended, and the matrix of several providers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it should.
    Passed,
    /// There is no such case for this provider.
    Excused(String),
    /// Otherwise.
    Failed(String),
}

/// Where a case comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Every provider has it.
    Everyone,
    /// It follows from a guard of the rulebook.
    Rulebook,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it comes from.
    pub origin: Origin,
    /// The case.
    pub case: String,
    /// How it ended.
    pub verdict: Verdict,
}

/// All cases of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The subject's name.
    pub name: String,
    /// The cases, in the order in which they ran.
    pub rows: Vec<Row>,
}

impl Report {
    /// What did not end as it should, a line each.
    pub fn failures(&self) -> Vec<String> {
        let failure = |row: &Row| match &row.verdict {
            Verdict::Failed(why) => Some(format!("{}: {}: {why}", self.name, row.case)),
            Verdict::Passed | Verdict::Excused(_) => None,
        };
        self.rows.iter().filter_map(failure).collect()
    }

    fn verdict(&self, case: &str) -> Option<&Verdict> {
        self.rows.iter().find(|row| row.case == case).map(|row| &row.verdict)
    }
}

/// The cases of several providers side by side, as a page in Markdown: those that all have first, then those that follow
/// from each one's rulebook, then the reasons of the cases that one has not.
pub fn matrix(reports: &[Report]) -> String {
    let mut page = String::new();
    let mut of_all: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for row in reports.iter().flat_map(|report| &report.rows).filter(|row| row.origin == Origin::Everyone) {
        if known.insert(row.case.as_str()) {
            of_all.push(&row.case);
        }
    }
    let mut notes: Vec<String> = Vec::new();
    page += "## Cases that every provider has\n\n| case |";
    for report in reports {
        let _ = write!(page, " {} |", report.name);
    }
    page += "\n|---|";
    page += &"---|".repeat(reports.len());
    page.push('\n');
    for case in of_all {
        let _ = write!(page, "| {case} |");
        for report in reports {
            let _ = write!(page, " {} |", cell(report.verdict(case), &mut notes));
        }
        page.push('\n');
    }
    page += "\n## Cases that follow from each rulebook\n";
    for report in reports {
        let _ = write!(page, "\n### {}\n\n| case | |\n|---|---|\n", report.name);
        for row in report.rows.iter().filter(|row| row.origin == Origin::Rulebook) {
            let _ = writeln!(page, "| {} | {} |", row.case, cell(Some(&row.verdict), &mut notes));
        }
    }
    if !notes.is_empty() {
        page += "\n## Why there is no such case\n\n";
        for (number, note) in (1..).zip(&notes) {
            let _ = writeln!(page, "{number}. {note}");
        }
    }
    page
}

fn cell(verdict: Option<&Verdict>, notes: &mut Vec<String>) -> String {
    match verdict {
        Some(Verdict::Passed) => "yes".to_owned(),
        Some(Verdict::Failed(_)) => "**NO**".to_owned(),
        Some(Verdict::Excused(why)) => {
            let number = notes.iter().position(|note| note == why).unwrap_or_else(|| {
                notes.push(why.clone());
                notes.len() - 1
            });
            format!("– ({})", number + 1)
        }
        None => "–".to_owned(),
    }
}
