//! What the suite is told of the warehouse.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory::Inventory;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_provider::{Identity, Provider};
use sexton_testkit::conformance::{
    CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Seen, Specimen, Stage, Subject, Trouble,
};

use super::vendor::{Key, Thing, Things, Warehouse};
use super::{RULES, ShelfProvider};

const MADE_AT: &str = "2026-01-02T03:04:05Z";

pub(crate) struct Shelf(Rulebook);

impl Shelf {
    pub(crate) fn new() -> Self {
        Self(toml::from_str(RULES).unwrap())
    }
}

fn address(kind: &str, id: &str) -> Address {
    format!("shelf:ada:hall-1:{kind}/{id}").parse().unwrap()
}

fn resource(kind: &str, id: &str, of: Option<(&str, &Address)>) -> Resource {
    let link =
        |(relation, target): (&str, &Address)| Link { relation: relation.parse().unwrap(), target: target.clone() };
    let attributes = (kind == "box").then(|| ("full".to_owned(), json!(false)));
    Resource {
        address: address(kind, id),
        name: Fact::Known(format!("the {kind}")),
        created_at: Fact::Known(MADE_AT.parse().unwrap()),
        state: Fact::Unknown,
        size_bytes: Fact::Unknown,
        tags: Fact::Known(Default::default()),
        attributes: Fact::Known(attributes.into_iter().collect()),
        links: Fact::Known(of.map(link).into_iter().collect()),
    }
}

#[async_trait]
impl Subject for Shelf {
    fn name(&self) -> &str {
        "shelf (worked example)"
    }

    fn rulebook(&self) -> &Rulebook {
        &self.0
    }

    fn identity(&self) -> Identity {
        Identity { account: "ada".parse().unwrap(), region: "hall-1".parse().unwrap() }
    }

    fn identity_operations(&self) -> &[&str] {
        &["WhoAmI"]
    }

    fn codes(&self) -> Codes {
        Codes { denied: (403, "NotYours"), expired: (401, "TokenExpired"), skewed: (401, "WrongClock") }
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        let id = format!("{kind}-{number:04}");
        let (resource, with) = match (kind, on) {
            ("box", None) => (resource(kind, &id, None), Vec::new()),
            ("label" | "entry", Some(on)) => (resource(kind, &id, Some(on)), Vec::new()),
            ("label" | "entry", None) => {
                let of = resource("box", &format!("of-{id}"), None);
                let relation = if kind == "label" { "names" } else { "lists" };
                (resource(kind, &id, Some((relation, &of.address))), vec![of])
            }
            _ => return None,
        };
        Some(Specimen { resource, with })
    }

    fn raise(&self, _: &Guard, _: &mut Specimen) -> Raise {
        Raise::ByTheBook
    }

    fn answered(&self, guard: &Guard) -> String {
        guard.code.as_str().to_owned()
    }

    fn excuse(&self, _: &str) -> Option<&'static str> {
        None
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let thing = |resource: &Resource| Thing {
            name: resource.name.clone().known(),
            made_at: resource.created_at.known().map(|made_at| made_at.to_string()),
            full: match resource.attribute("full") {
                sexton_core::resource::Attribute::Known(full) => full.as_bool(),
                sexton_core::resource::Attribute::Missing | sexton_core::resource::Attribute::Unknown => None,
            },
            of: resource.known_links().first().map(|link| link.target.id().to_owned()),
        };
        let things: Things = world
            .iter()
            .map(|resource| ((resource.address.kind().to_owned(), resource.address.id().to_owned()), thing(resource)))
            .collect();
        let token = (keys == Keys::Temporary).then(|| CANARY_TOKEN.to_owned());
        let right = Key { secret: CANARY_SECRET.to_owned(), token: token.clone() };
        let known = match keys {
            Keys::Right | Keys::Temporary => right.clone(),
            Keys::WrongSecret => Key { secret: "another".to_owned(), token },
        };
        let warehouse = Warehouse::new(things, troubles, known);
        let provider = ShelfProvider::new(warehouse.door(), right).unwrap();
        Box::new(Hall { warehouse, provider: Arc::new(provider) })
    }
}

struct Hall {
    warehouse: Warehouse,
    provider: Arc<ShelfProvider>,
}

#[async_trait]
impl Stage for Hall {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    async fn state(&self) -> Inventory {
        let things = self.warehouse.things();
        let resources = things.iter().map(|((kind, id), thing)| {
            let of = thing.of.as_ref().map(|of| address("box", of));
            let relation = if kind == "label" { "names" } else { "lists" };
            let mut told = resource(kind, id, of.as_ref().map(|of| (relation, of)));
            told.created_at = Fact::from(thing.made_at.as_ref().map(|made_at| made_at.parse().unwrap()));
            if let Fact::Known(attributes) = &mut told.attributes {
                *attributes = thing.full.map(|full| ("full".to_owned(), full.into())).into_iter().collect();
            }
            told
        });
        Inventory::new(MADE_AT.parse().unwrap(), [], resources.collect::<Vec<Resource>>()).unwrap()
    }

    async fn calls(&self) -> Option<Vec<Seen>> {
        Some(self.warehouse.calls())
    }
}
