//! DescribeTasks, DescribeTaskAttribute and CancelTask.

use serde_json::{Value, json};

use super::listed;
use crate::call::{Call, is_wanted};
use crate::clock;
use crate::error::{ApiError, Reply, done, fields};
use crate::paging::Pages;
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::task::Task;
use crate::world::words::{ImageStatus, TaskAction, TaskStatus};

const PAGES: Pages = Pages { token: None, by_number: Some(100) };

/// Cancelled tasks are listed too, as `Failed`.
pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let ids = call.parameters.separated("TaskIds")?;
    let resources = call.parameters.numbered_ids("ResourceIds")?;
    let action = call.filter("TaskAction");
    let status = call.filter("TaskStatus");
    let selected: Vec<&Task> = world
        .tasks
        .values()
        .filter(|task| is_wanted(ids.as_ref(), &task.id))
        .filter(|task| {
            resources.as_ref().is_none_or(|wanted| task.image.as_ref().is_some_and(|image| wanted.contains(image)))
        })
        .filter(|task| action.passes(task.action.as_ref().map(TaskAction::as_str)))
        .filter(|task| status.passes(task.status.as_ref().map(TaskStatus::as_str)))
        .collect();
    let page = call.page(selected.into_iter(), |task: &Task| task.id.as_str(), PAGES)?;
    let mut reply = listed("TaskSet", "Task", page, write)?;
    reply.insert("RegionId".to_owned(), Value::String(world.region().to_owned()));
    Ok(reply)
}

fn write(task: &Task) -> Value {
    json!({
        "TaskId": task.id,
        "TaskAction": task.action.as_ref().map(TaskAction::as_str),
        "TaskStatus": task.status.as_ref().map(TaskStatus::as_str),
        "SupportCancel": task.support_cancel.map(|yes| yes.to_string()),
        "ResourceId": task.image.as_deref().unwrap_or(""),
        "CreationTime": task.created_at.map(clock::minutes),
        "FinishedTime": if task.is_running() { Some(String::new()) } else { task.created_at.map(clock::minutes) },
    })
}

fn not_found() -> ApiError {
    ApiError::new(400, "InvalidTaskId.NotFound", "The specified TaskId does not exist.")
}

pub(crate) fn describe_attribute(world: &World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("TaskId")?;
    let task = world.tasks.get(id).filter(|_| !call.is_blind).ok_or_else(not_found)?;
    let Value::Object(mut attributes) = super::row(write(task)) else { return done() };
    let (process, succeeded, failed) = match task.status {
        Some(TaskStatus::Finished) => ("100%", 1, 0),
        Some(TaskStatus::Failed) => ("100%", 0, 1),
        Some(TaskStatus::Processing | TaskStatus::Waiting | TaskStatus::Other(_)) | None => ("40%", 0, 0),
    };
    attributes.extend(fields(json!({
        "RegionId": world.region(),
        "TaskProcess": process,
        "SuccessCount": succeeded,
        "FailedCount": failed,
        "TotalCount": 1,
        "OperationProgressSet": { "OperationProgress": [] },
    }))?);
    Ok(attributes)
}

/// Only imports and exports can be cancelled, while they run (vendor documentation of CancelTask). It is not documented
/// what is left behind; here an image that was being imported fails.
pub(crate) fn cancel(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("TaskId")?;
    let task = world.tasks.get_mut(id).ok_or_else(not_found)?;
    match task.action {
        Some(TaskAction::ImportImage | TaskAction::ExportImage) => {}
        Some(TaskAction::Other(_)) | None => return Err(Refusal::TaskActionNotSupported.into()),
    }
    if !task.is_running() {
        return Err(Refusal::TaskStatus.into());
    }
    // Of the documented codes this one says it best; which one it really is, is not documented.
    if task.support_cancel == Some(false) {
        return Err(Refusal::TaskActionNotSupported.into());
    }
    if !task.quirks.refuse.is_empty() {
        return Err(Refusal::CancelFailed.into());
    }
    task.status = Some(TaskStatus::Failed);
    task.is_cancelled = true;
    if task.action == Some(TaskAction::ImportImage)
        && let Some(image) = task.image.as_ref().and_then(|image| world.images.get_mut(image))
        && image.status == Some(ImageStatus::Creating)
    {
        image.status = Some(ImageStatus::CreateFailed);
    }
    done()
}
