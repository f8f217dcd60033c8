//! What the API does not look up by what it refers to, or refers to it by: the whole listing of a region is asked for
//! once and serves every look for a short while. Of what this lists the API itself enforces the one thing that cannot be
//! put right: a snapshot under an image.

use std::sync::Arc;

use sexton_core::resource::Resource;
use sexton_http::Lately;
use sexton_provider::CallError;

use super::probe::Prober;
use super::vocabulary::Ec2Kind;
use crate::rpc::lacks_permission;

/// Images, launch templates and launch configurations by region.
pub(super) type References = Lately<Vec<Resource>>;

/// What may refer to anything in the prober's region.
pub(super) async fn in_region(references: &References, prober: &Prober<'_>) -> Result<Arc<Vec<Resource>>, CallError> {
    references
        .of(prober.region(), async || {
            let mut listed = prober.all_images().await?;
            let waived = |kind: Ec2Kind, operation, listed| {
                prober.provider.waivers().listed(&kind.name(), &prober.place, operation, lacks_permission, listed)
            };
            let templates = prober.launch_templates().await;
            listed.extend(waived(Ec2Kind::LaunchTemplate, "DescribeLaunchTemplates", templates)?);
            let configurations = prober.launch_configurations().await;
            listed.extend(waived(Ec2Kind::LaunchConfiguration, "DescribeLaunchConfigurations", configurations)?);
            Ok(listed)
        })
        .await
}
