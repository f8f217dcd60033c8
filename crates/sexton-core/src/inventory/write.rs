//! Writes an inventory as JSON Lines: the header, then census lines, then resources, in a canonical order.

use std::io::Write;

use serde::Serialize;

use super::{CensusLine, FORMAT, Inventory, Listing, VERSION};
use crate::fact::Fact;
use crate::harmless::write_json;
use crate::resource::{Attributes, Resource, Tags};
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
    tags: Option<&'a Tags>,
    attrs: Option<&'a Attributes>,
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
    let links = match &resource.links {
        Fact::Unknown => None,
        Fact::Known(links) => Some(
            links
                .iter()
                .map(|link| {
                    let target = &link.target;
                    let differs = |own: &'_ str, other| (own != other).then_some(other);
                    LinkWire {
                        relation: link.relation.as_str(),
                        provider: differs(address.provider(), target.provider()),
                        account: differs(address.account(), target.account()),
                        region: differs(address.region(), target.region()),
                        kind: target.kind(),
                        id: target.id(),
                    }
                })
                .collect(),
        ),
    };
    let wire = ResourceWire {
        provider: address.provider(),
        account: address.account(),
        region: address.region(),
        kind: address.kind(),
        id: address.id(),
        name: resource.name.as_ref().known().map(String::as_str),
        created_at: resource.created_at.known(),
        state: resource.state.as_ref().known().map(String::as_str),
        size_bytes: resource.size_bytes.known(),
        tags: resource.tags.as_ref().known(),
        attrs: resource.attributes.as_ref().known(),
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
        write_resource(resource, out)?;
    }
    Ok(())
}
