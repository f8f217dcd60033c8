//! How many of the steps each maker that stays undoes, counted from the makers.

use std::collections::{BTreeMap, BTreeSet};

use super::world::World;
use crate::address::Address;
use crate::fact::Fact;
use crate::inventory::{ResourceRef, Target};
use crate::plan::Plan;
use crate::resource::Attribute;

/// For every maker that undoes a step, how many of them.
pub(super) fn counts(world: &World<'_>, plan: &Plan) -> Vec<u64> {
    let of_makers: Vec<usize> = (0..world.groups().len())
        .filter(|at| {
            let class = world.class_of_group(*at);
            let mut remade = class.rulebook.iter().flat_map(|book| &book.kinds).flat_map(|rules| &rules.remade);
            remade.any(|remade| remade.maker.as_str() == class.kind)
        })
        .collect();
    if of_makers.is_empty() {
        return Vec::new();
    }
    let removed: BTreeSet<u32> = plan.steps.iter().filter_map(|step| world.find(&step.address)).collect();
    let mut counts = Vec::new();
    for at in of_makers {
        let makers = world.class_of_group(at);
        let Some(rulebook) = makers.rulebook else { continue };
        let made: Vec<_> = rulebook
            .kinds
            .iter()
            .flat_map(|rules| rules.remade.iter().map(move |remade| (rules.kind.as_str(), remade)))
            .filter(|(_, remade)| remade.maker.as_str() == makers.kind)
            .collect();
        let products: Vec<BTreeMap<Address, Vec<u32>>> = made
            .iter()
            .map(|(kind, remade)| {
                let mut products: BTreeMap<Address, Vec<u32>> = BTreeMap::new();
                for step in removed.iter().copied() {
                    let of_the_kind = world.class_of(step).provider == makers.provider && world.kind(step) == *kind;
                    let resource = world.resource(step);
                    let marked = matches!(resource.attribute(&remade.attribute),
                        Attribute::Known(value) if *value == remade.value);
                    if of_the_kind && marked {
                        for source in linked(world, resource, remade.relation.as_str()) {
                            products.entry(source).or_default().push(step);
                        }
                    }
                }
                products.retain(|source, _| world.find(source).is_none_or(|source| !removed.contains(&source)));
                products
            })
            .collect();
        for maker in world.groups()[at].members().filter(|maker| !removed.contains(maker)) {
            let maker = world.resource(maker);
            let mut undone: BTreeSet<u32> = BTreeSet::new();
            for ((_, remade), products) in made.iter().zip(&products) {
                let works = match maker.state() {
                    Fact::Known(state) => !remade.idle.contains(state),
                    Fact::Unknown => true,
                };
                if works {
                    let covered = linked(world, maker, remade.covers.as_str());
                    undone.extend(covered.iter().filter_map(|thing| products.get(thing)).flatten());
                }
            }
            if !undone.is_empty() {
                counts.push(u64::try_from(undone.len()).unwrap_or(u64::MAX));
            }
        }
    }
    counts
}

fn linked(world: &World<'_>, resource: ResourceRef<'_>, relation: &str) -> Vec<Address> {
    let links = resource.known_links().filter(|link| link.relation == relation);
    links
        .map(|link| match link.target {
            Target::Listed(index) => world.inventory.resource(index).address(),
            Target::Dangling(address) => address.clone(),
        })
        .collect()
}
