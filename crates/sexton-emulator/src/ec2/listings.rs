//! The calls that look.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::resource::Resource;

use super::query::{Filter, Query};
use super::world::{Ec2World, attribute, flag, linked, linked_to, word};
use super::xml::{around, list, optional, text};
use crate::dice::Dice;
use crate::error::ApiError;

/// What an operation answers: the elements beside the request's id.
pub(crate) type Answered = Result<String, ApiError>;

/// One listing call.
pub(crate) struct Look<'a> {
    pub(crate) world: &'a Ec2World,
    pub(crate) query: &'a Query,
    pub(crate) now: Timestamp,
    /// Where pages come short.
    pub(crate) dice: Option<Dice>,
}

/// How a kind is listed.
struct Kind {
    kind: &'static str,
    /// The element around the rows.
    set: &'static str,
    /// The parameter that names some by id.
    ids: &'static str,
    /// The filter that does.
    filter: &'static str,
    /// What is answered where a named one is not there.
    missing: &'static str,
    bounds: RangeInclusive<usize>,
}

impl Look<'_> {
    pub(crate) fn caller(&self) -> String {
        let account = self.world.account();
        around(
            "GetCallerIdentityResult",
            &(text("UserId", "AIDAEXAMPLE")
                + &text("Account", account)
                + &text("Arn", &format!("arn:aws:iam::{account}:user/sexton"))),
        )
    }

    pub(crate) fn regions(&self) -> String {
        let region = self.world.region();
        let endpoint = format!("ec2.{region}.amazonaws.com");
        list("regionInfo", "item", [text("regionName", region) + &text("regionEndpoint", &endpoint)])
    }

    pub(crate) fn zones(&self) -> String {
        let region = self.world.region();
        let zone = |letter| text("regionName", region) + &text("zoneName", &format!("{region}{letter}"));
        list("availabilityZoneInfo", "item", ["a", "b"].map(zone))
    }

    pub(crate) fn snapshots(&mut self) -> Answered {
        let of = Kind {
            kind: "snapshot",
            set: "snapshotSet",
            ids: "SnapshotId",
            filter: "snapshot-id",
            missing: "InvalidSnapshot.NotFound",
            bounds: 5..=1000,
        };
        let account = self.world.account().to_owned();
        let is_own = self.asks_for_own();
        self.rows(&of, |_| is_own, |_, row| snapshot(row, &account))
    }

    pub(crate) fn locked_snapshots(&mut self) -> Answered {
        let of = Kind {
            kind: "snapshot",
            set: "snapshotSet",
            ids: "SnapshotId",
            filter: "snapshot-id",
            missing: "InvalidSnapshot.NotFound",
            bounds: 5..=1000,
        };
        let now = self.now;
        self.rows(&of, is_locked_ever, |_, row| lock(row, now))
    }

    pub(crate) fn images(&mut self) -> Answered {
        let of = Kind {
            kind: "image",
            set: "imagesSet",
            ids: "ImageId",
            filter: "image-id",
            missing: "InvalidAMIID.NotFound",
            bounds: 1..=1000,
        };
        let (is_own, disabled_too) = (self.asks_for_own(), self.query.is_set("IncludeDisabled"));
        let is_disabled = |row: &Resource| row.state.as_ref().known().is_some_and(|state| state == "disabled");
        self.rows(&of, |row| is_own && (disabled_too || !is_disabled(row)), image)
    }

    /// Whether the call is about what the account owns, which is all that there is here.
    fn asks_for_own(&self) -> bool {
        let owners = self.query.list("Owner");
        owners.is_empty() || owners.iter().any(|owner| *owner == "self" || *owner == self.world.account())
    }

    pub(crate) fn volumes(&mut self) -> Answered {
        let of = Kind {
            kind: "disk",
            set: "volumeSet",
            ids: "VolumeId",
            filter: "volume-id",
            missing: "InvalidVolume.NotFound",
            bounds: 5..=500,
        };
        let managed_too = self.query.is_set("IncludeManagedResources");
        self.rows(&of, |row| managed_too || attribute(row, "managed_by").is_none(), |_, row| volume(row))
    }

    pub(crate) fn instances(&mut self) -> Answered {
        let of = Kind {
            kind: "instance",
            set: "reservationSet",
            ids: "InstanceId",
            filter: "instance-id",
            missing: "InvalidInstanceID.NotFound",
            bounds: 5..=1000,
        };
        let managed_too = self.query.is_set("IncludeManagedResources");
        // Documented of this listing only.
        if self.query.get("MaxResults").is_some() && !self.query.list(of.ids).is_empty() {
            let message = "The parameter instancesSet cannot be used with the parameter maxResults";
            return Err(ApiError::new(400, "InvalidParameterCombination", message));
        }
        self.rows(&of, |row| managed_too || attribute(row, "managed_by").is_none(), |_, row| instance(row))
    }

    pub(crate) fn launch_templates(&mut self) -> Answered {
        let of = Kind {
            kind: "launch-template",
            set: "launchTemplates",
            ids: "LaunchTemplateId",
            filter: "launch-template-id",
            missing: "InvalidLaunchTemplateId.NotFound",
            bounds: 1..=200,
        };
        let managed_too = self.query.is_set("IncludeManagedResources");
        self.rows(
            &of,
            |row| managed_too || attribute(row, "managed_by").is_none(),
            |_, row| {
                text("launchTemplateId", row.address.id())
                    + &optional("launchTemplateName", row.name.as_ref().known())
                    + &optional("createTime", row.created_at.known())
                    + &optional("defaultVersionNumber", attribute(row, "default_version"))
                    + &optional("latestVersionNumber", attribute(row, "latest_version"))
                    + &operator(row)
                    + &tags(row)
            },
        )
    }

    /// All that a template refers to stands in its first version.
    pub(crate) fn launch_template_versions(&mut self) -> Answered {
        let id = self.query.required("LaunchTemplateId")?;
        let template = self.world.get("launch-template", id).ok_or_else(|| {
            ApiError::new(400, "InvalidLaunchTemplateId.NotFound", format!("The template {id} does not exist"))
        })?;
        let images = linked_to(template, "refers-to").filter(|to| to.kind() == "image");
        let mut versions: Vec<String> = images.map(|image| text("imageId", image.id())).collect();
        let snapshots = linked_to(template, "refers-to").filter(|to| to.kind() == "snapshot");
        versions.extend(snapshots.map(|snapshot| {
            let device = around("ebs", &text("snapshotId", snapshot.id()));
            list("blockDeviceMappingSet", "item", [device])
        }));
        if versions.is_empty() {
            versions.push(text("instanceType", "t3.micro"));
        }
        let rows = (1_usize..).zip(versions).map(|(number, data)| {
            let row = text("launchTemplateId", id)
                + &optional("launchTemplateName", template.name.as_ref().known())
                + &text("versionNumber", &number.to_string())
                + &around("launchTemplateData", &data);
            (format!("{number:09}"), row)
        });
        let page = self.query.page(rows.collect(), ("MaxResults", 1..=200), self.dice.as_mut())?;
        Ok(list("launchTemplateVersionSet", "item", page.rows) + &optional("nextToken", page.next))
    }

    pub(crate) fn launch_configurations(&mut self) -> Answered {
        let rows = self.world.of_kind("launch-configuration").map(|row| {
            let images = linked_to(row, "refers-to").filter(|to| to.kind() == "image");
            let image = images.map(|image| text("ImageId", image.id())).next();
            let snapshots = linked_to(row, "refers-to").filter(|to| to.kind() == "snapshot");
            let devices = snapshots.map(|snapshot| around("Ebs", &text("SnapshotId", snapshot.id())));
            let inner = text("LaunchConfigurationName", row.address.id())
                + &image.unwrap_or_default()
                + &optional("CreatedTime", row.created_at.known())
                + &optional("InstanceType", word(row, "instance_type"))
                + &list("BlockDeviceMappings", "member", devices);
            (row.address.id().to_owned(), inner)
        });
        let page = self.query.page(rows.collect(), ("MaxRecords", 1..=100), self.dice.as_mut())?;
        let inner = list("LaunchConfigurations", "member", page.rows) + &optional("NextToken", page.next);
        Ok(around("DescribeLaunchConfigurationsResult", &inner))
    }

    /// The permissions of an image or a snapshot.
    pub(crate) fn permissions(&self, kind: &str) -> Answered {
        let (parameter, wanted, missing) = match kind {
            "image" => ("ImageId", "launchPermission", "InvalidAMIID.NotFound"),
            _ => ("SnapshotId", "createVolumePermission", "InvalidSnapshot.NotFound"),
        };
        let id = self.query.required(parameter)?;
        if self.query.required("Attribute")? != wanted {
            return Err(ApiError::new(400, "InvalidParameterValue", "The attribute is not served."));
        }
        if self.world.get(kind, id).is_none() {
            return Err(ApiError::new(400, missing, format!("{id} does not exist")));
        }
        let public = self.world.is_public(id).then(|| text("group", "all"));
        let shares = self.world.shared_with(id).map(|with| {
            let field = match with {
                _ if with.contains(":ou/") => "organizationalUnitArn",
                _ if with.starts_with("arn:") => "organizationArn",
                _ => "userId",
            };
            text(field, with)
        });
        let first = if kind == "image" { "imageId" } else { "snapshotId" };
        Ok(text(first, id) + &list(wanted, "item", public.into_iter().chain(shares)))
    }

    /// The page of a kind's rows that the call selects.
    fn rows(
        &mut self,
        of: &Kind,
        is_shown: impl Fn(&Resource) -> bool,
        write: impl Fn(&Ec2World, &Resource) -> String,
    ) -> Answered {
        let known = [of.filter, "attachment.instance-id", "image-id", "block-device-mapping.snapshot-id"];
        let filters = self.query.filters(&known)?;
        let ids = self.query.list(of.ids);
        if let Some(missing) = ids.iter().find(|id| !self.world.lists(of.kind, id)) {
            return Err(ApiError::new(400, of.missing, format!("'{missing}' does not exist")));
        }
        let mut rows: Vec<(String, String)> = self
            .world
            .listed(of.kind)
            .filter(|row| is_shown(row))
            .filter(|row| ids.is_empty() || ids.contains(&row.address.id()))
            .filter(|row| filters.iter().all(|filter| passes(filter, of, row)))
            .map(|row| (row.address.id().to_owned(), write(self.world, row)))
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let page = self.query.page(rows, ("MaxResults", of.bounds.clone()), self.dice.as_mut())?;
        Ok(list(of.set, "item", page.rows) + &optional("nextToken", page.next))
    }
}

fn passes(filter: &Filter, of: &Kind, row: &Resource) -> bool {
    let any =
        |mut values: Box<dyn Iterator<Item = &str> + '_>| values.any(|value| filter.values.iter().any(|v| v == value));
    match filter.name.as_str() {
        name if name == of.filter => any(Box::new(std::iter::once(row.address.id()))),
        "attachment.instance-id" => any(Box::new(linked(row, "attached-to"))),
        "image-id" => any(Box::new(linked(row, "booted-from"))),
        _ => any(Box::new(linked(row, "created-from"))),
    }
}

fn snapshot(row: &Resource, account: &str) -> String {
    text("snapshotId", row.address.id())
        + &optional("volumeId", word(row, "volume_id"))
        + &optional("status", row.state.as_ref().known())
        + &optional("startTime", row.created_at.known())
        + &optional("completionTime", word(row, "completed_at"))
        + &text("ownerId", account)
        + &optional("ownerAlias", word(row, "owner_alias"))
        + &optional("description", word(row, "description"))
        + &optional("volumeSize", gibibytes(row))
        + &optional("fullSnapshotSizeInBytes", attribute(row, "full_size_bytes"))
        + &optional("encrypted", flag(row, "encrypted"))
        + &optional("storageTier", word(row, "storage_tier"))
        + &optional("restoreExpiryTime", word(row, "restore_expires_at"))
        + &tags(row)
}

fn is_locked_ever(row: &Resource) -> bool {
    attribute(row, "locked_until").is_some() || attribute(row, "lock_state").is_some()
}

fn lock(row: &Resource, now: Timestamp) -> String {
    let state = if is_locked(row, now) { word(row, "lock_state").unwrap_or("compliance") } else { "expired" };
    text("snapshotId", row.address.id())
        + &text("lockState", state)
        + &optional("lockExpiresOn", word(row, "locked_until"))
}

/// Whether a lock keeps the snapshot now.
pub(crate) fn is_locked(row: &Resource, now: Timestamp) -> bool {
    let until: Option<Timestamp> = word(row, "locked_until").and_then(|text| text.parse().ok());
    match until {
        Some(until) => until > now && word(row, "lock_state") != Some("expired"),
        None => word(row, "lock_state").is_some_and(|state| state != "expired"),
    }
}

fn image(world: &Ec2World, row: &Resource) -> String {
    let id = row.address.id();
    let devices = linked(row, "created-from").enumerate().map(|(index, snapshot)| {
        text("deviceName", &format!("/dev/sd{index}")) + &around("ebs", &text("snapshotId", snapshot))
    });
    text("imageId", id)
        + &optional("name", row.name.as_ref().known())
        + &optional("imageState", row.state.as_ref().known())
        + &optional("creationDate", row.created_at.known())
        + &text("imageOwnerId", world.account())
        + &text("isPublic", if world.is_public(id) { "true" } else { "false" })
        + &optional("imageOwnerAlias", word(row, "image_owner_alias"))
        + &optional("description", word(row, "description"))
        + &optional("architecture", word(row, "architecture"))
        + &optional("platformDetails", word(row, "platform"))
        + &optional("rootDeviceType", word(row, "root_device_type"))
        + &optional("deregistrationProtection", word(row, "deregistration_protection"))
        + &optional("deprecationTime", word(row, "deprecated_at"))
        + &optional("lastLaunchedTime", word(row, "last_launched_at"))
        + &optional("sourceInstanceId", word(row, "source_instance_id"))
        + &optional("sourceImageId", word(row, "source_image_id"))
        + &optional("sourceImageRegion", word(row, "source_image_region"))
        + &list("blockDeviceMapping", "item", devices)
        + &tags(row)
}

fn volume(row: &Resource) -> String {
    let deletes = flag(row, "delete_with_instance");
    let attachments = linked(row, "attached-to").map(|instance| {
        text("instanceId", instance) + &text("status", "attached") + &optional("deleteOnTermination", deletes)
    });
    text("volumeId", row.address.id())
        + &optional("snapshotId", linked(row, "created-from").next())
        + &optional("status", row.state.as_ref().known())
        + &optional("createTime", row.created_at.known())
        + &optional("size", gibibytes(row))
        + &optional("volumeType", word(row, "volume_type"))
        + &optional("availabilityZone", word(row, "availability_zone"))
        + &optional("encrypted", flag(row, "encrypted"))
        + &optional("multiAttachEnabled", flag(row, "multi_attach"))
        + &optional("sourceVolumeId", word(row, "source_volume_id"))
        + &operator(row)
        + &list("attachmentSet", "item", attachments)
        + &tags(row)
}

fn instance(row: &Resource) -> String {
    let state = row.state.as_ref().known().map(|state| instance_state("instanceState", state));
    let inner = text("instanceId", row.address.id())
        + &optional("imageId", linked(row, "booted-from").next())
        + &state.unwrap_or_default()
        + &optional("launchTime", row.created_at.known())
        + &optional("instanceType", word(row, "instance_type"))
        + &optional("instanceLifecycle", word(row, "lifecycle"))
        + &optional("rootDeviceType", word(row, "root_device_type"))
        + &around("placement", &optional("availabilityZone", word(row, "availability_zone")))
        + &operator(row)
        + &tags(row);
    list("instancesSet", "item", [inner])
}

/// The state of an instance, which has a number too.
pub(crate) fn instance_state(element: &str, state: &str) -> String {
    let code = match state {
        "pending" => "0",
        "running" => "16",
        "shutting-down" => "32",
        "terminated" => "48",
        "stopping" => "64",
        _ => "80",
    };
    around(element, &(text("code", code) + &text("name", state)))
}

fn operator(row: &Resource) -> String {
    attribute(row, "managed_by").map_or_else(String::new, |by| {
        around("operator", &(text("managed", "true") + &optional("principal", by.as_str())))
    })
}

fn tags(row: &Resource) -> String {
    let tags = row.tags.as_ref().known().into_iter().flatten();
    list("tagSet", "item", tags.map(|(key, value)| text("key", key) + &text("value", value)))
}

fn gibibytes(row: &Resource) -> Option<Value> {
    row.size_bytes.known().map(|bytes| Value::from(bytes >> 30))
}
