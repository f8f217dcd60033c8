//! The resources of a world, each read from an inventory and written as one, in the words of the page on ZEC inventories
//! (`docs/zenlayer-zec.md`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::address::{Account, Address, Kind, Provider, Region, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};

use crate::world::reading::{Facts, GIB, WorldError};
use crate::world::words::words;

/// The provider whose inventory this is.
pub(crate) const PROVIDER: &str = "zenlayer-zec";
/// The region of images.
pub(crate) const GLOBAL: &str = "global";

words! {
    /// The states on which the API's behaviour depends, of all kinds.
    Status {
        Available = "AVAILABLE",
        Normal = "NORMAL",
        InUse = "IN_USE",
        Deleting = "DELETING",
        Releasing = "RELEASING",
        Recycle = "RECYCLE",
        Recycled = "RECYCLED",
        Recycling = "RECYCLING",
        Unavailable = "UNAVAILABLE",
        Running = "RUNNING",
        Stopped = "STOPPED",
        Failed = "FAILED",
    }
}

/// What every resource has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) region: String,
    pub(crate) zone: String,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<Status>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) group: Option<String>,
    /// Codes with which its removal is refused, for reasons that no listing shows.
    pub(crate) refuse: Vec<String>,
    /// When what is unfinished about it ends, after the emulator starts.
    pub(crate) finishes_after_ms: Option<u64>,
}

impl Record {
    fn read(facts: Facts<'_>, links: &[(&str, &str)]) -> Result<Self, WorldError> {
        only_links(facts, links)?;
        let region = facts.0.address.region().to_owned();
        // The first of a region's zones, where the inventory does not say.
        let zone = facts.text("zone_id")?.unwrap_or_else(|| format!("{region}a"));
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: facts.state(),
            tags: facts.tags(),
            group: facts.text("resource_group_id")?,
            refuse: facts.texts("emulator_refuse")?.unwrap_or_default(),
            finishes_after_ms: facts.number("emulator_finishes_after_ms")?,
            region,
            zone,
        })
    }

    pub(crate) fn is(&self, status: &Status) -> bool {
        self.status.as_ref() == Some(status)
    }

    pub(crate) fn is_in_bin(&self) -> bool {
        [Status::Recycle, Status::Recycled, Status::Recycling].iter().any(|status| self.is(status))
    }
}

/// Refuses links that the API could not tell.
fn only_links(facts: Facts<'_>, known: &[(&str, &str)]) -> Result<(), WorldError> {
    let home = &facts.0.address;
    for link in facts.0.known_links() {
        let target = &link.target;
        let is_known =
            known.iter().any(|(relation, kind)| link.relation.as_str() == *relation && target.kind() == *kind);
        let region = if target.kind() == Image::KIND { GLOBAL } else { home.region() };
        let is_here = target.provider() == home.provider() && target.account() == home.account();
        if !is_known || !is_here || target.region() != region {
            return Err(WorldError::Link {
                address: facts.address(),
                relation: link.relation.as_str().to_owned(),
                target: Box::new(target.clone()),
            });
        }
    }
    Ok(())
}

/// Writes resources of one account.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) provider: Provider,
    pub(crate) account: Account,
}

impl Writer {
    pub(crate) fn region(&self, name: &str) -> Region {
        Region::new(name).expect("the region was part of an address")
    }

    fn address(&self, region: &str, kind: &str, id: &str) -> Address {
        let region = if kind == Image::KIND { GLOBAL } else { region };
        Kind::new(kind)
            .and_then(|kind| Address::new(&self.provider, &self.account, &self.region(region), &kind, id))
            .expect("the world holds no empty ids")
    }

    fn write(
        &self,
        kind: &str,
        record: &Record,
        attributes: Vec<(&str, Option<Value>)>,
        links: &[(&str, &str, &str)],
    ) -> Resource {
        let mut resource = Resource::unknown(self.address(&record.region, kind, &record.id));
        resource.name = record.name.clone().into();
        resource.created_at = record.created_at.map(sexton_core::time::Timestamp::from_jiff).into();
        resource.state = record.status.as_ref().map(|status| status.as_str().to_owned()).into();
        resource.tags = Fact::Known(record.tags.clone());
        let of_all = [("resource_group_id", text(&record.group))];
        let known = attributes.into_iter().chain(of_all).filter_map(|(name, value)| Some((name.to_owned(), value?)));
        resource.attributes = Fact::Known(known.collect());
        let mut links: Vec<Link> = links
            .iter()
            .map(|(relation, kind, id)| Link {
                relation: Relation::new(relation).expect("relations are written in this crate"),
                target: self.address(&record.region, kind, id),
            })
            .collect();
        links.sort();
        links.dedup();
        resource.links = Fact::Known(links);
        resource
    }
}

fn text(value: &Option<String>) -> Option<Value> {
    value.clone().map(Value::from)
}

fn zone(record: &Record) -> (&'static str, Option<Value>) {
    ("zone_id", Some(Value::from(record.zone.clone())))
}

/// A snapshot. The API knows neither its size nor tags of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) record: Record,
    pub(crate) snapshot_type: Option<String>,
    pub(crate) retention_time: Option<String>,
    pub(crate) disk_ability: Option<bool>,
    pub(crate) disk: Option<String>,
}

impl Snapshot {
    pub(crate) const KIND: &str = "snapshot";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        Ok(Self {
            record: Record::read(facts, &[("source", Disk::KIND)])?,
            snapshot_type: facts.text("snapshot_type")?,
            retention_time: facts.text("retention_time")?,
            disk_ability: facts.flag("disk_ability")?,
            disk: facts.linked_once("source", Disk::KIND)?,
        })
    }

    pub(crate) fn write(&self, writer: &Writer, disk: Option<&Disk>) -> Resource {
        let attributes = vec![
            ("snapshot_type", text(&self.snapshot_type)),
            ("retention_time", text(&self.retention_time)),
            ("disk_ability", self.disk_ability.map(Value::from)),
            zone(&self.record),
        ];
        let links: Vec<_> = self.disk.iter().map(|disk| ("source", Disk::KIND, disk.as_str())).collect();
        let mut resource = writer.write(Self::KIND, &self.record, attributes, &links);
        resource.tags = Fact::Unknown;
        resource.size_bytes = disk.and_then(|disk| disk.size_gib).map(|gib| gib * GIB).into();
        resource
    }
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    pub(crate) record: Record,
    pub(crate) size_gib: Option<u64>,
    pub(crate) disk_type: Option<String>,
    pub(crate) portable: Option<bool>,
    pub(crate) category: Option<String>,
    pub(crate) expired_time: Option<String>,
    pub(crate) snapshot_ability: Option<bool>,
    pub(crate) policy: Option<String>,
    pub(crate) instance: Option<String>,
}

impl Disk {
    pub(crate) const KIND: &str = "disk";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        Ok(Self {
            record: Record::read(facts, &[("attached-to", Instance::KIND)])?,
            size_gib: facts.size_gib()?,
            disk_type: facts.text("disk_type")?,
            portable: facts.flag("portable")?,
            category: facts.text("category")?,
            expired_time: facts.text("expired_time")?,
            snapshot_ability: facts.flag("snapshot_ability")?,
            policy: facts.text("auto_snapshot_policy_id")?,
            instance: facts.linked_once("attached-to", Instance::KIND)?,
        })
    }

    pub(crate) fn is_system(&self) -> bool {
        self.disk_type.as_deref() == Some("system")
    }

    /// Whether it is released when its instance is; none where that cannot be told.
    pub(crate) fn goes_with_instance(&self) -> Option<bool> {
        match (self.disk_type.as_deref(), self.portable) {
            (Some("system"), _) | (_, Some(false)) => Some(true),
            (Some("data"), Some(true)) => Some(false),
            (Some(_) | None, Some(true) | None) => None,
        }
    }

    pub(crate) fn write(&self, writer: &Writer) -> Resource {
        let attributes = vec![
            ("disk_type", text(&self.disk_type)),
            ("portable", self.portable.map(Value::from)),
            ("delete_with_instance", Some(self.goes_with_instance().map_or(Value::Null, Value::from))),
            ("category", text(&self.category)),
            ("expired_time", text(&self.expired_time)),
            ("snapshot_ability", self.snapshot_ability.map(Value::from)),
            ("auto_snapshot_policy_id", text(&self.policy)),
            zone(&self.record),
        ];
        let links: Vec<_> =
            self.instance.iter().map(|instance| ("attached-to", Instance::KIND, instance.as_str())).collect();
        let mut resource = writer.write(Self::KIND, &self.record, attributes, &links);
        resource.size_bytes = self.size_gib.map(|gib| gib * GIB).into();
        resource
    }
}

/// A custom image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) record: Record,
    /// As the inventory has them, by attribute.
    pub(crate) words: BTreeMap<&'static str, String>,
    pub(crate) min_disk_size: Option<u64>,
    pub(crate) regions: Option<Vec<String>>,
}

impl Image {
    pub(crate) const KIND: &str = "image";
    /// Attributes that are words, and whether the API writes them in capitals.
    pub(crate) const WORDS: [(&'static str, &'static str, bool); 6] = [
        ("image_type", "imageType", true),
        ("image_source", "imageSource", true),
        ("os_type", "osType", false),
        ("image_size", "imageSize", false),
        ("image_version", "imageVersion", false),
        ("category", "category", false),
    ];

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        let mut words = BTreeMap::new();
        for (name, _, _) in Self::WORDS {
            words.extend(facts.text(name)?.map(|word| (name, word)));
        }
        let mut regions = facts.texts("region_ids")?.filter(|regions| !regions.is_empty());
        regions.iter_mut().for_each(|regions| regions.sort());
        // The API tells neither when it was made nor how much it holds.
        let record = Record { created_at: None, ..Record::read(facts, &[])? };
        Ok(Self { record, words, min_disk_size: facts.number("min_disk_size")?, regions })
    }

    pub(crate) fn write(&self, writer: &Writer) -> Resource {
        let words = Self::WORDS.iter().map(|(name, _, _)| (*name, self.words.get(name).cloned().map(Value::from)));
        let others = [
            ("min_disk_size", self.min_disk_size.map(Value::from)),
            ("region_ids", self.regions.clone().map(Value::from)),
        ];
        writer.write(Self::KIND, &self.record, words.chain(others).collect(), &[])
    }
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) record: Record,
    pub(crate) image: Option<String>,
    pub(crate) instance_type: Option<String>,
    pub(crate) expired_time: Option<String>,
}

impl Instance {
    pub(crate) const KIND: &str = "instance";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        Ok(Self {
            record: Record::read(facts, &[("booted-from", Image::KIND)])?,
            image: facts.linked_once("booted-from", Image::KIND)?,
            instance_type: facts.text("instance_type")?,
            expired_time: facts.text("expired_time")?,
        })
    }

    pub(crate) fn write(&self, writer: &Writer) -> Resource {
        let attributes = vec![
            ("instance_type", text(&self.instance_type)),
            ("expired_time", text(&self.expired_time)),
            zone(&self.record),
        ];
        let links: Vec<_> = self.image.iter().map(|image| ("booted-from", Image::KIND, image.as_str())).collect();
        writer.write(Self::KIND, &self.record, attributes, &links)
    }
}

/// An auto snapshot policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) record: Record,
    pub(crate) retention_days: Option<i64>,
    pub(crate) disks: Vec<String>,
}

impl Policy {
    pub(crate) const KIND: &str = "auto-snapshot-policy";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        let retention_days = match facts.0.attribute("retention_days") {
            sexton_core::resource::Attribute::Known(value) => value.as_i64(),
            sexton_core::resource::Attribute::Missing | sexton_core::resource::Attribute::Unknown => None,
        };
        // The API has no field for a state.
        let record = Record { status: None, ..Record::read(facts, &[("covers", Disk::KIND)])? };
        Ok(Self { record, retention_days, disks: facts.linked("covers", Disk::KIND) })
    }

    pub(crate) fn write(&self, writer: &Writer) -> Resource {
        let attributes = vec![
            ("disk_num", Some(Value::from(self.disks.len()))),
            ("retention_days", self.retention_days.map(Value::from)),
            zone(&self.record),
        ];
        let links: Vec<_> = self.disks.iter().map(|disk| ("covers", Disk::KIND, disk.as_str())).collect();
        writer.write(Self::KIND, &self.record, attributes, &links)
    }
}
