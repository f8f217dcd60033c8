//! Laws that every plan obeys, on small worlds and on large ones.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use sexton_core::inventory::Inventory;
use sexton_core::plan::Plan;
use sexton_core::planner::plan;
use sexton_core::policy::Policy;
use sexton_testkit::laws::{self, Neighbour, Trial, Verdict};
use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::runner::runner;
use sexton_testkit::world::{World, large_worlds, worlds};

fn planner(inventory: &Inventory, policy: &Policy) -> Plan {
    plan(inventory, &synthetics(), policy, None).unwrap()
}

/// How often a law has to have been tried with something at stake, on how many worlds.
struct Wanted {
    small: (u32, u32),
    large: (u32, u32),
}

/// Asks a law of small and of large worlds, each with a change of some sort.
#[expect(clippy::print_stdout, reason = "a test says what it reached")]
fn ask<C: Debug>(wanted: &Wanted, changes: impl Fn() -> BoxedStrategy<C>, law: impl Fn(&World, &C) -> Verdict) {
    let of = |sort: &str, worlds: BoxedStrategy<World>, (cases, least): (u32, u32)| {
        let reach = Reach::default();
        runner(cases)
            .run(&(worlds, changes()), |(world, change)| {
                reach.world();
                match law(&world, &change) {
                    Ok(Trial::NotAsked) => reach.hit("not asked", true),
                    Ok(Trial::Idle) => reach.hit("held with nothing at stake", true),
                    Ok(Trial::Tried) => reach.hit("held with something at stake", true),
                    Err(broken) => return Err(TestCaseError::fail(broken.to_string())),
                }
                Ok(())
            })
            .unwrap();
        println!("{sort}\n{reach}");
        reach.at_least(&[("held with something at stake", least)]);
    };
    of("small worlds", worlds(14).boxed(), wanted.small);
    of("large worlds", large_worlds(10, 120).boxed(), wanted.large);
}

fn nothing() -> BoxedStrategy<()> {
    Just(()).boxed()
}

#[test]
fn after_any_prefix_nothing_removed_is_still_guarded() {
    ask(&Wanted { small: (1_000, 80), large: (120, 22) }, nothing, |world, ()| {
        laws::after_any_prefix_nothing_removed_is_guarded(world, &synthetics(), &planner)
    });
}

#[test]
fn the_order_of_lines_changes_no_byte() {
    let picks = || prop::collection::vec(any::<Index>(), 1..60).boxed();
    ask(&Wanted { small: (400, 350), large: (60, 50) }, picks, |world, picks| {
        laws::order_of_lines_changes_nothing(world, picks, &planner)
    });
}

#[test]
fn other_names_in_the_same_order_change_names_alone() {
    ask(&Wanted { small: (600, 220), large: (100, 60) }, nothing, |world, ()| {
        laws::names_change_names(world, &planner)
    });
}

#[test]
fn protecting_more_never_collects_more() {
    ask(
        &Wanted { small: (1_000, 65), large: (150, 30) },
        || laws::protections().boxed(),
        |world, protection| laws::protecting_never_collects_more(world, protection, &planner),
    );
}

#[test]
fn what_guards_and_stays_never_collects_more() {
    ask(
        &Wanted { small: (900, 200), large: (150, 35) },
        || laws::stayers().boxed(),
        |world, stayer| laws::guarding_never_collects_more(world, stayer, &synthetics(), &planner),
    );
}

#[test]
fn listing_less_never_collects_more() {
    ask(
        &Wanted { small: (1_000, 80), large: (150, 35) },
        || (any::<Index>(), laws::aims()).boxed(),
        |world, (which, near)| laws::listing_less_never_collects_more(world, *which, *near, &planner),
    );
}

#[test]
fn knowing_less_never_collects_more() {
    let changes = || (laws::aims(), laws::forgetting()).boxed();
    ask(&Wanted { small: (1_000, 60), large: (150, 15) }, changes, |world, (whose, forgotten)| {
        let ask =
            |world: &World| laws::forgetting_never_collects_more(world, *whose, *forgotten, &synthetics(), &planner);
        let plain = world.without("options");
        match ask(&plain)? {
            Trial::NotAsked => ask(&plain.without("retain")),
            trial @ (Trial::Idle | Trial::Tried) => Ok(trial),
        }
    });
}

#[test]
fn a_full_run_leaves_nothing_to_plan() {
    ask(&Wanted { small: (1_000, 190), large: (150, 45) }, nothing, |world, ()| {
        laws::after_a_full_run_nothing_goes(world, &planner)
    });
}

#[test]
fn worlds_in_other_accounts_plan_apart() {
    ask(&Wanted { small: (500, 80), large: (80, 22) }, large_or_small, |world, other| {
        laws::what_is_unrelated_changes_nothing(world, other, Neighbour::OtherAccounts, &planner)
    });
}

#[test]
fn worlds_in_the_same_places_plan_apart() {
    ask(&Wanted { small: (500, 45), large: (80, 25) }, large_or_small, |world, other| {
        laws::what_is_unrelated_changes_nothing(world, other, Neighbour::SamePlaces, &planner)
    });
}

fn large_or_small() -> BoxedStrategy<World> {
    prop_oneof![worlds(14), large_worlds(10, 60)].boxed()
}
