//! `sexton show`: a plan as `sexton plan` showed it, or a part of it.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufWriter, Write};

use sexton_core::explain::Reasons;
use sexton_core::harmless::escaped;
use sexton_core::plan::Plan;
use sexton_core::policy::Policy;
use sexton_core::rulebook::Rulebook;

use crate::arguments::{Format, Look, Show as Arguments};
use crate::failure::{Done, Failure, say};
use crate::files::read_plan;
use crate::report;
use crate::report::explain::document::Layout;
use crate::report::plan::{Order, Rows};
use crate::report::view::{Pick, Sort, View};
use crate::rules::rulebooks;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let plan = read_plan(&arguments.plan)?;
    let view = View::of(&plan, pick(&plan, arguments)?);
    let order = if arguments.tree { Order::Tree } else { Order::Waves };
    if arguments.tree && arguments.look.format != Format::Text {
        return Err(Failure::new("trees are shown as text").next("leave out --tree, or --format"));
    }
    look(&view, &arguments.look, order, &rulebooks(&arguments.rules)?)?;
    Ok(Done::Clean)
}

/// Shows a plan as its arguments ask.
pub(super) fn look(view: &View<'_>, look: &Look, order: Order, rulebooks: &[Rulebook]) -> Result<(), Failure> {
    if look.explain {
        return explanations(view, look.format, rulebooks);
    }
    if look.format == Format::Json && !view.is_whole() {
        return Err(Failure::new("json is the plan document, which has a digest and is not shown in part")
            .next("use --format jsonl"));
    }
    let rows = if look.all { Rows::All } else { Rows::Sampled };
    Ok(report::plan::show(view, look.format, rows, order)?)
}

/// Says why, of everything that is shown.
fn explanations(view: &View<'_>, format: Format, rulebooks: &[Rulebook]) -> Result<(), Failure> {
    let reasons = Reasons::of(view.plan, rulebooks);
    let mut out = BufWriter::new(anstream::stdout().lock());
    match format {
        Format::Text => report::explain::all(&reasons, view, &mut out)?,
        Format::Json => report::explain::document::all(&reasons, view, Layout::Array, &mut out)?,
        Format::Jsonl => report::explain::document::all(&reasons, view, Layout::Lines, &mut out)?,
        Format::Dot | Format::Mermaid | Format::Html => {
            return Err(Failure::new("--explain is told as text, json or jsonl"));
        }
    }
    Ok(out.flush()?)
}

fn pick<'p>(plan: &'p Plan, arguments: &Arguments) -> Result<Pick<'p>, Failure> {
    known(plan, &arguments.rule)?;
    let mut sorts = BTreeSet::new();
    if arguments.held {
        sorts.insert(Sort::Held);
    }
    if arguments.forced {
        sorts.insert(Sort::Forced);
    }
    Ok(Pick { kinds: arguments.kind.clone(), rules: arguments.rule.clone(), sorts, near: near(plan, arguments)? })
}

/// A misspelt rule would show nothing, and look like good news.
fn known(plan: &Plan, rules: &[String]) -> Result<(), Failure> {
    // A policy that another version wrote and this one cannot read names no rules here.
    let Ok(policy) = Policy::parse(&plan.policy.text) else { return Ok(()) };
    match rules.iter().find(|rule| !policy.collect.iter().any(|known| known.name == **rule)) {
        None => Ok(()),
        Some(rule) => {
            let names: Vec<&str> = policy.collect.iter().map(|rule| rule.name.as_str()).collect();
            Err(Failure::new(format!("the plan's policy has no collect rule {rule:?}"))
                .next(format!("its rules are {}", names.join(", "))))
        }
    }
}

fn near<'p>(plan: &'p Plan, arguments: &Arguments) -> Result<Option<HashSet<&'p str>>, Failure> {
    let Some(address) = &arguments.around else { return Ok(None) };
    let most = arguments.look.all.then_some(usize::MAX);
    let Some(around) = report::around::around(plan, address, arguments.depth, most) else {
        return Err(Failure::new(format!("the plan does not name {address}"))
            .next("`sexton explain` suggests an address that it does"));
    };
    if around.cut {
        let (shown, address) = (around.addresses.len(), escaped(address.as_str()));
        say(&format!("note: only {shown} of the resources around {address} are shown (--all shows all)"));
    }
    Ok(Some(around.addresses))
}
