//! Retention in the planner: who takes a slot, who is kept without one, and who stays out of it.

use serde_json::{Value, json};

use crate::scene::{Thing, gone, kept, plan, thing};

const LIMITS: &str = "[limits]\nmax_percent = 100\n";

/// Plans images under one rule with a `retain`; gives what goes and what is kept.
#[track_caller]
fn check(images: &[Thing], retain: &str, going: &[&str], keeping: &[&str]) {
    let policy = format!("{LIMITS}[[collect]]\nname = \"images\"\nkind = \"image\"\nretain = {{ {retain} }}\n");
    let plan = plan(images, &policy);
    assert_eq!(gone(&plan), going, "{retain}");
    assert_eq!(kept(&plan), keeping, "{retain}");
}

fn image(id: &str, day: &str) -> Thing {
    thing("image", id).at(&format!("2026-{day}T00:00:00Z"))
}

fn family(image: Thing, family: Value) -> Thing {
    image.with("tags", json!({ "family": family }))
}

#[test]
fn a_keep_last_2_with_two_failed_images_on_top_keeps_two_good_ones() {
    let images = [
        image("a", "10-01"),
        image("b", "10-02"),
        image("c", "10-03"),
        image("d", "10-04").with("state", json!("CreateFailed")),
        image("e", "10-05").with("state", json!("CreateFailed")),
    ];
    check(&images, "last = 2", &["a", "d", "e"], &["b last 2", "c last 1"]);
    // They do not move the oldest, nor what the others are within of.
    check(&images, "last = 1, monthly = 2", &["b", "d", "e"], &["a oldest monthly 2", "c last 1, monthly 1"]);
    check(&images, "within = \"25h\"", &["a", "d", "e"], &["b within 25h", "c within 25h"]);
    // Unusable ones have no date or key to be asked for.
    let undated = images[3].clone().with("created_at", Value::Null);
    check(&[images[2].clone(), undated], "last = 1, per = \"tags.family\"", &["d"], &["c no group"]);
}

#[test]
fn a_state_that_is_not_known_is_retained_and_takes_no_slot() {
    let images = [
        image("a", "10-01"),
        image("b", "10-02"),
        image("c", "10-03").with("state", Value::Null),
        image("d", "10-04").with("state", Value::Null),
    ];
    check(&images, "last = 1", &["a"], &["b last 1", "c unknown state", "d unknown state"]);
}

#[test]
fn a_time_that_is_not_known_or_to_come_is_retained_and_takes_no_slot() {
    let images = [
        image("a", "10-01"),
        image("b", "10-02"),
        image("c", "10-03").with("created_at", Value::Null),
        image("d", "11-21"),
        image("e", "11-21").at("2026-11-21T00:00:00.000000001Z"),
        image("f", "12-01"),
    ];
    // `now` itself has come.
    let keeping = ["c unknown time", "d last 1", "e future time", "f future time"];
    check(&images, "last = 1", &["a", "b"], &keeping);
    // Neither is the newest that `within` counts from, nor the oldest.
    check(
        &images[..3],
        "within = \"24h\", yearly = 2",
        &[],
        &["a oldest yearly 2", "b yearly 1, within 24h", "c unknown time"],
    );
}

#[test]
fn each_group_has_its_own_slots() {
    let images = [
        family(image("a", "10-01"), json!("x")),
        family(image("b", "10-02"), json!("x")),
        family(image("c", "09-01"), json!("y")),
        family(image("d", "09-02"), json!("y")),
        family(image("e", "09-03"), json!("")),
    ];
    let per = "last = 1, per = \"tags.family\"";
    check(&images, per, &["a", "c"], &["b last 1", "d last 1", "e last 1"]);
    // A key may be a number or a truth value; another value is no key.
    let counted = |id: &str, day: &str, count: Value| image(id, day).with("attrs", json!({ "count": count }));
    let images = [counted("a", "10-01", json!(1)), counted("b", "10-02", json!(2)), counted("c", "10-03", json!(1))];
    check(&images, "last = 1, per = \"attrs.count\"", &["a"], &["b last 1", "c last 1"]);
    let truth = "last = 1, per = \"attrs.count > 1\"";
    check(&images, truth, &["a"], &["b last 1", "c last 1"]);
    let images =
        [counted("a", "10-01", json!(1.5)), counted("b", "10-02", json!(["x"])), counted("c", "10-03", json!({}))];
    check(&images, "last = 1, per = \"attrs.count\"", &[], &["a unknown group", "b unknown group", "c unknown group"]);
}

#[test]
fn a_key_that_is_not_known_is_retained_and_one_that_is_not_there_as_the_rule_says() {
    let images = [
        family(image("a", "10-01"), json!("x")),
        family(image("b", "10-02"), json!("x")),
        image("c", "10-03").with("tags", Value::Null),
        image("d", "10-04"),
        image("e", "10-05"),
        image("f", "10-06").with("state", json!("CreateFailed")),
    ];
    let per = "last = 1, per = \"tags.family\"";
    check(&images, per, &["a", "f"], &["b last 1", "c unknown group", "d no group", "e no group"]);
    let grouped = format!("{per}, per_missing = \"group\"");
    check(&images, &grouped, &["a", "d", "f"], &["b last 1", "c unknown group", "e last 1"]);
    let retained = format!("{per}, per_missing = \"retain\"");
    check(&images, &retained, &["a", "f"], &["b last 1", "c unknown group", "d no group", "e no group"]);
    // No group is not the group of the empty key.
    let images = [image("a", "10-01"), family(image("b", "10-02"), json!(""))];
    check(&images, &grouped, &[], &["a last 1", "b last 1"]);
}

#[test]
fn a_missing_key_is_counted_in_a_finding_and_an_unknown_one_is_not() {
    let images = [image("a", "10-01"), image("b", "10-02"), image("c", "10-03").with("tags", Value::Null)];
    let policy = format!(
        "{LIMITS}[[collect]]\nname = \"images\"\nkind = \"image\"\nretain = {{ last = 1, per = \"tags.family\" }}\n"
    );
    let plan = plan(&images, &policy);
    let found: Vec<(&str, u64)> = plan.findings.iter().map(|finding| (finding.code.as_str(), finding.count)).collect();
    assert_eq!(found, [("no-group", 2)]);
}

#[test]
fn of_one_time_the_first_address_holds_the_slot() {
    let images = ["c", "a", "b"].map(|id| image(id, "10-01"));
    check(&images, "last = 1", &["b", "c"], &["a last 1"]);
    check(&images, "daily = 2", &["b"], &["a daily 1", "c oldest daily 2"]);
    // Bytewise, and by the whole address: other regions come by their names.
    let elsewhere = image("b", "10-01").with("region", json!("a"));
    let images = [image("A", "10-01"), image("é", "10-01"), image("z", "10-01"), elsewhere];
    check(&images[..3], "last = 2", &["é"], &["A last 1", "z last 2"]);
    check(&images, "last = 1", &["A", "z", "é"], &["b last 1"]);
}

#[test]
fn the_population_is_counted_ripe_or_not_and_what_is_outside_is_not() {
    let images = [
        image("a", "10-01").with("tags", json!({"env": "dev"})),
        image("b", "10-02").with("tags", json!({"env": "dev"})),
        image("c", "11-20").with("tags", json!({"env": "dev"})),
        image("d", "11-20").with("tags", json!({"env": "prod"})),
        image("e", "11-20").with("tags", Value::Null),
    ];
    let rule = |more: &str| {
        format!(
            "{LIMITS}[[collect]]\nname = \"images\"\nkind = \"image\"\nwhere = \"tags.env == 'dev'\"\nwhen = \"age > duration('240h')\"\n{more}\n"
        )
    };
    // The unripe takes a slot; nobody reports it as kept, for no rule matches it.
    let one = plan(&images, &rule("retain = { last = 1 }"));
    assert_eq!((gone(&one), kept(&one)), (vec!["a", "b"], vec![]));
    let two = plan(&images, &rule("retain = { last = 2 }"));
    assert_eq!((gone(&two), kept(&two)), (vec!["a"], vec!["b last 2".to_owned()]));
    // What another rule matches is barred all the same.
    let other = "retain = { last = 1 }\n[[collect]]\nname = \"all\"\nkind = \"image\"\nwhen = \"true\"";
    let both = plan(&images, &rule(other));
    assert_eq!((gone(&both), kept(&both)), (vec!["a", "b", "d", "e"], vec!["c last 1".to_owned()]));
}

#[test]
fn a_rule_that_never_matches_still_retains() {
    let images = [image("a", "10-01"), image("b", "10-02")];
    let rules = "[[collect]]\nname = \"keep-one\"\nkind = \"image\"\nwhen = \"false\"\nretain = { last = 1 }\n[[collect]]\nname = \"all\"\nkind = \"image\"\nwhen = \"true\"\n";
    let plan = plan(&images, &format!("{LIMITS}{rules}"));
    assert_eq!((gone(&plan), kept(&plan)), (vec!["a"], vec!["b last 1".to_owned()]));
}

#[test]
fn a_kind_without_states_that_matter_has_no_unusable_members() {
    let disks = [
        thing("disk", "a").at("2026-10-01T00:00:00Z").with("state", json!("broken")),
        thing("disk", "b").at("2026-10-02T00:00:00Z").with("state", Value::Null),
    ];
    let policy = format!(
        "{LIMITS}kind.disk.max_steps = 9\n[[collect]]\nname = \"disks\"\nkind = \"disk\"\nretain = {{ last = 1 }}\n"
    );
    let plan = plan(&disks, &policy);
    assert_eq!((gone(&plan), kept(&plan)), (vec!["a"], vec!["b last 1".to_owned()]));
}

#[test]
fn tags_env_is_not_prod_leaves_the_untagged_alone() {
    let images = [
        image("dev", "10-01").with("tags", json!({"env": "dev"})),
        image("prod", "10-01").with("tags", json!({"env": "prod"})),
        image("untagged", "10-01"),
        image("otherwise-tagged", "10-01").with("tags", json!({"ENV": "dev"})),
        image("unknown", "10-01").with("tags", Value::Null),
    ];
    let rule = |when: &str| format!("{LIMITS}[[collect]]\nname = \"not-prod\"\nkind = \"image\"\n{when}\n");
    for when in ["when = \"tags.env != 'prod'\"", "where = \"tags.env != 'prod'\"", "when = \"!(tags.env == 'prod')\""]
    {
        let plan = plan(&images, &rule(when));
        assert_eq!(gone(&plan), ["dev"], "{when}");
        let unknown: Vec<u64> = plan.findings.iter().map(|finding| finding.count).collect();
        assert_eq!((plan.findings[0].code.as_str(), unknown), ("unknown-condition", vec![3]), "{when}");
    }
    // A misspelt key leaves all alone.
    assert_eq!(gone(&plan(&images, &rule("when = \"tags.evn != 'prod'\""))), [""; 0]);
    let meant = rule("when = \"tags.env == null || tags.env != 'prod'\"");
    assert_eq!(gone(&plan(&images, &meant)), ["dev", "otherwise-tagged", "untagged"]);
    // Protecting, the same words bar whatever is not surely prod.
    let protect = "[[collect]]\nname = \"all\"\nkind = \"image\"\nwhen = \"true\"\n[[protect]]\nname = \"not-prod\"\nwhen = \"tags.env != 'prod'\"\n";
    let plan = plan(&images, &format!("{LIMITS}{protect}"));
    assert_eq!(gone(&plan), ["prod"]);
    assert_eq!(
        kept(&plan),
        [
            "dev protected by not-prod",
            "otherwise-tagged protected by not-prod",
            "unknown perhaps protected by not-prod",
            "untagged protected by not-prod"
        ]
    );
}
