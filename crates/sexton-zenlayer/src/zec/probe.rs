//! A second look at what a plan names, by its ids.
//!
//! An id that is not there is left out of the answer, by the vendor's storage driver, which relies on that. There is no
//! dry run by which an empty answer could be told from one to an identity that may not look.

use std::collections::{BTreeSet, HashMap};

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_http::{Pace, Place, refused};
use sexton_provider::{CallError, ErrorClass, Observed};

use super::decode;
use super::pages::{Query, Reader, Shortfall};
use super::provider::ZecProvider;
use super::queries::{self, IDS_PER_CALL};
use super::row::{DecodeError, Row};
use super::stage::{Stage, stage};
use super::vocabulary::{ZecKind, provider as provider_name};
use super::zones::Zones;
use crate::rpc::ApiVersion;

/// What is there of the targets, by id.
pub(super) type Present = HashMap<String, Resource>;

/// Looks at resources of one kind, account and region.
pub(super) async fn probe(provider: &ZecProvider, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
    let Some(first) = targets.first() else { return Ok(Vec::new()) };
    if let Some(other) = targets.iter().find(|other| other.scope() != first.scope() || other.kind() != first.kind()) {
        return Err(refused("probe", format!("{other} and {first} are not of one kind, account and region")));
    }
    let prober = Prober::new(provider, first).await?;
    let ids: Vec<&str> = targets.iter().map(Address::id).collect();
    let present = prober.look(&ids).await?;
    Ok(ids
        .iter()
        .map(|id| match present.get(*id) {
            // Until when it can be renewed is told by no field.
            Some(resource) if is_in_bin(prober.kind, resource) => Observed::Parked { until: None },
            Some(resource) => Observed::Present(Box::new(resource.clone())),
            None => Observed::Absent,
        })
        .collect())
}

fn is_in_bin(kind: ZecKind, resource: &Resource) -> bool {
    match &resource.state {
        Fact::Known(state) => stage(kind, state) == Stage::InBin,
        Fact::Unknown => false,
    }
}

/// The kind of a target of this provider and account.
pub(super) fn kind_of(provider: &ZecProvider, target: &Address) -> Result<ZecKind, CallError> {
    if target.account() != provider.account().as_str() {
        let message =
            format!("{target} is not of account {}, which this provider is configured for", provider.account());
        return Err(refused("probe", message));
    }
    ZecKind::parse(target.kind())
        .filter(|_| target.provider() == provider_name().as_str())
        .ok_or_else(|| refused("probe", format!("{target} is of no kind that this provider lists")))
}

/// Looks at one kind in one place, each made once.
pub(super) struct Prober<'a> {
    pub(super) kind: ZecKind,
    version: ApiVersion,
    reader: Reader<'a>,
    place: Place,
    zones: &'a Zones,
}

impl<'a> Prober<'a> {
    pub(super) async fn new(provider: &'a ZecProvider, target: &Address) -> Result<Self, CallError> {
        let kind = kind_of(provider, target)?;
        let place = Place::of(target).map_err(|error| refused("probe", error.to_string()))?;
        let zones = provider.zones(Pace::Once).await?;
        Ok(Self { kind, version: provider.version(), reader: provider.reader(Pace::Once), place, zones })
    }

    /// What is there of these ids, and nowhere but in this place.
    pub(super) async fn look(&self, ids: &[&str]) -> Result<Present, CallError> {
        let mut present = Present::new();
        for ids in ids.chunks(IDS_PER_CALL) {
            let query = queries::by_ids(self.kind, self.version, ids).ok_or_else(|| unserved(self.kind))?;
            for resource in self.rows(&query, |row| self.read_here(row)).await? {
                present.insert(resource.address.id().to_owned(), resource);
            }
        }
        if self.kind == ZecKind::Snapshot {
            self.fill_in_sizes(&mut present).await;
        }
        Ok(present)
    }

    /// Gives snapshots the sizes of their disks, as a listing does. Where the disks cannot be read they stay unknown.
    async fn fill_in_sizes(&self, snapshots: &mut Present) {
        let sources: BTreeSet<String> = snapshots.values().filter_map(source).map(str::to_owned).collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        for ids in sources.chunks(IDS_PER_CALL) {
            let filter = (queries::ids_parameter(ZecKind::Disk), serde_json::Value::from(ids.to_vec()));
            let Ok(disks) = self.found(ZecKind::Disk, filter).await else { return };
            for disk in disks {
                let of_it = |snapshot: &&mut Resource| source(snapshot) == Some(disk.address.id());
                snapshots.values_mut().filter(of_it).for_each(|snapshot| snapshot.size_bytes = disk.size_bytes);
            }
        }
    }

    /// The resources of another kind that a filter finds, wherever in the account they are.
    pub(super) async fn found(
        &self,
        kind: ZecKind,
        filter: (&str, serde_json::Value),
    ) -> Result<Vec<Resource>, CallError> {
        let query = queries::all(kind, self.version).ok_or_else(|| unserved(kind))?.with(filter);
        self.rows(&query, |row| {
            let place = self.zones.place(&self.place.account, row)?;
            read(kind, &place, self.version, row)
        })
        .await
    }

    fn read_here(&self, row: Row<'_>) -> Result<Resource, DecodeError> {
        if self.kind != ZecKind::Image {
            let found = self.zones.place(&self.place.account, row)?;
            check_region(&found, &self.place)?;
        }
        read(self.kind, &self.place, self.version, row)
    }

    async fn rows(
        &self,
        query: &Query,
        read: impl Fn(Row<'_>) -> Result<Resource, DecodeError> + Send + Sync,
    ) -> Result<Vec<Resource>, CallError> {
        let mut all = Vec::new();
        let walk = self
            .reader
            .walk(query, &mut |rows, _, _| {
                for row in rows {
                    all.push(read(*row)?);
                }
                Ok(())
            })
            .await;
        walk.end.map_err(failed)?;
        Ok(all)
    }
}

/// The disk that a snapshot is of.
pub(super) fn source(snapshot: &Resource) -> Option<&str> {
    let link = snapshot.known_links().iter().find(|link| link.target.kind() == ZecKind::Disk.as_str())?;
    Some(link.target.id())
}

/// Reads a row of a kind.
pub(super) fn read(kind: ZecKind, place: &Place, version: ApiVersion, row: Row<'_>) -> Result<Resource, DecodeError> {
    match kind {
        ZecKind::Snapshot => decode::snapshot(place, row, None),
        ZecKind::Disk => decode::disk(place, version, row),
        ZecKind::Image => decode::image(place, version, row),
        ZecKind::Instance => decode::instance(place, version, row),
        ZecKind::AutoSnapshotPolicy => decode::auto_snapshot_policy(place, version, row),
    }
}

/// An error unless a row is in the region that was asked for.
pub(super) fn check_region(found: &Place, wanted: &Place) -> Result<(), DecodeError> {
    if found.region == wanted.region {
        return Ok(());
    }
    let (found, wanted) = (found.region.to_string(), wanted.region.to_string());
    Err(DecodeError::Elsewhere { found, wanted })
}

/// What a kind cannot be asked for.
pub(super) fn unserved(kind: ZecKind) -> CallError {
    let message = format!(
        "version {} of the API has no kind {}: use {}",
        ApiVersion::V20240401.as_str(),
        kind.as_str(),
        ApiVersion::V20250901.as_str()
    );
    refused("probe", message)
}

fn failed(shortfall: Shortfall) -> CallError {
    match shortfall {
        Shortfall::Call(error) => error,
        Shortfall::Unreadable { operation, source } => refused(operation, source.to_string()),
        Shortfall::NoEnd { operation } => refused(operation, shortfall.to_string()),
        // What moved may stand still the next time.
        Shortfall::Moves { operation, .. } => {
            CallError { class: ErrorClass::Transient, ..refused(operation, shortfall.to_string()) }
        }
    }
}
