//! Small builders for the crate's own tests: a rulebook of a made-up provider, resources, steps and plans.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use sexton_core::address::{Address, GuardCode, Kind, Provider, Relation};
use sexton_core::fact::Fact;
use sexton_core::plan::{
    DrawnBy, Expect, FreedBytes, InventoryReference, Plan, PolicyReference, Step, Summary, WaitFor,
};
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, End, Follows, Goes, Guard, HolderClaim,
    KindRules, Other, RaisedBy, Remedy, Removal, Rulebook, StateTest, Strength, Usable, Visibility, WhenCarried,
    WhenMissing,
};
use sexton_core::time::{Span, Timestamp};

pub(crate) mod provider;
pub(crate) mod world;

pub(crate) const PROVIDER: &str = "test";
pub(crate) const ACCOUNT: &str = "acct";
pub(crate) const REGION: &str = "r1";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    time("2026-11-21T00:00:00Z")
}

pub(crate) fn address(kind: &str, id: &str) -> Address {
    format!("{PROVIDER}:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}

pub(crate) fn code(text: &str) -> GuardCode {
    GuardCode::new(text).unwrap()
}

fn kind(name: &str) -> Kind {
    Kind::new(name).unwrap()
}

fn relation(name: &str) -> Relation {
    Relation::new(name).unwrap()
}

fn states(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn kind_rules(name: &str, operation: Option<(&str, u32, Completion)>, data: DataHeld) -> KindRules {
    KindRules {
        kind: kind(name),
        removal: operation.map(|(operation, limit, completion)| Removal {
            operation: operation.to_owned(),
            consequence: None,
            batch_limit: NonZeroU32::new(limit).unwrap(),
            batch_key: BatchKey::IdPrefix,
            completion,
            options: Vec::new(),
        }),
        probe_limit: NonZeroU32::new(100).unwrap(),
        usable: Usable::Always,
        data,
        follows: match name {
            "image" => {
                vec![Follows { attribute: "is_shared".to_owned(), relation: relation("grants"), kind: kind("share") }]
            }
            _ => Vec::new(),
        },
        active: None,
        remade: Vec::new(),
    }
}

fn guard(name: &str, target: &str, raised_by: RaisedBy, strength: Strength, remedies: Vec<Remedy>) -> Guard {
    Guard { code: code(name), target: kind(target), raised_by, strength, remedies, visibility: Visibility::Region }
}

fn by_other(link: &str, other: &str, end: End, goes: Goes, state: Option<StateTest>) -> RaisedBy {
    RaisedBy::Other(Other {
        relation: relation(link),
        kind: kind(other),
        end,
        state,
        attribute: None,
        target_attribute: None,
        goes,
    })
}

fn force() -> Remedy {
    Remedy::force(Some("Force"), "it is lost")
}

/// Images are removed asynchronously, shares three at a time, and a task is nothing once it has finished.
pub(crate) fn rulebook() -> Rulebook {
    let done = StateTest::NotIn(states(&["Finished", "Failed"]));
    let claims = |value: &str, link: &str, other: &str| HolderClaim {
        value: value.to_owned(),
        relation: relation(link),
        kind: kind(other),
    };
    Rulebook {
        provider: Provider::new(PROVIDER).unwrap(),
        kinds: vec![
            kind_rules("snapshot", Some(("DeleteSnapshot", 1, Completion::Sync)), DataHeld::Shared),
            kind_rules("image", Some(("DeleteImage", 1, Completion::Async)), DataHeld::Shared),
            kind_rules("share", Some(("Unshare", 3, Completion::Sync)), DataHeld::Nothing),
            kind_rules("task", Some(("CancelTask", 1, Completion::Sync)), DataHeld::Nothing),
            kind_rules("instance", Some(("DeleteInstance", 1, Completion::Async)), DataHeld::Elsewhere),
            kind_rules("disk", Some(("DeleteDisk", 1, Completion::Sync)), DataHeld::Own),
            kind_rules("template", None, DataHeld::Nothing),
        ],
        guards: vec![
            guard(
                "SnapshotCreatedImage",
                "snapshot",
                by_other("created-from", "image", End::Dependent, Goes::Before, None),
                Strength::Enforced,
                vec![Remedy::Remove],
            ),
            guard(
                "SnapshotCreatedDisk",
                "snapshot",
                by_other("created-from", "disk", End::Dependent, Goes::Before, None),
                Strength::Enforced,
                vec![Remedy::Remove, force()],
            ),
            guard(
                "SnapshotInProgress",
                "snapshot",
                RaisedBy::State(StateTest::In(states(&["progressing"]))),
                Strength::Assumed,
                vec![Remedy::Wait],
            ),
            guard(
                "UsageWithoutHolder",
                "snapshot",
                RaisedBy::Claim {
                    attribute: "usage".to_owned(),
                    holders: vec![
                        claims("image", "created-from", "image"),
                        claims("disk", "created-from", "disk"),
                        claims("image_disk", "created-from", "image"),
                        claims("image_disk", "created-from", "disk"),
                    ],
                },
                Strength::Assumed,
                Vec::new(),
            ),
            guard(
                "SnapshotLocked",
                "snapshot",
                RaisedBy::Attribute(AttributeTest {
                    name: "locked_until".to_owned(),
                    raises: AttributePredicate::InFuture,
                    when_missing: WhenMissing::Clear,
                    when_carried: WhenCarried::Raise,
                }),
                Strength::Enforced,
                vec![Remedy::Wait],
            ),
            guard(
                "ImageUseShared",
                "image",
                by_other("grants", "share", End::Dependent, Goes::Before, None),
                Strength::Enforced,
                vec![Remedy::Remove],
            ),
            guard(
                "ReferredTo",
                "image",
                by_other("refers-to", "template", End::Dependent, Goes::Before, None),
                Strength::Assumed,
                vec![Remedy::Remove, force()],
            ),
            guard(
                "ImageIsExporting",
                "image",
                by_other("exports", "task", End::Dependent, Goes::Before, Some(done)),
                Strength::Enforced,
                vec![Remedy::Remove, Remedy::Wait],
            ),
            guard(
                "IncorrectInstanceStatus",
                "instance",
                RaisedBy::State(StateTest::NotIn(states(&["Stopped"]))),
                Strength::Enforced,
                vec![force()],
            ),
            guard(
                "DeletesWithInstance",
                "instance",
                by_other("attached-to", "disk", End::Dependent, Goes::With, None),
                Strength::Assumed,
                vec![Remedy::Remove],
            ),
            guard(
                "DiskStillAttached",
                "disk",
                by_other("attached-to", "instance", End::Dependency, Goes::Before, None),
                Strength::Enforced,
                vec![Remedy::Remove],
            ),
        ],
    }
}

/// A resource of which everything is known.
pub(crate) fn resource(kind: &str, id: &str) -> Resource {
    let state = match kind {
        "instance" => "Stopped",
        _ => "Available",
    };
    Resource {
        name: Fact::Known(id.to_owned()),
        created_at: Fact::Known(time("2026-01-01T00:00:00Z")),
        state: Fact::Known(state.to_owned()),
        size_bytes: Fact::Known(1),
        tags: Fact::Known(BTreeMap::new()),
        attributes: Fact::Known(BTreeMap::new()),
        links: Fact::Known(Vec::new()),
        ..Resource::unknown(address(kind, id))
    }
}

pub(crate) fn with_link(mut resource: Resource, link: &str, target: &Address) -> Resource {
    resource.links = Fact::Known(vec![Link { relation: relation(link), target: target.clone() }]);
    resource
}

pub(crate) fn with_state(mut resource: Resource, state: &str) -> Resource {
    resource.state = Fact::Known(state.to_owned());
    resource
}

pub(crate) fn with_attribute(mut resource: Resource, name: &str, value: serde_json::Value) -> Resource {
    if let Fact::Known(attributes) = &mut resource.attributes {
        attributes.insert(name.to_owned(), value);
    }
    resource
}

pub(crate) fn with_tag(mut resource: Resource, key: &str, value: &str) -> Resource {
    if let Fact::Known(tags) = &mut resource.tags {
        tags.insert(key.to_owned(), value.to_owned());
    }
    resource
}

/// A step that expects a resource as it is. Its index is set by [`plan`].
pub(crate) fn step(resource: &Resource, after: &[u32]) -> Step {
    let rulebook = rulebook();
    let operation = rulebook
        .kind(resource.address.kind())
        .and_then(|rules| rules.removal.as_ref())
        .map(|removal| removal.operation.clone())
        .unwrap_or_default();
    Step {
        index: 0,
        operation,
        address: resource.address.clone(),
        name: resource.name.clone().known(),
        created_at: resource.created_at.known(),
        size_bytes: resource.size_bytes.known(),
        tags: resource.tags.clone().known().map(std::sync::Arc::new),
        wave: 0,
        after: after.to_vec(),
        with: None,
        rules: vec!["rule".to_owned()],
        drawn_by: Vec::<DrawnBy>::new(),
        force: Vec::new(),
        consequences: Vec::new(),
        wait: Vec::new(),
        options: BTreeMap::new(),
        expect: Expect {
            created_at: resource.created_at.known(),
            state: resource.state.clone().known(),
            tags: resource.tags.clone().known().map(std::sync::Arc::new),
            attrs: std::sync::Arc::new(resource.attributes.clone().known().unwrap_or_default()),
            dependents: None,
            retained: Vec::new(),
        },
    }
}

pub(crate) fn wait_for(guard: &str, by: Option<Address>, seconds: i64) -> WaitFor {
    WaitFor { guard: code(guard), by, timeout: Span::from_secs(seconds) }
}

/// A sealed plan of these steps, in their order, that expires a day after [`now`].
pub(crate) fn plan(steps: Vec<Step>) -> Plan {
    let steps: Vec<Step> = (0..).zip(steps).map(|(index, step)| Step { index, ..step }).collect();
    Plan {
        now: now(),
        expires_at: time("2026-11-22T00:00:00Z"),
        inventory: InventoryReference { digest: "blake3:i".to_owned(), taken_at: now() },
        policy: PolicyReference { digest: "blake3:p".to_owned(), text: String::new() },
        census: Vec::new(),
        assumed: Vec::new(),
        applyable: true,
        complete: true,
        exceeded: Vec::new(),
        summary: Summary {
            remove: BTreeMap::new(),
            forced: 0,
            drawn: 0,
            held: 0,
            kept: 0,
            freed_bytes: FreedBytes { min: 0, max: 0 },
        },
        steps,
        held: Vec::new(),
        blocked: Vec::new(),
        kept: Vec::new(),
        findings: Vec::new(),
        digest: String::new(),
    }
    .sealed()
}

pub(crate) fn document(plan: &Plan) -> Vec<u8> {
    let mut bytes = Vec::new();
    plan.write(&mut bytes).unwrap();
    bytes
}
