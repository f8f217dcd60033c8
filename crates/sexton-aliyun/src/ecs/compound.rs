//! Listings that take several calls: the shares of one image, which have two lists, launch templates, whose references
//! are in their versions, and automatic snapshot policies, whose disks are listed apart.

use futures_util::StreamExt as _;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;

use super::decode::{self, Covered, TemplateReferences};
use super::queries;
use crate::pages::{Found, Reader, Walk, parameters};
use crate::row::Row;
use crate::shortfall::Shortfall;
use sexton_http::Place;

/// How many of such calls run at a time within one listing.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// Everyone an image is shared with. An image that is gone is shared with nobody.
pub(super) async fn shares_of(
    reader: &Reader<'_>,
    place: &Place,
    image: &str,
) -> (Fact<Timestamp>, Result<Vec<Resource>, Shortfall>) {
    let mut shares = Vec::new();
    let walk = reader
        .walk(&queries::shares(place.region.as_str(), image), &mut |found, _, _| {
            for found in found {
                shares.push(if found.counted {
                    decode::account_share(place, image, found.row)?
                } else {
                    decode::group_share(place, image, found.row)?
                });
            }
            Ok(())
        })
        .await;
    match walk.end {
        Ok(()) => (walk.as_of, Ok(shares)),
        Err(Shortfall::Call(error)) if error.code.as_deref() == Some("InvalidImageId.NotFound") => {
            (walk.as_of, Ok(Vec::new()))
        }
        Err(shortfall) => (walk.as_of, Err(shortfall)),
    }
}

/// The automatic snapshot policies with the disks that they are applied to, and the first reason for which some are not
/// known.
pub(super) async fn snapshot_policies(reader: &Reader<'_>, place: &Place) -> (Walk, Option<Shortfall>, Vec<Resource>) {
    let region = place.region.as_str();
    let mut rows = Vec::new();
    let walk = reader
        .walk(&queries::snapshot_policies(region), &mut |found, _, _| {
            rows.extend(found.iter().map(|found| found.row.to_owned()));
            Ok(())
        })
        .await;
    let mut covered = Covered::default();
    // Where there is no policy there is nothing that could cover.
    let associations = if rows.is_empty() {
        Ok(())
    } else {
        let query = queries::snapshot_policy_associations(region);
        let take = &mut |found: &[Found<'_>], _, _| found.iter().try_for_each(|found| covered.add(found.row));
        reader.walk(&query, take).await.end
    };
    let mut problem = associations.err();
    let told = problem.is_none();
    for row in rows.iter().map(Row::new).filter(|_| told) {
        // Where a policy takes disks by their tags, the associations need not say so; the disks name it.
        if let Ok(policy) = row.id("AutoSnapshotPolicyId")
            && covered.lacks_some(&policy, row)
        {
            let query = queries::disks(region, parameters([("AutoSnapshotPolicyId", &policy)]));
            let take = &mut |found: &[Found<'_>], _, _| {
                found.iter().try_for_each(|found| covered.add_disk(&policy, found.row))
            };
            if let Err(shortfall) = reader.walk(&query, take).await.end {
                problem.get_or_insert(shortfall);
            }
        }
    }
    let known = told.then_some(&covered);
    let mut policies = Vec::new();
    for row in rows {
        match decode::snapshot_policy(place, Row::new(&row), known) {
            Ok(policy) => policies.push(policy),
            Err(source) => {
                let operation = "DescribeAutoSnapshotPolicyEx";
                problem.get_or_insert(Shortfall::Unreadable { operation, source });
            }
        }
    }
    (walk, problem, policies)
}

/// The launch templates with what all their versions refer to, and the first reason for which some are not known.
pub(super) async fn launch_templates(reader: &Reader<'_>, place: &Place) -> (Walk, Option<Shortfall>, Vec<Resource>) {
    let region = place.region.as_str();
    let mut rows = Vec::new();
    let walk = reader
        .walk(&queries::launch_templates(region), &mut |found, _, _| {
            for found in found {
                rows.push((found.id.clone(), found.row.to_owned()));
            }
            Ok(())
        })
        .await;
    let mut problem = None;
    let mut templates = Vec::new();
    let mut versions = futures_util::stream::iter(rows)
        .map(|(id, row)| async move {
            let mut references = TemplateReferences::default();
            let walk = reader
                .walk(&queries::launch_template_versions(region, &id), &mut |found, _, _| {
                    found.iter().for_each(|found| references.add(found.row));
                    Ok(())
                })
                .await;
            (row, walk.end.map(|()| references))
        })
        .buffered(SIDE_BY_SIDE);
    while let Some((row, references)) = versions.next().await {
        let template = decode::launch_template(place, Row::new(&row), references.as_ref().ok());
        match template {
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
