//! Listings that take several calls: whom one image or snapshot is shared with, and launch templates, whose references
//! are in their versions.

use futures_util::StreamExt as _;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;

use super::decode::{self, Permissions, Shared, TemplateReferences};
use super::pages::{Reader, Shortfall, Walk, parameters};
use super::queries;
use super::row::Row;
use sexton_http::Place;

/// How many of such calls run at a time within one listing.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// Everyone an image or a snapshot is shared with. What is gone is shared with nobody.
pub(super) async fn permissions_of(
    reader: &Reader<'_>,
    place: &Place,
    shared: Shared,
    id: &str,
) -> (Fact<Timestamp>, Result<Permissions, Shortfall>) {
    let (operation, parameter, attribute) = match shared {
        Shared::Image => ("DescribeImageAttribute", "ImageId", "launchPermission"),
        Shared::Snapshot => ("DescribeSnapshotAttribute", "SnapshotId", "createVolumePermission"),
    };
    match reader.read(operation, parameters([(parameter, id), ("Attribute", attribute)])).await {
        Ok(reply) => {
            let read = decode::permissions(place, shared, id, Row::new(&reply.body));
            (reply.date, read.map_err(|source| Shortfall::Unreadable { operation, source }))
        }
        Err(error) if is_gone(shared, error.code.as_deref()) => (Fact::Unknown, Ok(Permissions::default())),
        Err(error) => (Fact::Unknown, Err(Shortfall::Call(error))),
    }
}

fn is_gone(shared: Shared, code: Option<&str>) -> bool {
    match shared {
        Shared::Image => matches!(code, Some("InvalidAMIID.NotFound" | "InvalidAMIID.Unavailable")),
        Shared::Snapshot => code == Some("InvalidSnapshot.NotFound"),
    }
}

/// The launch templates with what all their versions refer to, and the first reason for which some are not known.
pub(super) async fn launch_templates(reader: &Reader<'_>, place: &Place) -> (Walk, Option<Shortfall>, Vec<Resource>) {
    let mut rows = Vec::new();
    let walk = reader
        .walk(&queries::launch_templates(), &mut |found, _| {
            rows.extend(found.iter().map(|found| (found.id.clone(), found.row.to_owned())));
            Ok(())
        })
        .await;
    let mut problem = None;
    let mut templates = Vec::new();
    let mut versions = futures_util::stream::iter(rows)
        .map(|(id, row)| async move {
            let mut references = TemplateReferences::default();
            let walk = reader
                .walk(&queries::launch_template_versions(&id), &mut |found, _| {
                    found.iter().for_each(|found| references.add(found.row));
                    Ok(())
                })
                .await;
            (row, walk.end.map(|()| references))
        })
        .buffered(SIDE_BY_SIDE);
    while let Some((row, references)) = versions.next().await {
        match decode::launch_template(place, Row::new(&row), references.as_ref().ok()) {
            Ok(template) => templates.push(template),
            Err(source) => {
                let operation = "DescribeLaunchTemplates";
                problem.get_or_insert(Shortfall::Unreadable { operation, source });
            }
        }
        if let Err(shortfall) = references {
            problem.get_or_insert(shortfall);
        }
    }
    (walk, problem, templates)
}
