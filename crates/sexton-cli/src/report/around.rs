//! The part of a plan around one address: what goes before and after it, what holds it, what it holds.

use std::collections::{HashMap, HashSet};

use sexton_core::address::Address;
use sexton_core::plan::Plan;

/// So many resources around an address are shown, unless all are asked for.
const MOST: usize = 300;

/// The neighbourhood of an address.
#[derive(Debug)]
pub(crate) struct Around<'p> {
    pub(crate) addresses: HashSet<&'p str>,
    /// More were within reach.
    pub(crate) cut: bool,
}

/// What is at most `depth` links away from an address, in either direction. None where the plan does not know it.
pub(crate) fn around<'p>(plan: &'p Plan, address: &Address, depth: usize, most: Option<usize>) -> Option<Around<'p>> {
    let links = Links::of(plan);
    let most = most.unwrap_or(MOST);
    let start = *links.number.get(address.as_str())?;
    let mut found = HashSet::from([start]);
    let mut ring = vec![start];
    let mut cut = false;
    for _ in 0..depth {
        let mut next = Vec::new();
        for node in ring {
            for other in links.of_node(node) {
                if found.contains(&other) {
                    continue;
                }
                if found.len() >= most {
                    cut = true;
                    continue;
                }
                found.insert(other);
                next.push(other);
            }
        }
        ring = next;
    }
    Some(Around { addresses: found.into_iter().map(|node| links.names[node]).collect(), cut })
}

/// Every address that the plan names, and what it has to do with which.
struct Links<'p> {
    names: Vec<&'p str>,
    number: HashMap<&'p str, usize>,
    /// Both directions, sorted.
    pairs: Vec<(usize, usize)>,
}

impl<'p> Links<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut links = Self { names: Vec::new(), number: HashMap::new(), pairs: Vec::new() };
        for step in &plan.steps {
            let at = links.node(step.address.as_str());
            for before in &step.after {
                let before = usize::try_from(*before).ok().and_then(|place| plan.steps.get(place));
                links.link(at, before.map(|step| step.address.as_str()));
            }
            for drawn in &step.drawn_by {
                links.link(at, Some(drawn.by.as_str()));
            }
            for lost in step.expect.dependents.iter().flatten() {
                links.link(at, Some(lost.as_str()));
            }
        }
        for held in plan.held.iter().chain(&plan.blocked) {
            let at = links.node(held.address.as_str());
            for blocker in &held.blockers {
                links.link(at, blocker.by.as_ref().map(Address::as_str));
            }
        }
        for kept in &plan.kept {
            links.node(kept.address.as_str());
        }
        links.pairs.sort_unstable();
        links.pairs.dedup();
        links
    }

    fn node(&mut self, name: &'p str) -> usize {
        *self.number.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }

    fn link(&mut self, at: usize, other: Option<&'p str>) {
        if let Some(other) = other {
            let other = self.node(other);
            self.pairs.extend([(at, other), (other, at)]);
        }
    }

    fn of_node(&self, node: usize) -> impl Iterator<Item = usize> {
        let from = self.pairs.partition_point(|(at, _)| *at < node);
        self.pairs[from..].iter().take_while(move |(at, _)| *at == node).map(|(_, other)| *other)
    }
}
