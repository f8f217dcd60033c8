//! From the rows of answers to resources.

use std::collections::BTreeSet;

use serde_json::Value;
use sexton_core::address::{Account, Address, Kind, NameError, Provider, Region, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Link, Resource, Tags};

use super::{Attribute, Operation, RowError};
use crate::saved::object::Object;

/// Where the rows are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) account: Account,
    pub(super) region: Region,
}

impl Place {
    fn address(&self, kind: &str, id: &str) -> Result<Address, NameError> {
        Address::new(&Provider::new("aws-ec2")?, &self.account, &self.region, &Kind::new(kind)?, id)
    }

    /// Whether the account owns what a row is of. A row that does not say was asked for by owner.
    fn owns(&self, row: Object<'_>) -> bool {
        row.text("OwnerId").is_none_or(|owner| owner == self.account.as_str())
    }

    fn resource(&self, kind: &str, id: &str, row: Object<'_>) -> Result<Resource, RowError> {
        let mut resource = Resource::unknown(self.address(kind, id)?);
        resource.tags = tags(row);
        resource.name = resource.tags.as_ref().known().and_then(|tags| tags.get("Name").cloned()).into();
        if matches!(&resource.name, Fact::Known(name) if name.is_empty()) {
            resource.name = Fact::Unknown;
        }
        resource.links = Fact::Known(Vec::new());
        Ok(resource)
    }

    fn links<'l>(&self, links: impl IntoIterator<Item = (&'l str, &'l str, String)>) -> Result<Vec<Link>, RowError> {
        let mut found = BTreeSet::new();
        for (relation, kind, id) in links {
            found.insert(Link { relation: Relation::new(relation)?, target: self.address(kind, &id)? });
        }
        Ok(found.into_iter().collect())
    }
}

/// The tags: none where a row names none, unknown where they cannot be read.
fn tags(row: Object<'_>) -> Fact<Tags> {
    let Ok(rows) = row.list("Tags") else { return Fact::Unknown };
    let text = |row: Object<'_>, field: &str| row.0.get(field).and_then(Value::as_str).map(str::to_owned);
    rows.into_iter().map(|row| Some((text(row, "Key")?, text(row, "Value")?))).collect::<Option<Tags>>().into()
}

fn with(mut resource: Resource, attributes: impl IntoIterator<Item = Attribute>) -> Resource {
    let told = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    resource.attributes = Fact::Known(told.collect());
    resource
}

/// Who besides the account manages a resource.
fn managed_by(row: Object<'_>) -> Option<AttributeValue> {
    let operator = row.object("Operator")?;
    match operator.value("Managed") {
        Some(Value::Bool(false)) | None => None,
        Some(_) => Some(operator.text("Principal").map_or(Value::Bool(true), Value::String)),
    }
}

/// Whether AWS Backup owns it. Tags that are not known may say so.
fn owned_by_backup(tags: &Fact<Tags>, alias: Option<String>) -> Option<AttributeValue> {
    if alias.as_deref() == Some("aws-backup-vault") {
        return Some(Value::from("aws-backup"));
    }
    match tags {
        Fact::Unknown => Some(Value::Null),
        Fact::Known(tags) => tags.contains_key("aws:backup:source-resource").then(|| Value::from("aws-backup")),
    }
}

fn is_in_the_bin(resource: &Resource) -> bool {
    let tags = resource.tags.as_ref().known();
    tags.is_some_and(|tags| tags.get("aws:recycle-bin:resource-in-bin").is_some_and(|value| value == "true"))
}

/// The rules of the Recycle Bin are in no file, so how long it would keep something is not known.
const RECYCLE_BIN_DAYS: Attribute = ("recycle_bin_days", Some(Value::Null));

#[derive(Debug, Clone)]
pub(super) struct Lock {
    state: Option<AttributeValue>,
    until: Option<AttributeValue>,
}

pub(super) fn lock(row: Object<'_>) -> Lock {
    let state = row.attribute("LockState");
    let is_over = state.as_ref().and_then(Value::as_str) == Some("expired");
    let until = if is_over { None } else { Some(row.time_attribute("LockExpiresOn").unwrap_or(Value::Null)) };
    Lock { state, until }
}

pub(super) fn snapshot(place: &Place, row: Object<'_>, lock: Option<&Lock>) -> Result<Option<Resource>, RowError> {
    let mut resource = place.resource("snapshot", &row.id("SnapshotId")?, row)?;
    if !place.owns(row) || is_in_the_bin(&resource) {
        return Ok(None);
    }
    resource.created_at = row.time("StartTime").into();
    resource.state = row.text("State").into();
    resource.size_bytes = row.gibibytes("VolumeSize").into();
    let owned_by = owned_by_backup(&resource.tags, row.text("OwnerAlias"));
    let attributes = [
        ("description", row.attribute("Description")),
        ("volume_id", row.attribute("VolumeId")),
        ("storage_tier", row.attribute("StorageTier")),
        ("owner_alias", row.attribute("OwnerAlias")),
        ("outpost_arn", row.attribute("OutpostArn")),
        ("completed_at", row.time_attribute("CompletionTime")),
        ("restore_expires_at", row.time_attribute("RestoreExpiryTime")),
        ("encrypted", row.attribute("Encrypted")),
        ("full_size_bytes", row.attribute("FullSnapshotSizeInBytes")),
        ("owned_by", owned_by),
        ("locked_until", lock.and_then(|lock| lock.until.clone())),
        ("lock_state", lock.and_then(|lock| lock.state.clone())),
        RECYCLE_BIN_DAYS,
    ];
    Ok(Some(with(resource, attributes)))
}

pub(super) fn image(place: &Place, row: Object<'_>) -> Result<Option<Resource>, RowError> {
    let mut resource = place.resource("image", &row.id("ImageId")?, row)?;
    let is_gone = row.text("State").as_deref() == Some("deregistered");
    if !place.owns(row) || is_gone || is_in_the_bin(&resource) {
        return Ok(None);
    }
    resource.name = row.text("Name").into();
    resource.created_at = row.time("CreationDate").into();
    resource.state = row.text("State").into();
    resource.links = match snapshots_of(row) {
        Some(ids) => Fact::Known(place.links(ids.into_iter().map(|id| ("created-from", "snapshot", id)))?),
        None => Fact::Unknown,
    };
    let owned_by = owned_by_backup(&resource.tags, row.text("ImageOwnerAlias"));
    let attributes = [
        ("description", row.attribute("Description")),
        ("architecture", row.attribute("Architecture")),
        ("platform", row.attribute("PlatformDetails")),
        ("root_device_type", row.attribute("RootDeviceType")),
        ("image_owner_alias", row.attribute("ImageOwnerAlias")),
        ("deregistration_protection", row.attribute("DeregistrationProtection")),
        ("source_instance_id", row.attribute("SourceInstanceId")),
        ("source_image_id", row.attribute("SourceImageId")),
        ("source_image_region", row.attribute("SourceImageRegion")),
        ("deprecated_at", row.time_attribute("DeprecationTime")),
        ("last_launched_at", row.time_attribute("LastLaunchedTime")),
        ("is_public", row.attribute("Public")),
        ("owned_by", owned_by),
        RECYCLE_BIN_DAYS,
    ];
    Ok(Some(with(resource, attributes)))
}

/// What an image says of being public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Publicity {
    Public,
    NotPublic,
    /// It says nothing, or something that is neither yes nor no.
    Unreadable,
}

pub(super) fn publicity(row: Object<'_>) -> Publicity {
    match row.value("Public") {
        Some(Value::Bool(true)) => Publicity::Public,
        Some(Value::Bool(false)) => Publicity::NotPublic,
        Some(_) | None => Publicity::Unreadable,
    }
}

/// The snapshots that the devices of an image or of a launch are made from; none where that cannot be told.
fn snapshots_of(row: Object<'_>) -> Option<BTreeSet<String>> {
    row.value("BlockDeviceMappings")?;
    let mut ids = BTreeSet::new();
    for device in row.list("BlockDeviceMappings").ok()? {
        if let Some(ebs) = device.object("Ebs") {
            ids.extend(ebs.reference("SnapshotId").ok()?);
        }
    }
    Some(ids)
}

pub(super) fn disk(place: &Place, row: Object<'_>) -> Result<Resource, RowError> {
    let mut resource = place.resource("disk", &row.id("VolumeId")?, row)?;
    resource.created_at = row.time("CreateTime").into();
    resource.state = row.text("State").into();
    resource.size_bytes = row.gibibytes("Size").into();
    let source = row.reference("SnapshotId")?.map(|id| ("created-from", "snapshot", id));
    let Attachments { instances, deletes: delete_with_instance } = attachments(row)?;
    resource.links = match instances {
        Fact::Known(ids) => {
            let attached = ids.into_iter().map(|id| ("attached-to", "instance", id));
            Fact::Known(place.links(source.into_iter().chain(attached))?)
        }
        Fact::Unknown => Fact::Unknown,
    };
    let attributes = [
        ("volume_type", row.attribute("VolumeType")),
        ("availability_zone", row.attribute("AvailabilityZone")),
        ("source_volume_id", row.attribute("SourceVolumeId")),
        ("outpost_arn", row.attribute("OutpostArn")),
        ("encrypted", row.attribute("Encrypted")),
        ("multi_attach", row.attribute("MultiAttachEnabled")),
        ("managed_by", managed_by(row)),
        ("delete_with_instance", delete_with_instance),
        RECYCLE_BIN_DAYS,
    ];
    Ok(with(resource, attributes))
}

struct Attachments {
    /// Unknown where the volume is attached to something, or may be, that the row does not name.
    instances: Fact<Vec<String>>,
    /// Whether it goes with its instance; unknown where that is not told of an attachment.
    deletes: Option<AttributeValue>,
}

impl Attachments {
    const UNKNOWN: Self = Self { instances: Fact::Unknown, deletes: Some(Value::Null) };
}

/// What a volume is attached to. It goes with its instance unless every attachment says that it does not.
fn attachments(row: Object<'_>) -> Result<Attachments, RowError> {
    let (mut instances, mut deletes) = (Vec::new(), None);
    let mut live = 0;
    let mut named = 0;
    for attachment in row.list("Attachments")? {
        if attachment.text("State").as_deref() == Some("detached") {
            continue;
        }
        live += 1;
        let instance = attachment.reference("InstanceId")?;
        // What the vendor's services attach has another resource in place of the instance.
        named += usize::from(instance.is_some() || attachment.value("AssociatedResource").is_some());
        instances.extend(instance);
        let of_this = attachment.attribute("DeleteOnTermination").unwrap_or(Value::Null);
        deletes = match (deletes, of_this) {
            (Some(Value::Bool(true)), _) | (_, Value::Bool(true)) => Some(Value::Bool(true)),
            (None | Some(Value::Bool(false)), Value::Bool(false)) => Some(Value::Bool(false)),
            (Some(_) | None, _) => Some(Value::Null),
        };
    }
    let state = row.text("State");
    let untold = match state.as_deref() {
        Some("in-use") => live == 0,
        Some(_) => false,
        None => row.value("Attachments").is_none(),
    };
    if untold {
        return Ok(Attachments::UNKNOWN);
    }
    let instances = if named == live { Fact::Known(instances) } else { Fact::Unknown };
    Ok(Attachments { instances, deletes })
}

/// Reads an instance; none where it is gone and only still listed.
pub(super) fn instance(place: &Place, row: Object<'_>) -> Result<Option<Resource>, RowError> {
    let mut resource = place.resource("instance", &row.id("InstanceId")?, row)?;
    let state = row.object("State").and_then(|state| state.text("Name"));
    if state.as_deref() == Some("terminated") {
        return Ok(None);
    }
    resource.created_at = row.time("LaunchTime").into();
    resource.state = state.into();
    resource.links = match row.reference("ImageId")? {
        Some(image) => Fact::Known(place.links([("booted-from", "image", image)])?),
        // Every instance was booted from something.
        None => Fact::Unknown,
    };
    let zone = row.object("Placement").and_then(|placement| placement.attribute("AvailabilityZone"));
    let attributes = [
        ("instance_type", row.attribute("InstanceType")),
        ("lifecycle", row.attribute("InstanceLifecycle")),
        ("root_device_type", row.attribute("RootDeviceType")),
        ("outpost_arn", row.attribute("OutpostArn")),
        ("availability_zone", zone),
        ("managed_by", managed_by(row)),
    ];
    Ok(Some(with(resource, attributes)))
}

/// What the permissions of an image or a snapshot say, and of which they are: its kind, and the field of its id.
pub(super) fn permissions(
    place: &Place,
    operation: Operation,
    (kind, of): (&str, &'static str),
    body: Object<'_>,
) -> Result<(String, Vec<Resource>), RowError> {
    let id = body.id(of)?;
    let mut resources = Vec::new();
    for entry in operation.rows(body)? {
        let named = [
            ("account", "UserId"),
            ("group", "Group"),
            ("organization", "OrganizationArn"),
            ("organizational-unit", "OrganizationalUnitArn"),
        ]
        .into_iter()
        .find_map(|(share_type, field)| Some((share_type, entry.text(field)?)));
        let (share_type, with_whom) = named.ok_or(RowError::Nobody)?;
        resources.push(match (share_type, with_whom.as_str()) {
            ("group", "all") => publication(place, kind, &id)?,
            (share_type, with_whom) => {
                let share = grant(place, ("share", format!("{id}/{with_whom}")), ("grants", kind, id.clone()))?;
                with(share, [("share_type", Some(Value::from(share_type)))])
            }
        });
    }
    Ok((id, resources))
}

/// The publication of what is public.
pub(super) fn publication(place: &Place, kind: &str, id: &str) -> Result<Resource, RowError> {
    let publication = grant(place, ("publication", format!("{id}/public")), ("publishes", kind, id.to_owned()))?;
    Ok(with(publication, []))
}

fn grant(place: &Place, (kind, id): (&str, String), link: (&str, &str, String)) -> Result<Resource, RowError> {
    let mut resource = Resource::unknown(place.address(kind, &id)?);
    resource.tags = Fact::Known(Tags::new());
    resource.links = Fact::Known(place.links([link])?);
    Ok(resource)
}

/// What the versions of a launch template refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct References {
    images: BTreeSet<String>,
    snapshots: BTreeSet<String>,
    /// Whether a version names what only others can look up.
    open: bool,
}

impl References {
    pub(super) fn add(&mut self, version: Object<'_>) {
        let Some(data) = version.object("LaunchTemplateData") else {
            self.open = true;
            return;
        };
        match data.reference("ImageId") {
            Ok(Some(image)) if image.starts_with("resolve:") => self.open = true,
            Ok(image) => self.images.extend(image),
            Err(_) => self.open = true,
        }
        match snapshots_of(data) {
            Some(ids) => self.snapshots.extend(ids),
            None => self.open |= data.value("BlockDeviceMappings").is_some(),
        }
    }
}

pub(super) fn launch_template(
    place: &Place,
    row: Object<'_>,
    references: Option<&References>,
) -> Result<Resource, RowError> {
    let mut resource = place.resource("launch-template", &row.id("LaunchTemplateId")?, row)?;
    resource.name = row.text("LaunchTemplateName").into();
    resource.created_at = row.time("CreateTime").into();
    resource.links = match references.filter(|references| !references.open) {
        Some(references) => {
            let images = references.images.iter().map(|id| ("refers-to", "image", id.clone()));
            let snapshots = references.snapshots.iter().map(|id| ("refers-to", "snapshot", id.clone()));
            Fact::Known(place.links(images.chain(snapshots))?)
        }
        None => Fact::Unknown,
    };
    let attributes = [
        ("default_version", row.attribute("DefaultVersionNumber")),
        ("latest_version", row.attribute("LatestVersionNumber")),
        ("managed_by", managed_by(row)),
    ];
    Ok(with(resource, attributes))
}
