//! Reads an inventory line by line. Unknown keys are ignored; an unknown version is refused by its number.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::{Census, CensusLine, CensusScope, FORMAT, Inventory, Listing, VERSION};
use crate::address::{Account, Address, Kind, NameError, Provider, Region, Relation};
use crate::fact::Fact;
use crate::resource::{Attributes, Link, Resource, Tags};
use crate::time::Timestamp;

/// Why a text is not an inventory. Lines and columns count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes could not be read.
    #[error("line {line}: cannot read")]
    Io {
        /// The line being read.
        line: u64,
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
    /// More resources than can be numbered.
    #[error("line {line}: an inventory holds fewer than 4294967296 resources")]
    TooMany {
        /// The line.
        line: u64,
    },
}

#[derive(Deserialize)]
struct HeaderWire {
    format: Option<serde_json::Value>,
    version: Option<serde_json::Value>,
    taken_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct LineWire {
    census: Option<CensusWire>,
    resource: Option<ResourceWire>,
}

#[derive(Deserialize)]
struct CensusWire {
    provider: Provider,
    account: Account,
    region: Region,
    kind: Kind,
    complete: bool,
    #[serde(default)]
    as_of: Option<Timestamp>,
}

#[derive(Deserialize)]
struct ResourceWire {
    provider: Provider,
    account: Account,
    region: Region,
    kind: Kind,
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    size_bytes: Option<u64>,
    #[serde(default)]
    tags: Option<Tags>,
    #[serde(default)]
    attrs: Option<Attributes>,
    #[serde(default)]
    links: Option<Vec<LinkWire>>,
}

#[derive(Deserialize)]
struct LinkWire {
    relation: Relation,
    provider: Option<Provider>,
    account: Option<Account>,
    region: Option<Region>,
    kind: Kind,
    id: String,
}

impl ResourceWire {
    fn into_resource(self) -> Result<Resource, NameError> {
        let address = Address::new(&self.provider, &self.account, &self.region, &self.kind, &self.id)?;
        let links = match self.links {
            None => Fact::Unknown,
            Some(wires) => {
                let mut links = Vec::with_capacity(wires.len());
                for wire in wires {
                    let target = Address::new(
                        wire.provider.as_ref().unwrap_or(&self.provider),
                        wire.account.as_ref().unwrap_or(&self.account),
                        wire.region.as_ref().unwrap_or(&self.region),
                        &wire.kind,
                        &wire.id,
                    )?;
                    links.push(Link { relation: wire.relation, target });
                }
                links.sort();
                links.dedup();
                Fact::Known(links)
            }
        };
        Ok(Resource {
            address,
            name: self.name.into(),
            created_at: self.created_at.into(),
            state: self.state.into(),
            size_bytes: self.size_bytes.into(),
            tags: self.tags.into(),
            attributes: self.attrs.into(),
            links,
        })
    }
}

/// One line at a time, digesting on the way.
struct Lines<R> {
    input: R,
    hasher: blake3::Hasher,
    line: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The next line that is not blank, without its end; false at the end of the input.
    fn advance(&mut self) -> Result<bool, ReadError> {
        loop {
            self.text.clear();
            self.line += 1;
            let read = self
                .input
                .read_until(b'\n', &mut self.text)
                .map_err(|source| ReadError::Io { line: self.line, source })?;
            if read == 0 {
                return Ok(false);
            }
            self.hasher.update(&self.text);
            if !self.text.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn parse<T: for<'de> Deserialize<'de>>(&self) -> Result<T, ReadError> {
        serde_json::from_slice(&self.text).map_err(|error| {
            let text = error.to_string();
            let problem = match text.rfind(" at line ") {
                Some(cut) => text[..cut].to_owned(),
                None => text,
            };
            let problem = if error.is_eof() { format!("{problem} (is the file cut off?)") } else { problem };
            ReadError::Syntax { line: self.line, column: error.column().max(1), problem }
        })
    }
}

/// The format that a document of several lines begins by naming.
fn format_of(line: &[u8]) -> Option<&str> {
    let rest = std::str::from_utf8(line).ok()?.strip_prefix("{\"format\":\"")?;
    rest.split('"').next()
}

/// Reads an inventory.
///
/// # Errors
/// The first thing wrong with it, with line and column.
pub fn read(input: impl BufRead) -> Result<Inventory, ReadError> {
    let mut lines = Lines { input, hasher: blake3::Hasher::new(), line: 0, text: Vec::new() };
    if !lines.advance()? {
        return Err(ReadError::Empty);
    }
    let header: HeaderWire = lines.parse().map_err(|error| match format_of(&lines.text) {
        Some(found) if found != FORMAT => ReadError::NotAnInventory { found: format!("{found:?}") },
        Some(_) | None => error,
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
    let taken_at = header.taken_at.ok_or_else(|| ReadError::Syntax {
        line: lines.line,
        column: 1,
        problem: "the header lacks \"taken_at\"".to_owned(),
    })?;

    let mut census = Census::default();
    let mut resources = Vec::new();
    let mut seen: HashMap<Address, u64> = HashMap::new();
    while lines.advance()? {
        let line = lines.line;
        let wire: LineWire = lines.parse()?;
        match wire {
            LineWire { census: Some(wire), resource: None } => census.add(CensusLine {
                scope: CensusScope {
                    provider: wire.provider,
                    account: wire.account,
                    region: wire.region,
                    kind: wire.kind,
                },
                listing: if wire.complete { Listing::Complete } else { Listing::Incomplete },
                as_of: wire.as_of.into(),
            }),
            LineWire { census: None, resource: Some(wire) } => {
                let resource = wire.into_resource().map_err(|source| ReadError::Name { line, source })?;
                if let Some(first) = seen.insert(resource.address.clone(), line) {
                    return Err(ReadError::Repeated { first, second: line, address: resource.address });
                }
                resources.push(resource);
            }
            LineWire { census: Some(_), resource: Some(_) } | LineWire { census: None, resource: None } => {
                return Err(ReadError::NeitherCensusNorResource { line });
            }
        }
    }
    drop(seen);
    let digest = format!("blake3:{}", lines.hasher.finalize().to_hex());
    Inventory::assemble(taken_at, census, resources, digest).map_err(|_| ReadError::TooMany { line: lines.line })
}
