//! DescribeDisks and DeleteDisk.

use serde_json::{Value, json};

use super::{has_tags, listed, tags};
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{Reply, done};
use crate::paging::{Pages, TokenPages};
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::disk::Disk;
use crate::world::words::{ChargeType, DiskStatus, DiskType, SnapshotStatus};

const PAGES: Pages = Pages { token: Some(TokenPages::Clamped { min: 10, max: 500 }), by_number: Some(100) };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    call.check_dry_run()?;
    let ids = call.parameters.json_ids("DiskIds")?;
    let wanted_tags = call.parameters.tags()?;
    let portable = call.parameters.flag("Portable")?;
    let instance = call.parameters.get("InstanceId");
    let snapshot = call.parameters.get("SnapshotId");
    let status = call.filter("Status");
    let disk_type = call.filter("DiskType");
    let category = call.filter("Category");
    let charge_type = call.filter("DiskChargeType");
    let group = call.filter("ResourceGroupId");
    let policy = call.parameters.get("AutoSnapshotPolicyId");
    let is_under = |policy: &str, disk: &Disk| {
        world.snapshot_policies.get(policy).is_some_and(|policy| policy.disks.contains(&disk.id))
    };
    let selected: Vec<&Disk> = world
        .disks
        .values()
        .filter(|disk| is_wanted(ids.as_ref(), &disk.id))
        .filter(|disk| instance.is_none_or(|instance| disk.attached_to.iter().any(|holder| holder == instance)))
        .filter(|disk| snapshot.is_none_or(|snapshot| disk.source_snapshot.as_deref() == Some(snapshot)))
        .filter(|disk| policy.is_none_or(|policy| is_under(policy, disk)))
        .filter(|disk| status.passes(disk.status.as_ref().map(DiskStatus::as_str)))
        .filter(|disk| disk_type.passes(disk.disk_type.as_ref().map(DiskType::as_str)))
        .filter(|disk| category.passes(disk.category.as_deref()))
        .filter(|disk| charge_type.passes(disk.charge_type.as_ref().map(ChargeType::as_str)))
        .filter(|disk| group.passes(disk.resource_group_id.as_deref()))
        .filter(|disk| portable.is_none_or(|portable| disk.portable == Some(portable)))
        .filter(|disk| has_tags(&disk.tags, &wanted_tags))
        .collect();
    let page = call.page(selected.into_iter(), |disk: &Disk| disk.id.as_str(), PAGES)?;
    let (region, policy) = (world.region().to_owned(), policy.map(str::to_owned));
    listed("Disks", "Disk", page, |disk| write(disk, &region, policy.as_deref().unwrap_or("")))
}

/// `policy`: the automatic snapshot policy that was asked for; the row tells no other, for whoever wants to know asks.
fn write(disk: &Disk, region: &str, policy: &str) -> Value {
    let device = if disk.disk_type == Some(DiskType::System) { "/dev/xvda" } else { "/dev/xvdb" };
    let attached_at = disk.created_at.map(clock::seconds).unwrap_or_default();
    let attachments: Vec<Value> = disk
        .attached_to
        .iter()
        .map(|instance| json!({ "InstanceId": instance, "Device": device, "AttachedTime": attached_at }))
        .collect();
    let locks: Option<Vec<Value>> = disk
        .operation_locks
        .as_ref()
        .map(|reasons| reasons.iter().map(|reason| json!({ "LockReason": reason })).collect());
    json!({
        "DiskId": disk.id,
        "DiskName": disk.name.as_deref().unwrap_or(""),
        "Description": "",
        "RegionId": region,
        "Status": disk.status.as_ref().map(DiskStatus::as_str),
        "Type": disk.disk_type.as_ref().map(DiskType::as_str),
        "SourceSnapshotId": disk.source_snapshot.as_deref().unwrap_or(""),
        "ImageId": disk.image_id.as_deref().unwrap_or(""),
        "InstanceId": disk.attached_to.first().map_or("", String::as_str),
        "Device": if disk.attached_to.is_empty() { "" } else { device },
        "Attachments": { "Attachment": attachments },
        "MountInstances": { "MountInstance": [] },
        "MountInstanceNum": disk.attached_to.len(),
        "Portable": disk.portable,
        "DeleteWithInstance": disk.delete_with_instance,
        "DeleteAutoSnapshot": disk.delete_auto_snapshot,
        "EnableAutoSnapshot": true,
        "EnableAutomatedSnapshotPolicy": !policy.is_empty(),
        "AutoSnapshotPolicyId": policy,
        "DiskChargeType": disk.charge_type.as_ref().map(ChargeType::as_str),
        "Category": disk.category,
        "Size": disk.size_gib,
        "Encrypted": disk.encrypted,
        "MultiAttach": disk.multi_attach,
        "OperationLocks": locks.map(|locks| json!({ "OperationLock": locks })),
        "ResourceGroupId": disk.resource_group_id.as_deref().unwrap_or(""),
        "ProductCode": "",
        "CreationTime": disk.created_at.map(clock::seconds),
        "AttachedTime": if disk.attached_to.is_empty() { "" } else { &attached_at },
        "DetachedTime": "",
        "ExpiredTime": "2999-09-08T16:00Z",
        "Tags": tags(&disk.tags),
    })
}

/// Only a pay-as-you-go data disk that is `Available` goes (vendor documentation of DeleteDisk).
pub(crate) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("DiskId")?;
    let Some(disk) = world.disks.get(id) else { return call.missing("InvalidDiskId.NotFound") };
    if let Some(refusal) = refusal(world, disk) {
        return Err(refusal.into());
    }
    world.remove_disk(id, call.behaviour.ways());
    done()
}

fn refusal(world: &World, disk: &Disk) -> Option<Refusal> {
    if let Some(refusal) = disk.quirks.refuse.first() {
        return Some(*refusal);
    }
    if !disk.attached_to.is_empty() {
        return Some(Refusal::DiskStillAttached);
    }
    if disk.disk_type == Some(DiskType::System) {
        return Some(Refusal::DiskType);
    }
    if disk.status != Some(DiskStatus::Available) {
        return Some(Refusal::DiskStatus);
    }
    if disk.charge_type == Some(ChargeType::PrePaid) {
        return Some(Refusal::ChargeType);
    }
    let is_being_copied = world.snapshots.values().any(|snapshot| {
        snapshot.source_disk.as_deref() == Some(&disk.id) && snapshot.status == Some(SnapshotStatus::Progressing)
    });
    is_being_copied.then_some(Refusal::DiskCreatingSnapshot)
}
