//! What refers to a resource now, asked by the API's own reverse look-ups.
//!
//! The disks that were made from a snapshot cannot be asked for: no read of the API tells of what a disk was made. What a
//! policy covers is not asked for either, for no guard of a disk reads it.

use serde_json::Value;
use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_provider::CallError;

use super::probe::Prober;
use super::provider::ZecProvider;
use super::vocabulary::ZecKind;

/// The resources that refer to the target.
pub(super) async fn dependents(provider: &ZecProvider, target: &Address) -> Result<Vec<Resource>, CallError> {
    let id = target.id();
    let prober = Prober::new(provider, target).await?;
    let (kind, filter) = match prober.kind {
        ZecKind::Snapshot | ZecKind::AutoSnapshotPolicy => return Ok(Vec::new()),
        ZecKind::Image => (ZecKind::Instance, ("imageId", Value::from(id))),
        ZecKind::Disk => (ZecKind::Snapshot, ("diskIds", Value::from(vec![id]))),
        ZecKind::Instance => (ZecKind::Disk, ("instanceId", Value::from(id))),
    };
    let mut found = prober.found(kind, filter).await?;
    // A filter that was not heeded tells of others; a link that cannot be read may be one to the target.
    found.retain(|found| found.links.is_unknown() || found.known_links().iter().any(|link| link.target == *target));
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(found)
}
