//! Small worlds: an inventory and a policy under the synthetic rulebook, generated so that the hard cases are common.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Inventory, Listing};
use sexton_core::policy::Policy;
use sexton_core::resource::{AttributeValue, Link, Resource};
use sexton_core::time::{Span, Timestamp};

/// The kinds of the synthetic rulebook.
pub const KINDS: [&str; 7] = ["snapshot", "image", "disk", "instance", "share", "task", "node"];

/// Which links the generator draws: holder's kind, relation, target's kind.
const LINKS: [(&str, &str, &str); 11] = [
    ("image", "created-from", "snapshot"),
    ("disk", "created-from", "snapshot"),
    ("instance", "booted-from", "image"),
    ("share", "grants", "image"),
    ("task", "exports", "image"),
    ("disk", "attached-to", "instance"),
    ("snapshot", "source", "disk"),
    ("node", "needs", "node"),
    ("node", "runs-on", "node"),
    ("node", "cloned-from", "disk"),
    ("image", "unrelated", "disk"),
];

/// An inventory and the text of a policy.
#[derive(Debug, Clone)]
pub struct World {
    /// When it was taken.
    pub taken_at: Timestamp,
    /// What was listed.
    pub census: Vec<CensusLine>,
    /// What is there.
    pub resources: Vec<Resource>,
    /// The policy.
    pub policy: String,
}

impl World {
    /// The inventory.
    pub fn inventory(&self) -> Inventory {
        Inventory::new(self.taken_at, self.census.clone(), self.resources.clone())
            .expect("the generator numbers its resources")
    }

    /// The policy.
    pub fn policy(&self) -> Policy {
        match Policy::parse(&self.policy) {
            Ok(policy) => policy,
            Err(error) => panic!("the generator writes policies without fault:\n{}\n{error}", self.policy),
        }
    }
}

fn taken_at() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().expect("a literal time is a time")
}

#[derive(Debug, Clone)]
struct Draft {
    kind: &'static str,
    links: Vec<(Index, Index)>,
    links_known: bool,
    dangling: bool,
    state: Option<&'static str>,
    env: Option<Option<&'static str>>,
    age_days: Option<i64>,
    attributes: BTreeMap<&'static str, AttributeValue>,
}

fn draft(kinds: &'static [&'static str]) -> impl Strategy<Value = Draft> {
    let attributes = (
        prop_oneof![5 => Just(Some(true.into())), 3 => Just(Some(AttributeValue::Bool(false))), 1 => Just(Some(AttributeValue::Null)), 1 => Just(None)],
        prop_oneof![4 => Just(Some("auto")), 3 => Just(Some("user")), 1 => Just(None)],
        prop_oneof![9 => Just(Some(AttributeValue::Bool(false))), 1 => Just(Some(true.into())), 1 => Just(None)],
        prop_oneof![12 => Just(None), 1 => Just(Some("2030-01-01T00:00:00Z")), 1 => Just(Some("2020-01-01T00:00:00Z"))],
        prop_oneof![6 => Just(None), 1 => Just(Some("instance")), 2 => Just(Some("none"))],
        prop_oneof![3 => Just(None), 1 => Just(Some("system"))],
    )
        .prop_map(|(with, kind, protection, locked, usage, disk)| {
            let mut attributes: BTreeMap<&'static str, AttributeValue> = BTreeMap::new();
            let mut set = |name, value: Option<AttributeValue>| value.map(|value| attributes.insert(name, value));
            set("with_instance", with.clone());
            set("delete_auto", with);
            set("type", kind.map(Into::into));
            set("protection", protection);
            set("locked_until", locked.map(Into::into));
            set("usage", usage.map(Into::into));
            set("disk_type", disk.map(Into::into));
            attributes
        });
    (
        select(kinds),
        prop::collection::vec((any::<Index>(), any::<Index>()), 0..4),
        prop::bool::weighted(0.97),
        prop::bool::weighted(0.08),
        prop_oneof![6 => Just(None), 1 => Just(Some("progressing")), 1 => Just(Some("?"))],
        prop_oneof![6 => Just(Some(Some("a"))), 3 => Just(Some(Some("b"))), 1 => Just(Some(None)), 1 => Just(None)],
        prop_oneof![10 => (0..40_i64).prop_map(Some), 1 => Just(Some(-1)), 1 => Just(None)],
        attributes,
    )
        .prop_map(|(kind, links, links_known, dangling, state, env, age_days, attributes)| Draft {
            kind,
            links,
            links_known,
            dangling,
            state,
            env,
            age_days,
            attributes,
        })
}

fn resource(drafts: &[Draft], position: usize) -> Resource {
    let draft = &drafts[position];
    let address = |kind: &str, id: usize| format!("p:a:r:{kind}/{id}").parse().expect("a generated address");
    let mut links = Vec::new();
    let possible: Vec<_> = LINKS.iter().filter(|(holder, _, _)| *holder == draft.kind).collect();
    for (number, (which, target)) in draft.links.iter().enumerate() {
        if possible.is_empty() {
            break;
        }
        let (_, relation, wanted) = which.get(&possible);
        let targets: Vec<usize> = (0..drafts.len()).filter(|at| drafts[*at].kind == *wanted).collect();
        let target = if targets.is_empty() || draft.dangling && number == 0 {
            address(wanted, 900 + position)
        } else {
            address(wanted, *target.get(&targets))
        };
        if targets.is_empty() && !draft.dangling {
            continue;
        }
        links.push(Link { relation: relation.parse().expect("a literal relation"), target });
    }
    links.sort();
    links.dedup();
    let state = match (draft.state, draft.kind) {
        (Some("?"), _) => Fact::Unknown,
        (Some(state), "snapshot") => Fact::Known(state.to_owned()),
        (Some(_), "task") => Fact::Known("Finished".to_owned()),
        (Some(_), _) => Fact::Known("odd".to_owned()),
        (None, "snapshot") => Fact::Known("accomplished".to_owned()),
        (None, "image") => Fact::Known("Available".to_owned()),
        (None, _) => Fact::Known("Processing".to_owned()),
    };
    Resource {
        address: address(draft.kind, position),
        name: Fact::Known(format!("name-{position}")),
        created_at: draft.age_days.and_then(|days| taken_at().checked_sub(Span::from_hours(24 * days))).into(),
        state,
        size_bytes: Fact::Known(1 << 30),
        tags: match draft.env {
            None => Fact::Unknown,
            Some(env) => Fact::Known(env.map(|env| ("env".to_owned(), env.to_owned())).into_iter().collect()),
        },
        attributes: Fact::Known(
            draft.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        ),
        links: if draft.links_known { Fact::Known(links) } else { Fact::Unknown },
    }
}

fn census(complete: bool, kind: &str) -> CensusLine {
    CensusLine {
        scope: CensusScope {
            provider: "p".parse().expect("a literal provider"),
            account: "a".parse().expect("a literal account"),
            region: "r".parse().expect("a literal region"),
            kind: kind.parse().expect("a literal kind"),
        },
        listing: if complete { Listing::Complete } else { Listing::Incomplete },
        as_of: Fact::Known(taken_at()),
    }
}

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
        select(kinds),
        select(&CONDITIONS[..]),
        draws(&["image", "disk", "instance", "share", "task", "node", "snapshot"]),
        draws(&["snapshot", "image", "disk", "node"]),
        subsequence(vec!["SnapshotDisk", "ImageInstance", "SnapshotInProgress", "NodeNeeded", "NodeBusy"], 0..=5),
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

fn policy(kinds: &'static [&'static str]) -> impl Strategy<Value = String> {
    (
        collect_rule(0, kinds),
        prop::option::weighted(0.6, collect_rule(1, kinds)),
        prop::option::weighted(0.3, collect_rule(2, kinds)),
        prop::option::weighted(0.4, (select(kinds), select(&["tags.env == 'b'", "tags.env != 'a'", "age < duration('48h')"][..]))),
        prop::option::weighted(0.15, select(&KINDS[..])),
    )
        .prop_map(|(first, second, third, protect, waived)| {
            let mut policy = String::from(
                "version = 1\n[limits]\nmax_steps = 1000\nmax_percent = 100\nmax_drawn = 1000\nmax_forced = 1000\nkind.instance.max_steps = 1000\nkind.disk.max_steps = 1000\n",
            );
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

/// Worlds of up to `most` resources of these kinds.
pub fn worlds_of(most: usize, kinds: &'static [&'static str]) -> impl Strategy<Value = World> {
    let listed = prop::option::weighted(0.12, select(&["image", "instance", "disk", "snapshot-lock", "task"][..]));
    (prop::collection::vec(draft(kinds), 1..=most), listed, policy(kinds)).prop_map(|(drafts, unlisted, policy)| {
        World {
            taken_at: taken_at(),
            census: KINDS.iter().chain(&["snapshot-lock"]).map(|kind| census(unlisted != Some(*kind), kind)).collect(),
            resources: (0..drafts.len()).map(|position| resource(&drafts, position)).collect(),
            policy,
        }
    })
}

/// Kinds whose links run along chains that providers have: the worlds where draws, forces and carriers are common.
const CHAINS: [&str; 9] = ["snapshot", "snapshot", "image", "image", "disk", "disk", "instance", "share", "task"];

/// Worlds of up to `most` resources of every kind.
pub fn worlds(most: usize) -> impl Strategy<Value = World> {
    prop_oneof![
        2 => worlds_of(most, &KINDS),
        3 => worlds_of(most, &CHAINS),
        2 => worlds_of(most, &["node"]),
        2 => worlds_of(most, &["disk", "instance", "snapshot"]),
    ]
}
