//! Which guards of the rulebooks are met in the inventory.

use std::collections::{HashMap, HashSet};

use super::{ByUnknown, Group, GuardIndex, RaisedByWhat, RaisedGuard, number};
use crate::address::Address;
use crate::fact::Fact;
use crate::inventory::{Inventory, ResourceIndex};
use crate::resource::{Attribute, AttributeValue, Link, Resource};
use crate::rulebook::{End, Goes, Other, Raised, RaisedBy, Rulebook, WhenCarried};
use crate::time::Timestamp;

pub(super) struct Raising<'a> {
    pub(super) dangling: Vec<&'a Address>,
    pub(super) raised: Vec<RaisedGuard>,
}

/// Relation, dependent's kind, dependency's kind.
type LinkShape<'a> = (&'a str, &'a str, &'a str);

/// The guards of one rulebook by what has to meet, so that a link asks only those that could be raised by it.
struct ByLink<'a> {
    guards: HashMap<LinkShape<'a>, Vec<(GuardIndex, &'a Other)>>,
    claims: HashSet<LinkShape<'a>>,
}

impl<'a> ByLink<'a> {
    fn new(rulebook: &'a Rulebook, first: usize) -> Self {
        let mut guards: HashMap<_, Vec<_>> = HashMap::new();
        let mut claims = HashSet::new();
        for (position, guard) in rulebook.guards.iter().enumerate() {
            let index = GuardIndex(number(first + position));
            match &guard.raised_by {
                RaisedBy::Other(other) => {
                    let (dependent, dependency) = match other.end {
                        End::Dependent => (&other.kind, &guard.target),
                        End::Dependency => (&guard.target, &other.kind),
                    };
                    guards
                        .entry((other.relation.as_str(), dependent.as_str(), dependency.as_str()))
                        .or_default()
                        .push((index, other));
                }
                RaisedBy::Claim { holders, .. } => {
                    for claim in holders {
                        claims.insert((claim.relation.as_str(), claim.kind.as_str(), guard.target.as_str()));
                    }
                }
                RaisedBy::State(_) | RaisedBy::Attribute(_) => {}
            }
        }
        Self { guards, claims }
    }
}

pub(super) fn raise<'a>(
    inventory: &'a Inventory,
    rulebooks: &'a [Rulebook],
    first_guard: &HashMap<&str, usize>,
    groups: &[Group<'a>],
    group_of: &[u32],
    now: Timestamp,
) -> Raising<'a> {
    let by_link: HashMap<&str, ByLink<'a>> = rulebooks
        .iter()
        .map(|rulebook| {
            let provider = rulebook.provider.as_str();
            (provider, ByLink::new(rulebook, first_guard[provider]))
        })
        .collect();
    let mut raised = Vec::new();
    let mut dangling = Vec::new();
    let mut holders: HashSet<(ResourceIndex, &str, &str)> = HashSet::new();
    for index in inventory.indexes() {
        let resource = inventory.resource(index);
        for link in resource.known_links() {
            raise_by_link(
                LinkEnd { inventory, index, resource, link, now },
                &by_link,
                &mut raised,
                &mut dangling,
                &mut holders,
            );
        }
    }
    let carried = carried(inventory, &raised, rulebooks);
    for index in inventory.indexes() {
        let group = &groups[group_of[index.get()] as usize];
        let (Some(rulebook), resource) = (group.rulebook, inventory.resource(index)) else { continue };
        let first = first_guard[rulebook.provider.as_str()];
        for (position, guard) in rulebook.guards.iter().enumerate() {
            if guard.target.as_str() != group.kind {
                continue;
            }
            let (says, by) = match &guard.raised_by {
                RaisedBy::State(test) => {
                    (test.reads(resource.state.as_ref().map(String::as_str)), RaisedByWhat::Itself)
                }
                RaisedBy::Attribute(test) => {
                    if test.when_carried == WhenCarried::Clear && carried[index.get()] == Carried::Yes {
                        continue;
                    }
                    (test.reads(resource, now), RaisedByWhat::Itself)
                }
                RaisedBy::Claim { attribute, holders: claims } => {
                    let says = match resource.attribute(attribute) {
                        Attribute::Unknown => Raised::Unknown,
                        Attribute::Missing => Raised::No,
                        Attribute::Known(AttributeValue::String(value)) => {
                            let unheld = claims.iter().any(|claim| {
                                claim.value == *value
                                    && !holders.contains(&(index, claim.relation.as_str(), claim.kind.as_str()))
                            });
                            if unheld { Raised::Known } else { Raised::No }
                        }
                        Attribute::Known(_) => Raised::Unknown,
                    };
                    (says, RaisedByWhat::Itself)
                }
                RaisedBy::Other(other) => {
                    if other.end == End::Dependent || inventory.links_known(index) {
                        continue;
                    }
                    (Raised::Unknown, RaisedByWhat::UnknownLinks)
                }
            };
            push(&mut raised, index, GuardIndex(number(first + position)), by, says);
        }
    }
    Raising { dangling, raised }
}

#[derive(Clone, Copy)]
struct LinkEnd<'a> {
    inventory: &'a Inventory,
    index: ResourceIndex,
    resource: &'a Resource,
    link: &'a Link,
    now: Timestamp,
}

fn raise_by_link<'a>(
    end: LinkEnd<'a>,
    by_link: &HashMap<&str, ByLink<'a>>,
    raised: &mut Vec<RaisedGuard>,
    dangling: &mut Vec<&'a Address>,
    holders: &mut HashSet<(ResourceIndex, &'a str, &'a str)>,
) {
    let LinkEnd { inventory, index, resource, link, now } = end;
    let target = inventory.find(link.target.as_str());
    let key = (link.relation.as_str(), resource.address.kind(), link.target.kind());
    // A guard is a rule of its target's provider.
    if let (Some(target), Some(rules)) = (target, by_link.get(link.target.provider())) {
        if rules.claims.contains(&key) {
            holders.insert((target, key.0, key.1));
        }
        for (guard_index, other) in rules.guards.get(&key).into_iter().flatten() {
            if other.end == End::Dependent {
                let says = met(other, resource, inventory.resource(target), now);
                push(raised, target, *guard_index, RaisedByWhat::Listed(index), says);
            }
        }
    }
    if let Some(rules) = by_link.get(resource.address.provider()) {
        for (guard_index, other) in rules.guards.get(&key).into_iter().flatten() {
            if other.end == End::Dependency {
                match target {
                    Some(target) => {
                        let says = met(other, inventory.resource(target), resource, now);
                        push(raised, index, *guard_index, RaisedByWhat::Listed(target), says);
                    }
                    None => {
                        let state = other.state.as_ref().map_or(Raised::Known, |_| Raised::Unknown);
                        let attribute = other.attribute.as_ref().map_or(Raised::Known, |_| Raised::Unknown);
                        let own =
                            other.target_attribute.as_ref().map_or(Raised::Known, |test| test.reads(resource, now));
                        let place = number(dangling.len());
                        dangling.push(&link.target);
                        push(raised, index, *guard_index, RaisedByWhat::Dangling(place), state.and(attribute).and(own));
                    }
                }
            }
        }
    }
}

/// What the other and the target say to a guard between them.
fn met(rule: &Other, other: &Resource, target: &Resource, now: Timestamp) -> Raised {
    let state = rule.state.as_ref().map_or(Raised::Known, |test| test.reads(other.state.as_ref().map(String::as_str)));
    let attribute = rule.attribute.as_ref().map_or(Raised::Known, |test| test.reads(other, now));
    let own = rule.target_attribute.as_ref().map_or(Raised::Known, |test| test.reads(target, now));
    state.and(attribute).and(own)
}

fn push(raised: &mut Vec<RaisedGuard>, target: ResourceIndex, guard: GuardIndex, by: RaisedByWhat, says: Raised) {
    let by_unknown = match says {
        Raised::No => return,
        Raised::Known => ByUnknown::No,
        Raised::Unknown => ByUnknown::Yes,
    };
    raised.push(RaisedGuard { target, guard, by, by_unknown });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carried {
    No,
    Yes,
}

/// Which resources are the other of a raised guard of sort *with*.
fn carried(inventory: &Inventory, raised: &[RaisedGuard], rulebooks: &[Rulebook]) -> Vec<Carried> {
    let goes: Vec<Option<Goes>> = rulebooks
        .iter()
        .flat_map(|rulebook| rulebook.guards.iter().map(|guard| guard.other().map(|other| other.goes)))
        .collect();
    let mut carried = vec![Carried::No; inventory.resources().len()];
    for guard in raised {
        if let (RaisedByWhat::Listed(other), Some(Goes::With)) = (guard.by, goes[guard.guard.0 as usize]) {
            carried[other.get()] = Carried::Yes;
        }
    }
    carried
}

/// Links that lead out of the inventory, counted by relation and kinds.
pub(crate) fn dangling_links(inventory: &Inventory) -> std::collections::BTreeMap<(String, String, String), u64> {
    let mut counts = std::collections::BTreeMap::new();
    for resource in inventory.resources() {
        if let Fact::Known(links) = &resource.links {
            for link in links {
                if inventory.dangles(&link.target) {
                    let key = (
                        resource.address.kind().to_owned(),
                        link.relation.as_str().to_owned(),
                        link.target.kind().to_owned(),
                    );
                    *counts.entry(key).or_insert(0) += 1;
                }
            }
        }
    }
    counts
}
