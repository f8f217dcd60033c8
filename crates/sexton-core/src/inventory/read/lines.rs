//! The lines of a piece of an inventory, parsed into a draft.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ReadError;
use crate::address::{Account, Kind, Provider, Region};
use crate::inventory::draft::{Draft, LinkIn, RowIn};
use crate::inventory::{CensusLine, CensusScope, Listing};
use crate::resource::AttributeValue;
use crate::time::Timestamp;

/// Some whole lines.
pub(super) struct Piece {
    pub(super) first_line: u64,
    pub(super) bytes: Vec<u8>,
}

/// What one thread has read.
#[derive(Default)]
pub(super) struct Part {
    pub(super) draft: Draft,
    pub(super) census: Vec<CensusLine>,
    /// The first thing wrong, and its line. What comes after it is not read.
    pub(super) fault: Option<(u64, ReadError)>,
    tags: Seen,
    attributes: Seen,
}

/// A text that is borrowed where it can be.
struct Word<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordVisitor;
        impl<'de> Visitor<'de> for WordVisitor {
            type Value = Word<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(WordVisitor)
    }
}

/// The entries of an object, in their order, repeated keys included.
struct Entries<'a, T>(Vec<(Word<'a>, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<'de, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor(std::marker::PhantomData))
    }
}

#[derive(Deserialize)]
struct LineWire<'a> {
    census: Option<CensusWire>,
    #[serde(borrow)]
    resource: Option<ResourceWire<'a>>,
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
struct ResourceWire<'a> {
    #[serde(borrow)]
    provider: Word<'a>,
    #[serde(borrow)]
    account: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Option<Word<'a>>,
    created_at: Option<Timestamp>,
    #[serde(borrow)]
    state: Option<Word<'a>>,
    size_bytes: Option<u64>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    attrs: Option<&'a RawValue>,
    #[serde(borrow)]
    links: Option<Vec<LinkWire<'a>>>,
}

#[derive(Deserialize)]
struct LinkWire<'a> {
    #[serde(borrow)]
    relation: Word<'a>,
    #[serde(borrow)]
    provider: Option<Word<'a>>,
    #[serde(borrow)]
    account: Option<Word<'a>>,
    #[serde(borrow)]
    region: Option<Word<'a>>,
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    id: Word<'a>,
}

/// Parses one line.
pub(super) fn parse<'a, T: Deserialize<'a>>(line: u64, text: &'a [u8]) -> Result<T, ReadError> {
    serde_json::from_slice(text).map_err(|error| syntax(line, 0, &error))
}

fn syntax(line: u64, offset: usize, error: &serde_json::Error) -> ReadError {
    let text = error.to_string();
    let problem = match text.rfind(" at line ") {
        Some(cut) => text[..cut].to_owned(),
        None => text,
    };
    let problem = if error.is_eof() { format!("{problem} (is the file cut off?)") } else { problem };
    ReadError::Syntax { line, column: offset + error.column().max(1), problem }
}

/// Objects that were seen before, by their text, and the sets that they are. No more than so many are remembered.
struct Seen {
    texts: Vec<(Box<str>, u32)>,
    table: HashTable<u32>,
    hashing: DefaultHashBuilder,
}

const REMEMBERED: usize = 1 << 16;

impl Default for Seen {
    fn default() -> Self {
        Self { texts: Vec::new(), table: HashTable::new(), hashing: DefaultHashBuilder::default() }
    }
}

impl Seen {
    fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hashing.hash_one(text);
        self.table.find(hash, |at| *self.texts[*at as usize].0 == *text).map(|at| self.texts[*at as usize].1)
    }

    fn remember(&mut self, text: &str, set: u32) {
        if self.texts.len() == REMEMBERED {
            return;
        }
        let new = crate::inventory::number(self.texts.len());
        self.texts.push((text.into(), set));
        let Self { texts, table, hashing } = self;
        table.insert_unique(hashing.hash_one(text), new, |at| hashing.hash_one(&*texts[*at as usize].0));
    }
}

impl Part {
    /// Parses a piece, unless something was wrong before.
    pub(super) fn parse(&mut self, piece: &Piece) {
        if self.fault.is_some() {
            return;
        }
        for (line, text) in (piece.first_line..).zip(piece.bytes.split_inclusive(|byte| *byte == b'\n')) {
            if !text.trim_ascii().is_empty()
                && let Err(fault) = self.line(line, text)
            {
                self.fault = Some((line, fault));
                return;
            }
        }
    }

    fn line(&mut self, line: u64, text: &[u8]) -> Result<(), ReadError> {
        match parse::<LineWire<'_>>(line, text)? {
            LineWire { census: Some(wire), resource: None } => {
                self.census.push(CensusLine {
                    scope: CensusScope {
                        provider: wire.provider,
                        account: wire.account,
                        region: wire.region,
                        kind: wire.kind,
                    },
                    listing: if wire.complete { Listing::Complete } else { Listing::Incomplete },
                    as_of: wire.as_of.into(),
                });
                Ok(())
            }
            LineWire { census: None, resource: Some(wire) } => self.resource(line, text, &wire),
            LineWire { census: Some(_), resource: Some(_) } | LineWire { census: None, resource: None } => {
                Err(ReadError::NeitherCensusNorResource { line })
            }
        }
    }

    fn resource(&mut self, line: u64, text: &[u8], wire: &ResourceWire<'_>) -> Result<(), ReadError> {
        let place: [&str; 4] = [&wire.provider.0, &wire.account.0, &wire.region.0, &wire.kind.0];
        let links: Option<Vec<LinkIn<'_>>> = wire.links.as_ref().map(|links| {
            links
                .iter()
                .map(|link| LinkIn {
                    relation: &link.relation.0,
                    place: [
                        link.provider.as_ref().map_or(place[0], |provider| &provider.0),
                        link.account.as_ref().map_or(place[1], |account| &account.0),
                        link.region.as_ref().map_or(place[2], |region| &region.0),
                        &link.kind.0,
                    ],
                    id: &link.id.0,
                })
                .collect()
        });
        let tags = wire.tags.map(|raw| self.tag_set(line, text, raw)).transpose()?;
        let attributes = wire.attrs.map(|raw| self.attribute_set(line, text, raw)).transpose()?;
        let row = RowIn {
            place,
            id: &wire.id.0,
            name: wire.name.as_ref().map(|name| &*name.0),
            created_at: wire.created_at,
            state: wire.state.as_ref().map(|state| &*state.0),
            size_bytes: wire.size_bytes,
            tags,
            attributes,
            links: links.as_deref(),
            line,
        };
        self.draft.push(&row).map_err(|error| ReadError::row(line, error))
    }

    fn tag_set(&mut self, line: u64, text: &[u8], raw: &RawValue) -> Result<u32, ReadError> {
        if let Some(set) = self.tags.find(raw.get()) {
            return Ok(set);
        }
        let entries: Entries<'_, Word<'_>> = nested(line, text, raw)?;
        let pairs: Vec<(&str, &str)> = entries.0.iter().map(|(key, value)| (&*key.0, &*value.0)).collect();
        let set = self.draft.tag_set(&pairs).map_err(|error| ReadError::row(line, error))?;
        self.tags.remember(raw.get(), set);
        Ok(set)
    }

    fn attribute_set(&mut self, line: u64, text: &[u8], raw: &RawValue) -> Result<u32, ReadError> {
        if let Some(set) = self.attributes.find(raw.get()) {
            return Ok(set);
        }
        let entries: Entries<'_, AttributeValue> = nested(line, text, raw)?;
        let pairs: Vec<(&str, &AttributeValue)> = entries.0.iter().map(|(name, value)| (&*name.0, value)).collect();
        let set = self.draft.attribute_set(&pairs).map_err(|error| ReadError::row(line, error))?;
        self.attributes.remember(raw.get(), set);
        Ok(set)
    }
}

/// Parses a value that stands within a line.
fn nested<'a, T: Deserialize<'a>>(line: u64, text: &[u8], raw: &'a RawValue) -> Result<T, ReadError> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let offset = raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        syntax(line, offset, &error)
    })
}
