//! The planner against the reading from above, in worlds of up to 300 resources.

use proptest::test_runner::TestCaseError;
use sexton_core::planner::plan;
use sexton_testkit::greatest::Greatest;
use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::runner::runner;
use sexton_testkit::world::large_worlds;

#[test]
fn the_planner_finds_what_is_left_from_above() {
    let reach = Reach::default();
    let rulebooks = synthetics();
    runner(600)
        .run(&large_worlds(10, 300), |world| {
            let (inventory, policy) = (world.inventory(), world.policy());
            let plan = plan(&inventory, &rulebooks, &policy, None).unwrap();
            let reading = Greatest::new(&inventory, &rulebooks, &policy);
            let decision = reading.decide();
            if let Err(difference) = reading.check(&plan, &decision) {
                return Err(TestCaseError::fail(difference.to_string()));
            }
            reading.count(&reach, &plan, &decision);
            Ok(())
        })
        .unwrap();
    println!("{reach}");
    reach.at_least(&[
        ("blocked", 250),
        ("carried steps", 80),
        ("carriers", 350),
        ("carriers that are carried", 280),
        ("cascades", 180),
        ("cascades of cascades", 45),
        ("cycles", 280),
        ("diamonds", 45),
        ("disagreeing options", 25),
        ("embraces that were let go", 40),
        ("fans of eight", 25),
        ("five rounds", 55),
        ("force granted and not needed", 60),
        ("forced steps", 90),
        ("guards across places", 170),
        ("guards by attributes", 280),
        ("guards by claims", 110),
        ("guards by dependencies", 400),
        ("guards by dependents", 400),
        ("guards by oneself", 180),
        ("guards by states", 160),
        ("guards by unknown facts", 270),
        ("guards by unknown links", 20),
        ("guards by what is not there", 300),
        ("held: attribute", 130),
        ("held: blocked", 140),
        ("held: cycle", 110),
        ("held: dangling", 110),
        ("held: held", 150),
        ("held: not selected", 220),
        ("held: options", 20),
        ("held: orphan not forced", 6),
        ("held: protected", 60),
        ("held: retained", 55),
        ("held: state", 5),
        ("held: unknown state", 12),
        ("held: unlisted", 60),
        ("incomplete censuses", 140),
        ("kept: protected", 70),
        ("kept: retained", 170),
        ("more than 100 resources", 200),
        ("more than 250 resources", 100),
        ("more than 50 steps", 65),
        ("orphans", 160),
        ("orphans of orphans", 20),
        ("several accounts", 250),
        ("several places", 350),
        ("several providers", 250),
        ("steps", 350),
        ("steps of several rules", 130),
        ("steps that retained others justify", 95),
        ("ten waves after the first", 32),
        ("three waves after the first", 105),
        ("twenty rounds", 8),
        ("two rounds", 280),
        ("unknown attributes", 280),
        ("unknown links", 40),
        ("unknown sizes", 280),
        ("unknown states", 290),
        ("unknown tags", 290),
        ("unknown times", 240),
        ("waiting steps", 45),
        ("waits before force", 3),
        ("forces for some only", 3),
        ("forces that are for others only", 3),
        ("waivers that count", 15),
        ("weak holds alone", 115),
    ]);
    // Every guard of the rulebook.
    for guard in &rulebooks[0].guards {
        reach.at_least(&[(&format!("raised: {}", guard.code.as_str()), 60)]);
    }
}
