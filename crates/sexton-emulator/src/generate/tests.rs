//! The shape that makes a generated region worth collecting garbage in.

use std::collections::BTreeMap;

use super::*;
use crate::world::instance::Instance;
use crate::world::words::{ImageStatus, LockStatus, SnapshotStatus, TaskAction, TaskStatus};

fn settings(resources: usize, seed: u64) -> Generate {
    Generate {
        resources,
        seed,
        account: crate::DEFAULT_ACCOUNT.to_owned(),
        region: crate::DEFAULT_REGION.to_owned(),
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
    }
}

fn world(resources: usize, seed: u64) -> World {
    World::generate(&settings(resources, seed)).unwrap()
}

fn text(world: &World) -> String {
    let mut text = Vec::new();
    sexton_core::inventory::write(&world.inventory("2026-11-21T00:00:00Z".parse().unwrap()).unwrap(), &mut text)
        .unwrap();
    String::from_utf8(text).unwrap()
}

fn kinds(world: &World) -> BTreeMap<String, usize> {
    let inventory = world.inventory("2026-11-21T00:00:00Z".parse().unwrap()).unwrap();
    let mut kinds = BTreeMap::new();
    for resource in inventory.resources() {
        *kinds.entry(resource.kind().to_owned()).or_default() += 1;
    }
    kinds
}

#[test]
fn the_same_settings_give_the_same_bytes_and_other_seeds_other_worlds() {
    assert_eq!(text(&world(500, 7)), text(&world(500, 7)));
    assert_ne!(text(&world(500, 7)), text(&world(500, 8)));
}

#[test]
fn the_size_is_about_what_was_asked_for_and_half_are_snapshots() {
    for resources in [0, 1, 10, 50, 400, 4000] {
        let kinds = kinds(&world(resources, 7));
        let total: usize = kinds.values().sum();
        assert!(total.abs_diff(resources) <= resources / 50, "{resources}: {kinds:?}");
        if resources >= 400 {
            assert!(kinds["snapshot"].abs_diff(resources / 2) <= resources / 50, "{kinds:?}");
            assert!(kinds["image"].abs_diff(resources / 5) <= resources / 100, "{kinds:?}");
        }
    }
}

#[test]
fn every_kind_is_there_and_the_inventory_survives_its_own_text() {
    let made = world(4000, 7);
    let kinds = kinds(&made);
    // Policies are rare, and what they say of a plan is tried where it is meant.
    for kind in crate::world::KINDS.into_iter().filter(|kind| *kind != "auto-snapshot-policy") {
        assert!(kinds.contains_key(kind), "{kind}");
    }
    let text = text(&made);
    let inventory = sexton_core::inventory::read(text.as_bytes()).unwrap();
    let again = World::from_inventory(&inventory, made.region(), None).unwrap();
    assert_eq!(self::text(&again), text);
}

#[test]
fn usage_says_what_there_is() {
    let made = world(4000, 7);
    for snapshot in made.snapshots.values() {
        let usage = snapshot.usage.unwrap();
        assert_eq!((usage.image, usage.disk), (made.has_image(&snapshot.id), made.has_disk(&snapshot.id)));
    }
    for image in made.images.values() {
        let is_used = made.instances.values().any(|instance| instance.image.as_ref() == Some(&image.id));
        assert_eq!(image.usage == Some(ImageUsage::Instance), is_used, "{}", image.id);
    }
}

/// The counts behind the acceptance test: images older than 30 days that no instance uses, and builds older than that.
#[test]
fn there_is_enough_to_remove_and_enough_that_is_held() {
    for seed in 1..8 {
        let made = world(4000, seed);
        let limit: Timestamp = "2026-10-22T00:00:00Z".parse().unwrap();
        let hosts: BTreeSet<&String> = made.instances.values().filter_map(|instance| instance.image.as_ref()).collect();
        let referred: BTreeSet<&String> = made
            .launch_templates
            .values()
            .flat_map(|template| &template.images)
            .chain(made.scaling_configurations.values().filter_map(|configuration| configuration.image.as_ref()))
            .collect();
        let is_old =
            |id: &String| made.images.get(id).is_some_and(|image| image.created_at.is_some_and(|at| at < limit));
        let is_build = |id: &String| made.images[id].name.as_deref().unwrap().starts_with("build-");
        let is_stuck = |id: &String| {
            made.tasks
                .values()
                .any(|task| task.is_running() && task.support_cancel == Some(false) && task.image.as_ref() == Some(id))
        };
        let going: BTreeSet<&String> = made
            .images
            .keys()
            .filter(|id| is_old(id) && !hosts.contains(id) && !referred.contains(id) && !is_stuck(id))
            .filter(|id| {
                let status = &made.images[*id].status;
                !matches!(status, Some(ImageStatus::Creating | ImageStatus::Waiting))
            })
            .collect();
        let orphans = made.images.values().filter(|image| going.contains(&image.id)).flat_map(|image| &image.snapshots);
        let orphans: BTreeSet<&String> = orphans
            .filter(|snapshot| {
                let holders = made.images.values().filter(|image| image.snapshots.contains(snapshot));
                holders.into_iter().all(|image| going.contains(&image.id))
            })
            .collect();
        let (held, free): (BTreeSet<&String>, BTreeSet<&String>) =
            orphans.into_iter().partition(|snapshot| made.has_disk(snapshot));
        let cancels = made
            .tasks
            .values()
            .filter(|task| task.is_running() && task.image.as_ref().is_some_and(|image| going.contains(image)))
            .count();
        let going_images = || made.images.values().filter(|image| going.contains(&image.id));
        let numbers = [
            ("DeleteImage", going.len()),
            ("DeleteSnapshot", free.len()),
            ("unshare", going_images().map(|image| image.accounts.len() + image.groups.len()).sum()),
            ("unpublish", going_images().filter(|image| image.is_public).count()),
            ("cancel", cancels),
            ("SnapshotCreatedDisk", held.len()),
            ("ImageUsingByInstance", hosts.iter().filter(|id| is_old(id) && is_build(id)).count()),
            ("ReferredTo", referred.iter().filter(|id| is_old(id) && (is_build(id) || !hosts.contains(*id))).count()),
        ];
        for (what, count) in numbers {
            assert!(count >= 24, "seed {seed}: {count} {what}; all: {numbers:?}");
        }
    }
}

#[test]
fn the_awkward_cases_are_there() {
    let made = world(4000, 7);
    let boots_elsewhere =
        |instance: &&Instance| instance.image.as_ref().is_some_and(|image| !made.images.contains_key(image));
    let dangling = made.instances.values().filter(boots_elsewhere).count();
    assert!(dangling * 10 > made.instances.len() * 4, "{dangling}");
    let locks: Vec<&LockStatus> =
        made.snapshots.values().filter_map(|snapshot| snapshot.lock.as_ref()).map(|lock| &lock.status).collect();
    for status in [LockStatus::Expired, LockStatus::CoolOff, LockStatus::Compliance] {
        assert!(locks.contains(&&status), "{status:?}");
    }
    for status in [SnapshotStatus::Progressing, SnapshotStatus::Failed] {
        assert!(made.snapshots.values().any(|snapshot| snapshot.status.as_ref() == Some(&status)), "{status:?}");
    }
    for status in [TaskStatus::Finished, TaskStatus::Failed, TaskStatus::Processing] {
        assert!(made.tasks.values().any(|task| task.status.as_ref() == Some(&status)), "{status:?}");
    }
    assert!(made.tasks.values().any(|task| task.action == Some(TaskAction::ImportImage)));
    assert!(made.tasks.values().any(|task| matches!(task.action, Some(TaskAction::Other(_)))));
    assert!(made.images.values().any(|image| image.accounts.len() > 10), "an image that takes two calls to unshare");
    assert!(made.images.values().any(|image| !image.groups.is_empty()));
    assert!(made.images.values().any(|image| image.snapshots.len() == 2));
    assert!(made.snapshots.values().any(|snapshot| snapshot.snapshot_type.as_deref() == Some("timer")));
    assert!(made.instances.values().any(|instance| instance.deletion_protection.is_none()));
    assert!(made.launch_templates.values().any(|template| template.images.len() > 1));
    let oldest = made.images.values().filter_map(|image| image.created_at).min().unwrap();
    assert!(oldest < "2026-01-01T00:00:00Z".parse().unwrap(), "{oldest}");
}
