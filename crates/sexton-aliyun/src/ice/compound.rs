//! Listings that take several calls: jobs, by windows of their creation, and the files of one job, by windows of its
//! life.

use std::collections::HashSet;

use futures_util::StreamExt as _;
use sexton_core::resource::Resource;
use sexton_core::time::{Span, Timestamp};
use sexton_http::Place;
use sexton_provider::CallError;

use super::decode;
use super::queries::{self, FILES_WINDOW, JOBS_WINDOW};
use super::windows::windows;
use crate::pages::{Reader, parameters};
use crate::row::Row;
use crate::shortfall::Shortfall;

/// How many of such calls run at a time within one listing.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// A job that is `paused` is taken to have made its last file when it was modified last. How long ICE takes to write that
/// down is not documented.
const AFTER_THE_LAST: Span = Span::from_hours(24);
/// A file may be written down as of a moment before its job.
const BEFORE_THE_FIRST: Span = Span::from_secs(60);

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

/// When a job made files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) job: String,
    from: Timestamp,
    until: Timestamp,
}

impl Life {
    /// From what is listed of a job, and, for one that is paused, from what is told of it alone.
    pub(super) async fn of(reader: &Reader<'_>, job: &Resource, now: Timestamp) -> Result<Self, CallError> {
        const OPERATION: &str = "GetLiveSnapshotJob";
        let id = job.address.id();
        let created = job.created_at.known();
        let from = created.unwrap_or(queries::first_job());
        let from = from.checked_sub(BEFORE_THE_FIRST).unwrap_or(from);
        let mut until = now;
        if job.state.as_ref().known().map(String::as_str) == Some(PAUSED) {
            let reply = reader.read(OPERATION, parameters([("JobId", id)])).await?;
            until = last(Row::new(&reply.body), created, now);
        }
        Ok(Self { job: id.to_owned(), from, until })
    }
}

/// The state in which a job makes no files. That a stopped job has it is read from the names of the states; nothing is
/// decided by it but until when the job is asked for files, and a file that is not listed is not removed.
const PAUSED: &str = "paused";

/// Until when a job is to be asked for files. The vendor's pages swap the time of creation and of modification once: the
/// latest that is told counts.
fn last(told: Row<'_>, created: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let modified = told.time("LastModified");
    if told.text("Status").as_deref() != Some(PAUSED) || modified.is_none() {
        return now;
    }
    let latest = [modified, told.time("CreateTime"), created].into_iter().flatten().max();
    latest.and_then(|latest| latest.checked_add(AFTER_THE_LAST)).map_or(now, |until| until.min(now))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn last_of(told: &Value) -> String {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let row = Row::new(told.as_object().unwrap());
        last(row, Some(at("2026-01-01T00:00:00Z")), at("2026-06-01T00:00:00Z")).to_string()
    }

    #[test]
    fn a_job_is_asked_for_files_until_now_unless_it_surely_made_its_last() {
        let now = "2026-06-01T00:00:00Z";
        assert_eq!(
            last_of(&json!({"Status": "paused", "LastModified": "2026-02-01T00:00:00Z"})),
            "2026-02-02T00:00:00Z"
        );
        assert_eq!(last_of(&json!({"Status": "paused", "LastModified": "2026-05-31T20:00:00Z"})), now);
        assert_eq!(last_of(&json!({"Status": "started", "LastModified": "2026-02-01T00:00:00Z"})), now);
        assert_eq!(last_of(&json!({"LastModified": "2026-02-01T00:00:00Z"})), now);
        assert_eq!(last_of(&json!({"Status": "paused", "LastModified": ""})), now);
        let swapped =
            json!({"Status": "paused", "LastModified": "2026-01-01T00:00:00Z", "CreateTime": "2026-03-01T00:00:00Z"});
        assert_eq!(last_of(&swapped), "2026-03-02T00:00:00Z");
    }
}
