//! ListLiveSnapshotJobs, GetLiveSnapshotJob and SendLiveSnapshotJobCommand.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::cloud::{ascends, bound, check_span, no_job, size};
use super::world::{IceWorld, Job};
use crate::clock;
use crate::error::{ApiError, Reply, done, fields};
use crate::parameters::Parameters;

/// The longest span of one listing (vendor documentation).
const MOST_HOURS: i64 = 30 * 24;
/// Without a start the listing is of the last week.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn list(world: &IceWorld, parameters: &Parameters, now: Timestamp) -> Reply {
    let end = bound(parameters, "EndTime")?.unwrap_or(now);
    let start = bound(parameters, "StartTime")?.unwrap_or_else(|| now.checked_sub(WEEK).unwrap_or(now));
    check_span(start, end, MOST_HOURS)?;
    let (number, size) = (parameters.number("PageNo")?.unwrap_or(1), size(parameters, "PageSize")?);
    if number == 0 {
        return Err(ApiError::invalid("PageNo", "it begins at 1"));
    }
    let ascends = ascends(parameters, "desc")?;
    let (word, status) = (parameters.get("SearchKeyWord"), parameters.get("Status"));
    let mut jobs: Vec<&Job> = world
        .jobs
        .values()
        .filter(|job| job.created_at.is_none_or(|at| start <= at && at <= end))
        .filter(|job| status.is_none_or(|status| job.status.as_deref() == Some(status)))
        .filter(|job| {
            word.is_none_or(|word| job.id.contains(word) || job.name.as_ref().is_some_and(|name| name.contains(word)))
        })
        .collect();
    jobs.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    if !ascends {
        jobs.reverse();
    }
    let page = jobs.iter().skip((number - 1).saturating_mul(size)).take(size);
    fields(json!({
        "JobList": page.map(|job| Value::Object(row(job))).collect::<Vec<_>>(),
        "TotalCount": jobs.len(),
        "PageNo": number,
        "PageSize": size,
        "SortBy": if ascends { "asc" } else { "desc" },
    }))
}

pub(super) fn get(world: &IceWorld, parameters: &Parameters) -> Reply {
    let job = world.jobs.get(parameters.required("JobId")?).ok_or_else(no_job)?;
    let mut told = row(job);
    let more = json!({
        "SequenceFormat": "snapshot/{JobId}/{UnixTimestamp}.jpg",
        "CallbackUrl": "",
        "LastModified": job.last_modified().map(clock::seconds),
        "StreamInput": { "Type": "rtmp", "Url": format!("rtmp://pull.example.com/live/{}", job.id) },
    });
    told.extend(fields(more)?);
    Ok(told)
}

/// What a stopped job is called is inferred from the names of the states.
pub(super) fn command(world: &mut IceWorld, parameters: &Parameters) -> Reply {
    let job = world.jobs.get_mut(parameters.required("JobId")?).ok_or_else(no_job)?;
    let status = match parameters.required("Command")? {
        "start" if job.status.as_deref() == Some("started") => {
            return Err(ApiError::new(409, "JobAlreadyStarted", "The job is started already."));
        }
        "start" | "restart" => "started",
        "stop" => "paused",
        _ => return Err(ApiError::invalid("Command", "expected start, stop or restart")),
    };
    job.status = Some(status.to_owned());
    done()
}

fn row(job: &Job) -> Map<String, Value> {
    let output = &job.output;
    let fields = [
        ("JobId", json!(job.id)),
        ("JobName", json!(job.name.as_deref().unwrap_or(""))),
        ("Status", json!(job.status)),
        ("TemplateId", json!(job.template_id)),
        ("TemplateName", json!(job.template_name)),
        ("TimeInterval", json!(job.time_interval)),
        ("CreateTime", json!(job.created_at.map(clock::seconds))),
        (
            "SnapshotOutput",
            json!({ "StorageType": output.storage_type, "Endpoint": output.endpoint, "Bucket": output.bucket }),
        ),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
