//! Worlds of one place and few resources.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::resource::{AttributeValue, Link, Resource};
use sexton_core::time::Span;

use super::policy::small_policy;
use super::{KINDS, LINKS, LOCKS, World, census_line, taken_at};

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

/// Worlds of up to `most` resources of these kinds.
pub fn worlds_of(most: usize, kinds: &'static [&'static str]) -> impl Strategy<Value = World> {
    let listed = prop::option::weighted(0.12, select(&["image", "instance", "disk", "snapshot-lock", "task"][..]));
    (prop::collection::vec(draft(kinds), 1..=most), listed, small_policy(kinds)).prop_map(
        |(drafts, unlisted, policy)| World {
            taken_at: taken_at(),
            census: KINDS
                .iter()
                .chain(&[LOCKS])
                .map(|kind| {
                    let listing = if unlisted == Some(*kind) { Listing::Incomplete } else { Listing::Complete };
                    census_line("p:a:r", kind, listing, Fact::Known(taken_at()))
                })
                .collect(),
            resources: (0..drafts.len()).map(|position| resource(&drafts, position)).collect(),
            policy,
        },
    )
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
