//! The resources of one account in one region, kept as an inventory has them, and what happens to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::address::{Account, Address, Kind, NameError, Provider, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing};
use sexton_core::resource::{AttributeValue, Attributes, Resource, Tags};

use crate::clock;
use crate::world::reading::WorldError;

/// The provider whose inventory this is.
const PROVIDER: &str = "aws-ec2";
/// The account of a world that names none.
const DEFAULT_ACCOUNT: &str = "123456789012";
/// A retention rule of the Recycle Bin, which a world file can hold and an inventory does not.
const RULE: &str = "recycle-bin-rule";
/// The tag that AWS Backup puts on what it makes.
pub(crate) const BACKUP_TAG: &str = "aws:backup:source-resource";
/// The kinds of resources.
pub(crate) const KINDS: [&str; 8] =
    ["snapshot", "image", "disk", "instance", "share", "publication", "launch-template", "launch-configuration"];

/// A retention rule of the Recycle Bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// The kind that it keeps.
    pub(crate) kind: String,
    pub(crate) days: u64,
    /// It keeps what has one of these; everything where there are none.
    pub(crate) tags: Tags,
    /// It does not keep what has one of these. Only a rule without tags of what it keeps has some.
    pub(crate) excluded: Tags,
}

/// What lies in the Recycle Bin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Binned {
    pub(crate) entered: Timestamp,
    pub(crate) leaves: Timestamp,
}

/// The resources of one account in one region of EC2.
#[derive(Debug, Clone)]
pub struct Ec2World {
    provider: Provider,
    account: Account,
    region: Region,
    /// By kind and id.
    resources: BTreeMap<(String, String), Resource>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) bin: BTreeMap<(String, String), Binned>,
    /// Images that were there once.
    pub(crate) deregistered: BTreeSet<String>,
    /// Instances that are gone and still listed, by id.
    terminated: BTreeMap<String, Resource>,
    /// Until when an image that is gone still guards its snapshots.
    lingering: Vec<(Timestamp, String, Vec<String>)>,
}

impl Ec2World {
    /// A region with nothing in it.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn empty(account: &str, region: &str) -> Result<Self, NameError> {
        Ok(Self {
            provider: Provider::new(PROVIDER)?,
            account: Account::new(account)?,
            region: Region::new(region)?,
            resources: BTreeMap::new(),
            rules: Vec::new(),
            bin: BTreeMap::new(),
            deregistered: BTreeSet::new(),
            terminated: BTreeMap::new(),
            lingering: Vec::new(),
        })
    }

    /// The world that an inventory describes: what it has of this provider, of the region, and of the account. Where no
    /// account is given it is that of the resources there.
    ///
    /// Attributes that the API has no field for are ignored, but for `emulator_termination_protected` of an instance. A
    /// resource of the kind `recycle-bin-rule` is a retention rule, with the attributes `kind` (`snapshot`, `image` or
    /// `disk`) and `days`; its tags are those of what it keeps. One that has none keeps everything but what has one of the
    /// tags in its attribute `excluded`.
    ///
    /// # Errors
    /// A resource that this API could not have listed.
    pub fn from_inventory(inventory: &Inventory, region: &str, account: Option<&str>) -> Result<Self, WorldError> {
        let here: Vec<Resource> = inventory
            .resources()
            .filter(|resource| resource.provider() == PROVIDER && resource.region() == region)
            .map(sexton_core::inventory::ResourceRef::to_resource)
            .collect();
        let accounts: BTreeSet<&str> = here.iter().map(|resource| resource.address.account()).collect();
        let account = match (account, accounts.len()) {
            (Some(account), _) => account,
            (None, 0 | 1) => accounts.first().copied().unwrap_or(DEFAULT_ACCOUNT),
            (None, _) => return Err(WorldError::Accounts(accounts.into_iter().map(str::to_owned).collect())),
        };
        let mut world = Self::empty(account, region)?;
        for resource in here.iter().filter(|resource| resource.address.account() == account) {
            let address = Box::new(resource.address.clone());
            match resource.address.kind() {
                RULE => world.rules.push(Rule::read(resource)?),
                kind if KINDS.contains(&kind) => world.add(resource.clone()),
                _ => return Err(WorldError::Kind { address }),
            }
        }
        let orphan = world.of_kind("share").chain(world.of_kind("publication")).find_map(|grant| {
            let (of, _) = grant.address.id().split_once('/').unwrap_or((grant.address.id(), ""));
            let is_there = world.get("image", of).or_else(|| world.get("snapshot", of)).is_some();
            (!is_there).then(|| (grant.address.clone(), of.to_owned()))
        });
        match orphan {
            Some((address, image)) => Err(WorldError::NoImage { address: Box::new(address), image }),
            None => Ok(world),
        }
    }

    /// The account whose resources these are.
    pub fn account(&self) -> &str {
        self.account.as_str()
    }

    /// The region they are in.
    pub fn region(&self) -> &str {
        self.region.as_str()
    }

    /// The whole world as an inventory, complete as of that time.
    ///
    /// # Errors
    /// More resources than an inventory can number.
    pub fn inventory(&self, as_of: Timestamp) -> Result<Inventory, BuildError> {
        let as_of = sexton_core::time::Timestamp::from_second(as_of.as_second())
            .unwrap_or_else(|| sexton_core::time::Timestamp::from_jiff(as_of));
        let census = KINDS.into_iter().chain(["snapshot-lock", RULE]).map(|kind| CensusLine {
            scope: CensusScope {
                provider: self.provider.clone(),
                account: self.account.clone(),
                region: self.region.clone(),
                kind: Kind::new(kind).expect("kinds are written in this crate"),
            },
            listing: Listing::Complete,
            as_of: Fact::Known(as_of),
        });
        Inventory::new(as_of, census, self.resources.values().map(|resource| self.told(resource)).collect())
    }

    /// A resource as a listing tells of it.
    fn told(&self, resource: &Resource) -> Resource {
        let mut told = resource.clone();
        if let Fact::Known(attributes) = &mut told.attributes {
            attributes.retain(|name, _| !name.starts_with("emulator_"));
            if resource.address.kind() == "image" {
                attributes.insert("is_public".to_owned(), Value::Bool(self.is_public(resource.address.id())));
            }
            if let Some(days) = self.kept_for(resource) {
                attributes.insert("recycle_bin_days".to_owned(), Value::from(days));
            }
            if is_of_backup(resource) {
                attributes.insert("owned_by".to_owned(), Value::from("aws-backup"));
            }
        }
        told
    }

    /// The address of a resource of this world.
    pub(crate) fn address(&self, kind: &str, id: &str) -> Address {
        let kind = Kind::new(kind).expect("kinds are written in this crate");
        let (provider, account, region) = (&self.provider, &self.account, &self.region);
        Address::new(provider, account, region, &kind, id).expect("ids are written in this crate")
    }

    /// Takes a resource in, in place of one that has its id.
    pub(crate) fn add(&mut self, resource: Resource) {
        let place = (resource.address.kind().to_owned(), resource.address.id().to_owned());
        self.resources.insert(place, resource);
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Resource> {
        self.resources.get(&(kind.to_owned(), id.to_owned()))
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.resources.values().filter(move |resource| resource.address.kind() == kind)
    }

    /// What a listing of the kind tells of: also instances that are gone.
    pub(crate) fn listed(&self, kind: &str) -> impl Iterator<Item = &Resource> {
        self.of_kind(kind).chain(self.terminated.values().filter(move |_| kind == "instance"))
    }

    /// Whether a listing of the kind tells of that id.
    pub(crate) fn lists(&self, kind: &str, id: &str) -> bool {
        self.get(kind, id).is_some() || (kind == "instance" && self.is_terminated(id))
    }

    /// Whether the instance was there and is gone.
    pub(crate) fn is_terminated(&self, id: &str) -> bool {
        self.terminated.contains_key(id)
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) -> Option<Resource> {
        self.resources.remove(&(kind.to_owned(), id.to_owned()))
    }

    pub(crate) fn is_public(&self, id: &str) -> bool {
        self.get("publication", &format!("{id}/public")).is_some()
    }

    /// Whom an image or a snapshot is shared with, the public aside.
    pub(crate) fn shared_with<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a str> {
        self.of_kind("share").filter_map(move |share| {
            share.address.id().split_once('/').filter(|(of, _)| *of == id).map(|(_, with)| with)
        })
    }

    /// The image that guards a snapshot: one that is there, or one that is only just gone.
    pub(crate) fn holder_of(&self, snapshot: &str) -> Option<&str> {
        let there = self.of_kind("image").find(|image| linked(image, "created-from").any(|id| id == snapshot));
        there.map(|image| image.address.id()).or_else(|| {
            let lingers = self.lingering.iter().find(|(_, _, snapshots)| snapshots.iter().any(|id| id == snapshot));
            lingers.map(|(_, image, _)| image.as_str())
        })
    }

    /// For how many days the bin keeps a resource that is removed; none where it does not.
    pub(crate) fn kept_for(&self, resource: &Resource) -> Option<u64> {
        let tags = resource.tags.as_ref().known();
        let has_one = |of: &Tags| of.iter().any(|(key, value)| tags.and_then(|tags| tags.get(key)) == Some(value));
        let keeps = |rule: &&Rule| (rule.tags.is_empty() || has_one(&rule.tags)) && !has_one(&rule.excluded);
        let of_kind = self.rules.iter().filter(|rule| rule.kind == resource.address.kind());
        of_kind.filter(keeps).map(|rule| rule.days).max()
    }

    /// Takes a resource out of the world, and what only hangs on it. The bin may have it.
    pub(crate) fn discard(&mut self, kind: &str, id: &str, now: Timestamp) {
        let Some(resource) = self.remove(kind, id) else { return };
        let grants = format!("{id}/");
        self.resources
            .retain(|(kind, of), _| !(matches!(kind.as_str(), "share" | "publication") && of.starts_with(&grants)));
        if let Some(days) = self.kept_for(&resource) {
            let leaves = clock::after_millis(now, days.saturating_mul(24 * 3_600_000));
            self.bin.insert((kind.to_owned(), id.to_owned()), Binned { entered: now, leaves });
        }
    }

    /// Remembers that an image is gone, which still guards its snapshots for a while.
    pub(crate) fn linger(&mut self, image: &Resource, until: Timestamp) {
        self.deregistered.insert(image.address.id().to_owned());
        let snapshots = linked(image, "created-from").map(str::to_owned).collect();
        self.lingering.push((until, image.address.id().to_owned(), snapshots));
    }

    /// Lets happen what is due by now.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        self.lingering.retain(|(until, _, _)| *until > now);
        self.bin.retain(|_, binned| binned.leaves > now);
    }

    /// Ends the instance: the disks that go with it go, the others are free.
    pub(crate) fn terminate(&mut self, id: &str, now: Timestamp) {
        let Some(mut instance) = self.remove("instance", id) else { return };
        instance.state = Fact::Known("terminated".to_owned());
        self.terminated.insert(id.to_owned(), instance);
        let attached: Vec<String> = self
            .of_kind("disk")
            .filter(|disk| linked(disk, "attached-to").any(|to| to == id))
            .map(|disk| disk.address.id().to_owned())
            .collect();
        for disk in attached {
            let goes = self.get("disk", &disk).map(|found| flag(found, "delete_with_instance")) != Some(Some(false));
            if goes {
                self.discard("disk", &disk, now);
            } else if let Some(resource) = self.resources.get_mut(&("disk".to_owned(), disk)) {
                resource.state = Fact::Known("available".to_owned());
                if let Fact::Known(links) = &mut resource.links {
                    links.retain(|link| link.relation.as_str() != "attached-to");
                }
                if let Fact::Known(attributes) = &mut resource.attributes {
                    attributes.remove("delete_with_instance");
                }
            }
        }
    }
}

impl Rule {
    fn read(resource: &Resource) -> Result<Self, WorldError> {
        let wrong = |attribute: &str, expected: &'static str| WorldError::Attribute {
            address: Box::new(resource.address.clone()),
            attribute: attribute.to_owned(),
            expected,
        };
        let kind = word(resource, "kind").filter(|kind| ["snapshot", "image", "disk"].contains(kind));
        let tags = resource.tags.as_ref().known().cloned().unwrap_or_default();
        let excluded = match attribute(resource, "excluded") {
            Some(excluded) => serde_json::from_value(excluded.clone()).ok().filter(|_| tags.is_empty()),
            None => Some(Tags::new()),
        };
        Ok(Self {
            id: resource.address.id().to_owned(),
            kind: kind.ok_or_else(|| wrong("kind", "one of snapshot, image, disk"))?.to_owned(),
            days: attribute(resource, "days").and_then(Value::as_u64).ok_or_else(|| wrong("days", "a count"))?,
            excluded: excluded.ok_or_else(|| wrong("excluded", "tags, in a rule that has no others"))?,
            tags,
        })
    }
}

/// Whether AWS Backup owns it: a snapshot or an image with the tag of that service, or of its account.
pub(crate) fn is_of_backup(resource: &Resource) -> bool {
    const ACCOUNT: &str = "aws-backup-vault";
    let is_tagged = resource.tags.as_ref().known().is_some_and(|tags| tags.contains_key(BACKUP_TAG));
    match resource.address.kind() {
        "snapshot" => is_tagged || word(resource, "owner_alias") == Some(ACCOUNT),
        "image" => is_tagged || word(resource, "image_owner_alias") == Some(ACCOUNT),
        _ => false,
    }
}

/// The attribute of that name, where it is known.
pub(crate) fn attribute<'a>(resource: &'a Resource, name: &str) -> Option<&'a AttributeValue> {
    let attributes: Option<&Attributes> = resource.attributes.as_ref().known();
    attributes?.get(name).filter(|value| !value.is_null())
}

/// An attribute that is a text.
pub(crate) fn word<'a>(resource: &'a Resource, name: &str) -> Option<&'a str> {
    attribute(resource, name).and_then(Value::as_str)
}

/// An attribute that is a yes or a no.
pub(crate) fn flag(resource: &Resource, name: &str) -> Option<bool> {
    attribute(resource, name).and_then(Value::as_bool)
}

/// The ids at the other end of the links of a relation.
pub(crate) fn linked<'a>(resource: &'a Resource, relation: &'a str) -> impl Iterator<Item = &'a str> {
    linked_to(resource, relation).map(Address::id)
}

/// The other ends of the links of a relation.
pub(crate) fn linked_to<'a>(resource: &'a Resource, relation: &'a str) -> impl Iterator<Item = &'a Address> {
    let links = resource.known_links().iter();
    links.filter(move |link| link.relation.as_str() == relation).map(|link| &link.target)
}
