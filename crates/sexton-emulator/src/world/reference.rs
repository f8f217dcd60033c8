//! What refers to images and snapshots without the API minding: launch templates and scaling configurations, and how they
//! read as inventory.

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::reading::{Facts, WorldError};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaunchTemplate {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) default_version: Option<u64>,
    pub(crate) latest_version: Option<u64>,
    /// One a version, the first in the latest.
    pub(crate) images: Vec<String>,
    /// All of them in the latest version.
    pub(crate) snapshots: Vec<String>,
}

impl LaunchTemplate {
    pub(crate) const KIND: &str = "launch-template";

    /// How many versions there are.
    pub(crate) fn versions(&self) -> u64 {
        self.latest_version.unwrap_or(1).max(1)
    }

    /// The image of a version. An inventory does not say which version refers to what: the images are dealt out from the
    /// latest version downwards.
    pub(crate) fn image_of(&self, version: u64) -> Option<&str> {
        let index = usize::try_from(self.versions().checked_sub(version)?).ok()?;
        self.images.get(index).map(String::as_str)
    }

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("refers-to", "image"), ("refers-to", "snapshot")])?;
        let template = Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            default_version: facts.number("default_version")?,
            latest_version: facts.number("latest_version")?,
            images: facts.linked("refers-to", "image"),
            snapshots: facts.linked("refers-to", "snapshot"),
        };
        let most = template.versions();
        if u64::try_from(template.images.len()).is_ok_and(|images| images > most) {
            return Err(WorldError::Links { address: facts.address(), relation: "refers-to", most });
        }
        Ok(template)
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .attribute("default_version", self.default_version)
            .attribute("latest_version", self.latest_version)
            .links("refers-to", "image", &self.images)
            .links("refers-to", "snapshot", &self.snapshots)
            .finish()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalingConfiguration {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// Whole minutes: that is what the API tells.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) lifecycle_state: Option<String>,
    pub(crate) scaling_group_id: Option<String>,
    pub(crate) image_family: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) snapshots: Vec<String>,
}

impl ScalingConfiguration {
    pub(crate) const KIND: &str = "scaling-configuration";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("refers-to", "image"), ("refers-to", "snapshot")])?;
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_minute(),
            lifecycle_state: facts.state::<&str>().map(str::to_owned),
            scaling_group_id: facts.text("scaling_group_id")?,
            image_family: facts.text("image_family")?,
            image: facts.linked_once("refers-to", "image")?,
            snapshots: facts.linked("refers-to", "snapshot"),
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.lifecycle_state.as_deref())
            .attribute("scaling_group_id", self.scaling_group_id.as_deref())
            .attribute("image_family", self.image_family.as_deref())
            .links("refers-to", "image", self.image.as_slice())
            .links("refers-to", "snapshot", &self.snapshots)
            .finish()
    }
}
