//! The lines of an inventory as types that have a schema. The reader is held against it by tests, for it reads most
//! lines without such types.
#![expect(dead_code, reason = "only the shape of these types is used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::address::{Account, Kind, Provider, Region, Relation};
use crate::resource::AttributeValue;
use crate::time::Timestamp;

/// The header first, then census and resource lines in any order. Every fact of a resource but its address may be null
/// or left out, which is unknown and not the same as empty.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum Line {
    Header(Header),
    Census(CensusLine),
    Resource(ResourceLine),
}

/// The first line.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct Header {
    /// What this is.
    #[schemars(extend("const" = super::FORMAT))]
    format: String,
    /// Its version.
    #[schemars(extend("const" = super::VERSION))]
    version: u64,
    /// The earliest time at which anything was listed; the default of `now`.
    taken_at: Timestamp,
}

/// What was listed.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct CensusLine {
    census: Census,
}

/// Of one provider, account, region and kind.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct Census {
    provider: Provider,
    account: Account,
    region: Region,
    kind: Kind,
    /// False where the listing failed, was denied or was cut short.
    complete: bool,
    /// When it held; without it, it counts as not complete.
    as_of: Option<Timestamp>,
}

/// One resource.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct ResourceLine {
    resource: Resource,
}

/// Its address, and what is known of it.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct Resource {
    provider: Provider,
    account: Account,
    region: Region,
    kind: Kind,
    #[schemars(length(min = 1))]
    id: String,
    /// The name people gave it.
    name: Option<String>,
    /// When it was made.
    created_at: Option<Timestamp>,
    /// The provider's word for its state.
    state: Option<String>,
    /// Its size, as the provider counts.
    size_bytes: Option<u64>,
    /// Text by key; `{}` is none.
    tags: Option<BTreeMap<String, String>>,
    /// Any JSON by name. Null is an attribute whose value is unknown; one that is left out is missing.
    attrs: Option<BTreeMap<String, AttributeValue>>,
    /// What it refers to; `[]` is nothing.
    links: Option<Vec<Link>>,
}

/// A reference to another resource.
#[derive(JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
pub(crate) struct Link {
    relation: Relation,
    /// Where it is not the resource's own.
    provider: Option<Provider>,
    /// Where it is not the resource's own.
    account: Option<Account>,
    /// Where it is not the resource's own.
    region: Option<Region>,
    kind: Kind,
    #[schemars(length(min = 1))]
    id: String,
}
