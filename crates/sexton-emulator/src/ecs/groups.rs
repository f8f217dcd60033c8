//! DescribeSnapshotGroups: the groups that snapshots say they belong to, by token only.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::listed;
use crate::call::Call;
use crate::error::Reply;
use crate::paging::{Pages, TokenPages};
use crate::world::World;

/// The documentation gives no bounds of `MaxResults`.
const PAGES: Pages = Pages { token: Some(TokenPages::Clamped { min: 1, max: 100 }), by_number: None };

/// A group and its snapshots.
struct Group<'a> {
    id: &'a str,
    snapshots: Vec<&'a str>,
}

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let mut by_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for snapshot in world.snapshots.values() {
        if let Some(group) = &snapshot.snapshot_group_id {
            by_group.entry(group).or_default().push(&snapshot.id);
        }
    }
    let groups: Vec<Group<'_>> = by_group.into_iter().map(|(id, snapshots)| Group { id, snapshots }).collect();
    let page = call.page(groups.iter(), |group: &Group<'_>| group.id, PAGES)?;
    listed("SnapshotGroups", "SnapshotGroup", page, |group| {
        let snapshots: Vec<Value> = group.snapshots.iter().map(|id| json!({ "SnapshotId": id })).collect();
        json!({ "SnapshotGroupId": group.id, "Status": "accomplished", "Snapshots": { "Snapshot": snapshots } })
    })
}
