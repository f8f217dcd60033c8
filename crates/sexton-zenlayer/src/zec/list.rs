//! The inventory of a region, or of what is the account's: every kind listed into the sink, and an honest census of it.
//!
//! The listings run one after the other: how many calls in a second the API allows is not published.

use std::collections::{BTreeSet, HashMap, HashSet};

use sexton_core::address::Region;
use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::{Pace, Place};
use sexton_provider::{CallError, ListSink};

use super::decode;
use super::pages::{Query, Reader, Shortfall};
use super::probe::{check_region, read, source, unserved};
use super::provider::{RegionChoice, ZecProvider, is_global};
use super::queries;
use super::row::{DecodeError, Row};
use super::vocabulary::ZecKind;
use super::zones::Zones;
use crate::rpc::{SIGNATURE_EXPIRED, UNAUTHORIZED};

/// Lists every kind of a region.
pub(super) async fn list(provider: &ZecProvider, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
    let identity = provider.identity_at(region, Pace::Patient).await?;
    let zones = provider.zones(Pace::Patient).await?;
    let place = Place { account: identity.account, region: region.clone() };
    let mut lister = Lister { provider, reader: provider.reader(Pace::Patient), zones, place, sink };
    if is_global(region) {
        lister.of_the_account().await;
    } else {
        lister.of_the_region().await;
    }
    Ok(())
}

struct Lister<'a> {
    provider: &'a ZecProvider,
    reader: Reader<'a>,
    zones: &'a Zones,
    place: Place,
    sink: &'a mut dyn ListSink,
}

/// How the listing of a kind ended: that of the earliest time of its parts, and complete where each of them was.
#[derive(Debug)]
struct Outcome {
    as_of: Option<Fact<Timestamp>>,
    /// Ids of what was seen: a zone that is not heeded as a filter would list the same again.
    seen: HashSet<String>,
    problem: Option<String>,
}

impl Outcome {
    fn begin() -> Self {
        Self { as_of: None, seen: HashSet::new(), problem: None }
    }

    fn add(&mut self, as_of: Fact<Timestamp>, end: Result<(), Shortfall>) {
        self.as_of = Some(match (self.as_of.take(), as_of) {
            (None, as_of) => as_of,
            (Some(Fact::Known(a)), Fact::Known(b)) => Fact::Known(a.min(b)),
            (Some(Fact::Unknown), _) | (Some(_), Fact::Unknown) => Fact::Unknown,
        });
        if let Err(shortfall) = end {
            self.problem.get_or_insert_with(|| explain(&shortfall));
        }
    }
}

impl Lister<'_> {
    async fn of_the_region(&mut self) {
        let mut sizes: HashMap<String, u64> = HashMap::new();
        for kind in [ZecKind::Disk, ZecKind::Snapshot, ZecKind::Instance, ZecKind::AutoSnapshotPolicy] {
            let mut outcome = Outcome::begin();
            let zones: Vec<String> = self.zones.of(&self.place.region).map(str::to_owned).collect();
            for zone in zones {
                let Some(query) = queries::in_zone(kind, self.provider.version(), &zone) else {
                    outcome.problem.get_or_insert_with(|| unserved(kind).message);
                    continue;
                };
                self.resources(kind, &query, &mut outcome, &mut sizes).await;
            }
            self.end(kind, outcome);
        }
    }

    /// Reads one listing of resources into the sink.
    async fn resources(
        &mut self,
        kind: ZecKind,
        query: &Query,
        outcome: &mut Outcome,
        sizes: &mut HashMap<String, u64>,
    ) {
        let (place, version, zones) = (self.place.clone(), self.provider.version(), self.zones);
        let (sink, name, before) = (&mut *self.sink, kind.name(), outcome.seen.len() as u64);
        let known = &mut outcome.seen;
        let walk = self
            .reader
            .walk(query, &mut |rows, seen, total| {
                for row in rows {
                    check_region(&zones.place(&place.account, *row)?, &place)?;
                    let mut resource = read(kind, &place, version, *row)?;
                    if !known.insert(resource.address.id().to_owned()) {
                        continue;
                    }
                    match kind {
                        ZecKind::Disk => {
                            if let Fact::Known(size) = resource.size_bytes {
                                sizes.insert(resource.address.id().to_owned(), size);
                            }
                        }
                        ZecKind::Snapshot => resource.size_bytes = size_of(&resource, sizes).into(),
                        ZecKind::Image | ZecKind::Instance | ZecKind::AutoSnapshotPolicy => {}
                    }
                    sink.resource(resource);
                }
                sink.progress(&place.region, &name, before + seen, total.map(|total| before + total));
                Ok(())
            })
            .await;
        outcome.add(walk.as_of, walk.end);
    }

    async fn of_the_account(&mut self) {
        let (place, version) = (self.place.clone(), self.provider.version());
        let mut images = BTreeSet::new();
        let mut outcome = Outcome::begin();
        match queries::all(ZecKind::Image, version) {
            None => outcome.problem = Some(unserved(ZecKind::Image).message),
            Some(query) => {
                let (sink, name) = (&mut *self.sink, ZecKind::Image.name());
                let walk = self
                    .reader
                    .walk(&query, &mut |rows, seen, total| {
                        for row in rows.iter().filter(|row| decode::is_custom(**row)) {
                            let image = decode::image(&place, version, *row)?;
                            images.insert(image.address.clone());
                            sink.resource(image);
                        }
                        sink.progress(&place.region, &name, seen, total);
                        Ok(())
                    })
                    .await;
                outcome.add(walk.as_of, walk.end);
            }
        }
        self.end(ZecKind::Image, outcome);

        // No instance is here. The line says whether those that use the images are all in regions that are listed.
        let mut outcome = Outcome::begin();
        let mut elsewhere: Option<String> = None;
        if let Some(query) = queries::all(ZecKind::Instance, version) {
            let uses_an_image = |row: Row<'_>| -> Result<bool, DecodeError> {
                let instance = decode::instance(&place, version, row)?;
                Ok(instance.links.is_unknown()
                    || instance.known_links().iter().any(|link| images.contains(&link.target)))
            };
            let walk = self
                .reader
                .walk(&query, &mut |rows, _, _| {
                    for row in rows {
                        let listed = match self.zones.place(&place.account, *row) {
                            Ok(found) => is_meant(self.provider.choice(), &found.region),
                            Err(_) => false,
                        };
                        if !listed && uses_an_image(*row)? {
                            elsewhere.get_or_insert_with(|| row.text("instanceId").unwrap_or_default());
                        }
                    }
                    Ok(())
                })
                .await;
            outcome.add(walk.as_of, walk.end);
        }
        if let Some(instance) = elsewhere {
            outcome.problem.get_or_insert_with(|| {
                format!(
                    "instance {instance} may have been booted from an image of the account and is in none of the \
                     configured regions: add its region, or no image can be told to be without use"
                )
            });
        }
        self.end(ZecKind::Instance, outcome);
    }

    fn end(&mut self, kind: ZecKind, mut outcome: Outcome) {
        let kind = kind.name();
        if outcome.as_of.is_none() {
            // No zone is known in which it could be: that is not the same as nothing there.
            outcome
                .problem
                .get_or_insert_with(|| "nothing was listed: run again, for the zones have changed".to_owned());
        }
        let as_of = outcome.as_of.unwrap_or(Fact::Unknown);
        let listing = if outcome.problem.is_none() { Listing::Complete } else { Listing::Incomplete };
        if let Some(message) = outcome.problem {
            self.place.tell_problem(self.sink, &kind, message);
        }
        self.place.tell_census::<ZecKind>(self.sink, &kind, listing, as_of);
    }
}

/// Whether a region is listed besides.
fn is_meant(choice: &RegionChoice, region: &Region) -> bool {
    match choice {
        RegionChoice::All => true,
        RegionChoice::Named(regions) => regions.contains(region),
    }
}

/// A snapshot holds no more than its disk.
fn size_of(snapshot: &Resource, sizes: &HashMap<String, u64>) -> Option<u64> {
    sizes.get(source(snapshot)?).copied()
}

fn explain(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Call(error) => advise(error),
        Shortfall::Unreadable { .. } | Shortfall::NoEnd { .. } | Shortfall::Moves { .. } => shortfall.to_string(),
    }
}

fn advise(error: &CallError) -> String {
    match error.code.as_deref() {
        Some(UNAUTHORIZED) => format!("{error}: the identity lacks the permission for {}", error.operation),
        Some(SIGNATURE_EXPIRED) => format!("{error}: the clock of this machine is more than five minutes off"),
        Some(_) | None => error.to_string(),
    }
}
