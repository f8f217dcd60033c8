//! Resources that hang together, made from one number. A world is some of these side by side, so that a failing one
//! shrinks by leaving clusters out.

use std::collections::BTreeMap;

use sexton_core::address::{Address, NameError, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::time::{Span, Timestamp};

use super::{PLACES, PROVIDER};
use crate::random::Random;

/// A change that comes by itself, without anybody's doing: a snapshot is finished, a task ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// How long after the beginning of the run, in milliseconds.
    pub after_ms: u64,
    /// The resource.
    pub address: Address,
    /// Its state from then on.
    pub state: String,
}

/// What one cluster adds to a world.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) resources: Vec<Resource>,
    pub(super) turns: Vec<Turn>,
}

/// Makes one cluster.
struct Maker {
    random: Random,
    name: String,
    /// Account and region.
    place: (&'static str, &'static str),
    taken_at: Timestamp,
    made: Cluster,
}

pub(super) fn cluster(seed: u64, taken_at: Timestamp) -> Result<Cluster, NameError> {
    let mut maker = Maker {
        random: Random::new(seed),
        name: format!("{seed:x}"),
        place: place(seed),
        taken_at,
        made: Cluster::default(),
    };
    match maker.random.between(0, 7) {
        0 | 1 => maker.chain()?,
        2 => maker.family()?,
        3 => maker.instance()?,
        4 => maker.files()?,
        5 => maker.forced()?,
        6 => maker.waiting()?,
        _ => maker.referred()?,
    }
    maker.claims();
    // By a number of its own: what the others of a seed are does not change with it.
    if Random::new(seed ^ 0xc0b7).chance(12) {
        maker.copy()?;
    }
    Ok(maker.made)
}

/// Most clusters are in one place, so that they share calls.
fn place(seed: u64) -> (&'static str, &'static str) {
    let [most, second, third] = PLACES;
    match Random::new(seed ^ 0x91ace).between(0, 9) {
        0..6 => most,
        6..8 => second,
        _ => third,
    }
}

impl Maker {
    /// A snapshot, images made from it, and what hangs on those.
    fn chain(&mut self) -> Result<(), NameError> {
        let snapshot = self.add("snapshot", "s", "accomplished", &[], Some("dev"))?;
        for image in 0..self.random.between(0, 3) {
            let image = self.add("image", &format!("m{image}"), "Available", &[("created-from", &snapshot)], None)?;
            self.shares(&image)?;
            if self.random.chance(25) {
                self.task(&image)?;
            }
        }
        if self.random.chance(15) {
            self.add("snapshot", "kept", "accomplished", &[], Some("dev"))?;
            self.tag("keep", "true");
        }
        Ok(())
    }

    /// Images of one family, of which the newest is retained, each from a snapshot that nothing else needs.
    fn family(&mut self) -> Result<(), NameError> {
        for place in 0..self.random.between(2, 4) {
            let snapshot = self.add("snapshot", &format!("s{place}"), "accomplished", &[], None)?;
            let image =
                self.add("image", &format!("m{place}"), "Available", &[("created-from", &snapshot)], Some("dev"))?;
            let family = self.name.clone();
            self.tag("family", &family);
            if self.random.chance(40) {
                self.shares(&image)?;
            }
        }
        Ok(())
    }

    /// An instance with disks, of which some go with it and some stay behind it.
    fn instance(&mut self) -> Result<(), NameError> {
        let snapshot = self.add("snapshot", "s", "accomplished", &[], None)?;
        let mut booted = Vec::new();
        if self.random.chance(50) {
            let image = self.add("image", "m", "Available", &[("created-from", &snapshot)], None)?;
            booted.push(("booted-from", image));
        }
        let links: Vec<(&str, &Address)> = booted.iter().map(|(relation, target)| (*relation, target)).collect();
        let state = if self.random.chance(40) { "Running" } else { "Stopped" };
        let instance = self.add("instance", "i", state, &links, Some("dev"))?;
        for disk in 0..self.random.between(0, 3) {
            let mut links = vec![("attached-to", &instance)];
            if self.random.chance(40) {
                links.push(("created-from", &snapshot));
            }
            let stays = self.random.chance(35);
            let env = (stays && self.random.chance(70)).then_some("dev");
            self.add("disk", &format!("d{disk}"), "In_use", &links, env)?;
            self.attribute("delete_with_instance", serde_json::Value::Bool(!stays));
        }
        Ok(())
    }

    /// Many of one sort, which share calls.
    fn files(&mut self) -> Result<(), NameError> {
        for file in 0..self.random.between(2, 9) {
            let env = if self.random.chance(90) { "dev" } else { "prod" };
            self.add("file", &format!("f{file}"), "Normal", &[], Some(env))?;
        }
        Ok(())
    }

    /// A snapshot whose disks stay: it can only be forced.
    fn forced(&mut self) -> Result<(), NameError> {
        let snapshot = self.add("snapshot", "s", "accomplished", &[], Some("dev"))?;
        for disk in 0..self.random.between(1, 2) {
            self.add("disk", &format!("d{disk}"), "Available", &[("created-from", &snapshot)], None)?;
        }
        Ok(())
    }

    /// What is not ready yet and will be.
    fn waiting(&mut self) -> Result<(), NameError> {
        let snapshot = self.add("snapshot", "s", "progressing", &[], Some("dev"))?;
        self.turn(&snapshot, "accomplished");
        if self.random.chance(60) {
            let image = self.add("image", "m", "Creating", &[], Some("dev"))?;
            let family = self.name.clone();
            self.tag("family", &family);
            self.add("image", "newer", "Available", &[], Some("prod"))?;
            self.tag("family", &family);
            self.made_just_now();
            self.turn(&image, "Available");
        }
        Ok(())
    }

    /// An image on its way, which is cancelled where it is a copy, and else stays.
    fn copy(&mut self) -> Result<(), NameError> {
        let image = self.add("image", "copy", "Creating", &[], Some("copy"))?;
        if self.random.chance(80) {
            self.attribute("is_copied", true.into());
        }
        if self.random.chance(60) {
            self.turn(&image, "Available");
        }
        Ok(())
    }

    /// An image that a template refers to, which the provider would remove all the same.
    fn referred(&mut self) -> Result<(), NameError> {
        for place in 0..2 {
            let image = self.add("image", &format!("m{place}"), "Available", &[], Some("dev"))?;
            let family = self.name.clone();
            self.tag("family", &family);
            if self.random.chance(70) {
                self.add("template", &format!("t{place}"), "Normal", &[("refers-to", &image)], None)?;
            }
        }
        Ok(())
    }

    fn shares(&mut self, image: &Address) -> Result<(), NameError> {
        for share in 0..self.random.between(0, 4) {
            let id = format!("{}/{share}", image.id());
            self.add_named("share", &id, "Normal", &[("grants", image)], None)?;
        }
        Ok(())
    }

    fn task(&mut self, image: &Address) -> Result<(), NameError> {
        let id = format!("{}-t", image.id());
        let task = self.add_named("task", &id, "Running", &[("exports", image)], None)?;
        if self.random.chance(50) {
            self.turn(&task, "Finished");
        }
        Ok(())
    }

    /// Some snapshots say what they are used for: what is there, and now and then more.
    fn claims(&mut self) {
        let resources = &self.made.resources;
        let mut said = Vec::new();
        for (place, snapshot) in resources.iter().enumerate().filter(|(_, one)| one.address.kind() == "snapshot") {
            if self.random.chance(50) {
                let holders = resources.iter().filter(|one| created_from(one, &snapshot.address));
                let mut kinds: Vec<&str> = holders.map(|one| one.address.kind()).collect();
                if self.random.chance(10) {
                    kinds.push("disk");
                }
                said.push((place, usage(&kinds)));
            }
        }
        for (place, usage) in said {
            if let Fact::Known(attributes) = &mut self.made.resources[place].attributes {
                attributes.insert(USAGE.to_owned(), usage.into());
            }
        }
    }

    fn turn(&mut self, address: &Address, state: &str) {
        let after_ms = self.random.between(0, 60_000);
        self.made.turns.push(Turn { after_ms, address: address.clone(), state: state.to_owned() });
    }

    fn add(
        &mut self,
        kind: &str,
        id: &str,
        state: &str,
        links: &[(&str, &Address)],
        env: Option<&str>,
    ) -> Result<Address, NameError> {
        let id = format!("{}-{id}", self.name);
        self.add_named(kind, &id, state, links, env)
    }

    fn add_named(
        &mut self,
        kind: &str,
        id: &str,
        state: &str,
        links: &[(&str, &Address)],
        env: Option<&str>,
    ) -> Result<Address, NameError> {
        let (account, region) = self.place;
        let address: Address = format!("{PROVIDER}:{account}:{region}:{kind}/{id}").parse()?;
        let age = Span::from_hours(i64::try_from(self.random.between(24, 5_000)).unwrap_or(24));
        let mut resource = known(address.clone(), state, self.taken_at.checked_sub(age).unwrap_or(self.taken_at));
        let mut all = Vec::with_capacity(links.len());
        for (relation, target) in links {
            all.push(Link { relation: Relation::new(relation)?, target: (*target).clone() });
        }
        all.sort();
        resource.links = Fact::Known(all);
        if let (Fact::Known(tags), Some(env)) = (&mut resource.tags, env) {
            tags.insert("env".to_owned(), env.to_owned());
        }
        self.made.resources.push(resource);
        Ok(address)
    }

    fn tag(&mut self, key: &str, value: &str) {
        if let Some(Resource { tags: Fact::Known(tags), .. }) = self.made.resources.last_mut() {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }

    fn attribute(&mut self, name: &str, value: serde_json::Value) {
        if let Some(Resource { attributes: Fact::Known(attributes), .. }) = self.made.resources.last_mut() {
            attributes.insert(name.to_owned(), value);
        }
    }

    fn made_just_now(&mut self) {
        let hour = self.taken_at.checked_sub(Span::from_hours(1)).unwrap_or(self.taken_at);
        if let Some(last) = self.made.resources.last_mut() {
            last.created_at = Fact::Known(hour);
        }
    }
}

/// The attribute by which a snapshot says what it is used for.
pub(crate) const USAGE: &str = "usage";

/// What a snapshot is used for that resources of these kinds were created from.
pub(crate) fn usage(kinds: &[&str]) -> &'static str {
    match (kinds.contains(&"image"), kinds.contains(&"disk")) {
        (true, true) => "image_disk",
        (true, false) => "image",
        (false, true) => "disk",
        (false, false) => "none",
    }
}

/// Whether a resource was created from another.
pub(crate) fn created_from(resource: &Resource, other: &Address) -> bool {
    resource.known_links().iter().any(|link| link.relation.as_str() == "created-from" && link.target == *other)
}

/// A resource of which everything is known.
pub(crate) fn known(address: Address, state: &str, created_at: Timestamp) -> Resource {
    Resource {
        name: Fact::Known(address.id().to_owned()),
        created_at: Fact::Known(created_at),
        state: Fact::Known(state.to_owned()),
        size_bytes: Fact::Known(1 << 30),
        tags: Fact::Known(BTreeMap::new()),
        attributes: Fact::Known(BTreeMap::new()),
        links: Fact::Known(Vec::new()),
        ..Resource::unknown(address)
    }
}
