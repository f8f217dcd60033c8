//! What a reviewer reads: plans in whole and in part, explanations, differences. The texts stand beside this file, in
//! `review`; `SEXTON_WRITE_GOLDENS=1` writes them anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sexton_testkit::scale::Scale;

use crate::scene::Ran;

const IMAGE: &str = "aliyun-ecs:1234567890:cn-hangzhou:image/m-busy";

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/review")
}

/// A folder with the plans `a.json` and `b.json` of the two inventories, and the binary to run in it.
struct Review(tempfile::TempDir);

impl Review {
    fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn new() -> Self {
        let review = Self::empty();
        for (inventory, plan) in [("before.jsonl", "a.json"), ("after.jsonl", "b.json")] {
            let inventory = goldens().join(inventory);
            let policy = goldens().join("policy.toml");
            let paths = [inventory.to_str().unwrap(), policy.to_str().unwrap()];
            review.run(&["plan", "--inventory", paths[0], "--policy", paths[1], "--out", plan]).exits(0);
        }
        review
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
        command.args(arguments).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    /// What a command prints is what the file says.
    #[track_caller]
    fn golden(&self, name: &str, arguments: &[&str]) -> String {
        let printed = self.run(arguments).exits(0).out;
        let path = goldens().join(name);
        if std::env::var_os("SEXTON_WRITE_GOLDENS").is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(printed, expected, "sexton {} is not {name}", arguments.join(" "));
        printed
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

fn address(name: &str) -> String {
    format!("aliyun-ecs:1234567890:cn-hangzhou:{name}")
}

#[test]
fn a_held_image_with_three_blockers_says_what_would_lift_each() {
    let explained = Review::new().run(&["explain", "a.json", IMAGE]).exits(0).out;
    let expected = "\
= aliyun-ecs:1234567890:cn-hangzhou:image/m-busy is held: stale-dev-images would take it, but
    ImageIsExporting: aliyun-ecs:1234567890:cn-hangzhou:task/t-export stays: no rule takes it
        lift: cancel task t-export (rule stale-dev-images lacks cascade task)
        or:   grant wait in rule stale-dev-images
    ImageUseShared: aliyun-ecs:1234567890:cn-hangzhou:share/m-busy/1234567899 stays: no rule takes it
        lift: unshare from 1234567899 (rule stale-dev-images lacks cascade share)
    ImageUsingByInstance: aliyun-ecs:1234567890:cn-hangzhou:instance/i-web stays: no rule takes it
        lift: remove instance i-web (rule stale-dev-images lacks cascade instance)
        or:   grant force ImageUsingByInstance in rule stale-dev-images: the system disks of the instances that use it can no longer be re-initialised
        or:   protect-tag image m-busy (rule golden), if instance i-web is to stay
";
    assert_eq!(explained, expected);
}

#[test]
fn every_verdict_is_explained() {
    let review = Review::new();
    for (name, golden) in [
        ("snapshot/s-busy", "explain-blocked.txt"),
        ("snapshot/s-build", "explain-drawn.txt"),
        ("snapshot/s-tmp", "explain-forced.txt"),
        ("snapshot/s-young", "explain-waiting.txt"),
        ("disk/d-old", "explain-carried.txt"),
        ("image/m-dev-1", "explain-selected.txt"),
        ("image/m-dev-9", "explain-retained.txt"),
        ("image/m-gold", "explain-protected.txt"),
        ("instance/i-locked", "explain-attribute.txt"),
        ("image/m-prod", "explain-not-selected.txt"),
        ("imgae/m-busy", "explain-misspelt.txt"),
    ] {
        review.golden(golden, &["explain", "a.json", &address(name)]);
    }
    let far = "aliyun-ecs:1234567890:cn-beijing:snapshot/s-far";
    review.golden("explain-unlisted.txt", &["explain", "a.json", far]);
    review.golden("explain-held.json", &["explain", "a.json", &address("snapshot/s-busy"), "--format", "json"]);
    review.golden("explain-drawn.json", &["explain", "a.json", &address("snapshot/s-build"), "--format", "json"]);
}

#[test]
fn a_whole_plan_is_explained_with_what_is_shared_told_once() {
    let review = Review::new();
    let text = review.golden("plan-explain.txt", &["show", "a.json", "--explain"]);
    assert_eq!(text.matches("unshare from 1234567899").count(), 1);
    let inventory = goldens().join("before.jsonl");
    let policy = goldens().join("policy.toml");
    let paths = [inventory.to_str().unwrap(), policy.to_str().unwrap()];
    let planned = review.run(&["plan", "--inventory", paths[0], "--policy", paths[1], "--explain"]).exits(0).out;
    assert_eq!(planned, text);

    let lines = review.run(&["show", "a.json", "--explain", "--format", "jsonl"]).exits(0).out;
    let records: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let array = review.run(&["show", "a.json", "--explain", "--format", "json"]).exits(0).out;
    assert_eq!(serde_json::from_str::<Vec<Value>>(&array).unwrap(), records);
    let of = |verdict: &str| records.iter().filter(|record| record["verdict"] == verdict).count();
    assert_eq!((of("collected"), of("held"), of("blocked"), of("kept")), (13, 3, 1, 2));
    review.run(&["show", "a.json", "--explain", "--format", "dot"]).exits(1).says("text, json or jsonl");
}

#[test]
fn a_plan_is_shown_in_parts() {
    let review = Review::new();
    let show = |golden: &str, rest: &[&str]| review.golden(golden, &[&["show", "a.json"], rest].concat());
    show("show.txt", &[]);
    show("show-held.txt", &["--held"]);
    show("show-forced.txt", &["--forced"]);
    show("show-kinds-rules.txt", &["--kind", "image", "--kind", "share", "--rule", "old-builds"]);
    show("show-tree.txt", &["--tree"]);
    show("show-around.txt", &["--around", &address("snapshot/s-build"), "--depth", "1"]);
    show("show-around.dot", &["--around", &address("snapshot/s-busy"), "--format", "dot"]);
    show("show-around.mermaid", &["--around", &address("image/m-build"), "--format", "mermaid"]);
    let lines = ["show", "a.json", "--held", "--forced", "--kind", "snapshot", "--format", "jsonl"];
    let rows: Vec<(String, String)> = review
        .run(&lines)
        .exits(0)
        .out
        .lines()
        .flat_map(|line| serde_json::from_str::<serde_json::Map<String, Value>>(line).unwrap())
        .filter_map(|(sort, row)| Some((sort, row["address"].as_str()?.rsplit(':').next()?.to_owned())))
        .collect();
    let row = |sort: &str, what: &str| (sort.to_owned(), what.to_owned());
    let expected = [row("step", "snapshot/s-tmp"), row("held", "snapshot/s-far"), row("blocked", "snapshot/s-busy")];
    assert_eq!(rows, expected);
    // All of it is the plan itself.
    let json = review.run(&["show", "a.json", "--format", "json"]).exits(0).out;
    assert_eq!(json, std::fs::read_to_string(review.path("a.json")).unwrap());
}

#[test]
fn what_cannot_be_shown_is_said() {
    let review = Review::new();
    review.run(&["show", "a.json", "--held", "--format", "json"]).exits(1).says("next: use --format jsonl");
    review.run(&["show", "a.json", "--tree", "--format", "dot"]).exits(1).says("trees are shown as text");
    let misspelt = review.run(&["show", "a.json", "--rule", "old-bilds"]).exits(1);
    misspelt.says("no collect rule \"old-bilds\"").says("old-builds");
    review.run(&["show", "a.json", "--around", &address("image/m-none")]).exits(1).says("the plan does not name");
    review.run(&["show", "a.json", "--depth", "1"]).exits(1).says("--around");
}

#[test]
fn two_plans_are_compared() {
    let review = Review::new();
    review.golden("diff.txt", &["diff", "a.json", "b.json"]);
    let json = review.run(&["diff", "a.json", "b.json", "--format", "json"]).exits(0).out;
    let whole: Value = serde_json::from_str(&json).unwrap();
    let lines = review.run(&["diff", "a.json", "b.json", "--format", "jsonl"]).exits(0).out;
    let changes: Vec<Value> =
        lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).unwrap().get("change").cloned()).collect();
    assert_eq!(whole["summary"], json!({ "added": 2, "removed": 7, "changed": 1, "other-reasons": 1 }));
    let of = |name: &str| {
        let wanted = address(name);
        changes.iter().find(|change| change["address"] == wanted.as_str()).cloned().unwrap()
    };
    let turned = |name: &str| {
        let change = of(name);
        let verdict = |when: &str| change[when]["verdict"].as_str().unwrap_or("none").to_owned();
        format!("{}: {} to {}", change["change"].as_str().unwrap(), verdict("before"), verdict("after"))
    };
    assert_eq!(turned("image/m-dev-9"), "added: kept to collected");
    assert_eq!(turned("image/m-dev-2"), "removed: collected to held");
    assert_eq!(turned("disk/d-old"), "removed: collected to blocked");
    assert_eq!(turned("image/m-dev-3"), "removed: collected to kept");
    assert_eq!(turned("snapshot/s-dev-3"), "removed: collected to none");
    assert_eq!(turned("image/m-busy"), "other-reasons: held to held");
    assert_eq!(of("image/m-busy")["blockers"]["gone"].as_array().unwrap().len(), 2);
    let fields =
        json!([{ "field": "retained", "gone": [address("image/m-dev-9")], "come": [address("image/m-dev-10")] }]);
    assert_eq!(of("image/m-dev-1")["fields"], fields);
    assert_eq!(whole["changes"], Value::Array(changes));

    review.run(&["diff", "a.json", "b.json", "--detailed-exitcode"]).exits(2);
    let same = review.run(&["diff", "a.json", "a.json", "--detailed-exitcode"]).exits(0).out;
    assert_eq!(same, "No difference: both plans do the same.\n");
    review.run(&["diff", "a.json", "none.json"]).exits(1).says("none.json");
    review.run(&["diff", "-", "-"]).exits(1).says("only one of the plans");
}

#[test]
fn colours_follow_the_terminal_and_no_color() {
    let review = Review::new();
    let with = |name: &str| {
        let mut command = review.command(&["show", "a.json"]);
        Ran::of(&command.env(name, "1").output().unwrap()).exits(0).out
    };
    assert!(!review.run(&["show", "a.json"]).out.contains('\u{1b}'));
    assert!(with("CLICOLOR_FORCE").contains("\u{1b}[31m-"));
    let mut command = review.command(&["show", "a.json"]);
    let none = Ran::of(&command.env("CLICOLOR_FORCE", "0").env("NO_COLOR", "1").output().unwrap());
    assert!(!none.out.contains('\u{1b}'));
}

#[test]
fn a_long_plan_is_shown_in_groups_that_count_every_row() {
    let review = Review::empty();
    let scale = Scale::fleet(20_000, 3);
    scale.write(&mut std::fs::File::create(review.path("inv.jsonl")).unwrap()).unwrap();
    std::fs::write(review.path("policy.toml"), scale.policy()).unwrap();
    let plan = ["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"];
    let shown = review.run(&plan).exits(0).out;
    let plan = sexton_core::plan::Plan::read(&std::fs::read(review.path("plan.json")).unwrap()).unwrap();
    assert!(plan.steps.len() > 500 && plan.held.len() > 100 && plan.kept.len() > 100, "there is much to show");
    assert!(shown.lines().count() < 260, "{shown}");
    // Every step stands in one group: `  - 41 image  DeleteImage, rule`.
    let counts = |signs: &[&str], from: &str, to: &str| -> usize {
        let part = &shown[shown.find(from).unwrap()..shown.find(to).unwrap()];
        let rows = part.lines().filter_map(|line| signs.iter().find_map(|sign| line.strip_prefix(*sign)));
        rows.map(|row| row.split(' ').next().unwrap().parse::<usize>().unwrap()).sum()
    };
    assert_eq!(counts(&["  - ", "  ! ", "  ~ "], "Wave 0", "Held:"), plan.steps.len());
    assert!(shown.contains(&format!("Kept: {}", plan.kept.len())));
    assert!(shown.contains(&format!("Held: {}, by what is in the way", plan.held.len())));

    let all = review.run(&["show", "plan.json", "--all"]).exits(0).out;
    let rows = |signs: &[&str]| all.lines().filter(|line| signs.iter().any(|sign| line.starts_with(sign))).count();
    assert_eq!(rows(&["  - ", "  ! ", "  ~ "]), plan.steps.len());
    assert_eq!(rows(&["  = "]), plan.held.len() + plan.blocked.len());
    let tree = review.run(&["show", "plan.json", "--tree"]).exits(0).out;
    assert!(tree.lines().count() < 450, "{}", tree.lines().count());
    let whole_tree = review.run(&["show", "plan.json", "--tree", "--all"]).exits(0).out;
    let rows = whole_tree
        .lines()
        .map(str::trim_start)
        .filter(|line| ["- ", "! ", "~ "].iter().any(|sign| line.starts_with(sign)));
    assert_eq!(rows.count(), plan.steps.len());
    let explained = review.run(&["show", "plan.json", "--explain", "--format", "jsonl"]).exits(0).out;
    let everything = plan.steps.len() + plan.held.len() + plan.blocked.len() + plan.kept.len();
    assert_eq!(explained.lines().count(), everything);
}
