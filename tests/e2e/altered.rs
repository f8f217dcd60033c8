//! A plan that was altered, with its digest made right again, passes neither `verify` nor `apply`, and nothing is removed.

use sexton_core::plan::Plan;

use crate::scene::{APPLY, Scene, TWO_RULES};

fn alter(scene: &Scene, change: impl FnOnce(&mut Plan)) {
    let mut plan = scene.read_plan("reviewed.json");
    change(&mut plan);
    let mut bytes = Vec::new();
    plan.write(&mut bytes).unwrap();
    std::fs::write(scene.path("plan.json"), bytes).unwrap();
    scene.read_plan("plan.json");
}

const VERIFY: [&str; 6] = ["verify", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml"];

#[test]
fn what_was_altered_is_neither_verified_nor_carried_out() {
    let scene = Scene::new(&["--generate", "400", "--seed", "7"]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    std::fs::copy(scene.path("plan.json"), scene.path("reviewed.json")).unwrap();
    let verified = scene.run(&VERIFY).exits(0);
    assert!(verified.out.starts_with(&format!("Verified: {} steps over ", plan.steps.len())), "{}", verified.out);

    let held = plan.held.first().expect("something is held").address.clone();
    let last = plan.steps.len() - 1;
    let words = held.to_string();
    let refused = |word: &str| {
        scene.run(&VERIFY).exits(4).says("is not what its inventory and policy give").says(word);
        scene.run(&APPLY).exits(4).says("is not what its inventory and policy give").says(word);
    };
    alter(&scene, |plan| plan.steps[last].address = held);
    refused(&words);
    let omitted = plan.steps[last].address.to_string();
    alter(&scene, |plan| drop(plan.steps.pop()));
    refused(&omitted);
    alter(&scene, |plan| plan.steps[0].expect.state = Some("Deleted".to_owned()));
    refused("Deleted");
    alter(&scene, |plan| plan.policy.text.push('\n'));
    refused("policy-text of the plan");
    alter(&scene, |plan| plan.steps[0].consequences.push("none to speak of".to_owned()));
    refused("none to speak of");

    scene.write("policy.toml", &format!("{TWO_RULES}\n"));
    scene.run(&VERIFY).exits(4).says("made by another policy");
    assert!(scene.emulator().removals().is_empty(), "nothing was removed");
}
