//! From the provider's rows to resources, in the words that `docs/aliyun-ice.md` pins.

use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource, Tags};
use sexton_core::time::{Span, Timestamp};
use sexton_http::{NoId, Place};

use super::rulebook::IS_OVERLAY;
use super::vocabulary::{IceKind, IceRelation};
use crate::row::{DecodeError, Row};

#[cfg(test)]
mod tests;

/// The two times of a file agree where no more than this is between them.
pub(crate) const SAME_TIME: Span = Span::from_secs(60);

/// Whether a file's `CreateTime` says another time than its timestamp; left out where it says none.
pub(crate) const TIME_DISAGREES: &str = "time_disagrees";

/// Reads a job, from a row of the list or from the answer about it alone.
pub(crate) fn job(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let mut resource = Resource::unknown(place.address(IceKind::Job, &row.id("JobId")?)?);
    resource.name = row.text("JobName").into();
    resource.created_at = row.time("CreateTime").into();
    resource.state = row.text("Status").into();
    resource.tags = Fact::Known(Tags::new());
    resource.links = Fact::Known(Vec::new());
    let output = row.value("SnapshotOutput").and_then(|value| value.as_object()).map(Row::new);
    let of_output = |field: &str| output.and_then(|output| output.text_attribute(field));
    resource.attributes = Fact::Known(attributes([
        ("template_id", row.text_attribute("TemplateId")),
        ("template_name", row.text_attribute("TemplateName")),
        ("time_interval", row.number_attribute("TimeInterval")),
        ("storage_type", of_output("StorageType")),
        ("oss_endpoint", of_output("Endpoint")),
        ("bucket", of_output("Bucket")),
    ]));
    Ok(resource)
}

/// Reads a file of a job.
///
/// Its time is the timestamp that deletes it. The vendor's samples of the two disagree: where `CreateTime` is told and
/// says something else, when the file was made is unknown, and so is where a second look would find it.
pub(crate) fn file(place: &Place, job: &str, row: Row<'_>) -> Result<Resource, DecodeError> {
    const TIMESTAMP: &str = "CreateTimestamp";
    let millis = row.number(TIMESTAMP).ok_or(NoId { field: TIMESTAMP })?;
    let instant = instant(millis).ok_or(NoId { field: TIMESTAMP })?;
    let mut resource = Resource::unknown(place.address(IceKind::File, &file_id(job, millis))?);
    let disagrees =
        row.value("CreateTime").map(|_| row.time("CreateTime").is_none_or(|told| apart(told, instant) > SAME_TIME));
    resource.created_at = (disagrees != Some(true)).then_some(instant).into();
    resource.name = row.text("OssObject").into();
    resource.tags = Fact::Known(Tags::new());
    resource.attributes = Fact::Known(attributes([
        // For the groups of a retention: a condition cannot take an id apart.
        ("job", Some(AttributeValue::from(job))),
        (IS_OVERLAY, row.boolean_attribute("IsOverlay")),
        (TIME_DISAGREES, disagrees.map(AttributeValue::from)),
        ("oss_endpoint", row.text_attribute("OssEndpoint")),
        ("bucket", row.text_attribute("OssBucket")),
    ]));
    let target = place.address(IceKind::Job, job)?;
    resource.links = Fact::Known(vec![Link { relation: IceRelation::MadeBy.name(), target }]);
    Ok(resource)
}

/// `JOB/TIMESTAMP`.
pub(crate) fn file_id(job: &str, millis: u64) -> String {
    format!("{job}/{millis}")
}

/// The job and the timestamp of a file's id, in milliseconds. None where the id is not written as a listing would.
pub(crate) fn file_parts(id: &str) -> Option<(&str, u64)> {
    let (job, millis) = id.split_once('/')?;
    let millis: u64 = millis.parse().ok()?;
    (!job.is_empty() && file_id(job, millis) == id).then_some((job, millis))
}

/// The instant of a timestamp.
pub(crate) fn instant(millis: u64) -> Option<Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok().map(Timestamp::from_jiff)
}

fn apart(a: Timestamp, b: Timestamp) -> Span {
    a.max(b).since(a.min(b))
}

/// Those that have a value.
fn attributes<const N: usize>(pairs: [(&str, Option<AttributeValue>); N]) -> Attributes {
    pairs.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
