//! Who else may use images and snapshots, and what will launch from them later.

use serde_json::json;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;

use super::{Scene, link, set};

/// Shares of images and snapshots, with accounts and, of images, with organizations.
pub(super) fn shares(scene: &mut Scene, count: usize) {
    for number in 0..count {
        let Some((kind, of)) = shared(scene, number) else { return };
        let account = 100_000_000_000 + scene.dice.below(900_000_000_000);
        let organization = "arn:aws:organizations::210987654321";
        let (share_type, with) = match number % 15 {
            7 if kind == "image" => ("organization", format!("{organization}:organization/o-{account}")),
            8 if kind == "image" => ("organizational-unit", format!("{organization}:ou/o-{account}/ou-{number}")),
            _ => ("account", account.to_string()),
        };
        let mut share = grant(scene, "share", &format!("{of}/{with}"));
        set(&mut share, "share_type", json!(share_type));
        link(&mut share, "grants", &scene.world.address(kind, &of));
        scene.world.add(share);
    }
}

/// Images and snapshots that everybody may use.
pub(super) fn publications(scene: &mut Scene, count: usize) {
    for number in 0..count {
        let Some((kind, of)) = shared(scene, number) else { return };
        let id = format!("{of}/public");
        if scene.world.get("publication", &id).is_some() {
            continue;
        }
        let mut publication = grant(scene, "publication", &id);
        link(&mut publication, "publishes", &scene.world.address(kind, &of));
        scene.world.add(publication);
    }
}

/// An image, or every fifth time a snapshot.
fn shared(scene: &mut Scene, number: usize) -> Option<(&'static str, String)> {
    let kind = if number % 5 == 4 { "snapshot" } else { "image" };
    let of = if kind == "snapshot" { scene.any(|scene| &scene.snapshots) } else { scene.any(|scene| &scene.images) };
    Some((kind, of?))
}

/// What has neither a time nor a state.
fn grant(scene: &mut Scene, kind: &str, id: &str) -> Resource {
    scene.taken.insert(id.to_owned());
    let mut grant = scene.draft(kind, id, None);
    grant.created_at = Fact::Unknown;
    grant
}

/// Launch templates: of several versions, of a snapshot too, and of nothing at all.
pub(super) fn launch_templates(scene: &mut Scene, count: usize) {
    for number in 0..count {
        let id = scene.id("lt");
        let mut template = scene.draft("launch-template", &id, None);
        template.name = Fact::Known(format!("fleet-{number}"));
        template.tags = Fact::Known(scene.tags());
        let mut ids = Vec::new();
        for _ in 0..scene.dice.below(4) {
            ids.extend(scene.any(|scene| &scene.images).map(|image| ("image", image)));
        }
        if scene.dice.percent(20) {
            ids.extend(scene.any(|scene| &scene.snapshots).map(|snapshot| ("snapshot", snapshot)));
        }
        for (kind, of) in ids {
            link(&mut template, "refers-to", &scene.world.address(kind, &of));
        }
        let versions = template.known_links().len().max(1);
        set(&mut template, "default_version", json!(1));
        set(&mut template, "latest_version", json!(versions));
        scene.world.add(template);
    }
}

/// Launch configurations of Auto Scaling, each of one image.
pub(super) fn launch_configurations(scene: &mut Scene, count: usize) {
    for number in 0..count {
        let name = format!("workers-{number}");
        scene.taken.insert(name.clone());
        let mut configuration = scene.draft("launch-configuration", &name, None);
        configuration.name = Fact::Known(name);
        set(&mut configuration, "instance_type", json!("t3.micro"));
        if let Some(image) = scene.any(|scene| &scene.images) {
            link(&mut configuration, "refers-to", &scene.world.address("image", &image));
        }
        scene.world.add(configuration);
    }
}
