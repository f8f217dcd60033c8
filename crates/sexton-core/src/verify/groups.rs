//! The resources of one kind in one place, which are contiguous in the inventory, and what a rulebook says of a kind.

use std::collections::HashMap;

use crate::inventory::{Inventory, ResourceIndex};
use crate::rulebook::{End, Guard, KindRules, Other, RaisedBy, Rulebook};

/// The resources of one kind in one account and region.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// `provider:account:region`.
    pub(super) scope: &'a str,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) class: usize,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Group<'_> {
    pub(super) fn members(&self) -> std::ops::Range<u32> {
        self.start..self.end
    }

    pub(super) fn size(&self) -> u64 {
        u64::from(self.end - self.start)
    }
}

/// A kind of a provider, with what its rulebook says of it.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub(super) provider: &'a str,
    pub(super) kind: &'a str,
    pub(super) rulebook: Option<&'a Rulebook>,
    pub(super) rules: Option<&'a KindRules>,
    /// Guards on the kind that a dependent raises.
    pub(super) by_dependent: Vec<(u32, &'a Other)>,
    /// Guards on the kind that a dependency raises.
    pub(super) by_dependency: Vec<(u32, &'a Other)>,
    /// Guards on the kind that its own state, attributes or claims raise.
    pub(super) by_itself: Vec<u32>,
    /// Relation and kind of the holders that an attribute of the kind can claim.
    pub(super) claims: Vec<(&'a str, &'a str)>,
    /// All guards on the kind, in the rulebook's order.
    pub(super) guards: Vec<u32>,
}

impl Class<'_> {
    /// How many guards on the kind dependents of that kind raise.
    pub(super) fn guards_by_dependents(&self, kind: &str) -> usize {
        self.by_dependent.iter().filter(|(_, other)| other.kind.as_str() == kind).count()
    }
}

/// The groups of an inventory, in its order, and the kinds they are of.
#[derive(Debug)]
pub(super) struct Groups<'a> {
    pub(super) groups: Vec<Group<'a>>,
    pub(super) classes: Vec<Class<'a>>,
    pub(super) group_of: Vec<u32>,
    /// The guards of all rulebooks, one after the other.
    pub(super) guards: Vec<&'a Guard>,
}

impl<'a> Groups<'a> {
    pub(super) fn read(inventory: &'a Inventory, rulebooks: &'a [Rulebook]) -> Self {
        let guards: Vec<&Guard> = rulebooks.iter().flat_map(|rulebook| &rulebook.guards).collect();
        let mut firsts = Vec::new();
        let mut first = 0;
        for rulebook in rulebooks {
            firsts.push(first);
            first += rulebook.guards.len();
        }
        let mut known: HashMap<(&str, &str), usize> = HashMap::new();
        let (mut groups, mut classes): (Vec<Group<'_>>, Vec<Class<'_>>) = (Vec::new(), Vec::new());
        let mut group_of = Vec::with_capacity(inventory.len());
        let mut start = 0;
        while start < inventory.len() {
            let first = inventory.resource(ResourceIndex::new(start));
            let (scope, kind) = (first.scope(), first.kind());
            let end = end_of(inventory, start, scope, kind);
            let class = *known.entry((first.provider(), kind)).or_insert_with(|| {
                let at = rulebooks.iter().position(|rulebook| rulebook.provider.as_str() == first.provider());
                classes.push(match at {
                    Some(at) => Class::of(first.provider(), kind, &rulebooks[at], firsts[at]),
                    None => Class::foreign(first.provider(), kind),
                });
                classes.len() - 1
            });
            group_of.resize(end, number(groups.len()));
            let (account, region) = (first.account(), first.region());
            groups.push(Group { scope, account, region, class, start: number(start), end: number(end) });
            start = end;
        }
        Self { groups, classes, group_of, guards }
    }
}

impl<'a> Class<'a> {
    fn foreign(provider: &'a str, kind: &'a str) -> Self {
        Self {
            provider,
            kind,
            rulebook: None,
            rules: None,
            by_dependent: Vec::new(),
            by_dependency: Vec::new(),
            by_itself: Vec::new(),
            claims: Vec::new(),
            guards: Vec::new(),
        }
    }

    fn of(provider: &'a str, kind: &'a str, rulebook: &'a Rulebook, first: usize) -> Self {
        let mut class = Self::foreign(provider, kind);
        class.rulebook = Some(rulebook);
        class.rules = rulebook.kind(kind);
        for (position, guard) in rulebook.guards.iter().enumerate() {
            if guard.target.as_str() != kind {
                continue;
            }
            let index = number(first + position);
            class.guards.push(index);
            match &guard.raised_by {
                RaisedBy::Other(other) => match other.end {
                    End::Dependent => class.by_dependent.push((index, other)),
                    End::Dependency => class.by_dependency.push((index, other)),
                },
                RaisedBy::State(_) | RaisedBy::Attribute(_) => class.by_itself.push(index),
                RaisedBy::Claim { holders, .. } => {
                    class.by_itself.push(index);
                    for claim in holders {
                        let holder = (claim.relation.as_str(), claim.kind.as_str());
                        if !class.claims.contains(&holder) {
                            class.claims.push(holder);
                        }
                    }
                }
            }
        }
        class
    }
}

/// Where a group that begins at `start` ends: found by doubling steps, then halving, for its members are contiguous.
fn end_of(inventory: &Inventory, start: usize, scope: &str, kind: &str) -> usize {
    let belongs = |at: usize| {
        let resource = inventory.resource(ResourceIndex::new(at));
        resource.kind() == kind && resource.scope() == scope
    };
    let (mut inside, mut step) = (start, 1);
    while inside + step < inventory.len() && belongs(inside + step) {
        inside += step;
        step *= 2;
    }
    let mut outside = (inside + step).min(inventory.len());
    while outside - inside > 1 {
        let middle = inside + (outside - inside) / 2;
        if belongs(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    outside
}

pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("resources, links and guards are numbered by 32 bits")
}
