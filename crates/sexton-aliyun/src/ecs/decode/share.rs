//! Share permissions: one resource for each account or group that may use an image.

use serde_json::Value;
use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// Reads the share of an image with an account.
pub(crate) fn account_share(place: &Place, image: &str, row: Row<'_>) -> Result<Resource, DecodeError> {
    share(place, image, &row.id("AliyunId")?, "account", row)
}

/// Reads the share of an image with a group of accounts.
pub(crate) fn group_share(place: &Place, image: &str, row: Row<'_>) -> Result<Resource, DecodeError> {
    share(place, image, &row.id("Group")?, "group", row)
}

fn share(place: &Place, image: &str, with: &str, share_type: &str, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, EcsKind::Share, &format!("{image}/{with}"))?
        .created_at(row.time("SharedTime"))
        .attribute("share_type", Some(Value::from(share_type)));
    Ok(draft.link(EcsRelation::Grants, EcsKind::Image, image)?.finish())
}

/// The image and the account or group in the id of a share, or the image and `public` in that of a publication.
pub(crate) fn share_parts(id: &str) -> Option<(&str, &str)> {
    id.split_once('/').filter(|(image, with)| !image.is_empty() && !with.is_empty())
}
