//! The listings that are made, with the parameters that make them complete.

use serde_json::Value;

use super::pages::Query;
use super::vocabulary::ZecKind;
use crate::rpc::{ApiVersion, Parameters};

/// Ids that one call may name: the documented bound of `instanceIds` and of the removals by list.
pub(crate) const IDS_PER_CALL: usize = 100;

/// The largest page of a kind. Where it is not documented, what the vendor's own tools ask for.
fn page(kind: ZecKind) -> u32 {
    match kind {
        ZecKind::Disk | ZecKind::Instance | ZecKind::Image => 1_000,
        ZecKind::Snapshot | ZecKind::AutoSnapshotPolicy => 100,
    }
}

/// The operation that lists a kind; none where this version of the API has none.
pub(crate) fn operation(kind: ZecKind, version: ApiVersion) -> Option<&'static str> {
    match (kind, version) {
        (ZecKind::Snapshot, _) => Some("DescribeSnapshots"),
        (ZecKind::Disk, _) => Some("DescribeDisks"),
        (ZecKind::Instance, _) => Some("DescribeInstances"),
        (ZecKind::Image, ApiVersion::V20250901) => Some("DescribeCustomImages"),
        (ZecKind::AutoSnapshotPolicy, ApiVersion::V20250901) => Some("DescribeAutoSnapshotPolicies"),
        (ZecKind::Image | ZecKind::AutoSnapshotPolicy, ApiVersion::V20240401) => None,
    }
}

/// The field of a row that holds its id.
pub(crate) fn id_field(kind: ZecKind) -> &'static str {
    match kind {
        ZecKind::Snapshot => "snapshotId",
        ZecKind::Disk => "diskId",
        ZecKind::Image => "imageId",
        ZecKind::Instance => "instanceId",
        ZecKind::AutoSnapshotPolicy => "autoSnapshotPolicyId",
    }
}

/// The parameter that names ids of a kind, in listings and in removals by list.
pub(crate) fn ids_parameter(kind: ZecKind) -> &'static str {
    match kind {
        ZecKind::Snapshot => "snapshotIds",
        ZecKind::Disk => "diskIds",
        ZecKind::Image => "imageIds",
        ZecKind::Instance => "instanceIds",
        ZecKind::AutoSnapshotPolicy => "autoSnapshotPolicyIds",
    }
}

/// All of a kind.
pub(crate) fn all(kind: ZecKind, version: ApiVersion) -> Option<Query> {
    let operation = operation(kind, version)?;
    Some(Query { operation, parameters: Parameters::new(), size: page(kind), id: id_field(kind) })
}

/// All of a kind in a zone.
pub(crate) fn in_zone(kind: ZecKind, version: ApiVersion, zone: &str) -> Option<Query> {
    let filter = match kind {
        ZecKind::AutoSnapshotPolicy => ("zoneIds", Value::from(vec![zone])),
        ZecKind::Snapshot | ZecKind::Disk | ZecKind::Image | ZecKind::Instance => ("zoneId", Value::from(zone)),
    };
    Some(all(kind, version)?.with(filter))
}

/// Those of a kind that have these ids.
pub(crate) fn by_ids(kind: ZecKind, version: ApiVersion, ids: &[&str]) -> Option<Query> {
    Some(all(kind, version)?.with((ids_parameter(kind), Value::from(ids.to_vec()))))
}
