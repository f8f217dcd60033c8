//! Why a resource goes, stays or is held, as a tree.

use sexton_core::harmless::escaped;
use std::io::{self, BufWriter, Write};

use sexton_core::address::Address;
use sexton_core::explain::{Below, Cause, Explanation};
use sexton_core::plan::{DrawRole, Plan};

use super::words;

pub(crate) fn show(plan: &Plan, address: &Address, explanation: &Explanation<'_>) -> io::Result<()> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    let address = escaped(address.as_str());
    let rules = |rules: &[String]| rules.iter().map(|rule| escaped(rule)).collect::<Vec<_>>().join(", ");
    match explanation {
        Explanation::Collected(step) => {
            writeln!(out, "{address} goes: step {} ({}), wave {}", step.index, escaped(&step.operation), step.wave)?;
            writeln!(out, "  held by {}", rules(&step.rules))?;
            for drawn in &step.drawn_by {
                let by = escaped(drawn.by.as_str());
                let how = match drawn.role {
                    DrawRole::Cascade => format!("taken along with {by}, which it guards by {}", drawn.guard),
                    DrawRole::Orphan => format!("left without use by {by}, which guards it by {}", drawn.guard),
                };
                writeln!(out, "  {}: {how}", escaped(&drawn.rule))?;
            }
            for code in &step.force {
                writeln!(out, "  forces {}", escaped(code.as_str()))?;
            }
            for wait in &step.wait {
                writeln!(out, "  waits up to {} for {}", wait.timeout, escaped(wait.guard.as_str()))?;
            }
            for consequence in &step.consequences {
                writeln!(out, "  {}", escaped(consequence))?;
            }
            for before in &step.after {
                if let Some(before) = usize::try_from(*before).ok().and_then(|place| plan.steps.get(place)) {
                    writeln!(out, "  after step {}: {}", before.index, escaped(before.address.as_str()))?;
                }
            }
            for retained in &step.expect.retained {
                writeln!(out, "  its group keeps {}", escaped(retained.as_str()))?;
            }
        }
        Explanation::Kept(kept) => {
            writeln!(out, "{address} is kept: {}", words::kept(&kept.because))?;
            writeln!(out, "  matched by {}", rules(&kept.rules))?;
        }
        Explanation::Held(cause) => {
            writeln!(out, "{address} is held, although {} would take it", rules(&cause.held.rules))?;
            tree(cause, 1, &mut out)?;
        }
        Explanation::NotSelected => {
            writeln!(out, "{address} stays: no rule takes it, or the inventory has no such resource")?;
        }
    }
    out.flush()
}

fn tree(cause: &Cause<'_>, depth: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    for below in &cause.blockers {
        writeln!(out, "{indent}= {}", words::blocker(below.blocker))?;
        match &below.below {
            Below::Root => {
                writeln!(out, "{indent}    to lift it: {}", words::lift(below.blocker, &crate::config::rulebooks()))?;
            }
            Below::Above => writeln!(out, "{indent}    (explained above)")?,
            Below::Cause(cause) => tree(cause, depth + 1, out)?,
        }
    }
    Ok(())
}
