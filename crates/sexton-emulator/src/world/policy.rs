//! Automatic snapshot policies, and how they read as inventory.

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::reading::{Facts, WorldError};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotPolicy {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    /// `Normal` or `Expire`.
    pub(crate) status: Option<String>,
    /// -1 keeps for ever.
    pub(crate) retention_days: Option<i64>,
    pub(crate) policy_type: Option<String>,
    /// The disks that it is applied to.
    pub(crate) disks: Vec<String>,
    /// Whether it takes them by their tags, which no association tells: `emulator_by_tags`.
    pub(crate) by_tags: bool,
}

impl SnapshotPolicy {
    pub(crate) const KIND: &str = "auto-snapshot-policy";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("covers", "disk")])?;
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: facts.state::<&str>().map(str::to_owned),
            retention_days: facts.signed_number("retention_days")?,
            policy_type: facts.text("policy_type")?,
            disks: facts.linked("covers", "disk"),
            by_tags: facts.flag("emulator_by_tags")?.unwrap_or(false),
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_deref())
            .attribute("retention_days", self.retention_days)
            .attribute("policy_type", self.policy_type.as_deref())
            .links("covers", "disk", &self.disks)
            .finish()
    }
}
