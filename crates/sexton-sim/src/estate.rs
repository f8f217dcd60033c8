//! What is there at a moment, and what the rulebook says of it. Used by the cloud, which refuses by it, and by the
//! checks, which follow the cloud's changes with an estate of their own.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::{Address, GuardCode};
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::rulebook::{DataHeld, End, Goes, Guard, Other, RaisedBy, Rulebook, Strength};
use sexton_core::time::Timestamp;

/// Resources that are there, and who refers to what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estate {
    resources: BTreeMap<Address, Resource>,
    /// By the dependency, its dependents.
    referrers: BTreeMap<Address, BTreeSet<Address>>,
}

/// A guard that is raised on a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hold {
    /// The guard.
    pub code: GuardCode,
    /// The other resource; none for the resource's own state or attribute.
    pub by: Option<Address>,
    /// Whether the provider refuses by it.
    pub enforced: bool,
    /// Whether the other goes with the resource.
    pub with: bool,
    /// Whether the other refers to the resource.
    pub dependent: bool,
    /// Whether it clears by itself.
    pub waits: bool,
}

impl Estate {
    /// These resources.
    #[must_use]
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let mut estate = Self::default();
        for resource in resources {
            estate.put(resource);
        }
        estate
    }

    /// Adds a resource, or puts it in the place of the one of that address.
    pub fn put(&mut self, resource: Resource) {
        self.take(&resource.address.clone());
        for link in resource.known_links() {
            self.referrers.entry(link.target.clone()).or_default().insert(resource.address.clone());
        }
        self.resources.insert(resource.address.clone(), resource);
    }

    /// Takes a resource out.
    pub fn take(&mut self, address: &Address) -> Option<Resource> {
        let resource = self.resources.remove(address)?;
        for link in resource.known_links() {
            if let Some(referrers) = self.referrers.get_mut(&link.target) {
                referrers.remove(address);
                if referrers.is_empty() {
                    self.referrers.remove(&link.target);
                }
            }
        }
        Some(resource)
    }

    /// The resource of that address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// Every resource, ascending by address.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// What refers to a resource, ascending by address.
    pub fn dependents(&self, address: &Address) -> impl Iterator<Item = &Resource> {
        self.referrers.get(address).into_iter().flatten().filter_map(|dependent| self.resources.get(dependent))
    }

    /// Every guard that is raised on a resource now.
    #[must_use]
    pub fn holds(&self, rulebook: &Rulebook, target: &Resource, now: Timestamp) -> Vec<Hold> {
        let mut holds = Vec::new();
        for guard in rulebook.guards_of(target.address.kind()) {
            match &guard.raised_by {
                RaisedBy::State(test) => {
                    if test.reads(target.state.as_ref().map(String::as_str)).is_raised() {
                        holds.push(Hold::of(guard, None));
                    }
                }
                RaisedBy::Attribute(test) => {
                    if test.reads(target.attribute(&test.name), now).is_raised() {
                        holds.push(Hold::of(guard, None));
                    }
                }
                RaisedBy::Other(rule) => {
                    let others = self.others(target, rule, now);
                    holds.extend(others.into_iter().map(|other| Hold::of(guard, Some(other.address.clone()))));
                }
                RaisedBy::Claim { .. } => {}
            }
        }
        holds
    }

    /// The others at the far end of a guard's link that raise it.
    fn others(&self, target: &Resource, rule: &Other, now: Timestamp) -> Vec<&Resource> {
        let refers = |from: &Resource, to: &Address| {
            from.known_links().iter().any(|link| link.relation == rule.relation && link.target == *to)
        };
        let raises = |other: &&Resource| raises(rule, other, target, now);
        match rule.end {
            End::Dependent => {
                self.dependents(&target.address).filter(|other| refers(other, &target.address)).filter(raises).collect()
            }
            End::Dependency => target
                .known_links()
                .iter()
                .filter(|link| link.relation == rule.relation)
                .filter_map(|link| self.resources.get(&link.target))
                .filter(raises)
                .collect(),
        }
    }

    /// What goes with a resource, directly or through another.
    #[must_use]
    pub fn carried(&self, rulebook: &Rulebook, address: &Address, now: Timestamp) -> Vec<Address> {
        let mut found = Vec::new();
        let mut reached = vec![address.clone()];
        while let Some(carrier) = reached.pop() {
            let Some(resource) = self.resources.get(&carrier) else { continue };
            for hold in self.holds(rulebook, resource, now) {
                if let Some(by) = hold.by.filter(|by| hold.with && !found.contains(by)) {
                    found.push(by.clone());
                    reached.push(by);
                }
            }
        }
        found.sort();
        found
    }

    /// Whether a resource is listed and holds nothing any more: a task that has ended.
    #[must_use]
    pub fn is_spent(rulebook: &Rulebook, resource: &Resource) -> bool {
        let kind = resource.address.kind();
        if rulebook.kind(kind).is_none_or(|rules| rules.data != DataHeld::Nothing) {
            return false;
        }
        let mut by_state = 0;
        for other in rulebook.guards.iter().filter_map(Guard::other).filter(|other| other.kind.as_str() == kind) {
            match &other.state {
                Some(test) if !test.reads(resource.state.as_ref().map(String::as_str)).is_raised() => by_state += 1,
                Some(_) | None => return false,
            }
        }
        by_state > 0
    }
}

fn raises(rule: &Other, other: &Resource, target: &Resource, now: Timestamp) -> bool {
    rule.kind.as_str() == other.address.kind()
        && rule.state.as_ref().is_none_or(|test| test.reads(other.state.as_ref().map(String::as_str)).is_raised())
        && rule.attribute.as_ref().is_none_or(|test| test.reads(other.attribute(&test.name), now).is_raised())
        && rule.target_attribute.as_ref().is_none_or(|test| test.reads(target.attribute(&test.name), now).is_raised())
}

impl Hold {
    fn of(guard: &Guard, by: Option<Address>) -> Self {
        Self {
            code: guard.code.clone(),
            by,
            enforced: guard.strength == Strength::Enforced,
            with: guard.other().is_some_and(|other| other.goes == Goes::With),
            dependent: guard.other().is_some_and(|other| other.end == End::Dependent),
            waits: guard.can_wait(),
        }
    }
}

/// The state of a resource, where it is known.
#[must_use]
pub(crate) fn state(resource: &Resource) -> Option<&str> {
    match &resource.state {
        Fact::Known(state) => Some(state),
        Fact::Unknown => None,
    }
}
