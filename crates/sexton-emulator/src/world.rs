//! The resources of one account in one region, and what happens to them as time goes by. The world knows neither HTTP nor
//! a clock: every question brings the time along.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sexton_core::address::{Kind, NameError};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing};
use sexton_core::resource::Resource;

use crate::clock;
use crate::refusal::Refusal;

pub(crate) mod disk;
pub(crate) mod image;
pub(crate) mod instance;
pub(crate) mod reading;
pub(crate) mod reference;
pub(crate) mod snapshot;
pub(crate) mod task;
#[cfg(test)]
mod tests;
pub(crate) mod words;
pub(crate) mod writing;

use disk::Disk;
use image::{Grant, Image};
use instance::Instance;
use reading::WorldError;
use reference::{LaunchTemplate, ScalingConfiguration};
use snapshot::Snapshot;
use task::Task;
use words::{ImageStatus, ImageUsage, LockStatus, SnapshotStatus, TaskAction, TaskStatus};
use writing::Place;

/// The account of a world that names none.
pub const DEFAULT_ACCOUNT: &str = "1234567890123456";

/// The region of a world that names none.
pub const DEFAULT_REGION: &str = "cn-hangzhou";

/// The kinds of resources.
pub(crate) const KINDS: [&str; 9] = [
    Snapshot::KIND,
    Image::KIND,
    Disk::KIND,
    Instance::KIND,
    Image::SHARE,
    Image::PUBLICATION,
    Task::KIND,
    LaunchTemplate::KIND,
    ScalingConfiguration::KIND,
];

/// What is listed and is no kind of resource: the locks of snapshots.
const LOCK_CENSUS: &str = "snapshot-lock";

/// What only the emulator knows of a resource: attributes of a world file whose names begin with `emulator_`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Quirks {
    /// Its removal is refused with the first of these, for reasons that no listing shows.
    pub(crate) refuse: Vec<Refusal>,
    /// When what is unfinished about it ends, after the emulator starts.
    pub(crate) finishes_after_ms: Option<u64>,
}

/// What holds for the whole world and is not visible in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// Whether `Usage` keeps saying what held a resource after its holders are gone.
    pub(crate) usage_lags: bool,
    /// For how long after an image is gone its snapshots are still refused.
    pub(crate) guard_lingers_ms: u64,
    /// When unfinished resources that do not say so themselves finish.
    pub(crate) finishes_after_ms: Option<u64>,
}

/// The resources of one account in one region.
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) place: Place,
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    pub(crate) images: BTreeMap<String, Image>,
    pub(crate) disks: BTreeMap<String, Disk>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) launch_templates: BTreeMap<String, LaunchTemplate>,
    pub(crate) scaling_configurations: BTreeMap<String, ScalingConfiguration>,
    /// Snapshots that are still guarded by images that are gone.
    lingering: BTreeMap<String, Vec<String>>,
    agenda: BTreeSet<(Timestamp, Due)>,
}

/// What happens by itself at some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    ImageGone(String),
    GuardGone(String),
    SnapshotFinished(String),
    ImageFinished(String),
    TaskFinished(String),
    DiskFinished(String),
    InstanceFinished(String),
    LockExpired(String),
}

impl World {
    /// A region with nothing in it.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn empty(account: &str, region: &str) -> Result<Self, NameError> {
        Ok(Self {
            place: Place::new(account, region)?,
            snapshots: BTreeMap::new(),
            images: BTreeMap::new(),
            disks: BTreeMap::new(),
            instances: BTreeMap::new(),
            tasks: BTreeMap::new(),
            launch_templates: BTreeMap::new(),
            scaling_configurations: BTreeMap::new(),
            lingering: BTreeMap::new(),
            agenda: BTreeSet::new(),
        })
    }

    /// The world that an inventory describes: what it has of this provider, of the region, and of the account. Where no
    /// account is given it is that of the resources there.
    ///
    /// Attributes that the listing has no field for are ignored, but for two: `emulator_refuse` (a list of codes with
    /// which the removal of the resource is refused), `emulator_finishes_after_ms` (when a snapshot in progress, an image
    /// being created or a task finishes, and when the refusals end, counted from the start of the emulator).
    ///
    /// # Errors
    /// A resource that this API could not have listed.
    pub fn from_inventory(inventory: &Inventory, region: &str, account: Option<&str>) -> Result<Self, WorldError> {
        let here: Vec<&Resource> = inventory
            .resources()
            .iter()
            .filter(|resource| resource.address.provider() == writing::PROVIDER && resource.address.region() == region)
            .collect();
        let accounts: BTreeSet<&str> = here.iter().map(|resource| resource.address.account()).collect();
        let account = match (account, accounts.len()) {
            (Some(account), _) => account,
            (None, 0 | 1) => accounts.first().copied().unwrap_or(DEFAULT_ACCOUNT),
            (None, _) => return Err(WorldError::Accounts(accounts.into_iter().map(str::to_owned).collect())),
        };
        let mut world = Self::empty(account, region)?;
        let mut grants = Vec::new();
        for resource in here.into_iter().filter(|resource| resource.address.account() == account) {
            match resource.address.kind() {
                Snapshot::KIND => world.add_snapshot(Snapshot::read(resource)?),
                Image::KIND => world.add_image(Image::read(resource)?),
                Image::SHARE => grants.push((resource, Grant::read_share(resource)?)),
                Image::PUBLICATION => grants.push((resource, Grant::read_publication(resource)?)),
                Disk::KIND => world.add_disk(Disk::read(resource)?),
                Instance::KIND => world.add_instance(Instance::read(resource)?),
                Task::KIND => world.add_task(Task::read(resource)?),
                LaunchTemplate::KIND => world.add_launch_template(LaunchTemplate::read(resource)?),
                ScalingConfiguration::KIND => world.add_scaling_configuration(ScalingConfiguration::read(resource)?),
                _ => return Err(WorldError::Kind { address: Box::new(resource.address.clone()) }),
            }
        }
        for (resource, (image, grant)) in grants {
            match world.images.get_mut(&image) {
                Some(image) => grant.add_to(image),
                None => return Err(WorldError::NoImage { address: Box::new(resource.address.clone()), image }),
            }
        }
        Ok(world)
    }

    pub(crate) fn add_snapshot(&mut self, snapshot: Snapshot) {
        self.snapshots.insert(snapshot.id.clone(), snapshot);
    }

    pub(crate) fn add_image(&mut self, image: Image) {
        self.images.insert(image.id.clone(), image);
    }

    pub(crate) fn add_disk(&mut self, disk: Disk) {
        self.disks.insert(disk.id.clone(), disk);
    }

    pub(crate) fn add_instance(&mut self, instance: Instance) {
        self.instances.insert(instance.id.clone(), instance);
    }

    pub(crate) fn add_task(&mut self, task: Task) {
        self.tasks.insert(task.id.clone(), task);
    }

    pub(crate) fn add_launch_template(&mut self, template: LaunchTemplate) {
        self.launch_templates.insert(template.id.clone(), template);
    }

    pub(crate) fn add_scaling_configuration(&mut self, configuration: ScalingConfiguration) {
        self.scaling_configurations.insert(configuration.id.clone(), configuration);
    }

    /// The account whose resources these are.
    pub fn account(&self) -> &str {
        self.place.account.as_str()
    }

    /// The region they are in.
    pub fn region(&self) -> &str {
        self.place.region.as_str()
    }

    /// The whole world as an inventory, complete as of that time.
    ///
    /// # Errors
    /// More resources than an inventory can number.
    pub fn inventory(&self, as_of: Timestamp) -> Result<Inventory, BuildError> {
        let as_of = sexton_core::time::Timestamp::from_second(as_of.as_second())
            .unwrap_or_else(|| sexton_core::time::Timestamp::from_jiff(as_of));
        let census = KINDS.into_iter().chain([LOCK_CENSUS]).map(|kind| CensusLine {
            scope: CensusScope {
                provider: self.place.provider.clone(),
                account: self.place.account.clone(),
                region: self.place.region.clone(),
                kind: Kind::new(kind).expect("kinds are written in this crate"),
            },
            listing: Listing::Complete,
            as_of: Fact::Known(as_of),
        });
        let place = &self.place;
        let mut resources: Vec<Resource> = Vec::new();
        resources.extend(self.snapshots.values().map(|snapshot| snapshot.write(place)));
        resources.extend(self.images.values().flat_map(|image| image.write(place)));
        resources.extend(self.disks.values().map(|disk| disk.write(place)));
        resources.extend(self.instances.values().map(|instance| instance.write(place)));
        resources.extend(self.tasks.values().filter(|task| !task.is_cancelled).map(|task| task.write(place)));
        resources.extend(self.launch_templates.values().map(|template| template.write(place)));
        resources.extend(self.scaling_configurations.values().map(|configuration| configuration.write(place)));
        Inventory::new(as_of, census, resources)
    }

    /// Starts what ends by itself: from now on the world has a time.
    pub(crate) fn open(&mut self, now: Timestamp, ways: Ways) {
        let finish = |quirks: &Quirks| {
            quirks.finishes_after_ms.or(ways.finishes_after_ms).map(|millis| clock::after_millis(now, millis))
        };
        for snapshot in self.snapshots.values() {
            let due = finish(&snapshot.quirks).map(|at| (at, Due::SnapshotFinished(snapshot.id.clone())));
            self.agenda.extend(due);
            if let Some(expires_at) = snapshot.lock.as_ref().and_then(|lock| lock.expires_at) {
                self.agenda.insert((expires_at, Due::LockExpired(snapshot.id.clone())));
            }
        }
        for image in self.images.values() {
            self.agenda.extend(finish(&image.quirks).map(|at| (at, Due::ImageFinished(image.id.clone()))));
        }
        for task in self.tasks.values() {
            self.agenda.extend(finish(&task.quirks).map(|at| (at, Due::TaskFinished(task.id.clone()))));
        }
        for disk in self.disks.values() {
            self.agenda.extend(finish(&disk.quirks).map(|at| (at, Due::DiskFinished(disk.id.clone()))));
        }
        for instance in self.instances.values() {
            self.agenda.extend(finish(&instance.quirks).map(|at| (at, Due::InstanceFinished(instance.id.clone()))));
        }
    }

    /// Lets everything happen that is due by now.
    pub(crate) fn settle(&mut self, now: Timestamp, ways: Ways) {
        while let Some((at, _)) = self.agenda.first()
            && *at <= now
            && let Some((at, due)) = self.agenda.pop_first()
        {
            self.happen(at, due, ways);
        }
    }

    fn happen(&mut self, at: Timestamp, due: Due, ways: Ways) {
        match due {
            Due::ImageGone(id) => self.remove_image(&id, at, ways),
            Due::GuardGone(id) => {
                self.lingering.remove(&id);
            }
            Due::SnapshotFinished(id) => {
                if let Some(snapshot) = self.snapshots.get_mut(&id) {
                    snapshot.quirks.refuse.clear();
                    if snapshot.status == Some(SnapshotStatus::Progressing) {
                        snapshot.status = Some(SnapshotStatus::Accomplished);
                        snapshot.progress = Some("100%".to_owned());
                    }
                }
            }
            Due::ImageFinished(id) => {
                if let Some(image) = self.images.get_mut(&id) {
                    image.quirks.refuse.clear();
                    if matches!(image.status, Some(ImageStatus::Creating | ImageStatus::Waiting)) {
                        image.status = Some(ImageStatus::Available);
                    }
                }
            }
            Due::TaskFinished(id) => self.finish_task(&id),
            Due::DiskFinished(id) => {
                if let Some(disk) = self.disks.get_mut(&id) {
                    disk.quirks.refuse.clear();
                }
            }
            Due::InstanceFinished(id) => {
                if let Some(instance) = self.instances.get_mut(&id) {
                    instance.quirks.refuse.clear();
                }
            }
            Due::LockExpired(id) => {
                if let Some(lock) = self.snapshots.get_mut(&id).and_then(|snapshot| snapshot.lock.as_mut()) {
                    lock.status = LockStatus::Expired;
                }
            }
        }
    }

    fn finish_task(&mut self, id: &str) {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.is_running()) else { return };
        task.status = Some(TaskStatus::Finished);
        if task.action == Some(TaskAction::ImportImage)
            && let Some(image) = task.image.as_ref().and_then(|image| self.images.get_mut(image))
            && image.status == Some(ImageStatus::Creating)
        {
            image.status = Some(ImageStatus::Available);
        }
    }

    /// Accepts the deletion of an image, which is carried out at that time.
    pub(crate) fn doom_image(&mut self, id: &str, gone_at: Timestamp) {
        if let Some(image) = self.images.get_mut(id)
            && !image.is_going
        {
            image.is_going = true;
            self.agenda.insert((gone_at, Due::ImageGone(id.to_owned())));
        }
    }

    /// Takes an image out, its shares and publication with it. Its snapshots stay.
    fn remove_image(&mut self, id: &str, at: Timestamp, ways: Ways) {
        let Some(image) = self.images.remove(id) else { return };
        if ways.guard_lingers_ms > 0 && !image.snapshots.is_empty() {
            self.lingering.insert(id.to_owned(), image.snapshots.clone());
            self.agenda.insert((clock::after_millis(at, ways.guard_lingers_ms), Due::GuardGone(id.to_owned())));
        }
        if !ways.usage_lags {
            for snapshot in &image.snapshots {
                if !self.images.values().any(|other| other.snapshots.contains(snapshot)) {
                    self.update_usage(snapshot, |usage| usage.image = false);
                }
            }
        }
    }

    /// Takes a disk out. Its automatic snapshots go along where it says so and nothing keeps them; others stay.
    pub(crate) fn remove_disk(&mut self, id: &str, ways: Ways) {
        let Some(disk) = self.disks.remove(id) else { return };
        if let Some(snapshot) = &disk.source_snapshot
            && !ways.usage_lags
            && !self.has_disk(snapshot)
        {
            self.update_usage(snapshot, |usage| usage.disk = false);
        }
        if disk.delete_auto_snapshot == Some(false) {
            return;
        }
        let automatic: Vec<String> = self
            .snapshots
            .values()
            .filter(|snapshot| snapshot.is_automatic() && snapshot.source_disk.as_deref() == Some(id))
            .filter(|snapshot| !snapshot.lock.as_ref().is_some_and(snapshot::Lock::holds))
            .filter(|snapshot| !self.has_image(&snapshot.id) && !self.has_disk(&snapshot.id))
            .map(|snapshot| snapshot.id.clone())
            .collect();
        for snapshot in automatic {
            self.snapshots.remove(&snapshot);
        }
    }

    /// Takes an instance out, with the disks that go with it; the others are detached. A security lock releases all disks
    /// (vendor documentation of DeleteInstance).
    pub(crate) fn remove_instance(&mut self, id: &str, ways: Ways) {
        let Some(instance) = self.instances.remove(id) else { return };
        if let Some(image) = instance.image.as_ref().and_then(|image| self.images.get_mut(image))
            && !ways.usage_lags
            && image.usage == Some(ImageUsage::Instance)
            && !self.instances.values().any(|other| other.image == instance.image)
        {
            image.usage = Some(ImageUsage::None);
        }
        let attached: Vec<String> = self
            .disks
            .values()
            .filter(|disk| disk.attached_to.iter().any(|holder| holder == id))
            .map(|disk| disk.id.clone())
            .collect();
        for disk_id in attached {
            let Some(disk) = self.disks.get_mut(&disk_id) else { continue };
            disk.attached_to.retain(|holder| holder != id);
            if disk.attached_to.is_empty() {
                if disk.delete_with_instance != Some(false) || instance.is_locked_for_security() {
                    self.remove_disk(&disk_id, ways);
                } else {
                    disk.status = Some(words::DiskStatus::Available);
                }
            }
        }
    }

    /// Whether an image, or one that is only just gone, is made of the snapshot.
    pub(crate) fn has_image(&self, snapshot: &str) -> bool {
        let holds = |snapshots: &Vec<String>| snapshots.iter().any(|id| id == snapshot);
        self.images.values().any(|image| holds(&image.snapshots)) || self.lingering.values().any(holds)
    }

    /// Whether a disk was made from the snapshot.
    pub(crate) fn has_disk(&self, snapshot: &str) -> bool {
        self.disks.values().any(|disk| disk.source_snapshot.as_deref() == Some(snapshot))
    }

    fn update_usage(&mut self, snapshot: &str, change: impl Fn(&mut words::SnapshotUsage)) {
        if let Some(usage) = self.snapshots.get_mut(snapshot).and_then(|snapshot| snapshot.usage.as_mut()) {
            change(usage);
        }
    }
}
