//! Reads an inventory: cuts it into pieces of whole lines, digests them in order, and has them parsed by several
//! threads. Unknown keys are ignored; an unknown version is refused by its number.

use std::io::Read;
use std::num::NonZeroUsize;
use std::sync::mpsc::{SyncSender, TrySendError, channel, sync_channel};
use std::thread;

use serde::Deserialize;

use super::draft::{Draft, LineNumber, RowError};
use super::table::Table;
use super::{Census, FORMAT, Inventory, VERSION};
use crate::address::{Address, NameError};
use crate::time::Timestamp;

mod canonical;
mod lines;

use lines::{Fault, Part, Piece};

/// Why a text is not an inventory. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes could not be read.
    #[error("cannot read on after {read} bytes")]
    Io {
        /// How many bytes were read before.
        read: u64,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is no line at all.
    #[error("the inventory is empty: expected a header line {{\"format\":\"{FORMAT}\",\"version\":{VERSION},…}}")]
    Empty,
    /// The first line is no header of this format.
    #[error("line 1: not the header of an inventory: expected \"format\":\"{FORMAT}\", found {found}")]
    NotAnInventory {
        /// The format that was found.
        found: String,
    },
    /// The header names a version that is not known here.
    #[error("line 1: inventory version {found} is not supported (this sexton reads version {VERSION})")]
    Version {
        /// The version found.
        found: String,
    },
    /// A line is not the JSON that belongs there.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// The line.
        line: u64,
        /// The column.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// A line is neither a census line nor a resource line.
    #[error("line {line}, column 1: expected an object with the key \"census\" or \"resource\"")]
    NeitherCensusNorResource {
        /// The line.
        line: u64,
    },
    /// A name on a line is not usable.
    #[error("line {line}: {source}")]
    Name {
        /// The line.
        line: u64,
        /// What is wrong with it.
        source: NameError,
    },
    /// Two lines describe one resource.
    #[error("lines {first} and {second} both describe {address}")]
    Repeated {
        /// The earlier line.
        first: u64,
        /// The later line.
        second: u64,
        /// The address.
        address: Address,
    },
    /// More resources or links than can be numbered.
    #[error("line {line}: an inventory holds fewer than 4294967295 resources and 2147483647 links")]
    TooMany {
        /// The line.
        line: u64,
    },
    /// A text on a line is longer than 16 MiB.
    #[error("line {line}: a text of more than 16 MiB")]
    TooLong {
        /// The line.
        line: u64,
    },
}

impl ReadError {
    fn at(line: u64, fault: Fault) -> Self {
        match fault {
            Fault::Syntax { column, problem } => ReadError::Syntax { line, column, problem },
            Fault::NeitherCensusNorResource => ReadError::NeitherCensusNorResource { line },
            Fault::Row(RowError::Name(source)) => ReadError::Name { line, source },
            Fault::Row(RowError::TooLong) => ReadError::TooLong { line },
            Fault::Row(RowError::TooMany) => ReadError::TooMany { line },
        }
    }
}

/// About how many bytes are parsed at a time.
const PIECE: usize = 1 << 20;

#[derive(Deserialize)]
struct HeaderWire {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
    taken_at: Option<Timestamp>,
}

/// Pieces of whole lines, digested on the way.
struct Pieces<R> {
    input: R,
    hasher: blake3::Hasher,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    number: u32,
}

impl<R: Read> Pieces<R> {
    /// The next piece, in a buffer that was used before where there is one.
    fn next(&mut self, used: Option<Vec<u8>>) -> Result<Option<Piece>, ReadError> {
        let mut bytes = used.unwrap_or_default();
        bytes.clear();
        bytes.reserve(2 * PIECE);
        bytes.append(&mut self.rest);
        let end = loop {
            let fresh = bytes.len();
            let read = self.input.by_ref().take(PIECE as u64).read_to_end(&mut bytes);
            let read = read.map_err(|source| ReadError::Io { read: self.hasher.count(), source })?;
            self.hasher.update(&bytes[fresh..]);
            if read == 0 {
                break bytes.len();
            }
            if let Some(last) = memchr::memrchr(b'\n', &bytes[fresh..]) {
                break fresh + last + 1;
            }
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        self.rest.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        let piece = Piece { number: self.number, bytes };
        self.number = self.number.saturating_add(1);
        Ok(Some(piece))
    }
}

/// The header, and how many lines it and the blank lines before it are, which are taken off the piece.
fn header(piece: &mut Piece) -> Result<Option<(Timestamp, u64)>, ReadError> {
    let mut line = 1;
    let mut start = 0;
    while start < piece.bytes.len() {
        let length = memchr::memchr(b'\n', &piece.bytes[start..]).map(|at| at + 1);
        let end = length.map_or(piece.bytes.len(), |length| start + length);
        let text = &piece.bytes[start..end];
        if !text.trim_ascii().is_empty() {
            let taken_at = parse_header(line, text)?;
            piece.bytes.drain(..end);
            return Ok(Some((taken_at, line)));
        }
        line += 1;
        start = end;
    }
    Ok(None)
}

fn parse_header(line: u64, text: &[u8]) -> Result<Timestamp, ReadError> {
    let header: HeaderWire = serde_json::from_slice(text).map_err(|error| match format_of(text) {
        Some(found) if found != FORMAT => ReadError::NotAnInventory { found: format!("{found:?}") },
        Some(_) | None => ReadError::at(line, Fault::syntax(0, &error)),
    })?;
    match header.format {
        Some(serde_json::Value::String(format)) if format == FORMAT => {}
        Some(found) => return Err(ReadError::NotAnInventory { found: found.to_string() }),
        None => return Err(ReadError::NotAnInventory { found: "no \"format\"".to_owned() }),
    }
    match header.version {
        Some(version) if version == VERSION => {}
        Some(found) => return Err(ReadError::Version { found: found.to_string() }),
        None => return Err(ReadError::Version { found: "(none)".to_owned() }),
    }
    header.taken_at.ok_or_else(|| ReadError::Syntax {
        line,
        column: 1,
        problem: "the header lacks \"taken_at\"".to_owned(),
    })
}

/// The format that a document of several lines begins by naming.
fn format_of(line: &[u8]) -> Option<&str> {
    let rest = std::str::from_utf8(line).ok()?.strip_prefix("{\"format\":\"")?;
    rest.split('"').next()
}

/// Reads an inventory on the calling thread.
///
/// # Errors
/// The first thing wrong with it, with line and column.
pub fn read(input: impl Read) -> Result<Inventory, ReadError> {
    read_by(input, NonZeroUsize::MIN)
}

/// Reads an inventory by that many threads, the calling one included. What is read does not depend on their number.
///
/// # Errors
/// The first thing wrong with it, with line and column.
pub fn read_by(input: impl Read, workers: NonZeroUsize) -> Result<Inventory, ReadError> {
    let mut pieces = Pieces { input, hasher: blake3::Hasher::new(), rest: Vec::new(), number: 0 };
    // A file that begins with more than a piece of blank lines is no inventory.
    let mut piece = pieces.next(None)?.ok_or(ReadError::Empty)?;
    let (taken_at, header_lines) = header(&mut piece)?.ok_or(ReadError::Empty)?;
    let mut first = Some(piece);
    let parts = thread::scope(|scope| {
        let (give_back, used) = channel::<Vec<u8>>();
        let (senders, tasks): (Vec<SyncSender<Piece>>, Vec<_>) = (1..workers.get())
            .map(|_| {
                let (sender, receiver) = sync_channel::<Piece>(2);
                let give_back = give_back.clone();
                let task = scope.spawn(move || {
                    let mut part = Part::default();
                    while let Ok(piece) = receiver.recv() {
                        part.parse(&piece);
                        if give_back.send(piece.bytes).is_err() {
                            // The reader failed, and wants no more buffers.
                            break;
                        }
                    }
                    part
                });
                (sender, task)
            })
            .unzip();
        let mut own = Part::default();
        let mut spare = None;
        let outcome = loop {
            let piece = match first
                .take()
                .map_or_else(|| pieces.next(spare.take().or_else(|| used.try_recv().ok())), |piece| Ok(Some(piece)))
            {
                Ok(Some(piece)) => piece,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if let Some(piece) = hand_over(&senders, piece) {
                own.parse(&piece);
                spare = Some(piece.bytes);
            }
        };
        drop(senders);
        let mut parts = vec![own];
        for task in tasks {
            parts.push(task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        outcome.map(|()| parts)
    })?;
    let digest = format!("blake3:{}", pieces.hasher.finalize().to_hex());

    let lines = Lines::new(header_lines, &parts);
    let mut census = Census::default();
    let mut whole: Option<Draft> = None;
    let mut faults = Vec::new();
    for part in parts {
        faults.extend(part.fault);
        for line in part.census {
            census.add(line);
        }
        match &mut whole {
            None => whole = Some(part.draft),
            Some(whole) => {
                if let Err(error) = whole.append(part.draft) {
                    return Err(ReadError::at(lines.all, Fault::Row(error)));
                }
            }
        }
    }
    if let Some((number, fault)) = faults.into_iter().min_by_key(|(number, _)| *number) {
        return Err(ReadError::at(lines.of(number), fault));
    }
    let table = Table::new(whole.unwrap_or_default(), workers).map_err(|repetition| ReadError::Repeated {
        first: lines.of(repetition.first),
        second: lines.of(repetition.second),
        address: repetition.address,
    })?;
    Ok(Inventory { taken_at, census, table, digest })
}

/// Which line of the file the first of each piece is. Pieces after a fault are not counted, nor asked for.
struct Lines {
    first_of: Vec<u64>,
    all: u64,
}

impl Lines {
    fn new(header_lines: u64, parts: &[Part]) -> Self {
        let mut counted: Vec<(u32, u32)> = parts.iter().flat_map(|part| part.lines.iter().copied()).collect();
        counted.sort_unstable();
        let mut all = header_lines;
        let mut first_of = Vec::with_capacity(counted.len() + 1);
        for (_, lines) in counted {
            first_of.push(all + 1);
            all += u64::from(lines);
        }
        first_of.push(all + 1);
        Self { first_of, all }
    }

    fn of(&self, number: LineNumber) -> u64 {
        let first = self.first_of.get(number.piece as usize).copied().unwrap_or(self.all);
        first + u64::from(number.line)
    }
}

/// Gives a piece to a thread that can take it; gives it back where none can.
fn hand_over(senders: &[SyncSender<Piece>], mut piece: Piece) -> Option<Piece> {
    for sender in senders {
        match sender.try_send(piece) {
            Ok(()) => return None,
            Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => piece = back,
        }
    }
    Some(piece)
}
