//! Files that a command reads and writes. `-` is standard input or output; `.gz` and `.zst` are (de)compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::{Plan, PlanReadError};
use sexton_core::policy::Policy;
use sexton_core::rulebook::Rulebook;

use crate::failure::{Exit, Failure, chained};
use crate::report;

/// A file, or standard input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Standard,
    File(PathBuf),
}

impl FromStr for Place {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" { Place::Standard } else { Place::File(PathBuf::from(text)) })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Standard => f.write_str("standard input"),
            Place::File(path) => write!(f, "{}", path.display()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

fn compression(path: &Path) -> Compression {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Compression::Gzip,
        Some("zst") => Compression::Zstd,
        Some(_) | None => Compression::None,
    }
}

fn cannot(action: &str, place: &Place, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {action} {place}: {error}"))
}

impl Place {
    fn reader(&self) -> Result<Box<dyn BufRead>, Failure> {
        let path = match self {
            Place::Standard => return Ok(Box::new(BufReader::new(io::stdin()))),
            Place::File(path) => path,
        };
        let file = File::open(path).map_err(|error| cannot("open", self, &error))?;
        Ok(match compression(path) {
            Compression::None => Box::new(BufReader::with_capacity(1 << 20, file)),
            Compression::Gzip => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
            Compression::Zstd => {
                let decoder = zstd::Decoder::new(file).map_err(|error| cannot("open", self, &error))?;
                Box::new(BufReader::new(decoder))
            }
        })
    }

    pub(crate) fn text(&self) -> Result<String, Failure> {
        let mut text = String::new();
        self.reader()?.read_to_string(&mut text).map_err(|error| cannot("read", self, &error))?;
        Ok(text)
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.reader()?.read_to_end(&mut bytes).map_err(|error| cannot("read", self, &error))?;
        Ok(bytes)
    }

    /// A file without a name, for what is written here later: beside it, where there is room for it anyway.
    pub(crate) fn spool(&self) -> Result<BufWriter<File>, Failure> {
        let file = match self {
            Place::Standard => tempfile::tempfile(),
            Place::File(path) => tempfile::tempfile_in(folder_of(path)),
        };
        let file = file.map_err(|error| Failure::new(format!("cannot keep what is listed for {self}: {error}")))?;
        Ok(BufWriter::with_capacity(1 << 18, file))
    }

    /// Writes the whole file or nothing: into a file beside it first, then in its place.
    pub(crate) fn write(
        &self,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), Box<dyn std::error::Error>>,
    ) -> Result<(), Failure> {
        let path = match self {
            Place::Standard => {
                let mut out = BufWriter::new(io::stdout().lock());
                return fill(&mut out).map_err(broken).and_then(|()| Ok(out.flush()?));
            }
            Place::File(path) => path,
        };
        let failed = |error: &dyn std::error::Error| Failure::new(format!("cannot write {self}: {}", chained(error)));
        let temporary = tempfile::Builder::new()
            .prefix(".sexton-")
            .permissions(permissions())
            .tempfile_in(folder_of(path))
            .map_err(|error| failed(&error))?;
        let mut out = BufWriter::with_capacity(1 << 20, temporary.as_file());
        match compression(path) {
            Compression::None => fill(&mut out).map_err(|error| failed(error.as_ref()))?,
            Compression::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
                fill(&mut encoder).map_err(|error| failed(error.as_ref()))?;
                encoder.finish().map_err(|error| failed(&error))?;
            }
            Compression::Zstd => {
                let mut encoder = zstd::Encoder::new(&mut out, 3).map_err(|error| failed(&error))?;
                fill(&mut encoder).map_err(|error| failed(error.as_ref()))?;
                encoder.finish().map_err(|error| failed(&error))?;
            }
        }
        out.flush().map_err(|error| failed(&error))?;
        drop(out);
        temporary.as_file().sync_all().map_err(|error| failed(&error))?;
        temporary.persist(path).map_err(|error| failed(&error.error))?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

/// Inventories and plans name an account's resources: readable by their owner's group at most.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o640)
}

fn broken(error: Box<dyn std::error::Error>) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::BrokenPipe
        {
            return Failure::NobodyListens;
        }
        cause = error.source();
    }
    Failure::new(format!("cannot write to standard output: {}", chained(error.as_ref())))
}

/// How many threads there are for large inputs.
pub(crate) fn workers() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

pub(crate) fn read_inventory(place: &Place) -> Result<Inventory, Failure> {
    inventory::read_by(place.reader()?, workers()).map_err(|error| {
        Failure::new(format!("{place}: {}", chained(&error))).next("list again with `sexton inventory`")
    })
}

/// A policy in which every name is one that the rulebooks know.
pub(crate) fn read_policy(place: &Place, rulebooks: &[Rulebook]) -> Result<Policy, Failure> {
    let text = place.text()?;
    Policy::parse_with(&text, rulebooks).map_err(|error| report::policy::faulty(place, &error))
}

pub(crate) fn read_plan(place: &Place) -> Result<Plan, Failure> {
    plan_of(place, &place.bytes()?)
}

/// The plan in bytes that were read from a place. What is carried out is what was checked: one reading serves both.
pub(crate) fn plan_of(place: &Place, bytes: &[u8]) -> Result<Plan, Failure> {
    Plan::read(bytes).map_err(|error| {
        let exit = if matches!(error, PlanReadError::Altered { .. }) { Exit::Stale } else { Exit::Error };
        Failure::with(exit, format!("{place}: {}", chained(&error))).next("make the plan again with `sexton plan`")
    })
}
