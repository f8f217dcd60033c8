//! Images with what grants and publishes them, and how all of these read as inventory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::Quirks;
use super::reading::{Facts, WorldError};
use super::words::{ImageStatus, ImageUsage};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<ImageStatus>,
    pub(crate) size_gib: Option<u64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) usage: Option<ImageUsage>,
    pub(crate) owner_alias: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) is_copied: Option<bool>,
    pub(crate) os_type: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) resource_group_id: Option<String>,
    /// The snapshots of its disks, each once, ascending.
    pub(crate) snapshots: Vec<String>,
    /// The accounts it is shared to, and since when.
    pub(crate) accounts: BTreeMap<String, Option<Timestamp>>,
    /// The groups it is shared to.
    pub(crate) groups: BTreeSet<String>,
    /// Whether it is a community image.
    pub(crate) is_public: bool,
    /// Whether its deletion was accepted.
    pub(crate) is_going: bool,
    pub(crate) quirks: Quirks,
}

impl Image {
    pub(crate) const KIND: &str = "image";
    pub(crate) const SHARE: &str = "share";
    pub(crate) const PUBLICATION: &str = "publication";

    /// Whether it belongs to this account; the listing also has what others share to it.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.owner_alias.as_deref(), None | Some("self"))
    }

    pub(crate) fn is_shared(&self) -> bool {
        !self.accounts.is_empty() || !self.groups.is_empty()
    }

    /// The image without its shares and publication, which are resources of their own in an inventory.
    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("created-from", "snapshot")])?;
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: facts.state(),
            size_gib: facts.size_gib()?,
            tags: facts.tags(),
            usage: facts.word("usage")?,
            owner_alias: facts.text("image_owner_alias")?,
            family: facts.text("image_family")?,
            is_copied: facts.flag("is_copied")?,
            os_type: facts.text("os_type")?,
            architecture: facts.text("architecture")?,
            resource_group_id: facts.text("resource_group_id")?,
            snapshots: facts.linked("created-from", "snapshot"),
            accounts: BTreeMap::new(),
            groups: BTreeSet::new(),
            is_public: false,
            is_going: false,
            quirks: facts.quirks()?,
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Vec<Resource> {
        let image = Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_ref().map(ImageStatus::as_str))
            .size_gib(self.size_gib)
            .tags(&self.tags)
            .attribute("usage", self.usage.as_ref().map(ImageUsage::as_str))
            .attribute("image_owner_alias", self.owner_alias.as_deref())
            .attribute("image_family", self.family.as_deref())
            .attribute("is_self_shared", self.is_own().then(|| self.is_shared()))
            .attribute("is_public", Some(self.is_public))
            .attribute("is_copied", self.is_copied)
            .attribute("os_type", self.os_type.as_deref())
            .attribute("architecture", self.architecture.as_deref())
            .attribute("resource_group_id", self.resource_group_id.as_deref())
            .links("created-from", "snapshot", &self.snapshots)
            .finish();
        let share = |grantee: &str, share_type: &str, shared_at: Option<Timestamp>| {
            Draft::new(place, Self::SHARE, &format!("{}/{grantee}", self.id))
                .created_at(shared_at)
                .attribute("share_type", Some(share_type))
                .link("grants", Self::KIND, &self.id)
                .finish()
        };
        let mut resources = vec![image];
        resources.extend(self.accounts.iter().map(|(account, shared_at)| share(account, "account", *shared_at)));
        resources.extend(self.groups.iter().map(|group| share(group, "group", None)));
        if self.is_public {
            let publication = Draft::new(place, Self::PUBLICATION, &format!("{}/public", self.id));
            resources.push(publication.link("publishes", Self::KIND, &self.id).finish());
        }
        resources
    }
}

/// A share or a publication, read from an inventory; it becomes part of its image.
#[derive(Debug)]
pub(crate) enum Grant {
    Account { account: String, shared_at: Option<Timestamp> },
    Group(String),
    Public,
}

impl Grant {
    pub(crate) fn read_share(resource: &Resource) -> Result<(String, Self), WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("grants", "image")])?;
        let (image, grantee) = image_and_rest(facts, Image::SHARE, "IMAGE/ACCOUNT or IMAGE/GROUP", "grants")?;
        let grant = match facts.text("share_type")?.as_deref() {
            Some("group") => Self::Group(grantee),
            Some(_) | None => Self::Account { account: grantee, shared_at: facts.created_at() },
        };
        Ok((image, grant))
    }

    pub(crate) fn read_publication(resource: &Resource) -> Result<(String, Self), WorldError> {
        const FORM: &str = "IMAGE/public";
        let facts = Facts(resource);
        facts.only_links(&[("publishes", "image")])?;
        let (image, rest) = image_and_rest(facts, Image::PUBLICATION, FORM, "publishes")?;
        if rest != "public" {
            return Err(WorldError::Id { address: facts.address(), kind: Image::PUBLICATION, form: FORM });
        }
        Ok((image, Self::Public))
    }

    pub(crate) fn add_to(self, image: &mut Image) {
        match self {
            Self::Account { account, shared_at } => {
                image.accounts.insert(account, shared_at);
            }
            Self::Group(group) => {
                image.groups.insert(group);
            }
            Self::Public => image.is_public = true,
        }
    }
}

/// The two parts of the id; the link, where there is one, must lead to the same image.
fn image_and_rest(
    facts: Facts<'_>,
    kind: &'static str,
    form: &'static str,
    relation: &'static str,
) -> Result<(String, String), WorldError> {
    let wrong = || WorldError::Id { address: facts.address(), kind, form };
    let id = facts.id();
    let (image, rest) = id.split_once('/').ok_or_else(wrong)?;
    if image.is_empty() || rest.is_empty() {
        return Err(wrong());
    }
    if facts.linked_once(relation, Image::KIND)?.is_some_and(|linked| linked != image) {
        return Err(wrong());
    }
    Ok((image.to_owned(), rest.to_owned()))
}
