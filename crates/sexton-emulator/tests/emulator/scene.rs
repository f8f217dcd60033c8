//! Worlds of a few resources, written as inventories, and emulators that serve them.

use std::time::Duration;

use serde_json::{Value, json};
use sexton_emulator::{Emulator, EmulatorConfig, Faults, World};

use crate::client::Client;

pub(crate) const ACCOUNT: &str = "1234567890";
pub(crate) const REGION: &str = "cn-hangzhou";

/// The region itself, in which a test puts resources.
pub(crate) fn resource(kind: &str, id: &str, facts: Value) -> Value {
    let mut resource = json!({
        "provider": "aliyun-ecs", "account": ACCOUNT, "region": REGION, "kind": kind, "id": id,
        "name": id, "created_at": "2026-01-02T03:04:05Z", "tags": {}, "attrs": {}, "links": [],
    });
    for (name, fact) in facts.as_object().unwrap() {
        resource[name] = fact.clone();
    }
    resource
}

pub(crate) fn link(relation: &str, kind: &str, id: &str) -> Value {
    json!({ "relation": relation, "kind": kind, "id": id })
}

pub(crate) fn snapshot(id: &str, attributes: Value) -> Value {
    resource("snapshot", id, json!({ "state": "accomplished", "size_bytes": 42_949_672_960_u64, "attrs": attributes }))
}

pub(crate) fn image(id: &str, state: &str, snapshots: &[&str], attributes: Value) -> Value {
    let links: Vec<Value> = snapshots.iter().map(|id| link("created-from", "snapshot", id)).collect();
    resource(
        "image",
        id,
        json!({ "state": state, "size_bytes": 42_949_672_960_u64, "attrs": attributes, "links": links }),
    )
}

pub(crate) fn share(image: &str, account: &str) -> Value {
    let facts = json!({ "attrs": { "share_type": "account" }, "links": [link("grants", "image", image)] });
    resource("share", &format!("{image}/{account}"), facts)
}

pub(crate) fn publication(image: &str) -> Value {
    resource("publication", &format!("{image}/public"), json!({ "links": [link("publishes", "image", image)] }))
}

pub(crate) fn instance(id: &str, state: &str, image: &str, attributes: Value) -> Value {
    resource(
        "instance",
        id,
        json!({ "state": state, "attrs": attributes, "links": [link("booted-from", "image", image)] }),
    )
}

pub(crate) fn disk(id: &str, state: &str, attributes: Value, links: Vec<Value>) -> Value {
    resource(
        "disk",
        id,
        json!({ "state": state, "size_bytes": 21_474_836_480_u64, "attrs": attributes, "links": links }),
    )
}

pub(crate) fn task(id: &str, state: &str, action: &str, image: &str, attributes: Value) -> Value {
    let relation = if action == "ImportImage" { "imports" } else { "exports" };
    let mut attributes = attributes;
    attributes["task_action"] = json!(action);
    resource("task", id, json!({ "state": state, "attrs": attributes, "links": [link(relation, "image", image)] }))
}

/// The text of an inventory of these resources.
pub(crate) fn inventory(resources: &[Value]) -> String {
    let mut text = "{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n".to_owned();
    for resource in resources {
        text.push_str(&json!({ "resource": resource }).to_string());
        text.push('\n');
    }
    text
}

pub(crate) fn world(resources: &[Value]) -> World {
    let inventory = sexton_core::inventory::read(inventory(resources).as_bytes()).unwrap();
    World::from_inventory(&inventory, REGION, Some(ACCOUNT)).unwrap()
}

/// An emulator of these resources and settings (TOML), and a client of it.
pub(crate) async fn start(resources: &[Value], settings: &str) -> (Emulator, Client) {
    start_world(world(resources), settings).await
}

pub(crate) async fn start_world(world: World, settings: &str) -> (Emulator, Client) {
    let faults: Faults = toml::from_str(settings).unwrap();
    let config = EmulatorConfig { faults, ..EmulatorConfig::new(([127, 0, 0, 1], 0).into()) };
    let emulator = Emulator::start(config, world).await.unwrap();
    let client = Client::of(emulator.listening());
    (emulator, client)
}

/// Asks again until the answer is there. Nothing here takes longer than some seconds.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

/// Deletions of images take effect at once.
pub(crate) const AT_ONCE: &str = "[behaviour]\nimage_deletion_ms = 0\n";
