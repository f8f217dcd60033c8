//! The listings that are made, with the parameters that make them complete.

use crate::pages::{Found, Paging, Parameters, Query, parameters, rows_of};
use crate::row::{DecodeError, Row};

/// All there are: by default DescribeImages answers only those that are `Available`.
const IMAGE_STATUSES: &str = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated";

/// The ids one call may name.
pub(crate) const IDS_PER_CALL: usize = 100;

/// Snapshots, restricted by further parameters.
pub(crate) fn snapshots(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "Snapshots", "Snapshot", "SnapshotId")
    }
    query("DescribeSnapshots", region, further, Paging::Token(100), rows)
}

/// The locks of snapshots.
pub(crate) fn locks(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "LockedSnapshotsInfo", "LockedSnapshotInfo", "SnapshotId")
    }
    query("DescribeLockedSnapshots", region, further, Paging::Token(100), rows)
}

/// The groups of snapshots. The documentation gives no bounds of `MaxResults`.
pub(crate) fn snapshot_groups(region: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "SnapshotGroups", "SnapshotGroup", "SnapshotGroupId")
    }
    query("DescribeSnapshotGroups", region, Parameters::new(), Paging::Token(100), rows)
}

/// The policies that take snapshots by themselves; older pages allow 50 a page, newer ones 100.
pub(crate) fn snapshot_policies(region: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "AutoSnapshotPolicies", "AutoSnapshotPolicy", "AutoSnapshotPolicyId")
    }
    query(
        "DescribeAutoSnapshotPolicyEx",
        region,
        Parameters::new(),
        Paging::Numbered { number: "PageNumber", size: 50 },
        rows,
    )
}

/// Which disks they are applied to: a disk may be under several, so a row is told from another by both ids. The
/// documentation gives no bounds of `MaxResults`.
pub(crate) fn snapshot_policy_associations(region: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        let rows = page.answer_rows("AutoSnapshotPolicyAssociations", "AutoSnapshotPolicyAssociation")?;
        rows.into_iter()
            .map(|row| {
                let id = format!("{}/{}", row.id("AutoSnapshotPolicyId")?, row.id("DiskId")?);
                Ok(Found { id, row, counted: true })
            })
            .collect()
    }
    let operation = "DescribeAutoSnapshotPolicyAssociations";
    query(operation, region, Parameters::new(), Paging::Token(100), rows)
}

/// Images in every status.
pub(crate) fn images(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "Images", "Image", "ImageId")
    }
    let mut all = parameters([("Status", IMAGE_STATUSES)]);
    all.extend(further);
    query("DescribeImages", region, all, Paging::Numbered { number: "PageNumber", size: 100 }, rows)
}

/// Whom an image is shared with: accounts, and groups, which the total may or may not count.
pub(crate) fn shares(region: &str, image: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        let mut rows = rows_of(page, "Accounts", "Account", "AliyunId")?;
        for row in page.rows("ShareGroups", "ShareGroup")? {
            rows.push(Found { id: row.id("Group")?, row, counted: false });
        }
        Ok(rows)
    }
    query(
        "DescribeImageSharePermission",
        region,
        parameters([("ImageId", image)]),
        Paging::Numbered { number: "PageNumber", size: 100 },
        rows,
    )
}

/// Disks.
pub(crate) fn disks(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "Disks", "Disk", "DiskId")
    }
    query("DescribeDisks", region, further, Paging::Token(500), rows)
}

/// Instances.
pub(crate) fn instances(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "Instances", "Instance", "InstanceId")
    }
    query("DescribeInstances", region, further, Paging::Token(100), rows)
}

/// Tasks of every action and status.
pub(crate) fn tasks(region: &str, further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "TaskSet", "Task", "TaskId")
    }
    query("DescribeTasks", region, further, Paging::Numbered { number: "PageNumber", size: 100 }, rows)
}

/// Launch templates. Whether the API lists without a name or an id is not settled by the vendor's documentation: where
/// it does not, the listing is incomplete.
pub(crate) fn launch_templates(region: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "LaunchTemplateSets", "LaunchTemplateSet", "LaunchTemplateId")
    }
    query(
        "DescribeLaunchTemplates",
        region,
        Parameters::new(),
        Paging::Numbered { number: "PageNumber", size: 50 },
        rows,
    )
}

/// The versions of a launch template.
pub(crate) fn launch_template_versions(region: &str, template: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "LaunchTemplateVersionSets", "LaunchTemplateVersionSet", "VersionNumber")
    }
    let further = parameters([("LaunchTemplateId", template), ("DetailFlag", "true")]);
    query("DescribeLaunchTemplateVersions", region, further, Paging::Numbered { number: "PageNumber", size: 50 }, rows)
}

/// The configurations of the Auto Scaling service.
pub(crate) fn scaling_configurations(region: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "ScalingConfigurations", "ScalingConfiguration", "ScalingConfigurationId")
    }
    query(
        "DescribeScalingConfigurations",
        region,
        Parameters::new(),
        Paging::Numbered { number: "PageNumber", size: 50 },
        rows,
    )
}

fn query(
    operation: &'static str,
    region: &str,
    further: Parameters,
    paging: Paging,
    rows: crate::pages::RowsOf,
) -> Query {
    let mut all = parameters([("RegionId", region)]);
    all.extend(further);
    Query { operation, parameters: all, paging, rows }
}

/// A list of ids as the JSON array in a text that the API wants.
pub(crate) fn json_ids(ids: &[&str]) -> String {
    serde_json::Value::from(ids.to_vec()).to_string()
}

/// A list of ids as numbered parameters.
pub(crate) fn numbered_ids(name: &str, ids: &[&str]) -> Parameters {
    ids.iter().enumerate().map(|(index, id)| (format!("{name}.{}", index + 1), (*id).to_owned())).collect()
}
