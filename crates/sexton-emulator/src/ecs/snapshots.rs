//! DescribeSnapshots and DeleteSnapshot.

use serde_json::{Value, json};

use super::{has_tags, listed, tags};
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{ApiError, Reply, done};
use crate::paging::{Pages, TokenPages};
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::snapshot::{Lock, Snapshot};
use crate::world::words::{SnapshotStatus, SnapshotUsage};

const PAGES: Pages = Pages { token: Some(TokenPages::Within { max: 100 }), by_number: Some(100) };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    call.check_dry_run()?;
    let ids = call.parameters.json_ids("SnapshotIds")?;
    let wanted_tags = call.parameters.tags()?;
    let encrypted = call.parameters.flag("Encrypted")?;
    let (from, to) = call.created_within()?;
    let usage = call.parameters.get("Usage");
    if usage.is_some_and(|usage| SnapshotUsage::parse(usage).is_none()) {
        return Err(ApiError::new(404, "InvalidUsage", "The specified Usage is not valid."));
    }
    let status = call.parameters.get("Status");
    if status.is_some_and(|status| !["progressing", "accomplished", "failed", "all"].contains(&status)) {
        return Err(ApiError::new(404, "InvalidStatus.NotFound", "The specified Status is not valid."));
    }
    let snapshot_type = call.parameters.get("SnapshotType");
    if snapshot_type.is_some_and(|kind| !["auto", "user", "all"].contains(&kind)) {
        return Err(ApiError::new(404, "InvalidSnapshotType.NotFound", "The specified SnapshotType is not valid."));
    }
    let disks_of_instance: Option<Vec<String>> = call.parameters.get("InstanceId").map(|instance| {
        let attached = world.disks.values().filter(|disk| disk.attached_to.iter().any(|holder| holder == instance));
        attached.map(|disk| disk.id.clone()).collect()
    });
    let disk = call.filter("DiskId");
    let name = call.filter("SnapshotName");
    let statuses = call.filter("Status");
    let category = call.filter("Category");
    let source_disk_type = call.filter("SourceDiskType");
    let link = call.filter("SnapshotLinkId");
    let group = call.filter("ResourceGroupId");
    let selected: Vec<&Snapshot> = world
        .snapshots
        .values()
        .filter(|snapshot| is_wanted(ids.as_ref(), &snapshot.id))
        .filter(|snapshot| disk.passes(snapshot.source_disk.as_deref()))
        .filter(|snapshot| {
            disks_of_instance
                .as_ref()
                .is_none_or(|disks| snapshot.source_disk.as_ref().is_some_and(|disk| disks.contains(disk)))
        })
        .filter(|snapshot| name.passes(snapshot.name.as_deref()))
        .filter(|snapshot| statuses.passes(snapshot.status.as_ref().map(SnapshotStatus::as_str)))
        .filter(|snapshot| match snapshot_type {
            Some("auto") => snapshot.is_automatic(),
            Some("user") => !snapshot.is_automatic(),
            Some(_) | None => true,
        })
        .filter(|snapshot| usage.is_none_or(|usage| snapshot.usage.map(SnapshotUsage::as_str) == Some(usage)))
        .filter(|snapshot| category.passes(snapshot.category.as_deref()))
        .filter(|snapshot| source_disk_type.passes(snapshot.source_disk_type.as_deref()))
        .filter(|snapshot| link.passes(snapshot.snapshot_link_id.as_deref()))
        .filter(|snapshot| group.passes(snapshot.resource_group_id.as_deref()))
        .filter(|snapshot| encrypted.is_none_or(|encrypted| snapshot.encrypted == Some(encrypted)))
        .filter(|snapshot| snapshot.created_at.is_none_or(|at| from <= at && at <= to))
        .filter(|snapshot| has_tags(&snapshot.tags, &wanted_tags))
        .collect();
    let page = call.page(selected.into_iter(), |snapshot: &Snapshot| snapshot.id.as_str(), PAGES)?;
    let region = world.region();
    listed("Snapshots", "Snapshot", page, |snapshot| write(snapshot, region))
}

fn write(snapshot: &Snapshot, region: &str) -> Value {
    json!({
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name.as_deref().unwrap_or(""),
        "Description": "",
        "RegionId": region,
        "Status": snapshot.status.as_ref().map(SnapshotStatus::as_str),
        "Progress": snapshot.progress,
        "Usage": snapshot.usage.map(SnapshotUsage::as_str),
        "SnapshotType": snapshot.snapshot_type,
        "Category": snapshot.category,
        "Available": snapshot.status == Some(SnapshotStatus::Accomplished),
        "Encrypted": snapshot.encrypted,
        "InstantAccess": false,
        "SourceDiskId": snapshot.source_disk.as_deref().unwrap_or(""),
        "SourceDiskType": snapshot.source_disk_type,
        "SourceDiskSize": snapshot.size_gib.map(|size| size.to_string()),
        "SnapshotLinkId": snapshot.snapshot_link_id,
        "SourceSnapshotId": snapshot.source_snapshot_id.as_deref().unwrap_or(""),
        "SourceRegionId": snapshot.source_region_id.as_deref().unwrap_or(""),
        "RetentionDays": snapshot.retention_days,
        "ResourceGroupId": snapshot.resource_group_id.as_deref().unwrap_or(""),
        "ProductCode": snapshot.product_code.as_deref().unwrap_or(""),
        "CreationTime": snapshot.created_at.map(clock::seconds),
        "LastModifiedTime": snapshot.created_at.map(clock::seconds),
        "Tags": tags(&snapshot.tags),
    })
}

/// `Force` reaches disks made from the snapshot and nothing else. One in progress may be deleted, which ends it (vendor
/// documentation of DeleteSnapshot).
pub(crate) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("SnapshotId")?;
    let is_forced = call.parameters.is_set("Force")?;
    let Some(snapshot) = world.snapshots.get(id) else { return call.missing("InvalidSnapshotId.NotFound") };
    if let Some(refusal) = snapshot.quirks.refuse.first() {
        return Err((*refusal).into());
    }
    if snapshot.lock.as_ref().is_some_and(Lock::holds) {
        return Err(Refusal::SnapshotLocked.into());
    }
    if world.has_image(id) {
        return Err(Refusal::SnapshotCreatedImage.into());
    }
    if !is_forced && world.has_disk(id) {
        return Err(Refusal::SnapshotCreatedDisk.into());
    }
    world.snapshots.remove(id);
    done()
}
