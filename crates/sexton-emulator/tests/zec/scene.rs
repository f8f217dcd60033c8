//! Accounts of a few resources, written as inventories, and emulators that serve them.

use std::time::Duration;

use serde_json::{Value, json};
use sexton_emulator::{Emulator, EmulatorConfig, Faults, ZecWorld};

use crate::client::Client;

pub(crate) const ACCOUNT: &str = "acme";

/// Removals take effect at once.
pub(crate) const AT_ONCE: &str = "[behaviour.zec]\nremoval_ms = 0\n";
/// Removals that were accepted take no effect while a test lasts.
pub(crate) const NEVER: &str = "[behaviour.zec]\nremoval_ms = 600000\n";

pub(crate) fn resource(kind: &str, id: &str, facts: Value) -> Value {
    let region = if kind == "image" { "global" } else { "asia-east-1" };
    let mut resource = json!({
        "provider": "zenlayer-zec", "account": ACCOUNT, "region": region, "kind": kind, "id": id,
        "name": id, "created_at": "2026-01-02T03:04:05Z", "tags": {}, "attrs": {}, "links": [],
    });
    for (name, fact) in facts.as_object().unwrap() {
        resource[name] = fact.clone();
    }
    resource
}

pub(crate) fn snapshot(id: &str, state: &str, disk: Option<&str>) -> Value {
    let links: Vec<Value> = disk.iter().map(|disk| json!({"relation": "source", "kind": "disk", "id": disk})).collect();
    resource("snapshot", id, json!({"state": state, "attrs": {"snapshot_type": "auto"}, "links": links}))
}

pub(crate) fn disk(id: &str, state: &str, disk_type: &str, portable: bool, instance: Option<&str>) -> Value {
    let links: Vec<Value> =
        instance.iter().map(|id| json!({"relation": "attached-to", "kind": "instance", "id": id})).collect();
    let attributes = json!({"disk_type": disk_type, "portable": portable});
    resource("disk", id, json!({"state": state, "size_bytes": 21_474_836_480_u64, "attrs": attributes, "links": links}))
}

pub(crate) fn instance(id: &str, state: &str, image: &str) -> Value {
    let link = json!({"relation": "booted-from", "kind": "image", "region": "global", "id": image});
    resource("instance", id, json!({"state": state, "links": [link]}))
}

pub(crate) fn image(id: &str, state: &str) -> Value {
    resource(
        "image",
        id,
        json!({"state": state, "attrs": {"image_type": "custom_image", "region_ids": ["asia-east-1"]}}),
    )
}

pub(crate) fn world(resources: &[Value]) -> ZecWorld {
    let mut text = "{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n".to_owned();
    for resource in resources {
        text.push_str(&json!({ "resource": resource }).to_string());
        text.push('\n');
    }
    let inventory = sexton_core::inventory::read(text.as_bytes()).unwrap();
    ZecWorld::from_inventory(&inventory, Some(ACCOUNT)).unwrap()
}

/// An emulator of these resources and settings (TOML), and a client of it.
pub(crate) async fn start(resources: &[Value], settings: &str) -> (Emulator, Client) {
    start_world(world(resources), settings).await
}

pub(crate) async fn start_world(world: ZecWorld, settings: &str) -> (Emulator, Client) {
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
