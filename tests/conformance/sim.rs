//! The virtual cloud of the simulation, in virtual time. It has no wire, and its listings cannot fail.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory::Inventory;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_provider::{Identity, Provider};
use sexton_sim::case::{CallSort, Case, Fault, quiet};
use sexton_sim::cloud::Cloud;
use sexton_sim::makespan::climate;
use sexton_sim::provider::CloudProvider;
use sexton_sim::world::{ACCOUNTS, Lab, PLACES, PROVIDER};
use sexton_testkit::conformance::{Codes, Keys, Raise, Seen, Specimen, Stage, Subject, Trouble, Wrong};

use super::emulated::inventory_of;

const NO_WIRE: &str = "the virtual cloud has no wire: answers are values, and there are no keys";
const LISTS: &str = "a listing of the virtual cloud is taken in one moment and cannot fail";

pub(crate) struct Sim {
    lab: Lab,
}

impl Sim {
    pub(crate) fn new() -> Self {
        Self { lab: Lab::new().unwrap() }
    }
}

fn address(kind: &str, id: &str) -> Address {
    let (account, region) = PLACES[0];
    format!("{PROVIDER}:{account}:{region}:{kind}/{id}").parse().unwrap()
}

fn resource(kind: &str, id: &str, state: &str, attributes: Value, on: Option<(&str, &Address)>) -> Resource {
    let Value::Object(attributes) = attributes else { panic!("attributes are an object") };
    let link =
        |(relation, target): (&str, &Address)| Link { relation: relation.parse().unwrap(), target: target.clone() };
    Resource {
        address: address(kind, id),
        name: Fact::Known(id.to_owned()),
        created_at: Fact::Known("2026-01-02T03:04:05Z".parse().unwrap()),
        state: Fact::Known(state.to_owned()),
        size_bytes: Fact::Known(1),
        tags: Fact::Known(Default::default()),
        attributes: Fact::Known(attributes.into_iter().collect()),
        links: Fact::Known(on.map(link).into_iter().collect()),
    }
}

#[async_trait]
impl Subject for Sim {
    fn name(&self) -> &str {
        "the virtual cloud"
    }

    fn rulebook(&self) -> &Rulebook {
        &self.lab.rulebook
    }

    fn identity(&self) -> Identity {
        let (account, region) = PLACES[0];
        Identity { account: account.parse().unwrap(), region: region.parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["identity"]
    }

    fn codes(&self) -> Codes {
        Codes { denied: (403, "Denied"), expired: (401, "ExpiredToken"), skewed: (401, "ExpiredToken") }
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        let image = || resource("image", &format!("of-{number}"), "Available", json!({}), None);
        let mut with = Vec::new();
        let resource = match (kind, on) {
            ("share" | "task", None) => {
                let image = image();
                let relation = if kind == "share" { "grants" } else { "exports" };
                let on = Some((relation, &image.address));
                let made = of_kind(kind, number, on);
                with.push(image);
                made
            }
            ("snapshot" | "image" | "share" | "task" | "instance" | "disk" | "file" | "template", on) => {
                of_kind(kind, number, on)
            }
            _ => return None,
        };
        Some(Specimen { resource, with })
    }

    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise {
        match guard.code.as_str() {
            "IncorrectInstanceStatus" => specimen.resource.state = Fact::Known("Running".to_owned()),
            // The specimen is a task that is under way.
            "ImageIsExporting" => {}
            _ => return Raise::ByTheBook,
        }
        Raise::Done
    }

    fn answered(&self, guard: &Guard) -> String {
        guard.code.as_str().to_owned()
    }

    fn excuse(&self, case: &str) -> Option<&'static str> {
        let without_wire = ["unknown", "drip", "answered by", "wrong secret", "wrong clock", "temporary", "503"];
        if without_wire.iter().any(|word| case.contains(word)) || case.starts_with("a second look that fails") {
            return Some(NO_WIRE);
        }
        let of_listings = ["listing, throttled", "listing with one", "rows shift"];
        of_listings.iter().any(|word| case.starts_with(word)).then_some(LISTS)
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], _: Keys) -> Box<dyn Stage> {
        let mut case: Case = quiet(1, 0, climate(false));
        for trouble in troubles {
            case.faults.extend(faults(&trouble.wrong));
        }
        let mut scene = self.lab.world(&[]).unwrap();
        scene.resources = world;
        let cloud = Cloud::new(&scene, &case).unwrap();
        let mut providers = CloudProvider::of_each_account(scene, cloud).into_iter();
        Box::new(Virtual(Arc::new(providers.next().expect("there are accounts"))))
    }
}

fn of_kind(kind: &str, number: u32, on: Option<(&str, &Address)>) -> Resource {
    let id = match (kind, on) {
        ("share", Some((_, image))) => format!("{}/{number}", image.id()),
        _ => format!("{kind}-{number}"),
    };
    let (state, attributes) = match kind {
        "snapshot" => ("accomplished", json!({ "usage": "none" })),
        "image" => ("Available", json!({})),
        "task" => ("Processing", json!({})),
        "instance" => ("Stopped", json!({})),
        "disk" => ("Available", json!({ "delete_with_instance": false })),
        _ => ("Here", json!({})),
    };
    resource(kind, &id, state, attributes, on)
}

/// The same thing in the cloud's own words, for every call of the sort that it strikes.
fn faults(wrong: &Wrong) -> Vec<Fault> {
    use sexton_sim::case::Trouble as Virtually;
    let trouble = match wrong {
        Wrong::Throttled { retry_after_ms } => Virtually::Throttled { retry_after_ms: *retry_after_ms },
        Wrong::Error { status: 500.., after_effect: false, .. } => Virtually::ErrorBefore,
        Wrong::Error { status: 500.., after_effect: true, .. } => Virtually::ErrorAfter,
        Wrong::Error { status: 401, .. } => return vec![Fault::Expiry { at_ms: 0 }],
        Wrong::Error { .. } => Virtually::Denied,
        Wrong::Dropped { after_effect: false } => Virtually::TimeoutBefore,
        Wrong::Dropped { after_effect: true } | Wrong::Hung { .. } => Virtually::TimeoutAfter,
        Wrong::Truncated
        | Wrong::Garbled
        | Wrong::Html
        | Wrong::BadGateway
        | Wrong::Echo { .. }
        | Wrong::Gigantic
        | Wrong::Dripping { .. }
        | Wrong::Decorated
        | Wrong::Slow { .. } => return Vec::new(),
    };
    let readings = [CallSort::Probe, CallSort::Dependents].map(|sort| (sort, Virtually::TimeoutBefore));
    let strikes = std::iter::once((CallSort::Removal, trouble));
    // A reading of the cloud fails without an answer only where the trouble is one of all calls.
    let all = matches!(wrong, Wrong::Error { status: 500.., after_effect: false, .. });
    strikes
        .chain(readings.into_iter().filter(|(sort, _)| all && *sort == CallSort::Dependents))
        .flat_map(|(sort, trouble)| (1..=3).map(move |_| Fault::Call { sort, nth: 1, trouble }))
        .collect()
}

#[derive(Debug)]
struct Virtual(Arc<CloudProvider>);

#[async_trait]
impl Stage for Virtual {
    fn provider(&self) -> Arc<dyn Provider> {
        self.0.clone()
    }

    async fn state(&self) -> Inventory {
        let own = |resource: &Resource| resource.address.account() == ACCOUNTS[0];
        inventory_of(self.0.resources().into_iter().filter(own).collect())
    }

    async fn calls(&self) -> Option<Vec<Seen>> {
        None
    }
}
