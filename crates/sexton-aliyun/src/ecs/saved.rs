//! Answers of `Describe*` calls that somebody saved in files, read by the same code as the answers of a listing.
//!
//! An answer does not say what was asked: whether a filter was set, which statuses of images were wanted, whether the
//! identity may see everything. So a listing from files is complete only where somebody says that it was asked for
//! everything, and nothing in the answers speaks against it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};
use sexton_core::address::{Account, Kind, NameError, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::resource::Resource;
use sexton_core::time::Timestamp;
use sexton_http::Place;
use sexton_provider::ListProblem;

use super::decode::{self, Lock, Publicity, TemplateReferences};
use super::vocabulary::{EcsKind, provider, snapshot_group, snapshot_lock};
use crate::pages::Found;
use crate::row::{DecodeError, Row};

mod operation;
mod shown;
#[cfg(test)]
mod tests;

pub use operation::SavedOperation;
use shown::{Shortage, Shown};

/// One answer of a call: a page, or the pages that the vendor's command line merged with `--pager`.
#[derive(Debug, Clone)]
pub struct SavedAnswer {
    operation: SavedOperation,
    body: Map<String, Value>,
    taken_at: Timestamp,
}

/// Why saved answers cannot be read. Names the answer by its place among those that were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// A row is not one of the operation's.
    #[error("an answer of {operation} cannot be read")]
    Unreadable {
        /// Which answer.
        answer: usize,
        /// Of which operation it is.
        operation: SavedOperation,
        /// What is wrong with it.
        #[source]
        source: SavedRowError,
    },
    /// Rows of one answer name different accounts or regions.
    #[error("the rows of one answer of {operation} name both {first} and {second}")]
    Mixed {
        /// Of which operation it is.
        operation: SavedOperation,
        /// What the first of them names.
        first: String,
        /// What another names.
        second: String,
    },
    /// An account or region that cannot stand in an address.
    #[error("an answer of {operation} names something that makes no address")]
    Name {
        /// Of which operation it is.
        operation: SavedOperation,
        /// What is wrong with it.
        #[source]
        source: NameError,
    },
}

impl SavedError {
    /// The place of the answer that it is about, among those that were given.
    pub fn answer(&self) -> Option<usize> {
        match self {
            Self::Unreadable { answer, .. } => Some(*answer),
            Self::Mixed { .. } | Self::Name { .. } => None,
        }
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct SavedRowError(DecodeError);

/// A resource, and which of the answers told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedResource {
    /// The resource.
    pub resource: Resource,
    /// The place of the answer among those that were given.
    pub answer: usize,
}

/// What the answers of one account and region come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedListing {
    /// What they told of. A resource that several answers tell of is here several times.
    pub resources: Vec<SavedResource>,
    /// A line for every kind of the provider: what is not in the answers was not listed.
    pub census: Vec<CensusLine>,
    /// Why kinds are not listed completely.
    pub problems: Vec<ListProblem>,
}

impl SavedAnswer {
    /// Takes a JSON object for an answer, by the list that it holds; none if it holds no list that is known.
    ///
    /// `taken_at` is the time at which the provider answered.
    pub fn recognise(body: Map<String, Value>, taken_at: Timestamp) -> Option<Self> {
        let operation = SavedOperation::of(&body)?;
        Some(Self { operation, body, taken_at })
    }

    /// Of which operation it is.
    pub fn operation(&self) -> SavedOperation {
        self.operation
    }

    /// The region that the answer or its rows name; none where they name none.
    ///
    /// # Errors
    /// They name several, or one that makes no address; the rows cannot be read.
    pub fn region(&self) -> Result<Option<Region>, SavedError> {
        let own = Row::new(&self.body).text("RegionId");
        let of_rows = self.rows(0)?.into_iter().filter_map(|found| found.row.text("RegionId"));
        let region = self.only(own.into_iter().chain(of_rows))?;
        region.map(Region::new).transpose().map_err(|source| SavedError::Name { operation: self.operation, source })
    }

    /// The account that the rows name as the owner of its own images; none where they name none.
    ///
    /// # Errors
    /// They name several, or one that makes no address; the rows cannot be read.
    pub fn account(&self) -> Result<Option<Account>, SavedError> {
        if self.operation != SavedOperation::Images {
            return Ok(None);
        }
        let own = |row: &Row<'_>| row.text("ImageOwnerAlias").is_some_and(|alias| alias == "self");
        let rows = self.rows(0)?.into_iter().map(|found| found.row);
        let account = self.only(rows.filter(own).filter_map(|row| row.text("ImageOwnerId")))?;
        account.map(Account::new).transpose().map_err(|source| SavedError::Name { operation: self.operation, source })
    }

    fn only(&self, named: impl Iterator<Item = String>) -> Result<Option<String>, SavedError> {
        let mut only: Option<String> = None;
        for second in named {
            match &only {
                None => only = Some(second),
                Some(first) if *first == second => {}
                Some(first) => {
                    let (operation, first) = (self.operation, first.clone());
                    return Err(SavedError::Mixed { operation, first, second });
                }
            }
        }
        Ok(only)
    }

    fn rows(&self, answer: usize) -> Result<Vec<Found<'_>>, SavedError> {
        (self.operation.query().rows)(Row::new(&self.body)).map_err(|source| self.unreadable(answer, source))
    }

    fn unreadable(&self, answer: usize, source: DecodeError) -> SavedError {
        SavedError::Unreadable { answer, operation: self.operation, source: SavedRowError(source) }
    }
}

/// Reads the answers of one account and region.
///
/// `asked_for_all` are the operations of which somebody says that everything was asked for: without a filter, images in
/// every status, by an identity that may see everything, and every page kept.
///
/// # Errors
/// An answer cannot be read.
pub fn read_saved(
    account: &Account,
    region: &Region,
    answers: &[SavedAnswer],
    asked_for_all: &BTreeSet<SavedOperation>,
) -> Result<SavedListing, SavedError> {
    let place = Place { account: account.clone(), region: region.clone() };
    let mut reading = Reading { place, answers, asked_for_all, listing: SavedListing::default() };
    reading.snapshots()?;
    reading.images()?;
    reading.plain(EcsKind::Disk, SavedOperation::Disks, decode::disk)?;
    reading.plain(EcsKind::Instance, SavedOperation::Instances, decode::instance)?;
    reading.plain(EcsKind::Task, SavedOperation::Tasks, decode::task)?;
    reading.launch_templates()?;
    for kind in [EcsKind::AutoSnapshotPolicy.name(), snapshot_group()] {
        reading.census(&kind, Err((Fact::Unknown, Shortage::NotRead)));
    }
    reading.plain(
        EcsKind::ScalingConfiguration,
        SavedOperation::ScalingConfigurations,
        decode::scaling_configuration,
    )?;
    Ok(reading.listing)
}

struct Reading<'a> {
    place: Place,
    answers: &'a [SavedAnswer],
    asked_for_all: &'a BTreeSet<SavedOperation>,
    listing: SavedListing,
}

/// How a kind stands.
type Ended = Result<Fact<Timestamp>, (Fact<Timestamp>, Shortage)>;

impl<'a> Reading<'a> {
    /// Hands each row of an operation to `take`, with the place of its answer.
    fn each(
        &self,
        operation: SavedOperation,
        mut take: impl FnMut(usize, &Found<'a>) -> Result<(), DecodeError>,
    ) -> Result<Ended, SavedError> {
        let mut shown = Shown::new(operation);
        let answers = self.answers.iter().enumerate().filter(|(_, answer)| answer.operation == operation);
        for (place, answer) in answers {
            let found = answer.rows(place)?;
            for found in &found {
                take(place, found).map_err(|source| answer.unreadable(place, source))?;
            }
            shown.add(Row::new(&answer.body), answer.taken_at, &found);
        }
        Ok(shown.ended(self.asked_for_all.contains(&operation)))
    }

    fn plain(
        &mut self,
        kind: EcsKind,
        operation: SavedOperation,
        read: impl Fn(&Place, Row<'_>) -> Result<Resource, DecodeError>,
    ) -> Result<(), SavedError> {
        let mut resources = Vec::new();
        let ended = self.each(operation, |answer, found| {
            resources.push(SavedResource { resource: read(&self.place, found.row)?, answer });
            Ok(())
        })?;
        self.listing.resources.append(&mut resources);
        self.census(&kind.name(), ended);
        Ok(())
    }

    fn snapshots(&mut self) -> Result<(), SavedError> {
        let mut locks: HashMap<String, Lock> = HashMap::new();
        let locked = self.each(SavedOperation::Locks, |_, found| {
            let lock = decode::lock(found.row)?;
            locks.insert(lock.snapshot.clone(), lock);
            Ok(())
        })?;
        self.census(&snapshot_lock(), locked);
        self.plain(EcsKind::Snapshot, SavedOperation::Snapshots, |place, row| {
            decode::snapshot(place, row, locks.get(&row.id("SnapshotId")?), None)
        })
    }

    fn images(&mut self) -> Result<(), SavedError> {
        let mut resources = Vec::new();
        let mut to_ask: BTreeSet<String> = BTreeSet::new();
        let mut unreadable = None;
        let listed = self.each(SavedOperation::Images, |answer, found| {
            let row = found.row;
            if !decode::is_own(&self.place, row) {
                return Ok(());
            }
            if decode::may_be_shared(row) {
                to_ask.insert(found.id.clone());
            }
            match decode::publicity(row) {
                Publicity::Public => {
                    resources.push(SavedResource { resource: decode::publication(&self.place, row)?, answer });
                }
                Publicity::NotPublic => {}
                Publicity::Unreadable => unreadable = Some(found.id.clone()),
            }
            resources.push(SavedResource { resource: decode::image(&self.place, row)?, answer });
            Ok(())
        })?;
        self.listing.resources.append(&mut resources);
        self.census(&EcsKind::Image.name(), listed.clone());
        let published = match (&listed, unreadable) {
            (Ok(as_of), Some(image)) => Err((*as_of, Shortage::Publicity { image })),
            (Ok(as_of), None) => Ok(*as_of),
            (Err((as_of, _)), _) => Err((*as_of, Shortage::Follows { other: EcsKind::Image.name() })),
        };
        self.census(&EcsKind::Publication.name(), published);
        self.shares(&listed, to_ask)
    }

    fn shares(&mut self, images: &Ended, mut to_ask: BTreeSet<String>) -> Result<(), SavedError> {
        let mut by_image: BTreeMap<String, Shown> = BTreeMap::new();
        for (place, answer) in self.answers.iter().enumerate() {
            if answer.operation != SavedOperation::Shares {
                continue;
            }
            let row = Row::new(&answer.body);
            let unreadable = |source| answer.unreadable(place, source);
            let image = row.id("ImageId").map_err(|error| unreadable(error.into()))?;
            let found = answer.rows(place)?;
            for found in &found {
                let share = match found.counted {
                    true => decode::account_share(&self.place, &image, found.row),
                    false => decode::group_share(&self.place, &image, found.row),
                };
                let resource = share.map_err(unreadable)?;
                self.listing.resources.push(SavedResource { resource, answer: place });
            }
            let shown = by_image.entry(image).or_insert_with(|| Shown::new(SavedOperation::Shares));
            shown.add(row, answer.taken_at, &found);
        }
        let (mut as_of, mut shortage) = match images {
            Ok(as_of) => (*as_of, None),
            Err((as_of, _)) => (*as_of, Some(Shortage::Follows { other: EcsKind::Image.name() })),
        };
        for (image, shown) in by_image {
            // The call knows no filter but the image.
            match shown.ended(true) {
                Ok(time) => {
                    to_ask.remove(&image);
                    as_of = shown::earlier(as_of, time);
                }
                Err((_, found)) => drop(shortage.get_or_insert(found)),
            }
        }
        if let Some(image) = to_ask.pop_first() {
            shortage.get_or_insert(Shortage::Shares { image });
        }
        self.census(&EcsKind::Share.name(), shortage.map_or(Ok(as_of), |shortage| Err((as_of, shortage))));
        Ok(())
    }

    fn launch_templates(&mut self) -> Result<(), SavedError> {
        let mut versions: BTreeMap<String, (TemplateReferences, Shown)> = BTreeMap::new();
        let operation = SavedOperation::LaunchTemplateVersions;
        for (place, answer) in self.answers.iter().enumerate().filter(|(_, answer)| answer.operation == operation) {
            let found = answer.rows(place)?;
            let mut of_one = None;
            for found in &found {
                of_one =
                    Some(found.row.id("LaunchTemplateId").map_err(|error| answer.unreadable(place, error.into()))?);
            }
            let templates = found.iter().filter_map(|found| found.row.text("LaunchTemplateId"));
            let (Some(template), Some(_)) = (of_one, answer.only(templates)?) else { continue };
            let (references, shown) =
                versions.entry(template).or_insert_with(|| (TemplateReferences::default(), Shown::new(operation)));
            found.iter().for_each(|found| references.add(found.row));
            shown.add(Row::new(&answer.body), answer.taken_at, &found);
        }
        let said = self.asked_for_all.contains(&operation);
        let mut resources = Vec::new();
        let mut shortage = None;
        let mut times = Vec::new();
        let listed = self.each(SavedOperation::LaunchTemplates, |answer, found| {
            let references = match versions.get(&found.id).map(|(references, shown)| (references, shown.ended(said))) {
                Some((references, Ok(as_of))) => {
                    times.push(as_of);
                    Some(references)
                }
                Some((_, Err((_, found)))) => {
                    shortage.get_or_insert(found);
                    None
                }
                None => {
                    shortage.get_or_insert(Shortage::Versions { template: found.id.clone() });
                    None
                }
            };
            let resource = decode::launch_template(&self.place, found.row, references)?;
            resources.push(SavedResource { resource, answer });
            Ok(())
        })?;
        self.listing.resources.append(&mut resources);
        let ended = match (listed, shortage) {
            (Ok(as_of), None) => Ok(times.into_iter().fold(as_of, shown::earlier)),
            (Ok(as_of), Some(shortage)) => Err((as_of, shortage)),
            (Err(shortage), _) => Err(shortage),
        };
        self.census(&EcsKind::LaunchTemplate.name(), ended);
        Ok(())
    }

    fn census(&mut self, kind: &Kind, ended: Ended) {
        let (listing, as_of) = match ended {
            Ok(as_of) => (Listing::Complete, as_of),
            Err((as_of, shortage)) => {
                let message = shortage.to_string();
                let region = self.place.region.clone();
                self.listing.problems.push(ListProblem { region, kind: kind.clone(), message });
                (Listing::Incomplete, as_of)
            }
        };
        let Place { account, region } = self.place.clone();
        let scope = CensusScope { provider: provider(), account, region, kind: kind.clone() };
        self.listing.census.push(CensusLine { scope, listing, as_of });
    }
}
