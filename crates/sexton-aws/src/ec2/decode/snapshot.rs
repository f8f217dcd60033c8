//! Snapshots, and the locks that are listed apart from them.

use serde_json::Value;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Resource};

use super::{DecodeError, Draft, Ec2Kind, Place, Row, owned_by_backup};

/// The lock of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) snapshot: String,
    /// What the provider calls its state: `compliance`, `governance`, `compliance-cooloff`, `expired`.
    state: Option<AttributeValue>,
    /// Until when it holds; null where that is not told, none where it no longer does.
    until: Option<AttributeValue>,
}

/// Reads the lock of a snapshot.
pub(crate) fn lock(row: Row<'_>) -> Result<Lock, DecodeError> {
    let state = row.text_attribute("lockState");
    let is_over = state.as_ref().and_then(Value::as_str) == Some("expired");
    let until = if is_over { None } else { Some(row.time_attribute("lockExpiresOn").unwrap_or(Value::Null)) };
    Ok(Lock { snapshot: row.id("snapshotId")?, state, until })
}

/// Reads a snapshot, with its lock if it has one. Its volume is provenance only: a copied snapshot names one that never
/// was.
pub(crate) fn snapshot(
    place: &Place,
    row: Row<'_>,
    lock: Option<&Lock>,
    kept_in_bin: Fact<Option<u32>>,
) -> Result<Resource, DecodeError> {
    let tags = row.tags();
    let alias = row.text("ownerAlias");
    let backup = owned_by_backup(&tags, alias.as_deref());
    Ok(Draft::untagged(place, Ec2Kind::Snapshot, &row.id("snapshotId")?)?
        .tags(tags)
        .name_by_tag("Name")
        .created_at(row.time("startTime"))
        .state(row.text("status"))
        .size(row.gibibytes("volumeSize"))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("description", "description"),
                ("volume_id", "volumeId"),
                ("storage_tier", "storageTier"),
                ("owner_alias", "ownerAlias"),
                ("outpost_arn", "outpostArn"),
            ],
        )
        .attributes(
            |field| row.time_attribute(field),
            [("completed_at", "completionTime"), ("restore_expires_at", "restoreExpiryTime")],
        )
        .attribute("encrypted", row.boolean_attribute("encrypted"))
        .attribute("full_size_bytes", row.number_attribute("fullSnapshotSizeInBytes"))
        .attribute("owned_by", backup)
        .attribute("locked_until", lock.and_then(|lock| lock.until.clone()))
        .attribute("lock_state", lock.and_then(|lock| lock.state.clone()))
        .attribute("recycle_bin_days", days(kept_in_bin))
        .finish())
}

/// How long the Recycle Bin would keep it, as an attribute: missing where it would not.
pub(super) fn days(kept: Fact<Option<u32>>) -> Option<AttributeValue> {
    match kept {
        Fact::Known(days) => days.map(AttributeValue::from),
        Fact::Unknown => Some(Value::Null),
    }
}
