//! What a policy's warnings say, and of what they keep silent.

use sexton_core::policy::Policy;
use sexton_core::rulebook::Rulebook;
use sexton_testkit::rulebook::synthetic;

/// A second provider: it has disks that only nodes hang on, and no snapshots.
fn other() -> Rulebook {
    let mut other = synthetic();
    other.provider = "q".parse().unwrap();
    other.kinds.retain(|rules| ["disk", "node"].contains(&rules.kind.as_str()));
    other.guards.retain(|guard| guard.code.as_str() == "DiskCloned");
    other
}

/// Each warning as `line:column code of "what is underlined": words`.
fn warnings(policy: &str) -> Vec<String> {
    let text = format!("version = 1\n{policy}");
    let rulebooks = [synthetic(), other()];
    let policy = Policy::parse_with(&text, &rulebooks).unwrap_or_else(|error| panic!("{error}"));
    let shown = policy.warnings(&rulebooks).into_iter().map(|found| {
        let passage = &found.passage;
        let meant: String = passage.source.chars().skip(passage.column - 1).take(passage.length).collect();
        format!("{}:{} {} of {meant}: {}", passage.line, passage.column, found.warning.code(), found.warning)
    });
    shown.collect()
}

#[track_caller]
fn check(policy: &str, expected: &[&str]) {
    assert_eq!(warnings(policy), expected, "{policy}");
}

/// A rule that collects a kind, with more lines.
fn rule(kind: &str, more: &str) -> String {
    format!("[[collect]]\nname = \"a\"\nkind = \"{kind}\"\n{more}\n")
}

const RIPE: &str = "when = \"age > duration('720h')\"";

#[test]
fn a_policy_without_a_flaw_has_no_warning() {
    let whole = r#"
[limits]
max_forced = 3
[limits.kind.instance]
max_steps = 0
[limits.kind.snapshot]
max_steps = 5
[[protect]]
name = "golden"
when = "tags.keep == 'true'"
[[protect]]
name = "in-use"
kind = "disk"
when = "!unused"
[[collect]]
name = "images"
provider = "p"
kind = "image"
where = "tags.env == 'dev'"
when = "age > duration('720h') && dependents.instance == 0"
retain = { last = 2, per = "tags.family" }
cascade = ["share", { kind = "task", when = "state == 'Failed'" }]
orphans = [{ kind = "snapshot", when = "attrs.type != 'auto'" }]
force = ["ImageInstance"]
wait = "15m"
[[collect]]
name = "disks"
kind = "disk"
when = "unused"
[[assume_none]]
kind = "snapshot-lock"
reason = "no locks here"
"#;
    check(whole, &[]);
}

#[test]
fn a_rule_that_never_matches_is_named_with_the_reason() {
    let never = |more: &str, expected: &str| check(&rule("image", more), &[expected]);
    never(
        "when = \"false\"",
        "5:8 never-matches of \"false\": rule \"a\" can never match: its condition is never true",
    );
    never(
        "when = \"age > 30\"",
        "5:8 never-matches of \"age > 30\": rule \"a\" can never match: its condition is never true (a duration does not compare or combine with a number)",
    );
    never(
        "when = \"name\"",
        "5:8 never-matches of \"name\": rule \"a\" can never match: its condition is never true (the condition gives a text, not true or false)",
    );
    never(
        "where = \"kind == 'disk'\"",
        "5:9 never-matches of \"kind == 'disk'\": rule \"a\" can never match: its condition is never true",
    );
    never(
        "where = \"tags.a == 'x' && tags.a == 'y'\"",
        "5:9 never-matches of \"tags.a == 'x' && tags.a == 'y'\": rule \"a\" can never match: its condition is never true",
    );
    never(
        "when = \"dependents.snapshot > 0\"",
        "5:8 never-matches of \"dependents.snapshot > 0\": rule \"a\" can never match: its condition is never true",
    );
    never(
        "where = \"tags.a == 'x'\"\nwhen = \"tags.a == 'y'\"",
        "6:8 never-matches of \"tags.a == 'y'\": rule \"a\" can never match: its `where` and its `when` are never true together",
    );
    never(
        "when = \"false\"\nretain = { last = 1 }",
        "5:8 never-matches of \"false\": rule \"a\" can never match: its condition is never true; only its `retain` has an effect",
    );
    never(
        "provider = \"q\"\nwhen = \"true\"",
        "4:8 never-matches of \"image\": rule \"a\" can never match: the rulebook of q has no kind `image` that can be removed",
    );
}

#[test]
fn a_rule_whose_matches_are_all_protected_never_matches() {
    let protected = |protects: &str, by: &str| {
        let found = warnings(&format!("{}{protects}", rule("image", "when = \"tags.env == 'dev'\"")));
        match by {
            "" => assert_eq!(found, [""; 0], "{protects}"),
            by => {
                let message = format!(
                    "3:8 never-matches of \"a\": rule \"a\" can never match: all that it could match is protected by {by}"
                );
                assert_eq!(found, [message], "{protects}");
            }
        }
    };
    let protect = |name: &str, more: &str| format!("[[protect]]\nname = \"{name}\"\n{more}\n");
    protected(&protect("everything", ""), "everything");
    protected(&protect("images", "kind = \"image\""), "images");
    protected(&protect("disks", "kind = \"disk\""), "");
    protected(&protect("one-region", "region = \"r\""), "");
    protected(&protect("dev", "when = \"tags.env == 'dev'\""), "dev");
    protected(&protect("not-prod", "kind = \"image\"\nwhen = \"tags.env != 'prod'\""), "not-prod");
    protected(&protect("other", "when = \"tags.team == 'x'\""), "");
    let halves = format!("{}{}", protect("used", "when = \"!unused\""), protect("free", "when = \"unused\""));
    protected(&halves, "used, free");
}

#[test]
fn a_protect_rule_that_says_nothing_is_named() {
    let protect = |more: &str, expected: &[&str]| check(&format!("[[protect]]\nname = \"x\"\n{more}"), expected);
    protect(
        "when = \"age > 30\"",
        &[
            "4:8 protects-all of \"age > 30\": rule \"x\" is unknown of every resource, and protects all of them (a duration does not compare or combine with a number)",
        ],
    );
    protect(
        "kind = \"image\"\nwhen = \"kind == 'disk'\"",
        &[
            "5:8 never-protects of \"kind == 'disk'\": rule \"x\" protects at most what is not known: its condition is never true",
        ],
    );
    protect(
        "when = \"tags.a == 'x' && tags.a == 'y'\"",
        &[
            "4:8 never-protects of \"tags.a == 'x' && tags.a == 'y'\": rule \"x\" protects at most what is not known: its condition is never true",
        ],
    );
    protect(
        "provider = \"q\"\nkind = \"image\"",
        &[
            "5:8 never-protects of \"image\": rule \"x\" protects at most what is not known: the rulebook of q has no kind `image` that can be removed",
        ],
    );
    protect("when = \"tags.a != 'x' && tags.a != 'y'\"", &[]);
    protect("", &[]);
}

#[test]
fn what_a_rule_can_never_take_along_force_or_wait_for_is_named() {
    let more = |kind: &str, more: &str, expected: &[&str]| check(&rule(kind, &format!("{RIPE}\n{more}")), expected);
    more(
        "image",
        "force = [\"ImageInstance\", \"SnapshotDisk\"]",
        &[
            "6:27 force-without-effect of \"SnapshotDisk\": rule \"a\" never forces SnapshotDisk: it cannot be forced on image",
        ],
    );
    // Forced only on what is held strongly: not on an orphan, but on what is taken along.
    more(
        "image",
        "orphans = [\"snapshot\"]\nforce = [\"SnapshotDisk\"]",
        &[
            "7:10 force-without-effect of \"SnapshotDisk\": rule \"a\" never forces SnapshotDisk: it cannot be forced on image",
        ],
    );
    more("snapshot", "cascade = [\"image\"]\nforce = [\"ImageInstance\"]", &[]);
    more(
        "snapshot",
        "force = [\"SnapshotInProgress\"]\nwait = \"1m\"",
        &[
            "6:10 force-without-effect of \"SnapshotInProgress\": rule \"a\" never forces SnapshotInProgress: it has a `wait`, which goes first",
        ],
    );
    more(
        "image",
        "cascade = [\"share\", \"disk\"]",
        &[
            "6:21 cascade-without-effect of \"disk\": rule \"a\" never takes along kind `disk`: as a dependent it guards nothing of kind image, share",
        ],
    );
    // Along a chain: the instance hangs on the image, which hangs on the snapshot.
    more("snapshot", "cascade = [\"instance\", \"image\", \"share\"]", &[]);
    more(
        "snapshot",
        "cascade = [\"instance\"]",
        &[
            "6:12 cascade-without-effect of \"instance\": rule \"a\" never takes along kind `instance`: as a dependent it guards nothing of kind snapshot",
        ],
    );
    more(
        "image",
        "cascade = [{ kind = \"share\", when = \"age > 3\" }]",
        &[
            "6:12 cascade-without-effect of { kind = \"share\", when = \"age > 3\" }: rule \"a\" never takes along kind `share`: its condition is never true (a duration does not compare or combine with a number)",
        ],
    );
    // What hangs on an entry that is never drawn in is not drawn in either.
    more(
        "snapshot",
        "cascade = [{ kind = \"image\", when = \"false\" }, \"share\"]",
        &[
            "6:12 cascade-without-effect of { kind = \"image\", when = \"false\" }: rule \"a\" never takes along kind `image`: its condition is never true",
            "6:48 cascade-without-effect of \"share\": rule \"a\" never takes along kind `share`: as a dependent it guards nothing of kind snapshot",
        ],
    );
    more("image", "orphans = [\"snapshot\"]", &[]);
    more("instance", "orphans = [\"snapshot\", \"image\"]", &[]);
    more(
        "share",
        "orphans = [\"image\", \"disk\"]",
        &[
            "6:21 orphans-without-effect of \"disk\": rule \"a\" never takes along kind `disk`: nothing of kind image, share guards it as a dependent",
        ],
    );
    more(
        "disk",
        "wait = \"1m\"",
        &["6:8 wait-without-effect of \"1m\": rule \"a\" never waits: no guard on what it takes passes by waiting"],
    );
    more("disk", "orphans = [\"snapshot\"]\nwait = \"1m\"", &[]);
}

#[test]
fn limits_and_waivers_that_nothing_asks_for_are_named() {
    let images = rule("image", RIPE);
    check(
        &format!("[limits.kind.disk]\nmax_steps = 5\n[limits.kind.image]\nmax_steps = 5\n{images}"),
        &["2:14 limit-without-effect of disk: no rule removes kind `disk`, so that its limit limits nothing"],
    );
    check(&format!("[limits.kind.disk]\nmax_steps = 0\n{images}"), &[]);
    let waiver = |kind: &str| format!("[[assume_none]]\nkind = \"{kind}\"\nreason = \"none\"\n");
    check(&format!("{}{images}", waiver("task")), &[]);
    check(
        &format!("{}{images}", waiver("snapshot-lock")),
        &[
            "3:8 waiver-without-effect of \"snapshot-lock\": nothing that a rule takes can be guarded by kind `snapshot-lock`, so that nobody asks for it",
        ],
    );
    let orphans = rule("image", &format!("{RIPE}\norphans = [\"snapshot\"]"));
    check(&format!("{}{orphans}", waiver("snapshot-lock")), &[]);
    let around = "[[protect]]\nname = \"x\"\nkind = \"snapshot\"\nwhen = \"unused\"\n";
    check(&format!("{}{around}{images}", waiver("snapshot-lock")), &[]);
    // Only what cannot be seen guards disks as a clone, and nobody lists that.
    check(
        &format!("{}{}", waiver("node"), rule("disk", RIPE)),
        &[
            "3:8 waiver-without-effect of \"node\": nothing that a rule takes can be guarded by kind `node`, so that nobody asks for it",
        ],
    );
}

#[test]
fn what_is_said_twice_and_groups_that_are_none_are_named() {
    check(
        &rule("image", "where = \"unused\"\nwhen = \" unused \""),
        &["6:8 repeated-condition of \" unused \": rule \"a\": `when` says again what `where` says"],
    );
    let twice =
        rule("image", RIPE) + &rule("image", &format!("{RIPE}\ncascade = [\"share\"]")).replace("\"a\"", "\"b\"");
    check(&twice, &["7:8 repeated of \"b\": rule \"b\" speaks of the same resources as rule \"a\""]);
    let protects = "[[protect]]\nname = \"a\"\nkind = \"disk\"\n[[protect]]\nname = \"b\"\nkind = \"disk\"\n";
    check(protects, &["6:8 repeated of \"b\": rule \"b\" speaks of the same resources as rule \"a\""]);
    let per = |per: &str, more: &str, expected: &[&str]| {
        check(&rule("image", &format!("retain = {{ last = 1, per = \"{per}\"{more} }}")), expected);
    };
    per("tags.family", "", &[]);
    let one = "rule \"a\": `per` is the same of every resource, so that there is one group";
    per("'all'", "", &[&format!("5:28 one-group of \"'all'\": {one}")]);
    per("kind", "", &[&format!("5:28 one-group of \"kind\": {one}")]);
    per("age", ", per_missing = \"group\"", &[&format!("5:28 one-group of \"age\": {one}")]);
    per(
        "age",
        "",
        &[
            "5:28 retains-all of \"age\": rule \"a\": `per` gives no text, whole number or truth value, so that all of the population is retained",
        ],
    );
}
