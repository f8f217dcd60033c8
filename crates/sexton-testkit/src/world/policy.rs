//! Policies of generated worlds.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::{KINDS, LISTED, NO_LIMITS};

/// Those of the kinds that an operation removes.
fn removable(kinds: &[&'static str]) -> Vec<&'static str> {
    kinds.iter().copied().filter(|kind| *kind != "template").collect()
}

const FORCEABLE: [&str; 6] =
    ["SnapshotDisk", "ImageInstance", "SnapshotInProgress", "NodeNeeded", "NodeBusy", "ReferredTo"];

fn draws(kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    (subsequence(kinds.to_vec(), 0..=kinds.len()), prop::bool::weighted(0.15)).prop_map(|(kinds, conditional)| {
        let entries: Vec<String> = kinds
            .iter()
            .enumerate()
            .map(|(position, kind)| {
                if conditional && position == 0 {
                    format!("{{ kind = \"{kind}\", when = \"tags.env == 'a'\" }}")
                } else {
                    format!("\"{kind}\"")
                }
            })
            .collect();
        format!("[{}]", entries.join(", "))
    })
}

const CONDITIONS: [&str; 8] = [
    "true",
    "true",
    "tags.env == 'a'",
    "tags.env != 'b'",
    "dependents.instance == 0",
    "unused",
    "age > duration('240h')",
    "attrs.usage != 'instance' || tags.env == 'a'",
];

fn collect_rule(number: usize, kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    (
        select(removable(kinds)),
        select(&CONDITIONS[..]),
        draws(&["image", "disk", "instance", "share", "task", "node", "snapshot"]),
        draws(&["snapshot", "image", "disk", "node"]),
        subsequence(FORCEABLE.to_vec(), 0..=FORCEABLE.len()),
        prop::bool::weighted(0.4),
        prop::bool::weighted(0.1),
        prop_oneof![4 => Just(None), 1 => (1..3_u32).prop_map(Some)],
    )
        .prop_map(move |(kind, when, cascade, orphans, force, wait, options, last)| {
            let force: Vec<String> = force.iter().map(|code| format!("\"{code}\"")).collect();
            let mut rule = format!(
                "[[collect]]\nname = \"rule-{number}\"\nkind = \"{kind}\"\nwhen = \"{when}\"\ncascade = {cascade}\norphans = {orphans}\nforce = [{}]\n",
                force.join(", ")
            );
            if wait {
                rule.push_str("wait = \"5m\"\n");
            }
            if options {
                rule.push_str("options = { original = true }\n");
            }
            if let Some(last) = last {
                rule.push_str(&format!("retain = {{ last = {last}, per = \"tags.env\" }}\n"));
            }
            rule
        })
}

pub(super) fn small_policy(kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    (
        collect_rule(0, kinds),
        prop::option::weighted(0.6, collect_rule(1, kinds)),
        prop::option::weighted(0.3, collect_rule(2, kinds)),
        prop::option::weighted(
            0.4,
            (select(kinds), select(&["tags.env == 'b'", "tags.env != 'a'", "age < duration('48h')"][..])),
        ),
        prop::option::weighted(0.15, select(&KINDS[..])),
    )
        .prop_map(|(first, second, third, protect, waived)| {
            let mut policy = NO_LIMITS.to_owned();
            for rule in [Some(first), second, third].into_iter().flatten() {
                policy.push_str(&rule);
            }
            if let Some((kind, when)) = protect {
                policy.push_str(&format!("[[protect]]\nname = \"kept\"\nkind = \"{kind}\"\nwhen = \"{when}\"\n"));
            }
            if let Some(kind) = waived {
                policy.push_str(&format!("[[assume_none]]\nkind = \"{kind}\"\nreason = \"none is ever made\"\n"));
            }
            policy
        })
}

/// What the rules of large worlds ask. All of it is monotone: knowing less, or more that hangs on a resource, makes none
/// of it true.
const LARGE_CONDITIONS: [&str; 12] = [
    "true",
    "true",
    "true",
    "tags.env == 'a'",
    "tags.env == 'a'",
    "tags.env != 'b'",
    "tags.env in ['a', 'c']",
    "age > duration('240h')",
    "attrs.usage != 'instance' || tags.env == 'a'",
    "state != 'odd' && size_bytes > 0",
    "unused",
    "dependents.instance == 0 && dependents.node < 2",
];

const PROTECTIONS: [&str; 5] = [
    "tags.keep == 'yes'",
    "tags.env == 'b'",
    "tags.env != 'a' && region == 's'",
    "age < duration('48h')",
    "attrs.type == 'user' && size_bytes == 0",
];

const RETENTIONS: [&str; 9] = [
    "last = 1",
    "last = 2, per = \"tags.env\"",
    "last = 5, per = \"account\"",
    "daily = 3",
    "weekly = 2, per = \"tags.env\"",
    "monthly = 1, hourly = 2, per = \"region\", per_missing = \"group\"",
    "yearly = 2",
    "within = \"72h\", per = \"tags.env\"",
    "last = 1, within = \"48h\", per = \"tags.env\", per_missing = \"group\"",
];

const FILTERS: [&str; 6] =
    ["account = \"a\"", "account = \"b\"", "region = \"r\"", "region = \"s\"", "provider = \"p\"", "provider = \"q\""];

const DEPENDENTS: [&str; 7] = ["image", "disk", "instance", "share", "task", "node", "snapshot"];
const DEPENDENCIES: [&str; 4] = ["snapshot", "image", "disk", "node"];

fn named(kinds: &[&'static str], when: Option<&'static str>) -> String {
    let entries: Vec<String> = kinds
        .iter()
        .enumerate()
        .map(|(position, kind)| match when {
            Some(when) if position == 0 => format!("{{ kind = \"{kind}\", when = \"{when}\" }}"),
            Some(_) | None => format!("\"{kind}\""),
        })
        .collect();
    format!("[{}]", entries.join(", "))
}

/// Kinds that a rule draws in: none, some, or all.
fn large_draws(kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    let chosen = prop_oneof![
        2 => Just(Vec::new()),
        3 => subsequence(kinds.to_vec(), 1..=2),
        3 => Just(kinds.to_vec()),
    ];
    let when =
        prop::option::weighted(0.2, select(&["tags.env == 'a'", "tags.env != 'b'", "age > duration('96h')"][..]));
    (chosen, when).prop_map(|(kinds, when)| named(&kinds, when))
}

fn large_rule(number: usize) -> impl Strategy<Value = String> {
    (
        select(removable(&KINDS)),
        select(&LARGE_CONDITIONS[..]),
        prop::option::weighted(0.3, select(&LARGE_CONDITIONS[..])),
        large_draws(&DEPENDENTS),
        large_draws(&DEPENDENCIES),
        prop_oneof![3 => Just(Vec::new()), 2 => subsequence(FORCEABLE.to_vec(), 1..=FORCEABLE.len())],
        prop::option::weighted(0.5, select(&["5m", "1h"][..])),
        prop::option::weighted(0.1, select(&["original = true", "original = false"][..])),
        prop::option::weighted(0.25, select(&RETENTIONS[..])),
        prop::option::weighted(0.2, select(&FILTERS[..])),
    )
        .prop_map(move |(kind, population, when, cascade, orphans, force, wait, options, retain, filter)| {
            let force = named(&force, None);
            let mut rule =
                format!("[[collect]]\nname = \"rule-{number}\"\nkind = \"{kind}\"\nwhere = \"{population}\"\n");
            let mut line = |text: String| {
                rule.push_str(&text);
                rule.push('\n');
            };
            line(format!("cascade = {cascade}\norphans = {orphans}\nforce = {force}"));
            when.into_iter().for_each(|when| line(format!("when = \"{when}\"")));
            wait.into_iter().for_each(|wait| line(format!("wait = \"{wait}\"")));
            options.into_iter().for_each(|options| line(format!("options = {{ {options} }}")));
            retain.into_iter().for_each(|retain| line(format!("retain = {{ {retain} }}")));
            filter.into_iter().for_each(|filter| line(filter.to_owned()));
            rule
        })
}

/// Rules that go far in the pieces: one that takes chains of nodes apart from their far ends, one that has every remedy
/// for what is made from snapshots, and one that draws in both directions.
const FAR: [&str; 3] = [
    "[[collect]]\nname = \"nodes\"\nkind = \"node\"\nwhere = \"tags.env == 'a'\"\ncascade = [\"node\"]\n",
    "[[collect]]\nname = \"images\"\nkind = \"image\"\nwhere = \"tags.env == 'a'\"\ncascade = [\"share\"]\norphans = [\"snapshot\"]
force = [\"ImageInstance\", \"ReferredTo\", \"SnapshotInProgress\", \"SnapshotDisk\"]\nwait = \"1h\"\n",
    "[[collect]]\nname = \"instances\"\nkind = \"instance\"\nwhere = \"tags.env == 'a'\"\ncascade = [\"disk\", \"snapshot\", \"image\"]
orphans = [\"snapshot\", \"disk\", \"image\"]\n",
];

pub(super) fn large_policy() -> impl Strategy<Value = String> {
    let rules = (large_rule(0), large_rule(1), large_rule(2), large_rule(3), large_rule(4));
    let rules = (1..=5_usize, rules).prop_map(|(count, (a, b, c, d, e))| [a, b, c, d, e][..count].concat());
    let protect = (prop::option::of(select(&KINDS[..])), select(&PROTECTIONS[..]));
    let waived = (select(&LISTED[..]), prop::option::of(select(&FILTERS[..4])));
    (
        rules,
        prop::option::weighted(0.5, select(&FAR[..])),
        prop::collection::vec(protect, 0..=1),
        prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(waived, 1..=3)],
    )
        .prop_map(|(rules, far, protected, waived)| {
            let mut policy = format!("{NO_LIMITS}{rules}");
            policy.push_str(far.unwrap_or(""));
            for (number, (kind, when)) in protected.into_iter().enumerate() {
                policy.push_str(&format!("[[protect]]\nname = \"kept-{number}\"\nwhen = \"{when}\"\n"));
                kind.into_iter().for_each(|kind| policy.push_str(&format!("kind = \"{kind}\"\n")));
            }
            for (kind, filter) in waived {
                policy.push_str(&format!("[[assume_none]]\nkind = \"{kind}\"\nreason = \"none is ever made\"\n"));
                filter.into_iter().for_each(|filter| policy.push_str(&format!("{filter}\n")));
            }
            policy
        })
}
