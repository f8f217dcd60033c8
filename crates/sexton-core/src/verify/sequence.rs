//! What comes after what, and what would come after itself were everything collected.
//!
//! A resource comes after every other that guards it, and after its carriers. A carrier comes also after every other
//! that guards what goes with it, unless that other is the carrier or goes with it too.

use std::collections::HashSet;

use super::groups::number;
use super::rules::Members;
use super::world::{By, Raised, World, starts};

/// The order of a whole inventory.
#[derive(Debug)]
pub(super) struct Sequence {
    /// For each carrier, what it comes after only for the sake of what goes with it; ascending, each once.
    for_carried: Vec<(u32, u32)>,
    on_cycle: Members,
}

impl Sequence {
    pub(super) fn read(world: &World<'_>) -> Self {
        let mut sequence = Self { for_carried: for_carried(world), on_cycle: Members::new(world.inventory.len()) };
        sequence.find_cycles(world);
        sequence
    }

    pub(super) fn on_cycle(&self, resource: u32) -> bool {
        self.on_cycle.has(resource)
    }

    pub(super) fn all_on_cycles(&self) -> impl Iterator<Item = u32> + '_ {
        self.on_cycle.iter()
    }

    /// What a carrier comes after for the sake of what goes with it.
    fn extra(&self, resource: u32) -> &[(u32, u32)] {
        let start = self.for_carried.partition_point(|(carrier, _)| *carrier < resource);
        let end = start + self.for_carried[start..].partition_point(|(carrier, _)| *carrier == resource);
        &self.for_carried[start..end]
    }

    /// Gives everything that a resource comes after directly; the same one perhaps several times.
    pub(super) fn before(&self, world: &World<'_>, resource: u32, mut give: impl FnMut(u32)) {
        for raised in world.raised_on(resource) {
            if let By::Listed(other) = raised.by()
                && !world.goes_with(raised.guard())
                && other != resource
            {
                give(other);
            }
        }
        for raised in world.raised_by(resource) {
            if world.goes_with(raised.guard()) && raised.target() != resource {
                give(raised.target());
            }
        }
        for (_, other) in self.extra(resource) {
            give(*other);
        }
    }

    /// A cycle of resources is a closed walk among their kinds. So only kinds that lie on one are looked into, and where
    /// kinds only ever guard one way, as most do, there is nothing to look into.
    fn find_cycles(&mut self, world: &World<'_>) {
        let class = |resource: u32| number(world.groups()[world.group_of(resource)].class);
        let pairs = |take: &mut dyn FnMut(u32, u32)| {
            for raised in world.raised() {
                if let By::Listed(other) = raised.by()
                    && other != raised.target()
                {
                    let (earlier, later) = in_order(world, *raised, other);
                    take(earlier, later);
                }
            }
            self.for_carried.iter().for_each(|(carrier, other)| take(*other, *carrier));
        };
        let mut kinds = Vec::new();
        let mut seen = HashSet::new();
        pairs(&mut |earlier, later| {
            let pair = (class(earlier), class(later));
            if kinds.last() != Some(&pair) && seen.insert(pair) {
                kinds.push(pair);
            }
        });
        let component = components(world.class_count(), &kinds);
        let mut edges = Vec::new();
        pairs(&mut |earlier, later| {
            if component[class(earlier) as usize] == component[class(later) as usize] {
                edges.push((earlier, later));
            }
        });
        if edges.is_empty() {
            return;
        }
        let component = components(world.inventory.len(), &edges);
        for (earlier, later) in edges {
            if component[earlier as usize] == component[later as usize] {
                self.on_cycle.insert(earlier);
                self.on_cycle.insert(later);
            }
        }
    }
}

/// The earlier and the later of the two that a guard concerns.
fn in_order(world: &World<'_>, raised: Raised, other: u32) -> (u32, u32) {
    if world.goes_with(raised.guard()) { (raised.target(), other) } else { (other, raised.target()) }
}

const UNSEEN: u32 = u32::MAX;

/// Numbers the strongly connected components (Tarjan's algorithm, with a stack of its own).
fn components(count: usize, edges: &[(u32, u32)]) -> Vec<u32> {
    let starts = starts(count, edges.iter().map(|(earlier, _)| *earlier));
    let mut next = starts.clone();
    let mut neighbours = vec![0; edges.len()];
    for (earlier, later) in edges {
        neighbours[next[*earlier as usize] as usize] = *later;
        next[*earlier as usize] += 1;
    }
    // From here on, `next` is where to go on among a node's neighbours.
    next.copy_from_slice(&starts);
    let mut component = vec![UNSEEN; count];
    let mut order = vec![UNSEEN; count];
    let mut lowest = vec![UNSEEN; count];
    let (mut clock, mut components) = (0, 0);
    let mut open: Vec<u32> = Vec::new();
    let mut path: Vec<u32> = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        path.push(number(root));
        while let Some(node) = path.last() {
            let row = *node as usize;
            if order[row] == UNSEEN {
                order[row] = clock;
                lowest[row] = clock;
                clock += 1;
                open.push(*node);
            }
            if next[row] < starts[row + 1] {
                let later = neighbours[next[row] as usize] as usize;
                if order[later] == UNSEEN {
                    path.push(number(later));
                    continue;
                }
                // What has a component by now is closed; anything else is on the path or leads back to it.
                if component[later] == UNSEEN {
                    lowest[row] = lowest[row].min(lowest[later]);
                }
                next[row] += 1;
                continue;
            }
            if lowest[row] == order[row] {
                while let Some(member) = open.pop() {
                    component[member as usize] = components;
                    if member as usize == row {
                        break;
                    }
                }
                components += 1;
            }
            path.pop();
        }
    }
    component
}

/// For each carrier, what guards something that goes with it; without the carrier itself and what goes with it too.
fn for_carried(world: &World<'_>) -> Vec<(u32, u32)> {
    let mut carried = Members::new(world.inventory.len());
    let mut any = false;
    for raised in world.raised() {
        if let By::Listed(other) = raised.by()
            && world.goes_with(raised.guard())
            && other != raised.target()
        {
            carried.insert(other);
            any = true;
        }
    }
    let mut found = Vec::new();
    if !any {
        return found;
    }
    let mut carriers = Carriers::new(world.inventory.len());
    let mut of_other = Carriers::new(world.inventory.len());
    for resource in carried.iter() {
        let mut known = false;
        for raised in world.raised_on(resource) {
            let By::Listed(other) = raised.by() else { continue };
            if other == resource || world.goes_with(raised.guard()) {
                continue;
            }
            if !known {
                carriers.find(world, resource);
                known = true;
            }
            of_other.find(world, other);
            for carrier in &carriers.found {
                if *carrier != other && !of_other.has(*carrier) {
                    found.push((*carrier, other));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Everything that a resource goes with, directly or through another.
struct Carriers {
    found: Vec<u32>,
    stamps: Vec<u32>,
    stamp: u32,
}

impl Carriers {
    fn new(count: usize) -> Self {
        Self { found: Vec::new(), stamps: vec![0; count], stamp: 0 }
    }

    fn has(&self, resource: u32) -> bool {
        self.stamps[resource as usize] == self.stamp
    }

    fn find(&mut self, world: &World<'_>, resource: u32) {
        self.stamp += 1;
        self.found.clear();
        let mut next = 0;
        let mut current = resource;
        loop {
            for raised in world.raised_by(current) {
                let carrier = raised.target();
                if world.goes_with(raised.guard()) && carrier != current && !self.has(carrier) {
                    self.stamps[carrier as usize] = self.stamp;
                    self.found.push(carrier);
                }
            }
            let Some(following) = self.found.get(next) else { break };
            current = *following;
            next += 1;
        }
    }
}
