//! From the provider's rows to resources, in the words that `docs/zenlayer-zec.md` pins. One file for each kind.

use sexton_http::{Draft, Place};

use super::row::{DecodeError, Row};
use super::vocabulary::{ZecKind, ZecRelation};
use crate::rpc::ApiVersion;

mod disk;
mod image;
mod instance;
mod policy;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use disk::disk;
pub(crate) use image::{image, is_custom};
pub(crate) use instance::instance;
pub(crate) use policy::auto_snapshot_policy;
pub(crate) use snapshot::snapshot;
