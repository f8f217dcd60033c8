//! The inventory of a region: every kind listed into the sink, and an honest census of it.
//!
//! The listings run side by side in lanes of one future, so that nothing goes on when the caller gives up.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use sexton_core::address::{Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ErrorClass, ListSink};

use super::compound::{SIDE_BY_SIDE, launch_templates, permissions_of};
use super::decode::{self, Lock, Publicity, Shared};
use super::pages::{Found, Parameters, Query, Reader, Shortfall, Walk};
use super::provider::Ec2Provider;
use super::queries;
use super::recycle_bin::{self, Rules};
use super::row::{DecodeError, Row};
use super::vocabulary::{Ec2Kind, recycle_bin_rule, snapshot_lock};
use crate::rpc::Service;

/// Lists every kind of a region.
pub(super) async fn list(provider: &Ec2Provider, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
    let identity = provider.identity_at(region, Pace::Patient).await?;
    if identity.region != *region {
        let message = format!("the endpoint serves {}, not {region}", identity.region);
        return Err(refused("DescribeAvailabilityZones", message));
    }
    let reader = provider.reader(Service::Ec2, region.as_str(), Pace::Patient)?;
    let place = Place { account: identity.account, region: region.clone() };
    let lister = Lister { provider, reader, place, sink: Mutex::new(sink) };
    let bin = lister.bin_rules().await;
    tokio::join!(
        async {
            let (snapshots, images) = tokio::join!(lister.snapshots(&bin), lister.images(&bin));
            lister.permissions(snapshots, images).await;
        },
        async {
            lister.disks(&bin).await;
            lister.instances().await;
        },
        async {
            lister.launch_templates().await;
            lister.launch_configurations().await;
        },
    );
    Ok(())
}

struct Lister<'a> {
    provider: &'a Ec2Provider,
    reader: Reader<'a>,
    place: Place,
    /// Held for the time of one page, and never across an await.
    sink: Mutex<&'a mut dyn ListSink>,
}

/// How a listing ended.
struct Outcome {
    as_of: Fact<Timestamp>,
    rows: u64,
    complete: bool,
}

/// What was listed and can be shared.
struct Sharable {
    ids: Vec<String>,
    /// Public by their own rows.
    public: BTreeSet<String>,
    /// One whose row does not tell.
    unreadable: Option<String>,
    listed: Outcome,
}

impl<'a> Lister<'a> {
    /// The rules of the Recycle Bin; unknown where they cannot be read.
    async fn bin_rules(&self) -> Fact<Rules> {
        let kind = recycle_bin_rule();
        let (as_of, rules) = match self.provider.reader(Service::RecycleBin, self.region(), Pace::Patient) {
            Ok(reader) => recycle_bin::rules(&reader).await,
            Err(error) => (Fact::Unknown, Err(error)),
        };
        let outcome = Outcome { as_of, rows: 0, complete: rules.is_ok() };
        if let Err(error) = &rules {
            let consequence = "what goes into the Recycle Bin is not known before it is removed";
            self.problem(&kind, format!("{}: {consequence}", advise(error)));
        }
        self.census(&kind, &outcome);
        rules.ok().into()
    }

    async fn snapshots(&self, bin: &Fact<Rules>) -> Sharable {
        let mut locks: HashMap<String, Lock> = HashMap::new();
        let locked = self
            .walk(&snapshot_lock(), &queries::locks(Parameters::new()), &mut |row| {
                let lock = decode::lock(row)?;
                locks.insert(lock.snapshot.clone(), lock);
                Ok(())
            })
            .await;
        self.census(&snapshot_lock(), &locked);
        let mut ids = Vec::new();
        let kind = Ec2Kind::Snapshot.name();
        let listed = self
            .walk(&kind, &queries::snapshots(Parameters::new()), &mut |row| {
                if !decode::owns(&self.place, row, "ownerId") {
                    return Ok(());
                }
                let id = row.id("snapshotId")?;
                let kept = retention(bin, Ec2Kind::Snapshot, row);
                let snapshot = decode::snapshot(&self.place, row, locks.get(&id), kept)?;
                if decode::is_in_the_bin(&snapshot) {
                    return Ok(());
                }
                ids.push(id);
                self.sink().resource(snapshot);
                Ok(())
            })
            .await;
        self.census(&kind, &listed);
        Sharable { ids, public: BTreeSet::new(), unreadable: None, listed }
    }

    async fn images(&self, bin: &Fact<Rules>) -> Sharable {
        let (mut ids, mut public, mut unreadable) = (Vec::new(), BTreeSet::new(), None);
        let kind = Ec2Kind::Image.name();
        let listed = self
            .walk(&kind, &queries::images(Parameters::new()), &mut |row| {
                if !decode::owns(&self.place, row, "imageOwnerId") || decode::is_deregistered(row) {
                    return Ok(());
                }
                let image = decode::image(&self.place, row, retention(bin, Ec2Kind::Image, row))?;
                if decode::is_in_the_bin(&image) {
                    return Ok(());
                }
                let id = image.address.id().to_owned();
                match decode::publicity(row) {
                    Publicity::Public => drop(public.insert(id.clone())),
                    Publicity::NotPublic => {}
                    Publicity::Unreadable => unreadable = Some(id.clone()),
                }
                ids.push(id);
                self.sink().resource(image);
                Ok(())
            })
            .await;
        self.census(&kind, &listed);
        Sharable { ids, public, unreadable, listed }
    }

    /// The shares and publications of every image and snapshot: of each its permissions are asked. How far that is counts
    /// those asked: how many there are is known before the first.
    async fn permissions(&self, snapshots: Sharable, images: Sharable) {
        let (shares, publications) = (Ec2Kind::Share.name(), Ec2Kind::Publication.name());
        let complete = snapshots.listed.complete && images.listed.complete;
        let mut share = Outcome { as_of: both(snapshots.listed.as_of, images.listed.as_of), rows: 0, complete };
        let mut public = Outcome { rows: 0, ..share };
        let mut problem: Option<String> = None;
        let (mut asked, of) = (0, Some((snapshots.ids.len() + images.ids.len()) as u64));
        self.sink().progress(&self.place.region, &shares, asked, of);
        let to_ask = (snapshots.ids.into_iter().map(|id| (Shared::Snapshot, id)))
            .chain(images.ids.into_iter().map(|id| (Shared::Image, id)));
        let mut looks = futures_util::stream::iter(to_ask)
            .map(|(shared, id)| async move {
                let (_, permissions) = permissions_of(&self.reader, &self.place, shared, &id).await;
                (shared, id, permissions)
            })
            .buffered(SIDE_BY_SIDE);
        while let Some((shared, id, permissions)) = looks.next().await {
            asked += 1;
            self.sink().progress(&self.place.region, &shares, asked, of);
            let mut found = match permissions {
                Ok(found) => found,
                Err(shortfall) => {
                    (share.complete, public.complete) = (false, false);
                    problem.get_or_insert_with(|| explain(&shortfall));
                    continue;
                }
            };
            if found.publication.is_none() && images.public.contains(&id) {
                match decode::publication(&self.place, shared, &id) {
                    Ok(publication) => found.publication = Some(publication),
                    Err(error) => {
                        public.complete = false;
                        self.problem(
                            &publications,
                            format!("{id} is public, but its publication is unreadable: {error}"),
                        );
                    }
                }
            }
            let mut sink = self.sink();
            share.rows += found.shares.len() as u64;
            public.rows += u64::from(found.publication.is_some());
            found.shares.into_iter().chain(found.publication).for_each(|resource| sink.resource(resource));
        }
        if let Some(problem) = problem {
            self.problem(&shares, problem.clone());
            self.problem(&publications, problem);
        }
        if let Some(image) = images.unreadable {
            public.complete = false;
            self.problem(&publications, format!("whether {image} is public is not told in a form that can be read"));
        }
        for (kind, outcome) in [(shares, share), (publications, public)] {
            for (from, listed) in [(Ec2Kind::Snapshot, &snapshots.listed), (Ec2Kind::Image, &images.listed)] {
                if !listed.complete {
                    let from = from.as_str();
                    self.problem(&kind, format!("it is read for the listing of {from}, which is not complete"));
                }
            }
            self.census(&kind, &outcome);
        }
    }

    async fn disks(&self, bin: &Fact<Rules>) {
        let read = |row: Row<'_>| decode::disk(&self.place, row, retention(bin, Ec2Kind::Disk, row)).map(Some);
        self.resources(Ec2Kind::Disk, &queries::disks(Parameters::new()), read).await;
    }

    async fn instances(&self) {
        let read = |row: Row<'_>| {
            if decode::is_over(row) { Ok(None) } else { decode::instance(&self.place, row).map(Some) }
        };
        self.resources(Ec2Kind::Instance, &queries::instances(Parameters::new()), read).await;
    }

    async fn launch_templates(&self) {
        let kind = Ec2Kind::LaunchTemplate.name();
        let (listed, problem, templates) = launch_templates(&self.reader, &self.place).await;
        let mut outcome = self.outcome(&kind, listed);
        {
            let mut sink = self.sink();
            templates.into_iter().for_each(|template| sink.resource(template));
            sink.progress(&self.place.region, &kind, outcome.rows, None);
        }
        if let Some(shortfall) = problem {
            outcome.complete = false;
            self.problem(&kind, explain(&shortfall));
        }
        self.census(&kind, &outcome);
    }

    async fn launch_configurations(&self) {
        let kind = Ec2Kind::LaunchConfiguration.name();
        let outcome = match self.provider.reader(Service::AutoScaling, self.region(), Pace::Patient) {
            Ok(reader) => {
                let walk = reader
                    .walk(&queries::launch_configurations(), &mut |found, seen| {
                        for found in found {
                            let configuration = decode::launch_configuration(&self.place, found.row)?;
                            self.sink().resource(configuration);
                        }
                        self.sink().progress(&self.place.region, &kind, seen, None);
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
        self.census(&kind, &outcome);
    }

    /// Lists a kind whose rows are its resources, where they are any.
    async fn resources(
        &self,
        kind: Ec2Kind,
        query: &Query,
        read: impl Fn(Row<'_>) -> Result<Option<Resource>, DecodeError> + Send + Sync,
    ) {
        let kind = kind.name();
        let listed = self
            .walk(&kind, query, &mut |row| {
                if let Some(resource) = read(row)? {
                    self.sink().resource(resource);
                }
                Ok(())
            })
            .await;
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
            .walk(query, &mut |found: &[Found<'_>], seen| {
                found.iter().try_for_each(|found| take(found.row))?;
                self.sink().progress(&self.place.region, kind, seen, None);
                Ok(())
            })
            .await;
        self.outcome(kind, walk)
    }

    fn outcome(&self, kind: &Kind, walk: Walk) -> Outcome {
        if let Err(shortfall) = &walk.end {
            self.problem(kind, explain(shortfall));
        }
        Outcome { as_of: walk.as_of, rows: walk.rows, complete: walk.end.is_ok() }
    }

    fn census(&self, kind: &Kind, outcome: &Outcome) {
        let listing = if outcome.complete { Listing::Complete } else { Listing::Incomplete };
        self.place.tell_census::<Ec2Kind>(&mut **self.sink(), kind, listing, outcome.as_of);
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

/// How long the Recycle Bin would keep what a row is of.
pub(super) fn retention(bin: &Fact<Rules>, kind: Ec2Kind, row: Row<'_>) -> Fact<Option<u32>> {
    match bin {
        Fact::Known(rules) => rules.retention(kind, &row.tags()),
        Fact::Unknown => Fact::Unknown,
    }
}

fn both(a: Fact<Timestamp>, b: Fact<Timestamp>) -> Fact<Timestamp> {
    match (a, b) {
        (Fact::Known(a), Fact::Known(b)) => Fact::Known(a.min(b)),
        (Fact::Unknown, _) | (_, Fact::Unknown) => Fact::Unknown,
    }
}

fn explain(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Call(error) => advise(error),
        Shortfall::Unreadable { .. }
        | Shortfall::TokenRepeats { .. }
        | Shortfall::NoEnd { .. }
        | Shortfall::CutOff { .. } => shortfall.to_string(),
    }
}

/// The failure, and what to do about it where a permission is what is missing.
fn advise(error: &CallError) -> String {
    const DENIED: [&str; 3] = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
    match error.class {
        ErrorClass::Auth if error.code.as_deref().is_some_and(|code| DENIED.contains(&code)) => {
            format!("{error}: the identity needs the IAM action {}", action(&error.operation))
        }
        ErrorClass::Auth | ErrorClass::Throttle { .. } | ErrorClass::Transient | ErrorClass::Permanent => {
            error.to_string()
        }
    }
}

/// The IAM action that allows an operation.
fn action(operation: &str) -> String {
    let product = match operation {
        "DescribeLaunchConfigurations" => "autoscaling",
        "ListRules" | "GetRule" => "rbin",
        _ => "ec2",
    };
    format!("{product}:{operation}")
}
