//! What occurs many times is kept once: words, and sets of pairs.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

use super::number;
use super::texts::{Text, Texts, TooLong};

/// A word: a kind, a state, a tag's key or value. Numbers say nothing of order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Symbol(pub(super) u32);

impl Symbol {
    pub(crate) fn get(self) -> usize {
        self.0 as usize
    }
}

/// All words of an inventory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    texts: Texts,
    places: Vec<Text>,
    table: HashTable<u32>,
    hashing: DefaultHashBuilder,
}

impl Symbols {
    pub(super) fn intern(&mut self, text: &str) -> Result<Symbol, TooLong> {
        let hash = self.hashing.hash_one(text);
        if let Some(found) = self.table.find(hash, |at| self.texts.get(self.places[*at as usize]) == text) {
            return Ok(Symbol(*found));
        }
        let new = number(self.places.len());
        self.places.push(self.texts.push(text)?);
        let Self { texts, places, table, hashing } = self;
        table.insert_unique(hash, new, |at| hashing.hash_one(texts.get(places[*at as usize])));
        Ok(Symbol(new))
    }

    pub(crate) fn find(&self, text: &str) -> Option<Symbol> {
        let hash = self.hashing.hash_one(text);
        self.table.find(hash, |at| self.texts.get(self.places[*at as usize]) == text).map(|at| Symbol(*at))
    }

    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(self.places[symbol.get()])
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }
}

/// Sets of pairs, each set once.
#[derive(Debug, Clone)]
pub(crate) struct Sets<T> {
    starts: Vec<u32>,
    entries: Vec<T>,
    table: HashTable<u32>,
    hashing: DefaultHashBuilder,
}

impl<T: Copy + Eq + Hash> Default for Sets<T> {
    fn default() -> Self {
        Self { starts: vec![0], entries: Vec::new(), table: HashTable::new(), hashing: DefaultHashBuilder::default() }
    }
}

impl<T: Copy + Eq + Hash> Sets<T> {
    /// The number of a set of entries, which come in the set's own order.
    pub(super) fn intern(&mut self, set: &[T]) -> u32 {
        let hash = self.hashing.hash_one(set);
        if let Some(found) = self.table.find(hash, |at| self.get(*at) == set) {
            return *found;
        }
        let new = number(self.starts.len() - 1);
        self.entries.extend_from_slice(set);
        self.starts.push(number(self.entries.len()));
        let Self { starts, entries, table, hashing } = self;
        table.insert_unique(hash, new, |at| hashing.hash_one(slice(starts, entries, *at)));
        new
    }

    pub(crate) fn get(&self, set: u32) -> &[T] {
        slice(&self.starts, &self.entries, set)
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }
}

fn slice<'a, T>(starts: &[u32], entries: &'a [T], set: u32) -> &'a [T] {
    &entries[starts[set as usize] as usize..starts[set as usize + 1] as usize]
}
