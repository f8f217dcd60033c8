//! What the API does not look up by what it refers to: the whole listing of a region is asked for once and serves every
//! look for a short while. Launch templates and scaling configurations; the groups of snapshots. Nothing that this lists
//! is enforced by the API.

use std::sync::Arc;

use sexton_core::resource::Resource;
use sexton_http::Lately;
use sexton_provider::{CallError, ErrorClass};

use super::decode::Groups;
use super::probe::Prober;
use super::vocabulary::EcsKind;

/// What may refer to anything, by region.
pub(super) type References = Lately<Vec<Resource>>;

/// The groups of snapshots, by region.
pub(super) type SnapshotGroups = Lately<Groups>;

/// What may refer to anything in the prober's region.
pub(super) async fn in_region(references: &References, prober: &Prober<'_>) -> Result<Arc<Vec<Resource>>, CallError> {
    references
        .of(prober.region(), async || {
            let templates = prober.launch_templates().await;
            let mut listed = unless_waived(prober, EcsKind::LaunchTemplate, "DescribeLaunchTemplates", templates)?;
            let configurations = prober.scaling_configurations().await;
            listed.extend(unless_waived(
                prober,
                EcsKind::ScalingConfiguration,
                "DescribeScalingConfigurations",
                configurations,
            )?);
            Ok(listed)
        })
        .await
}

/// What was listed; nothing where the identity may not ask for the list, and the plan takes the kind as empty. What was
/// listed and cannot be read in full is there, whatever the plan says.
fn unless_waived(
    prober: &Prober<'_>,
    kind: EcsKind,
    operation: &str,
    listed: Result<Vec<Resource>, CallError>,
) -> Result<Vec<Resource>, CallError> {
    match listed {
        Err(error)
            if error.class == ErrorClass::Auth
                && error.operation == operation
                && prober.provider.assumes_none(kind, &prober.place) =>
        {
            Ok(Vec::new())
        }
        listed => listed,
    }
}
