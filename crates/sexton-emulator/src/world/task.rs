//! Tasks, and how they read as inventory.

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::Quirks;
use super::reading::{Facts, WorldError};
use super::words::{TaskAction, TaskStatus};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) id: String,
    /// Whole minutes: that is what the API tells.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<TaskStatus>,
    pub(crate) action: Option<TaskAction>,
    pub(crate) support_cancel: Option<bool>,
    /// The image that is imported or exported.
    pub(crate) image: Option<String>,
    /// A cancelled task stays in the listing as `Failed` and is no longer part of the inventory.
    pub(crate) is_cancelled: bool,
    pub(crate) quirks: Quirks,
}

impl Task {
    pub(crate) const KIND: &str = "task";

    /// Whether it still runs or waits to. A status that is not known counts as running.
    pub(crate) fn is_running(&self) -> bool {
        match self.status {
            Some(TaskStatus::Finished | TaskStatus::Failed) => false,
            Some(TaskStatus::Processing | TaskStatus::Waiting | TaskStatus::Other(_)) | None => true,
        }
    }

    fn relation(&self) -> Option<&'static str> {
        match self.action {
            Some(TaskAction::ExportImage) => Some("exports"),
            Some(TaskAction::ImportImage) => Some("imports"),
            Some(TaskAction::Other(_)) | None => None,
        }
    }

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        let mut task = Self {
            id: facts.id(),
            created_at: facts.created_minute(),
            status: facts.state(),
            action: facts.word("task_action")?,
            support_cancel: facts.flag("support_cancel")?,
            image: None,
            is_cancelled: false,
            quirks: facts.quirks()?,
        };
        match task.relation() {
            None => facts.only_links(&[])?,
            Some(relation) => {
                facts.only_links(&[(relation, "image")])?;
                task.image = facts.linked_once(relation, "image")?;
            }
        }
        Ok(task)
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        let draft = Draft::new(place, Self::KIND, &self.id)
            .created_at(self.created_at)
            .state(self.status.as_ref().map(TaskStatus::as_str))
            .attribute("task_action", self.action.as_ref().map(TaskAction::as_str))
            .attribute("support_cancel", self.support_cancel);
        match self.relation() {
            Some(relation) => draft.links(relation, "image", self.image.as_slice()).finish(),
            None => draft.finish(),
        }
    }
}
