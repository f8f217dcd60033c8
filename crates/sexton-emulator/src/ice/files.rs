//! ListLiveSnapshotFiles and DeleteLiveSnapshotFiles.

use serde_json::{Value, json};

use super::cloud::{ascends, bound, check_span, no_job, size};
use super::objects::Objects;
use super::world::{File, IceWorld, instant};
use crate::clock;
use crate::error::{ApiError, Reply, fields};
use crate::parameters::Parameters;

/// The longest span of one listing (vendor documentation).
const MOST_HOURS: i64 = 24;
/// How many timestamps one removal takes (vendor documentation).
const MOST_TIMESTAMPS: usize = 200;

/// What a caller is told who may not see any and is not told so.
pub(super) fn none() -> Reply {
    fields(json!({ "FileList": [] }))
}

/// Both ends of the span belong to it, by whole seconds, and the next page begins at the second of the first file that is
/// not told: files of that second come twice. A file is found by its timestamp, whatever time is told of it; which of them
/// counts is not documented.
pub(super) fn list(world: &IceWorld, parameters: &Parameters) -> Reply {
    let id = parameters.required("JobId")?;
    parameters.required("StartTime")?;
    parameters.required("EndTime")?;
    let (Some(start), Some(end)) = (bound(parameters, "StartTime")?, bound(parameters, "EndTime")?) else {
        return Err(ApiError::missing("StartTime"));
    };
    check_span(start, end, MOST_HOURS)?;
    let limit = size(parameters, "Limit")?;
    let ascends = ascends(parameters, "asc")?;
    let job = world.jobs.get(id).ok_or_else(no_job)?;
    let millis = |second: i64| u64::try_from(second.saturating_mul(1000)).unwrap_or(0);
    let (from, to) = (millis(start.as_second()), millis(end.as_second()).saturating_add(999));
    let mut files: Vec<(&u64, &File)> = job.files.range(from..=to).collect();
    if !ascends {
        files.reverse();
    }
    let next = files.get(limit).and_then(|(millis, _)| instant(**millis)).map(clock::seconds);
    files.truncate(limit);
    let mut told = fields(json!({ "FileList": files.into_iter().map(row).collect::<Vec<_>>() }))?;
    if let Some(next) = next {
        told.insert("NextStartTime".to_owned(), Value::String(next));
    }
    Ok(told)
}

fn row((millis, file): (&u64, &File)) -> Value {
    let fields = [
        ("CreateTime", json!(instant(file.told(*millis)).map(clock::seconds))),
        ("CreateTimestamp", json!(millis)),
        ("IsOverlay", json!(file.is_overlay)),
        ("OssEndpoint", json!(file.endpoint)),
        ("OssBucket", json!(file.bucket)),
        ("OssObject", json!(file.object)),
    ];
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// One overlay file refuses the call for all, before anything is removed; where no file is found the call fails. What the
/// service does with mixed calls is not documented.
pub(super) fn delete(world: &mut IceWorld, objects: &Objects, parameters: &Parameters) -> Reply {
    const LIST: &str = "CreateTimestampList";
    let id = parameters.required("JobId")?;
    let list = parameters.required(LIST)?;
    let timestamps: Vec<u64> =
        serde_json::from_str(list).map_err(|_| ApiError::invalid(LIST, "expected a JSON array of whole numbers"))?;
    if timestamps.is_empty() || timestamps.len() > MOST_TIMESTAMPS {
        return Err(ApiError::invalid(LIST, "from 1 to 200 may be given"));
    }
    let with_objects = parameters.is_set("DeleteOriginalFile")?;
    let job = world.jobs.get_mut(id).ok_or_else(no_job)?;
    let found = || timestamps.iter().filter_map(|millis| job.files.get(millis));
    if found().any(|file| file.is_overlay == Some(true)) {
        let message = "Snapshots that are overwritten in place are not supported.";
        return Err(ApiError::new(400, "OverlayNotSupported", message));
    }
    if found().next().is_none() {
        return Err(ApiError::new(404, "NoValidSnapshot", "No valid snapshot is found."));
    }
    let mut results = Vec::with_capacity(timestamps.len());
    for millis in timestamps {
        let result = match job.files.get(&millis) {
            None => "NotFound",
            Some(file) => {
                if let (true, Some(bucket), Some(object)) = (with_objects, &file.bucket, &file.object) {
                    objects.remove(bucket, object).map_err(|error| {
                        ApiError::new(500, "InternalError", format!("The object cannot be removed: {error}."))
                    })?;
                }
                job.files.remove(&millis);
                "OK"
            }
        };
        results.push(json!({ "CreateTimestamp": millis, "Result": result }));
    }
    fields(json!({ "DeleteFileResultList": results }))
}
