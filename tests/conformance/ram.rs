//! The permissions that `docs/ram` grants: everything works with them, and with none less.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sexton_aliyun::{
    CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
};
use sexton_core::address::{Address, GuardCode};
use sexton_core::inventory;
use sexton_core::resource::Attribute;
use sexton_emulator::{Credential, Emulator, EmulatorConfig, RamPolicy, World};
use sexton_provider::{Answer, Observed, Provider, RemovalCall, RemovalTarget};
use sexton_testkit::listed::Listed;

pub(crate) mod ice;

/// What listing needs.
pub(crate) const INVENTORY: &str = include_str!("../../docs/ram/inventory.json");
/// What carrying out a plan needs.
pub(crate) const APPLY: &str = include_str!("../../docs/ram/apply.json");

const ACCOUNT: &str = "1234567890";
const REGION: &str = "cn-hangzhou";

pub(crate) fn document(text: &str) -> RamPolicy {
    serde_json::from_str(text).unwrap()
}

/// Every action that a document names.
fn actions(text: &str) -> Vec<String> {
    document(text).statement.into_iter().flat_map(|statement| statement.action).collect()
}

/// The document without one of its actions.
fn without(text: &str, action: &str) -> RamPolicy {
    let mut policy = document(text);
    policy.statement.iter_mut().for_each(|statement| statement.action.retain(|other| other != action));
    policy
}

/// Something of every kind, and everything that has a call of its own.
fn world() -> World {
    let link = |relation: &str, kind: &str, id: &str| json!({ "relation": relation, "kind": kind, "id": id });
    let resource = |kind: &str, id: &str, state: &str, attrs: Value, links: Vec<Value>| {
        json!({ "resource": {
            "provider": "aliyun-ecs", "account": ACCOUNT, "region": REGION, "kind": kind, "id": id, "state": state,
            "created_at": "2026-01-02T03:04:00Z", "tags": {}, "attrs": attrs, "links": links,
        } })
    };
    let stopped = json!({ "deletion_protection": false, "instance_charge_type": "PostPaid" });
    let data = json!({ "disk_type": "data", "disk_charge_type": "PostPaid" });
    let lines = [
        resource("snapshot", "s-1", "accomplished", json!({ "snapshot_group_id": "ssg-1" }), Vec::new()),
        resource("image", "m-1", "Available", json!({}), Vec::new()),
        resource("share", "m-1/42", "", json!({ "share_type": "account" }), vec![link("grants", "image", "m-1")]),
        resource("share", "m-1/all", "", json!({ "share_type": "group" }), vec![link("grants", "image", "m-1")]),
        resource("publication", "m-1/public", "", json!({}), vec![link("publishes", "image", "m-1")]),
        resource("image", "m-2", "Available", json!({}), Vec::new()),
        resource(
            "task",
            "t-1",
            "Processing",
            json!({ "task_action": "ExportImage" }),
            vec![link("exports", "image", "m-2")],
        ),
        resource("image", "m-3", "Creating", json!({ "is_copied": true }), Vec::new()),
        resource("disk", "d-1", "Available", data, Vec::new()),
        resource("instance", "i-1", "Stopped", stopped, Vec::new()),
        resource(
            "launch-template",
            "lt-1",
            "",
            json!({ "latest_version": 1 }),
            vec![link("refers-to", "image", "m-2")],
        ),
        resource("scaling-configuration", "asc-1", "Active", json!({}), vec![link("refers-to", "image", "m-2")]),
        resource("auto-snapshot-policy", "sp-1", "Normal", json!({}), vec![link("covers", "disk", "d-1")]),
    ];
    let mut text =
        json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" }).to_string();
    for line in lines {
        text.push('\n');
        text.push_str(&line.to_string());
    }
    World::from_inventory(&inventory::read(text.as_bytes()).unwrap(), REGION, Some(ACCOUNT)).unwrap()
}

async fn under(policy: RamPolicy) -> (Emulator, EcsProvider) {
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
    config.credential = Credential { ram_policy: Some(vec![policy]), ..Credential::new("limited", "secret") };
    let emulator = Emulator::start(config, world()).await.unwrap();
    let provider = EcsProvider::connect(EcsConfig {
        name: "limited".to_owned(),
        regions: RegionChoice::All,
        endpoint: Some(emulator.listening().listening.clone()),
        credentials: CredentialSource::Given(Credentials::new("limited", "secret", None)),
        signature: SignatureVersion::V3,
        bootstrap: None,
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .unwrap();
    (emulator, provider)
}

/// Lists a region, completely: how many resources, and of how many kinds.
async fn listed(provider: &dyn Provider, region: &str) -> Result<(usize, usize), String> {
    let region = region.parse().unwrap();
    let listed = Listed::of(provider, &region).await.map_err(|error| error.to_string())?;
    match listed.incomplete().as_slice() {
        [] => Ok((listed.resources().len(), listed.kinds().len())),
        incomplete => Err(format!("not complete: {}", incomplete.join(", "))),
    }
}

/// Everything works with a document, and with none of its actions less.
async fn each_is_needed(text: &str, works: impl AsyncFn(RamPolicy) -> Result<(), String>) {
    works(document(text)).await.unwrap();
    for action in actions(text) {
        assert!(works(without(text, &action)).await.is_err(), "{action} is not needed");
    }
}

/// Lists everything, completely.
async fn inventory(policy: RamPolicy) -> Result<(), String> {
    let (_emulator, provider) = under(policy).await;
    assert_eq!(listed(&provider, REGION).await?, (13, 12), "every kind, locks and groups too");
    Ok(())
}

/// Looks at what a plan would, and removes it.
async fn apply(policy: RamPolicy) -> Result<(), String> {
    let (_emulator, provider) = under(policy).await;
    let region = REGION.parse().unwrap();
    provider.identity(&region).await.map_err(|error| error.to_string())?;
    for (kind, id) in [
        ("share", "m-1/42"),
        ("share", "m-1/all"),
        ("publication", "m-1/public"),
        ("image", "m-1"),
        ("image", "m-3"),
        ("task", "t-1"),
        ("disk", "d-1"),
        ("instance", "i-1"),
        ("snapshot", "s-1"),
    ] {
        let address: Address = format!("aliyun-ecs:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap();
        let seen = provider.probe(std::slice::from_ref(&address)).await.map_err(|error| error.to_string())?;
        let Some(Observed::Present(resource)) = seen.first() else { return Err(format!("{address}: not seen")) };
        let grouped = resource.attribute("snapshot_group_id") == Attribute::Known(&json!("ssg-1"));
        if kind == "snapshot" && !grouped {
            return Err(format!("{address}: its group is not known"));
        }
        provider.dependents(&address).await.map_err(|error| error.to_string())?;
        let force: Vec<GuardCode> = (id == "m-3").then(|| "ImageIsCreating".parse().unwrap()).into_iter().collect();
        let call = RemovalCall {
            operation: provider.rulebook().operation(kind, &force).unwrap().to_owned(),
            targets: vec![RemovalTarget { address, force, seen: None }],
            options: BTreeMap::new(),
        };
        match &provider.remove(&call).await[..] {
            [Answer::Accepted { .. }] => {}
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(())
}

#[tokio::test]
async fn listing_needs_every_action_of_its_document_and_no_other() {
    each_is_needed(INVENTORY, inventory).await;
}

#[tokio::test]
async fn carrying_out_needs_every_action_of_its_document_and_no_other() {
    each_is_needed(APPLY, apply).await;
}

#[test]
fn what_only_lists_may_change_nothing() {
    for action in actions(INVENTORY) {
        assert!(action.split_once(':').unwrap().1.starts_with("Describe"), "{action}");
    }
}
