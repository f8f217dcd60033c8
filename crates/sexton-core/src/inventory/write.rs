//! Writes an inventory as JSON Lines: the header, then census lines, then resources, in a canonical order.

use std::io::Write;

use serde::Serialize;

use super::{CensusLine, FORMAT, Inventory, Listing, ResourceRef, Target, VERSION};
use crate::address::Address;
use crate::harmless::write_json;
use crate::resource::{AttributeValue, Resource};
use crate::time::Timestamp;

/// Why an inventory could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the inventory")]
pub struct WriteError(#[source] std::io::Error);

#[derive(Serialize)]
struct HeaderWire<'a> {
    format: &'a str,
    version: u64,
    taken_at: Timestamp,
}

#[derive(Serialize)]
struct CensusLineWire<'a> {
    census: CensusWire<'a>,
}

/// A census line as the inventory and the plan write it.
#[derive(Serialize)]
pub(crate) struct CensusWire<'a> {
    provider: &'a str,
    account: &'a str,
    region: &'a str,
    kind: &'a str,
    complete: bool,
    as_of: Option<Timestamp>,
}

impl<'a> From<&'a CensusLine> for CensusWire<'a> {
    fn from(line: &'a CensusLine) -> Self {
        Self {
            provider: line.scope.provider.as_str(),
            account: line.scope.account.as_str(),
            region: line.scope.region.as_str(),
            kind: line.scope.kind.as_str(),
            complete: line.listing == Listing::Complete,
            as_of: line.as_of.known(),
        }
    }
}

#[derive(Serialize)]
struct ResourceLineWire<'a> {
    resource: ResourceWire<'a>,
}

#[derive(Serialize)]
struct ResourceWire<'a> {
    provider: &'a str,
    account: &'a str,
    region: &'a str,
    kind: &'a str,
    id: &'a str,
    name: Option<&'a str>,
    created_at: Option<Timestamp>,
    state: Option<&'a str>,
    size_bytes: Option<u64>,
    tags: Option<Entries<'a, &'a str>>,
    attrs: Option<Entries<'a, &'a AttributeValue>>,
    links: Option<Vec<LinkWire<'a>>>,
}

#[derive(Serialize)]
struct LinkWire<'a> {
    relation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    kind: &'a str,
    id: &'a str,
}

impl<'a> LinkWire<'a> {
    fn new(place: [&str; 4], relation: &'a str, target: &'a Address) -> Self {
        let parts = [target.provider(), target.account(), target.region(), target.kind()];
        Self::of(place, relation, parts, target.id())
    }

    fn of(place: [&str; 4], relation: &'a str, target: [&'a str; 4], id: &'a str) -> Self {
        let [provider, account, region, kind] = target;
        let differs = |own: &str, other: &'a str| (own != other).then_some(other);
        Self {
            relation,
            provider: differs(place[0], provider),
            account: differs(place[1], account),
            region: differs(place[2], region),
            kind,
            id,
        }
    }
}

/// An object's entries, in the order in which they are written.
struct Entries<'a, T>(Vec<(&'a str, T)>);

impl<T: Serialize> Serialize for Entries<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

fn line(out: &mut impl Write, value: &impl Serialize) -> Result<(), WriteError> {
    write_json(&mut *out, value).map_err(WriteError)?;
    out.write_all(b"\n").map_err(WriteError)
}

/// Writes the header line. It comes first.
pub fn write_header(taken_at: Timestamp, out: &mut impl Write) -> Result<(), WriteError> {
    line(out, &HeaderWire { format: FORMAT, version: VERSION, taken_at })
}

/// Writes one census line.
pub fn write_census_line(census: &CensusLine, out: &mut impl Write) -> Result<(), WriteError> {
    line(out, &CensusLineWire { census: census.into() })
}

/// Writes one resource line.
pub fn write_resource(resource: &Resource, out: &mut impl Write) -> Result<(), WriteError> {
    let address = &resource.address;
    let place = [address.provider(), address.account(), address.region(), address.kind()];
    let links = resource
        .links
        .as_ref()
        .known()
        .map(|links| links.iter().map(|link| LinkWire::new(place, link.relation.as_str(), &link.target)).collect());
    let wire = ResourceWire {
        provider: place[0],
        account: place[1],
        region: place[2],
        kind: place[3],
        id: address.id(),
        name: resource.name.as_ref().known().map(String::as_str),
        created_at: resource.created_at.known(),
        state: resource.state.as_ref().known().map(String::as_str),
        size_bytes: resource.size_bytes.known(),
        tags: resource
            .tags
            .as_ref()
            .known()
            .map(|tags| Entries(tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect())),
        attrs: resource
            .attributes
            .as_ref()
            .known()
            .map(|attributes| Entries(attributes.iter().map(|(name, value)| (name.as_str(), value)).collect())),
        links,
    };
    line(out, &ResourceLineWire { resource: wire })
}

/// Writes the line of a resource of an inventory.
fn write_listed(inventory: &Inventory, resource: ResourceRef<'_>, out: &mut impl Write) -> Result<(), WriteError> {
    let place = [resource.provider(), resource.account(), resource.region(), resource.kind()];
    let links = resource.links().known().map(|links| {
        links
            .map(|link| match link.target {
                Target::Dangling(target) => LinkWire::new(place, link.relation, target),
                Target::Listed(target) => {
                    let target = inventory.resource(target);
                    let parts = [target.provider(), target.account(), target.region(), target.kind()];
                    LinkWire::of(place, link.relation, parts, target.id())
                }
            })
            .collect()
    });
    let wire = ResourceWire {
        provider: place[0],
        account: place[1],
        region: place[2],
        kind: place[3],
        id: resource.id(),
        name: resource.name().known(),
        created_at: resource.created_at().known(),
        state: resource.state().known(),
        size_bytes: resource.size_bytes().known(),
        tags: resource.tags().known().map(|tags| Entries(tags.iter().collect())),
        attrs: resource.attributes().known().map(|attributes| Entries(attributes.iter().collect())),
        links,
    };
    line(out, &ResourceLineWire { resource: wire })
}

/// Writes a whole inventory, census ascending by scope and resources by address.
pub fn write(inventory: &Inventory, out: &mut impl Write) -> Result<(), WriteError> {
    write_header(inventory.taken_at(), out)?;
    for census in inventory.census().lines() {
        write_census_line(&census, out)?;
    }
    for resource in inventory.resources() {
        write_listed(inventory, resource, out)?;
    }
    Ok(())
}
