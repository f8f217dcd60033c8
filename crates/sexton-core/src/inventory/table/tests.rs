use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn a_key_is_found_however_the_keys_are_spread(
        mut keys in prop_oneof![
            prop::collection::vec(any::<u64>(), 0..300),
            prop::collection::vec(0_u64..40, 0..300),
            prop::collection::vec(prop_oneof![0_u64..5, u64::MAX - 5..=u64::MAX], 0..300),
            prop::collection::vec((0_u32..64).prop_map(|shift| 1_u64 << shift), 0..300),
        ],
        other in any::<u64>(),
    ) {
        keys.sort_unstable();
        let near: Vec<u64> = keys.iter().flat_map(|key| [key.saturating_sub(1), *key, key.saturating_add(1)]).collect();
        for wanted in near.into_iter().chain([0, other, u64::MAX]) {
            prop_assert_eq!(first_not_below(&keys, wanted), keys.partition_point(|key| *key < wanted));
        }
    }
}

/// Ids that begin alike, are beginnings of each other, or hold zeros: what eight bytes do not tell apart.
#[test]
fn ids_are_found_that_their_keys_do_not_tell_apart() {
    let ids =
        ["a", "ab", "ab\0", "ab\0\0", "abcdefgh", "abcdefghi", "abcdefghj", "abcdefghjk", "b", "prefix-very-long-1"];
    let resources: Vec<_> = ids
        .iter()
        .rev()
        .map(|id| crate::resource::Resource::unknown(format!("p:a:r:k/{id}").parse().unwrap()))
        .collect();
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let inventory = crate::inventory::Inventory::new(now, [], resources).unwrap();
    for (row, id) in ids.iter().enumerate() {
        assert_eq!(inventory.find(&format!("p:a:r:k/{id}")).map(ResourceIndex::get), Some(row), "{id:?}");
    }
    for id in ["", "abc", "ab\0\0\0", "abcdefg", "abcdefghjkl", "c", "prefix"] {
        assert_eq!(inventory.find(&format!("p:a:r:k/{id}")), None, "{id:?}");
    }
    for address in ["p:a:r:k", "p:a:r:other/a", "p:a:r/k/a", "", ":::/"] {
        assert_eq!(inventory.find(address), None, "{address:?}");
    }
}
