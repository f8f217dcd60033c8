//! Launch templates and scaling configurations. Three in four refer to an old build.

use super::{Counts, OLDEST_DAYS, Roles, Scene};
use crate::world::reference::{LaunchTemplate, ScalingConfiguration};

pub(super) fn make(scene: &mut Scene, counts: &Counts, roles: &Roles) {
    let mut referred = roles.referred.iter().cloned();
    let bystanders: Vec<String> = roles.hosts.iter().chain(&roles.others).cloned().collect();
    for number in 0..counts.launch_templates {
        let mut images = Vec::new();
        if number % 4 != 3 {
            images.extend(referred.next());
        }
        if number % 6 == 5 && !bystanders.is_empty() {
            images.push(scene.dice.pick(&bystanders).clone());
        }
        images.sort();
        images.dedup();
        launch_template(scene, images);
    }
    for number in 0..counts.scaling_configurations {
        let image = if number % 4 == 3 { None } else { referred.next() };
        scaling_configuration(scene, image);
    }
}

fn launch_template(scene: &mut Scene, images: Vec<String>) {
    let days = scene.dice.below(OLDEST_DAYS);
    let created_at = scene.days_ago(days);
    let least = u64::try_from(images.len()).unwrap_or(1).max(1);
    let latest = scene.dice.between(least, least + 4);
    let mut snapshots = Vec::new();
    if scene.dice.percent(15) {
        let manual: Vec<String> = scene
            .world
            .snapshots
            .values()
            .filter(|snapshot| snapshot.name.as_deref().is_some_and(|name| name.starts_with("backup-")))
            .map(|snapshot| snapshot.id.clone())
            .collect();
        if !manual.is_empty() {
            snapshots.push(scene.dice.pick(&manual).clone());
        }
    }
    let template = LaunchTemplate {
        id: scene.id("lt"),
        name: Some(format!("lt-{}", created_at.strftime("%Y%m%d"))),
        created_at: Some(created_at),
        default_version: Some(scene.dice.between(1, latest)),
        latest_version: Some(latest),
        images,
        snapshots,
    };
    scene.world.add_launch_template(template);
}

fn scaling_configuration(scene: &mut Scene, image: Option<String>) {
    let days = scene.dice.below(OLDEST_DAYS);
    let created_at = crate::clock::floor_to_minute(scene.days_ago(days));
    let configuration = ScalingConfiguration {
        id: scene.id("asc"),
        name: Some(format!("asc-{}", created_at.strftime("%Y%m%d"))),
        created_at: Some(created_at),
        lifecycle_state: Some(if scene.dice.percent(70) { "Active" } else { "Inactive" }.to_owned()),
        scaling_group_id: Some(scene.id("asg")),
        image_family: image.is_none().then(|| "web-gateway".to_owned()),
        image,
        snapshots: Vec::new(),
    };
    scene.world.add_scaling_configuration(configuration);
}
