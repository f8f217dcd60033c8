//! Changes after which a plan says the same: other lines first, other names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::sample::Index;
use serde_json::Value;
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory;
use sexton_core::plan::Plan;

use super::{Broken, Planner, Trial, Verdict, made, value};
use crate::world::World;

/// The inventory's lines in another order change nothing but its digest, and the plan's with it. Asked of every world.
///
/// # Errors
/// A byte of the plan is another.
pub fn order_of_lines_changes_nothing(world: &World, picks: &[Index], planner: Planner<'_>) -> Verdict {
    let mut text = Vec::new();
    inventory::write(&world.inventory(), &mut text).expect("memory takes everything");
    let text = String::from_utf8(text).expect("an inventory is text");
    let lines: Vec<&str> = text.lines().collect();
    let (header, mut rest) = (lines[0], lines[1..].to_vec());
    for (place, pick) in picks.iter().enumerate() {
        if !rest.is_empty() {
            let other = pick.index(rest.len());
            rest.swap(place % lines[1..].len(), other);
        }
    }
    let policy = world.policy();
    let planned = |lines: Vec<&str>| {
        let inventory = inventory::read(lines.join("\n").as_bytes()).expect("what was written can be read");
        let mut plan = planner(&inventory, &policy);
        plan.inventory.digest = String::new();
        let mut bytes = Vec::new();
        plan.write(&mut bytes).expect("memory takes everything");
        bytes
    };
    let mixed: Vec<&str> = [header].into_iter().chain(rest).collect();
    let moved = mixed != lines;
    let (straight, other) = (planned(lines), planned(mixed));
    if straight == other {
        return Ok(Trial::at_stake(moved));
    }
    let how = format!("{}\n{}", String::from_utf8_lossy(&straight), String::from_utf8_lossy(&other));
    Err(Broken { law: "the order of lines changes nothing", how })
}

/// Other ids in the same order give the same plan with the other ids. Not asked where a condition reads ids.
///
/// # Errors
/// The plan says something else.
pub fn names_change_names(world: &World, planner: Planner<'_>) -> Verdict {
    if world.policy.contains("id.") {
        return Ok(Trial::NotAsked);
    }
    let links = world.resources.iter().flat_map(|resource| resource.known_links());
    let addresses: BTreeSet<&Address> =
        world.resources.iter().map(|resource| &resource.address).chain(links.map(|link| &link.target)).collect();
    // Ids that are longer and stranger, and in the same order, for their first digits are their rank.
    let ids: BTreeSet<&str> = addresses.iter().map(|address| address.id()).collect();
    let rank: BTreeMap<&str, usize> = ids.into_iter().zip(0..).collect();
    let renamed = |address: &Address| -> Address {
        let rank = rank[address.id()];
        let text = format!("{}:{}/{rank:05}:ü/\"{}\"", address.scope(), address.kind(), rank % 7);
        text.parse().expect("an id may hold any character")
    };
    let mut other = world.clone();
    for resource in &mut other.resources {
        resource.address = renamed(&resource.address);
        if let Fact::Known(links) = &mut resource.links {
            links.iter_mut().for_each(|link| link.target = renamed(&link.target));
        }
    }
    let names: BTreeMap<&str, Address> = addresses.iter().map(|one| (one.as_str(), renamed(one))).collect();
    let before = made(planner, world);
    let expected = rename(without_digests(&before), &names);
    let found = without_digests(&made(planner, &other));
    if expected == found {
        return Ok(Trial::at_stake(!before.steps.is_empty()));
    }
    let differs = expected.as_object().into_iter().flatten().find(|(key, value)| found.get(*key) != Some(*value));
    let how = format!("expected {differs:?}, found {:?}", differs.map(|(key, _)| found.get(key)));
    Err(Broken { law: "names change names", how })
}

fn without_digests(plan: &Plan) -> Value {
    let mut plan = plan.clone();
    plan.inventory.digest = String::new();
    plan.digest = String::new();
    value(&plan)
}

/// Every text that is an address, and every address at the end of a text, by its other name.
fn rename(value: Value, names: &BTreeMap<&str, Address>) -> Value {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text.as_str()) {
                return name.as_str().into();
            }
            // A finding names the first resource that it speaks of.
            let named = text
                .split([' ', ';', ','])
                .map(|word| word.trim_end_matches(':'))
                .find(|word| names.contains_key(word));
            match named {
                Some(word) => text.replace(word, names[word].as_str()).into(),
                None => text.into(),
            }
        }
        Value::Array(values) => values.into_iter().map(|value| rename(value, names)).collect(),
        Value::Object(values) => values.into_iter().map(|(key, value)| (key, rename(value, names))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}
