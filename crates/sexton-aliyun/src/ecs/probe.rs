//! A second look at what a plan names.
//!
//! What an answer leaves out is absent only where the identity may see it: that is confirmed by a dry run, once for
//! each operation and region. A task counts as absent once it is `Finished` or `Failed`: then it holds nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _};
use sexton_core::address::Address;
use sexton_core::resource::Resource;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ErrorClass, Observed};

use super::compound::{SIDE_BY_SIDE, launch_templates, shares_of, snapshot_policies};
use super::decode::{self, Groups, Lock, Publicity};
use super::permission::confirm;
use super::provider::EcsProvider;
use super::queries::{self, IDS_PER_CALL, json_ids, numbered_ids};
use super::vocabulary::EcsKind;
use crate::pages::{Found, Query, Reader, parameters};
use crate::row::{DecodeError, Row};
use crate::shortfall::Shortfall;

/// What is there of the targets, by id.
type Present = HashMap<String, Resource>;

/// Looks at resources of one kind, account and region.
pub(super) async fn probe(provider: &EcsProvider, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    if let Some(other) = targets.iter().find(|other| other.scope() != first.scope() || other.kind() != first.kind()) {
        return Err(refused("probe", format!("{other} and {first} are not of one kind, account and region")));
    }
    let kind = kind_of(first)?;
    let prober = Prober::new(provider, first).await?;
    let ids: Vec<&str> = targets.iter().map(Address::id).collect();
    let present = match kind {
        EcsKind::Snapshot => prober.snapshots(&ids).await?,
        EcsKind::Image => prober.images(&ids, decode::image).await?,
        EcsKind::Disk => prober.disks(&ids).await?,
        EcsKind::Instance => prober.instances(&ids).await?,
        EcsKind::Share => prober.shares(&ids).await?,
        EcsKind::Publication => prober.publications(&ids).await?,
        EcsKind::Task => prober.tasks(&ids).await?,
        EcsKind::LaunchTemplate => by_id(prober.launch_templates().await?),
        EcsKind::ScalingConfiguration => by_id(prober.scaling_configurations().await?),
        EcsKind::AutoSnapshotPolicy => by_id(prober.snapshot_policies().await?),
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
pub(super) fn kind_of(target: &Address) -> Result<EcsKind, CallError> {
    EcsKind::parse(target.kind())
        .filter(|_| target.provider() == super::vocabulary::provider().as_str())
        .ok_or_else(|| refused("probe", format!("{target} is of no kind that this provider lists")))
}

/// Reads of one place, each made once.
pub(super) struct Prober<'a> {
    pub(super) provider: &'a EcsProvider,
    pub(super) reader: Reader<'a>,
    pub(super) place: Place,
}

impl<'a> Prober<'a> {
    pub(super) async fn new(provider: &'a EcsProvider, target: &Address) -> Result<Self, CallError> {
        let place = Place::of(target).map_err(|error| refused("probe", error.to_string()))?;
        let reader = provider.reader(target.region(), Pace::Once).await?;
        Ok(Self { provider, reader, place })
    }

    /// The same, for a listing of many calls: each page is asked for again where its failure may pass.
    pub(super) async fn patient(&self) -> Result<Prober<'a>, CallError> {
        let reader = self.provider.reader(self.region(), Pace::Patient).await?;
        Ok(Self { provider: self.provider, reader, place: self.place.clone() })
    }

    pub(super) fn region(&self) -> &str {
        self.place.region.as_str()
    }

    async fn snapshots(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::snapshots(self.region(), parameters([("SnapshotIds", &json_ids(ids))]));
            present.extend(by_id(self.locked_snapshots(&query).await?));
        }
        self.confirm_absent("DescribeSnapshots", ids, &present).await?;
        Ok(present)
    }

    /// The snapshots of a query, with their locks.
    pub(super) async fn locked_snapshots(&self, query: &Query) -> Result<Vec<Resource>, CallError> {
        let mut rows = Vec::new();
        let walk = self
            .reader
            .walk(query, &mut |found, _, _| {
                rows.extend(found.iter().map(|found| (found.id.clone(), found.row.to_owned())));
                Ok(())
            })
            .await;
        finished(walk.end)?;
        let mut locks: HashMap<String, Lock> = HashMap::new();
        let ids: Vec<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::locks(self.region(), numbered_ids("SnapshotIds", ids));
            for lock in self.rows(&query, |_, row| decode::lock(row)).await? {
                locks.insert(lock.snapshot.clone(), lock);
            }
        }
        let groups = if rows.is_empty() { None } else { self.groups().await? };
        rows.iter()
            .map(|(id, row)| decode::snapshot(&self.place, Row::new(row), locks.get(id), groups.as_deref()))
            .collect::<Result<_, _>>()
            .map_err(|error| unreadable(query.operation, &error))
    }

    async fn disks(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::disks(self.region(), parameters([("DiskIds", &json_ids(ids))]));
            present.extend(by_id(self.rows(&query, decode::disk).await?));
        }
        self.confirm_absent("DescribeDisks", ids, &present).await?;
        Ok(present)
    }

    async fn instances(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::instances(self.region(), parameters([("InstanceIds", &json_ids(ids))]));
            present.extend(by_id(self.rows(&query, decode::instance).await?));
        }
        self.confirm_absent("DescribeInstances", ids, &present).await?;
        Ok(present)
    }

    /// What is read from the rows of images, by image. The owner is not restricted: whether the vendor lists an
    /// account's own community images under `self` is not documented, and an id says enough.
    async fn images(&self, ids: &[&str], read: Read<Resource>) -> Result<Present, CallError> {
        let mut present = Present::new();
        let queries: Vec<Query> =
            ids.iter().map(|id| queries::images(self.region(), parameters([("ImageId", id)]))).collect();
        let mut looks = futures_util::stream::iter(queries)
            .map(|query| async move {
                self.rows(&query, move |place, row| Ok((row.id("ImageId")?, read(place, row)?))).await
            })
            .buffered(SIDE_BY_SIDE);
        while let Some(found) = looks.try_next().await? {
            present.extend(found);
        }
        self.confirm_absent("DescribeImages", ids, &present).await?;
        Ok(present)
    }

    async fn publications(&self, ids: &[&str]) -> Result<Present, CallError> {
        let images = images_of(ids)?;
        let images: Vec<&str> = images.into_iter().collect();
        // A public image is read as its publication, and any other as itself.
        fn read(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
            match decode::publicity(row) {
                Publicity::Public => decode::publication(place, row),
                Publicity::NotPublic => decode::image(place, row),
                Publicity::Unreadable => Err(DecodeError::NotABoolean { field: "IsPublic" }),
            }
        }
        let found = self.images(&images, read).await?;
        Ok(by_id(found.into_values().filter(|found| found.address.kind() == EcsKind::Publication.as_str()).collect()))
    }

    async fn shares(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for image in images_of(ids)?.into_iter() {
            present.extend(by_id(self.shares_of(image).await?));
        }
        Ok(present)
    }

    /// Everyone an image is shared with.
    pub(super) async fn shares_of(&self, image: &str) -> Result<Vec<Resource>, CallError> {
        let (_, shares) = shares_of(&self.reader, &self.place, image).await;
        shares.map_err(Shortfall::into_error)
    }

    async fn tasks(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::tasks(self.region(), parameters([("TaskIds", &ids.join(","))]));
            let tasks = self
                .rows(&query, |place, row| {
                    Ok(if decode::is_over(row) { None } else { Some(decode::task(place, row)?) })
                })
                .await?;
            present.extend(by_id(tasks.into_iter().flatten().collect()));
        }
        Ok(present)
    }

    /// Every launch template, with what it refers to.
    pub(super) async fn launch_templates(&self) -> Result<Vec<Resource>, CallError> {
        let (walk, problem, templates) = launch_templates(&self.reader, &self.place).await;
        finished(walk.end)?;
        match problem {
            Some(shortfall) => Err(shortfall.into_error()),
            None => Ok(templates),
        }
    }

    /// Every automatic snapshot policy, with its disks.
    async fn snapshot_policies(&self) -> Result<Vec<Resource>, CallError> {
        let (walk, problem, policies) = snapshot_policies(&self.reader, &self.place).await;
        finished(walk.end)?;
        match problem {
            Some(shortfall) => Err(shortfall.into_error()),
            None => Ok(policies),
        }
    }

    /// The groups of all snapshots in the region; none where the identity may not see them, which leaves open which group
    /// a snapshot is in, and nothing else.
    async fn groups(&self) -> Result<Option<Arc<Groups>>, CallError> {
        let listed: Result<Arc<Groups>, CallError> = self
            .provider
            .groups()
            .of(self.region(), async || {
                let mut groups = Groups::default();
                let query = queries::snapshot_groups(self.region());
                let take = &mut |found: &[Found<'_>], _, _| found.iter().try_for_each(|found| groups.add(found.row));
                finished(self.reader.walk(&query, take).await.end)?;
                Ok(groups)
            })
            .await;
        match listed {
            Ok(groups) => Ok(Some(groups)),
            Err(error) => match error.class {
                ErrorClass::Throttle { .. } | ErrorClass::Transient => Err(error),
                ErrorClass::Auth | ErrorClass::Permanent => Ok(None),
            },
        }
    }

    /// Every scaling configuration.
    pub(super) async fn scaling_configurations(&self) -> Result<Vec<Resource>, CallError> {
        let reader = self.provider.scaling_reader(self.region(), self.reader.pace)?;
        let query = queries::scaling_configurations(self.region());
        rows(&reader, &self.place, &query, decode::scaling_configuration).await
    }

    /// What is read from the rows of a query.
    pub(super) async fn rows<T: Send>(
        &self,
        query: &Query,
        read: impl Fn(&Place, Row<'_>) -> Result<T, DecodeError> + Send + Sync,
    ) -> Result<Vec<T>, CallError> {
        rows(&self.reader, &self.place, query, read).await
    }

    async fn confirm_absent(&self, operation: &'static str, ids: &[&str], present: &Present) -> Result<(), CallError> {
        if ids.iter().all(|id| present.contains_key(*id)) {
            return Ok(());
        }
        confirm(self.provider, &self.reader, operation, self.region()).await
    }
}

/// Reads a row.
type Read<T> = fn(&Place, Row<'_>) -> Result<T, DecodeError>;

async fn rows<T: Send>(
    reader: &Reader<'_>,
    place: &Place,
    query: &Query,
    read: impl Fn(&Place, Row<'_>) -> Result<T, DecodeError> + Send + Sync,
) -> Result<Vec<T>, CallError> {
    let mut all = Vec::new();
    let walk = reader
        .walk(query, &mut |found, _, _| {
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
    end.map_err(Shortfall::into_error)
}

fn unreadable(operation: &'static str, error: &DecodeError) -> CallError {
    refused(operation, error.to_string())
}

fn by_id(resources: Vec<Resource>) -> Present {
    resources.into_iter().map(|resource| (resource.address.id().to_owned(), resource)).collect()
}

/// The images in the ids of shares or publications.
fn images_of<'i>(ids: &[&'i str]) -> Result<BTreeSet<&'i str>, CallError> {
    ids.iter()
        .map(|id| {
            decode::share_parts(id)
                .map(|(image, _)| image)
                .ok_or_else(|| refused("probe", format!("{id:?} does not name an image and whom it is shared with")))
        })
        .collect()
}
