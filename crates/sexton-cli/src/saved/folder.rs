//! The files of a folder, and what `sexton-files.toml` in it says of them. No file is left out in silence.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};
use sexton_core::address::{Account, Region};
use sexton_core::time::Timestamp;

use crate::failure::Failure;
use crate::files::Place;

/// The file that says of the others what they do not tell.
pub(super) const MANIFEST: &str = "sexton-files.toml";

/// When the provider gave what is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenAt {
    /// Then.
    At(Timestamp),
    /// When the file was last written, by the word of who says so.
    Mtime,
}

impl FromStr for TakenAt {
    type Err = <Timestamp as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "mtime" { Ok(Self::Mtime) } else { text.parse().map(Self::At) }
    }
}

impl<'de> Deserialize<'de> for TakenAt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What is said of files that do not tell it themselves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stated {
    pub(crate) account: Option<Account>,
    pub(crate) region: Option<Region>,
    pub(crate) taken_at: Option<TakenAt>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u64,
    account: Option<String>,
    region: Option<String>,
    taken_at: Option<TakenAt>,
    #[serde(default)]
    asked_for_all: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    file: Vec<FileEntry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    name: String,
    account: Option<String>,
    region: Option<String>,
    taken_at: Option<TakenAt>,
    operation: Option<String>,
}

#[derive(Debug)]
pub(super) struct Folder {
    pub(super) documents: Vec<Document>,
    pub(super) asked_for_all: Vec<String>,
}

/// One JSON object of a file.
#[derive(Debug)]
pub(super) struct Document {
    /// The file, as errors name it.
    pub(super) name: String,
    pub(super) body: Map<String, Value>,
    pub(super) taken_at: Timestamp,
    /// Of which operation it is, where it had to be said.
    pub(super) operation: Option<String>,
    of_file: Stated,
    of_folder: Stated,
}

impl Document {
    /// The account: what the file tells, what is said of it, what is said of the folder. They may not contradict.
    pub(super) fn account(&self, told: Option<Account>) -> Result<Option<Account>, Failure> {
        let said = self.of_file.account.as_ref().or(self.of_folder.account.as_ref());
        match (told, said) {
            (Some(told), Some(said)) if told != *said => {
                Err(Failure::new(format!("{} is of account {told}, and {said} was said", self.name)))
            }
            (Some(told), _) => Ok(Some(told)),
            (None, said) => Ok(said.cloned()),
        }
    }

    /// The region: what the file tells, what is said of it, and else of the folder, which may hold files of several.
    pub(super) fn region(&self, told: Option<Region>) -> Result<Option<Region>, Failure> {
        match (told, &self.of_file.region) {
            (Some(told), Some(said)) if told != *said => {
                Err(Failure::new(format!("{} is of region {told}, and {said} was said", self.name)))
            }
            (Some(told), _) => Ok(Some(told)),
            (None, Some(said)) => Ok(Some(said.clone())),
            (None, None) => Ok(self.of_folder.region.clone()),
        }
    }

    /// What has to be known of the file.
    pub(super) fn named<T>(&self, known: Option<T>, what: &str) -> Result<T, Failure> {
        known.ok_or_else(|| {
            Failure::new(format!("{} does not tell its {what}", self.name))
                .next(format!("say it with --{what}, or in {MANIFEST}"))
        })
    }
}

/// Reads the files of a folder, ascending by name.
pub(super) fn read(folder: &Path, stated: Stated) -> Result<Folder, Failure> {
    let cannot = |path: &Path, error: &std::io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let manifest = manifest(&folder.join(MANIFEST))?;
    let of_folder = over(stated, said_by(&manifest.account, &manifest.region, manifest.taken_at)?);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| cannot(folder, &error))? {
        paths.push(entry.map_err(|error| cannot(folder, &error))?.path());
    }
    paths.sort();
    let mut unused: BTreeSet<&str> = manifest.file.iter().map(|entry| entry.name.as_str()).collect();
    unused.extend(manifest.ignore.iter().map(String::as_str));
    let mut documents = Vec::new();
    for path in &paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        unused.remove(name.as_str());
        if name == MANIFEST || manifest.ignore.contains(&name) {
            continue;
        }
        if path.is_dir() {
            return Err(Failure::new(format!("{} is a folder", path.display()))
                .next(format!("read it by itself, or name it in `ignore` of {MANIFEST}")));
        }
        let entry = manifest.file.iter().find(|entry| entry.name == name).cloned().unwrap_or_default();
        let of_file = said_by(&entry.account, &entry.region, entry.taken_at)?;
        let taken_at = taken_at(path, of_file.taken_at.or(of_folder.taken_at))?;
        for body in objects(path)? {
            documents.push(Document {
                name: path.display().to_string(),
                body,
                taken_at,
                operation: entry.operation.clone(),
                of_file: of_file.clone(),
                of_folder: of_folder.clone(),
            });
        }
    }
    match unused.pop_first() {
        Some(name) => Err(Failure::new(format!("{MANIFEST} names {name:?}, which is not in the folder"))),
        None => Ok(Folder { documents, asked_for_all: manifest.asked_for_all }),
    }
}

fn manifest(path: &Path) -> Result<Manifest, Failure> {
    let place = Place::File(path.to_owned());
    let exists = path.try_exists().map_err(|error| Failure::new(format!("cannot read {place}: {error}")))?;
    if !exists {
        return Ok(Manifest::default());
    }
    let manifest: Manifest =
        toml::from_str(&place.text()?).map_err(|error| Failure::new(format!("{place}: {error}")))?;
    match manifest.version {
        1 => Ok(manifest),
        other => Err(Failure::new(format!("{place}: version {other} is not supported (this sexton reads version 1)"))),
    }
}

fn said_by(account: &Option<String>, region: &Option<String>, taken_at: Option<TakenAt>) -> Result<Stated, Failure> {
    let odd = |error| Failure::new(format!("{MANIFEST}: {}", crate::failure::chained(&error)));
    Ok(Stated {
        account: account.as_deref().map(Account::new).transpose().map_err(odd)?,
        region: region.as_deref().map(Region::new).transpose().map_err(odd)?,
        taken_at,
    })
}

/// What the command line says stands over what the folder says of itself.
fn over(stated: Stated, of_folder: Stated) -> Stated {
    Stated {
        account: stated.account.or(of_folder.account),
        region: stated.region.or(of_folder.region),
        taken_at: stated.taken_at.or(of_folder.taken_at),
    }
}

fn taken_at(path: &Path, said: Option<TakenAt>) -> Result<Timestamp, Failure> {
    let untold = || Failure::new(format!("{} does not tell when it was taken", path.display()));
    match said {
        Some(TakenAt::At(time)) => Ok(time),
        Some(TakenAt::Mtime) => {
            let written = std::fs::metadata(path).and_then(|metadata| metadata.modified());
            let written = written.map_err(|error| Failure::new(format!("cannot read {}: {error}", path.display())))?;
            let second = jiff::Timestamp::try_from(written).ok().and_then(|time| Timestamp::from_second(time.as_second()));
            second.ok_or_else(untold)
        }
        None => Err(untold().next(format!(
            "say it with --taken-at TIME, or with --taken-at mtime if the files were written when the provider answered; \
             or in {MANIFEST}"
        ))),
    }
}

/// The JSON objects of a file: one, or several one after the other or in an array, as pages are kept.
fn objects(path: &Path) -> Result<Vec<Map<String, Value>>, Failure> {
    let place = Place::File(path.to_owned());
    let text = place.text()?;
    let mut objects = Vec::new();
    for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let value = value.map_err(|error| {
            Failure::new(format!("{place} is not JSON: {error}"))
                .next(format!("take it out of the folder, or name it in `ignore` of {MANIFEST}"))
        })?;
        let values = match value {
            Value::Array(values) => values,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
        };
        for value in values {
            let Value::Object(object) = value else {
                return Err(Failure::new(format!("{place} holds JSON that is no object")));
            };
            objects.push(object);
        }
    }
    if objects.is_empty() {
        return Err(Failure::new(format!("{place} holds nothing"))
            .next(format!("take it out of the folder, or name it in `ignore` of {MANIFEST}")));
    }
    Ok(objects)
}
