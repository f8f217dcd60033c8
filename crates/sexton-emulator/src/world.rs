//! The resources of one account in one region, and what happens to them as time goes by. The world knows neither HTTP nor
//! a clock: every question brings the time along.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sexton_core::address::{Kind, NameError};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing, ResourceRef};
use sexton_core::resource::Resource;

use crate::refusal::Refusal;

pub(crate) mod disk;
mod events;
pub(crate) mod image;
pub(crate) mod instance;
pub(crate) mod policy;
pub(crate) mod reading;
pub(crate) mod reference;
pub(crate) mod snapshot;
pub(crate) mod task;
pub(crate) mod words;
pub(crate) mod writing;

use disk::Disk;
use events::Due;
use image::{Grant, Image};
use instance::Instance;
use policy::SnapshotPolicy;
use reading::WorldError;
use reference::{LaunchTemplate, ScalingConfiguration};
use snapshot::Snapshot;
use task::Task;
use writing::Place;

/// The account of a world that names none.
pub const DEFAULT_ACCOUNT: &str = "1234567890123456";

/// The region of a world that names none.
pub const DEFAULT_REGION: &str = "cn-hangzhou";

/// The kinds of resources.
pub(crate) const KINDS: [&str; 10] = [
    Snapshot::KIND,
    Image::KIND,
    Disk::KIND,
    Instance::KIND,
    Image::SHARE,
    Image::PUBLICATION,
    Task::KIND,
    LaunchTemplate::KIND,
    ScalingConfiguration::KIND,
    SnapshotPolicy::KIND,
];

/// What is listed and is no kind of resource: the locks of snapshots, and their groups.
const FURTHER_CENSUS: [&str; 2] = ["snapshot-lock", "snapshot-group"];

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
    pub(crate) snapshot_policies: BTreeMap<String, SnapshotPolicy>,
    /// Other regions that are listed, with their endpoints.
    pub(crate) neighbours: BTreeMap<String, String>,
    /// Snapshots that are still guarded by images that are gone.
    lingering: BTreeMap<String, Vec<String>>,
    agenda: BTreeSet<(Timestamp, Due)>,
}

impl World {
    /// A region with nothing in it.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn empty(account: &str, region: &str) -> Result<Self, NameError> {
        Ok(Self {
            place: Place::new(writing::PROVIDER, account, region)?,
            snapshots: BTreeMap::new(),
            images: BTreeMap::new(),
            disks: BTreeMap::new(),
            instances: BTreeMap::new(),
            tasks: BTreeMap::new(),
            launch_templates: BTreeMap::new(),
            scaling_configurations: BTreeMap::new(),
            snapshot_policies: BTreeMap::new(),
            neighbours: BTreeMap::new(),
            lingering: BTreeMap::new(),
            agenda: BTreeSet::new(),
        })
    }

    /// The world that an inventory describes: what it has of this provider, of the region, and of the account. Where no
    /// account is given it is that of the resources there.
    ///
    /// Attributes that the listing has no field for are ignored, but for three: `emulator_refuse` (a list of codes with
    /// which the removal of the resource is refused), `emulator_finishes_after_ms` (when a snapshot in progress, an image
    /// being created or a task finishes, and when the refusals end, counted from the start of the emulator), and
    /// `emulator_by_tags` (an automatic snapshot policy takes its disks by their tags, and no association tells them).
    ///
    /// # Errors
    /// A resource that this API could not have listed.
    pub fn from_inventory(inventory: &Inventory, region: &str, account: Option<&str>) -> Result<Self, WorldError> {
        let here: Vec<Resource> = inventory
            .resources()
            .filter(|resource| resource.provider() == writing::PROVIDER && resource.region() == region)
            .map(ResourceRef::to_resource)
            .collect();
        let accounts: BTreeSet<&str> = here.iter().map(|resource| resource.address.account()).collect();
        let account = match (account, accounts.len()) {
            (Some(account), _) => account,
            (None, 0 | 1) => accounts.first().copied().unwrap_or(DEFAULT_ACCOUNT),
            (None, _) => return Err(WorldError::Accounts(accounts.into_iter().map(str::to_owned).collect())),
        };
        let mut world = Self::empty(account, region)?;
        let mut grants = Vec::new();
        for resource in here.iter().filter(|resource| resource.address.account() == account) {
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
                SnapshotPolicy::KIND => world.add_snapshot_policy(SnapshotPolicy::read(resource)?),
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

    pub(crate) fn add_snapshot_policy(&mut self, policy: SnapshotPolicy) {
        self.snapshot_policies.insert(policy.id.clone(), policy);
    }

    /// The same world, with another region that DescribeRegions lists: its endpoint, a host with or without a port, takes
    /// the place of the one that the vendor publishes.
    #[must_use]
    pub fn with_neighbour(mut self, region: &str, endpoint: &str) -> Self {
        self.neighbours.insert(region.to_owned(), endpoint.to_owned());
        self
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
        let census = KINDS.into_iter().chain(FURTHER_CENSUS).map(|kind| CensusLine {
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
        resources.extend(self.snapshot_policies.values().map(|policy| policy.write(place)));
        Inventory::new(as_of, census, resources)
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
}
