//! Asynchronous tasks.

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// Reads a task. Only exports and imports refer to an image.
pub(crate) fn task(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, EcsKind::Task, &row.id("TaskId")?)?
        .created_at(row.time("CreationTime"))
        .state(row.text("TaskStatus"))
        .attribute("task_action", row.text_attribute("TaskAction"))
        .attribute("support_cancel", row.boolean_attribute("SupportCancel"));
    let relation = match row.text("TaskAction").as_deref() {
        Some("ExportImage") => EcsRelation::Exports,
        Some("ImportImage") => EcsRelation::Imports,
        Some(_) => return Ok(draft.finish()),
        None => return Ok(draft.links_unknown().finish()),
    };
    Ok(match row.text("ResourceId") {
        Some(image) => draft.link(relation, EcsKind::Image, &image)?,
        None => draft.links_unknown(),
    }
    .finish())
}

/// Whether a task of that state holds nothing any more.
pub(crate) fn is_over(row: Row<'_>) -> bool {
    matches!(row.text("TaskStatus").as_deref(), Some("Finished" | "Failed"))
}
