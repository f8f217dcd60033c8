//! What the API does not look up by what it refers to, or refers to it by: the whole listing of a region is asked for
//! once and serves every look for a short while. Of what this lists the API itself enforces the one thing that cannot be
//! put right: a snapshot under an image.

use std::sync::Arc;

use sexton_core::resource::Resource;
use sexton_http::Lately;
use sexton_provider::{CallError, ErrorClass};

use super::probe::Prober;
use super::vocabulary::Ec2Kind;

/// Images, launch templates and launch configurations by region.
pub(super) type References = Lately<Vec<Resource>>;

/// What may refer to anything in the prober's region.
pub(super) async fn in_region(references: &References, prober: &Prober<'_>) -> Result<Arc<Vec<Resource>>, CallError> {
    references
        .of(prober.region(), async || {
            let mut listed = prober.all_images().await?;
            let templates = prober.launch_templates().await;
            listed.extend(unless_waived(prober, Ec2Kind::LaunchTemplate, "DescribeLaunchTemplates", templates)?);
            let configurations = prober.launch_configurations().await;
            listed.extend(unless_waived(
                prober,
                Ec2Kind::LaunchConfiguration,
                "DescribeLaunchConfigurations",
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
    kind: Ec2Kind,
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
