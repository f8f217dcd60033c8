//! Answers of `aws ec2 describe-*` as that prints them: JSON with the model's names. The facts and their names are those
//! that the provider `aws-ec2` gives of its listings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};
use sexton_core::address::{Account, NameError, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::CensusLine;
use sexton_core::resource::{AttributeValue, Resource};
use sexton_core::time::Timestamp;
use sexton_provider::ListProblem;

use super::object::{Object, ObjectError};

mod census;
mod decode;
mod operation;
#[cfg(test)]
mod tests;

use census::{Asked, Census, Ended, Page, Pages, Shortage, Word};
use decode::{Place, Publicity};
pub(super) use operation::Operation;

/// What to do about an answer that may be of either of two operations.
pub(super) const WHICH: &str =
    "say which in sexton-files.toml: [[file]] name = \"…\", operation = \"describe-locked-snapshots\"";

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    operation: Operation,
    body: Map<String, Value>,
    taken_at: Timestamp,
}

/// Why an object cannot be taken for an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("an empty list of Snapshots may be of describe-snapshots or of describe-locked-snapshots")]
    Either,
    #[error("it is no answer of {operation}, which was said")]
    NotOf { operation: String },
    #[error("its rows name several owners: say the account with --account or in sexton-files.toml")]
    SeveralOwners,
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Why answers cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("an answer of {operation} cannot be read")]
pub(super) struct ReadError {
    /// Which answer.
    pub(super) answer: usize,
    operation: Operation,
    #[source]
    source: RowError,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum RowError {
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error("an id makes no address")]
    Name(#[from] NameError),
    #[error("an entry of a permission names nobody")]
    Nobody,
}

#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) resources: Vec<(Resource, usize)>,
    pub(super) census: Vec<CensusLine>,
    pub(super) problems: Vec<ListProblem>,
}

impl Answer {
    /// Takes an object for an answer, by the list that it holds, or by what was said; none if it holds none that is known.
    pub(super) fn recognise(
        body: &Map<String, Value>,
        taken_at: Timestamp,
        said: Option<&str>,
    ) -> Result<Option<Self>, AnswerError> {
        let operation = match said {
            Some(said) => {
                let operation = Operation::parse(said).filter(|operation| operation.may_be(body));
                Some(operation.ok_or_else(|| AnswerError::NotOf { operation: said.to_owned() })?)
            }
            None => Operation::of(body)?,
        };
        Ok(operation.map(|operation| Self { operation, body: body.clone(), taken_at }))
    }

    fn rows(&self) -> Result<Vec<Object<'_>>, RowError> {
        Ok(self.operation.rows(Object(&self.body))?)
    }

    fn page(&self) -> Page {
        if Object(&self.body).value("NextToken").is_some() { Page::GoesOn } else { Page::Last }
    }

    /// The account that owns what the answer is of, where its rows tell one.
    pub(super) fn account(&self) -> Result<Option<Account>, AnswerError> {
        let owners: BTreeSet<String> = match self.operation {
            Operation::Snapshots | Operation::Locks | Operation::Images | Operation::Instances => Object(&self.body)
                .list(self.operation.list())?
                .into_iter()
                .filter_map(|row| row.text("OwnerId"))
                .collect(),
            Operation::Volumes
            | Operation::ImagePermissions
            | Operation::SnapshotPermissions
            | Operation::LaunchTemplates
            | Operation::LaunchTemplateVersions => BTreeSet::new(),
        };
        let mut owners = owners.into_iter();
        match (owners.next(), owners.next()) {
            (Some(only), None) => Ok(Some(Account::new(only)?)),
            (Some(_), Some(_)) if self.operation.lists_those_of_others() => Ok(None),
            (Some(_), Some(_)) => Err(AnswerError::SeveralOwners),
            (None, _) => Ok(None),
        }
    }
}

/// Reads the answers of one account and region.
pub(super) fn read(
    account: &Account,
    region: &Region,
    answers: &[Answer],
    said: &BTreeSet<Operation>,
) -> Result<Found, ReadError> {
    let place = Place { account: account.clone(), region: region.clone() };
    let mut reading = Reading { census: Census::new(&place), place, answers, said, resources: Vec::new() };
    let locks = reading.locks()?;
    let (snapshots, images) = (reading.snapshots(&locks)?, reading.images()?);
    reading.permissions(&snapshots, &images)?;
    let disks = reading.rows(Operation::Volumes, |place, row| decode::disk(place, row).map(Some))?;
    reading.census.end("disk", disks.ended);
    let instances = reading.rows(Operation::Instances, decode::instance)?;
    reading.census.end("instance", instances.ended);
    reading.launch_templates()?;
    for kind in ["launch-configuration", "recycle-bin-rule"] {
        reading.census.end(kind, Err((Fact::Unknown, Shortage::Never)));
    }
    let (census, problems) = reading.census.finish();
    Ok(Found { resources: reading.resources, census, problems })
}

struct Reading<'a> {
    census: Census,
    place: Place,
    answers: &'a [Answer],
    said: &'a BTreeSet<Operation>,
    resources: Vec<(Resource, usize)>,
}

/// What was listed of one kind: how that stands, and the ids.
struct Listed {
    ended: Ended,
    ids: BTreeSet<String>,
}

/// What was listed of images, and what they say of being public.
struct Images {
    listed: Listed,
    /// By id, with the answer.
    public: BTreeMap<String, usize>,
    /// One whose row does not tell.
    unreadable: Option<String>,
}

impl<'a> Reading<'a> {
    fn of(&self, operation: Operation) -> impl Iterator<Item = (usize, &'a Answer)> + use<'a> {
        self.answers.iter().enumerate().filter(move |(_, answer)| answer.operation == operation)
    }

    fn said_of(&self, operation: Operation) -> Word {
        if self.said.contains(&operation) { Word::Given } else { Word::Missing }
    }

    fn each(
        &self,
        operation: Operation,
        mut take: impl FnMut(usize, Object<'a>) -> Result<(), RowError>,
    ) -> Result<Ended, ReadError> {
        let mut pages = Pages::default();
        for (place, answer) in self.of(operation) {
            let at = |source| ReadError { answer: place, operation, source };
            for row in answer.rows().map_err(at)? {
                take(place, row).map_err(at)?;
            }
            pages.add(answer.page(), answer.taken_at);
        }
        Ok(pages.ended(Asked::All(operation), self.said_of(operation)))
    }

    fn rows(
        &mut self,
        operation: Operation,
        mut read: impl FnMut(&Place, Object<'a>) -> Result<Option<Resource>, RowError>,
    ) -> Result<Listed, ReadError> {
        let mut found = Vec::new();
        let ended = self.each(operation, |answer, row| {
            found.extend(read(&self.place, row)?.map(|resource| (resource, answer)));
            Ok(())
        })?;
        let ids = found.iter().map(|(resource, _)| resource.address.id().to_owned()).collect();
        self.resources.append(&mut found);
        Ok(Listed { ended, ids })
    }

    fn locks(&mut self) -> Result<HashMap<String, decode::Lock>, ReadError> {
        let mut locks = HashMap::new();
        let ended = self.each(Operation::Locks, |_, row| {
            locks.insert(row.id("SnapshotId")?, decode::lock(row));
            Ok(())
        })?;
        self.census.end("snapshot-lock", ended);
        Ok(locks)
    }

    fn snapshots(&mut self, locks: &HashMap<String, decode::Lock>) -> Result<Listed, ReadError> {
        let listed = self
            .rows(Operation::Snapshots, |place, row| decode::snapshot(place, row, locks.get(&row.id("SnapshotId")?)))?;
        self.census.end("snapshot", listed.ended.clone());
        Ok(listed)
    }

    fn images(&mut self) -> Result<Images, ReadError> {
        let (mut found, mut public, mut unreadable) = (Vec::new(), BTreeMap::new(), None);
        let ended = self.each(Operation::Images, |answer, row| {
            let Some(image) = decode::image(&self.place, row)? else { return Ok(()) };
            let id = image.address.id().to_owned();
            match decode::publicity(row) {
                Publicity::Public => drop(public.insert(id, answer)),
                Publicity::NotPublic => {}
                Publicity::Unreadable => unreadable = Some(id),
            }
            found.push((image, answer));
            Ok(())
        })?;
        let ids = found.iter().map(|(resource, _)| resource.address.id().to_owned()).collect();
        self.resources.append(&mut found);
        self.census.end("image", ended.clone());
        Ok(Images { listed: Listed { ended, ids }, public, unreadable })
    }

    /// Whom images and snapshots are shared with, and which are public: told by one answer for each, and of images by
    /// their own rows too.
    fn permissions(&mut self, snapshots: &Listed, images: &Images) -> Result<(), ReadError> {
        let listed = [snapshots, &images.listed];
        let mut left: BTreeSet<&String> = listed.iter().flat_map(|listed| &listed.ids).collect();
        let mut times = Vec::new();
        let mut public = images.public.clone();
        for (operation, shared) in [
            (Operation::ImagePermissions, ("image", "ImageId")),
            (Operation::SnapshotPermissions, ("snapshot", "SnapshotId")),
        ] {
            for (answer, of) in self.of(operation) {
                let read = decode::permissions(&self.place, operation, shared, Object(&of.body));
                let (id, resources) = read.map_err(|source| ReadError { answer, operation, source })?;
                left.remove(&id);
                if resources.iter().any(|resource| resource.address.kind() == "publication") {
                    public.remove(&id);
                }
                times.push(Fact::Known(of.taken_at));
                self.resources.extend(resources.into_iter().map(|resource| (resource, answer)));
            }
        }
        for (id, answer) in public {
            let at = |source| ReadError { answer, operation: Operation::Images, source };
            let publication = decode::publication(&self.place, "image", &id).map_err(at)?;
            self.resources.push((publication, answer));
        }
        let all = listed.into_iter().try_fold(Fact::Unknown, |earliest, listed| match &listed.ended {
            Ok(as_of) => Ok(if earliest.is_unknown() { *as_of } else { census::earlier(earliest, *as_of) }),
            Err((as_of, _)) => Err((*as_of, Shortage::Follows)),
        });
        let ended = match (all, left.pop_first()) {
            (Ok(as_of), None) => Ok(times.into_iter().fold(as_of, census::earlier)),
            (Ok(as_of), Some(id)) => Err((as_of, Shortage::Permissions { id: id.clone() })),
            (Err(shortage), _) => Err(shortage),
        };
        self.census.end("share", ended.clone());
        let published = match (ended, &images.unreadable) {
            (Ok(as_of), Some(id)) => Err((as_of, Shortage::Publicity { id: id.clone() })),
            (ended, _) => ended,
        };
        self.census.end("publication", published);
        Ok(())
    }

    fn launch_templates(&mut self) -> Result<(), ReadError> {
        let versions = self.versions()?;
        let said = self.said_of(Operation::LaunchTemplateVersions);
        let (mut times, mut shortage) = (Vec::new(), None);
        let listed = self.rows(Operation::LaunchTemplates, |place, row| {
            let id = row.id("LaunchTemplateId")?;
            let (references, pages) = versions.get(&id).cloned().unwrap_or_default();
            let references = match pages.ended(Asked::VersionsOf(id), said) {
                Ok(as_of) => {
                    times.push(as_of);
                    Some(references)
                }
                Err((_, found)) => {
                    shortage.get_or_insert(found);
                    None
                }
            };
            decode::launch_template(place, row, references.as_ref()).map(Some)
        })?;
        let ended = match (listed.ended, shortage) {
            (Ok(as_of), None) => Ok(times.into_iter().fold(as_of, census::earlier)),
            (Ok(as_of), Some(shortage)) => Err((as_of, shortage)),
            (Err(shortage), _) => Err(shortage),
        };
        self.census.end("launch-template", ended);
        Ok(())
    }

    /// What the versions of each template refer to, and the pages that were of it alone. An answer that is of several
    /// templates was asked for the latest or the default version of each, which are not all.
    fn versions(&self) -> Result<BTreeMap<String, (decode::References, Pages)>, ReadError> {
        let operation = Operation::LaunchTemplateVersions;
        let mut versions: BTreeMap<String, (decode::References, Pages)> = BTreeMap::new();
        for (place, answer) in self.of(operation) {
            let at = |source| ReadError { answer: place, operation, source };
            let mut templates = BTreeSet::new();
            for row in answer.rows().map_err(at)? {
                let id = row.id("LaunchTemplateId").map_err(|error| at(error.into()))?;
                versions.entry(id.clone()).or_default().0.add(row);
                templates.insert(id);
            }
            let mut templates = templates.into_iter();
            if let (Some(id), None) = (templates.next(), templates.next()) {
                versions.entry(id).or_default().1.add(answer.page(), answer.taken_at);
            }
        }
        Ok(versions)
    }
}

/// Attributes by name and field, as they are.
type Attribute = (&'static str, Option<AttributeValue>);
