//! A plan as trees: each step under the step that it waits for last, and what is held under what holds it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use sexton_core::harmless::escaped;
use sexton_core::plan::{Held, Step};

use super::{Rows, WHOLE, rows};
use crate::report::colours::{HEAD, HOLD, QUIET, Sign};
use crate::report::view::View;
use crate::report::words;

/// Of children that are alike so many are shown.
const EXAMPLES: usize = 3;
/// So many lines of trees that are not listed whole are shown.
const LINES: usize = 200;
/// Deeper lines are not indented any further.
const INDENTED: usize = 12;

/// Nodes are numbered from 1; what stands below no other stands below 0.
#[derive(Debug, Default)]
struct Forest {
    /// (parent, child), sorted.
    pairs: Vec<(usize, usize)>,
}

/// What is told of a forest: a node, or how many more there are like one.
enum Told {
    Node { node: usize, depth: usize },
    More { like: usize, count: usize, depth: usize },
}

impl Forest {
    fn new(mut pairs: Vec<(usize, usize)>) -> Self {
        pairs.sort_unstable();
        Self { pairs }
    }

    fn children(&self, parent: usize) -> &[(usize, usize)] {
        let from = self.pairs.partition_point(|(above, _)| *above < parent);
        let to = self.pairs.partition_point(|(above, _)| *above <= parent);
        &self.pairs[from..to]
    }

    /// Tells every tree from its top; where `examples` says so, only so many of the children that a key calls alike.
    fn tell<K: Ord>(
        &self,
        examples: Option<usize>,
        alike: impl Fn(usize) -> K,
        mut tell: impl FnMut(Told) -> io::Result<()>,
    ) -> io::Result<()> {
        let top = self.children(0);
        // By sort of child: how many there were, and the first of them.
        let mut frames = vec![(top, 0, BTreeMap::<K, (usize, usize)>::new())];
        while let Some((children, next, counts)) = frames.last_mut() {
            let Some((_, node)) = children.get(*next) else {
                let depth = frames.len() - 1;
                if let (Some((_, _, counts)), Some(most)) = (frames.pop(), examples) {
                    for (count, like) in counts.into_values().filter(|(count, _)| *count > most) {
                        tell(Told::More { like, count: count - most, depth })?;
                    }
                }
                continue;
            };
            *next += 1;
            if let Some(most) = examples {
                let (count, _) = counts.entry(alike(*node)).or_insert((0, *node));
                *count += 1;
                if *count > most {
                    continue;
                }
            }
            tell(Told::Node { node: *node, depth: frames.len() - 1 })?;
            frames.push((self.children(*node), 0, BTreeMap::new()));
        }
        Ok(())
    }
}

fn indent(depth: usize) -> String {
    let spaces = " ".repeat(2 * depth.min(INDENTED) + 2);
    if depth > INDENTED { format!("{spaces}[{depth}] ") } else { spaces }
}

/// The steps, then what is held.
pub(super) fn tree(view: &View<'_>, rows: Rows, out: &mut dyn Write) -> io::Result<()> {
    let examples = (rows == Rows::Sampled && view.rows() > WHOLE).then_some(EXAMPLES);
    steps(view, examples, out)?;
    held(view, examples, out)
}

/// What is written stops after so many lines; what would follow is counted.
struct Limited<'o> {
    out: &'o mut dyn Write,
    left: usize,
    omitted: usize,
}

impl<'o> Limited<'o> {
    fn new(examples: Option<usize>, out: &'o mut dyn Write) -> Self {
        Self { out, left: if examples.is_some() { LINES } else { usize::MAX }, omitted: 0 }
    }

    fn next(&mut self) -> Option<&mut dyn Write> {
        if self.left == 0 {
            self.omitted += 1;
            return None;
        }
        self.left -= 1;
        Some(&mut *self.out)
    }

    fn end(self) -> io::Result<()> {
        match self.omitted {
            0 => Ok(()),
            omitted => writeln!(self.out, "  {QUIET}… and {omitted} more lines (--all lists every step){QUIET:#}"),
        }
    }
}

fn steps(view: &View<'_>, examples: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let plan = view.plan;
    let shown: Vec<&Step> = view.steps().collect();
    if shown.is_empty() {
        return Ok(());
    }
    // What was asked for by sort, kind or rule may stand below a step that was not.
    let place: HashMap<u32, usize> = shown.iter().enumerate().map(|(place, step)| (step.index, place + 1)).collect();
    let last = |step: &Step| {
        let before = step.after.iter().filter_map(|index| {
            let before = plan.steps.get(usize::try_from(*index).ok()?)?;
            Some((before.wave, std::cmp::Reverse(before.index), *place.get(index)?))
        });
        before.max().map_or(0, |(_, _, place)| place)
    };
    let forest = Forest::new(shown.iter().map(|step| (last(step), place[&step.index])).collect());
    writeln!(out, "{HEAD}Steps{HEAD:#}, each under the one that it waits for last")?;
    let step = |node: usize| shown[node - 1];
    let alike = |node| {
        let step = step(node);
        (Sign::of(step), step.address.kind(), &step.operation, &step.rules)
    };
    let mut limited = Limited::new(examples, out);
    forest.tell(examples, alike, |told| {
        let Some(out) = limited.next() else { return Ok(()) };
        match told {
            Told::Node { node, depth } => {
                let others = step(node).after.len().saturating_sub(1);
                let more = if others > 0 { format!(", also after {others} more") } else { String::new() };
                rows::line(plan, step(node), &indent(depth), &more, out)
            }
            Told::More { like, count, depth } => {
                let kind = escaped(step(like).address.kind());
                writeln!(out, "{}{QUIET}… and {count} more {kind}{QUIET:#}", indent(depth))
            }
        }
    })?;
    limited.end()
}

fn held(view: &View<'_>, examples: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
    let records: Vec<&Held> = view.held().chain(view.blocked()).collect();
    if records.is_empty() {
        return Ok(());
    }
    let by_address: HashMap<&str, usize> =
        records.iter().enumerate().map(|(place, held)| (held.address.as_str(), place)).collect();
    // The tops are what stays without being a record itself, and facts of the resources' own.
    let mut tops: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut parents: Vec<Option<usize>> = vec![None; records.len()];
    for (place, held) in records.iter().enumerate() {
        let above = held.blockers.iter().find_map(|blocker| {
            let by = blocker.by.as_ref()?;
            by_address.get(by.as_str()).copied().filter(|above| *above != place)
        });
        match (above, held.blockers.first()) {
            (Some(above), _) => parents[place] = Some(above),
            (None, Some(blocker)) => tops.entry(top(blocker)).or_default().push(place),
            (None, None) => tops.entry("nothing that the plan names".to_owned()).or_default().push(place),
        }
    }
    for loose in without_top(&mut parents) {
        tops.entry("each other, in a circle".to_owned()).or_default().push(loose);
    }
    let labels: Vec<&String> = tops.keys().collect();
    let node = |place: usize| labels.len() + place + 1;
    let mut pairs: Vec<(usize, usize)> = (1..=labels.len()).map(|label| (0, label)).collect();
    for (label, places) in tops.values().enumerate() {
        pairs.extend(places.iter().map(|place| (label + 1, node(*place))));
    }
    let below = parents.iter().enumerate().filter_map(|(place, above)| Some((node((*above)?), node(place))));
    pairs.extend(below);
    let forest = Forest::new(pairs);
    let record = |node: usize| node.checked_sub(labels.len() + 1).map(|place| records[place]);
    let alike = |node: usize| record(node).map_or((node, ""), |held| (0, held.address.kind()));
    writeln!(out, "{HEAD}Held and blocked{HEAD:#}, each under what is in its way")?;
    let mut limited = Limited::new(examples, out);
    forest.tell(examples, alike, |told| {
        let Some(out) = limited.next() else { return Ok(()) };
        match told {
            Told::Node { node, depth } => match record(node) {
                None => writeln!(out, "{}{}", indent(depth), labels[node - 1]),
                Some(held) => row(held, &indent(depth), out),
            },
            Told::More { like, count, depth } => {
                let kind = record(like).map_or_else(String::new, |held| escaped(held.address.kind()));
                writeln!(out, "{}{QUIET}… and {count} more {kind}{QUIET:#}", indent(depth))
            }
        }
    })?;
    limited.end()
}

fn top(blocker: &sexton_core::plan::Blocker) -> String {
    match &blocker.by {
        Some(by) => format!("{} {}", escaped(by.as_str()), words::because(blocker)),
        None => words::blocker(blocker),
    }
}

fn row(held: &Held, indent: &str, out: &mut dyn Write) -> io::Result<()> {
    let guard = held.blockers.iter().find_map(|blocker| blocker.guard.as_ref());
    let guard = guard.map_or_else(String::new, |guard| format!("  {}", escaped(guard.as_str())));
    let more = match held.blockers.len() {
        0 | 1 => String::new(),
        count => format!(", and {} more in its way", count - 1),
    };
    let address = escaped(held.address.as_str());
    writeln!(out, "{indent}{HOLD}={HOLD:#} {address}{QUIET}{guard}{more}{QUIET:#}")
}

/// Takes one member out of every circle of parents, so that everything hangs below some top.
fn without_top(parents: &mut [Option<usize>]) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Seen {
        No,
        InThisWay,
        Yes,
    }
    let mut seen = vec![Seen::No; parents.len()];
    let mut loose = Vec::new();
    for start in 0..parents.len() {
        let mut way = Vec::new();
        let mut at = Some(start);
        while let Some(place) = at.filter(|place| seen[*place] == Seen::No) {
            seen[place] = Seen::InThisWay;
            way.push(place);
            at = parents[place];
        }
        if let Some(place) = at.filter(|place| seen[*place] == Seen::InThisWay) {
            parents[place] = None;
            loose.push(place);
        }
        for place in way {
            seen[place] = Seen::Yes;
        }
    }
    loose
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_circle_is_opened_once() {
        // 0 → 1 → 2 → 0, 3 → 2, 4 → 5 → 4, 6 hangs below a top.
        let mut parents = vec![Some(1), Some(2), Some(0), Some(2), Some(5), Some(4), None];
        assert_eq!(without_top(&mut parents), [0, 4]);
        assert_eq!(parents, [None, Some(2), Some(0), Some(2), None, Some(4), None]);
    }

    #[test]
    fn a_deep_forest_is_told_to_its_end() {
        let pairs = (0..100_000).map(|node| (node, node + 1)).collect();
        let mut deepest = 0;
        let told = |told| {
            if let Told::Node { depth, .. } = told {
                deepest = deepest.max(depth);
            }
            Ok(())
        };
        Forest::new(pairs).tell(Some(3), |_| (), told).unwrap();
        assert_eq!(deepest, 99_999);
    }
}
