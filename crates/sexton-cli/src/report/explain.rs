//! Why resources go, stay or are held, for people: one of them as a tree, or all of a plan.

use std::io::{self, Write};

use sexton_core::address::Address;
use sexton_core::explain::{
    Apart, Barred, Below, Cause, Collected, Explanation, Extent, Holding, Line, Listed, Origin, Reasons, Standing, Told,
};
use sexton_core::harmless::escaped;
use sexton_core::plan::{DrawRole, Step};

use super::colours::{HOLD, QUIET, Sign};
use super::view::View;
use super::{lifts, words};

pub(crate) mod document;

/// Of what stands in a row in one explanation, so many are named.
const NAMED: usize = 8;
/// So many lines of one tree are told.
const LINES: usize = 100;
/// Deeper lines are not indented any further.
const INDENTED: usize = 12;
/// So many root causes of what is left out of a tree are named.
const ROOTS: usize = 3;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// Examples of what is alike, and no more than can be read.
    Readable,
    /// Everything.
    Whole,
}

impl Length {
    pub(crate) fn extent(self) -> Extent {
        match self {
            Length::Readable => Extent::Examples(3),
            Length::Whole => Extent::Whole,
        }
    }

    fn named(self) -> usize {
        match self {
            Length::Readable => NAMED,
            Length::Whole => usize::MAX,
        }
    }
}

/// One explanation.
pub(crate) fn one(reasons: &Reasons<'_>, address: &Address, length: Length, out: &mut dyn Write) -> io::Result<()> {
    match reasons.explain(address) {
        Explanation::Collected(collected) => {
            goes(reasons, collected.step, out)?;
            for holding in &collected.holdings {
                path(holding, length, out)?;
            }
            particulars(&collected, length, out)
        }
        Explanation::Kept(barred) => kept(&barred, out),
        Explanation::Held(cause) => {
            let mut told = Told::nothing(reasons);
            stays(&cause, out)?;
            tree(reasons, cause, &mut told, length, out)
        }
        Explanation::NotSelected(apart) => not_selected(address, &apart, out),
    }
}

/// The explanations of everything that is shown. What many trees share is told once.
pub(crate) fn all<'p>(reasons: &Reasons<'p>, view: &View<'p>, out: &mut dyn Write) -> io::Result<()> {
    for step in view.steps() {
        goes(reasons, step, out)?;
        draws(reasons, step, out)?;
        // Where each step was drawn in from stands at that step; the whole way there would be told again and again.
        particulars(&Collected { holdings: Vec::new(), ..reasons.collected(step) }, Length::Readable, out)?;
    }
    let mut told = Told::nothing(reasons);
    for cause in reasons.causes().filter(|cause| view.has(cause.held)) {
        if told.has(&cause) {
            let how = standing(cause.standing);
            writeln!(out, "{HOLD}={HOLD:#} {} is {how}: explained above", escaped(cause.held.address.as_str()))?;
        } else {
            stays(&cause, out)?;
            tree(reasons, cause, &mut told, Length::Whole, out)?;
        }
    }
    for row in view.kept() {
        kept(&reasons.barred(row), out)?;
    }
    Ok(())
}

fn goes(reasons: &Reasons<'_>, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    let sign = Sign::of(step);
    let style = sign.style();
    let all = reasons.plan().steps.len();
    let name = words::name(step.name.as_deref());
    writeln!(
        out,
        "{style}{}{style:#} {}{name} goes: step {} of {all}, {}, wave {}",
        sign.letter(),
        escaped(step.address.as_str()),
        step.index,
        escaped(&step.operation),
        step.wave
    )
}

/// From a step to where the rule begins.
fn path(holding: &Holding<'_>, length: Length, out: &mut dyn Write) -> io::Result<()> {
    let rule = escaped(holding.rule);
    if holding.path.is_empty() {
        return writeln!(out, "    rule {rule} selects it");
    }
    writeln!(out, "    rule {rule} draws it in:")?;
    let most = length.named();
    let last = holding.path.len() - 1;
    for (place, link) in holding.path.iter().enumerate() {
        // Of a long way, the beginning and the end.
        if place + 1 >= most && place != last {
            if place + 1 == most {
                writeln!(out, "      {QUIET}… {} more links …{QUIET:#}", last - place)?;
            }
            continue;
        }
        let how = drawn(link.role);
        let selected = match holding.origin {
            Origin::Selected if place == last => ", which the rule selects",
            Origin::Selected | Origin::Mutual => "",
        };
        writeln!(
            out,
            "      {how} step {}, {} ({}){selected}",
            link.by.index,
            escaped(link.by.address.as_str()),
            escaped(link.guard.as_str())
        )?;
    }
    match holding.origin {
        Origin::Selected => Ok(()),
        Origin::Mutual => writeln!(out, "      and they draw each other; the rule selects at least one of them"),
    }
}

fn drawn(role: DrawRole) -> &'static str {
    match role {
        DrawRole::Cascade => "taken along with",
        DrawRole::Orphan => "left without use by",
    }
}

/// What draws a step in directly, and the rules that select it.
fn draws(reasons: &Reasons<'_>, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    for rule in &step.rules {
        let name = escaped(rule);
        let all = step.drawn_by.iter().filter(|drawn| drawn.rule == *rule);
        let mut count = 0;
        for by in all {
            count += 1;
            if count <= NAMED {
                let place = match reasons.verdict(by.by.as_str()) {
                    Some(sexton_core::explain::Verdict::Collected(step)) => format!("step {}, ", step.index),
                    Some(_) | None => String::new(),
                };
                let (how, guard) = (drawn(by.role), escaped(by.guard.as_str()));
                writeln!(out, "    rule {name}: {how} {place}{} ({guard})", escaped(by.by.as_str()))?;
            }
        }
        match count {
            0 => writeln!(out, "    rule {name} selects it")?,
            count if count > NAMED => writeln!(out, "    {QUIET}… and by {} more{QUIET:#}", count - NAMED)?,
            _ => {}
        }
    }
    Ok(())
}

/// What is forced, waited for, lost, and what comes first.
fn particulars(collected: &Collected<'_>, length: Length, out: &mut dyn Write) -> io::Result<()> {
    let step = collected.step;
    let most = length.named();
    if let Some(carrier) = collected.with {
        let carrier = format!("step {}, {}", carrier.index, escaped(carrier.address.as_str()));
        writeln!(out, "    goes with {carrier}: confirmed, not called")?;
    }
    for code in &step.force {
        writeln!(out, "    forces {}", escaped(code.as_str()))?;
    }
    if let Some(lost) = &step.expect.dependents {
        let lost: Vec<String> = lost.iter().map(|address| escaped(address.as_str())).collect();
        listing("at the cost of", &lost, most, out)?;
    }
    for wait in &step.wait {
        let by = wait.by.as_ref().map_or_else(String::new, |by| format!(" by {}", escaped(by.as_str())));
        writeln!(out, "    waits up to {} for {}{by}", wait.timeout, escaped(wait.guard.as_str()))?;
    }
    for consequence in &step.consequences {
        writeln!(out, "    consequence: {}", escaped(consequence))?;
    }
    let after = collected.after.iter().map(|step| format!("step {}, {}", step.index, escaped(step.address.as_str())));
    listing("after", &after.collect::<Vec<_>>(), most, out)?;
    let retained: Vec<String> = step.expect.retained.iter().map(|address| escaped(address.as_str())).collect();
    listing("its group keeps", &retained, most, out)
}

fn listing(what: &str, rows: &[String], most: usize, out: &mut dyn Write) -> io::Result<()> {
    for row in rows.iter().take(most) {
        writeln!(out, "    {what} {row}")?;
    }
    if rows.len() > most {
        writeln!(out, "    {QUIET}… {what} {} more{QUIET:#}", rows.len() - most)?;
    }
    Ok(())
}

fn kept(barred: &Barred<'_>, out: &mut dyn Write) -> io::Result<()> {
    let kept = barred.kept;
    writeln!(
        out,
        "{QUIET}.{QUIET:#} {} is kept: {}; {} would take it",
        escaped(kept.address.as_str()),
        words::kept(&kept.because),
        words::rules(&kept.rules)
    )?;
    ways("    ", "to let it go:", &lifts::ways(&barred.lifts), out)
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Held => "held",
        Standing::Blocked => "blocked",
    }
}

fn stays(cause: &Cause<'_>, out: &mut dyn Write) -> io::Result<()> {
    let would = match cause.standing {
        Standing::Held => "would take it",
        Standing::Blocked => "would draw it in",
    };
    let address = escaped(cause.held.address.as_str());
    let (how, rules) = (standing(cause.standing), words::rules(&cause.held.rules));
    writeln!(out, "{HOLD}={HOLD:#} {address} is {how}: {rules} {would}, but")
}

fn tree<'p>(
    reasons: &Reasons<'p>,
    root: Cause<'p>,
    told: &mut Told,
    length: Length,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = 0;
    let mut roots = Vec::new();
    let mut more_roots = 0_usize;
    for line in reasons.walk(root, told, length.extent()) {
        lines += 1;
        if length == Length::Readable && lines > LINES {
            if let Line::Blocker { below: Below::Root, of, blocker, .. } = line {
                if roots.len() < ROOTS { roots.push((of, blocker)) } else { more_roots += 1 }
            }
            continue;
        }
        match line {
            Line::Blocker { depth, of, blocker, below } => {
                let indent = indent(depth);
                writeln!(out, "{indent}{}", words::blocker(blocker))?;
                let deeper = format!("{}    ", " ".repeat(2 * depth.min(INDENTED) + 4));
                match below {
                    Below::Root => ways(&deeper, "lift:", &lifts::ways(&reasons.lifts(&of, blocker)), out)?,
                    // What would lift the other follows; what lets this resource go without it is said here.
                    Below::Follows(_) => ways(&deeper, "lift:", &beside(reasons, &of, blocker), out)?,
                    Below::Told(_) => writeln!(out, "{deeper}{QUIET}explained above{QUIET:#}")?,
                }
            }
            Line::More { depth, count, like } => {
                let what = words::blocker_of_a_sort(like);
                writeln!(out, "{}{QUIET}… and {count} more: {what}{QUIET:#}", indent(depth))?;
            }
        }
    }
    if lines > LINES && length == Length::Readable {
        writeln!(
            out,
            "    {QUIET}… and {} more lines (--all tells them); root causes in them:{QUIET:#}",
            lines - LINES
        )?;
        for (of, blocker) in roots {
            writeln!(out, "    {}", words::blocker(blocker))?;
            ways("        ", "lift:", &lifts::ways(&reasons.lifts(&of, blocker)), out)?;
        }
        if more_roots > 0 {
            writeln!(out, "    {QUIET}… and {more_roots} more root causes{QUIET:#}")?;
        }
    }
    Ok(())
}

/// The ways past a blocker that do not wait for what holds the other.
fn beside<'p>(reasons: &Reasons<'p>, of: &Cause<'p>, blocker: &'p sexton_core::plan::Blocker) -> Vec<String> {
    let mut all = reasons.lifts(of, blocker);
    all.retain(|lift| !matches!(lift, sexton_core::explain::Lift::LiftOther { .. }));
    lifts::ways(&all)
}

fn indent(depth: usize) -> String {
    let spaces = " ".repeat(2 * depth.min(INDENTED) + 4);
    if depth > INDENTED { format!("{spaces}[{depth}] ") } else { spaces }
}

fn ways(indent: &str, first: &str, ways: &[String], out: &mut dyn Write) -> io::Result<()> {
    for (place, way) in ways.iter().enumerate() {
        let head = if place == 0 { first } else { "or:" };
        writeln!(out, "{indent}{head:<width$} {way}", width = first.len())?;
    }
    Ok(())
}

fn not_selected(address: &Address, apart: &Apart<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} stays: no rule takes it, or the inventory has no such resource", escaped(address.as_str()))?;
    let kind = escaped(address.kind());
    match apart.listed {
        Listed::Completely | Listed::TooLongAgo { .. } => {}
        Listed::Not => writeln!(out, "    kind {kind} was not listed in {}", escaped(address.scope()))?,
        Listed::Partly | Listed::Undated => {
            writeln!(out, "    kind {kind} was not listed completely in {}", escaped(address.scope()))?;
        }
    }
    match apart.closest {
        Some(closest) => writeln!(out, "    the plan has {}", escaped(closest.as_str())),
        None => Ok(()),
    }
}
