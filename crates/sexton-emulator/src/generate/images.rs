//! Images with their own snapshots, and the parts they play.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Counts, OLD_DAYS, OLDEST_DAYS, Roles, Scene, snapshots};
use crate::world::Quirks;
use crate::world::image::Image;
use crate::world::words::{ImageStatus, ImageUsage};

/// Beginnings of image names, as often as they occur in twenty.
const LINES: [(&str, usize); 6] = [("build", 9), ("web", 4), ("api", 2), ("db", 2), ("ci", 2), ("golden", 1)];

const SERVICES: [&str; 8] = ["checkout", "catalog", "search", "gateway", "billing", "worker", "report", "auth"];

pub(super) fn make(scene: &mut Scene, counts: &Counts) {
    let lines: Vec<&str> = LINES.iter().flat_map(|(line, times)| std::iter::repeat_n(*line, *times)).collect();
    let mut snapshots_left = counts.snapshots;
    let mut last_snapshot: Option<String> = None;
    for _ in 0..counts.images {
        let is_young = scene.dice.percent(8);
        let days =
            if is_young { scene.dice.below(OLD_DAYS - 1) } else { scene.dice.between(OLD_DAYS + 1, OLDEST_DAYS - 1) };
        let created_at = scene.days_ago(days);
        let line = *scene.dice.pick(&lines);
        let service = *scene.dice.pick(&SERVICES);
        let mut tags = scene.tags();
        if scene.dice.percent(60) {
            tags.insert("family".to_owned(), format!("{line}-{service}"));
        }
        if line == "golden" {
            tags.insert("keep".to_owned(), "true".to_owned());
        }
        let size_gib = *scene.dice.pick(&[20, 40, 40, 40, 60, 100]);
        let status = match (is_young, scene.dice.below(100)) {
            (true, 0..4) => ImageStatus::Creating,
            (true, 4) => ImageStatus::Waiting,
            (false, 0) => ImageStatus::CreateFailed,
            (false, 1) => ImageStatus::UnAvailable,
            (false, 2..5) => ImageStatus::Deprecated,
            (true | false, _) => ImageStatus::Available,
        };
        let own = 1 + usize::from(scene.dice.percent(30));
        let mut backing = BTreeSet::new();
        let is_reused = scene.dice.percent(4) || snapshots_left == 0;
        match last_snapshot.clone().filter(|id| is_reused && was_there(scene, id, created_at)) {
            Some(snapshot) => {
                backing.insert(snapshot);
            }
            None => {
                for number in 0..own.min(snapshots_left) {
                    let snapshot = snapshots::of_image(scene, created_at, size_gib, number == 0);
                    snapshots_left -= 1;
                    last_snapshot = Some(snapshot.clone());
                    backing.insert(snapshot);
                }
            }
        }
        let date = created_at.strftime("%Y%m%d-%H%M");
        let image = Image {
            id: scene.id("m"),
            name: Some(format!("{line}-{service}-{date}")),
            created_at: Some(created_at),
            status: Some(status),
            size_gib: Some(size_gib),
            tags,
            usage: Some(ImageUsage::None),
            owner_alias: Some("self".to_owned()),
            family: scene.dice.percent(30).then(|| format!("{line}-{service}")),
            is_copied: Some(scene.dice.percent(5)),
            os_type: Some("linux".to_owned()),
            architecture: Some(if scene.dice.percent(15) { "arm64" } else { "x86_64" }.to_owned()),
            resource_group_id: scene.dice.percent(20).then(|| "rg-bp1example".to_owned()),
            snapshots: backing.into_iter().collect(),
            accounts: BTreeMap::new(),
            groups: BTreeSet::new(),
            is_public: false,
            is_going: false,
            quirks: Quirks::default(),
        };
        scene.world.add_image(image);
    }
}

fn was_there(scene: &Scene, snapshot: &str, at: Timestamp) -> bool {
    scene.world.snapshots.get(snapshot).and_then(|snapshot| snapshot.created_at).is_some_and(|created| created <= at)
}

/// Deals the parts out, in a random order.
pub(super) fn cast(scene: &mut Scene, counts: &Counts) -> Roles {
    let mut roles = Roles::default();
    let mut builds = Vec::new();
    let mut others = Vec::new();
    let limit = scene.seconds_ago(OLD_DAYS * 86_400);
    for image in scene.world.images.values() {
        let is_old = image.created_at.is_some_and(|at| at < limit) && image.status == Some(ImageStatus::Available);
        if !is_old {
            roles.others.push(image.id.clone());
        } else if image.name.as_deref().is_some_and(|name| name.starts_with("build-")) {
            builds.push(image.id.clone());
        } else {
            others.push(image.id.clone());
        }
    }
    scene.dice.shuffle(&mut builds);
    scene.dice.shuffle(&mut others);
    let deal = |from: &mut Vec<String>, count: usize| from.split_off(from.len().saturating_sub(count));
    roles.hosts = deal(&mut builds, counts.instances * 15 / 100);
    roles.hosts.extend(deal(&mut others, counts.instances / 5));
    roles.referred = deal(&mut builds, (counts.launch_templates + counts.scaling_configurations) * 3 / 4);
    roles.disk_sources = deal(&mut builds, counts.disks / 12);
    roles.disk_sources.extend(deal(&mut others, counts.disks / 12));
    roles.clean = builds;
    roles.clean.extend(others);
    scene.dice.shuffle(&mut roles.clean);
    roles
}
