//! The order of every plan keeps to the rulebooks, and no order with a dependent pair swapped does.

use proptest::prelude::*;
use sexton_core::address::Address;
use sexton_core::plan::Plan;
use sexton_core::rulebook::{Goes, Guard};
use sexton_core::verify::order::{Judged, OrderViolation, Terms, order};
use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::runner::runner;
use sexton_testkit::world::{large_worlds, worlds};

use super::alterations::Case;

fn removals(plan: &Plan) -> Vec<Address> {
    plan.steps.iter().map(|step| step.address.clone()).collect()
}

fn judge(case: &Case, removals: &[Address], terms: &Terms) -> Result<(), OrderViolation> {
    order(&case.inventory, &synthetics(), case.plan.now, removals, terms)
}

/// Whether one of two kinds goes with the other.
fn carries(carrier: &Address, carried: &Address) -> bool {
    synthetics()[0].guards.iter().any(|guard: &Guard| {
        guard.target.as_str() == carrier.kind()
            && guard.other().is_some_and(|other| other.goes == Goes::With && other.kind.as_str() == carried.kind())
    })
}

#[test]
fn the_order_of_every_plan_keeps_to_the_rules_and_no_swap_does() {
    let reach = Reach::default();
    runner(1_500)
        .run(&prop_oneof![worlds(20), large_worlds(6, 40)], |world| {
            let case = Case::of(&world);
            let terms = Terms::of_plan(&case.plan);
            let own = removals(&case.plan);
            assert_eq!(judge(&case, &own, &terms), Ok(()));
            reach.hit("orders", !own.is_empty());
            reach.hit("lifted guards", !terms.lifted.is_empty());
            if !terms.lifted.is_empty() {
                let strict = judge(&case, &own, &Terms::strict());
                assert!(matches!(strict, Err(OrderViolation::Guarded { .. })), "{strict:?}");
            }
            for step in &case.plan.steps {
                for before in &step.after {
                    let (before, after) = (*before as usize, step.index as usize);
                    let mut swapped = own.clone();
                    swapped.swap(before, after);
                    let found = judge(&case, &swapped, &terms);
                    if found.is_ok() {
                        // What goes with a carrier may also go before it, and is gone as soon as its carrier is.
                        let with = case.plan.steps[before].with.is_some();
                        assert!(with || carries(&own[before], &own[after]), "{} and {}", own[before], own[after]);
                        reach.hit("carried pairs", true);
                        continue;
                    }
                    assert!(matches!(found, Err(OrderViolation::Guarded { .. })), "{found:?}");
                    reach.hit("swapped pairs", true);
                }
            }
            for (at, address) in own.iter().enumerate() {
                let mut twice = own.clone();
                twice.push(address.clone());
                let removal = own.len();
                let repeated = OrderViolation::Repeated { removal, address: address.clone(), earlier: at };
                assert_eq!(judge(&case, &twice, &terms), Err(repeated));
                let needed = case.plan.steps.iter().any(|step| step.after.contains(&u32::try_from(at).unwrap()));
                let carried = case.plan.steps[at].with.is_some();
                let mut fewer = own.clone();
                fewer.remove(at);
                if carried {
                    let found = judge(&case, &fewer, &terms);
                    assert!(
                        matches!(&found, Err(OrderViolation::Unnamed { with, .. }) if with == address),
                        "{found:?}"
                    );
                    reach.hit("unnamed", true);
                } else if needed && judge(&case, &fewer, &terms).is_err() {
                    reach.hit("missing", true);
                }
            }
            let strange: Address = "p:a:r:node/strange".parse().unwrap();
            let unknown = OrderViolation::NotInInventory { removal: 0, address: strange.clone() };
            assert_eq!(judge(&case, &[strange], &terms), Err(unknown));
            Ok(())
        })
        .unwrap();
    reach.at_least(&[
        ("orders", 500),
        ("lifted guards", 100),
        ("swapped pairs", 200),
        ("carried pairs", 5),
        ("unnamed", 20),
        ("missing", 100),
    ]);
}

#[test]
fn what_is_only_assumed_counts_where_it_is_asked_for() {
    let mut rulebooks = synthetics();
    for guard in rulebooks.iter_mut().flat_map(|rulebook| &mut rulebook.guards) {
        guard.strength = sexton_core::rulebook::Strength::Assumed;
    }
    let reach = Reach::default();
    runner(200)
        .run(&worlds(12), |world| {
            let case = Case::of(&world);
            let mut own = removals(&case.plan);
            own.reverse();
            let judged = |judged| {
                let terms = Terms { judged, ..Terms::of_plan(&case.plan) };
                order(&case.inventory, &rulebooks, case.plan.now, &own, &terms)
            };
            assert_eq!(judged(Judged::Enforced), Ok(()));
            reach.hit("orders that users would regret", judged(Judged::All).is_err());
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("orders that users would regret", 10)]);
}
