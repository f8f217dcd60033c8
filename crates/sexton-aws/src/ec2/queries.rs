//! The listings that are made, with the parameters that make them complete.

use super::pages::{Found, PageSize, Parameters, Query, RowsOf, parameters, rows_of};
use super::row::{DecodeError, Row};

/// The values of a filter that one call names. The vendor's documentation allows 200.
pub(crate) const IDS_PER_CALL: usize = 100;

/// The account's own snapshots, restricted by further parameters. Without an owner the provider lists every public one.
pub(crate) fn snapshots(further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "snapshotSet", "snapshotId")
    }
    query("DescribeSnapshots", parameters([("Owner.1", "self")]), further, 1000, rows)
}

/// The locks of snapshots.
pub(crate) fn locks(further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "snapshotSet", "snapshotId")
    }
    query("DescribeLockedSnapshots", Parameters::new(), further, 1000, rows)
}

/// The account's own images. Disabled ones are not listed by default and still pin their snapshots.
pub(crate) fn images(further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "imagesSet", "imageId")
    }
    let all = [("Owner.1", "self"), ("IncludeDisabled", "true"), ("IncludeDeprecated", "true")];
    query("DescribeImages", parameters(all), further, 1000, rows)
}

/// Volumes, those that services of the vendor manage included.
pub(crate) fn disks(further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "volumeSet", "volumeId")
    }
    query("DescribeVolumes", managed_too(), further, 500, rows)
}

/// Instances, those that services of the vendor manage included. They are listed within their reservations.
pub(crate) fn instances(further: Parameters) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        let mut instances = Vec::new();
        for reservation in page.answer_rows("reservationSet")? {
            instances.extend(rows_of(reservation, "instancesSet", "instanceId")?);
        }
        Ok(instances)
    }
    query("DescribeInstances", managed_too(), further, 1000, rows)
}

/// Launch templates, those that services of the vendor manage included.
pub(crate) fn launch_templates() -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "launchTemplates", "launchTemplateId")
    }
    query("DescribeLaunchTemplates", managed_too(), Parameters::new(), 200, rows)
}

/// The versions of a launch template, with the images that Systems Manager parameters stand for.
pub(crate) fn launch_template_versions(template: &str) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "launchTemplateVersionSet", "versionNumber")
    }
    let further = parameters([("LaunchTemplateId", template), ("ResolveAlias", "true")]);
    query("DescribeLaunchTemplateVersions", managed_too(), further, 200, rows)
}

/// The launch configurations of Auto Scaling.
pub(crate) fn launch_configurations() -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        rows_of(page, "LaunchConfigurations", "LaunchConfigurationName")
    }
    let page = PageSize { parameter: "MaxRecords", rows: 100 };
    Query { operation: "DescribeLaunchConfigurations", parameters: Parameters::new(), page, rows }
}

fn query(operation: &'static str, always: Parameters, further: Parameters, rows_a_page: usize, rows: RowsOf) -> Query {
    let mut all = always;
    all.extend(further);
    Query { operation, parameters: all, page: PageSize { parameter: "MaxResults", rows: rows_a_page }, rows }
}

fn managed_too() -> Parameters {
    parameters([("IncludeManagedResources", "true")])
}

/// A filter by some of the values. An id that is not there is left out of the answer, where a list of ids would be
/// refused as a whole.
pub(crate) fn filter(name: &str, values: &[&str]) -> Parameters {
    let mut all = parameters([("Filter.1.Name", name)]);
    all.extend(numbered("Filter.1.Value", values));
    all
}

/// A list as numbered parameters.
pub(crate) fn numbered(name: &str, values: &[&str]) -> Parameters {
    values.iter().enumerate().map(|(index, value)| (format!("{name}.{}", index + 1), (*value).to_owned())).collect()
}
