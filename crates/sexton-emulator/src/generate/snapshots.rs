//! Snapshots: those of images, those that disks leave behind, and a few locks.

use jiff::{SignedDuration, Timestamp};

use super::{OLDEST_DAYS, Scene};
use crate::world::Quirks;
use crate::world::snapshot::{Lock, Snapshot};
use crate::world::words::{LockStatus, SnapshotStatus};

fn bare(scene: &mut Scene, created_at: Timestamp, size_gib: u64) -> Snapshot {
    let id = scene.id("s");
    Snapshot {
        snapshot_link_id: Some(id.replacen("s-", "sl-", 1)),
        id,
        name: None,
        created_at: Some(created_at),
        status: Some(SnapshotStatus::Accomplished),
        size_gib: Some(size_gib),
        tags: scene.tags(),
        usage: None,
        snapshot_type: Some("user".to_owned()),
        category: Some("standard".to_owned()),
        encrypted: Some(scene.dice.percent(10)),
        progress: Some("100%".to_owned()),
        source_disk: None,
        source_disk_type: Some("system".to_owned()),
        source_snapshot_id: None,
        source_region_id: None,
        retention_days: None,
        resource_group_id: None,
        product_code: None,
        snapshot_group_id: None,
        lock: None,
        quirks: Quirks::default(),
    }
}

/// A snapshot that an image is made of, taken minutes before. Its disk is long gone.
pub(super) fn of_image(scene: &mut Scene, image_at: Timestamp, size_gib: u64, is_system: bool) -> String {
    let minutes = i64::try_from(scene.dice.between(2, 40)).unwrap_or(2);
    let created_at = image_at.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(image_at);
    let mut snapshot = bare(scene, created_at, size_gib);
    snapshot.name = Some(format!("for-image-{}", created_at.strftime("%Y%m%d%H%M")));
    snapshot.source_disk = Some(scene.id("d"));
    snapshot.source_disk_type = Some(if is_system { "system" } else { "data" }.to_owned());
    let id = snapshot.id.clone();
    scene.world.add_snapshot(snapshot);
    id
}

/// Snapshots that no image is made of, until there are so many in all.
pub(super) fn make_others(scene: &mut Scene, total: usize) {
    let disks: Vec<(String, u64, bool)> = scene
        .world
        .disks
        .values()
        .map(|disk| {
            let is_system = disk.disk_type == Some(crate::world::words::DiskType::System);
            (disk.id.clone(), disk.size_gib.unwrap_or(40), is_system)
        })
        .collect();
    while scene.world.snapshots.len() < total {
        let snapshot = match scene.dice.below(100) {
            0..3 => in_progress(scene),
            3..5 => failed(scene),
            5..9 => copied(scene),
            9..60 if !disks.is_empty() => {
                let disk = scene.dice.pick(&disks).clone();
                automatic(scene, disk)
            }
            _ => manual(scene, &disks),
        };
        scene.world.add_snapshot(snapshot);
    }
}

/// The API has two words for an automatic snapshot.
fn automatic(scene: &mut Scene, (disk, size_gib, is_system): (String, u64, bool)) -> Snapshot {
    let days = scene.dice.below(60);
    let created_at = scene.days_ago(days);
    let mut snapshot = bare(scene, created_at, size_gib);
    snapshot.name = Some(format!("auto2.0_{}_sp", created_at.strftime("%Y%m%d")));
    snapshot.snapshot_type = Some(if scene.dice.percent(50) { "auto" } else { "timer" }.to_owned());
    snapshot.source_disk = Some(disk);
    snapshot.source_disk_type = Some(if is_system { "system" } else { "data" }.to_owned());
    snapshot.retention_days = Some(*scene.dice.pick(&[7, 30, 90]));
    snapshot
}

fn manual(scene: &mut Scene, disks: &[(String, u64, bool)]) -> Snapshot {
    let days = scene.dice.below(OLDEST_DAYS);
    let created_at = scene.days_ago(days);
    let size_gib = *scene.dice.pick(&[20, 40, 100, 200, 500]);
    let mut snapshot = bare(scene, created_at, size_gib);
    let purpose = scene.dice.pick(&["before-upgrade", "backup", "migration", "debug"]);
    snapshot.name = scene.dice.percent(85).then(|| format!("{purpose}-{}", created_at.strftime("%Y-%m-%d")));
    snapshot.source_disk_type = Some("data".to_owned());
    snapshot.source_disk = match scene.dice.percent(40) && !disks.is_empty() {
        true => Some(scene.dice.pick(disks).0.clone()),
        false => Some(scene.id("d")),
    };
    snapshot
}

/// One of the last hour, of a disk that is in nobody's way.
fn in_progress(scene: &mut Scene) -> Snapshot {
    let seconds = scene.dice.below(3_600);
    let created_at = scene.seconds_ago(seconds);
    let mut snapshot = bare(scene, created_at, 40);
    snapshot.name = Some("nightly".to_owned());
    snapshot.status = Some(SnapshotStatus::Progressing);
    snapshot.progress = Some(format!("{}%", scene.dice.between(1, 99)));
    snapshot.source_disk = Some(scene.id("d"));
    snapshot
}

fn failed(scene: &mut Scene) -> Snapshot {
    let mut snapshot = manual(scene, &[]);
    snapshot.status = Some(SnapshotStatus::Failed);
    snapshot.progress = Some("0%".to_owned());
    snapshot
}

fn copied(scene: &mut Scene) -> Snapshot {
    let mut snapshot = manual(scene, &[]);
    snapshot.name = Some("copy-from-shanghai".to_owned());
    snapshot.source_disk = None;
    snapshot.source_snapshot_id = Some(scene.id("s"));
    snapshot.source_region_id = Some("cn-shanghai".to_owned());
    snapshot
}

/// About one in seventy, of every sort; a third of the locks are over.
pub(super) fn lock_some(scene: &mut Scene) {
    let ids: Vec<String> = scene.world.snapshots.keys().cloned().collect();
    for id in ids.into_iter().step_by(70) {
        let days = i64::try_from(scene.dice.between(10, 300)).unwrap_or(10);
        let span = SignedDuration::from_hours(24 * days);
        let (status, expires_at) = match scene.dice.below(3) {
            0 => (LockStatus::Expired, scene.now.checked_sub(span)),
            1 => (LockStatus::CoolOff, scene.now.checked_add(span)),
            _ => (LockStatus::Compliance, scene.now.checked_add(span)),
        };
        if let Some(snapshot) = scene.world.snapshots.get_mut(&id) {
            snapshot.lock = Some(Lock { status, expires_at: expires_at.ok() });
        }
    }
}
