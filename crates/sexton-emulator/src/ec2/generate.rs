//! A made-up region of EC2 that looks like one that has been in use for a year: half of it snapshots, and around them
//! images, instances, volumes, permissions, what refers to images, locks and rules of the Recycle Bin. The same settings
//! give the same region.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sexton_core::address::{Address, NameError, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource, Tags};

use super::world::{BACKUP_TAG, Ec2World, Rule};
use crate::dice::Dice;
use crate::generate::Generate;

mod grants;
mod machines;
#[cfg(test)]
mod tests;

/// How many of each, in a thousand resources; the rest are snapshots.
const IMAGES: usize = 180;
const INSTANCES: usize = 80;
const FREE_DISKS: usize = 60;
const SHARES: usize = 45;
const PUBLICATIONS: usize = 12;
const LAUNCH_TEMPLATES: usize = 10;
const LAUNCH_CONFIGURATIONS: usize = 5;

const OLDEST_DAYS: u64 = 400;

impl Ec2World {
    /// Makes up a region.
    ///
    /// # Errors
    /// An account or a region that cannot be part of an address.
    pub fn generate(settings: &Generate) -> Result<Self, NameError> {
        let mut scene = Scene {
            dice: Dice::new(settings.seed),
            now: Timestamp::from_second(settings.now.as_second()).unwrap_or(settings.now),
            world: Self::empty(&settings.account, &settings.region)?,
            taken: BTreeSet::new(),
            snapshots: Vec::new(),
            images: Vec::new(),
        };
        scene.world.rules = rules();
        let part = |thousandths: usize| settings.resources * thousandths / 1000;
        (0..part(IMAGES)).for_each(|number| scene.image(number));
        machines::instances(&mut scene, part(INSTANCES));
        machines::free_disks(&mut scene, part(FREE_DISKS));
        grants::shares(&mut scene, part(SHARES));
        grants::publications(&mut scene, part(PUBLICATIONS));
        grants::launch_templates(&mut scene, part(LAUNCH_TEMPLATES));
        grants::launch_configurations(&mut scene, part(LAUNCH_CONFIGURATIONS));
        for number in scene.taken.len()..settings.resources {
            scene.free_snapshot(number);
        }
        Ok(scene.world)
    }
}

/// One by a tag for snapshots and one for images; volumes are kept but for those of a tag.
fn rules() -> Vec<Rule> {
    let rule = |id: &str, kind: &str, days: u64, tags: Tags| Rule {
        id: id.to_owned(),
        kind: kind.to_owned(),
        days,
        tags,
        excluded: Tags::new(),
    };
    let tag = |key: &str, value: &str| Tags::from([(key.to_owned(), value.to_owned())]);
    vec![
        rule("rule-legal", "snapshot", 30, tag("legal", "hold")),
        rule("rule-prod-images", "image", 14, tag("env", "prod")),
        Rule { excluded: tag("env", "test"), ..rule("rule-volumes", "disk", 7, Tags::new()) },
    ]
}

/// A region in the making.
struct Scene {
    dice: Dice,
    now: Timestamp,
    world: Ec2World,
    /// The ids that there are.
    taken: BTreeSet<String>,
    /// The snapshots of images.
    snapshots: Vec<String>,
    images: Vec<String>,
}

impl Scene {
    /// An id that nothing else has, in the form of the vendor's.
    fn id(&mut self, prefix: &str) -> String {
        loop {
            let id = format!("{prefix}-0{:016x}", self.dice.next());
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }

    /// A resource without attributes and links, made within the last year.
    fn draft(&mut self, kind: &str, id: &str, state: Option<&str>) -> Resource {
        let address = self.world.address(kind, id);
        let mut resource = Resource::unknown(address);
        resource.created_at = Fact::from(self.some_time());
        resource.state = Fact::from(state.map(str::to_owned));
        resource.tags = Fact::Known(Tags::new());
        resource.attributes = Fact::Known(BTreeMap::new());
        resource.links = Fact::Known(Vec::new());
        resource
    }

    /// A time within the last year.
    fn some_time(&mut self) -> Option<sexton_core::time::Timestamp> {
        let ago = self.dice.below(OLDEST_DAYS * 86_400);
        sexton_core::time::Timestamp::from_second(self.shifted(ago, false).as_second())
    }

    /// So many seconds from now, ahead or back.
    fn shifted(&self, seconds: u64, ahead: bool) -> Timestamp {
        let span = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let at = if ahead { self.now.checked_add(span) } else { self.now.checked_sub(span) };
        at.unwrap_or(self.now)
    }

    /// What people put on things, unevenly.
    fn tags(&mut self) -> Tags {
        let mut tags = Tags::new();
        let mut tag = |key: &str, value: &str| tags.insert(key.to_owned(), value.to_owned());
        if self.dice.percent(85) {
            tag("env", self.dice.pick::<&str>(&["dev", "dev", "test", "staging", "prod", "prod"]));
        }
        if self.dice.percent(60) {
            tag("team", self.dice.pick::<&str>(&["platform", "payments", "R&D <lab>", "数据", ""]));
        }
        if self.dice.percent(4) {
            tag("keep", "true");
        }
        tags
    }

    /// Tags, and sometimes the one that is the name.
    fn named(&mut self, resource: &mut Resource, name: String) {
        let mut tags = self.tags();
        if self.dice.percent(70) {
            tags.insert("Name".to_owned(), name.clone());
            resource.name = Fact::Known(name);
        }
        resource.tags = Fact::Known(tags);
    }

    fn image(&mut self, number: usize) {
        let id = self.id("ami");
        let state = *self.dice.pick(&["available", "available", "available", "available", "available", "disabled"]);
        // Every twentieth, so that there is one in every region that is not tiny.
        let state = if number % 20 == 19 { "pending" } else { state };
        let mut image = self.draft("image", &id, Some(state));
        image.name = Fact::Known(format!("{}-{number}", self.dice.pick::<&str>(&["build", "base", "web", "batch"])));
        let mut tags = self.tags();
        set(&mut image, "architecture", json!(self.dice.pick::<&str>(&["x86_64", "arm64"])));
        set(&mut image, "platform", json!("Linux/UNIX"));
        set(&mut image, "root_device_type", json!("ebs"));
        if self.dice.percent(20) {
            let (days, ahead) = (self.dice.between(1, 200), self.dice.percent(30));
            set(&mut image, "deprecated_at", json!(self.shifted(days * 86_400, ahead).to_string()));
        }
        let protection = if number % 25 == 7 { "enabled-with-cooldown" } else { "disabled" };
        set(&mut image, "deregistration_protection", json!(protection));
        if number % 40 == 11 {
            tags.insert(BACKUP_TAG.to_owned(), format!("arn:aws:ec2:::instance/{number}"));
        }
        image.tags = Fact::Known(tags);
        for _ in 0..self.dice.between(1, 2) {
            // Some share a snapshot with another image.
            let snapshot = match self.dice.percent(10).then(|| self.any(|scene| &scene.snapshots)).flatten() {
                Some(snapshot) => snapshot,
                None => self.snapshot_of(&id),
            };
            link(&mut image, "created-from", &self.world.address("snapshot", &snapshot));
        }
        self.images.push(id);
        self.world.add(image);
    }

    /// A snapshot of an image.
    fn snapshot_of(&mut self, image: &str) -> String {
        let id = self.snapshot(Some(format!("Created by CreateImage for {image}")), "completed");
        self.snapshots.push(id.clone());
        if self.snapshots.len() % 20 == 17 {
            self.lock(&id);
        }
        id
    }

    /// A snapshot that no image is of.
    fn free_snapshot(&mut self, number: usize) {
        let state = *self.dice.pick(&["completed", "completed", "completed", "completed", "pending", "error"]);
        let described = self.dice.percent(50).then(|| format!("nightly \"{number}\" of <web> & co."));
        let id = self.snapshot(described, state);
        let Some(mut snapshot) = self.world.remove("snapshot", &id) else { return };
        match number % 20 {
            5 => set(&mut snapshot, "lock_state", json!("expired")),
            7 => tag(&mut snapshot, "legal", "hold"),
            11 => tag(&mut snapshot, BACKUP_TAG, "arn:aws:ec2:::volume/vol-1"),
            13 => set(&mut snapshot, "storage_tier", json!("archive")),
            _ => {}
        }
        self.world.add(snapshot);
        if number % 20 == 3 {
            self.lock(&id);
        }
    }

    /// Locks a snapshot for a while.
    fn lock(&mut self, id: &str) {
        let Some(mut snapshot) = self.world.remove("snapshot", id) else { return };
        let days = self.dice.between(1, 300);
        set(&mut snapshot, "locked_until", json!(self.shifted(days * 86_400, true).to_string()));
        set(&mut snapshot, "lock_state", json!(self.dice.pick::<&str>(&["compliance", "governance"])));
        self.world.add(snapshot);
    }

    fn snapshot(&mut self, description: Option<String>, state: &str) -> String {
        let id = self.id("snap");
        let mut snapshot = self.draft("snapshot", &id, Some(state));
        self.named(&mut snapshot, format!("snapshot {id}"));
        snapshot.size_bytes = Fact::Known(*self.dice.pick(&[8, 20, 100, 500]) << 30);
        set(&mut snapshot, "storage_tier", json!("standard"));
        set(&mut snapshot, "encrypted", json!(self.dice.percent(30)));
        set(&mut snapshot, "volume_id", json!(format!("vol-0{:016x}", self.dice.next())));
        if let Some(description) = description {
            set(&mut snapshot, "description", json!(description));
        }
        self.world.add(snapshot);
        id
    }

    /// One of those ids; none where there are none.
    fn any(&mut self, of: impl Fn(&Self) -> &Vec<String>) -> Option<String> {
        let count = of(self).len();
        let place = usize::try_from(self.dice.below(u64::try_from(count).unwrap_or(u64::MAX))).unwrap_or(0);
        of(self).get(place).cloned()
    }
}

/// Gives an attribute.
fn set(resource: &mut Resource, name: &str, value: Value) {
    if let Fact::Known(attributes) = &mut resource.attributes {
        attributes.insert(name.to_owned(), value);
    }
}

/// Gives a tag.
fn tag(resource: &mut Resource, key: &str, value: &str) {
    if let Fact::Known(tags) = &mut resource.tags {
        tags.insert(key.to_owned(), value.to_owned());
    }
}

/// Gives a link, in its place and once.
fn link(resource: &mut Resource, relation: &str, target: &Address) {
    let relation = Relation::new(relation).expect("relations are written in this crate");
    if let Fact::Known(links) = &mut resource.links {
        links.push(Link { relation, target: target.clone() });
        links.sort();
        links.dedup();
    }
}
