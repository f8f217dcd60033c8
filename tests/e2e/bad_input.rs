//! What is wrong is said: what, where, what to do next; with the right exit code, and nothing removed.

use crate::scene::{APPLY, Emulator, Scene, TWO_RULES, config};

fn scene() -> Scene {
    let scene = Scene::new(&["--generate", "100", "--seed", "5"]);
    scene.write("policy.toml", TWO_RULES);
    scene
}

#[track_caller]
fn nothing_was_removed(scene: &Scene) {
    let removals = scene.emulator().removals();
    assert!(removals.is_empty(), "{removals:?}");
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_named_with_the_place() {
    let scene = scene();
    scene.plan();
    let plan = |inventory: &str, policy: &str| scene.run(&["plan", "--inventory", inventory, "--policy", policy]);
    plan("none.jsonl", "policy.toml").exits(1).says("cannot open none.jsonl");
    scene.write("empty.jsonl", "");
    plan("empty.jsonl", "policy.toml").exits(1).says("empty.jsonl: the inventory is empty");
    let whole = scene.read("inv.jsonl");
    let torn = &whole[..whole.len() - 20];
    scene.write("torn.jsonl", torn);
    let (line, column) = (torn.lines().count(), torn.lines().last().unwrap().len());
    plan("torn.jsonl", "policy.toml").exits(1).says(&format!("torn.jsonl: line {line}, column {column}: EOF"));
    plan("plan.json", "policy.toml").exits(1).says("not the header of an inventory");
    scene.write("misspelt.toml", &TWO_RULES.replace("name.starts", "nmae.starts"));
    plan("inv.jsonl", "misspelt.toml")
        .exits(1)
        .says("misspelt.toml: the policy has 1 fault")
        .says("misspelt.toml:19:35: unknown variable `nmae`: did you mean `name`?")
        .says("^^^^");
    scene.write("forced.toml", &TWO_RULES.replace("wait = \"2m\"", "force = [\"ImageUseShared\"]"));
    plan("inv.jsonl", "forced.toml").exits(1).says("guard `ImageUseShared` cannot be forced");
    scene.run(&["show", "inv.jsonl"]).exits(1).says("not a plan");
    scene.run(&["plan", "--inventory", "inv.jsonl"]).exits(1).says("--policy");
    scene.run(&["frobnicate"]).exits(1).says("frobnicate");
    nothing_was_removed(&scene);
}

#[test]
fn a_plan_that_is_not_the_reviewed_one_is_not_carried_out() {
    let scene = scene();
    scene.plan();
    let whole = scene.read("plan.json");
    scene.write("plan.json", &whole.replacen("\"wave\":0", "\"wave\":1", 1));
    scene.run(&APPLY).exits(4).says("altered");
    scene.write("plan.json", &whole);
    scene.write("policy.toml", &TWO_RULES.replace("720h", "721h"));
    scene.run(&APPLY).exits(4).says("another policy");
    scene.write("policy.toml", TWO_RULES);
    let inventory = scene.read("inv.jsonl");
    scene.write("inv.jsonl", &format!("{inventory}\n"));
    scene.run(&APPLY).exits(4).says("another inventory");

    // An old inventory, whose plan has expired by now.
    let day = inventory.find("\"taken_at\":\"").unwrap() + "\"taken_at\":\"".len();
    let old = inventory.replace(&inventory[day..day + 10], "2026-01-05");
    scene.write("inv.jsonl", &old);
    scene.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    scene.run(&APPLY).exits(4).says("expired");
    nothing_was_removed(&scene);
}

#[test]
fn a_plan_beyond_its_limits_is_written_and_not_carried_out() {
    let scene = scene();
    scene.write("policy.toml", &TWO_RULES.replace("max_steps = 10000", "max_steps = 1"));
    scene.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    let plan = scene.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]);
    assert!(plan.exits(5).out.contains("limit exceeded"));
    scene.run(&APPLY).exits(5).says("max_steps allows 1");
    nothing_was_removed(&scene);
}

#[test]
fn without_a_terminal_nothing_is_carried_out_unasked() {
    let scene = scene();
    scene.plan();
    scene.run(&APPLY[..APPLY.len() - 1]).exits(1).says("no terminal").says("--yes");
    nothing_was_removed(&scene);
}

#[test]
fn wrong_keys_and_regions_are_told_apart_from_empty_ones() {
    let scene = scene();
    scene.plan();
    let mut wrong = scene.command(&["inventory", "-o", "again.jsonl"]);
    let ran = crate::scene::Ran::of(&wrong.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong-secret").output().unwrap());
    let ran = ran.exits(1).says("SignatureDoesNotMatch");
    assert!(!ran.err.contains("wrong-secret"));
    let mut wrong = scene.command(&APPLY);
    crate::scene::Ran::of(&wrong.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong-secret").output().unwrap())
        .exits(1)
        .says("SignatureDoesNotMatch");
    let mut keyless = scene.command(&["inventory"]);
    keyless.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    crate::scene::Ran::of(&keyless.output().unwrap()).exits(1).says("no credentials");
    scene.write("nowhere.toml", &config(&scene.emulator().url, "cn-nowhere"));
    scene.run(&["inventory", "-c", "nowhere.toml"]).exits(1).says("cn-nowhere");
    scene.run(&["inventory", "-c", "none.toml"]).exits(1).says("cannot open none.toml");
    scene.write("odd.toml", &format!("{}colour = 1\n", config(&scene.emulator().url, "cn-hangzhou")));
    scene.run(&["inventory", "-c", "odd.toml"]).exits(1).says("unknown field `colour`");
    nothing_was_removed(&scene);
    // A run that never began leaves nothing in the way of the next.
    scene.run(&APPLY).exits(0);
}

#[test]
fn another_account_or_another_region_s_endpoint_ends_the_run_before_it_begins() {
    let scene = scene();
    scene.plan();
    let other_account = Emulator::start(&["--generate", "100", "--seed", "5", "--account", "9999999999999999"]);
    let other_region = Emulator::start(&["--generate", "100", "--seed", "5", "--region", "cn-beijing"]);
    for (other, region, found) in
        [(&other_account, "cn-hangzhou", "9999999999999999"), (&other_region, "cn-beijing", "cn-beijing")]
    {
        scene.write("sexton.toml", &config(&other.url, region));
        scene.run(&APPLY).exits(4).says("the plan is for").says(found);
        assert!(other.removals().is_empty());
    }
    // Right account, right region by name, but its endpoint serves another.
    scene.write("sexton.toml", &config(&other_region.url, "cn-hangzhou"));
    let ran = scene.run(&APPLY);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert!(other_region.removals().is_empty());
    nothing_was_removed(&scene);
}

#[test]
fn a_journal_that_cannot_be_kept_ends_the_run_before_it_begins() {
    let scene = scene();
    scene.plan();
    scene.write("file", "");
    let ran = |journal: &str| scene.run(&[&APPLY[..], &["--journal", journal]].concat());
    ran("file/journal").exits(1).says("cannot be written");
    ran("none/journal").exits(1).says("cannot be written");
    ran("/proc/journal").exits(1).says("cannot be written");
    ran("file").exits(1).says("is there already");
    scene.run(&["resume", "file"]).exits(1).says("not a sexton journal");
    scene.run(&["resume", "nothing.journal"]).exits(1).says("no journal");
    nothing_was_removed(&scene);
}
