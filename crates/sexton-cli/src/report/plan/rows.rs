//! A plan row by row.

use std::io::{self, Write};

use sexton_core::harmless::escaped;
use sexton_core::plan::{Held, Kept, Plan, Step};

use crate::report::colours::{HEAD, HOLD, QUIET, Sign};
use crate::report::view::View;
use crate::report::words;

/// Of one resource's blockers so many are named.
const BLOCKERS: usize = 8;

/// Every row.
pub(super) fn list(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut wave = None;
    for step in view.steps() {
        if wave != Some(step.wave) {
            wave = Some(step.wave);
            writeln!(out, "{HEAD}Wave {}{HEAD:#}", step.wave)?;
        }
        self::step(view.plan, step, "  ", out)?;
    }
    section("Held", view.held(), out)?;
    section("Blocked", view.blocked(), out)?;
    for (place, kept) in view.kept().enumerate() {
        if place == 0 {
            writeln!(out, "{HEAD}Kept{HEAD:#}")?;
        }
        self::kept(kept, "    ", out)?;
    }
    Ok(())
}

fn section<'p>(title: &str, list: impl Iterator<Item = &'p Held>, out: &mut dyn Write) -> io::Result<()> {
    for (place, held) in list.enumerate() {
        if place == 0 {
            writeln!(out, "{HEAD}{title}{HEAD:#}")?;
        }
        self::held(held, "  ", out)?;
    }
    Ok(())
}

/// A step with all that a reviewer has to accept.
pub(super) fn step(plan: &Plan, step: &Step, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    line(plan, step, indent, "", out)?;
    for code in &step.force {
        writeln!(out, "{indent}    forces {}", escaped(code.as_str()))?;
    }
    for wait in &step.wait {
        let by = wait.by.as_ref().map_or_else(String::new, |by| format!(" by {}", escaped(by.as_str())));
        writeln!(out, "{indent}    waits up to {} for {}{by}", wait.timeout, escaped(wait.guard.as_str()))?;
    }
    for consequence in &step.consequences {
        writeln!(out, "{indent}    {QUIET}{}{QUIET:#}", escaped(consequence))?;
    }
    Ok(())
}

/// `- ADDRESS "name"  DeleteImage, old-images`
pub(super) fn line(plan: &Plan, step: &Step, indent: &str, more: &str, out: &mut dyn Write) -> io::Result<()> {
    let sign = Sign::of(step);
    let style = sign.style();
    let how = match step.with {
        Some(carrier) => {
            let carrier = usize::try_from(carrier).ok().and_then(|place| plan.steps.get(place));
            format!("goes with {}", carrier.map_or_else(|| "?".to_owned(), |step| escaped(step.address.as_str())))
        }
        None => escaped(&step.operation),
    };
    writeln!(
        out,
        "{indent}{style}{}{style:#} {}{}  {QUIET}{how}, {}{more}{QUIET:#}",
        sign.letter(),
        escaped(step.address.as_str()),
        words::name(step.name.as_deref()),
        words::rules(&step.rules)
    )
}

/// What is held, and by what.
pub(super) fn held(held: &Held, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let rules = words::rules(&held.rules);
    writeln!(out, "{indent}{HOLD}={HOLD:#} {}  {QUIET}{rules}{QUIET:#}", escaped(held.address.as_str()))?;
    for blocker in held.blockers.iter().take(BLOCKERS) {
        writeln!(out, "{indent}    {}", words::blocker(blocker))?;
    }
    if held.blockers.len() > BLOCKERS {
        let more = held.blockers.len() - BLOCKERS;
        writeln!(out, "{indent}    {QUIET}… and {more} more (`explain` tells them){QUIET:#}")?;
    }
    Ok(())
}

/// What is kept, and why.
pub(super) fn kept(kept: &Kept, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let address = escaped(kept.address.as_str());
    writeln!(out, "{indent}{QUIET}{address}{QUIET:#}  {}", words::kept(&kept.because))
}
