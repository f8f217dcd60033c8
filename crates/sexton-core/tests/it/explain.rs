//! What explanations say is so: paths begin where a rule selects, and what is said to lift a blocker does.

use proptest::prelude::*;
use proptest::sample::Index;
use sexton_core::explain::{Below, Cause, Extent, Lift, Line, Origin, Reasons, Standing, Told};
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::plan::{Because, Blocker, Plan};
use sexton_core::planner::plan;
use sexton_core::policy::{Draw, Policy};
use sexton_core::rulebook::OnlyWhere;
use sexton_testkit::oracle::Oracle;
use sexton_testkit::rulebook::synthetic;
use sexton_testkit::world::{World, worlds};

use crate::oracle::{Reach, planned, runner};

#[test]
fn every_tree_ends_in_root_causes_with_lifts_and_every_path_where_a_rule_selects() {
    let reach = Reach::default();
    let rulebooks = [synthetic()];
    runner(1_000)
        .run(&worlds(24), |world| {
            reach.world();
            let (inventory, policy) = (world.inventory(), world.policy());
            let oracle = Oracle::new(&inventory, &rulebooks[0], &policy, inventory.taken_at());
            let plan = planned(&world);
            let reasons = Reasons::of(&plan, &rulebooks);
            let mut told = Told::nothing(&reasons);
            let mut lines = 0;
            for root in reasons.causes() {
                if told.has(&root) {
                    continue;
                }
                for line in reasons.walk(root, &mut told, Extent::Whole) {
                    let Line::Blocker { of, blocker, below, depth } = line else { panic!("the whole is told") };
                    lines += 1;
                    assert!(
                        !reasons.lifts(&of, blocker).is_empty(),
                        "{blocker:?} of {} can be lifted",
                        of.held.address
                    );
                    let stays = [Because::Held, Because::Blocked].contains(&blocker.because);
                    assert_eq!(stays, below != Below::Root, "{blocker:?}");
                    reach.hit("trees of three levels", depth >= 2);
                    reach.hit("shared sub-trees", matches!(below, Below::Told(_)));
                }
            }
            let records = plan.held.iter().chain(&plan.blocked);
            assert_eq!(lines, records.map(|held| held.blockers.len()).sum::<usize>(), "every blocker is told once");

            let selects = |address: &str, rule: &str| {
                let index = inventory.find(address).unwrap().get();
                let rule = policy.collect.iter().position(|collect| collect.name == rule).unwrap();
                oracle.matched[index].contains(&rule) && !oracle.barred[index]
            };
            for step in &plan.steps {
                for holding in reasons.collected(step).holdings {
                    let last = holding.path.last().map_or(step, |link| link.by);
                    match holding.origin {
                        Origin::Selected => assert!(selects(last.address.as_str(), holding.rule), "{holding:?}"),
                        Origin::Mutual => assert!(!holding.path.is_empty(), "{holding:?}"),
                    }
                    reach.hit("drawn steps", !holding.path.is_empty());
                    reach.hit("paths of two links", holding.path.len() >= 2);
                }
            }
            Ok(())
        })
        .unwrap();
    reach.at_least(&[
        ("trees of three levels", 100),
        ("shared sub-trees", 100),
        ("drawn steps", 300),
        ("paths of two links", 30),
    ]);
}

/// Whether a force is one for the resource: which of a kind it is for, the lift says.
fn is_meant(world: &World, cause: &Cause<'_>, only: &OnlyWhere) -> bool {
    let resource = world.resources.iter().find(|resource| resource.address == cause.held.address);
    resource.is_some_and(|resource| only.holds(resource.attribute(&only.attribute)))
}

/// The plan after a lift was carried out: in the policy, or in the world. None for what a person has to find out.
fn lifted(world: &World, cause: &Cause<'_>, lift: &Lift<'_>) -> Option<Plan> {
    let (mut world, mut policy) = (world.clone(), world.policy());
    let rules = |policy: &mut Policy, names: &[&str], change: &dyn Fn(&mut sexton_core::policy::Collect)| {
        policy.collect.iter_mut().filter(|rule| names.contains(&rule.name.as_str())).for_each(change);
    };
    match lift {
        Lift::Cascade { rules: names, other } | Lift::CascadeCondition { rules: names, other } => {
            let draw = Draw { kind: other.kind().parse().unwrap(), when: None };
            rules(&mut policy, &names[..1], &|rule| rule.cascade.push(draw.clone()));
        }
        Lift::GrantForce { only: Some(only), .. } if !is_meant(&world, cause, only) => return None,
        Lift::GrantForce { rules: names, guard, .. } => {
            rules(&mut policy, &names[..1], &|rule| rule.force.push((*guard).clone()));
        }
        Lift::GrantWait { rules: names, .. } => {
            rules(&mut policy, &names[..1], &|rule| rule.wait = Some(sexton_core::time::Span::from_hours(1)));
        }
        Lift::Remove { other, .. } => {
            world.resources.retain(|resource| resource.address != **other);
            for resource in &mut world.resources {
                if let Fact::Known(links) = &mut resource.links {
                    links.retain(|link| link.target != **other);
                }
            }
        }
        Lift::Unprotect { rules: names, .. } => policy.protect.retain(|rule| !names.contains(&rule.name)),
        Lift::LowerRetain { rules: names, .. } => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            rules(&mut policy, &names, &|rule| rule.retain = None);
        }
        Lift::AgreeOptions { rules: names } => rules(&mut policy, names, &|rule| rule.options.clear()),
        Lift::List { kind, .. } => {
            let lines = world.census.iter_mut().filter(|line| line.scope.kind == **kind);
            lines.for_each(|line| line.listing = Listing::Complete);
            let of_kind = world.resources.iter_mut().filter(|resource| resource.address.kind() == kind.as_str());
            of_kind.filter(|resource| resource.links == Fact::Unknown).for_each(|resource| {
                resource.links = Fact::Known(Vec::new());
            });
        }
        Lift::Select { .. }
        | Lift::SelectToForce { .. }
        | Lift::Protect { .. }
        | Lift::ChangeState { .. }
        | Lift::ChangeAttribute { .. }
        | Lift::FindHolder { .. }
        | Lift::Waive { .. }
        | Lift::Learn { .. }
        | Lift::ListOther { .. }
        | Lift::GiveGroup { .. }
        | Lift::LiftOther { .. }
        | Lift::BreakCycle { .. }
        | Lift::LookUp { .. } => return None,
    }
    Some(plan(&world.inventory(), &[synthetic()], &policy, None).unwrap())
}

fn word(lift: &Lift<'_>) -> &'static str {
    match lift {
        Lift::Cascade { .. } => "cascades",
        Lift::CascadeCondition { .. } => "cascade conditions",
        Lift::GrantForce { .. } => "forces",
        Lift::GrantWait { .. } => "waits",
        Lift::Remove { .. } => "removals",
        Lift::Unprotect { .. } => "protections",
        Lift::LowerRetain { .. } => "retentions",
        Lift::AgreeOptions { .. } => "options",
        Lift::List { .. } => "listings",
        Lift::Select { .. }
        | Lift::SelectToForce { .. }
        | Lift::Protect { .. }
        | Lift::ChangeState { .. }
        | Lift::ChangeAttribute { .. }
        | Lift::FindHolder { .. }
        | Lift::Waive { .. }
        | Lift::Learn { .. }
        | Lift::ListOther { .. }
        | Lift::GiveGroup { .. }
        | Lift::LiftOther { .. }
        | Lift::BreakCycle { .. }
        | Lift::LookUp { .. } => "others",
    }
}

/// Whether the plan still has that blocker of that resource.
fn still(plan: &Plan, cause: &Cause<'_>, blocker: &Blocker) -> bool {
    let record = plan.held.iter().chain(&plan.blocked).find(|held| held.address == cause.held.address);
    record.is_some_and(|held| held.blockers.contains(blocker))
}

#[test]
fn what_is_said_to_lift_a_blocker_lifts_it() {
    let reach = Reach::default();
    let rulebooks = [synthetic()];
    runner(2_000)
        .run(&(worlds(10), any::<Index>(), any::<Index>()), |(world, which, way)| {
            reach.world();
            let plan = planned(&world);
            let reasons = Reasons::of(&plan, &rulebooks);
            let held: Vec<Cause<'_>> = reasons.causes().filter(|cause| cause.standing == Standing::Held).collect();
            if held.is_empty() {
                return Ok(());
            }
            let cause = which.get(&held);
            for blocker in &cause.held.blockers {
                let lifts = reasons.lifts(cause, blocker);
                let lift = way.get(&lifts);
                let Some(after) = lifted(&world, cause, lift) else { continue };
                reach.hit(word(lift), true);
                assert!(!still(&after, cause, blocker), "{lift:?} does not lift {blocker:?} of {}", cause.held.address);
            }
            Ok(())
        })
        .unwrap();
    reach.at_least(&[
        ("cascades", 20),
        ("forces", 25),
        ("waits", 8),
        ("removals", 50),
        ("protections", 50),
        ("retentions", 50),
        ("options", 30),
        ("listings", 70),
    ]);
}
