//! A listing makes as many calls as the sizes of its pages ask for, and no more.

use std::collections::BTreeMap;

use crate::scene::Scene;

#[test]
fn an_inventory_takes_the_fewest_calls_and_asks_only_shared_images_whom_they_are_shared_with() {
    let scene = Scene::new(&["--generate", "3000", "--seed", "11"]);
    let state = scene.emulator().state();
    scene.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shares: BTreeMap<String, usize> = BTreeMap::new();
    let addresses: Vec<_> = state.resources().map(|resource| resource.address()).collect();
    for address in &addresses {
        *kinds.entry(address.kind()).or_default() += 1;
        if let ("share", Some((image, _))) = (address.kind(), address.id().split_once('/')) {
            *shares.entry(image.to_owned()).or_default() += 1;
        }
    }
    let of = |kind: &str| kinds.get(kind).copied().unwrap_or_default();
    assert!(of("snapshot") > 500 && of("image") > 200 && shares.len() > 20, "{kinds:?}, {} shared", shares.len());
    for (operation, rows, page) in [
        ("DescribeSnapshots", of("snapshot"), 100),
        ("DescribeImages", of("image"), 100),
        ("DescribeDisks", of("disk"), 500),
        ("DescribeInstances", of("instance"), 100),
        ("DescribeTasks", of("task"), 100),
    ] {
        let calls = scene.emulator().calls_of(operation).len();
        assert_eq!(calls, rows.div_ceil(page).max(1), "{operation}: {rows} rows in pages of {page}");
    }
    let asked: Vec<String> = scene
        .emulator()
        .calls_of("DescribeImageSharePermission")
        .iter()
        .map(|call| call["parameters"]["ImageId"].as_str().unwrap().to_owned())
        .collect();
    let mut each = asked.clone();
    each.sort();
    each.dedup();
    assert_eq!(each, shares.keys().cloned().collect::<Vec<_>>());
    assert_eq!(asked.len(), shares.values().map(|shares| shares.div_ceil(100)).sum::<usize>());
}
