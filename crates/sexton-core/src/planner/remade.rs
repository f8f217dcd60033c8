//! What the plan removes and something that stays makes anew: work that will be undone.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::fact::Fact;
use crate::graph::Graph;
use crate::inventory::{Inventory, ResourceIndex, ResourceRef, Target};
use crate::plan::Step;
use crate::resource::Attribute;
use crate::rulebook::{Remade, Rulebook};

/// What makes anew, with how many of the steps' resources it makes anew.
pub(super) fn remade(graph: &Graph<'_>, steps: &[Step]) -> BTreeMap<Address, u64> {
    let mut counts = BTreeMap::new();
    let makes = |rulebook: &Rulebook, kind: &str| entries(rulebook).any(|(_, _, remade)| remade.maker.as_str() == kind);
    // Most inventories have no maker, and a plan may have a million steps.
    if !graph.groups().iter().any(|group| group.rulebook.is_some_and(|rulebook| makes(rulebook, group.kind))) {
        return counts;
    }
    let inventory = graph.inventory;
    let going: BTreeSet<&Address> = steps.iter().map(|step| &step.address).collect();
    let covering = covering(graph, &going);
    for step in steps {
        let Some(index) = inventory.find(&step.address.to_string()) else { continue };
        let resource = inventory.resource(index);
        let group = graph.group(index);
        let (Some(rulebook), Some(rules)) = (group.rulebook, group.rules) else { continue };
        let mut makers = BTreeSet::new();
        for (position, remade) in rules.remade.iter().enumerate() {
            if !is_of_those(resource, remade) {
                continue;
            }
            for source in targets(inventory, resource, remade.relation.as_str()) {
                if !going.contains(&source) {
                    let entry = Entry { rulebook: rulebook.provider.as_str(), kind: group.kind, position, source };
                    makers.extend(covering.get(&entry).into_iter().flatten().copied());
                }
            }
        }
        for maker in makers {
            *counts.entry(inventory.resource(maker).address()).or_insert(0) += 1;
        }
    }
    counts
}

/// What resources of a kind are made of, by one of the entries of its rules.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    rulebook: &'a str,
    kind: &'a str,
    position: usize,
    source: Address,
}

/// The makers that stay and are at work, by what they cover.
fn covering<'a>(graph: &Graph<'a>, going: &BTreeSet<&Address>) -> BTreeMap<Entry<'a>, Vec<ResourceIndex>> {
    let inventory = graph.inventory;
    let mut covering: BTreeMap<Entry<'a>, Vec<ResourceIndex>> = BTreeMap::new();
    for group in graph.groups() {
        let Some(rulebook) = group.rulebook else { continue };
        for (kind, position, remade) in entries(rulebook).filter(|(_, _, remade)| remade.maker.as_str() == group.kind) {
            for at in group.start..group.end {
                let index = ResourceIndex::new(at);
                let maker = inventory.resource(index);
                if going.contains(&maker.address()) || is_idle(maker, remade) {
                    continue;
                }
                for source in targets(inventory, maker, remade.covers.as_str()) {
                    let entry = Entry { rulebook: rulebook.provider.as_str(), kind, position, source };
                    covering.entry(entry).or_default().push(index);
                }
            }
        }
    }
    covering
}

fn entries(rulebook: &Rulebook) -> impl Iterator<Item = (&str, usize, &Remade)> {
    rulebook.kinds.iter().flat_map(|rules| {
        rules.remade.iter().enumerate().map(|(position, remade)| (rules.kind.as_str(), position, remade))
    })
}

fn is_of_those(resource: ResourceRef<'_>, remade: &Remade) -> bool {
    match resource.attribute(&remade.attribute) {
        Attribute::Known(value) => *value == remade.value,
        Attribute::Missing | Attribute::Unknown => false,
    }
}

/// A maker of which the state is not known may be at work.
fn is_idle(maker: ResourceRef<'_>, remade: &Remade) -> bool {
    match maker.state() {
        Fact::Known(state) => remade.idle.contains(state),
        Fact::Unknown => false,
    }
}

fn targets<'a>(
    inventory: &'a Inventory,
    resource: ResourceRef<'a>,
    relation: &'a str,
) -> impl Iterator<Item = Address> + 'a {
    resource.known_links().filter(move |link| link.relation == relation).map(|link| match link.target {
        Target::Listed(index) => inventory.resource(index).address(),
        Target::Dangling(address) => address.clone(),
    })
}
