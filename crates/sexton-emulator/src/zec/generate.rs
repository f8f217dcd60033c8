//! A made-up ZEC account that looks like one that has been in use for a year, in two regions of two zones each: half of
//! it snapshots, a tenth custom images, and around them instances, disks and auto snapshot policies. The same settings
//! give the same account.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sexton_core::address::NameError;

use super::records::{Disk, GLOBAL, Image, Instance, Policy, Record, Snapshot, Status};
use super::world::ZecWorld;
use crate::dice::Dice;

/// What to make up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZecGenerate {
    /// About how many resources.
    pub resources: usize,
    /// Which of the many worlds of that size.
    pub seed: u64,
    /// The account that owns them.
    pub account: String,
    /// The age of everything is counted back from here.
    pub now: Timestamp,
}

/// The regions and their zones.
const ZONES: [(&str, &str); 4] = [
    ("asia-east-1a", "asia-east-1"),
    ("asia-east-1b", "asia-east-1"),
    ("europe-west-1a", "europe-west-1"),
    ("europe-west-1b", "europe-west-1"),
];
const OLDEST_DAYS: u64 = 400;

/// How many of each, in a thousand resources; the rest are snapshots.
const IMAGES: usize = 100;
const INSTANCES: usize = 120;
const DATA_DISKS: usize = 130;
const POLICIES: usize = 10;

impl ZecWorld {
    /// Makes up an account.
    ///
    /// # Errors
    /// An account that cannot be part of an address.
    pub fn generate(settings: &ZecGenerate) -> Result<ZecWorld, NameError> {
        let world = ZecWorld::empty(&settings.account, ZONES[0].1)?;
        let now = Timestamp::from_second(settings.now.as_second()).unwrap_or(settings.now);
        let mut scene = Scene { dice: Dice::new(settings.seed), now, world, made: 0 };
        scene.world.zones = ZONES.iter().map(|(zone, region)| ((*zone).to_owned(), (*region).to_owned())).collect();
        let part = |thousandths: usize| settings.resources * thousandths / 1000;
        for _ in 0..part(IMAGES) {
            scene.image();
        }
        for _ in 0..part(INSTANCES) {
            scene.instance();
        }
        for _ in 0..part(DATA_DISKS) {
            scene.data_disk();
        }
        for _ in 0..part(POLICIES) {
            scene.policy();
        }
        while scene.made < settings.resources {
            scene.snapshot();
        }
        Ok(scene.world)
    }
}

/// An account in the making.
struct Scene {
    dice: Dice,
    now: Timestamp,
    world: ZecWorld,
    made: usize,
}

impl Scene {
    fn record(&mut self, prefix: &str, status: Status) -> Record {
        self.made += 1;
        let (zone, region) = *self.dice.pick(&ZONES);
        let seconds = self.dice.below(OLDEST_DAYS * 86_400);
        let span = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let number = self.dice.below(1_000_000_000);
        Record {
            // Ids of the vendor are numbers; the count keeps them apart.
            id: format!("{prefix}{:06}{number:09}", self.made),
            name: Some(format!("{prefix}-{}", self.made)),
            region: region.to_owned(),
            zone: zone.to_owned(),
            created_at: self.now.checked_sub(span).ok(),
            status: Some(status),
            tags: self.tags(),
            group: Some("rg-default".to_owned()),
            refuse: Vec::new(),
            finishes_after_ms: None,
        }
    }

    fn tags(&mut self) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        if self.dice.percent(80) {
            let env = *self.dice.pick(&["dev", "dev", "test", "staging", "prod"]);
            tags.insert("env".to_owned(), env.to_owned());
        }
        if self.dice.percent(4) {
            tags.insert("keep".to_owned(), "true".to_owned());
        }
        tags
    }

    /// One of those that there are; none where there are none.
    fn any<'w, T>(dice: &mut Dice, all: &'w BTreeMap<String, T>) -> Option<&'w T> {
        let place = usize::try_from(dice.below(u64::try_from(all.len()).unwrap_or(u64::MAX))).unwrap_or(0);
        all.values().nth(place)
    }

    fn image(&mut self) {
        // Every twelfth, so that there is one in every account that is not tiny.
        let status = if self.world.images.len() % 12 == 11 { Status::from("SYNCING") } else { Status::Available };
        let mut record = self.record("img", status);
        let mut regions = vec![record.region.clone()];
        if self.dice.percent(20) {
            regions = vec!["asia-east-1".to_owned(), "europe-west-1".to_owned()];
        }
        record.region = GLOBAL.to_owned();
        record.created_at = None;
        let words =
            [("image_type", "custom_image"), ("image_source", "custom"), ("os_type", "linux"), ("image_size", "20")];
        let words = words.map(|(name, word)| (name, word.to_owned())).into();
        self.world.add_image(Image { record, words, min_disk_size: Some(20), regions: Some(regions) });
    }

    /// An instance with its boot disk, and often a data disk.
    fn instance(&mut self) {
        let status = *self.dice.pick(&["RUNNING", "RUNNING", "RUNNING", "STOPPED", "IMAGING"]);
        let record = self.record("ins", Status::from(status));
        let image = match self.dice.percent(60) {
            true => Self::any(&mut self.dice, &self.world.images).map(|image| image.record.id.clone()),
            false => Some("ubuntu2204_20240101".to_owned()),
        };
        for is_system in [true, false] {
            if is_system || self.dice.percent(40) {
                let mut disk = self.disk(Status::InUse);
                disk.record.zone = record.zone.clone();
                disk.record.region = record.region.clone();
                disk.instance = Some(record.id.clone());
                if is_system {
                    disk.disk_type = Some("system".to_owned());
                    disk.portable = Some(false);
                }
                self.world.add_disk(disk);
            }
        }
        let instance_type = Some("z2a.cpu.1".to_owned());
        self.world.add_instance(Instance { record, image, instance_type, expired_time: None });
    }

    fn disk(&mut self, status: Status) -> Disk {
        Disk {
            record: self.record("disk", status),
            size_gib: Some(*self.dice.pick(&[20, 40, 100, 500])),
            disk_type: Some("data".to_owned()),
            portable: Some(true),
            category: Some("Standard NVMe SSD".to_owned()),
            expired_time: None,
            snapshot_ability: Some(true),
            policy: None,
            instance: None,
        }
    }

    fn data_disk(&mut self) {
        let status = if self.dice.percent(95) { Status::Available } else { Status::Recycled };
        let disk = self.disk(status);
        self.world.add_disk(disk);
    }

    fn policy(&mut self) {
        let mut record = self.record("asp", Status::Available);
        record.status = None;
        let here =
            self.world.disks.values_mut().filter(|disk| disk.record.zone == record.zone && disk.policy.is_none());
        let mut disks = Vec::new();
        for disk in here.take(5) {
            disk.policy = Some(record.id.clone());
            disks.push(disk.record.id.clone());
        }
        disks.sort();
        self.world.add_policy(Policy { record, retention_days: Some(7), disks });
    }

    fn snapshot(&mut self) {
        let status = *self.dice.pick(&["AVAILABLE", "AVAILABLE", "AVAILABLE", "AVAILABLE", "CREATING", "FAILED"]);
        let mut record = self.record("snap", Status::from(status));
        record.tags = BTreeMap::new();
        let disk = match self.dice.percent(70) {
            true => Self::any(&mut self.dice, &self.world.disks),
            false => None,
        };
        if let Some(disk) = disk {
            record.zone = disk.record.zone.clone();
            record.region = disk.record.region.clone();
        }
        // Of the others the disk is gone, and the snapshot names it still.
        let disk = disk.map_or_else(|| format!("disk-gone-{}", self.made), |disk| disk.record.id.clone());
        let is_auto = self.dice.percent(60);
        self.world.add_snapshot(Snapshot {
            record,
            snapshot_type: Some(if is_auto { "auto" } else { "manual" }.to_owned()),
            retention_time: None,
            disk_ability: Some(true),
            disk: Some(disk),
        });
    }
}
