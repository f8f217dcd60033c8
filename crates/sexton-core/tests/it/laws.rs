//! Laws that every plan obeys, whatever the world.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use sexton_core::fact::Fact;
use sexton_core::inventory::{self, Inventory, Listing};
use sexton_core::plan::Plan;
use sexton_core::planner::plan;
use sexton_core::policy::Policy;
use sexton_testkit::oracle::Oracle;
use sexton_testkit::rulebook::{synthetic, synthetics};
use sexton_testkit::world::{World, worlds};

use sexton_testkit::reach::Reach;
use sexton_testkit::runner::runner;

use crate::oracle::planned;

fn addresses(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().map(|step| step.address.to_string()).collect()
}

#[test]
fn after_any_prefix_nothing_removed_is_still_guarded() {
    let reach = Reach::default();
    let rulebook = synthetic();
    runner(1_500)
        .run(&worlds(30), |world| {
            let (inventory, policy) = (world.inventory(), world.policy());
            let oracle = Oracle::new(&inventory, &rulebook, &policy, inventory.taken_at());
            let plan = planned(&world);
            let mut gone = BTreeSet::new();
            for step in &plan.steps {
                gone.insert(step.address.clone());
                for raised in &oracle.raised {
                    let target = &inventory.resources().nth(raised.target).unwrap().address();
                    if *target != step.address {
                        continue;
                    }
                    let guard = &rulebook.guards[raised.guard];
                    let survives = raised.by.as_ref().is_none_or(|by| !gone.contains(by));
                    let carried = raised
                        .by
                        .as_ref()
                        .is_some_and(|by| plan.steps.iter().any(|other| other.address == *by && other.with.is_some()));
                    let forced = step.force.contains(&guard.code)
                        && raised.by.as_ref().is_none_or(|by| {
                            step.expect.dependents.as_ref().is_some_and(|accepted| accepted.contains(by))
                        });
                    let waited = step.wait.iter().any(|wait| wait.guard == guard.code && wait.by == raised.by);
                    assert!(
                        !survives || forced || waited || carried,
                        "{} goes while {:?} still guards it by {}",
                        step.address,
                        raised.by,
                        guard.code
                    );
                    reach.hit("guards that a step had to meet", true);
                    reach.hit("forced guards", survives && forced);
                    reach.hit("carried others", survives && carried);
                }
            }
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("guards that a step had to meet", 1_200), ("forced guards", 200), ("carried others", 40)]);
}

fn text(world: &World) -> Vec<String> {
    let mut bytes = Vec::new();
    inventory::write(&world.inventory(), &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn document(inventory: &Inventory, policy: &Policy) -> String {
    let mut plan = plan(inventory, &synthetics(), policy, None).unwrap();
    plan.inventory.digest = String::new();
    let mut bytes = Vec::new();
    plan.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_order_of_lines_changes_no_byte() {
    let reach = Reach::default();
    let shuffled = (worlds(20), prop::collection::vec(any::<Index>(), 40));
    runner(600)
        .run(&shuffled, |(world, picks)| {
            let lines = text(&world);
            let mut rest = lines[1..].to_vec();
            let mut mixed = vec![lines[0].clone()];
            for pick in &picks {
                if !rest.is_empty() {
                    mixed.push(rest.swap_remove(pick.index(rest.len())));
                }
            }
            mixed.append(&mut rest);
            reach.hit("worlds in another order", mixed != lines);
            let straight = inventory::read(lines.join("\n").as_bytes()).unwrap();
            let other = inventory::read(mixed.join("\n").as_bytes()).unwrap();
            assert_eq!(document(&straight, &world.policy()), document(&other, &world.policy()));
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("worlds in another order", 500)]);
}

#[test]
fn knowing_less_or_protecting_more_never_collects_more() {
    let reach = Reach::default();
    let changed = (worlds(12), any::<Index>(), 0..3_u8);
    runner(1_500)
        .run(&changed, |(world, which, change)| {
            let before = addresses(&planned(&world));
            let mut less = world.clone();
            match change {
                0 => {
                    let census = which.index(less.census.len());
                    less.census[census].listing = Listing::Incomplete;
                }
                1 => {
                    let kind = less.resources[which.index(less.resources.len())].address.kind().to_owned();
                    less.policy.push_str(&format!("[[protect]]\nname = \"more\"\nkind = \"{kind}\"\n"));
                }
                _ => {
                    let resource = which.index(less.resources.len());
                    less.resources[resource].links = Fact::Unknown;
                    // Links that are not known may hide what a rule would draw along them, never reveal more.
                }
            }
            let after = addresses(&planned(&less));
            // A rule that asks what hangs on a resource may be answered `unknown` instead of a count: never a truth.
            reach.hit("worlds that lost a step", after.len() < before.len());
            assert!(after.is_subset(&before), "{after:?} is more than {before:?}");
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("worlds that lost a step", 150)]);
}

#[test]
fn a_full_run_leaves_nothing_to_plan() {
    let reach = Reach::default();
    runner(1_500)
        .run(&worlds(12), |world| {
            // Retention, and conditions that look at neighbours, may rightly match more once these are gone.
            if ["retain", "unused", "dependents"].iter().any(|word| world.policy.contains(word)) {
                return Ok(());
            }
            let plan = planned(&world);
            let gone = addresses(&plan);
            let mut left = world.clone();
            left.resources.retain(|resource| !gone.contains(resource.address.as_str()));
            if plan.held.iter().chain(&plan.blocked).next().is_some() {
                return Ok(());
            }
            reach.hit("worlds that were run", !gone.is_empty());
            assert_eq!(addresses(&planned(&left)), BTreeSet::new());
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("worlds that were run", 100)]);
}

#[test]
fn disjoint_worlds_plan_apart() {
    let reach = Reach::default();
    runner(600)
        .run(&(worlds(10), worlds(10)), |(a, mut b)| {
            b.policy.clone_from(&a.policy);
            if a.policy.contains("retain") {
                return Ok(());
            }
            // The same census, and other ids.
            b.census.clone_from(&a.census);
            if [&a, &b].iter().any(|world| world.resources.iter().any(|resource| resource.links == Fact::Unknown)) {
                return Ok(());
            }
            let rename = |address: &sexton_core::address::Address| {
                format!("{}:{}/z{}", address.scope(), address.kind(), address.id()).parse().unwrap()
            };
            for resource in &mut b.resources {
                resource.address = rename(&resource.address);
                if let Fact::Known(links) = &mut resource.links {
                    links.iter_mut().for_each(|link| link.target = rename(&link.target));
                }
            }
            let mut both = a.clone();
            both.resources.extend(b.resources.clone());
            let union: BTreeSet<String> = addresses(&planned(&a)).union(&addresses(&planned(&b))).cloned().collect();
            reach.hit("unions", !union.is_empty());
            assert_eq!(addresses(&planned(&both)), union);
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("unions", 120)]);
}
