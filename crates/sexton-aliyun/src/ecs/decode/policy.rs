//! Automatic snapshot policies, with the disks that they are applied to.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// The disks of each policy, by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Covered(BTreeMap<String, BTreeSet<String>>);

impl Covered {
    /// Adds what an association says.
    pub(crate) fn add(&mut self, row: Row<'_>) -> Result<(), DecodeError> {
        self.add_disk(&row.id("AutoSnapshotPolicyId")?, row)
    }

    /// Adds a disk that names the policy.
    pub(crate) fn add_disk(&mut self, policy: &str, disk: Row<'_>) -> Result<(), DecodeError> {
        self.0.entry(policy.to_owned()).or_default().insert(disk.id("DiskId")?);
        Ok(())
    }

    /// Whether a policy says that it is applied to more disks than are known.
    pub(crate) fn lacks_some(&self, policy: &str, row: Row<'_>) -> bool {
        let known = self.0.get(policy).map_or(0, BTreeSet::len) as u64;
        row.number("DiskNums").is_some_and(|disks| disks > known)
    }
}

/// Reads a policy, with what is known of its disks; `None` where that could not be read.
pub(crate) fn snapshot_policy(place: &Place, row: Row<'_>, covered: Option<&Covered>) -> Result<Resource, DecodeError> {
    let id = row.id("AutoSnapshotPolicyId")?;
    let mut draft = Draft::untagged(place, EcsKind::AutoSnapshotPolicy, &id)?
        .name(row.text("AutoSnapshotPolicyName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("Status"))
        .tags(row.tags())
        .attribute("retention_days", row.number_attribute("RetentionDays"))
        .attribute("policy_type", row.text_attribute("Type"));
    match covered {
        Some(covered) => {
            for disk in covered.0.get(&id).into_iter().flatten() {
                draft = draft.link(EcsRelation::Covers, EcsKind::Disk, disk)?;
            }
        }
        None => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}
