//! Terraform states of version 4. A state knows what Terraform made, as of when it was last refreshed: it is a census of
//! nothing. It tells no attribute that a guard reads in the provider's own words, so that attributes stay unknown.
//!
//! The types and their fields are those of `aliyun/alicloud` and `hashicorp/aws` as their sources have them.

use serde_json::{Map, Value};
use sexton_core::address::{Account, Address, Kind, NameError, Provider, Region, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};

use super::object::{Object, ObjectError};

/// Why a state cannot be read. Says nothing of the values in it, which may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum StateError {
    #[error("a Terraform state of version {version} is not supported (this sexton reads version 4)")]
    Version { version: String },
    #[error("the state cannot be read: {0}")]
    Shape(#[from] ObjectError),
    #[error("{resource}: {source}")]
    Resource { resource: String, source: ObjectError },
    #[error("{resource} does not tell its {what}: say it with --{what}, or in sexton-files.toml")]
    Where { resource: String, what: &'static str },
    #[error("{resource} is of {what} {told}, and {said} was said")]
    Contradicts { resource: String, what: &'static str, told: String, said: String },
    #[error("{resource} makes no address")]
    Name {
        resource: String,
        #[source]
        source: NameError,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Aliyun,
    Aws,
}

/// A resource that a state knows, and where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stated {
    pub(super) cloud: Cloud,
    pub(super) account: Account,
    pub(super) region: Region,
    pub(super) resource: Resource,
}

/// Whether an object is a state, of whatever version.
pub(super) fn is_state(body: &Map<String, Value>) -> bool {
    body.contains_key("terraform_version") && body.contains_key("version")
}

/// What an id of a resource of a type is made of.
#[derive(Debug, Clone, Copy)]
enum Id {
    Own,
    /// A share: of what, and with whom by the first of these that is there.
    Share(&'static str, &'static [&'static str]),
}

/// The links that a type tells. Where it may not tell all, they are unknown.
#[derive(Debug, Clone, Copy)]
enum Links {
    /// Relation, kind and field of each. A field that is not there at all makes them unknown.
    All(&'static [(&'static str, &'static str, &'static str)]),
    Unknown,
}

/// How a type of Terraform's is a kind of a provider's. The first of several fields that has a value counts.
struct Type {
    name: &'static str,
    cloud: Cloud,
    kind: &'static str,
    id: Id,
    names: &'static [&'static str],
    created_at: &'static str,
    state: &'static str,
    gibibytes: &'static str,
    links: Links,
}

const SNAPSHOT: Type = Type {
    name: "alicloud_ecs_snapshot",
    cloud: Cloud::Aliyun,
    kind: "snapshot",
    id: Id::Own,
    names: &["snapshot_name", "name"],
    created_at: "create_time",
    state: "status",
    gibibytes: "",
    links: Links::All(&[("source", "disk", "disk_id")]),
};

const DISK: Type = Type {
    name: "alicloud_ecs_disk",
    cloud: Cloud::Aliyun,
    kind: "disk",
    id: Id::Own,
    names: &["disk_name", "name"],
    created_at: "create_time",
    state: "status",
    gibibytes: "size",
    // An `instance_id` is one of several where the disk can be attached to several.
    links: Links::Unknown,
};

const AMI: Type = Type {
    name: "aws_ami",
    cloud: Cloud::Aws,
    kind: "image",
    id: Id::Own,
    names: &["name"],
    created_at: "",
    state: "",
    gibibytes: "",
    // Its devices may be those of the configuration.
    links: Links::Unknown,
};

const TYPES: &[Type] = &[
    SNAPSHOT,
    Type { name: "alicloud_snapshot", ..SNAPSHOT },
    DISK,
    Type { name: "alicloud_disk", ..DISK },
    Type {
        name: "alicloud_image",
        cloud: Cloud::Aliyun,
        kind: "image",
        id: Id::Own,
        names: &["image_name", "name"],
        created_at: "create_time",
        state: "status",
        gibibytes: "",
        links: Links::Unknown,
    },
    Type {
        name: "alicloud_instance",
        cloud: Cloud::Aliyun,
        kind: "instance",
        id: Id::Own,
        names: &["instance_name"],
        created_at: "create_time",
        state: "status",
        gibibytes: "",
        links: Links::All(&[("booted-from", "image", "image_id")]),
    },
    Type {
        name: "alicloud_image_share_permission",
        cloud: Cloud::Aliyun,
        kind: "share",
        id: Id::Share("image_id", &["account_id"]),
        names: &[],
        created_at: "",
        state: "",
        gibibytes: "",
        links: Links::All(&[("grants", "image", "image_id")]),
    },
    Type {
        name: "aws_ebs_snapshot",
        kind: "snapshot",
        names: &[],
        gibibytes: "volume_size",
        links: Links::All(&[]),
        ..AMI
    },
    AMI,
    Type { name: "aws_ami_copy", ..AMI },
    Type { name: "aws_ami_from_instance", ..AMI },
    Type { name: "aws_ebs_volume", kind: "disk", names: &[], created_at: "create_time", gibibytes: "size", ..AMI },
    Type {
        name: "aws_instance",
        kind: "instance",
        names: &[],
        state: "instance_state",
        links: Links::All(&[("booted-from", "image", "ami")]),
        ..AMI
    },
    Type { name: "aws_launch_template", kind: "launch-template", ..AMI },
    Type {
        name: "aws_ami_launch_permission",
        kind: "share",
        id: Id::Share("image_id", &["account_id", "group", "organization_arn", "organizational_unit_arn"]),
        names: &[],
        links: Links::All(&[("grants", "image", "image_id")]),
        ..AMI
    },
    Type {
        name: "aws_snapshot_create_volume_permission",
        kind: "share",
        id: Id::Share("snapshot_id", &["account_id"]),
        names: &[],
        links: Links::All(&[("grants", "snapshot", "snapshot_id")]),
        ..AMI
    },
];

/// The resources of a state whose types are kinds of an inventory. `default` is where those are that do not tell it.
pub(super) fn read(
    body: &Map<String, Value>,
    default: (Option<Account>, Option<Region>),
) -> Result<Vec<Stated>, StateError> {
    let state = Object(body);
    if state.number("version") != Some(4) {
        let version = state.value("version").map(Value::to_string).unwrap_or_default();
        return Err(StateError::Version { version });
    }
    if !state.has("resources") {
        return Err(ObjectError::Missing { field: "resources" }.into());
    }
    let mut found = Vec::new();
    for resource in state.list("resources")? {
        let named = resource.id("type")?;
        // What is only looked up belongs to somebody else.
        if resource.text("mode").as_deref() != Some("managed") {
            continue;
        }
        let Some(of_type) = TYPES.iter().find(|known| known.name == named) else { continue };
        let label = format!("{named}.{}", resource.text("name").unwrap_or_default());
        let at = |source| StateError::Resource { resource: label.clone(), source };
        for instance in resource.list("instances").map_err(at)? {
            let attributes = instance.object("attributes").ok_or(ObjectError::Missing { field: "attributes" });
            found.push(instance_of(of_type, &label, attributes.map_err(at)?, &default)?);
        }
    }
    Ok(found)
}

fn instance_of(
    of_type: &Type,
    label: &str,
    row: Object<'_>,
    (account, region): &(Option<Account>, Option<Region>),
) -> Result<Stated, StateError> {
    let at = |source| StateError::Resource { resource: label.to_owned(), source };
    let odd = |source| StateError::Name { resource: label.to_owned(), source };
    let place = Told::of(of_type.cloud, row);
    let account = match (place.account.map(Account::new).transpose().map_err(odd)?, account) {
        (Some(told), Some(said)) if told != *said => {
            let (resource, told, said) = (label.to_owned(), told.to_string(), said.to_string());
            return Err(StateError::Contradicts { resource, what: "account", told, said });
        }
        (Some(told), _) => told,
        (None, Some(said)) => said.clone(),
        (None, None) => return Err(StateError::Where { resource: label.to_owned(), what: "account" }),
    };
    let region = match (place.region.map(Region::new).transpose().map_err(odd)?, region) {
        (Some(told), _) => told,
        (None, Some(said)) => said.clone(),
        (None, None) => return Err(StateError::Where { resource: label.to_owned(), what: "region" }),
    };
    let provider = Provider::new(match of_type.cloud {
        Cloud::Aliyun => "aliyun-ecs",
        Cloud::Aws => "aws-ec2",
    });
    let provider = provider.map_err(odd)?;
    let address = |kind: &str, id: &str| {
        Address::new(&provider, &account, &region, &Kind::new(kind).map_err(odd)?, id).map_err(odd)
    };
    let (kind, id) = match of_type.id {
        Id::Own => (of_type.kind, row.id("id").map_err(at)?),
        Id::Share(of, with) => {
            let shared = row.id(of).map_err(at)?;
            match with.iter().find_map(|field| row.text(field)) {
                Some(group) if of_type.cloud == Cloud::Aws && group == "all" => {
                    ("publication", format!("{shared}/public"))
                }
                Some(with) => (of_type.kind, format!("{shared}/{with}")),
                None => return Err(at(ObjectError::Missing { field: "account_id" })),
            }
        }
    };
    let mut resource = Resource::unknown(address(kind, &id)?);
    resource.tags = match of_type.id {
        Id::Share(..) => Fact::Known([].into()),
        // Those with the provider's defaults, where the version of the provider tells them.
        Id::Own if row.value("tags_all").is_some() => row.tags("tags_all"),
        Id::Own => row.tags("tags"),
    };
    resource.name = match of_type.names {
        [] => resource.tags.as_ref().known().and_then(|tags| tags.get("Name").cloned()),
        names => names.iter().find_map(|field| row.text(field)),
    }
    .filter(|name| !name.is_empty())
    .into();
    resource.created_at = row.time(of_type.created_at).into();
    resource.state = row.text(of_type.state).into();
    resource.size_bytes = row.gibibytes(of_type.gibibytes).into();
    if let Links::All(links) = of_type.links
        && links.iter().all(|(_, _, field)| row.has(field))
    {
        let mut known = Vec::new();
        for (relation, kind, field) in links {
            let relation = if of_type.kind == "share" && resource.address.kind() == "publication" {
                "publishes"
            } else {
                relation
            };
            if let Some(id) = row.reference(field).map_err(at)? {
                let relation = Relation::new(relation).map_err(odd)?;
                known.push(Link { relation, target: address(kind, &id)? });
            }
        }
        resource.links = Fact::Known(known);
    }
    Ok(Stated { cloud: of_type.cloud, account, region, resource })
}

/// Where a resource is, as far as its attributes tell.
struct Told {
    account: Option<String>,
    region: Option<String>,
}

impl Told {
    fn of(cloud: Cloud, row: Object<'_>) -> Self {
        match cloud {
            Cloud::Aliyun => Self { account: None, region: row.text("region_id") },
            Cloud::Aws => {
                let arn = row.text("arn").unwrap_or_default();
                let part = |place: usize| arn.split(':').nth(place).filter(|part| !part.is_empty()).map(str::to_owned);
                // An image or a snapshot has no account in its ARN.
                Self {
                    account: part(4).or_else(|| row.text("owner_id")),
                    region: part(3).or_else(|| row.text("region")),
                }
            }
        }
    }
}
