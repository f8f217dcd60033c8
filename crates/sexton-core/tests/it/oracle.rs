//! The planner finds what enumeration finds.

use std::collections::BTreeSet;

use proptest::test_runner::TestCaseError;
use sexton_core::inventory::ResourceIndex;
use sexton_core::plan::{Because, DrawRole, Plan};
use sexton_core::planner::plan;
use sexton_core::rulebook::Goes;
use sexton_testkit::greatest::Greatest;
use sexton_testkit::oracle::{How, Oracle};
pub(crate) use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::{synthetic, synthetics};
pub(crate) use sexton_testkit::runner::runner;
use sexton_testkit::world::{World, worlds};

pub(crate) fn planned(world: &World) -> Plan {
    plan(&world.inventory(), &synthetics(), &world.policy(), None).unwrap()
}

#[test]
fn the_planner_finds_the_largest_set() {
    let reach = Reach::default();
    let rulebook = synthetic();
    runner(4_000)
        .run(&worlds(9), |world| {
            let (inventory, policy) = (world.inventory(), world.policy());
            let oracle = Oracle::new(&inventory, &rulebook, &policy, inventory.taken_at());
            let largest = oracle.largest();
            let plan = planned(&world);
            let name = |index: usize| inventory.resources().nth(index).unwrap().address();
            let expected: BTreeSet<_> = largest.iter().map(|index| name(*index)).collect();
            let found: BTreeSet<_> = plan.steps.iter().map(|step| step.address.clone()).collect();
            assert_eq!(found, expected, "the collected set");
            let books = [synthetic()];
            let reading = Greatest::new(&inventory, &books, &policy);
            let decision = reading.decide();
            assert_eq!(decision.set, largest, "the set from above");
            if let Err(difference) = reading.check(&plan, &decision) {
                return Err(TestCaseError::fail(difference.to_string()));
            }
            reach.world();

            let (strong, weak) = oracle.holders(&largest);
            for step in &plan.steps {
                let index = inventory.find(step.address.as_str()).map(ResourceIndex::get).unwrap();
                let rules: BTreeSet<usize> = strong[index].union(&weak[index]).copied().collect();
                let rules: Vec<String> = rules.iter().map(|rule| policy.collect[*rule].name.clone()).collect();
                assert_eq!(step.rules, rules, "the rules that hold {}", step.address);
                let after: BTreeSet<_> = step.after.iter().map(|at| plan.steps[*at as usize].address.clone()).collect();
                let before: BTreeSet<_> = oracle.predecessors(index, &largest).into_iter().map(name).collect();
                assert_eq!(after, before, "the predecessors of {}", step.address);
                let mut forced = BTreeSet::new();
                let mut lost = BTreeSet::new();
                let mut waited = BTreeSet::new();
                for raised in oracle.raised.iter().filter(|raised| raised.target == index) {
                    let code = rulebook.guards[raised.guard].code.clone();
                    match oracle.met(raised, &largest, &strong[index], &weak[index]) {
                        How::Forced => {
                            forced.insert(code);
                            lost.extend(raised.by.clone());
                        }
                        How::Waited => {
                            waited.insert((code, raised.by.clone()));
                        }
                        How::OtherGoes => {}
                        How::Not => panic!("a guard on a member is not met"),
                    }
                }
                assert_eq!(step.force, forced.iter().cloned().collect::<Vec<_>>(), "what is forced");
                assert_eq!(
                    step.expect.dependents,
                    (!forced.is_empty()).then(|| lost.into_iter().collect::<Vec<_>>()),
                    "whose loss is accepted"
                );
                let waits: BTreeSet<_> = step.wait.iter().map(|wait| (wait.guard.clone(), wait.by.clone())).collect();
                assert_eq!(waits, waited, "what is waited for");
                reach.hit("forced steps", !forced.is_empty());
                reach.hit("waiting steps", !waited.is_empty());
                reach.hit("cascades", step.drawn_by.iter().any(|drawn| drawn.role == DrawRole::Cascade));
                reach.hit("orphans", step.drawn_by.iter().any(|drawn| drawn.role == DrawRole::Orphan));
                reach.hit("carried steps", step.with.is_some());
                reach.hit("chains of three", step.wave >= 2);
            }
            let selected: BTreeSet<_> = (0..inventory.len())
                .filter(|index| !oracle.matched[*index].is_empty() && !oracle.barred[*index])
                .map(name)
                .collect();
            let held: BTreeSet<_> = plan.held.iter().map(|held| held.address.clone()).collect();
            assert_eq!(held, selected.difference(&expected).cloned().collect(), "what is held");
            let kept: BTreeSet<_> = plan.kept.iter().map(|kept| kept.address.clone()).collect();
            let barred: BTreeSet<_> = (0..inventory.len())
                .filter(|index| !oracle.matched[*index].is_empty() && oracle.barred[*index])
                .map(name)
                .collect();
            assert_eq!(kept, barred, "what is kept");
            for held in plan.held.iter().chain(&plan.blocked) {
                assert!(!held.blockers.is_empty(), "{} is held by something", held.address);
                for blocker in &held.blockers {
                    reach.hit(
                        match blocker.because {
                            Because::Cycle => "cycles",
                            Because::Unlisted => "incomplete censuses",
                            Because::Options => "disagreeing options",
                            Because::Protected => "protected blockers",
                            Because::Retained => "retained blockers",
                            Because::Held => "held blockers",
                            Because::Blocked => "blocked blockers",
                            Because::UnknownState => "unknown states",
                            Because::State => "states",
                            Because::Attribute => "attributes",
                            Because::Dangling => "dangling blockers",
                            Because::OrphanNotForced => "orphans not forced",
                            Because::NotSelected => "blockers that stay",
                        },
                        true,
                    );
                    // Every tree can be walked down.
                    if blocker.because == Because::Held || blocker.because == Because::Blocked {
                        let by = blocker.by.clone().unwrap();
                        let list = if blocker.because == Because::Held { &plan.held } else { &plan.blocked };
                        assert!(list.iter().any(|other| other.address == by), "{by} stands in its list");
                    }
                }
            }
            let with = |raised: &&sexton_testkit::oracle::Raised| {
                rulebook.guards[raised.guard].other().is_some_and(|other| other.goes == Goes::With)
            };
            reach.hit("carriers", oracle.raised.iter().any(|raised| with(&raised)));
            reach.hit("unknown facts", oracle.raised.iter().any(|raised| raised.unknown));
            reach.hit("steps", !plan.steps.is_empty());
            Ok(())
        })
        .unwrap();
    println!("{reach}");
    reach.at_least(&[
        ("steps", 1200),
        ("cascades", 250),
        ("orphans", 250),
        ("forced steps", 110),
        ("waiting steps", 50),
        ("carriers", 600),
        ("carried steps", 50),
        ("cycles", 300),
        ("chains of three", 100),
        ("unknown facts", 700),
        ("unknown states", 140),
        ("incomplete censuses", 400),
        ("disagreeing options", 160),
        ("protected blockers", 140),
        ("retained blockers", 140),
        ("held blockers", 350),
        ("blocked blockers", 130),
        ("states", 30),
        ("attributes", 250),
        ("dangling blockers", 25),
        ("orphans not forced", 20),
        ("blockers that stay", 350),
    ]);
}
