//! Instances with their volumes, and volumes by themselves.

use serde_json::json;
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;

use super::{Scene, link, set};
use crate::ec2::world::linked;

/// An image of the vendor's, which no listing of one's own has.
const IMAGE_OF_THE_VENDOR: &str = "ami-00000000000000ec2";
/// A service that has instances and volumes of its own in people's accounts.
const SERVICE: &str = "eks.amazonaws.com";

/// Instances, each with a root volume and often with one for data.
pub(super) fn instances(scene: &mut Scene, count: usize) {
    for number in 0..count {
        let id = scene.id("i");
        let state = *scene.dice.pick(&["running", "running", "running", "stopped"]);
        let mut instance = scene.draft("instance", &id, Some(state));
        scene.named(&mut instance, format!("host-{number}"));
        let own = scene.dice.percent(60).then(|| scene.any(|scene| &scene.images)).flatten();
        let image = scene.world.address("image", own.as_deref().unwrap_or(IMAGE_OF_THE_VENDOR));
        link(&mut instance, "booted-from", &image);
        let instance_type = *scene.dice.pick(&["t3.micro", "m7g.large", "c7i.xlarge"]);
        let zone = zone(scene);
        set(&mut instance, "instance_type", json!(instance_type));
        set(&mut instance, "root_device_type", json!("ebs"));
        set(&mut instance, "availability_zone", json!(zone));
        let is_managed = number % 20 == 4;
        if is_managed {
            set(&mut instance, "managed_by", json!(SERVICE));
        }
        if number % 20 == 9 {
            set(&mut instance, "emulator_termination_protected", json!(true));
        }
        let source = scene.world.get("image", image.id()).and_then(|image| linked(image, "created-from").next());
        let source = source.map(|id| scene.world.address("snapshot", id));
        for is_root in [true, false] {
            if is_root || scene.dice.percent(40) {
                let mut disk = disk(scene, "in-use", source.as_ref().filter(|_| is_root));
                link(&mut disk, "attached-to", &instance.address);
                set(&mut disk, "delete_with_instance", json!(is_root));
                set(&mut disk, "availability_zone", json!(zone));
                if is_managed {
                    set(&mut disk, "managed_by", json!(SERVICE));
                }
                scene.world.add(disk);
            }
        }
        scene.world.add(instance);
    }
}

/// Volumes that nothing is attached to.
pub(super) fn free_disks(scene: &mut Scene, count: usize) {
    for _ in 0..count {
        let source = scene.dice.percent(30).then(|| scene.any(|scene| &scene.snapshots)).flatten();
        let source = source.map(|id| scene.world.address("snapshot", &id));
        let disk = disk(scene, "available", source.as_ref());
        scene.world.add(disk);
    }
}

fn disk(scene: &mut Scene, state: &str, source: Option<&Address>) -> Resource {
    let id = scene.id("vol");
    let mut disk = scene.draft("disk", &id, Some(state));
    scene.named(&mut disk, format!("volume {id}"));
    disk.size_bytes = Fact::Known(*scene.dice.pick(&[8, 20, 100, 500]) << 30);
    let zone = zone(scene);
    set(&mut disk, "volume_type", json!(scene.dice.pick::<&str>(&["gp3", "gp3", "io2"])));
    set(&mut disk, "availability_zone", json!(zone));
    set(&mut disk, "encrypted", json!(scene.dice.percent(30)));
    set(&mut disk, "multi_attach", json!(false));
    if let Some(source) = source {
        link(&mut disk, "created-from", source);
    }
    disk
}

fn zone(scene: &mut Scene) -> String {
    format!("{}{}", scene.world.region(), scene.dice.pick::<&str>(&["a", "b"]))
}
