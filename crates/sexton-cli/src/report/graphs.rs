//! The order of a plan as a graph, for Graphviz and Mermaid: an arrow leads from what goes first to what goes after.

use sexton_core::harmless::escaped;
use std::io::{self, Write};

use sexton_core::plan::{Plan, Step};

fn label(step: &Step) -> String {
    let what = format!("{} {}", step.address.kind(), step.address.id());
    match step.name.as_ref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{}\n{}", escaped(&what), escaped(name)),
        None => escaped(&what),
    }
}

pub(crate) fn dot(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph plan {{\n  rankdir=LR;\n  node [shape=box];")?;
    for step in &plan.steps {
        let label = label(step).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let colour = if step.force.is_empty() { "" } else { ", color=red" };
        writeln!(out, "  s{} [label=\"{label}\"{colour}];", step.index)?;
    }
    for step in &plan.steps {
        for before in &step.after {
            let style = if step.with == Some(*before) { " [style=dashed]" } else { "" };
            writeln!(out, "  s{before} -> s{}{style};", step.index)?;
        }
    }
    writeln!(out, "}}")
}

pub(crate) fn mermaid(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for step in &plan.steps {
        let mut shown = String::new();
        for character in label(step).chars() {
            match character {
                '\n' => shown.push_str("<br/>"),
                character if character.is_alphanumeric() || " -_.".contains(character) => shown.push(character),
                // Mermaid reads everything else as its own syntax, or as a page's.
                character => shown.push_str(&format!("#{};", u32::from(character))),
            }
        }
        writeln!(out, "  s{}[\"{shown}\"]", step.index)?;
    }
    for step in &plan.steps {
        for before in &step.after {
            let arrow = if step.with == Some(*before) { "-.->" } else { "-->" };
            writeln!(out, "  s{before} {arrow} s{}", step.index)?;
        }
    }
    Ok(())
}
