//! What the API does not look up by what it refers to: the whole listing of a region is asked for once and serves every
//! look for a short while. Launch templates and scaling configurations; the groups of snapshots. Nothing that this lists
//! is enforced by the API.

use std::sync::Arc;

use sexton_core::resource::Resource;
use sexton_http::Lately;
use sexton_provider::CallError;

use super::decode::Groups;
use super::probe::Prober;
use super::vocabulary::EcsKind;
use crate::shortfall::lacks_permission;

/// What may refer to anything, by region.
pub(super) type References = Lately<Vec<Resource>>;

/// The groups of snapshots, by region.
pub(super) type SnapshotGroups = Lately<Groups>;

/// What may refer to anything in the prober's region.
pub(super) async fn in_region(references: &References, prober: &Prober<'_>) -> Result<Arc<Vec<Resource>>, CallError> {
    references
        .of(prober.region(), async || {
            let waived = |kind: EcsKind, operation, listed| {
                prober.provider.waivers().listed(&kind.name(), &prober.place, operation, lacks_permission, listed)
            };
            let templates = prober.launch_templates().await;
            let mut listed = waived(EcsKind::LaunchTemplate, "DescribeLaunchTemplates", templates)?;
            let configurations = prober.scaling_configurations().await;
            listed.extend(waived(EcsKind::ScalingConfiguration, "DescribeScalingConfigurations", configurations)?);
            Ok(listed)
        })
        .await
}
