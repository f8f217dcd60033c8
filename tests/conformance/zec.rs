//! Zenlayer ZEC.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, RaisedBy, Rulebook};
use sexton_emulator::{Credential, Emulator, EmulatorConfig, ZecWorld};
use sexton_provider::Identity;
use sexton_testkit::conformance::{CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Specimen, Stage, Subject, Trouble};
use sexton_zenlayer::{ApiVersion, CredentialSource, Credentials, RegionChoice, ZecConfig, ZecProvider, zec_rulebook};

use super::emulated::{Emulated, faults, inventory_of};

mod alone;

const ACCOUNT: &str = "acme";
const REGION: &str = "asia-east-1";
const KEY: &str = "conformance";
const GIB: u64 = 1 << 30;

pub(crate) struct Zec {
    rulebook: Rulebook,
    /// Whether releases end in a recycle bin.
    recycle_bin: bool,
}

impl Zec {
    pub(crate) fn new() -> Self {
        Self { rulebook: zec_rulebook(), recycle_bin: false }
    }

    /// An account that has a recycle bin.
    pub(crate) fn with_recycle_bin() -> Self {
        Self { recycle_bin: true, ..Self::new() }
    }
}

fn address(kind: &str, id: &str) -> Address {
    let region = if kind == "image" { "global" } else { REGION };
    format!("zenlayer-zec:{ACCOUNT}:{region}:{kind}/{id}").parse().unwrap()
}

#[async_trait]
impl Subject for Zec {
    fn name(&self) -> &str {
        if self.recycle_bin { "zenlayer-zec, with a recycle bin" } else { "zenlayer-zec" }
    }

    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn identity(&self) -> Identity {
        Identity { account: ACCOUNT.parse().unwrap(), region: REGION.parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["DescribeZones"]
    }

    fn codes(&self) -> Codes {
        Codes {
            denied: (403, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
            expired: (403, "AUTHFAILURE_INVALID_AUTHORIZATION"),
            skewed: (403, "AUTHFAILURE_SIGNATURE_EXPIRED"),
        }
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        let links = |allowed: &str| match on {
            None => Some(Vec::new()),
            Some((relation, target)) if relation == allowed => {
                Some(vec![Link { relation: relation.parse().unwrap(), target: target.clone() }])
            }
            Some(_) => None,
        };
        let (prefix, state, size, attributes, links) = match kind {
            "snapshot" => {
                ("s", "AVAILABLE", None, json!({ "snapshot_type": "manual", "disk_ability": true }), links("source")?)
            }
            "disk" => {
                let links = links("attached-to")?;
                let state = if links.is_empty() { "AVAILABLE" } else { "IN_USE" };
                ("d", state, Some(40 * GIB), json!({ "disk_type": "data", "portable": true }), links)
            }
            "image" => ("m", "AVAILABLE", None, json!({ "image_type": "custom_image" }), links("none")?),
            "instance" => ("i", "STOPPED", None, json!({ "instance_type": "z2a.cpu.1" }), links("booted-from")?),
            "auto-snapshot-policy" => ("p", "", None, json!({ "retention_days": 7 }), links("covers")?),
            _ => return None,
        };
        let Value::Object(mut attributes) = attributes else { panic!("attributes are an object") };
        if kind != "image" {
            attributes.insert("zone_id".to_owned(), json!("asia-east-1a"));
        }
        let address = address(kind, &format!("{prefix}-{number}"));
        let resource = Resource {
            name: Fact::Known(format!("{kind} of the suite")),
            created_at: Fact::Known("2026-01-02T03:04:00Z".parse().unwrap()),
            state: if state.is_empty() { Fact::Unknown } else { Fact::Known(state.to_owned()) },
            size_bytes: size.into(),
            tags: Fact::Known([("team".to_owned(), "infra".to_owned())].into()),
            attributes: Fact::Known(attributes.into_iter().collect()),
            links: Fact::Known(links),
            address,
        };
        Some(Specimen { resource, with: Vec::new() })
    }

    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise {
        let resource = &mut specimen.resource;
        let Fact::Known(attributes) = &mut resource.attributes else { return Raise::ByTheBook };
        let changing = match (guard.code.as_str(), &guard.raised_by) {
            ("OPERATION_DENIED_DISK_SNAPSHOT_STATUS", _) => "CREATING",
            ("UNSUPPORTED_OPERATION_DISK_STATUS", RaisedBy::State(_)) => "SNAPSHOT_CREATING",
            ("INVALID_IMAGE_STATUS", _) => "SYNCING",
            ("InstanceChanging", _) => "IMAGING",
            // The attribute is read off the disk's own fields.
            ("DeletesWithInstance", _) => {
                attributes.insert("portable".to_owned(), json!(false));
                return Raise::Done;
            }
            _ => return Raise::ByTheBook,
        };
        resource.state = Fact::Known(changing.to_owned());
        Raise::Done
    }

    fn answered(&self, guard: &Guard) -> String {
        guard.code.as_str().to_owned()
    }

    fn excuse(&self, case: &str) -> Option<&'static str> {
        match case {
            "snapshot: SnapshotHasChildDisks by disk, assumed"
            | "snapshot: SnapshotHasChildDisks by disk, assumed, forced" => {
                Some("no read of the API tells of which snapshot a disk was made")
            }
            "removal of every kind: it goes, and nothing else" | "removal of what is gone already"
                if self.recycle_bin =>
            {
                Some("what was released lies in the recycle bin, and is told to lie there")
            }
            _ => None,
        }
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let world = ZecWorld::from_inventory(&inventory_of(world), Some(ACCOUNT)).unwrap();
        let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
        config.faults = faults(troubles);
        config.faults.behaviour.zec.recycle_bin = self.recycle_bin;
        config.faults.behaviour.zec.removal_ms = 50;
        let mut own = Credential::new(KEY, CANARY_SECRET);
        let mut credentials = Credentials::key(KEY, CANARY_SECRET);
        match keys {
            Keys::Right => {}
            Keys::WrongSecret => own.access_key_secret = "another".to_owned(),
            // There are no temporary keys, but tokens.
            Keys::Temporary => {
                own.security_token = Some(CANARY_TOKEN.to_owned());
                credentials = Credentials::bearer(CANARY_TOKEN);
            }
        }
        config.credential = own;
        let emulator = Emulator::start(config, world).await.unwrap();
        let provider = ZecProvider::connect(ZecConfig {
            name: "conformance".to_owned(),
            account: ACCOUNT.parse().unwrap(),
            regions: RegionChoice::All,
            endpoint: Some(emulator.listening().listening.clone()),
            version: ApiVersion::V20250901,
            credentials: CredentialSource::Given(credentials),
        })
        .unwrap();
        Box::new(Emulated { emulator, provider: Arc::new(provider) })
    }
}
