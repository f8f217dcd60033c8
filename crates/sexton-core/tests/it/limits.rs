//! Limits, judged on the finished plan: each at its boundary, one below and one above.

use serde_json::json;
use sexton_core::plan::Plan;

use crate::scene::{Thing, gone, plan, thing, things};

/// Each exceeded limit as `NAME ALLOWED<ACTUAL` with the scope of a percentage.
fn exceeded(plan: &Plan) -> Vec<String> {
    let line = |limit: &sexton_core::plan::Exceeded| {
        let scope = limit.scope.as_ref().map(|scope| format!(" of {scope}")).unwrap_or_default();
        format!("{} {}<{}{scope}", limit.limit, limit.allowed, limit.actual)
    };
    plan.exceeded.iter().map(line).collect()
}

/// Plans by rules and limits, and compares what is exceeded. The steps are the same either way.
#[track_caller]
fn check(things: &[Thing], limits: &str, rules: &str, steps: usize, expected: &[&str]) {
    let plan = plan(things, &format!("[limits]\n{limits}\n{rules}"));
    assert_eq!(plan.steps.len(), steps, "{limits}");
    assert_eq!(exceeded(&plan), expected, "{limits}");
    assert_eq!(plan.applyable, expected.is_empty(), "{limits}");
}

fn rule(kind: &str, more: &str) -> String {
    format!("[[collect]]\nname = \"{kind}s\"\nkind = \"{kind}\"\n{more}\n")
}

/// Of a kind, so many that stay and so many that are tagged to go.
fn some(kind: &str, stay: usize, go: usize) -> Vec<Thing> {
    let mut all = things(kind, "stay", stay);
    all.extend(things(kind, "go", go).into_iter().map(|thing| thing.with("tags", json!({"go": "yes"}))));
    all
}

const TAGGED: &str = "when = \"tags.go == 'yes'\"";

#[test]
fn a_count_of_steps_may_be_reached_and_not_passed() {
    let images = some("image", 100, 7);
    for (allowed, expected) in [(6, &["max_steps 6<7"][..]), (7, &[]), (8, &[]), (0, &["max_steps 0<7"])] {
        check(&images, &format!("max_steps = {allowed}"), &rule("image", TAGGED), 7, expected);
    }
    for (allowed, expected) in [(6, &["kind.image.max_steps 6<7"][..]), (7, &[]), (0, &["kind.image.max_steps 0<7"])] {
        check(&images, &format!("kind.image.max_steps = {allowed}"), &rule("image", TAGGED), 7, expected);
    }
    check(&images[..100], "max_steps = 0\nkind.image.max_steps = 0\nmax_percent = 0", &rule("image", TAGGED), 0, &[]);
}

#[test]
fn the_standard_is_a_hundred_steps_a_quarter_and_no_disk_or_instance() {
    check(&some("image", 300, 100), "", &rule("image", TAGGED), 100, &[]);
    check(&some("image", 400, 101), "", &rule("image", TAGGED), 101, &["max_steps 100<101"]);
    check(&some("image", 299, 100), "", &rule("image", TAGGED), 100, &["max_percent 25<26 of p:1:r:image"]);
    check(&some("disk", 99, 1), "", &rule("disk", TAGGED), 1, &["kind.disk.max_steps 0<1"]);
    let stopped = |thing: Thing| thing.with("attrs", json!({"protection": false}));
    let instances: Vec<Thing> = some("instance", 99, 1).into_iter().map(stopped).collect();
    check(&instances, "", &rule("instance", TAGGED), 1, &["kind.instance.max_steps 0<1"]);
    // One kind's limit leaves the other's as it was.
    let limited = "kind.instance.max_steps = 1";
    check(&instances, limited, &rule("instance", TAGGED), 1, &[]);
    check(&some("disk", 99, 1), limited, &rule("disk", TAGGED), 1, &["kind.disk.max_steps 0<1"]);
}

#[test]
fn a_percentage_is_exact_and_told_rounded_up() {
    let percent = |stay, go, allowed: u64, expected: &[&str]| {
        check(&some("image", stay, go), &format!("max_percent = {allowed}"), &rule("image", TAGGED), go, expected);
    };
    percent(80, 20, 20, &[]);
    percent(80, 20, 19, &["max_percent 19<20 of p:1:r:image"]);
    percent(79, 21, 20, &["max_percent 20<21 of p:1:r:image"]);
    // 5 of 21 are 23.8 %.
    percent(16, 5, 23, &["max_percent 23<24 of p:1:r:image"]);
    percent(16, 5, 24, &[]);
    // 1 of 1000 is more than none, and 51 of 201 more than a quarter.
    percent(999, 1, 0, &["max_percent 0<1 of p:1:r:image"]);
    percent(150, 51, 25, &["max_percent 25<26 of p:1:r:image"]);
    percent(0, 30, 99, &["max_percent 99<100 of p:1:r:image"]);
    percent(0, 30, 100, &[]);
    percent(0, 30, 1000, &[]);
}

#[test]
fn a_group_under_twenty_is_exempt_unless_all_of_it_would_go() {
    let groups = |stay, go, expected: &[&str]| {
        check(&some("image", stay, go), "max_percent = 25", &rule("image", TAGGED), go, expected);
    };
    groups(1, 18, &[]);
    groups(2, 18, &["max_percent 25<90 of p:1:r:image"]);
    groups(15, 5, &[]);
    groups(14, 6, &["max_percent 25<30 of p:1:r:image"]);
    groups(0, 19, &["max_percent 25<100 of p:1:r:image"]);
    groups(0, 1, &["max_percent 25<100 of p:1:r:image"]);
    groups(1, 1, &[]);
    check(&some("image", 0, 1), "max_percent = 100", &rule("image", TAGGED), 1, &[]);
}

#[test]
fn each_provider_account_region_and_kind_is_judged_by_itself() {
    let elsewhere = |thing: Thing, key: &str, value: &str| thing.with(key, json!(value));
    let mut all = some("image", 30, 10);
    // The same again in another region and account, of which no kind is listed, so that nothing goes there.
    all.extend(some("image", 30, 10).into_iter().map(|thing| elsewhere(thing, "region", "r2")));
    all.extend(some("image", 30, 10).into_iter().map(|thing| elsewhere(thing, "account", "2")));
    // What stays elsewhere does not thin out what goes here.
    check(&all, "max_percent = 24", &rule("image", TAGGED), 10, &["max_percent 24<25 of p:1:r:image"]);
    check(&all, "max_percent = 25", &rule("image", TAGGED), 10, &[]);
    let mut kinds = some("image", 30, 10);
    kinds.extend(some("node", 90, 10));
    let rules = rule("image", TAGGED) + &rule("node", TAGGED);
    check(&kinds, "max_percent = 24", &rules, 20, &["max_percent 24<25 of p:1:r:image"]);
    check(
        &kinds,
        "max_percent = 9",
        &rules,
        20,
        &["max_percent 9<25 of p:1:r:image", "max_percent 9<10 of p:1:r:node"],
    );
}

#[test]
fn a_kind_that_holds_no_data_has_no_percentage() {
    let images = things("image", "m", 25);
    let shares: Vec<Thing> = (0..25)
        .map(|number| thing("share", &format!("m{number:02}/1")).link("grants", "image", &format!("m{number:02}")))
        .collect();
    let all = [images, shares].concat();
    check(&all, "max_percent = 0", &rule("share", "when = \"true\""), 25, &[]);
    check(&all, "max_percent = 0\nmax_steps = 24", &rule("share", "when = \"true\""), 25, &["max_steps 24<25"]);
}

/// An image, its snapshot, an instance booted from it.
fn used_image(number: usize) -> [Thing; 3] {
    let (image, snapshot) = (format!("m{number}"), format!("s{number}"));
    [
        thing("image", &image).link("created-from", "snapshot", &snapshot),
        thing("snapshot", &snapshot),
        thing("instance", &format!("i{number}")).link("booted-from", "image", &image),
    ]
}

#[test]
fn forced_steps_are_counted_once_each() {
    let mut all: Vec<Thing> = (0..3).flat_map(used_image).collect();
    // Two instances on one image, and one image that nothing needs.
    all.push(thing("instance", "i9").link("booted-from", "image", "m0"));
    all.push(thing("image", "m3"));
    all.push(thing("image", "stays"));
    let rules = rule("image", "when = \"id != 'stays'\"\nforce = [\"ImageInstance\"]");
    check(&all, "", &rules, 4, &["max_forced 0<3"]);
    check(&all, "max_forced = 2", &rules, 4, &["max_forced 2<3"]);
    check(&all, "max_forced = 3", &rules, 4, &[]);
}

#[test]
fn drawn_is_what_no_rule_selects_itself() {
    let mut all: Vec<Thing> = (0..4).flat_map(|number| used_image(number).into_iter().take(2)).collect();
    all.extend([thing("image", "stays"), thing("snapshot", "stays")]);
    let images = rule("image", "when = \"id != 'stays'\"\norphans = [\"snapshot\"]");
    check(&all, "max_drawn = 3", &images, 8, &["max_drawn 3<4"]);
    check(&all, "max_drawn = 4", &images, 8, &[]);
    check(&all, "max_drawn = 0\nmax_steps = 7", &images, 8, &["max_steps 7<8", "max_drawn 0<4"]);
    // What a rule selects is not drawn, though another rule would draw it in.
    let both = images + &rule("snapshot", "when = \"id == 's0'\"");
    check(&all, "max_drawn = 3", &both, 8, &[]);
    check(&all, "max_drawn = 2", &both, 8, &["max_drawn 2<3"]);
    // The standard is fifty.
    let many: Vec<Thing> = (0..51).flat_map(|number| used_image(number).into_iter().take(2)).collect();
    let fifty = "max_steps = 999\nmax_percent = 100";
    check(&many, fifty, &rule("image", "when = \"true\"\norphans = [\"snapshot\"]"), 102, &["max_drawn 50<51"]);
    check(&many[..100], fifty, &rule("image", "when = \"true\"\norphans = [\"snapshot\"]"), 100, &[]);
}

#[test]
fn what_goes_with_another_counts_as_a_step_of_its_kind() {
    let mut all = vec![thing("instance", "i0").with("attrs", json!({"protection": false}))];
    all.push(thing("disk", "d0").with("attrs", json!({"with_instance": true})).link("attached-to", "instance", "i0"));
    all.extend(things("instance", "stays", 20));
    all.extend(things("disk", "stays", 20));
    let rules = rule("instance", "when = \"id == 'i0'\"\ncascade = [\"disk\"]");
    check(&all, "", &rules, 2, &["kind.disk.max_steps 0<1", "kind.instance.max_steps 0<1"]);
    check(&all, "kind.disk.max_steps = 1\nkind.instance.max_steps = 1\nmax_drawn = 0", &rules, 2, &["max_drawn 0<1"]);
    check(&all, "kind.disk.max_steps = 1\nkind.instance.max_steps = 1", &rules, 2, &[]);
}

#[test]
fn all_that_is_exceeded_is_named_in_one_order() {
    let mut all: Vec<Thing> = (0..20).flat_map(used_image).collect();
    all.retain(|thing| !format!("{thing:?}").contains("\"instance\"") || format!("{thing:?}").contains("\"i0\""));
    let rules = rule("image", "when = \"true\"\norphans = [\"snapshot\"]\nforce = [\"ImageInstance\"]");
    let limits =
        "max_steps = 1\nmax_drawn = 1\nmax_percent = 50\nkind.image.max_steps = 1\nkind.snapshot.max_steps = 1";
    check(
        &all,
        limits,
        &rules,
        40,
        &[
            "max_steps 1<40",
            "max_drawn 1<20",
            "max_forced 0<1",
            "kind.image.max_steps 1<20",
            "kind.snapshot.max_steps 1<20",
            "max_percent 50<100 of p:1:r:image",
            "max_percent 50<100 of p:1:r:snapshot",
        ],
    );
}

#[test]
fn a_census_may_be_as_old_as_the_limit_and_no_older() {
    let image = [thing("image", "m")];
    let planned = |age: &str| {
        let policy =
            format!("[limits]\nmax_percent = 100\nmax_inventory_age = \"{age}\"\n{}", rule("image", "when = \"true\""));
        crate::scene::plan_at(&image, &policy, "2026-11-21T01:00:00Z")
    };
    assert_eq!(gone(&planned("1h")), ["m"]);
    assert_eq!(gone(&planned("61m")), ["m"]);
    let late = planned("59m59s");
    assert!(late.steps.is_empty() && !late.complete);
    let because: Vec<String> = late.held[0].blockers.iter().map(|blocker| format!("{:?}", blocker.because)).collect();
    assert!(because.iter().all(|because| because == "Unlisted") && !because.is_empty(), "{because:?}");
    // The standard is a day.
    let standard = format!("[limits]\nmax_percent = 100\n{}", rule("image", "when = \"true\""));
    assert_eq!(gone(&crate::scene::plan_at(&image, &standard, "2026-11-22T00:00:00Z")), ["m"]);
    assert_eq!(gone(&crate::scene::plan_at(&image, &standard, "2026-11-22T00:00:00.000000001Z")), [""; 0]);
}
