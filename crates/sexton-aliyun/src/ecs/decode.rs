//! From the provider's rows to resources, in the words that `docs/aliyun-ecs.md` pins. One file for each kind.

use sexton_http::{Draft, Place};

use super::vocabulary::{EcsKind, EcsRelation};
use crate::row::{DecodeError, Row};

mod disk;
mod image;
mod instance;
mod policy;
mod reference;
mod share;
mod snapshot;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use disk::disk;
pub(crate) use image::{Publicity, image, is_own, may_be_shared, publication, publicity};
pub(crate) use instance::instance;
pub(crate) use policy::{Covered, snapshot_policy};
pub(crate) use reference::{TemplateReferences, launch_template, scaling_configuration};
pub(crate) use share::{account_share, group_share, share_parts};
pub(crate) use snapshot::{Groups, Lock, lock, snapshot};
pub(crate) use task::{is_over, task};
