//! Jobs that take snapshots of live streams, and the records of what they took.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sexton_core::address::{Kind, NameError};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing, ResourceRef};
use sexton_core::resource::Resource;

use super::objects::Objects;
use crate::DEFAULT_ACCOUNT;
use crate::server::StartError;
use crate::world::reading::{Facts, WorldError};
use crate::world::writing::{Draft, Place};

/// The provider of a world of ICE.
pub(crate) const PROVIDER: &str = "aliyun-ice";
const JOB: &str = "live-snapshot-job";
const FILE: &str = "live-snapshot-file";
const MADE_BY: &str = "made-by";

/// What a time that disagrees with its timestamp is off by, in milliseconds: a clock of China without its zone.
const OFF_BY: u64 = 8 * 3_600_000;

/// The live snapshots of one account in one region.
#[derive(Debug, Clone)]
pub struct IceWorld {
    pub(super) place: Place,
    pub(super) jobs: BTreeMap<String, Job>,
    /// Where its objects are to be; a temporary folder where there is none.
    objects: Option<PathBuf>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<String>,
    pub(crate) template_id: Option<String>,
    pub(crate) template_name: Option<String>,
    pub(crate) time_interval: Option<u64>,
    pub(crate) output: Output,
    /// By their timestamps, in milliseconds.
    pub(crate) files: BTreeMap<u64, File>,
}

/// Where a job writes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) storage_type: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) bucket: Option<String>,
}

/// The record of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    /// Whether the object is overwritten by the next; none where the API does not say.
    pub(crate) is_overlay: Option<bool>,
    /// Whether `CreateTime` says another time than the timestamp.
    pub(crate) time_disagrees: bool,
    pub(crate) endpoint: Option<String>,
    pub(crate) bucket: Option<String>,
    pub(crate) object: Option<String>,
}

impl IceWorld {
    /// A region without jobs.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn empty(account: &str, region: &str) -> Result<Self, NameError> {
        Ok(Self { place: Place::new(PROVIDER, account, region)?, jobs: BTreeMap::new(), objects: None })
    }

    /// The world that an inventory describes: what it has of this provider, of the region, and of the account. Where no
    /// account is given it is that of the resources there. When a file was made is read from its id, which is how the
    /// API names it.
    ///
    /// # Errors
    /// A resource that this API could not have listed.
    pub fn from_inventory(inventory: &Inventory, region: &str, account: Option<&str>) -> Result<Self, WorldError> {
        let here: Vec<Resource> = inventory
            .resources()
            .filter(|resource| resource.provider() == PROVIDER && resource.region() == region)
            .map(ResourceRef::to_resource)
            .collect();
        let accounts: BTreeSet<&str> = here.iter().map(|resource| resource.address.account()).collect();
        let account = match (account, accounts.len()) {
            (Some(account), _) => account,
            (None, 0 | 1) => accounts.first().copied().unwrap_or(DEFAULT_ACCOUNT),
            (None, _) => return Err(WorldError::Accounts(accounts.into_iter().map(str::to_owned).collect())),
        };
        let mut world = Self::empty(account, region)?;
        let mut files = Vec::new();
        for resource in here.iter().filter(|resource| resource.address.account() == account) {
            match resource.address.kind() {
                JOB => world.add(Job::read(resource)?),
                FILE => files.push((resource, File::read(resource)?)),
                _ => return Err(WorldError::Kind { address: Box::new(resource.address.clone()) }),
            }
        }
        for (resource, (job, millis, file)) in files {
            match world.jobs.get_mut(&job) {
                Some(job) => job.files.insert(millis, file),
                None => return Err(WorldError::NoJob { address: Box::new(resource.address.clone()), job }),
            };
        }
        Ok(world)
    }

    /// The same world, with its objects in that folder, where they stay after the emulator. What the folder already has
    /// of other names is left alone.
    #[must_use]
    pub fn with_objects_in(self, folder: impl Into<PathBuf>) -> Self {
        Self { objects: Some(folder.into()), ..self }
    }

    /// The account whose jobs these are.
    pub fn account(&self) -> &str {
        self.place.account.as_str()
    }

    /// The region they are in.
    pub fn region(&self) -> &str {
        self.place.region.as_str()
    }

    pub(super) fn add(&mut self, job: Job) {
        self.jobs.insert(job.id.clone(), job);
    }

    /// The store, with an object for every record that names one.
    pub(super) fn store(&self) -> Result<Objects, StartError> {
        let at = |folder: &Path| {
            let folder = folder.to_owned();
            move |source| StartError::Objects { folder, source }
        };
        let objects = match &self.objects {
            Some(folder) => Objects::in_folder(folder).map_err(at(folder))?,
            None => Objects::temporary().map_err(at(&std::env::temp_dir()))?,
        };
        for job in self.jobs.values() {
            for (millis, file) in &job.files {
                if let (Some(bucket), Some(object)) = (&file.bucket, &file.object) {
                    let content = format!("job {} at {millis}\n", job.id);
                    objects.put(bucket, object, &content).map_err(at(objects.folder()))?;
                }
            }
        }
        Ok(objects)
    }

    /// The whole world as an inventory, complete as of that time.
    ///
    /// # Errors
    /// More resources than an inventory can number.
    pub fn inventory(&self, as_of: Timestamp) -> Result<Inventory, BuildError> {
        let as_of = sexton_core::time::Timestamp::from_second(as_of.as_second())
            .unwrap_or_else(|| sexton_core::time::Timestamp::from_jiff(as_of));
        let census = [JOB, FILE].into_iter().map(|kind| CensusLine {
            scope: CensusScope {
                provider: self.place.provider.clone(),
                account: self.place.account.clone(),
                region: self.place.region.clone(),
                kind: Kind::new(kind).expect("kinds are written in this crate"),
            },
            listing: Listing::Complete,
            as_of: Fact::Known(as_of),
        });
        let resources = self.jobs.values().flat_map(|job| {
            let files = job.files.iter().map(|(millis, file)| file.write(&self.place, &job.id, *millis));
            std::iter::once(job.write(&self.place)).chain(files)
        });
        Inventory::new(as_of, census, resources.collect())
    }
}

impl Job {
    fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[])?;
        if facts.id().contains('/') {
            return Err(WorldError::Id { address: facts.address(), kind: JOB, form: "one without a /" });
        }
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: resource.state.clone().known(),
            template_id: facts.text("template_id")?,
            template_name: facts.text("template_name")?,
            time_interval: facts.number("time_interval")?,
            output: Output {
                storage_type: facts.text("storage_type")?,
                endpoint: facts.text("oss_endpoint")?,
                bucket: facts.text("bucket")?,
            },
            files: BTreeMap::new(),
        })
    }

    fn write(&self, place: &Place) -> Resource {
        Draft::new(place, JOB, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_deref())
            .attribute("template_id", self.template_id.as_deref())
            .attribute("template_name", self.template_name.as_deref())
            .attribute("time_interval", self.time_interval)
            .attribute("storage_type", self.output.storage_type.as_deref())
            .attribute("oss_endpoint", self.output.endpoint.as_deref())
            .attribute("bucket", self.output.bucket.as_deref())
            .finish()
    }

    /// When it was changed last, as far as anything shows: when it took its last snapshot.
    pub(super) fn last_modified(&self) -> Option<Timestamp> {
        let last = self.files.keys().next_back().and_then(|millis| instant(*millis));
        self.created_at.into_iter().chain(last).max()
    }
}

impl File {
    /// The time that is told of it, in milliseconds.
    pub(super) fn told(&self, millis: u64) -> u64 {
        if self.time_disagrees { millis.saturating_add(OFF_BY) } else { millis }
    }

    fn read(resource: &Resource) -> Result<(String, u64, Self), WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[(MADE_BY, JOB)])?;
        let id = facts.id();
        let parts = id.split_once('/').and_then(|(job, millis)| Some((job.to_owned(), millis.parse::<u64>().ok()?)));
        let wrong = || WorldError::Id { address: facts.address(), kind: FILE, form: "JOB/MILLISECONDS" };
        let (job, millis) = parts.filter(|(_, millis)| instant(*millis).is_some()).ok_or_else(wrong)?;
        if facts.linked_once(MADE_BY, JOB)?.is_some_and(|maker| maker != job) {
            return Err(wrong());
        }
        let file = Self {
            is_overlay: facts.flag("is_overlay")?,
            time_disagrees: facts.flag("time_disagrees")?.unwrap_or(false),
            endpoint: facts.text("oss_endpoint")?,
            bucket: facts.text("bucket")?,
            object: facts.name(),
        };
        Ok((job, millis, file))
    }

    fn write(&self, place: &Place, job: &str, millis: u64) -> Resource {
        Draft::new(place, FILE, &format!("{job}/{millis}"))
            .name(self.object.as_deref())
            .created_at(instant(millis).filter(|_| !self.time_disagrees))
            .attribute("job", Some(job))
            .attribute("is_overlay", self.is_overlay)
            .attribute("time_disagrees", Some(self.time_disagrees))
            .attribute("oss_endpoint", self.endpoint.as_deref())
            .attribute("bucket", self.bucket.as_deref())
            .link(MADE_BY, JOB, job)
            .finish()
    }
}

/// The instant of a timestamp in milliseconds.
pub(super) fn instant(millis: u64) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
}
