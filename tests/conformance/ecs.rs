//! Alibaba Cloud ECS.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_aliyun::{
    CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
    ecs_rulebook,
};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, RaisedBy, Rulebook};
use sexton_emulator::{Credential, Emulator, EmulatorConfig, IdentitySort, World};
use sexton_provider::Identity;
use sexton_testkit::conformance::{CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Specimen, Stage, Subject, Trouble};

use super::emulated::{Emulated, faults, inventory_of};
use super::ram;

const ACCOUNT: &str = "1234567890";
const REGION: &str = "cn-hangzhou";
const KEY: &str = "conformance";
const GIB: u64 = 1 << 30;

pub(crate) struct Ecs {
    rulebook: Rulebook,
    signature: SignatureVersion,
}

impl Ecs {
    pub(crate) fn new(signature: SignatureVersion) -> Self {
        Self { rulebook: ecs_rulebook(), signature }
    }
}

fn address(kind: &str, id: &str) -> Address {
    format!("aliyun-ecs:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}

fn link(relation: &str, target: &Address) -> Link {
    Link { relation: relation.parse().unwrap(), target: target.clone() }
}

fn resource(address: Address, state: &str, size: u64, attributes: Value, links: Vec<Link>) -> Resource {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    Resource {
        name: Fact::Known(format!("{} of the suite", address.kind())),
        created_at: Fact::Known("2026-01-02T03:04:00Z".parse().unwrap()),
        state: Fact::Known(state.to_owned()),
        size_bytes: Fact::Known(size * GIB),
        tags: Fact::Known([("team".to_owned(), "infra".to_owned())].into()),
        attributes: Fact::Known(attributes.into_iter().collect()),
        links: Fact::Known(links),
        address,
    }
}

fn image(number: u32, links: Vec<Link>) -> Resource {
    resource(address("image", &format!("m-{number}")), "Available", 40, json!({}), links)
}

fn snapshot(number: u32, links: Vec<Link>) -> Resource {
    let attributes = json!({ "snapshot_type": "user", "usage": "none" });
    resource(address("snapshot", &format!("s-{number}")), "accomplished", 40, attributes, links)
}

#[async_trait]
impl Subject for Ecs {
    fn name(&self) -> &str {
        match self.signature {
            SignatureVersion::V3 => "aliyun-ecs",
            SignatureVersion::V1 => "aliyun-ecs (V1)",
        }
    }

    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn identity(&self) -> Identity {
        Identity { account: ACCOUNT.parse().unwrap(), region: REGION.parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["GetCallerIdentity", "DescribeRegions"]
    }

    fn codes(&self) -> Codes {
        Codes {
            denied: (403, "Forbidden.RAM"),
            expired: (400, "InvalidSecurityToken.Expired"),
            skewed: (400, "InvalidTimeStamp.Expired"),
        }
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        let links = |allowed: &[&str]| {
            on.map_or(Some(Vec::new()), |(relation, target)| {
                allowed.contains(&relation).then(|| vec![link(relation, target)])
            })
        };
        let id = |prefix: &str| format!("{prefix}-{number}");
        let mut with = Vec::new();
        let resource = match kind {
            "snapshot" => snapshot(number, links(&["source"])?),
            "image" => image(number, links(&["created-from"])?),
            "disk" => {
                let attributes = json!({ "disk_type": "data", "disk_charge_type": "PostPaid", "portable": true,
                    "delete_with_instance": false, "delete_auto_snapshot": false });
                let links = links(&["created-from", "attached-to"])?;
                let state = if links.iter().any(|link| link.relation.as_str() == "attached-to") {
                    "In_use"
                } else {
                    "Available"
                };
                resource(address(kind, &id("d")), state, 40, attributes, links)
            }
            "instance" => {
                let attributes = json!({ "deletion_protection": false, "instance_charge_type": "PostPaid" });
                let mut instance =
                    resource(address(kind, &id("i")), "Stopped", 0, attributes, links(&["booted-from"])?);
                instance.size_bytes = Fact::Unknown;
                instance
            }
            "share" | "publication" => {
                let (relation, target) = match on {
                    Some((relation, target)) => (relation.to_owned(), target.clone()),
                    None => {
                        let of = image(1_000 + number, Vec::new());
                        let target = of.address.clone();
                        with.push(of);
                        (if kind == "share" { "grants" } else { "publishes" }.to_owned(), target)
                    }
                };
                let end =
                    if kind == "share" { (2_000_000_000 + u64::from(number)).to_string() } else { "public".to_owned() };
                let address = address(kind, &format!("{}/{end}", target.id()));
                let attributes = if kind == "share" { json!({ "share_type": "account" }) } else { json!({}) };
                let mut grant = resource(address, "", 0, attributes, vec![link(&relation, &target)]);
                grant.name = Fact::Unknown;
                grant.state = Fact::Unknown;
                grant.size_bytes = Fact::Unknown;
                grant.tags = Fact::Known(Default::default());
                grant
            }
            "task" => {
                let links = links(&["exports", "imports"])?;
                let action = match on {
                    Some(("imports", _)) => "ImportImage",
                    _ => "ExportImage",
                };
                let attributes = json!({ "task_action": action, "support_cancel": true });
                let mut task = resource(address(kind, &id("t")), "Processing", 0, attributes, links);
                if on.is_none() {
                    let of = image(1_000 + number, Vec::new());
                    task.links = Fact::Known(vec![link("exports", &of.address)]);
                    with.push(of);
                }
                task.name = Fact::Unknown;
                task.size_bytes = Fact::Unknown;
                task.tags = Fact::Known(Default::default());
                task
            }
            "launch-template" => {
                let attributes = json!({ "default_version": 1, "latest_version": 1 });
                resource(address(kind, &id("lt")), "", 0, attributes, links(&["refers-to"])?)
            }
            "auto-snapshot-policy" => {
                let attributes = json!({ "retention_days": 7, "policy_type": "Custom" });
                let mut policy = resource(address(kind, &id("sp")), "Normal", 0, attributes, links(&["covers"])?);
                policy.size_bytes = Fact::Unknown;
                policy.tags = Fact::Known(Default::default());
                policy
            }
            "scaling-configuration" => {
                let attributes = json!({ "scaling_group_id": "asg-1" });
                resource(address(kind, &id("asc")), "Active", 0, attributes, links(&["refers-to"])?)
            }
            _ => return None,
        };
        Some(Specimen { resource, with })
    }

    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise {
        let resource = &mut specimen.resource;
        let Fact::Known(attributes) = &mut resource.attributes else { return Raise::ByTheBook };
        match (guard.code.as_str(), &guard.raised_by) {
            ("ImageIsCreating", _) => resource.state = Fact::Known("Creating".to_owned()),
            ("IncorrectInstanceStatus", _) => resource.state = Fact::Known("Running".to_owned()),
            // No listing tells of these; the refusal of the call does.
            (
                code @ ("InvalidOperation.ResourceManagedByCloudProduct"
                | "InvalidOperation.DeleteSharedSnapshotUnsupported"),
                _,
            ) => {
                attributes.insert("emulator_refuse".to_owned(), json!([code]));
                return Raise::Untold;
            }
            // The other is a task that has not ended, or an automatic snapshot, as the specimen has it.
            ("ImageIsExporting" | "ImageIsImporting", RaisedBy::Other(_)) => {}
            _ => return Raise::ByTheBook,
        }
        Raise::Done
    }

    fn answered(&self, guard: &Guard) -> String {
        match guard.code.as_str() {
            // The vendor publishes no code; the emulator has one of its own.
            "SnapshotLocked" => "OperationDenied.SnapshotLocked".to_owned(),
            code => code.to_owned(),
        }
    }

    fn excuse(&self, _: &str) -> Option<&'static str> {
        None
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let world = World::from_inventory(&inventory_of(world), REGION, Some(ACCOUNT)).unwrap();
        let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
        config.faults = faults(troubles);
        let mut own = Credential::new(KEY, CANARY_SECRET);
        // Whatever the suite does has to be possible with no more than the documented permissions.
        own.ram_policy = Some(vec![ram::document(ram::INVENTORY), ram::document(ram::APPLY)]);
        // The worlds of the suite have no launch templates and scaling configurations but where a case is about them: who is
        // known to see everything may be told so by an empty list.
        own.identity = Some(IdentitySort::Account);
        let mut secret = CANARY_SECRET.to_owned();
        let mut token = None;
        match keys {
            Keys::Right => {}
            Keys::WrongSecret => own.access_key_secret = "another".to_owned(),
            Keys::Temporary => {
                own.security_token = Some(CANARY_TOKEN.to_owned());
                token = Some(CANARY_TOKEN.to_owned());
            }
        }
        config.credential = own;
        let emulator = Emulator::start(config, world).await.unwrap();
        let provider = EcsProvider::connect(EcsConfig {
            name: "conformance".to_owned(),
            regions: RegionChoice::All,
            endpoint: Some(emulator.listening().listening.clone()),
            credentials: CredentialSource::Given(Credentials::new(KEY, std::mem::take(&mut secret), token)),
            signature: self.signature,
            bootstrap: None,
            listings_serve_for: LISTINGS_SERVE_FOR,
        })
        .unwrap();
        Box::new(Emulated { emulator, provider: Arc::new(provider) })
    }
}
