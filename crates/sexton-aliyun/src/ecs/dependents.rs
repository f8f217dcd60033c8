//! What refers to a resource now, asked by the API's own reverse look-ups.
//!
//! An answer without a single row is believed only where a dry run shows that the identity may see the rows.

use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_http::Place;
use sexton_provider::CallError;

use super::decode::{self, Publicity};
use super::permission::confirm;
use super::probe::{Prober, kind_of};
use super::provider::EcsProvider;
use super::vocabulary::EcsKind;
use super::{queries, references};
use crate::pages::{Query, parameters};
use crate::row::{DecodeError, Row};

/// The resources that refer to the target.
pub(super) async fn dependents(provider: &EcsProvider, target: &Address) -> Result<Vec<Resource>, CallError> {
    let kind = kind_of(target)?;
    let prober = Prober::new(provider, target).await?;
    let (region, id) = (prober.region().to_owned(), target.id());
    let mut found = Vec::new();
    match kind {
        EcsKind::Snapshot => {
            let images = queries::images(&region, parameters([("SnapshotId", id)]));
            found.extend(seen(&prober, &images, decode::image).await?);
            let disks = queries::disks(&region, parameters([("SnapshotId", id)]));
            found.extend(seen(&prober, &disks, decode::disk).await?);
            found.extend(launchers(&prober, target).await?);
        }
        EcsKind::Image => {
            let instances = queries::instances(&region, parameters([("ImageId", id)]));
            found.extend(seen(&prober, &instances, decode::instance).await?);
            found.extend(prober.shares_of(id).await?);
            let itself = queries::images(&region, parameters([("ImageId", id)]));
            found.extend(seen(&prober, &itself, publication).await?.into_iter().flatten());
            let tasks = queries::tasks(&region, parameters([("ResourceIds.1", id)]));
            found.extend(prober.rows(&tasks, decode::task).await?.into_iter().filter(|task| refers_to(task, target)));
            found.extend(launchers(&prober, target).await?);
        }
        EcsKind::Disk => {
            let snapshots = queries::snapshots(&region, parameters([("DiskId", id)]));
            let snapshots_found = prober.locked_snapshots(&snapshots).await?;
            if snapshots_found.is_empty() {
                confirm(provider, &prober.reader, snapshots.operation, &region).await?;
            }
            found.extend(snapshots_found);
        }
        EcsKind::Instance => {
            let disks = queries::disks(&region, parameters([("InstanceId", id)]));
            found.extend(seen(&prober, &disks, decode::disk).await?);
        }
        EcsKind::Share
        | EcsKind::Publication
        | EcsKind::Task
        | EcsKind::LaunchTemplate
        | EcsKind::ScalingConfiguration
        | EcsKind::AutoSnapshotPolicy => {}
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(found)
}

/// The rows of a query, or the certainty that there are none.
async fn seen<T: Send>(
    prober: &Prober<'_>,
    query: &Query,
    read: fn(&Place, Row<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, CallError> {
    let rows = prober.rows(query, read).await?;
    if rows.is_empty() {
        confirm(prober.provider, &prober.reader, query.operation, prober.region()).await?;
    }
    Ok(rows)
}

/// The launch templates and scaling configurations that name the target: the API has no reverse look-up for them.
async fn launchers(prober: &Prober<'_>, target: &Address) -> Result<Vec<Resource>, CallError> {
    let launchers = references::in_region(prober.provider.references(), &prober.patient().await?).await?;
    Ok(launchers.iter().filter(|launcher| refers_to(launcher, target)).cloned().collect())
}

/// Whether a resource names the target, or may for all that is known.
fn refers_to(resource: &Resource, target: &Address) -> bool {
    resource.links.is_unknown() || resource.known_links().iter().any(|link| link.target == *target)
}

fn publication(place: &Place, row: Row<'_>) -> Result<Option<Resource>, DecodeError> {
    Ok(match decode::publicity(row) {
        Publicity::Public => Some(decode::publication(place, row)?),
        Publicity::NotPublic => None,
        Publicity::Unreadable => return Err(DecodeError::NotABoolean { field: "IsPublic" }),
    })
}
