//! Listings that take several calls: jobs, by windows of their creation, and the files of one job, by windows of its
//! life.

use std::collections::HashSet;

use futures_util::StreamExt as _;
use sexton_core::resource::Resource;
use sexton_core::time::{Span, Timestamp};
use sexton_http::Place;

use super::decode;
use super::queries::{self, FILES_WINDOW, JOBS_WINDOW};
use super::windows::windows;
use crate::pages::Reader;
use crate::shortfall::Shortfall;

/// How many of such calls run at a time within one listing.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// A file may be written down as of a moment before its job, and by another time of day than the job.
const BEFORE_THE_FIRST: Span = Span::from_hours(24);

/// Reads every job, handing over each once.
pub(super) async fn jobs(
    reader: &Reader<'_>,
    place: &Place,
    until: Timestamp,
    take: &mut (dyn FnMut(Resource) + Send),
) -> Result<(), Shortfall> {
    let mut seen: HashSet<String> = HashSet::new();
    let mut walks = futures_util::stream::iter(windows(queries::first_job(), until, JOBS_WINDOW))
        .map(|window| async move {
            let mut jobs = Vec::new();
            let walk = reader
                .walk(&queries::jobs(window), &mut |found, _, _| {
                    for found in found {
                        jobs.push(decode::job(place, found.row)?);
                    }
                    Ok(())
                })
                .await;
            (jobs, walk.end)
        })
        .buffered(SIDE_BY_SIDE);
    let mut end = Ok(());
    while let Some((jobs, read)) = walks.next().await {
        for job in jobs {
            if seen.insert(job.address.id().to_owned()) {
                take(job);
            }
        }
        end = end.and(read);
    }
    end
}

/// When a job can have made files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) job: String,
    from: Timestamp,
    until: Timestamp,
}

impl Life {
    /// Until now, whatever is told of when a job was stopped: that stopping one counts as a modification is documented
    /// nowhere, and months of files could be missing from a listing that is said to be complete.
    pub(super) fn of(job: &Resource, now: Timestamp) -> Self {
        let from = job.created_at.known().unwrap_or(queries::first_job());
        let from = from.checked_sub(BEFORE_THE_FIRST).unwrap_or(from);
        Self { job: job.address.id().to_owned(), from, until: now }
    }
}

/// Reads every file of a job, handing over each once.
pub(super) async fn files(
    reader: &Reader<'_>,
    place: &Place,
    life: &Life,
    take: &mut (dyn FnMut(Resource) + Send),
) -> Result<(), Shortfall> {
    let mut seen: HashSet<String> = HashSet::new();
    for window in windows(life.from, life.until, FILES_WINDOW) {
        let walk = reader
            .walk(&queries::files(&life.job, window), &mut |found, _, _| {
                for found in found {
                    if seen.insert(found.id.clone()) {
                        take(decode::file(place, &life.job, found.row)?);
                    }
                }
                Ok(())
            })
            .await;
        walk.end?;
    }
    Ok(())
}
