//! A plan for people, and as a document, lines or a graph for programs.

use std::io::{self, BufWriter, Write};

use sexton_core::harmless::escaped;
use sexton_core::plan::{Plan, Severity};

use super::colours::FORCE;
use super::view::View;
use super::{graphs, page, words};
use crate::arguments::Format;

mod groups;
mod lines;
mod rows;
mod tree;

/// A plan of no more rows than this is listed whole.
const WHOLE: usize = 200;

/// How much of a long plan is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    All,
    Sampled,
}

/// In which order rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By wave.
    Waves,
    /// Each under what it waits for.
    Tree,
}

pub(crate) fn show(view: &View<'_>, format: Format, rows: Rows, order: Order) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match format {
        Format::Text => match order {
            Order::Waves => text(view, rows, &mut out)?,
            Order::Tree => {
                tree::tree(view, rows, &mut out)?;
                summaries(view, &mut out)?;
            }
        },
        Format::Json => drop(view.plan.write(&mut out).map_err(sexton_core::plan::PlanWriteError::into_io)?),
        Format::Jsonl => lines::lines(view, &mut out)?,
        Format::Dot => graphs::dot(view, &mut out)?,
        Format::Mermaid => graphs::mermaid(view, &mut out)?,
        Format::Html => page::page(view, &mut out)?,
    }
    out.flush()
}

/// The plan by waves, then what is held and kept, then the summary line.
pub(crate) fn text(view: &View<'_>, rows: Rows, out: &mut dyn Write) -> io::Result<()> {
    if rows == Rows::All || view.rows() <= WHOLE {
        rows::list(view, out)?;
    } else {
        groups::groups(view, out)?;
    }
    summaries(view, out)
}

/// Findings, limits, and the summary line.
fn summaries(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan = view.plan;
    if view.is_whole() {
        for finding in &plan.findings {
            let word = match finding.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
            };
            writeln!(out, "{word}: {} [{}]", escaped(&finding.message), escaped(&finding.code))?;
        }
    }
    for exceeded in &plan.exceeded {
        let place = exceeded.scope.as_ref().map_or_else(String::new, |scope| format!(" in {}", escaped(scope)));
        writeln!(
            out,
            "{FORCE}limit exceeded{FORCE:#}: {} allows {}, the plan has {}{place}",
            escaped(&exceeded.limit),
            exceeded.allowed,
            exceeded.actual
        )?;
    }
    if !view.is_whole() {
        writeln!(
            out,
            "Shown: {}, {} held, {} blocked, {} kept.",
            words::counted(view.steps().count(), "step"),
            view.held().count(),
            view.blocked().count(),
            view.kept().count()
        )?;
    }
    let freed = plan.summary.freed_bytes;
    if freed.max > 0 {
        writeln!(out, "Frees between {} and {}.", words::bytes(freed.min), words::bytes(freed.max))?;
    }
    writeln!(out, "{}", summary(plan))
}

/// `Plan: 12 to remove (1 forced), 3 held, 41 kept.`
pub(crate) fn summary(plan: &Plan) -> String {
    let forced = match plan.summary.forced {
        0 => String::new(),
        forced => format!(" ({forced} forced)"),
    };
    format!("Plan: {} to remove{forced}, {} held, {} kept.", plan.steps.len(), plan.summary.held, plan.summary.kept)
}
