//! What was listed where: which kinds that could guard a group were not listed completely.

use std::collections::{HashMap, HashSet};

use super::groups::Group;
use super::world::World;
use crate::address::Kind;
use crate::fact::Fact;
use crate::inventory::Listing;
use crate::policy::Policy;
use crate::rulebook::{End, Guard, Visibility};

/// By group.
#[derive(Debug)]
pub(super) struct Listed<'a> {
    groups: Vec<Gaps<'a>>,
}

#[derive(Debug, Default)]
struct Gaps<'a> {
    /// Kinds that could guard and were not listed completely, ascending.
    unlisted: Vec<&'a Kind>,
    /// Kinds whose dependents nobody can see.
    unseen: Vec<&'a str>,
}

/// The census, by place and kind, as far as it counts at a point in time.
struct Census {
    complete: HashMap<String, HashSet<String>>,
    /// By provider and account: the regions of which anything was listed.
    places: HashMap<(String, String), HashSet<String>>,
}

impl Census {
    fn read(world: &World<'_>, policy: &Policy) -> Self {
        let mut census = Self { complete: HashMap::new(), places: HashMap::new() };
        for line in world.inventory.census().lines() {
            let (provider, account) = (line.scope.provider.to_string(), line.scope.account.to_string());
            let region = line.scope.region.to_string();
            let fresh = match line.as_of {
                Fact::Known(as_of) => world.now.since(as_of) <= policy.limits.max_inventory_age,
                Fact::Unknown => false,
            };
            if fresh && line.listing == Listing::Complete {
                let scope = format!("{provider}:{account}:{region}");
                census.complete.entry(scope).or_default().insert(line.scope.kind.to_string());
            }
            census.places.entry((provider, account)).or_default().insert(region);
        }
        // Where there is a resource, something was listed, though no line says what.
        for (at, group) in world.groups().iter().enumerate() {
            let place = (world.class_of_group(at).provider.to_owned(), group.account.to_owned());
            census.places.entry(place).or_default().insert(group.region.to_owned());
        }
        census
    }
}

impl<'a> Listed<'a> {
    pub(super) fn read(world: &World<'a>, policy: &Policy) -> Self {
        let census = Census::read(world, policy);
        let mut uncertain: HashSet<(&str, &str)> = HashSet::new();
        for (at, group) in world.groups().iter().enumerate() {
            if world.has_unknown_links(at) {
                uncertain.insert((group.scope, world.class_of_group(at).kind));
            }
        }
        let complete = |scope: &str, account: &str, region: &str, kind: &str| {
            let waived = policy.assume_none.iter().any(|waiver| {
                waiver.kind.as_str() == kind
                    && waiver.account.as_ref().is_none_or(|own| own.as_str() == account)
                    && waiver.region.as_ref().is_none_or(|own| own.as_str() == region)
            });
            // What has unknown links may refer to anything, and a waiver does not speak of what was seen.
            (waived || census.complete.get(scope).is_some_and(|kinds| kinds.contains(kind)))
                && !uncertain.contains(&(scope, kind))
        };
        let of_group = |(at, group): (usize, &Group<'a>)| {
            let class = world.class_of_group(at);
            let mut gaps = Gaps::default();
            for guard in &class.guards {
                let guard = world.guard(*guard);
                let Some(kind) = needed(guard) else { continue };
                let listed = match &guard.visibility {
                    Visibility::Unobservable { .. } => {
                        gaps.unseen.push(kind.as_str());
                        continue;
                    }
                    Visibility::Region | Visibility::Census(_) => {
                        complete(group.scope, group.account, group.region, kind.as_str())
                    }
                    Visibility::Account => {
                        let place = (class.provider.to_owned(), group.account.to_owned());
                        census.places.get(&place).is_some_and(|regions| {
                            regions.iter().all(|region| {
                                let scope = format!("{}:{}:{region}", class.provider, group.account);
                                complete(&scope, group.account, region, kind.as_str())
                            })
                        })
                    }
                };
                if !listed {
                    gaps.unlisted.push(kind);
                }
            }
            gaps.unlisted.sort_unstable();
            gaps.unlisted.dedup();
            gaps
        };
        Self { groups: world.groups().iter().enumerate().map(of_group).collect() }
    }

    /// The kinds that could guard a group and were not listed completely, ascending.
    pub(super) fn unlisted(&self, group: usize) -> &[&'a Kind] {
        &self.groups[group].unlisted
    }

    /// Whether dependents of that kind cannot be counted: not listed, or never seen.
    pub(super) fn cannot_count(&self, group: usize, kind: &str) -> bool {
        let gaps = &self.groups[group];
        gaps.unseen.contains(&kind) || gaps.unlisted.iter().any(|own| own.as_str() == kind)
    }
}

/// The kind whose listing shows what raises a guard; none where the guarded resource shows it itself.
fn needed(guard: &Guard) -> Option<&Kind> {
    if let Visibility::Census(kind) = &guard.visibility {
        return Some(kind);
    }
    guard.other().filter(|other| other.end == End::Dependent).map(|other| &other.kind)
}
