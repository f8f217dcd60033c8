//! The lines of a piece of an inventory, parsed into a draft.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::canonical::{self, Searchers};
use crate::address::{Account, Kind, Provider, Region};
use crate::inventory::draft::{Draft, LineNumber, LinkIn, RowError, RowIn};
use crate::inventory::{CensusLine, CensusScope, Listing, Symbol, number};
use crate::resource::AttributeValue;
use crate::time::Timestamp;

/// Some whole lines.
pub(super) struct Piece {
    pub(super) number: u32,
    pub(super) bytes: Vec<u8>,
}

/// What one thread has read.
#[derive(Default)]
pub(super) struct Part {
    pub(super) draft: Draft,
    pub(super) census: Vec<CensusLine>,
    /// How many lines each piece had.
    pub(super) lines: Vec<(u32, u32)>,
    /// The first thing wrong, and its line. What comes after it is not read.
    pub(super) fault: Option<(LineNumber, Fault)>,
    tags: Seen,
    attributes: Seen,
    searchers: Searchers,
    /// The head of the last line of the usual layout, and its place.
    head: Option<(Box<str>, u32)>,
    link_places: Vec<LinkPlace>,
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

/// What is wrong with a line.
#[derive(Debug)]
pub(super) enum Fault {
    Syntax { column: usize, problem: String },
    NeitherCensusNorResource,
    Row(RowError),
}

impl From<RowError> for Fault {
    fn from(error: RowError) -> Self {
        Fault::Row(error)
    }
}

impl Fault {
    /// What the parser says of a text that begins so many bytes after its line does.
    pub(super) fn syntax(offset: usize, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let problem = match text.rfind(" at line ") {
            Some(cut) => text[..cut].to_owned(),
            None => text,
        };
        let problem = if error.is_eof() { format!("{problem} (is the file cut off?)") } else { problem };
        Fault::Syntax { column: offset + error.column().max(1), problem }
    }
}

/// Whether a line was read.
enum Read {
    No,
    Yes,
}

/// Where links of a relation to a kind lead from the place of the last head.
struct LinkPlace {
    relation: Box<str>,
    kind: Box<str>,
    number: Symbol,
    place: u32,
}

/// Objects that were seen before, by their text, and the sets that they are. No more than so many are remembered.
#[derive(Default)]
struct Seen {
    texts: String,
    table: HashTable<SeenText>,
    hashing: DefaultHashBuilder,
}

/// Where a text begins and ends, and its set.
struct SeenText {
    start: u32,
    end: u32,
    set: u32,
}

const REMEMBERED: usize = 1 << 24;

impl Seen {
    fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hashing.hash_one(text);
        let is_it = |seen: &SeenText| self.texts[seen.start as usize..seen.end as usize] == *text;
        self.table.find(hash, is_it).map(|seen| seen.set)
    }

    fn remember(&mut self, text: &str, set: u32) {
        if self.texts.len() + text.len() > REMEMBERED {
            return;
        }
        let start = number(self.texts.len());
        self.texts.push_str(text);
        let Self { texts, table, hashing } = self;
        let seen = SeenText { start, end: number(texts.len()), set };
        table.insert_unique(hashing.hash_one(text), seen, |seen| {
            hashing.hash_one(&texts[seen.start as usize..seen.end as usize])
        });
    }
}

impl Part {
    /// Parses a piece, unless something was wrong before.
    pub(super) fn parse(&mut self, piece: &Piece) {
        if self.fault.is_some() {
            return;
        }
        let text = std::str::from_utf8(&piece.bytes).ok();
        let mut at = LineNumber { piece: piece.number, line: 0 };
        let mut start = 0;
        while start < piece.bytes.len() {
            let end = memchr::memchr(b'\n', &piece.bytes[start..]).map_or(piece.bytes.len(), |length| start + length);
            let read = match text.map(|text| &text[start..end]) {
                Some(text) => self.fast(at, text),
                None => Ok(Read::No),
            };
            let read = match read {
                Ok(Read::No) => self.line(at, &piece.bytes[start..piece.bytes.len().min(end + 1)]),
                Ok(Read::Yes) => Ok(()),
                Err(fault) => Err(fault),
            };
            if let Err(fault) = read {
                self.fault = Some((at, fault));
                return;
            }
            start = end + 1;
            at.line += 1;
        }
        self.lines.push((piece.number, at.line));
    }

    /// Reads a line of the usual layout.
    fn fast(&mut self, at: LineNumber, text: &str) -> Result<Read, Fault> {
        let known = self.head.as_ref().map_or("", |(head, _)| head);
        let Some(line) = canonical::line(text, known, &self.searchers) else { return Ok(Read::No) };
        let mut found = Vec::new();
        if let Some(links) = line.links
            && canonical::links(links, &mut found).is_none()
        {
            return Ok(Read::No);
        }
        // An object that is none is for the parser to refuse.
        let Some(tags) = line.tags.map_or(Some(None), |raw| self.tag_set(raw).map(Some)) else { return Ok(Read::No) };
        let Some(attributes) = line.attributes.map_or(Some(None), |raw| self.attribute_set(raw).map(Some)) else {
            return Ok(Read::No);
        };
        let place = match &self.head {
            Some((head, place)) if **head == *line.head => *place,
            Some(_) | None => {
                let Some(place) = canonical::place(line.head) else { return Ok(Read::No) };
                let place = self.draft.place(place)?;
                self.head = Some((line.head.into(), place));
                self.link_places.clear();
                place
            }
        };
        let mut links = Vec::with_capacity(found.len());
        for link in &found {
            let known =
                self.link_places.iter().find(|known| *known.relation == *link.relation && *known.kind == *link.kind);
            let (relation, place) = match known {
                Some(known) => (known.number, known.place),
                None => {
                    let Some([provider, account, region, _]) = canonical::place(line.head) else { return Ok(Read::No) };
                    let relation = self.draft.relation(link.relation)?;
                    let place = self.draft.place([provider, account, region, link.kind])?;
                    let (text, kind) = (link.relation.into(), link.kind.into());
                    self.link_places.push(LinkPlace { relation: text, kind, number: relation, place });
                    (relation, place)
                }
            };
            links.push(LinkIn { relation, place, id: link.id });
        }
        self.draft.push(&RowIn {
            place,
            id: line.id,
            name: line.name,
            created_at: line.created_at,
            state: line.state,
            size_bytes: line.size_bytes,
            tags,
            attributes,
            links: line.links.map(|_| links.as_slice()),
            line: at,
        })?;
        Ok(Read::Yes)
    }

    fn line(&mut self, at: LineNumber, text: &[u8]) -> Result<(), Fault> {
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        match serde_json::from_slice::<LineWire<'_>>(text).map_err(|error| Fault::syntax(0, &error))? {
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
            LineWire { census: None, resource: Some(wire) } => self.resource(at, text, &wire),
            LineWire { census: Some(_), resource: Some(_) } | LineWire { census: None, resource: None } => {
                Err(Fault::NeitherCensusNorResource)
            }
        }
    }

    fn resource(&mut self, at: LineNumber, text: &[u8], wire: &ResourceWire<'_>) -> Result<(), Fault> {
        let own: [&str; 4] = [&wire.provider.0, &wire.account.0, &wire.region.0, &wire.kind.0];
        let place = self.draft.place(own)?;
        let links = match &wire.links {
            None => None,
            Some(wires) => {
                let mut links = Vec::with_capacity(wires.len());
                for link in wires {
                    let place = self.draft.place([
                        link.provider.as_ref().map_or(own[0], |provider| &provider.0),
                        link.account.as_ref().map_or(own[1], |account| &account.0),
                        link.region.as_ref().map_or(own[2], |region| &region.0),
                        &link.kind.0,
                    ])?;
                    let relation = self.draft.relation(&link.relation.0)?;
                    links.push(LinkIn { relation, place, id: &link.id.0 });
                }
                Some(links)
            }
        };
        let tags = match wire.tags {
            None => None,
            Some(raw) => match self.tag_set(raw.get()) {
                Some(set) => Some(set),
                None => return Err(nested::<Entries<'_, Word<'_>>>(text, raw)),
            },
        };
        let attributes = match wire.attrs {
            None => None,
            Some(raw) => match self.attribute_set(raw.get()) {
                Some(set) => Some(set),
                None => return Err(nested::<Entries<'_, AttributeValue>>(text, raw)),
            },
        };
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
            line: at,
        };
        Ok(self.draft.push(&row)?)
    }

    /// The set that an object of tags is; none where it is no such object, or too long.
    fn tag_set(&mut self, raw: &str) -> Option<u32> {
        if let Some(set) = self.tags.find(raw) {
            return Some(set);
        }
        let entries: Entries<'_, Word<'_>> = serde_json::from_str(raw).ok()?;
        let pairs: Vec<(&str, &str)> = entries.0.iter().map(|(key, value)| (&*key.0, &*value.0)).collect();
        let set = self.draft.tag_set(&pairs).ok()?;
        self.tags.remember(raw, set);
        Some(set)
    }

    /// The set that an object of attributes is, as with tags.
    fn attribute_set(&mut self, raw: &str) -> Option<u32> {
        if let Some(set) = self.attributes.find(raw) {
            return Some(set);
        }
        let entries: Entries<'_, AttributeValue> = serde_json::from_str(raw).ok()?;
        let pairs: Vec<(&str, &AttributeValue)> = entries.0.iter().map(|(name, value)| (&*name.0, value)).collect();
        let set = self.draft.attribute_set(&pairs).ok()?;
        self.attributes.remember(raw, set);
        Some(set)
    }
}

/// What is wrong with a value that stands within a line and could not be taken up.
fn nested<'a, T: Deserialize<'a>>(text: &[u8], raw: &'a RawValue) -> Fault {
    match serde_json::from_str::<T>(raw.get()) {
        Err(error) => Fault::syntax(raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr()), &error),
        Ok(_) => Fault::Row(RowError::TooLong),
    }
}
