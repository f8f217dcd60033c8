//! What refers to a resource now: asked by the API's own reverse look-ups where it has some, else read from listings of
//! the region that serve for a short while.

use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_provider::CallError;

use super::decode::{Permissions, Shared};
use super::probe::{Prober, kind_of};
use super::provider::Ec2Provider;
use super::queries::filter;
use super::references;
use super::vocabulary::Ec2Kind;

/// The resources that refer to the target.
pub(super) async fn dependents(provider: &Ec2Provider, target: &Address) -> Result<Vec<Resource>, CallError> {
    let kind = kind_of(target)?;
    let prober = Prober::new(provider, target)?;
    let id = target.id();
    let mut found = Vec::new();
    match kind {
        Ec2Kind::Snapshot => {
            found.extend(permitted(&prober, Shared::Snapshot, id).await?);
            found.extend(holders(&prober, target).await?);
        }
        Ec2Kind::Image => {
            found.extend(prober.instances_of(filter("image-id", &[id])).await?);
            found.extend(permitted(&prober, Shared::Image, id).await?);
            found.extend(holders(&prober, target).await?);
        }
        Ec2Kind::Instance => found.extend(prober.disks_of(filter("attachment.instance-id", &[id])).await?),
        Ec2Kind::Disk
        | Ec2Kind::Share
        | Ec2Kind::Publication
        | Ec2Kind::LaunchTemplate
        | Ec2Kind::LaunchConfiguration => {}
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(found)
}

async fn permitted(prober: &Prober<'_>, shared: Shared, id: &str) -> Result<Vec<Resource>, CallError> {
    let Permissions { mut shares, publication } = prober.permissions_of(shared, id).await?;
    shares.extend(publication);
    Ok(shares)
}

/// The images, launch templates and launch configurations that name the target.
async fn holders(prober: &Prober<'_>, target: &Address) -> Result<Vec<Resource>, CallError> {
    let holders = references::in_region(prober.provider.references(), &prober.patient()).await?;
    Ok(holders.iter().filter(|holder| refers_to(holder, target)).cloned().collect())
}

/// Whether a resource names the target, or may for all that is known.
fn refers_to(resource: &Resource, target: &Address) -> bool {
    resource.links.is_unknown() || resource.known_links().iter().any(|link| link.target == *target)
}
