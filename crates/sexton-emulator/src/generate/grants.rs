//! Shares, publications and tasks.

use super::{Counts, Roles, Scene};
use crate::world::Quirks;
use crate::world::task::Task;
use crate::world::words::{TaskAction, TaskStatus};

/// Every second one of each hangs on an image that nothing else holds up.
pub(super) fn make(scene: &mut Scene, counts: &Counts, roles: &Roles) {
    let all: Vec<String> = scene.world.images.keys().cloned().collect();
    if all.is_empty() {
        return;
    }
    let clean = if roles.clean.is_empty() { &all } else { &roles.clean };
    share(scene, counts.shares, clean, &all);
    publish(scene, counts.publications, clean, &all);
    for number in 0..counts.tasks {
        let task = match number % 20 {
            0..11 => {
                let image = scene.dice.pick(clean).clone();
                export(scene, image, TaskStatus::Processing, true)
            }
            // Nothing that can be collected waits for a task that cannot be cancelled: it may never end.
            11 => match roles.hosts.is_empty() {
                true => redeploy(scene),
                false => {
                    let image = scene.dice.pick(&roles.hosts).clone();
                    export(scene, image, TaskStatus::Processing, false)
                }
            },
            12..17 => {
                let image = scene.dice.pick(&all).clone();
                export(scene, image, TaskStatus::Finished, false)
            }
            17 => {
                let image = scene.dice.pick(&all).clone();
                export(scene, image, TaskStatus::Failed, false)
            }
            18 => import(scene, &all),
            _ => redeploy(scene),
        };
        scene.world.add_task(task);
    }
}

/// From one to a dozen accounts an image, so that some take two calls to unshare; now and then a group.
fn share(scene: &mut Scene, count: usize, clean: &[String], all: &[String]) {
    let mut left = count;
    let mut number = 0;
    while left > 0 {
        let id = scene.dice.pick(if number % 5 == 4 { all } else { clean }).clone();
        let grants: usize = usize::try_from(scene.dice.between(1, 12)).unwrap_or(1).min(left);
        for grant in 0..grants {
            let account = scene.account();
            let Some(image) = scene.world.images.get(&id) else { continue };
            let shared_at = image.created_at.map(|created_at| scene.since(created_at));
            let Some(image) = scene.world.images.get_mut(&id) else { continue };
            let is_new = match number % 16 == 15 && grant == 0 {
                true => image.groups.insert("all".to_owned()),
                false => image.accounts.insert(account, shared_at).is_none(),
            };
            left -= usize::from(is_new);
        }
        number += 1;
    }
}

fn publish(scene: &mut Scene, count: usize, clean: &[String], all: &[String]) {
    for number in 0..count {
        let id = scene.dice.pick(if number % 4 == 3 { all } else { clean }).clone();
        if let Some(image) = scene.world.images.get_mut(&id) {
            image.is_public = true;
        }
    }
}

fn export(scene: &mut Scene, image: String, status: TaskStatus, support_cancel: bool) -> Task {
    let days = match status {
        TaskStatus::Processing => 0,
        TaskStatus::Waiting | TaskStatus::Finished | TaskStatus::Failed | TaskStatus::Other(_) => {
            scene.dice.between(1, 29)
        }
    };
    Task {
        status: Some(status),
        action: Some(TaskAction::ExportImage),
        support_cancel: Some(support_cancel),
        image: Some(image),
        ..bare(scene, days)
    }
}

fn import(scene: &mut Scene, images: &[String]) -> Task {
    let image = scene.dice.pick(images).clone();
    Task { action: Some(TaskAction::ImportImage), image: Some(image), ..bare(scene, 20) }
}

fn redeploy(scene: &mut Scene) -> Task {
    Task { action: Some(TaskAction::Other("RedeployInstance".to_owned())), ..bare(scene, 5) }
}

fn bare(scene: &mut Scene, days: u64) -> Task {
    let created_at = scene.days_ago(days);
    Task {
        id: scene.id("t"),
        created_at: Some(crate::clock::floor_to_minute(created_at)),
        status: Some(TaskStatus::Finished),
        action: None,
        support_cancel: Some(false),
        image: None,
        is_cancelled: false,
        quirks: Quirks::default(),
    }
}
