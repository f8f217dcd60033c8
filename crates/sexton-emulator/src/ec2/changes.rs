//! The calls that remove, and for what they are refused.

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::listings::{Answered, instance_state, is_locked};
use super::query::Query;
use super::world::{Ec2World, attribute, flag, is_of_backup, linked, word};
use super::xml::{list, text};
use crate::clock;
use crate::error::ApiError;

/// One removal call.
pub(crate) struct Change<'a> {
    pub(crate) world: &'a mut Ec2World,
    pub(crate) query: &'a Query,
    pub(crate) now: Timestamp,
    /// For how long an image that is gone still guards its snapshots.
    pub(crate) guard_lingers_ms: u64,
}

fn not_permitted(message: &str) -> ApiError {
    ApiError::new(400, "OperationNotPermitted", message)
}

fn missing(code: &'static str, id: &str) -> ApiError {
    ApiError::new(400, code, format!("'{id}' does not exist"))
}

impl Change<'_> {
    pub(crate) fn delete_snapshot(&mut self) -> Answered {
        let id = self.query.required("SnapshotId")?;
        self.snapshot_may_go(id)?;
        self.dry_run()?;
        self.world.discard("snapshot", id, self.now);
        Ok(text("return", "true"))
    }

    fn snapshot_may_go(&self, id: &str) -> Result<(), ApiError> {
        let snapshot = self.world.get("snapshot", id).ok_or_else(|| missing("InvalidSnapshot.NotFound", id))?;
        owned_by_backup(snapshot)?;
        if is_locked(snapshot, self.now) {
            return Err(not_permitted("The snapshot is locked."));
        }
        match self.world.holder_of(id) {
            Some(image) => {
                let message = format!("The snapshot {id} is currently in use by {image}");
                Err(ApiError::new(400, "InvalidSnapshot.InUse", message))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn deregister_image(&mut self) -> Answered {
        let id = self.query.required("ImageId")?;
        let Some(image) = self.world.get("image", id).cloned() else {
            let was_there = self.world.deregistered.contains(id);
            return Err(missing(if was_there { "InvalidAMIID.Unavailable" } else { "InvalidAMIID.NotFound" }, id));
        };
        owned_by_backup(&image)?;
        if word(&image, "deregistration_protection").is_some_and(|protection| protection != "disabled") {
            return Err(not_permitted("The image is protected from deregistration."));
        }
        self.dry_run()?;
        self.world.discard("image", id, self.now);
        let mut results = Vec::new();
        if self.query.is_set("DeleteAssociatedSnapshots") {
            for snapshot in linked(&image, "created-from") {
                let code = match self.snapshot_may_go(snapshot) {
                    Ok(()) => {
                        self.world.discard("snapshot", snapshot, self.now);
                        "success"
                    }
                    Err(error) if error.code == "InvalidSnapshot.InUse" => "skipped",
                    Err(_) => "client-error",
                };
                results.push(text("snapshotId", snapshot) + &text("returnCode", code));
            }
        }
        self.world.linger(&image, clock::after_millis(self.now, self.guard_lingers_ms));
        Ok(text("return", "true") + &list("deleteSnapshotResultSet", "item", results))
    }

    pub(crate) fn delete_volume(&mut self) -> Answered {
        let id = self.query.required("VolumeId")?;
        let volume = self.world.get("disk", id).ok_or_else(|| missing("InvalidVolume.NotFound", id))?;
        if attribute(volume, "managed_by").is_some() {
            return Err(not_permitted("The volume is managed by a service."));
        }
        if let Some(instance) = linked(volume, "attached-to").next() {
            let message = format!("Volume {id} is currently attached to {instance}");
            return Err(ApiError::new(400, "VolumeInUse", message));
        }
        self.dry_run()?;
        self.world.discard("disk", id, self.now);
        Ok(text("return", "true"))
    }

    pub(crate) fn terminate_instances(&mut self) -> Answered {
        let ids = self.query.list("InstanceId");
        if ids.is_empty() {
            return Err(ApiError::new(400, "MissingParameter", "The request must contain the parameter InstanceId"));
        }
        for id in &ids {
            if self.world.is_terminated(id) {
                continue;
            }
            let instance = self.world.get("instance", id).ok_or_else(|| missing("InvalidInstanceID.NotFound", id))?;
            if flag(instance, "emulator_termination_protected") == Some(true) {
                return Err(not_permitted("The instance may not be terminated: modify its disableApiTermination."));
            }
            if attribute(instance, "managed_by").is_some() {
                return Err(not_permitted("The instance is managed by a service."));
            }
        }
        self.dry_run()?;
        let rows: Vec<String> = ids.iter().map(|id| self.terminated(id)).collect();
        ids.iter().for_each(|id| self.world.terminate(id, self.now));
        Ok(list("instancesSet", "item", rows))
    }

    /// What is told of an instance that is being terminated.
    fn terminated(&self, id: &str) -> String {
        let instance = self.world.get("instance", id);
        let previous = instance.and_then(|instance| instance.state.as_ref().known().map(String::as_str));
        let (previous, current) = match previous {
            Some(previous) => (previous, "shutting-down"),
            None => ("terminated", "terminated"),
        };
        text("instanceId", id) + &instance_state("currentState", current) + &instance_state("previousState", previous)
    }

    /// Takes permissions of an image or a snapshot away. Adding some is not served.
    pub(crate) fn modify(&mut self, kind: &str) -> Answered {
        let (parameter, wanted, code) = match kind {
            "image" => ("ImageId", "launchPermission", "InvalidAMIID.NotFound"),
            _ => ("SnapshotId", "createVolumePermission", "InvalidSnapshot.NotFound"),
        };
        let id = self.query.required(parameter)?;
        let permission = if kind == "image" { "LaunchPermission" } else { "CreateVolumePermission" };
        // Two ways to say the same: what is removed as records, or an operation and lists.
        let records = self.query.records(&format!("{permission}.Remove"));
        let listed = |name: &'static str| self.query.list(name).into_iter().map(move |value| (name, value));
        let mut removed: Vec<(&str, &str)> = records;
        if removed.is_empty() {
            if self.query.required("Attribute")? != wanted || self.query.required("OperationType")? != "remove" {
                return Err(ApiError::new(400, "InvalidParameterCombination", "Only permissions can be removed here."));
            }
            for name in ["UserId", "OrganizationArn", "OrganizationalUnitArn"] {
                removed.extend(listed(name));
            }
            removed.extend(listed("UserGroup").map(|(_, group)| ("Group", group)));
        }
        if self.world.get(kind, id).is_none() {
            return Err(missing(code, id));
        }
        let (groups, who): (Vec<_>, Vec<_>) = removed.into_iter().partition(|(name, _)| *name == "Group");
        if groups.iter().any(|(_, group)| *group != "all") {
            return Err(ApiError::new(400, "InvalidAMIAttributeItemValue", "There is no group but all."));
        }
        if who.is_empty() && groups.is_empty() {
            return Err(ApiError::new(400, "MissingParameter", "No attributes specified."));
        }
        self.dry_run()?;
        if !groups.is_empty() {
            self.world.remove("publication", &format!("{id}/public"));
        }
        for (_, with) in who {
            self.world.remove("share", &format!("{id}/{with}"));
        }
        Ok(text("return", "true"))
    }

    /// With `DryRun=true` a call that would have passed is refused.
    fn dry_run(&self) -> Result<(), ApiError> {
        if self.query.is_set("DryRun") {
            let message = "Request would have succeeded, but DryRun flag is set.";
            return Err(ApiError::new(412, "DryRunOperation", message));
        }
        Ok(())
    }
}

fn owned_by_backup(resource: &Resource) -> Result<(), ApiError> {
    if is_of_backup(resource) {
        let message = "This resource is managed by the AWS Backup service and cannot be deleted via EC2 APIs.";
        return Err(ApiError::new(400, "InvalidParameterValue", message));
    }
    Ok(())
}
