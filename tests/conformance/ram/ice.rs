//! The permissions that `docs/ram` grants for live snapshots of ICE.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sexton_aliyun::{CredentialSource, Credentials, IceConfig, IceProvider, RegionChoice};
use sexton_core::address::Address;
use sexton_core::inventory;
use sexton_emulator::{Credential, Emulator, EmulatorConfig, IceWorld, RamPolicy};
use sexton_provider::{Answer, Observed, Provider, RemovalCall, RemovalTarget};

use super::{ACCOUNT, actions, each_is_needed, listed};

/// What listing needs.
pub(crate) const INVENTORY: &str = include_str!("../../../docs/ram/ice-inventory.json");
/// What carrying out a plan needs.
pub(crate) const APPLY: &str = include_str!("../../../docs/ram/ice-apply.json");

const REGION: &str = "cn-shanghai";

/// A job that has made one file, a day ago: files are asked for day by day.
fn world() -> (IceWorld, String) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let millis = now - 86_400_000;
    let file = format!("j-1/{millis}");
    let resource = |kind: &str, id: &str, attrs: Value, links: Value| {
        json!({ "resource": {
            "provider": "aliyun-ice", "account": ACCOUNT, "region": REGION, "kind": kind, "id": id, "name": "x",
            "created_at": "2026-01-02T03:04:00Z", "state": "paused", "tags": {}, "attrs": attrs, "links": links,
        } })
        .to_string()
    };
    let made_by = json!([{ "relation": "made-by", "kind": "live-snapshot-job", "id": "j-1" }]);
    let attrs = json!({ "bucket": "b", "is_overlay": false });
    let text = [
        json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" }).to_string(),
        resource("live-snapshot-job", "j-1", json!({ "bucket": "b" }), json!([])),
        resource("live-snapshot-file", &file, attrs, made_by),
    ];
    let inventory = inventory::read(text.join("\n").as_bytes()).unwrap();
    (IceWorld::from_inventory(&inventory, REGION, Some(ACCOUNT)).unwrap(), file)
}

async fn under(policy: RamPolicy) -> (Emulator, IceProvider, String) {
    let (world, file) = world();
    let (emulator, provider) = serving(world, policy).await;
    (emulator, provider, file)
}

async fn serving(world: IceWorld, policy: RamPolicy) -> (Emulator, IceProvider) {
    let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
    config.credential = Credential { ram_policy: Some(vec![policy]), ..Credential::new("limited", "secret") };
    let emulator = Emulator::start(config, world).await.unwrap();
    let provider = IceProvider::connect(IceConfig {
        name: "limited".to_owned(),
        regions: RegionChoice::Named(vec![REGION.parse().unwrap()]),
        endpoint: Some(emulator.listening().listening.clone()),
        credentials: CredentialSource::Given(Credentials::new("limited", "secret", None)),
    })
    .unwrap();
    (emulator, provider)
}

/// Lists everything, completely, and nothing where nothing is.
async fn inventory(policy: RamPolicy) -> Result<(), String> {
    let (_emulator, provider, _) = under(policy.clone()).await;
    assert_eq!(listed(&provider, REGION).await?, (2, 2), "the job and its file");
    let nothing = IceWorld::empty(ACCOUNT, REGION).unwrap();
    let (_emulator, provider) = serving(nothing, policy).await;
    assert_eq!(listed(&provider, REGION).await?, (0, 2), "an account without jobs");
    Ok(())
}

/// Looks at the file as a run does, removes it, and looks again.
async fn apply(policy: RamPolicy) -> Result<(), String> {
    let (_emulator, provider, file) = under(policy).await;
    provider.identity(&REGION.parse().unwrap()).await.map_err(|error| error.to_string())?;
    let address: Address = format!("aliyun-ice:{ACCOUNT}:{REGION}:live-snapshot-file/{file}").parse().unwrap();
    let seen = provider.probe(std::slice::from_ref(&address)).await.map_err(|error| error.to_string())?;
    let Some(Observed::Present(_)) = seen.first() else { return Err(format!("{address}: not seen")) };
    provider.dependents(&address).await.map_err(|error| error.to_string())?;
    let removal = provider.rulebook().kind("live-snapshot-file").unwrap().removal.as_ref().unwrap();
    let call = RemovalCall {
        operation: removal.operation.clone(),
        targets: vec![RemovalTarget { address: address.clone(), force: Vec::new(), seen: None }],
        options: BTreeMap::new(),
    };
    match &provider.remove(&call).await[..] {
        [Answer::Accepted { .. }] => {}
        other => return Err(format!("{other:?}")),
    }
    match provider.probe(&[address]).await.map_err(|error| error.to_string())?.first() {
        Some(Observed::Absent) => Ok(()),
        other => Err(format!("seen again: {other:?}")),
    }
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
        assert!(action.starts_with("ice:List") || action.starts_with("ice:Get"), "{action}");
    }
}
