//! A second look at what a plan names: a job by its id, files by windows around their timestamps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _};
use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, Observed};

use super::compound::SIDE_BY_SIDE;
use super::decode;
use super::provider::IceProvider;
use super::queries::{self, FILES_WINDOW};
use super::vocabulary::IceKind;
use super::windows::{Window, around};
use crate::pages::{Reader, parameters};
use crate::row::Row;
use crate::shortfall::Shortfall;

/// The operation that tells of one job.
pub(super) const TELLS_OF_ONE: &str = "GetLiveSnapshotJob";
/// The code of a job that ICE does not know.
pub(super) const JOB_NOT_FOUND: &str = "JobNotFound";

/// What is there of the targets, by id.
pub(super) type Present = HashMap<String, Resource>;

/// Looks at resources of one kind, account and region.
pub(super) async fn probe(provider: &IceProvider, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    if let Some(other) = targets.iter().find(|other| other.scope() != first.scope() || other.kind() != first.kind()) {
        return Err(refused("probe", format!("{other} and {first} are not of one kind, account and region")));
    }
    let kind = kind_of(first)?;
    let prober = Prober::new(provider, first, Pace::Once)?;
    let ids: Vec<&str> = targets.iter().map(Address::id).collect();
    let present = match kind {
        IceKind::Job => prober.jobs(&ids).await?,
        IceKind::File => prober.files(&ids).await?,
    };
    Ok(ids
        .iter()
        .map(|id| match present.get(*id) {
            Some(resource) => Observed::Present(Box::new(resource.clone())),
            None => Observed::Absent,
        })
        .collect())
}

/// The kind of a target of this provider.
pub(super) fn kind_of(target: &Address) -> Result<IceKind, CallError> {
    IceKind::parse(target.kind())
        .filter(|_| target.provider() == super::vocabulary::provider().as_str())
        .ok_or_else(|| refused("probe", format!("{target} is of no kind that this provider lists")))
}

/// Reads of one place.
pub(super) struct Prober<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) place: Place,
}

impl<'a> Prober<'a> {
    pub(super) fn new(provider: &'a IceProvider, target: &Address, pace: Pace) -> Result<Self, CallError> {
        let place = Place::of(target).map_err(|error| refused("probe", error.to_string()))?;
        let reader = provider.reader(target.region(), pace)?;
        Ok(Self { reader, place })
    }

    /// A job, if there is one of that id.
    pub(super) async fn job(&self, id: &str) -> Result<Option<Resource>, CallError> {
        match self.reader.read(TELLS_OF_ONE, parameters([("JobId", id)])).await {
            Ok(reply) => {
                let job = decode::job(&self.place, Row::new(&reply.body));
                let job = job.map_err(|error| refused(TELLS_OF_ONE, error.to_string()))?;
                if job.address.id() == id {
                    return Ok(Some(job));
                }
                Err(refused(TELLS_OF_ONE, format!("job {} was told in place of {id}", job.address.id())))
            }
            Err(error) if error.code.as_deref() == Some(JOB_NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn jobs(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        let asked: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let mut looks =
            futures_util::stream::iter(asked).map(|id| async move { self.job(&id).await }).buffered(SIDE_BY_SIDE);
        while let Some(job) = looks.try_next().await? {
            present.extend(job.map(|job| (job.address.id().to_owned(), job)));
        }
        Ok(present)
    }

    /// The files of those ids, by id. Others that are told beside them are left out.
    ///
    /// Whether an identity that may not look is answered by a list of nothing is not documented. That a file is not there
    /// is believed where files of its job were told, or its job is.
    pub(super) async fn files(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut of_jobs: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for id in ids {
            let (job, millis) = decode::file_parts(id)
                .ok_or_else(|| refused("probe", format!("{id:?} does not name a job and a timestamp of its own")))?;
            of_jobs.entry(job).or_default().push(millis);
        }
        let mut looks: Vec<(String, Window)> = Vec::new();
        let jobs: BTreeSet<&str> = of_jobs.keys().copied().collect();
        for (job, mut millis) in of_jobs {
            millis.sort_unstable();
            let instants: Option<Vec<_>> = millis.into_iter().map(decode::instant).collect();
            let instants = instants.ok_or_else(|| refused("probe", format!("a timestamp of {job} is no instant")))?;
            looks.extend(around(&instants, FILES_WINDOW).into_iter().map(|window| (job.to_owned(), window)));
        }
        let mut present = Present::new();
        let mut found = futures_util::stream::iter(looks)
            .map(|(job, window)| async move { self.files_within(&job, window).await })
            .buffered(SIDE_BY_SIDE);
        while let Some(files) = found.try_next().await? {
            present.extend(files.into_iter().map(|file| (file.address.id().to_owned(), file)));
        }
        let told: BTreeSet<&str> = present.keys().filter_map(|id| Some(decode::file_parts(id)?.0)).collect();
        for job in jobs.difference(&told) {
            self.job(job).await?.ok_or_else(|| no_sign(job))?;
        }
        present.retain(|id, _| ids.contains(&id.as_str()));
        Ok(present)
    }

    /// The files that a job made in a window.
    async fn files_within(&self, job: &str, window: Window) -> Result<Vec<Resource>, CallError> {
        let mut files = Vec::new();
        let walk = self
            .reader
            .walk(&queries::files(job, window), &mut |found, _, _| {
                for found in found {
                    files.push(decode::file(&self.place, job, found.row)?);
                }
                Ok(())
            })
            .await;
        walk.end.map_err(Shortfall::into_error)?;
        Ok(files)
    }
}

/// No API removes a job: one that ICE does not know may well be another region's.
fn no_sign(job: &str) -> CallError {
    let message = format!("ICE knows no job {job}. Nothing removes a job, so this is no sign that its files are gone");
    CallError { code: Some(JOB_NOT_FOUND.to_owned()), ..refused(TELLS_OF_ONE, message) }
}
