//! An inventory while it is read: rows in the order in which they come, their links still by name.
//!
//! Several drafts, one of each part of a file, become one.

use std::collections::HashMap;

use super::intern::{Sets, Symbol, Symbols};
use super::number;
use super::texts::{Text, Texts, TooLong};
use crate::address::{Account, Kind, NameError, Provider, Region, Relation};
use crate::fact::Fact;
use crate::resource::{AttributeValue, Resource};
use crate::time::Timestamp;

/// What is known of one resource, on its way into a draft.
#[derive(Debug)]
pub(super) struct RowIn<'a> {
    /// A place of this draft.
    pub(super) place: u32,
    pub(super) id: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) state: Option<&'a str>,
    pub(super) size_bytes: Option<u64>,
    /// A set of this draft.
    pub(super) tags: Option<u32>,
    /// A set of this draft.
    pub(super) attributes: Option<u32>,
    pub(super) links: Option<&'a [LinkIn<'a>]>,
    /// The line it stands on.
    pub(super) line: LineNumber,
}

/// A line of a piece of a file. Which line of the file that is, is known when all pieces before it were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LineNumber {
    pub(super) piece: u32,
    pub(super) line: u32,
}

/// One link, on its way into a draft.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkIn<'a> {
    pub(super) relation: Symbol,
    /// A place of this draft.
    pub(super) place: u32,
    pub(super) id: &'a str,
}

/// Why a resource cannot be taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowError {
    Name(NameError),
    TooLong,
    TooMany,
}

impl From<NameError> for RowError {
    fn from(error: NameError) -> Self {
        RowError::Name(error)
    }
}

impl From<TooLong> for RowError {
    fn from(TooLong: TooLong) -> Self {
        RowError::TooLong
    }
}

/// A resource's facts in columns' words. `NONE` stands for unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    pub(super) name: Text,
    pub(super) second: i64,
    pub(super) size_bytes: u64,
    /// Within the second; `UNKNOWN_TIME` where the instant is unknown.
    pub(super) nanosecond: i32,
    pub(super) state: u32,
    pub(super) tags: u32,
    pub(super) attributes: u32,
    pub(super) size_known: Known,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    No,
    Yes,
}

pub(super) const NONE: u32 = u32::MAX;
pub(super) const UNKNOWN_TIME: i32 = i32::MIN;

#[derive(Debug, Clone, Copy)]
pub(super) struct DraftRow {
    pub(super) id: Text,
    pub(super) facts: Facts,
    pub(super) place: u32,
    pub(super) line: LineNumber,
    pub(super) first_link: u32,
    /// `NONE` where the links are unknown.
    pub(super) links: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct DraftLink {
    pub(super) relation: Symbol,
    pub(super) place: u32,
    pub(super) id: Text,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) texts: Texts,
    pub(super) link_texts: Texts,
    pub(super) symbols: Symbols,
    pub(super) values: Vec<AttributeValue>,
    value_numbers: HashMap<String, u32>,
    pub(super) tags: Sets<(Symbol, Symbol)>,
    pub(super) attributes: Sets<(Symbol, u32)>,
    pub(super) places: Vec<[Symbol; 4]>,
    place_numbers: HashMap<[Symbol; 4], u32>,
    pub(super) rows: Vec<DraftRow>,
    pub(super) links: Vec<DraftLink>,
    pairs: Vec<(Symbol, Symbol)>,
    valued: Vec<(Symbol, u32)>,
}

impl Draft {
    /// Takes up a resource.
    pub(super) fn push(&mut self, row: &RowIn<'_>) -> Result<(), RowError> {
        if row.id.is_empty() {
            return Err(NameError::Empty { part: "id" }.into());
        }
        if self.rows.len() >= NONE as usize - 1 || self.links.len() >= (NONE >> 1) as usize {
            return Err(RowError::TooMany);
        }
        let first_link = number(self.links.len());
        let links = match row.links {
            None => NONE,
            Some(links) => {
                for link in links {
                    if link.id.is_empty() {
                        return Err(NameError::Empty { part: "id" }.into());
                    }
                    let id = self.link_texts.push(link.id)?;
                    self.links.push(DraftLink { relation: link.relation, place: link.place, id });
                }
                number(links.len())
            }
        };
        let id = self.texts.push(row.id)?;
        let facts = Facts {
            name: row.name.map_or(Ok(Text::NONE), |name| self.texts.push(name))?,
            second: row.created_at.map_or(0, Timestamp::as_second),
            nanosecond: row.created_at.map_or(UNKNOWN_TIME, |time| time.to_jiff().subsec_nanosecond()),
            state: row.state.map_or(Ok(NONE), |state| self.symbols.intern(state).map(|symbol| symbol.0))?,
            size_bytes: row.size_bytes.unwrap_or(0),
            size_known: if row.size_bytes.is_some() { Known::Yes } else { Known::No },
            tags: row.tags.unwrap_or(NONE),
            attributes: row.attributes.unwrap_or(NONE),
        };
        self.rows.push(DraftRow { id, facts, place: row.place, line: row.line, first_link, links });
        Ok(())
    }

    /// Takes up a resource of one's own.
    pub(super) fn push_resource(&mut self, resource: &Resource) -> Result<(), RowError> {
        let address = &resource.address;
        let tags = match &resource.tags {
            Fact::Unknown => None,
            Fact::Known(tags) => {
                let pairs: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
                Some(self.tag_set(&pairs)?)
            }
        };
        let attributes = match &resource.attributes {
            Fact::Unknown => None,
            Fact::Known(attributes) => {
                let pairs: Vec<(&str, &AttributeValue)> =
                    attributes.iter().map(|(name, value)| (name.as_str(), value)).collect();
                Some(self.attribute_set(&pairs)?)
            }
        };
        let links: Option<Vec<LinkIn<'_>>> = match &resource.links {
            Fact::Unknown => None,
            Fact::Known(links) => {
                let mut named = Vec::with_capacity(links.len());
                for link in links {
                    let target = &link.target;
                    named.push(LinkIn {
                        relation: self.relation(link.relation.as_str())?,
                        place: self.place([target.provider(), target.account(), target.region(), target.kind()])?,
                        id: target.id(),
                    });
                }
                Some(named)
            }
        };
        let place = self.place([address.provider(), address.account(), address.region(), address.kind()])?;
        self.push(&RowIn {
            place,
            id: address.id(),
            name: resource.name.as_ref().known().map(String::as_str),
            created_at: resource.created_at.known(),
            state: resource.state.as_ref().known().map(String::as_str),
            size_bytes: resource.size_bytes.known(),
            tags,
            attributes,
            links: links.as_deref(),
            line: LineNumber::default(),
        })
    }

    /// The number of a place, whose parts are checked.
    pub(super) fn place(&mut self, [provider, account, region, kind]: [&str; 4]) -> Result<u32, RowError> {
        let mut symbols = [Symbol(0); 4];
        for (symbol, text) in symbols.iter_mut().zip([provider, account, region, kind]) {
            *symbol = self.symbols.intern(text)?;
        }
        if let Some(place) = self.place_numbers.get(&symbols) {
            return Ok(*place);
        }
        Provider::new(provider)?;
        Account::new(account)?;
        Region::new(region)?;
        Kind::new(kind)?;
        let place = number(self.places.len());
        self.places.push(symbols);
        self.place_numbers.insert(symbols, place);
        Ok(place)
    }

    /// The number of a relation, which is checked.
    pub(super) fn relation(&mut self, text: &str) -> Result<Symbol, RowError> {
        Relation::new(text)?;
        Ok(self.symbols.intern(text)?)
    }

    /// The number of a set of tags, which come in any order; of a repeated key the last counts.
    pub(super) fn tag_set(&mut self, tags: &[(&str, &str)]) -> Result<u32, RowError> {
        self.pairs.clear();
        for (key, value) in tags {
            let pair = (self.symbols.intern(key)?, self.symbols.intern(value)?);
            self.pairs.push(pair);
        }
        in_order(&self.symbols, &mut self.pairs);
        Ok(self.tags.intern(&self.pairs))
    }

    /// The number of a set of attributes, as with tags.
    pub(super) fn attribute_set(&mut self, attributes: &[(&str, &AttributeValue)]) -> Result<u32, RowError> {
        self.valued.clear();
        for (name, value) in attributes {
            let pair = (self.symbols.intern(name)?, self.value(value));
            self.valued.push(pair);
        }
        in_order(&self.symbols, &mut self.valued);
        Ok(self.attributes.intern(&self.valued))
    }

    fn value(&mut self, value: &AttributeValue) -> u32 {
        let text = value.to_string();
        if let Some(known) = self.value_numbers.get(&text) {
            return *known;
        }
        let new = number(self.values.len());
        self.values.push(value.clone());
        self.value_numbers.insert(text, new);
        new
    }

    /// Takes up all of another draft, after what is here.
    pub(super) fn append(&mut self, other: Draft) -> Result<(), RowError> {
        let mut symbols = Vec::with_capacity(other.symbols.len());
        for symbol in 0..other.symbols.len() {
            symbols.push(self.symbols.intern(other.symbols.text(Symbol(number(symbol))))?);
        }
        let values: Vec<u32> = other.values.iter().map(|value| self.value(value)).collect();
        let places: Vec<u32> = other
            .places
            .iter()
            .map(|place| {
                let symbols = place.map(|symbol| symbols[symbol.get()]);
                *self.place_numbers.entry(symbols).or_insert_with(|| {
                    self.places.push(symbols);
                    number(self.places.len() - 1)
                })
            })
            .collect();
        let mut tag_sets = Vec::with_capacity(other.tags.len());
        for set in 0..other.tags.len() {
            self.pairs.clear();
            let set = other.tags.get(number(set));
            self.pairs.extend(set.iter().map(|(key, value)| (symbols[key.get()], symbols[value.get()])));
            tag_sets.push(self.tags.intern(&self.pairs));
        }
        let mut attribute_sets = Vec::with_capacity(other.attributes.len());
        for set in 0..other.attributes.len() {
            self.valued.clear();
            let set = other.attributes.get(number(set));
            self.valued.extend(set.iter().map(|(name, value)| (symbols[name.get()], values[*value as usize])));
            attribute_sets.push(self.attributes.intern(&self.valued));
        }
        if self.rows.len() + other.rows.len() >= NONE as usize - 1
            || self.links.len() + other.links.len() >= (NONE >> 1) as usize
        {
            return Err(RowError::TooMany);
        }
        let moved = self.texts.append(other.texts);
        let links_moved = self.link_texts.append(other.link_texts);
        let first_link = number(self.links.len());
        let renumber = |old: u32, new: &[u32]| if old == NONE { NONE } else { new[old as usize] };
        self.rows.extend(other.rows.into_iter().map(|row| DraftRow {
            id: moved.of(row.id),
            facts: Facts {
                name: moved.of(row.facts.name),
                state: if row.facts.state == NONE { NONE } else { symbols[row.facts.state as usize].0 },
                tags: renumber(row.facts.tags, &tag_sets),
                attributes: renumber(row.facts.attributes, &attribute_sets),
                ..row.facts
            },
            place: places[row.place as usize],
            first_link: first_link + row.first_link,
            ..row
        }));
        self.links.extend(other.links.into_iter().map(|link| DraftLink {
            relation: symbols[link.relation.get()],
            place: places[link.place as usize],
            id: links_moved.of(link.id),
        }));
        Ok(())
    }
}

/// Sorts pairs by the text of their first; of several with one first, the last stays.
fn in_order<T: Copy>(symbols: &Symbols, pairs: &mut Vec<(Symbol, T)>) {
    let rising = pairs.windows(2).all(|pair| symbols.text(pair[0].0) < symbols.text(pair[1].0));
    if !rising {
        pairs.reverse();
        pairs.sort_by(|a, b| symbols.text(a.0).cmp(symbols.text(b.0)));
        pairs.dedup_by_key(|pair| pair.0);
    }
}

impl Facts {
    pub(super) fn created_at(&self) -> Fact<Timestamp> {
        if self.nanosecond == UNKNOWN_TIME {
            return Fact::Unknown;
        }
        let instant =
            jiff::Timestamp::new(self.second, self.nanosecond).expect("it was an instant when it was taken up");
        Fact::Known(Timestamp::from_jiff(instant))
    }
}
