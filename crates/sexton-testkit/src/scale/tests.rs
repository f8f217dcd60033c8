use std::collections::{BTreeMap, BTreeSet};

use sexton_core::inventory::{self, Inventory};
use sexton_core::policy::Policy;
use sexton_core::resource::Resource;

use super::*;

fn bytes(scale: &Scale) -> Vec<u8> {
    let mut bytes = Vec::new();
    scale.write(&mut bytes).expect("memory takes everything");
    bytes
}

fn read(scale: &Scale) -> Inventory {
    inventory::read(bytes(scale).as_slice()).expect("what is written can be read")
}

/// The resources as the core writes them, so as to read them back one by one.
fn resources(scale: &Scale) -> Vec<Resource> {
    read(scale).resources().map(sexton_core::inventory::ResourceRef::to_resource).collect()
}

fn shapes() -> impl Iterator<Item = Scale> {
    Shape::ALL.into_iter().map(|(_, shape)| Scale { shape, ..Scale::fleet(2_000, 5) })
}

#[test]
fn every_line_is_as_the_core_writes_it() {
    for scale in shapes().chain([Scale { unknown_permille: 100, ..Scale::fleet(2_000, 5) }]) {
        let written = bytes(&scale);
        let mut canonical = Vec::new();
        inventory::write(&read(&scale), &mut canonical).expect("memory takes everything");
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
        let (written, canonical) = (lines(&written), lines(&canonical));
        let odd: Vec<_> = written.difference(&canonical).map(|line| String::from_utf8_lossy(line)).take(3).collect();
        assert!(written == canonical, "{:?}: {odd:#?}", scale.shape);
    }
}

#[test]
fn the_seed_decides_every_byte_and_the_policies_have_no_fault() {
    for scale in shapes() {
        assert!(bytes(&scale) == bytes(&scale), "{:?} is written twice alike", scale.shape);
        assert!(bytes(&scale) != bytes(&Scale { seed: 6, ..scale }), "{:?} follows its seed", scale.shape);
        Policy::parse(&scale.policy()).unwrap_or_else(|error| panic!("{:?}: {error:?}", scale.shape));
    }
}

#[test]
fn a_fleet_has_its_shares_whatever_its_size() {
    for total in [1, 7, 100, 1_000, 20_000] {
        let scale = Scale::fleet(total, 3);
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        let all = resources(&scale);
        for resource in &all {
            *kinds.entry(resource.address.kind().to_owned()).or_default() += 1;
            let name = resource.name.as_ref().known().expect("names are known");
            assert_eq!(name.len(), 40, "{name}");
        }
        assert_eq!(all.len() as u64, total);
        for (kind, percent) in [("image", 20), ("disk", 10), ("instance", 15), ("share", 5)] {
            assert_eq!(kinds.get(kind).copied().unwrap_or(0), total * percent / 100, "{kind} of {total}");
        }
    }
}

#[test]
fn ids_stand_in_no_order_within_a_kind() {
    let text = String::from_utf8(bytes(&Scale::fleet(4_000, 1))).expect("the file is text");
    let of = r#""region":"cn-beijing","kind":"image","id":""#;
    let ids: Vec<&str> = text.lines().filter_map(|line| line.split(of).nth(1)?.split('"').next()).collect();
    let ascents = ids.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!((ids.len() / 3..ids.len() * 2 / 3).contains(&ascents), "{ascents} of {}", ids.len());
}

#[test]
fn what_a_fleet_says_of_its_links_is_true() {
    let all = resources(&Scale::fleet(20_000, 9));
    let listed: BTreeSet<&str> = all.iter().map(|resource| resource.address.as_str()).collect();
    let mut held: BTreeSet<(&str, &str)> = BTreeSet::new();
    let (mut dangling, mut lacking) = (BTreeMap::new(), 0);
    for resource in &all {
        lacking += usize::from(resource.tags.as_ref().known().is_some_and(|tags| tags.len() < 3));
        for link in resource.known_links() {
            held.insert((resource.address.kind(), link.target.as_str()));
            if !listed.contains(link.target.as_str()) {
                *dangling.entry(resource.address.kind()).or_insert(0_u32) += 1;
            }
            assert_eq!(link.target.region(), resource.address.region());
        }
    }
    // Sources of snapshots and public images only.
    assert_eq!(dangling.keys().copied().collect::<Vec<_>>(), ["instance", "snapshot"]);
    assert!((400..1_200).contains(&lacking), "{lacking} lack a tag");
    let mut uses: BTreeMap<String, u32> = BTreeMap::new();
    for resource in &all {
        let address = &resource.address;
        let usage = match resource.attribute("usage") {
            sexton_core::resource::Attribute::Known(value) => value.as_str().unwrap_or_default(),
            sexton_core::resource::Attribute::Missing | sexton_core::resource::Attribute::Unknown => "",
        };
        let holders: &[(&str, bool)] = match address.kind() {
            "snapshot" => &[("image", usage.contains("image")), ("disk", usage.contains("disk"))],
            "image" => &[("instance", usage == "instance")],
            _ => &[],
        };
        for (kind, said) in holders {
            assert_eq!(held.contains(&(*kind, address.as_str())), *said, "{address}: {usage}, {kind}");
        }
        *uses.entry(format!("{} {usage}", address.kind())).or_default() += 1;
    }
    for usage in ["snapshot image", "snapshot disk", "snapshot image_disk", "snapshot ", "image instance", "image "] {
        assert!(uses.get(usage).is_some_and(|count| *count > 100), "{usage}: {uses:?}");
    }
}

#[test]
fn unknown_facts_come_when_asked_for() {
    let known = resources(&Scale::fleet(8_000, 2));
    let some = resources(&Scale { unknown_permille: 5, ..Scale::fleet(8_000, 2) });
    let unknown = |all: &[Resource]| {
        [
            all.iter().filter(|resource| resource.state.as_ref().known().is_none()).count(),
            all.iter().filter(|resource| resource.created_at.known().is_none()).count(),
            all.iter().filter(|resource| resource.tags.as_ref().known().is_none()).count(),
            all.iter().filter(|resource| resource.attributes.as_ref().known().is_none()).count(),
            all.iter().filter(|resource| resource.links.as_ref().known().is_none()).count(),
        ]
    };
    assert_eq!(unknown(&known), [0; 5]);
    let counts = unknown(&some);
    assert!(counts[..4].iter().all(|count| (15..90).contains(count)) && counts[4] > 0, "{counts:?}");
    let regions: BTreeSet<&str> = some
        .iter()
        .filter(|resource| resource.links.as_ref().known().is_none())
        .map(|resource| resource.address.region())
        .collect();
    assert_eq!(regions.into_iter().collect::<Vec<_>>(), ["cn-shenzhen"]);
}
