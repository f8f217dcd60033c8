//! DescribeAutoSnapshotPolicyEx, by number only, and DescribeAutoSnapshotPolicyAssociations, by token only.

use serde_json::{Value, json};

use super::listed;
use crate::call::Call;
use crate::clock;
use crate::error::Reply;
use crate::paging::{Pages, TokenPages};
use crate::world::World;
use crate::world::policy::SnapshotPolicy;

const PAGES: Pages = Pages { token: None, by_number: Some(100) };

/// The documentation gives no bounds of `MaxResults` for the associations.
const ASSOCIATION_PAGES: Pages = Pages { token: Some(TokenPages::Clamped { min: 1, max: 100 }), by_number: None };

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let id = call.filter("AutoSnapshotPolicyId");
    let selected: Vec<&SnapshotPolicy> =
        world.snapshot_policies.values().filter(|policy| id.passes(Some(&policy.id))).collect();
    let page = call.page(selected.into_iter(), |policy: &SnapshotPolicy| policy.id.as_str(), PAGES)?;
    listed("AutoSnapshotPolicies", "AutoSnapshotPolicy", page, |policy| write(policy, world.region()))
}

/// Times and weekdays are JSON arrays in texts.
fn write(policy: &SnapshotPolicy, region: &str) -> Value {
    json!({
        "AutoSnapshotPolicyId": policy.id,
        "AutoSnapshotPolicyName": policy.name.as_deref().unwrap_or(""),
        "RegionId": region,
        "Status": policy.status,
        "RetentionDays": policy.retention_days,
        "DiskNums": policy.disks.len(),
        "VolumeNums": 0,
        "TimePoints": "[\"1\"]",
        "RepeatWeekdays": "[\"1\",\"4\"]",
        "Type": policy.policy_type,
        "EnableCrossRegionCopy": false,
        "TargetCopyRegions": "",
        "CreationTime": policy.created_at.map(clock::seconds),
    })
}

/// One disk under one policy.
struct Association<'a> {
    /// Both ids, by which they sort.
    id: String,
    policy: &'a str,
    disk: &'a str,
}

pub(crate) fn describe_associations(world: &World, call: &mut Call<'_>) -> Reply {
    let (policy, disk) = (call.filter("AutoSnapshotPolicyId"), call.filter("DiskId"));
    let mut selected: Vec<Association<'_>> = world
        .snapshot_policies
        .values()
        .filter(|policy| !policy.by_tags)
        .flat_map(|policy| policy.disks.iter().map(move |disk| (policy.id.as_str(), disk.as_str())))
        .map(|(policy, disk)| Association { id: format!("{policy}/{disk}"), policy, disk })
        .filter(|association| policy.passes(Some(association.policy)) && disk.passes(Some(association.disk)))
        .collect();
    selected.sort_by(|a, b| a.id.cmp(&b.id));
    let page =
        call.page(selected.iter(), |association: &Association<'_>| association.id.as_str(), ASSOCIATION_PAGES)?;
    listed(
        "AutoSnapshotPolicyAssociations",
        "AutoSnapshotPolicyAssociation",
        page,
        |association| json!({ "AutoSnapshotPolicyId": association.policy, "DiskId": association.disk }),
    )
}
