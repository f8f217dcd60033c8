//! The inventory of a region: jobs, then the files of each, and an honest census of both.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use sexton_core::address::Region;
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ListSink};

use super::compound::{self, Life, SIDE_BY_SIDE};
use super::probe::{JOB_NOT_FOUND, TELLS_OF_ONE};
use super::provider::IceProvider;
use super::vocabulary::IceKind;
use crate::pages::{Reader, parameters};
use crate::shortfall::{Shortfall, advice};

/// Lists every kind of a region.
pub(super) async fn list(provider: &IceProvider, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
    let (identity, as_of) = provider.identity_at(region, Pace::Patient).await?;
    if identity.region != *region {
        let message = format!("the endpoint serves {}, not {region}", identity.region);
        return Err(refused("GetCallerIdentity", message));
    }
    let reader = provider.reader(region.as_str(), Pace::Patient)?;
    let place = Place { account: identity.account, region: region.clone() };
    let now = as_of.known().unwrap_or_else(|| Timestamp::from_jiff(jiff::Timestamp::now()));
    let lister = Lister { reader, place, as_of, now, sink: Mutex::new(sink) };
    let (jobs, all_jobs) = lister.jobs().await;
    lister.files(jobs, all_jobs).await;
    Ok(())
}

struct Lister<'a> {
    reader: Reader<'a>,
    place: Place,
    /// The provider's time before the first page: nothing later is asked for.
    as_of: Fact<Timestamp>,
    now: Timestamp,
    /// Held for the time of one page, and never across an await.
    sink: Mutex<&'a mut dyn ListSink>,
}

impl<'a> Lister<'a> {
    /// Every job, and whether that is all.
    async fn jobs(&self) -> (Vec<Resource>, Listing) {
        let mut jobs: Vec<Resource> = Vec::new();
        let end = compound::jobs(&self.reader, &self.place, self.now, &mut |job| {
            let mut sink = self.sink();
            sink.resource(job.clone());
            jobs.push(job);
            sink.progress(&self.place.region, &IceKind::Job.name(), jobs.len() as u64, None);
        })
        .await;
        let end = match end {
            Ok(()) if jobs.is_empty() => self.confirm_none().await,
            Ok(()) => Ok(()),
            Err(shortfall) => Err(shortfall.advice()),
        };
        let listing = match end {
            Ok(()) => Listing::Complete,
            Err(problem) => {
                self.problem(IceKind::Job, problem);
                Listing::Incomplete
            }
        };
        self.census(IceKind::Job, listing);
        (jobs, listing)
    }

    /// An empty list of jobs is believed of an identity that is let through to ICE's jobs. ICE has no dry run by which
    /// that is told, but it knows that there is no job of this id, and does not tell that to one who may not ask.
    async fn confirm_none(&self) -> Result<(), String> {
        let empty = "the list is empty, which is not the same as nothing there";
        match self.reader.read(TELLS_OF_ONE, parameters([("JobId", NO_JOB)])).await {
            Err(error) if matches!(error.code.as_deref(), Some(JOB_NOT_FOUND | "InvalidParameter")) => Ok(()),
            Err(error) => Err(format!("{empty}: {}", advice(&error))),
            Ok(_) => Err(format!("{empty}: {TELLS_OF_ONE} tells of a job that cannot be there")),
        }
    }

    async fn files(&self, jobs: Vec<Resource>, all_jobs: Listing) {
        let seen = AtomicU64::new(0);
        let mut listing = all_jobs;
        let mut problem: Option<String> = None;
        let seen = &seen;
        let mut walks = futures_util::stream::iter(jobs)
            .map(|job| async move { self.files_of(&job, seen).await })
            .buffered(SIDE_BY_SIDE);
        while let Some(end) = walks.next().await {
            if let Err(shortfall) = end {
                listing = Listing::Incomplete;
                problem.get_or_insert(shortfall);
            }
        }
        if all_jobs == Listing::Incomplete {
            let jobs = IceKind::Job.as_str();
            problem.get_or_insert_with(|| format!("it is read job by job, and the listing of {jobs} is not complete"));
        }
        if let Some(problem) = problem {
            self.problem(IceKind::File, problem);
        }
        self.census(IceKind::File, listing);
    }

    async fn files_of(&self, job: &Resource, seen: &AtomicU64) -> Result<(), String> {
        let life = Life::of(job, self.now);
        let end = compound::files(&self.reader, &self.place, &life, &mut |file| {
            let mut sink = self.sink();
            sink.resource(file);
            let seen = seen.fetch_add(1, Ordering::Relaxed) + 1;
            if seen.is_multiple_of(PROGRESS_EVERY) {
                sink.progress(&self.place.region, &IceKind::File.name(), seen, None);
            }
        })
        .await;
        end.map_err(|shortfall: Shortfall| format!("job {}: {}", life.job, shortfall.advice()))
    }

    fn census(&self, kind: IceKind, listing: Listing) {
        self.place.tell_census::<IceKind>(&mut **self.sink(), &kind.name(), listing, self.as_of);
    }

    fn problem(&self, kind: IceKind, message: String) {
        self.place.tell_problem(&mut **self.sink(), &kind.name(), message);
    }

    fn sink(&self) -> MutexGuard<'_, &'a mut dyn ListSink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of no job.
const NO_JOB: &str = "00000000-0000-0000-0000-000000000000";
/// How many files are found between two words about it: a page.
const PROGRESS_EVERY: u64 = 100;
