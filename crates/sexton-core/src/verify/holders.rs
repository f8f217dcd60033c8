//! Which rules hold which resources, and how a guard on what they hold is met.

use super::rules::{Members, RuleSets, share, some};
use super::standing::Standing;
use super::world::{By, Certainty, Raised, World};
use crate::resource::Attribute;

/// By resource, the rules that hold it strongly and those that hold it weakly.
#[derive(Debug)]
pub(super) struct Holders {
    strong: RuleSets,
    weak: RuleSets,
    held: Vec<u32>,
}

impl Holders {
    /// The least that follows from what is selected, among some resources.
    pub(super) fn among(world: &World<'_>, standing: &Standing, some_of: &Members) -> Self {
        let words = standing.matched.words();
        let count = world.inventory.len();
        let sets = || RuleSets::new(count, words);
        let mut holders = Self { strong: sets(), weak: sets(), held: Vec::new() };
        let (mut queued, mut known) = (Members::new(count), Members::new(count));
        let mut queue = Vec::new();
        let selected = standing.all_matched.iter().filter(|resource| !standing.is_barred(**resource));
        for resource in selected.copied().filter(|resource| some_of.has(*resource)) {
            let row = resource as usize;
            holders.strong.of_mut(row).copy_from_slice(standing.matched.of(row));
            queued.insert(resource);
            known.insert(resource);
            queue.push(resource);
        }
        holders.held.clone_from(&queue);
        let (mut strong, mut held) = (vec![0; words], vec![0; words]);
        while let Some(resource) = queue.pop() {
            queued.remove(resource);
            strong.copy_from_slice(holders.strong(resource));
            for (word, own) in held.iter_mut().enumerate() {
                *own = strong[word] | holders.weak(resource)[word];
            }
            let all = &mut holders.held;
            let mut reach = |other: u32, grew: bool| {
                if grew && !queued.has(other) {
                    queued.insert(other);
                    queue.push(other);
                    if !known.has(other) {
                        known.insert(other);
                        all.push(other);
                    }
                }
            };
            if some(&strong) {
                drawn_with(world, resource, |dependent| {
                    if some_of.has(dependent) {
                        let row = dependent as usize;
                        reach(dependent, add(holders.strong.of_mut(row), &strong, standing.cascade.of(row)));
                    }
                });
            }
            left_by(world, resource, |dependency| {
                if some_of.has(dependency) {
                    let row = dependency as usize;
                    reach(dependency, add(holders.weak.of_mut(row), &held, standing.orphans.of(row)));
                }
            });
        }
        holders
    }

    pub(super) fn strong(&self, resource: u32) -> &[u64] {
        self.strong.of(resource as usize)
    }

    pub(super) fn weak(&self, resource: u32) -> &[u64] {
        self.weak.of(resource as usize)
    }

    /// Everything that some rule holds, in no order.
    pub(super) fn held(&self) -> &[u32] {
        &self.held
    }

    /// Whether any rule holds a resource.
    pub(super) fn hold(&self, resource: u32) -> bool {
        some(self.strong(resource)) || some(self.weak(resource))
    }
}

/// Adds what two sets share, and says whether that was more.
fn add(own: &mut [u64], a: &[u64], b: &[u64]) -> bool {
    let mut grew = false;
    for (own, (a, b)) in own.iter_mut().zip(a.iter().zip(b)) {
        grew |= a & b & !*own != 0;
        *own |= a & b;
    }
    grew
}

/// Gives the dependents that raise a guard on a resource: what a rule may take along with it.
pub(super) fn drawn_with(world: &World<'_>, resource: u32, mut give: impl FnMut(u32)) {
    for raised in world.raised_on(resource) {
        if let (By::Listed(other), true) = (raised.by(), world.by_dependent(raised.guard()))
            && other != resource
        {
            give(other);
        }
    }
}

/// Gives what a resource raises a guard on as a dependent: what a rule may leave without use by taking it.
pub(super) fn left_by(world: &World<'_>, resource: u32, mut give: impl FnMut(u32)) {
    for raised in world.raised_by(resource) {
        if world.by_dependent(raised.guard()) && raised.target() != resource {
            give(raised.target());
        }
    }
}

/// How a raised guard is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// What raises it goes too.
    Goes,
    /// It is waited for.
    Waited,
    /// It is forced.
    Forced,
    No,
}

/// How a guard is met, given the rules that hold its target and what goes.
pub(super) fn met(
    world: &World<'_>,
    standing: &Standing,
    raised: Raised,
    strong: &[u64],
    weak: &[u64],
    goes: impl Fn(u32) -> bool,
) -> Met {
    let other = match raised.by() {
        By::Listed(other) => Some(other),
        By::Itself | By::UnknownLinks | By::Dangling(_) => None,
    };
    if other.is_some_and(goes) {
        return Met::Goes;
    }
    let guard = raised.guard();
    if world.guard(guard).can_wait() && (share(strong, &standing.waits) || share(weak, &standing.waits)) {
        return Met::Waited;
    }
    let may_be_lost = raised.certainty() == Certainty::Known && !other.is_some_and(|other| standing.is_barred(other));
    if may_be_lost && share(strong, standing.forces.of(guard as usize)) && reaches(world, raised) {
        return Met::Forced;
    }
    Met::No
}

/// Whether forcing the guard is a remedy for this target.
pub(super) fn reaches(world: &World<'_>, raised: Raised) -> bool {
    let Some(only) = world.guard(raised.guard()).force().and_then(|force| force.only.as_ref()) else { return true };
    matches!(world.resource(raised.target()).attribute(&only.attribute), Attribute::Known(value) if *value == only.equals)
}
