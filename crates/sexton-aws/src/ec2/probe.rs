//! A second look at what a plan names.
//!
//! Every look filters by ids, so that what is not there is left out of the answer. What is gone and still listed
//! (terminated instances, deregistered images), and what lies in the Recycle Bin, counts as absent.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _};
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Resource};
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ErrorClass, Observed};

use super::compound::{SIDE_BY_SIDE, launch_templates, permissions_of};
use super::decode::{self, Lock, Permissions, Shared};
use super::list::retention;
use super::pages::{Parameters, Query, Reader, Shortfall};
use super::provider::Ec2Provider;
use super::queries::{self, IDS_PER_CALL, filter};
use super::recycle_bin::{self, InBin, Rules};
use super::row::{DecodeError, Row};
use super::vocabulary::Ec2Kind;
use crate::rpc::{Element, Service};

/// What is there of the targets, by id.
type Present = HashMap<String, Resource>;

/// Looks at resources of one kind, account and region.
pub(super) async fn probe(provider: &Ec2Provider, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    if let Some(other) = targets.iter().find(|other| other.scope() != first.scope() || other.kind() != first.kind()) {
        return Err(refused("probe", format!("{other} and {first} are not of one kind, account and region")));
    }
    let kind = kind_of(first)?;
    let prober = Prober::new(provider, first)?;
    let ids: Vec<&str> = targets.iter().map(Address::id).collect();
    let present = match kind {
        Ec2Kind::Snapshot => prober.snapshots(&ids).await?,
        Ec2Kind::Image => prober.images(&ids).await?,
        Ec2Kind::Disk => prober.disks(&ids).await?,
        Ec2Kind::Instance => prober.instances(&ids).await?,
        Ec2Kind::Share | Ec2Kind::Publication => prober.permissions(&ids).await?,
        Ec2Kind::LaunchTemplate => by_id(prober.launch_templates().await?),
        Ec2Kind::LaunchConfiguration => by_id(prober.launch_configurations().await?),
    };
    let mut observed = Vec::with_capacity(targets.len());
    for target in targets {
        observed.push(match present.get(target.id()).filter(|found| found.address == *target) {
            Some(resource) => Observed::Present(Box::new(resource.clone())),
            None => prober.not_listed(kind, target.id()).await?,
        });
    }
    Ok(observed)
}

/// The kind of a target of this provider.
pub(super) fn kind_of(target: &Address) -> Result<Ec2Kind, CallError> {
    Ec2Kind::parse(target.kind())
        .filter(|_| target.provider() == super::vocabulary::provider().as_str())
        .ok_or_else(|| refused("probe", format!("{target} is of no kind that this provider lists")))
}

/// Reads of one place, each made once.
pub(super) struct Prober<'a> {
    pub(super) provider: &'a Ec2Provider,
    pub(super) reader: Reader<'a>,
    pub(super) place: Place,
}

impl<'a> Prober<'a> {
    pub(super) fn new(provider: &'a Ec2Provider, target: &Address) -> Result<Self, CallError> {
        let place = Place::of(target).map_err(|error| refused("probe", error.to_string()))?;
        let reader = provider.reader(Service::Ec2, target.region(), Pace::Once)?;
        Ok(Self { provider, reader, place })
    }

    /// The same, for a listing of many calls: each page is asked for again where its failure may pass.
    pub(super) fn patient(&self) -> Prober<'a> {
        let reader = Reader { pace: Pace::Patient, ..self.reader.clone() };
        Self { provider: self.provider, reader, place: self.place.clone() }
    }

    pub(super) fn region(&self) -> &str {
        self.place.region.as_str()
    }

    /// What is not listed any more may lie in the Recycle Bin, unless no rule could have kept it. An identity that may
    /// not look there sees that it is gone from where it was.
    async fn not_listed(&self, kind: Ec2Kind, id: &str) -> Result<Observed, CallError> {
        let rules = self.provider.bin_rules(self.region()).await;
        if rules.as_ref().known().is_some_and(|rules| !rules.may_keep(kind)) {
            return Ok(Observed::Absent);
        }
        match recycle_bin::look(&self.reader, kind, id).await {
            Ok(InBin::Yes { until }) => Ok(Observed::Parked { until }),
            Ok(InBin::No) => Ok(Observed::Absent),
            Err(error) => {
                let passes = matches!(error.class, ErrorClass::Transient | ErrorClass::Throttle { .. });
                if passes && !rules.is_unknown() {
                    return Err(error);
                }
                tracing::debug!(%error, "the contents of the Recycle Bin are not known");
                Ok(Observed::Absent)
            }
        }
    }

    async fn snapshots(&self, ids: &[&str]) -> Result<Present, CallError> {
        let bin = self.provider.bin_rules(self.region()).await;
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::snapshots(filter("snapshot-id", ids));
            let found = self
                .rows(&query, |place, row| {
                    Ok(decode::owns(place, row, "ownerId").then(|| (row.id("snapshotId"), row.to_owned())))
                })
                .await?;
            let rows: Vec<(String, Element)> = found
                .into_iter()
                .flatten()
                .map(|(id, row)| Ok((id?, row)))
                .collect::<Result<_, _>>()
                .map_err(|error| unreadable(query.operation, &error))?;
            if rows.is_empty() {
                continue;
            }
            let locks = self.locks(&rows).await?;
            for (id, row) in &rows {
                let row = Row::new(row);
                let kept = retention(&bin, Ec2Kind::Snapshot, row);
                let read = decode::snapshot(&self.place, row, locks.of(id).as_ref(), kept);
                let mut snapshot = read.map_err(|error| unreadable(query.operation, &error))?;
                if locks == Locks::Untold
                    && let Fact::Known(attributes) = &mut snapshot.attributes
                {
                    attributes.insert("locked_until".to_owned(), AttributeValue::Null);
                }
                if !decode::is_in_the_bin(&snapshot) {
                    present.insert(id.clone(), snapshot);
                }
            }
        }
        Ok(present)
    }

    /// The locks of these snapshots. An endpoint that knows no locks, or an identity that may not see them, leaves them
    /// untold: the API itself refuses to delete what is locked.
    async fn locks(&self, snapshots: &[(String, Element)]) -> Result<Locks, CallError> {
        let ids: Vec<&str> = snapshots.iter().map(|(id, _)| id.as_str()).collect();
        let query = queries::locks(filter("snapshot-id", &ids));
        match self.rows(&query, |_, row| decode::lock(row)).await {
            Ok(locks) => Ok(Locks::Told(locks)),
            Err(error) => match error.class {
                ErrorClass::Throttle { .. } => Err(error),
                ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => {
                    tracing::debug!(%error, "locks are not told");
                    Ok(Locks::Untold)
                }
            },
        }
    }

    async fn images(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            present.extend(by_id(self.images_of(filter("image-id", ids)).await?));
        }
        Ok(present)
    }

    /// Every image of the account.
    pub(super) async fn all_images(&self) -> Result<Vec<Resource>, CallError> {
        self.images_of(Parameters::new()).await
    }

    async fn images_of(&self, further: Parameters) -> Result<Vec<Resource>, CallError> {
        let bin: Fact<Rules> = self.provider.bin_rules(self.region()).await;
        let read = |place: &Place, row: Row<'_>| {
            if !decode::owns(place, row, "imageOwnerId") || decode::is_deregistered(row) {
                return Ok(None);
            }
            let image = decode::image(place, row, retention(&bin, Ec2Kind::Image, row))?;
            Ok(Some(image).filter(|image| !decode::is_in_the_bin(image)))
        };
        Ok(self.rows(&queries::images(further), read).await?.into_iter().flatten().collect())
    }

    async fn disks(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            present.extend(by_id(self.disks_of(filter("volume-id", ids)).await?));
        }
        Ok(present)
    }

    pub(super) async fn disks_of(&self, further: Parameters) -> Result<Vec<Resource>, CallError> {
        let bin = self.provider.bin_rules(self.region()).await;
        let read = |place: &Place, row: Row<'_>| decode::disk(place, row, retention(&bin, Ec2Kind::Disk, row));
        self.rows(&queries::disks(further), read).await
    }

    async fn instances(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            present.extend(by_id(self.instances_of(filter("instance-id", ids)).await?));
        }
        Ok(present)
    }

    pub(super) async fn instances_of(&self, further: Parameters) -> Result<Vec<Resource>, CallError> {
        let read = |place: &Place, row: Row<'_>| {
            if decode::is_over(row) { Ok(None) } else { decode::instance(place, row).map(Some) }
        };
        Ok(self.rows(&queries::instances(further), read).await?.into_iter().flatten().collect())
    }

    /// The shares and publications of what the ids are of.
    async fn permissions(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut of = BTreeSet::new();
        for id in ids {
            let parts = decode::share_parts(id)
                .ok_or_else(|| refused("probe", format!("{id:?} does not name what is shared and with whom")))?;
            of.insert((parts.0, parts.1.to_owned()));
        }
        let mut present = Present::new();
        let mut looks = futures_util::stream::iter(of)
            .map(|(shared, id)| async move { self.permissions_of(shared, &id).await })
            .buffered(SIDE_BY_SIDE);
        while let Some(Permissions { shares, publication }) = looks.try_next().await? {
            present.extend(by_id(shares.into_iter().chain(publication).collect()));
        }
        Ok(present)
    }

    /// Everyone an image or a snapshot is shared with.
    pub(super) async fn permissions_of(&self, shared: Shared, id: &str) -> Result<Permissions, CallError> {
        let (_, permissions) = permissions_of(&self.reader, &self.place, shared, id).await;
        permissions.map_err(failed)
    }

    /// Every launch template, with what it refers to.
    pub(super) async fn launch_templates(&self) -> Result<Vec<Resource>, CallError> {
        let (walk, problem, templates) = launch_templates(&self.reader, &self.place).await;
        finished(walk.end)?;
        match problem {
            Some(shortfall) => Err(failed(shortfall)),
            None => Ok(templates),
        }
    }

    /// Every launch configuration.
    pub(super) async fn launch_configurations(&self) -> Result<Vec<Resource>, CallError> {
        let reader = self.provider.reader(Service::AutoScaling, self.region(), self.reader.pace)?;
        rows(&reader, &self.place, &queries::launch_configurations(), decode::launch_configuration).await
    }

    /// What is read from the rows of a query.
    async fn rows<T: Send>(
        &self,
        query: &Query,
        read: impl Fn(&Place, Row<'_>) -> Result<T, DecodeError> + Send + Sync,
    ) -> Result<Vec<T>, CallError> {
        rows(&self.reader, &self.place, query, read).await
    }
}

/// The locks of some snapshots.
#[derive(Debug, PartialEq, Eq)]
enum Locks {
    /// All of them.
    Told(Vec<Lock>),
    /// Nobody says.
    Untold,
}

impl Locks {
    fn of(&self, snapshot: &str) -> Option<Lock> {
        match self {
            Locks::Told(locks) => locks.iter().find(|lock| lock.snapshot == snapshot).cloned(),
            Locks::Untold => None,
        }
    }
}

async fn rows<T: Send>(
    reader: &Reader<'_>,
    place: &Place,
    query: &Query,
    read: impl Fn(&Place, Row<'_>) -> Result<T, DecodeError> + Send + Sync,
) -> Result<Vec<T>, CallError> {
    let mut all = Vec::new();
    let walk = reader
        .walk(query, &mut |found, _| {
            for found in found {
                all.push(read(place, found.row)?);
            }
            Ok(())
        })
        .await;
    finished(walk.end)?;
    Ok(all)
}

fn finished(end: Result<(), Shortfall>) -> Result<(), CallError> {
    end.map_err(failed)
}

fn failed(shortfall: Shortfall) -> CallError {
    match shortfall {
        Shortfall::Call(error) => error,
        Shortfall::Unreadable { operation, source } => unreadable(operation, &source),
        Shortfall::TokenRepeats { operation }
        | Shortfall::NoEnd { operation }
        | Shortfall::CutOff { operation, .. } => refused(operation, shortfall.to_string()),
    }
}

fn unreadable(operation: &'static str, error: &DecodeError) -> CallError {
    refused(operation, error.to_string())
}

fn by_id(resources: Vec<Resource>) -> Present {
    resources.into_iter().map(|resource| (resource.address.id().to_owned(), resource)).collect()
}
