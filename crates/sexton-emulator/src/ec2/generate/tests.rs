use sexton_core::inventory::{self, Inventory};

use super::*;

fn settings(resources: usize, seed: u64) -> Generate {
    Generate {
        resources,
        seed,
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        now: "2026-11-21T00:00:00Z".parse().unwrap(),
    }
}

fn made(resources: usize, seed: u64) -> Inventory {
    let settings = settings(resources, seed);
    Ec2World::generate(&settings).unwrap().inventory(settings.now).unwrap()
}

fn text(inventory: &Inventory) -> String {
    let mut text = Vec::new();
    inventory::write(inventory, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn the_same_settings_give_the_same_bytes_and_other_seeds_other_worlds() {
    assert_eq!(text(&made(500, 7)), text(&made(500, 7)));
    assert_ne!(text(&made(500, 7)), text(&made(500, 8)));
}

#[test]
fn the_size_is_about_what_was_asked_for_and_half_are_snapshots() {
    for resources in [0, 1, 10, 50, 400, 4000] {
        let inventory = made(resources, 7);
        assert!(inventory.len().abs_diff(resources) <= resources / 50, "{resources}: {}", inventory.len());
        let snapshots = inventory.resources().filter(|resource| resource.kind() == "snapshot").count();
        assert!(resources < 400 || snapshots.abs_diff(resources / 2) <= resources / 20, "{resources}: {snapshots}");
    }
}

/// Everything that a plan can be held up by, and a world that its own inventory describes.
#[test]
fn every_kind_and_guard_is_there_and_the_inventory_survives_its_own_text() {
    let settings = settings(2000, 7);
    let world = Ec2World::generate(&settings).unwrap();
    let text = text(&world.inventory(settings.now).unwrap());
    for kind in crate::ec2::world::KINDS {
        assert!(text.contains(&format!("\"kind\":\"{kind}\",\"id\"")), "{kind}");
    }
    for said in [
        "\"lock_state\":\"compliance\"",
        "\"lock_state\":\"expired\"",
        "\"recycle_bin_days\":30",
        "\"recycle_bin_days\":14",
        "\"owned_by\":\"aws-backup\"",
        "\"managed_by\":",
        "\"deregistration_protection\":\"enabled-with-cooldown\"",
        "\"state\":\"disabled\"",
        "\"share_type\":\"organizational-unit\"",
        "\"is_public\":true",
        "\"delete_with_instance\":false",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let again = Ec2World::from_inventory(&inventory::read(text.as_bytes()).unwrap(), "eu-west-1", None).unwrap();
    // Rules of the bin are no resources, and nor is what only the emulator knows of an instance.
    assert_eq!(again.inventory(settings.now).unwrap().len(), world.inventory(settings.now).unwrap().len());
}
