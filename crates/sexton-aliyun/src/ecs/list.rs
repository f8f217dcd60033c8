//! The inventory of a region: every kind listed into the sink, and an honest census of it.
//!
//! The listings run side by side in four lanes of one future, so that nothing goes on when the caller gives up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use sexton_core::address::{Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ListSink};

use super::compound::{SIDE_BY_SIDE, launch_templates, shares_of, snapshot_policies};
use super::decode::{self, Groups, Lock, Publicity};
use super::permission::confirm;
use super::provider::{EcsProvider, Sees};
use super::queries;
use super::vocabulary::{EcsKind, snapshot_group, snapshot_lock};
use crate::pages::{Found, Parameters, Query, Reader, Walk, parameters};
use crate::row::{DecodeError, Row};
use crate::shortfall::advice;

/// Lists every kind of a region.
pub(super) async fn list(provider: &EcsProvider, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
    let (identity, sees) = provider.identity_at(region, Pace::Patient).await?;
    if identity.region != *region {
        let message = format!("the endpoint serves {}, not {region}", identity.region);
        return Err(refused("DescribeRegions", message));
    }
    let reader = provider.reader(region.as_str(), Pace::Patient).await?;
    let place = Place { account: identity.account, region: region.clone() };
    let lister = Lister { provider, reader, place, sees, sink: Mutex::new(sink) };
    tokio::join!(
        lister.snapshots(),
        lister.images(),
        async {
            lister.disks().await;
            lister.instances().await;
        },
        async {
            lister.tasks().await;
            lister.launch_templates().await;
            lister.scaling_configurations().await;
            lister.snapshot_policies().await;
        },
    );
    Ok(())
}

struct Lister<'a> {
    provider: &'a EcsProvider,
    reader: Reader<'a>,
    place: Place,
    sees: Sees,
    /// Held for the time of one page, and never across an await.
    sink: Mutex<&'a mut dyn ListSink>,
}

/// How a listing ended.
struct Outcome {
    as_of: Fact<Timestamp>,
    rows: u64,
    complete: bool,
}

impl<'a> Lister<'a> {
    async fn snapshots(&self) {
        let mut locks: HashMap<String, Lock> = HashMap::new();
        let locked = self
            .walk(&snapshot_lock(), &queries::locks(self.region(), Parameters::new()), &mut |row| {
                let lock = decode::lock(row)?;
                locks.insert(lock.snapshot.clone(), lock);
                Ok(())
            })
            .await;
        self.census(&snapshot_lock(), &locked);
        let mut groups = Groups::default();
        let grouped =
            self.walk(&snapshot_group(), &queries::snapshot_groups(self.region()), &mut |row| groups.add(row)).await;
        self.census(&snapshot_group(), &grouped);
        let groups = grouped.complete.then_some(&groups);
        let query = queries::snapshots(self.region(), Parameters::new());
        self.resources(EcsKind::Snapshot, &query, |row| {
            let id = row.id("SnapshotId")?;
            decode::snapshot(&self.place, row, locks.get(&id), groups)
        })
        .await;
    }

    async fn images(&self) {
        let mut to_ask: Vec<String> = Vec::new();
        let mut unreadable: Vec<String> = Vec::new();
        let query = queries::images(self.region(), parameters([("ImageOwnerAlias", "self")]));
        let kind = EcsKind::Image.name();
        let mut listed = self
            .walk(&kind, &query, &mut |row| {
                if !decode::is_own(&self.place, row) {
                    return Ok(());
                }
                let image = decode::image(&self.place, row)?;
                if decode::may_be_shared(row) {
                    to_ask.push(image.address.id().to_owned());
                }
                match decode::publicity(row) {
                    Publicity::Public => self.sink().resource(decode::publication(&self.place, row)?),
                    Publicity::NotPublic => {}
                    Publicity::Unreadable => unreadable.push(image.address.id().to_owned()),
                }
                self.sink().resource(image);
                Ok(())
            })
            .await;
        self.check_empty(&kind, query.operation, &mut listed).await;
        self.census(&kind, &listed);

        let publication = EcsKind::Publication.name();
        let mut published = Outcome { ..listed };
        if let Some(image) = unreadable.first() {
            published.complete = false;
            self.problem(&publication, format!("whether {image} is public is not told in a form that can be read"));
        }
        self.follows(&publication, &kind, &listed, &published);
        self.shares(&kind, &listed, to_ask).await;
    }

    /// The share permissions of every image that may have some.
    async fn shares(&self, images: &Kind, listed: &Outcome, to_ask: Vec<String>) {
        let kind = EcsKind::Share.name();
        let mut outcome = Outcome { as_of: Fact::Unknown, rows: 0, complete: listed.complete };
        let mut first = true;
        let mut problem: Option<String> = None;
        let mut walks = futures_util::stream::iter(to_ask)
            .map(|image| async move { shares_of(&self.reader, &self.place, &image).await })
            .buffered(SIDE_BY_SIDE);
        while let Some((as_of, result)) = walks.next().await {
            outcome.as_of = earlier(first, outcome.as_of, as_of);
            first = false;
            match result {
                Ok(shares) => {
                    let mut sink = self.sink();
                    outcome.rows += shares.len() as u64;
                    shares.into_iter().for_each(|share| sink.resource(share));
                    sink.progress(&self.place.region, &kind, outcome.rows, None);
                }
                Err(shortfall) => {
                    outcome.complete = false;
                    problem.get_or_insert_with(|| shortfall.advice());
                }
            }
        }
        if first {
            outcome.as_of = listed.as_of;
        }
        if let Some(problem) = problem {
            self.problem(&kind, problem);
        }
        self.follows(&kind, images, listed, &outcome);
    }

    async fn disks(&self) {
        let query = queries::disks(self.region(), Parameters::new());
        self.resources(EcsKind::Disk, &query, |row| decode::disk(&self.place, row)).await;
    }

    async fn instances(&self) {
        let query = queries::instances(self.region(), Parameters::new());
        self.resources(EcsKind::Instance, &query, |row| decode::instance(&self.place, row)).await;
    }

    async fn tasks(&self) {
        let kind = EcsKind::Task.name();
        let query = queries::tasks(self.region(), Parameters::new());
        let listed = self
            .walk(&kind, &query, &mut |row| {
                let task = decode::task(&self.place, row)?;
                self.sink().resource(task);
                Ok(())
            })
            .await;
        self.census(&kind, &listed);
    }

    async fn launch_templates(&self) {
        let kind = EcsKind::LaunchTemplate.name();
        let (listed, problem, templates) = launch_templates(&self.reader, &self.place).await;
        let mut outcome = self.outcome(&kind, listed);
        {
            let mut sink = self.sink();
            templates.into_iter().for_each(|template| sink.resource(template));
            sink.progress(&self.place.region, &kind, outcome.rows, None);
        }
        if let Some(shortfall) = problem {
            outcome.complete = false;
            self.problem(&kind, shortfall.advice());
        }
        self.doubt_empty(&kind, &mut outcome);
        self.census(&kind, &outcome);
    }

    async fn snapshot_policies(&self) {
        let kind = EcsKind::AutoSnapshotPolicy.name();
        let (listed, problem, policies) = snapshot_policies(&self.reader, &self.place).await;
        let mut outcome = self.outcome(&kind, listed);
        {
            let mut sink = self.sink();
            policies.into_iter().for_each(|policy| sink.resource(policy));
            sink.progress(&self.place.region, &kind, outcome.rows, None);
        }
        if let Some(shortfall) = problem {
            outcome.complete = false;
            self.problem(&kind, shortfall.advice());
        }
        self.census(&kind, &outcome);
    }

    async fn scaling_configurations(&self) {
        let kind = EcsKind::ScalingConfiguration.name();
        let mut outcome = match self.provider.scaling_reader(self.region(), Pace::Patient) {
            Ok(reader) => {
                let query = queries::scaling_configurations(self.region());
                let walk = reader
                    .walk(&query, &mut |found, seen, total| {
                        for found in found {
                            let configuration = decode::scaling_configuration(&self.place, found.row)?;
                            self.sink().resource(configuration);
                        }
                        self.sink().progress(&self.place.region, &kind, seen, total);
                        Ok(())
                    })
                    .await;
                self.outcome(&kind, walk)
            }
            Err(error) => {
                self.problem(&kind, error.to_string());
                Outcome { as_of: Fact::Unknown, rows: 0, complete: false }
            }
        };
        self.doubt_empty(&kind, &mut outcome);
        self.census(&kind, &outcome);
    }

    /// Lists a kind whose rows are its resources, by an operation that knows dry runs.
    async fn resources(
        &self,
        kind: EcsKind,
        query: &Query,
        read: impl Fn(Row<'_>) -> Result<Resource, DecodeError> + Send + Sync,
    ) {
        let kind = kind.name();
        let mut listed = self
            .walk(&kind, query, &mut |row| {
                let resource = read(row)?;
                self.sink().resource(resource);
                Ok(())
            })
            .await;
        self.check_empty(&kind, query.operation, &mut listed).await;
        self.census(&kind, &listed);
    }

    async fn walk(
        &self,
        kind: &Kind,
        query: &Query,
        take: &mut (dyn FnMut(Row<'_>) -> Result<(), DecodeError> + Send),
    ) -> Outcome {
        let walk = self
            .reader
            .walk(query, &mut |found: &[Found<'_>], seen, total| {
                found.iter().try_for_each(|found| take(found.row))?;
                self.sink().progress(&self.place.region, kind, seen, total);
                Ok(())
            })
            .await;
        self.outcome(kind, walk)
    }

    fn outcome(&self, kind: &Kind, walk: Walk) -> Outcome {
        if let Err(shortfall) = &walk.end {
            self.problem(kind, shortfall.advice());
        }
        Outcome { as_of: walk.as_of, rows: walk.rows, complete: walk.end.is_ok() }
    }

    /// An empty listing is complete only if the identity may see what it would list.
    async fn check_empty(&self, kind: &Kind, operation: &'static str, listed: &mut Outcome) {
        if listed.rows > 0 || !listed.complete {
            return;
        }
        if let Err(error) = confirm(self.provider, &self.reader, operation, self.region()).await {
            listed.complete = false;
            self.problem(
                kind,
                format!("the list is empty, which is not the same as nothing there: {}", advice(&error)),
            );
        }
    }

    /// An empty listing that nothing confirms is complete only for who sees everything. Of the kinds that only an assumed
    /// guard speaks of: what the service itself refuses for, a removal finds out.
    fn doubt_empty(&self, kind: &Kind, listed: &mut Outcome) {
        if listed.rows > 0 || !listed.complete || self.sees == Sees::Everything {
            return;
        }
        listed.complete = false;
        self.problem(
            kind,
            format!(
                "the list is empty, and nothing tells whether this identity would see one: if there is none, say so in \
                 the policy by [[assume_none]] kind = \"{kind}\", or list with the account's own keys"
            ),
        );
    }

    /// Ends the listing of a kind that is read from another's rows.
    fn follows(&self, kind: &Kind, from: &Kind, source: &Outcome, outcome: &Outcome) {
        if !source.complete {
            self.problem(kind, format!("it is read from the listing of {from}, which is not complete"));
        }
        self.census(kind, outcome);
    }

    fn census(&self, kind: &Kind, outcome: &Outcome) {
        let listing = if outcome.complete { Listing::Complete } else { Listing::Incomplete };
        self.place.tell_census::<EcsKind>(&mut **self.sink(), kind, listing, outcome.as_of);
    }

    fn problem(&self, kind: &Kind, message: String) {
        self.place.tell_problem(&mut **self.sink(), kind, message);
    }

    fn sink(&self) -> MutexGuard<'_, &'a mut dyn ListSink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn region(&self) -> &str {
        self.place.region.as_str()
    }
}

fn earlier(first: bool, a: Fact<Timestamp>, b: Fact<Timestamp>) -> Fact<Timestamp> {
    match (first, a, b) {
        (true, _, b) => b,
        (false, Fact::Known(a), Fact::Known(b)) => Fact::Known(a.min(b)),
        (false, Fact::Unknown, _) | (false, _, Fact::Unknown) => Fact::Unknown,
    }
}
