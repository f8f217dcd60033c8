//! Alibaba Cloud ICE, live snapshots.

use std::sync::Arc;
use std::sync::LazyLock;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_aliyun::{CredentialSource, Credentials, IceConfig, IceProvider, RegionChoice, ice_rulebook};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_core::time::{Span, Timestamp};
use sexton_emulator::{Credential, Emulator, EmulatorConfig, IceWorld};
use sexton_provider::Identity;
use sexton_testkit::conformance::{CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Specimen, Stage, Subject, Trouble};

use super::emulated::{Emulated, faults, inventory_of};
use super::ram;

const ACCOUNT: &str = "1234567890";
const REGION: &str = "cn-shanghai";
const KEY: &str = "conformance";

/// When the jobs were made: ICE is asked for their files day by day from then on, so it is not long ago.
static BEGAN: LazyLock<Timestamp> = LazyLock::new(|| {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let second = i64::try_from(now.as_secs()).unwrap() - 2 * 86_400;
    Timestamp::from_second(second - second % 86_400).unwrap()
});

pub(crate) struct Ice {
    rulebook: Rulebook,
}

impl Ice {
    pub(crate) fn new() -> Self {
        Self { rulebook: ice_rulebook() }
    }
}

fn address(kind: &str, id: &str) -> Address {
    format!("aliyun-ice:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}

fn resource(address: Address, name: &str, created_at: Timestamp, attributes: Value, links: Vec<Link>) -> Resource {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    let mut resource = Resource::unknown(address);
    resource.name = Fact::Known(name.to_owned());
    resource.created_at = Fact::Known(created_at);
    resource.tags = Fact::Known(Default::default());
    resource.attributes = Fact::Known(attributes.into_iter().collect());
    resource.links = Fact::Known(links);
    resource
}

fn job(id: &str, state: &str) -> Resource {
    let attributes = json!({ "template_id": "t-1", "template_name": "every 5 s", "time_interval": 5,
        "storage_type": "oss", "oss_endpoint": "oss-cn-shanghai.aliyuncs.com", "bucket": "b-1" });
    let mut job = resource(address("live-snapshot-job", id), &format!("job {id}"), *BEGAN, attributes, Vec::new());
    job.state = Fact::Known(state.to_owned());
    job
}

#[async_trait]
impl Subject for Ice {
    fn name(&self) -> &str {
        "aliyun-ice"
    }

    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn identity(&self) -> Identity {
        Identity { account: ACCOUNT.parse().unwrap(), region: REGION.parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["GetCallerIdentity"]
    }

    fn codes(&self) -> Codes {
        Codes {
            denied: (403, "Forbidden"),
            expired: (400, "InvalidSecurityToken.Expired"),
            skewed: (400, "InvalidTimeStamp.Expired"),
        }
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        match kind {
            "live-snapshot-job" => {
                let state = if number.is_multiple_of(2) { "started" } else { "paused" };
                on.is_none().then(|| Specimen { resource: job(&format!("j-{number}"), state), with: Vec::new() })
            }
            "live-snapshot-file" => {
                // Without a job of its own it shares one with all the others.
                let (of, with) = match on {
                    Some(("made-by", of)) => (of.clone(), Vec::new()),
                    Some(_) => return None,
                    None => {
                        let maker = job("made-them-all", "paused");
                        (maker.address.clone(), vec![maker])
                    }
                };
                let at = BEGAN.checked_add(Span::from_millis(123 + 5_000 * i64::from(number)))?;
                let millis = at.to_jiff().as_millisecond();
                let attributes = json!({ "is_overlay": false, "time_disagrees": false, "oss_endpoint": "oss-cn-shanghai.aliyuncs.com",
                    "bucket": "b-1" });
                let made_by = Link { relation: "made-by".parse().unwrap(), target: of.clone() };
                let object = format!("snapshot/{}/{millis}.jpg", of.id());
                let address = address(kind, &format!("{}/{millis}", of.id()));
                Some(Specimen { resource: resource(address, &object, at, attributes, vec![made_by]), with })
            }
            _ => None,
        }
    }

    fn raise(&self, _: &Guard, _: &mut Specimen) -> Raise {
        Raise::ByTheBook
    }

    fn answered(&self, guard: &Guard) -> String {
        guard.code.to_string()
    }

    fn excuse(&self, case: &str) -> Option<&'static str> {
        match case {
            "a second look tells another resource of the same id apart" => {
                Some("the id of a file holds the instant at which it was made, and nothing removes a job")
            }
            "dependents of every kind that a run has to ask for"
            | "dependents that cannot be asked for are an error" => {
                Some("no guard of its rulebook is raised by another resource")
            }
            _ => None,
        }
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let world = IceWorld::from_inventory(&inventory_of(world), REGION, Some(ACCOUNT)).unwrap();
        let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
        config.faults = faults(troubles);
        let mut own = Credential::new(KEY, CANARY_SECRET);
        // Whatever the suite does has to be possible with no more than the documented permissions.
        own.ram_policy = Some(vec![ram::document(ram::ice::INVENTORY), ram::document(ram::ice::APPLY)]);
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
        let provider = IceProvider::connect(IceConfig {
            name: "conformance".to_owned(),
            regions: RegionChoice::Named(vec![REGION.parse().unwrap()]),
            endpoint: Some(emulator.listening().listening.clone()),
            credentials: CredentialSource::Given(Credentials::new(KEY, CANARY_SECRET.to_owned(), token)),
        })
        .unwrap();
        Box::new(Emulated { emulator, provider: Arc::new(provider) })
    }
}
