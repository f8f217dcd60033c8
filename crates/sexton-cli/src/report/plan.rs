//! A plan for people, and as a document, lines or a graph for programs.

use sexton_core::harmless::{escaped, write_json};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use anstyle::{AnsiColor, Color, Style};
use serde_json::json;
use sexton_core::plan::{Held, Plan, Severity, Step};

use super::words;
use super::{graphs, page};
use crate::arguments::{Format, Look};

/// A plan of no more rows than this is listed whole.
const WHOLE: usize = 200;
/// Of a longer plan, so many rows of each group.
const SAMPLE: usize = 8;

const REMOVE: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)));
const FORCE: Style = REMOVE.bold();
const WAIT: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
const HOLD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Cyan)));
const QUIET: Style = Style::new().dimmed();
const HEAD: Style = Style::new().bold();

pub(crate) fn show(plan: &Plan, look: &Look) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    match look.format {
        Format::Text => text(plan, if look.all { Rows::All } else { Rows::Sampled }, &mut out)?,
        Format::Json => drop(plan.write(&mut out).map_err(sexton_core::plan::PlanWriteError::into_io)?),
        Format::Jsonl => lines(plan, &mut out)?,
        Format::Dot => graphs::dot(plan, &mut out)?,
        Format::Mermaid => graphs::mermaid(plan, &mut out)?,
        Format::Html => page::page(plan, &mut out)?,
    }
    out.flush()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    All,
    Sampled,
}

/// The plan by waves, then what is held and kept, then the summary line.
pub(crate) fn text(plan: &Plan, rows: Rows, out: &mut dyn Write) -> io::Result<()> {
    let many = plan.steps.len() + plan.held.len() + plan.kept.len() > WHOLE;
    let most = if many && rows == Rows::Sampled { SAMPLE } else { usize::MAX };
    let mut steps = plan.steps.as_slice();
    while let Some(first) = steps.first() {
        let wave = steps.partition_point(|step| step.wave == first.wave);
        writeln!(out, "{HEAD}Wave {}{HEAD:#}", first.wave)?;
        let mut operations: Vec<(&str, Vec<&Step>)> = Vec::new();
        for step in &steps[..wave] {
            let operation = step.operation.as_str();
            match operations.iter_mut().find(|(known, _)| *known == operation) {
                Some((_, group)) => group.push(step),
                None => operations.push((operation, vec![step])),
            }
        }
        for (operation, group) in operations {
            for step in group.iter().take(most) {
                self::step(plan, step, out)?;
            }
            more(group.len(), most, operation, out)?;
        }
        steps = &steps[wave..];
    }
    section("Held", &plan.held, most, out)?;
    section("Blocked", &plan.blocked, most, out)?;
    if !plan.kept.is_empty() {
        writeln!(out, "{HEAD}Kept{HEAD:#}")?;
        for kept in plan.kept.iter().take(most) {
            let reason = words::kept(&kept.because);
            writeln!(out, "    {QUIET}{}{QUIET:#}  {reason}", escaped(kept.address.as_str()))?;
        }
        more(plan.kept.len(), most, "kept", out)?;
    }
    for finding in &plan.findings {
        let word = match finding.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
        };
        writeln!(out, "{word}: {} [{}]", escaped(&finding.message), escaped(&finding.code))?;
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

fn more(all: usize, most: usize, what: &str, out: &mut dyn Write) -> io::Result<()> {
    if all > most {
        writeln!(out, "    {QUIET}… and {} more {} (--all lists them){QUIET:#}", all - most, escaped(what))?;
    }
    Ok(())
}

fn step(plan: &Plan, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let (sign, style) = if !step.force.is_empty() {
        ('!', FORCE)
    } else if !step.wait.is_empty() {
        ('~', WAIT)
    } else {
        ('-', REMOVE)
    };
    let mut line = escaped(step.address.as_str());
    if let Some(name) = step.name.as_ref().filter(|name| !name.is_empty()) {
        write!(line, " \"{}\"", escaped(name)).map_err(io::Error::other)?;
    }
    let how = match step.with {
        Some(carrier) => {
            let carrier = usize::try_from(carrier).ok().and_then(|place| plan.steps.get(place));
            format!("goes with {}", carrier.map_or_else(|| "?".to_owned(), |step| escaped(step.address.as_str())))
        }
        None => escaped(&step.operation),
    };
    writeln!(
        out,
        "  {style}{sign}{style:#} {line}  {QUIET}{how}, {}{QUIET:#}",
        step.rules.iter().map(|rule| escaped(rule)).collect::<Vec<_>>().join(" ")
    )?;
    for code in &step.force {
        writeln!(out, "      forces {}", escaped(code.as_str()))?;
    }
    for wait in &step.wait {
        let by = wait.by.as_ref().map_or_else(String::new, |by| format!(" by {}", escaped(by.as_str())));
        writeln!(out, "      waits up to {} for {}{by}", wait.timeout, escaped(wait.guard.as_str()))?;
    }
    for consequence in &step.consequences {
        writeln!(out, "      {QUIET}{}{QUIET:#}", escaped(consequence))?;
    }
    Ok(())
}

fn section(title: &str, list: &[Held], most: usize, out: &mut dyn Write) -> io::Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    writeln!(out, "{HEAD}{title}{HEAD:#}")?;
    for held in list.iter().take(most) {
        writeln!(out, "  {HOLD}={HOLD:#} {}", escaped(held.address.as_str()))?;
        for blocker in held.blockers.iter().take(SAMPLE) {
            writeln!(out, "      {}", words::blocker(blocker))?;
        }
        if held.blockers.len() > SAMPLE {
            writeln!(out, "      {QUIET}… and {} more{QUIET:#}", held.blockers.len() - SAMPLE)?;
        }
    }
    more(list.len(), most, &title.to_lowercase(), out)
}

/// One tagged object a line: steps, held, blocked, kept, findings, exceeded limits, and the summary last.
fn lines(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |value: serde_json::Value| {
        write_json(&mut *out, &value)?;
        out.write_all(b"\n")
    };
    for step in &plan.steps {
        line(json!({ "step": step }))?;
    }
    for held in &plan.held {
        line(json!({ "held": held }))?;
    }
    for blocked in &plan.blocked {
        line(json!({ "blocked": blocked }))?;
    }
    for kept in &plan.kept {
        line(json!({ "kept": kept }))?;
    }
    for finding in &plan.findings {
        line(json!({ "finding": finding }))?;
    }
    for exceeded in &plan.exceeded {
        line(json!({ "exceeded": exceeded }))?;
    }
    line(
        json!({ "summary": plan.summary, "applyable": plan.applyable, "complete": plan.complete, "digest": plan.digest }),
    )
}
