//! `sexton policy check`, which needs no provider: every fault and every warning at its place.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::scene::Ran;

/// Checks a policy that stands in `policy.toml`.
fn check(policy: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    run(folder.path(), &["policy", "check", "policy.toml"], None)
}

fn run(folder: &std::path::Path, arguments: &[&str], input: Option<&str>) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sexton"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.unwrap_or_default().as_bytes()).unwrap();
    Ran::of(&child.wait_with_output().unwrap())
}

/// One of each: an unknown key, a value that is no TOML, a misspelt kind, a misspelt variable, a guard that cannot be
/// forced, a length of time that is none.
const SIX_FAULTS: &str = r#"version = 1

[limits]
max_stepz = 20
max_drawn = many

[[protect]]
name = "golden"
kind = "imagge"
when = "tags.keep == 'true'"

[[collect]]
name = "stale"
kind = "image"
when = "tags.env == '开发' && agee > duration('720h')"
force = ["ImageUsingByInstance", "ImageUseShared"]
wait = "a while"
"#;

const SIX_FAULTS_SAID: &str = r#"error: policy.toml: the policy has 6 faults
  policy.toml:4:1: unknown key `max_stepz`: did you mean `max_steps`?
    | max_stepz = 20
    | ^^^^^^^^^
  policy.toml:5:13: string values must be quoted, expected literal string
    | max_drawn = many
    |             ^^^^
  policy.toml:9:8: no rulebook knows kind `imagge`: did you mean `image`?
    | kind = "imagge"
    |        ^^^^^^^^
  policy.toml:15:29: unknown variable `agee`: did you mean `age`?
    | when = "tags.env == '开发' && agee > duration('720h')"
    |                               ^^^^
  policy.toml:16:34: guard `ImageUseShared` cannot be forced: those that can are DiskHasSnapshots, ImageIsCreating, ImageUsedByInstance, ImageUsingByInstance, IncorrectInstanceStatus, InstanceRunning, PolicyCoversDisk, ReferredTo, SnapshotCreatedDisk, SnapshotHasChildDisks, SnapshotInProgress
    | force = ["ImageUsingByInstance", "ImageUseShared"]
    |                                  ^^^^^^^^^^^^^^^^
  policy.toml:17:8: "a while" is not a length of time: expected numbers with a unit of d, h, m, s or ms, as in 24h, 15m or 1h30m
    | wait = "a while"
    |        ^^^^^^^^^
"#;

#[test]
fn a_file_with_six_faults_prints_all_six() {
    let ran = check(SIX_FAULTS).exits(1);
    assert_eq!(ran.err, SIX_FAULTS_SAID);
    assert_eq!(ran.out, "");
}

const WARNINGS: &str = r#"version = 1

[limits.kind.disk]
max_steps = 3

[[protect]]
name = "in-use"
when = "attrs.usage == 'image' && size_bytes > '10'"

[[collect]]
name = "stale"
kind = "image"
where = "tags.env == 'dev'"
when = "tags.env == 'test' && age > duration('720h')"
cascade = ["share", "disk"]
orphans = ["snapshot"]
force = ["SnapshotCreatedDisk"]
"#;

const WARNINGS_SAID: &str = r#"warning: policy.toml:3:14: no rule removes kind `disk`, so that its limit limits nothing [limit-without-effect]
    | [limits.kind.disk]
    |              ^^^^
warning: policy.toml:8:8: rule "in-use" protects at most what is not known: its condition is never true (a number does not compare or combine with a text) [never-protects]
    | when = "attrs.usage == 'image' && size_bytes > '10'"
    |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
warning: policy.toml:14:8: rule "stale" can never match: its `where` and its `when` are never true together [never-matches]
    | when = "tags.env == 'test' && age > duration('720h')"
    |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
warning: policy.toml:15:21: rule "stale" never takes along kind `disk`: as a dependent it guards nothing of kind image, share [cascade-without-effect]
    | cascade = ["share", "disk"]
    |                     ^^^^^^
warning: policy.toml:17:10: rule "stale" never forces SnapshotCreatedDisk: it cannot be forced on image, share [force-without-effect]
    | force = ["SnapshotCreatedDisk"]
    |          ^^^^^^^^^^^^^^^^^^^^^
"#;

#[test]
fn what_can_have_no_effect_is_warned_of_and_is_no_failure() {
    let ran = check(WARNINGS).exits(0);
    assert_eq!(ran.err, WARNINGS_SAID);
    assert_eq!(ran.out, "policy.toml: no faults, 5 warnings\n");
}

#[test]
fn a_plan_by_such_a_policy_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.toml"), WARNINGS).unwrap();
    let inventory = "{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n";
    let arguments = ["plan", "--inventory", "-", "--policy", "policy.toml"];
    assert_eq!(run(folder.path(), &arguments, Some(inventory)).exits(0).err, WARNINGS_SAID);
    std::fs::write(folder.path().join("policy.toml"), SIX_FAULTS).unwrap();
    assert_eq!(run(folder.path(), &arguments, Some(inventory)).exits(1).err, SIX_FAULTS_SAID);
}

#[test]
fn a_policy_is_checked_from_a_pipe_and_what_is_none_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let check = |input: &str| run(folder.path(), &["policy", "check", "-"], Some(input));
    assert_eq!(check("version = 1\n").exits(0).out, "standard input: no faults, no warnings\n");
    let future = check("version = 7\nnew_key = 1\n").exits(1);
    assert_eq!(
        future.err,
        "error: standard input: the policy has 1 fault\n  standard input:1:11: policy version 7 is not supported (this sexton reads version 1)\n    | version = 7\n    |           ^\n"
    );
    check(&"no policy at all\n".repeat(300)).exits(1).says("the policy has 3 faults");
    let hostile = check("version = 1\n\"\\u001b[31m\u{202e}\" = 1\n").exits(1);
    assert!(!hostile.err.contains(['\u{1b}', '\u{202e}']), "{:?}", hostile.err);
    run(folder.path(), &["policy", "check", "none.toml"], None).exits(1).says("cannot open none.toml");
}
