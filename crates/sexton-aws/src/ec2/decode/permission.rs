//! Whom an image or a snapshot is shared with: a resource for each, and one where it is public.

use serde_json::Value;
use sexton_core::resource::Resource;

use super::{DecodeError, Draft, Ec2Kind, Ec2Relation, Place, Row};

/// What can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shared {
    Image,
    Snapshot,
}

impl Shared {
    /// What an id is of, by the beginning that the provider gives to ids.
    pub(crate) fn of(id: &str) -> Option<Self> {
        match id.split_once('-')?.0 {
            "ami" => Some(Shared::Image),
            "snap" => Some(Shared::Snapshot),
            _ => None,
        }
    }

    pub(crate) fn kind(self) -> Ec2Kind {
        match self {
            Shared::Image => Ec2Kind::Image,
            Shared::Snapshot => Ec2Kind::Snapshot,
        }
    }

    /// The list of its permissions in answers.
    fn list(self) -> &'static str {
        match self {
            Shared::Image => "launchPermission",
            Shared::Snapshot => "createVolumePermission",
        }
    }
}

/// Everyone that an image or a snapshot is shared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Permissions {
    pub(crate) shares: Vec<Resource>,
    pub(crate) publication: Option<Resource>,
}

/// Reads the permissions in the answer that is about them.
pub(crate) fn permissions(place: &Place, shared: Shared, id: &str, row: Row<'_>) -> Result<Permissions, DecodeError> {
    let mut permissions = Permissions::default();
    for entry in row.answer_rows(shared.list())? {
        let with = [
            ("account", "userId"),
            ("group", "group"),
            ("organization", "organizationArn"),
            ("organizational-unit", "organizationalUnitArn"),
        ]
        .into_iter()
        .find_map(|(share_type, field)| Some((share_type, entry.text(field)?)));
        match with {
            Some(("group", group)) if group == "all" => {
                permissions.publication = Some(publication(place, shared, id)?);
            }
            Some((share_type, with)) => {
                let draft = Draft::untagged(place, Ec2Kind::Share, &format!("{id}/{with}"))?
                    .attribute("share_type", Some(Value::from(share_type)));
                permissions.shares.push(draft.link(Ec2Relation::Grants, shared.kind(), id)?.finish());
            }
            None => return Err(DecodeError::Nobody { field: shared.list() }),
        }
    }
    Ok(permissions)
}

/// The publication of what is public.
pub(crate) fn publication(place: &Place, shared: Shared, id: &str) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, Ec2Kind::Publication, &format!("{id}/public"))?;
    Ok(draft.link(Ec2Relation::Publishes, shared.kind(), id)?.finish())
}

/// What is shared and with whom, in the id of a share, or what is public and `public` in that of a publication.
pub(crate) fn share_parts(id: &str) -> Option<(Shared, &str, &str)> {
    let (of, with) = id.split_once('/').filter(|(of, with)| !of.is_empty() && !with.is_empty())?;
    Some((Shared::of(of)?, of, with))
}
