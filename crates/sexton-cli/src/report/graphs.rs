//! A plan as a graph, for Graphviz and Mermaid: an arrow leads from what goes first to what goes after, and from what
//! is in the way to what it holds.

use std::collections::BTreeMap;
use std::io::{self, Write};

use sexton_core::address::Address;
use sexton_core::harmless::escaped;

use super::view::View;

/// What a node is, by which it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Step,
    Forced,
    Held,
    Kept,
    /// In the way of something, and not in the plan itself.
    Apart,
}

/// What an arrow means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrow<'p> {
    /// The one goes before the other.
    Before,
    /// The one takes the other with it.
    With,
    /// The one holds the other, by this guard.
    Holds(Option<&'p str>),
}

struct Graph<'p> {
    /// By address: the node's name and what it is.
    nodes: BTreeMap<&'p str, (String, Node, String)>,
    arrows: Vec<(String, String, Arrow<'p>)>,
}

fn label(address: &Address, name: Option<&str>) -> String {
    let what = format!("{} {}", address.kind(), address.id());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{}\n{}", escaped(&what), escaped(name)),
        None => escaped(&what),
    }
}

/// Steps are named by their index, so that a graph can be read beside the plan; the others are numbered.
fn graph<'p>(view: &View<'p>) -> Graph<'p> {
    let mut graph = Graph { nodes: BTreeMap::new(), arrows: Vec::new() };
    for step in view.steps() {
        let node = if step.force.is_empty() { Node::Step } else { Node::Forced };
        let text = label(&step.address, step.name.as_deref());
        graph.nodes.insert(step.address.as_str(), (format!("s{}", step.index), node, text));
    }
    let mut number = 0_usize;
    let mut add = |graph: &mut Graph<'p>, address: &'p Address, node: Node| -> String {
        let entry = graph.nodes.entry(address.as_str()).or_insert_with(|| {
            number += 1;
            (format!("n{number}"), node, label(address, None))
        });
        entry.0.clone()
    };
    // Of a whole plan the order of its steps; of a part also what holds what.
    let part = !view.is_whole();
    for held in view.held().chain(view.blocked()).filter(|_| part) {
        add(&mut graph, &held.address, Node::Held);
    }
    for kept in view.kept().filter(|_| part) {
        add(&mut graph, &kept.address, Node::Kept);
    }
    for step in view.steps() {
        for before in &step.after {
            let before = usize::try_from(*before).ok().and_then(|place| view.plan.steps.get(place));
            let Some(from) = before.and_then(|before| graph.nodes.get(before.address.as_str())) else { continue };
            let arrow = if before.map(|before| before.index) == step.with { Arrow::With } else { Arrow::Before };
            graph.arrows.push((from.0.clone(), format!("s{}", step.index), arrow));
        }
    }
    for held in view.held().chain(view.blocked()).filter(|_| part) {
        let to = add(&mut graph, &held.address, Node::Held);
        for blocker in &held.blockers {
            let Some(by) = &blocker.by else { continue };
            let from = add(&mut graph, by, Node::Apart);
            let guard = blocker.guard.as_ref().map(AsRef::as_ref);
            graph.arrows.push((from, to.clone(), Arrow::Holds(guard)));
        }
    }
    graph
}

pub(crate) fn dot(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let graph = graph(view);
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    writeln!(out, "digraph plan {{\n  rankdir=LR;\n  node [shape=box];")?;
    for (name, node, label) in graph.nodes.values() {
        let style = match node {
            Node::Step => "",
            Node::Forced => ", color=red",
            Node::Held => ", color=blue, style=rounded",
            Node::Kept => ", color=gray, style=rounded",
            Node::Apart => ", color=gray, style=dashed",
        };
        writeln!(out, "  {name} [label=\"{}\"{style}];", quoted(label))?;
    }
    for (from, to, arrow) in &graph.arrows {
        let style = match arrow {
            Arrow::Before => String::new(),
            Arrow::With => " [style=dashed]".to_owned(),
            Arrow::Holds(guard) => {
                let guard = guard.map_or_else(String::new, |guard| format!(", label=\"{}\"", quoted(&escaped(guard))));
                format!(" [color=blue, arrowhead=tee{guard}]")
            }
        };
        writeln!(out, "  {from} -> {to}{style};")?;
    }
    writeln!(out, "}}")
}

pub(crate) fn mermaid(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let graph = graph(view);
    writeln!(out, "flowchart LR")?;
    for (name, node, label) in graph.nodes.values() {
        let (open, close) = match node {
            Node::Step | Node::Forced => ("[", "]"),
            Node::Held | Node::Kept | Node::Apart => ("(", ")"),
        };
        writeln!(out, "  {name}{open}\"{}\"{close}", entities(label))?;
    }
    for (from, to, arrow) in &graph.arrows {
        match arrow {
            Arrow::Before => writeln!(out, "  {from} --> {to}")?,
            Arrow::With => writeln!(out, "  {from} -.-> {to}")?,
            Arrow::Holds(None) => writeln!(out, "  {from} --x {to}")?,
            Arrow::Holds(Some(guard)) => writeln!(out, "  {from} --x|\"{}\"| {to}", entities(&escaped(guard)))?,
        }
    }
    Ok(())
}

/// Mermaid reads much as its own syntax, or as a page's.
fn entities(label: &str) -> String {
    let mut shown = String::new();
    for character in label.chars() {
        match character {
            '\n' => shown.push_str("<br/>"),
            character if character.is_alphanumeric() || " -_.".contains(character) => shown.push(character),
            character => shown.push_str(&format!("#{};", u32::from(character))),
        }
    }
    shown
}
