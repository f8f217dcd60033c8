//! DescribeLockedSnapshots: a flat list, by token only.

use serde_json::{Value, json};

use super::row;
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::Reply;
use crate::paging::{Pages, TokenPages};
use crate::world::World;
use crate::world::snapshot::Snapshot;

const PAGES: Pages = Pages { token: Some(TokenPages::Within { max: 100 }), by_number: None };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let ids = call.parameters.numbered_ids("SnapshotIds")?;
    let selected: Vec<&Snapshot> = world
        .snapshots
        .values()
        .filter(|snapshot| snapshot.lock.is_some())
        .filter(|snapshot| is_wanted(ids.as_ref(), &snapshot.id))
        .collect();
    let page = call.page(selected.into_iter(), |snapshot: &Snapshot| snapshot.id.as_str(), PAGES)?;
    let rows: Vec<Value> = page.rows.iter().filter_map(|snapshot| write(snapshot)).collect();
    let mut fields = page.fields;
    fields.retain(|name, _| name == "NextToken");
    fields.insert("LockedSnapshotsInfo".to_owned(), Value::Array(rows));
    Ok(fields)
}

fn write(snapshot: &Snapshot) -> Option<Value> {
    let lock = snapshot.lock.as_ref()?;
    let locked_at = snapshot.created_at.map(clock::seconds);
    let days = match (snapshot.created_at, lock.expires_at) {
        (Some(from), Some(to)) => Some(to.duration_since(from).as_hours() / 24),
        (Some(_) | None, _) => None,
    };
    Some(row(json!({
        "SnapshotId": snapshot.id,
        "LockMode": "compliance",
        "LockStatus": lock.status.as_str(),
        "LockDuration": days,
        "CoolOffPeriod": 0,
        "LockCreationTime": locked_at,
        "LockDurationStartTime": locked_at,
        "LockExpiredTime": lock.expires_at.map(clock::seconds),
    })))
}
