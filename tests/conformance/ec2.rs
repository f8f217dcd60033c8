//! AWS EC2.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_aws::{
    CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice, ec2_rulebook,
};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_emulator::{Credential, Ec2World, Emulator, EmulatorConfig};
use sexton_provider::Identity;
use sexton_testkit::conformance::{CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Specimen, Stage, Subject, Trouble};

use super::emulated::{Emulated, faults, inventory_of};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const KEY: &str = "conformance";
const GIB: u64 = 1 << 30;

pub(crate) struct Ec2 {
    rulebook: Rulebook,
}

impl Ec2 {
    pub(crate) fn new() -> Self {
        Self { rulebook: ec2_rulebook() }
    }
}

fn address(kind: &str, id: &str) -> Address {
    format!("aws-ec2:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}

fn link(relation: &str, target: &Address) -> Link {
    Link { relation: relation.parse().unwrap(), target: target.clone() }
}

/// A resource that is tagged with its name, as those are that have no name of their own.
fn resource(address: Address, state: &str, attributes: Value, links: Vec<Link>) -> Resource {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    let name = format!("{} of the suite", address.kind());
    Resource {
        tags: Fact::Known([("Name".to_owned(), name.clone()), ("team".to_owned(), "infra".to_owned())].into()),
        name: Fact::Known(name),
        created_at: Fact::Known("2026-01-02T03:04:00Z".parse().unwrap()),
        state: Fact::Known(state.to_owned()),
        size_bytes: Fact::Unknown,
        attributes: Fact::Known(attributes.into_iter().collect()),
        links: Fact::Known(links),
        address,
    }
}

fn image(number: u32, links: Vec<Link>) -> Resource {
    resource(address("image", &format!("ami-{number}")), "available", json!({ "is_public": false }), links)
}

/// Without what its listing does not tell.
fn without(mut resource: Resource, name: bool, created_at: bool, state: bool, tags: bool) -> Resource {
    if name {
        resource.name = Fact::Unknown;
    }
    if created_at {
        resource.created_at = Fact::Unknown;
    }
    if state {
        resource.state = Fact::Unknown;
    }
    if tags {
        resource.tags = Fact::Known(Default::default());
    }
    resource
}

#[async_trait]
impl Subject for Ec2 {
    fn name(&self) -> &str {
        "aws-ec2"
    }

    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn identity(&self) -> Identity {
        Identity { account: ACCOUNT.parse().unwrap(), region: REGION.parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["GetCallerIdentity", "DescribeAvailabilityZones"]
    }

    fn codes(&self) -> Codes {
        Codes {
            denied: (403, "UnauthorizedOperation"),
            expired: (400, "ExpiredToken"),
            skewed: (400, "RequestExpired"),
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
            "snapshot" => {
                let attributes = json!({ "storage_tier": "standard", "encrypted": false });
                let mut snapshot = resource(address(kind, &id("snap")), "completed", attributes, links(&[])?);
                snapshot.size_bytes = Fact::Known(8 * GIB);
                snapshot
            }
            "image" => image(number, links(&["created-from"])?),
            "disk" => {
                let links = links(&["created-from", "attached-to"])?;
                let is_attached = links.iter().any(|link| link.relation.as_str() == "attached-to");
                let mut attributes = json!({ "volume_type": "gp3", "encrypted": false });
                if is_attached {
                    attributes["delete_with_instance"] = json!(false);
                }
                let state = if is_attached { "in-use" } else { "available" };
                let mut disk = resource(address(kind, &id("vol")), state, attributes, links);
                disk.size_bytes = Fact::Known(8 * GIB);
                disk
            }
            "instance" => {
                let mut links = links(&["booted-from"])?;
                if links.is_empty() {
                    // Of an image that nobody lists, as most are.
                    links.push(link("booted-from", &address("image", "ami-of-the-vendor")));
                }
                resource(address(kind, &id("i")), "stopped", json!({ "instance_type": "t3.micro" }), links)
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
                let (end, attributes) = match kind {
                    "share" => ((200_000_000_000 + u64::from(number)).to_string(), json!({ "share_type": "account" })),
                    _ => ("public".to_owned(), json!({})),
                };
                let address = address(kind, &format!("{}/{end}", target.id()));
                without(resource(address, "", attributes, vec![link(&relation, &target)]), true, true, true, true)
            }
            "launch-template" => {
                let attributes = json!({ "default_version": 1, "latest_version": 1 });
                without(
                    resource(address(kind, &id("lt")), "", attributes, links(&["refers-to"])?),
                    false,
                    false,
                    true,
                    false,
                )
            }
            "launch-configuration" => {
                let address = address(kind, &id("fleet"));
                let name = address.id().to_owned();
                let attributes = json!({ "instance_type": "t3.micro" });
                let mut configuration =
                    without(resource(address, "", attributes, links(&["refers-to"])?), false, false, true, true);
                configuration.name = Fact::Known(name);
                configuration
            }
            _ => return None,
        };
        Some(Specimen { resource, with })
    }

    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise {
        let resource = &mut specimen.resource;
        match guard.code.as_str() {
            // The other is an instance that has not ended, as the specimen has it.
            "ImageUsedByInstance" => Raise::Done,
            // Told by a tag, and by nothing else.
            "OwnedByBackup" => {
                let Fact::Known(tags) = &mut resource.tags else { return Raise::ByTheBook };
                tags.insert("aws:backup:source-resource".to_owned(), "arn:aws:ec2:x".to_owned());
                Raise::Done
            }
            "DeregistrationProtected" => {
                let Fact::Known(attributes) = &mut resource.attributes else { return Raise::ByTheBook };
                attributes.insert("deregistration_protection".to_owned(), json!("enabled-with-cooldown"));
                Raise::Done
            }
            _ => Raise::ByTheBook,
        }
    }

    fn answered(&self, guard: &Guard) -> String {
        match guard.code.as_str() {
            // Names of our own: of these the API's codes are not documented, or say many things.
            "SnapshotLocked" | "DeregistrationProtected" | "ManagedByService" => "OperationNotPermitted".to_owned(),
            "OwnedByBackup" => "InvalidParameterValue".to_owned(),
            code => code.to_owned(),
        }
    }

    fn excuse(&self, _: &str) -> Option<&'static str> {
        None
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let world = Ec2World::from_inventory(&inventory_of(world), REGION, Some(ACCOUNT)).unwrap();
        let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
        config.faults = faults(troubles);
        let mut own = Credential::new(KEY, CANARY_SECRET);
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
        let provider = Ec2Provider::connect(Ec2Config {
            name: "conformance".to_owned(),
            regions: RegionChoice::Named(vec![REGION.parse().unwrap()]),
            endpoint: Some(emulator.listening().listening.clone()),
            credentials: CredentialSource::Given(Credentials::new(KEY, CANARY_SECRET, token)),
            listings_serve_for: LISTINGS_SERVE_FOR,
        })
        .unwrap();
        Box::new(Emulated { emulator, provider: Arc::new(provider) })
    }
}
