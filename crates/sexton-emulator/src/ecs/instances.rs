//! DescribeInstances, DeleteInstance, StopInstance and ModifyInstanceAttribute.

use serde_json::{Value, json};

use super::{has_tags, listed, tags};
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{ApiError, Reply, done};
use crate::paging::{Pages, TokenPages};
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::instance::Instance;
use crate::world::words::{ChargeType, InstanceStatus};

const PAGES: Pages = Pages { token: Some(TokenPages::Clamped { min: 10, max: 100 }), by_number: Some(100) };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    call.check_dry_run()?;
    let ids = call.parameters.json_ids("InstanceIds")?;
    let wanted_tags = call.parameters.tags()?;
    let image = call.filter("ImageId");
    let status = call.filter("Status");
    let charge_type = call.filter("InstanceChargeType");
    let zone = call.filter("ZoneId");
    let group = call.filter("ResourceGroupId");
    let lock = call.parameters.get("LockReason");
    let selected: Vec<&Instance> = world
        .instances
        .values()
        .filter(|instance| is_wanted(ids.as_ref(), &instance.id))
        .filter(|instance| image.passes(instance.image.as_deref()))
        .filter(|instance| status.passes(instance.status.as_ref().map(InstanceStatus::as_str)))
        .filter(|instance| charge_type.passes(instance.charge_type.as_ref().map(ChargeType::as_str)))
        .filter(|instance| zone.passes(instance.zone_id.as_deref()))
        .filter(|instance| group.passes(instance.resource_group_id.as_deref()))
        .filter(|instance| lock.is_none_or(|lock| instance.operation_locks.iter().flatten().any(|has| has == lock)))
        .filter(|instance| has_tags(&instance.tags, &wanted_tags))
        .collect();
    let page = call.page(selected.into_iter(), |instance: &Instance| instance.id.as_str(), PAGES)?;
    let region = world.region();
    listed("Instances", "Instance", page, |instance| write(instance, region))
}

fn write(instance: &Instance, region: &str) -> Value {
    let locks: Option<Vec<Value>> = instance
        .operation_locks
        .as_ref()
        .map(|reasons| reasons.iter().map(|reason| json!({ "LockReason": reason, "LockMsg": "" })).collect());
    json!({
        "InstanceId": instance.id,
        "InstanceName": instance.name.as_deref().unwrap_or(""),
        "Description": "",
        "RegionId": region,
        "ZoneId": instance.zone_id,
        "Status": instance.status.as_ref().map(InstanceStatus::as_str),
        "ImageId": instance.image.as_deref().unwrap_or(""),
        "InstanceType": instance.instance_type,
        "DeletionProtection": instance.deletion_protection,
        "InstanceChargeType": instance.charge_type.as_ref().map(ChargeType::as_str),
        "CreationTime": instance.created_at.map(clock::minutes),
        "StartTime": instance.created_at.map(clock::minutes),
        "ExpiredTime": "2099-12-31T15:59Z",
        "AutoReleaseTime": "",
        "OperationLocks": locks.map(|locks| json!({ "LockReason": locks })),
        "Recyclable": false,
        "SpotStrategy": instance.spot_strategy,
        "ResourceGroupId": instance.resource_group_id.as_deref().unwrap_or(""),
        "Tags": tags(&instance.tags),
    })
}

/// `Force` switches a running instance off; it does not get past the protection (vendor documentation of DeleteInstance).
pub(crate) fn delete(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("InstanceId")?;
    let is_forced = call.parameters.is_set("Force")?;
    let ends_subscription = call.parameters.is_set("TerminateSubscription")?;
    let Some(instance) = world.instances.get(id) else { return call.missing("InvalidInstanceId.NotFound") };
    if let Some(refusal) = instance.quirks.refuse.first() {
        return Err((*refusal).into());
    }
    if instance.is_locked_for_security() {
        return Err(Refusal::LockedForSecurity.into());
    }
    if instance.deletion_protection == Some(true) {
        return Err(Refusal::DeletionProtection.into());
    }
    if instance.charge_type == Some(ChargeType::PrePaid) && !ends_subscription {
        return Err(Refusal::ChargeType.into());
    }
    if instance.status != Some(InstanceStatus::Stopped) && !is_forced {
        return Err(Refusal::InstanceStatus.into());
    }
    call.check_dry_run()?;
    world.remove_instance(id, call.behaviour.ways());
    done()
}

fn not_found() -> ApiError {
    ApiError::new(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
}

/// Stops at once.
pub(crate) fn stop(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("InstanceId")?;
    let instance = world.instances.get_mut(id).ok_or_else(not_found)?;
    if instance.is_locked_for_security() {
        return Err(Refusal::LockedForSecurity.into());
    }
    if instance.status != Some(InstanceStatus::Running) {
        return Err(Refusal::InstanceStatus.into());
    }
    call.check_dry_run()?;
    instance.status = Some(InstanceStatus::Stopped);
    done()
}

/// Only `DeletionProtection` has an effect, on pay-as-you-go instances.
pub(crate) fn modify(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("InstanceId")?;
    let protection = call.parameters.flag("DeletionProtection")?;
    let instance = world.instances.get_mut(id).ok_or_else(not_found)?;
    if instance.is_locked_for_security() {
        return Err(Refusal::LockedForSecurity.into());
    }
    if let Some(protection) = protection {
        if instance.charge_type == Some(ChargeType::PrePaid) {
            return Err(Refusal::InstanceChargeType.into());
        }
        instance.deletion_protection = Some(protection);
    }
    done()
}
