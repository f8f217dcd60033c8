//! The listings that are made, with the parameters that make them complete.

use sexton_core::time::{Span, Timestamp};

use super::windows::Window;
use crate::pages::{Found, Paging, Parameters, Query, parameters};
use crate::row::{DecodeError, Row};

/// The longest window of ListLiveSnapshotJobs, by the vendor's documentation.
pub(crate) const JOBS_WINDOW: Span = Span::from_hours(30 * 24);
/// The longest window of ListLiveSnapshotFiles, by the vendor's documentation.
pub(crate) const FILES_WINDOW: Span = Span::from_hours(24);

/// The first month of the API's version 2020-11-09: no job is older. Without both bounds the listing is of the last
/// week, so that jobs are asked for from here on.
pub(crate) fn first_job() -> Timestamp {
    Timestamp::from_second(1_604_188_800).expect("2020-11-01T00:00:00Z is an instant")
}

/// The jobs that were created in a window.
pub(crate) fn jobs(window: Window) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        found(page, "JobList", "JobId")
    }
    let mut parameters = bounds(window);
    parameters.push(("SortBy".to_owned(), "asc".to_owned()));
    let paging = Paging::Numbered { number: "PageNo", size: 100 };
    Query { operation: "ListLiveSnapshotJobs", parameters, paging, rows }
}

/// The files that a job made in a window.
pub(crate) fn files(job: &str, window: Window) -> Query {
    fn rows(page: Row<'_>) -> Result<Vec<Found<'_>>, DecodeError> {
        found(page, "FileList", "CreateTimestamp")
    }
    let mut parameters = bounds(window);
    parameters.extend(self::parameters([("JobId", job), ("SortBy", "asc")]));
    Query { operation: "ListLiveSnapshotFiles", parameters, paging: Paging::Onward { size: 100 }, rows }
}

fn found<'r>(page: Row<'r>, list: &str, id: &'static str) -> Result<Vec<Found<'r>>, DecodeError> {
    let rows = page.answer_rows(list, list)?;
    rows.into_iter().map(|row| Ok(Found { id: row.id(id)?, row, counted: true })).collect()
}

fn bounds(window: Window) -> Parameters {
    parameters([("StartTime", &window.from.to_string()), ("EndTime", &window.to.to_string())])
}
