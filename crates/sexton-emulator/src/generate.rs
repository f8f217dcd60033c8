//! A made-up region that looks like one that has been in use for a year: half of it snapshots, a fifth images, and around
//! them instances, disks, shares, publications, tasks and what refers to images. The same settings give the same world.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use sexton_core::address::NameError;

use crate::dice::Dice;
use crate::world::World;
use crate::world::words::{ImageUsage, SnapshotUsage};

mod grants;
mod images;
mod machines;
mod references;
mod snapshots;
#[cfg(test)]
mod tests;

/// What to make up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generate {
    /// About how many resources.
    pub resources: usize,
    /// Which of the many worlds of that size.
    pub seed: u64,
    /// The account that owns them.
    pub account: String,
    /// The region they are in.
    pub region: String,
    /// The age of everything is counted back from here.
    pub now: Timestamp,
}

/// How many of each, in a thousand resources; the rest are snapshots.
const IMAGES: usize = 200;
const INSTANCES: usize = 80;
const DISKS: usize = 120;
const SHARES: usize = 50;
const PUBLICATIONS: usize = 15;
const TASKS: usize = 20;
const LAUNCH_TEMPLATES: usize = 9;
const SCALING_CONFIGURATIONS: usize = 6;

/// How long before `now` an image counts as old here; those that are not are well clear of it.
const OLD_DAYS: u64 = 30;

/// The oldest is younger than that.
const OLDEST_DAYS: u64 = 400;

impl World {
    /// Makes up a region.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn generate(settings: &Generate) -> Result<World, NameError> {
        let counts = Counts::of(settings.resources);
        let mut scene = Scene {
            dice: Dice::new(settings.seed),
            now: Timestamp::from_second(settings.now.as_second()).unwrap_or(settings.now),
            world: World::empty(&settings.account, &settings.region)?,
            taken: BTreeSet::new(),
        };
        images::make(&mut scene, &counts);
        let roles = images::cast(&mut scene, &counts);
        machines::make(&mut scene, &counts, &roles);
        snapshots::make_others(&mut scene, counts.snapshots);
        snapshots::lock_some(&mut scene);
        grants::make(&mut scene, &counts, &roles);
        references::make(&mut scene, &counts, &roles);
        scene.derive_usage();
        Ok(scene.world)
    }
}

/// How many of each.
#[derive(Debug)]
struct Counts {
    snapshots: usize,
    images: usize,
    instances: usize,
    disks: usize,
    shares: usize,
    publications: usize,
    tasks: usize,
    launch_templates: usize,
    scaling_configurations: usize,
}

impl Counts {
    fn of(resources: usize) -> Self {
        let part = |thousandths: usize| resources * thousandths / 1000;
        let mut counts = Self {
            snapshots: 0,
            images: part(IMAGES),
            instances: part(INSTANCES),
            disks: part(DISKS),
            shares: part(SHARES),
            publications: part(PUBLICATIONS),
            tasks: part(TASKS),
            launch_templates: part(LAUNCH_TEMPLATES),
            scaling_configurations: part(SCALING_CONFIGURATIONS),
        };
        let others = counts.images
            + counts.instances
            + counts.disks
            + counts.shares
            + counts.publications
            + counts.tasks
            + counts.launch_templates
            + counts.scaling_configurations;
        counts.snapshots = resources - others;
        counts
    }
}

/// Which images play which part. No image is in two of the lists, so that what holds one up is known.
#[derive(Debug, Default)]
struct Roles {
    /// Old, and instances run from them.
    hosts: Vec<String>,
    /// Old builds that templates refer to.
    referred: Vec<String>,
    /// Old, and disks were made from their snapshots.
    disk_sources: Vec<String>,
    /// Old, and nothing of the above.
    clean: Vec<String>,
    /// All others: young, or not available.
    others: Vec<String>,
}

/// A world in the making.
struct Scene {
    dice: Dice,
    now: Timestamp,
    world: World,
    taken: BTreeSet<String>,
}

impl Scene {
    /// An id that nothing else has, in the form of the vendor's.
    fn id(&mut self, prefix: &str) -> String {
        const LETTERS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        loop {
            let mut id = format!("{prefix}-bp1");
            for _ in 0..17 {
                id.push(char::from(*self.dice.pick(LETTERS)));
            }
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }

    /// A time so many days ago, within the day that ends there.
    fn days_ago(&mut self, days: u64) -> Timestamp {
        let seconds = days * 86_400 + self.dice.below(86_400);
        self.seconds_ago(seconds)
    }

    fn seconds_ago(&self, seconds: u64) -> Timestamp {
        let span = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        self.now.checked_sub(span).unwrap_or(Timestamp::MIN)
    }

    /// A time between the one given and now.
    fn since(&mut self, earliest: Timestamp) -> Timestamp {
        let passed = u64::try_from(self.now.duration_since(earliest).as_secs()).unwrap_or(0);
        let seconds = self.dice.below(passed + 1);
        self.seconds_ago(seconds)
    }

    /// What people put on things, unevenly.
    fn tags(&mut self) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::new();
        let mut tag = |key: &str, value: &str| tags.insert(key.to_owned(), value.to_owned());
        if self.dice.percent(90) {
            tag("env", self.dice.pick::<&str>(&["dev", "dev", "dev", "test", "test", "staging", "prod", "prod"]));
        }
        if self.dice.percent(80) {
            tag("team", self.dice.pick::<&str>(&["platform", "payments", "search", "mobile", "数据"]));
        }
        if self.dice.percent(4) {
            tag("keep", "true");
        }
        tags
    }

    /// An account of somebody else.
    fn account(&mut self) -> String {
        format!("1{:015}", self.dice.below(1_000_000_000_000_000))
    }

    /// `Usage` says what there is: a snapshot's images and disks, an image's instances.
    fn derive_usage(&mut self) {
        let world = &mut self.world;
        let imaged: BTreeSet<&String> = world.images.values().flat_map(|image| &image.snapshots).collect();
        let disked: BTreeSet<&String> = world.disks.values().filter_map(|disk| disk.source_snapshot.as_ref()).collect();
        for snapshot in world.snapshots.values_mut() {
            snapshot.usage =
                Some(SnapshotUsage { image: imaged.contains(&snapshot.id), disk: disked.contains(&snapshot.id) });
        }
        let booted: BTreeSet<&String> =
            world.instances.values().filter_map(|instance| instance.image.as_ref()).collect();
        for image in world.images.values_mut() {
            image.usage = Some(if booted.contains(&image.id) { ImageUsage::Instance } else { ImageUsage::None });
        }
    }
}
