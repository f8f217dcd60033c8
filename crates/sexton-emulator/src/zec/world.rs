//! The resources of one account in all its regions. The world knows neither HTTP nor a clock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sexton_core::address::{Account, Kind, NameError, Provider, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{BuildError, CensusLine, CensusScope, Inventory, Listing, ResourceRef};
use sexton_core::resource::Resource;

use super::events::Agenda;
use super::records::{Disk, GLOBAL, Image, Instance, PROVIDER, Policy, Snapshot, Writer};
use crate::world::reading::WorldError;

/// The account of a ZEC world that names none.
pub const DEFAULT_ZEC_ACCOUNT: &str = "emulated";

/// The region of a ZEC world that names none.
pub const DEFAULT_ZEC_REGION: &str = "asia-east-1";

/// The resources of one ZEC account, in all its regions.
#[derive(Debug, Clone)]
pub struct ZecWorld {
    pub(crate) writer: Writer,
    pub(crate) snapshots: BTreeMap<String, Snapshot>,
    pub(crate) disks: BTreeMap<String, Disk>,
    pub(crate) images: BTreeMap<String, Image>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) policies: BTreeMap<String, Policy>,
    /// The region of every zone.
    pub(crate) zones: BTreeMap<String, String>,
    pub(crate) agenda: Agenda,
}

impl ZecWorld {
    /// An account with nothing in it, that has one zone in one region.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn empty(account: &str, region: &str) -> Result<Self, NameError> {
        Region::new(region)?;
        Ok(Self {
            writer: Writer { provider: Provider::new(PROVIDER)?, account: Account::new(account)? },
            snapshots: BTreeMap::new(),
            disks: BTreeMap::new(),
            images: BTreeMap::new(),
            instances: BTreeMap::new(),
            policies: BTreeMap::new(),
            zones: BTreeMap::from([(format!("{region}a"), region.to_owned())]),
            agenda: Agenda::default(),
        })
    }

    /// The world that an inventory describes: what it has of this provider and of the account. Where no account is given
    /// it is that of the resources there.
    ///
    /// Attributes that the listing has no field for are ignored, but for two: `emulator_refuse` (a list of codes with
    /// which the removal of the resource is refused), `emulator_finishes_after_ms` (when what is changing about it settles,
    /// and when the refusals end, counted from the start of the emulator).
    ///
    /// # Errors
    /// A resource that this API could not have listed.
    pub fn from_inventory(inventory: &Inventory, account: Option<&str>) -> Result<Self, WorldError> {
        let here: Vec<Resource> = inventory
            .resources()
            .filter(|resource| resource.provider() == PROVIDER)
            .map(ResourceRef::to_resource)
            .collect();
        let accounts: BTreeSet<&str> = here.iter().map(|resource| resource.address.account()).collect();
        let account = match (account, accounts.len()) {
            (Some(account), _) => account,
            (None, 0 | 1) => accounts.first().copied().unwrap_or(DEFAULT_ZEC_ACCOUNT),
            (None, _) => return Err(WorldError::Accounts(accounts.into_iter().map(str::to_owned).collect())),
        };
        let mut world = Self::empty(account, DEFAULT_ZEC_REGION)?;
        for resource in here.iter().filter(|resource| resource.address.account() == account) {
            match resource.address.kind() {
                Snapshot::KIND => world.add_snapshot(Snapshot::read(resource)?),
                Disk::KIND => world.add_disk(Disk::read(resource)?),
                Image::KIND => world.add_image(Image::read(resource)?),
                Instance::KIND => world.add_instance(Instance::read(resource)?),
                Policy::KIND => world.add_policy(Policy::read(resource)?),
                _ => return Err(WorldError::Kind { address: Box::new(resource.address.clone()) }),
            }
        }
        Ok(world)
    }

    pub(crate) fn add_snapshot(&mut self, snapshot: Snapshot) {
        self.zones.insert(snapshot.record.zone.clone(), snapshot.record.region.clone());
        self.snapshots.insert(snapshot.record.id.clone(), snapshot);
    }

    pub(crate) fn add_disk(&mut self, disk: Disk) {
        self.zones.insert(disk.record.zone.clone(), disk.record.region.clone());
        self.disks.insert(disk.record.id.clone(), disk);
    }

    pub(crate) fn add_image(&mut self, image: Image) {
        self.images.insert(image.record.id.clone(), image);
    }

    pub(crate) fn add_instance(&mut self, instance: Instance) {
        self.zones.insert(instance.record.zone.clone(), instance.record.region.clone());
        self.instances.insert(instance.record.id.clone(), instance);
    }

    pub(crate) fn add_policy(&mut self, policy: Policy) {
        self.zones.insert(policy.record.zone.clone(), policy.record.region.clone());
        self.policies.insert(policy.record.id.clone(), policy);
    }

    /// The account whose resources these are.
    pub fn account(&self) -> &str {
        self.writer.account.as_str()
    }

    /// The whole world as an inventory, complete as of that time.
    ///
    /// # Errors
    /// More resources than an inventory can number.
    pub fn inventory(&self, as_of: Timestamp) -> Result<Inventory, BuildError> {
        let as_of = sexton_core::time::Timestamp::from_second(as_of.as_second())
            .unwrap_or_else(|| sexton_core::time::Timestamp::from_jiff(as_of));
        let regional = [Snapshot::KIND, Disk::KIND, Instance::KIND, Policy::KIND];
        let regions: BTreeSet<&str> = self.zones.values().map(String::as_str).collect();
        let census = regions
            .into_iter()
            .flat_map(|region| regional.map(|kind| (region, kind)))
            .chain([(GLOBAL, Image::KIND), (GLOBAL, Instance::KIND)])
            .map(|(region, kind)| CensusLine {
                scope: CensusScope {
                    provider: self.writer.provider.clone(),
                    account: self.writer.account.clone(),
                    region: self.writer.region(region),
                    kind: Kind::new(kind).expect("kinds are written in this crate"),
                },
                listing: Listing::Complete,
                as_of: Fact::Known(as_of),
            });
        let mut resources: Vec<Resource> = Vec::new();
        resources.extend(self.snapshots.values().map(|snapshot| {
            let disk = snapshot.disk.as_ref().and_then(|disk| self.disks.get(disk));
            // A listing finds a disk beside a snapshot in its own region only.
            snapshot.write(&self.writer, disk.filter(|disk| disk.record.region == snapshot.record.region))
        }));
        resources.extend(self.disks.values().map(|disk| disk.write(&self.writer)));
        resources.extend(self.images.values().map(|image| image.write(&self.writer)));
        resources.extend(self.instances.values().map(|instance| instance.write(&self.writer)));
        resources.extend(self.policies.values().map(|policy| policy.write(&self.writer)));
        Inventory::new(as_of, census, resources)
    }
}
