//! Instances and disks.

use super::{Counts, OLDEST_DAYS, Roles, Scene};
use crate::ecs::images::SYSTEM_IMAGES;
use crate::world::Quirks;
use crate::world::disk::Disk;
use crate::world::instance::Instance;
use crate::world::words::{ChargeType, DiskStatus, DiskType, InstanceStatus};

/// Each instance has a system disk; what is left of the disks holds data.
pub(super) fn make(scene: &mut Scene, counts: &Counts, roles: &Roles) {
    let own = if roles.hosts.is_empty() { 0 } else { counts.instances * 45 / 100 };
    for number in 0..counts.instances {
        let image = match number < own {
            true => Some(roles.hosts[number % roles.hosts.len()].clone()),
            false => None,
        };
        instance(scene, image);
    }
    let instances: Vec<String> = scene.world.instances.keys().cloned().collect();
    let sources: Vec<String> = roles
        .disk_sources
        .iter()
        .filter_map(|image| scene.world.images.get(image))
        .flat_map(|image| image.snapshots.iter().cloned())
        .collect();
    let data_disks = counts.disks.saturating_sub(scene.world.disks.len());
    for number in 0..data_disks {
        let source = match sources.is_empty() || number % 5 >= 3 {
            true => None,
            false => sources.get((number / 5 * 3 + number % 5) % sources.len()).cloned(),
        };
        data_disk(scene, source, &instances);
    }
}

/// Booted from the image, or from one of the system's that no listing of one's own has.
fn instance(scene: &mut Scene, image: Option<String>) {
    let created_at = match image.as_ref().and_then(|image| scene.world.images.get(image)?.created_at) {
        Some(image_at) => scene.since(image_at),
        None => {
            let days = scene.dice.below(OLDEST_DAYS);
            scene.days_ago(days)
        }
    };
    let source_snapshot = image.as_ref().and_then(|image| scene.world.images.get(image)?.snapshots.first().cloned());
    let image = image.unwrap_or_else(|| (*scene.dice.pick(&SYSTEM_IMAGES)).to_owned());
    let role = *scene.dice.pick(&["web", "api", "worker", "db", "ci-runner"]);
    let number = scene.dice.below(1000);
    let operation_locks = match scene.dice.below(300) {
        0 => vec!["security".to_owned()],
        1..4 => vec!["financial".to_owned()],
        _ => Vec::new(),
    };
    let instance = Instance {
        id: scene.id("i"),
        name: Some(format!("{role}-{number:03}")),
        created_at: Some(crate::clock::floor_to_minute(created_at)),
        status: Some(if scene.dice.percent(85) { InstanceStatus::Running } else { InstanceStatus::Stopped }),
        tags: scene.tags(),
        deletion_protection: match scene.dice.below(100) {
            0..3 => None,
            3..18 => Some(true),
            _ => Some(false),
        },
        charge_type: Some(if scene.dice.percent(20) { ChargeType::PrePaid } else { ChargeType::PostPaid }),
        instance_type: Some((*scene.dice.pick(&["ecs.g7.large", "ecs.c7.xlarge", "ecs.r7.2xlarge"])).to_owned()),
        operation_locks: Some(operation_locks),
        spot_strategy: Some("NoSpot".to_owned()),
        zone_id: Some(format!("{}-{}", scene.world.region(), scene.dice.pick(&["h", "i", "j"]))),
        resource_group_id: None,
        image: Some(image.clone()),
        quirks: Quirks::default(),
    };
    let system_disk = Disk {
        name: Some("system".to_owned()),
        created_at: Some(created_at),
        tags: instance.tags.clone(),
        disk_type: Some(DiskType::System),
        portable: Some(false),
        delete_with_instance: Some(true),
        image_id: Some(image),
        source_snapshot,
        attached_to: vec![instance.id.clone()],
        ..bare_disk(scene)
    };
    scene.world.add_instance(instance);
    scene.world.add_disk(system_disk);
}

/// Half of them are attached.
fn data_disk(scene: &mut Scene, source: Option<String>, instances: &[String]) {
    let source_at = source.as_ref().and_then(|source| scene.world.snapshots.get(source)?.created_at);
    let created_at = match source_at {
        Some(source_at) => scene.since(source_at),
        None => {
            let days = scene.dice.below(OLDEST_DAYS);
            scene.days_ago(days)
        }
    };
    let is_attached = scene.dice.percent(50) && !instances.is_empty();
    let attached_to = if is_attached { vec![scene.dice.pick(instances).clone()] } else { Vec::new() };
    let disk = Disk {
        name: Some(format!("data-{}", created_at.strftime("%Y%m%d"))),
        created_at: Some(created_at),
        status: Some(if is_attached { DiskStatus::InUse } else { DiskStatus::Available }),
        tags: scene.tags(),
        delete_with_instance: Some(scene.dice.percent(30)),
        source_snapshot: source,
        attached_to,
        ..bare_disk(scene)
    };
    scene.world.add_disk(disk);
}

fn bare_disk(scene: &mut Scene) -> Disk {
    Disk {
        id: scene.id("d"),
        name: None,
        created_at: None,
        status: Some(DiskStatus::InUse),
        size_gib: Some(*scene.dice.pick(&[20, 40, 40, 100, 200])),
        tags: std::collections::BTreeMap::new(),
        disk_type: Some(DiskType::Data),
        charge_type: Some(if scene.dice.percent(10) { ChargeType::PrePaid } else { ChargeType::PostPaid }),
        category: Some("cloud_essd".to_owned()),
        portable: Some(true),
        delete_with_instance: Some(false),
        delete_auto_snapshot: Some(scene.dice.percent(70)),
        image_id: None,
        multi_attach: Some("Disabled".to_owned()),
        encrypted: Some(scene.dice.percent(10)),
        operation_locks: Some(Vec::new()),
        resource_group_id: None,
        source_snapshot: None,
        attached_to: Vec::new(),
        quirks: Quirks::default(),
    }
}
