//! A rulebook's tests of states and attributes, made ready for one inventory: texts become numbers, and no value is
//! judged twice.

use crate::fact::Fact;
use crate::inventory::{Inventory, ResourceIndex, Symbol, Table};
use crate::resource::{Attribute, AttributeValue};
use crate::rulebook::{AttributeTest, HolderClaim, Raised, StateTest, WhenMissing};
use crate::time::Timestamp;

/// A test of a state.
#[derive(Debug, Clone)]
pub(super) struct ReadyState {
    listed: Vec<Symbol>,
    raises_listed: Raised,
    raises_other: Raised,
}

impl ReadyState {
    pub(super) fn new(test: &StateTest, table: &Table) -> Self {
        let (states, raises_listed, raises_other) = match test {
            StateTest::In(states) => (states, Raised::Known, Raised::No),
            StateTest::NotIn(states) => (states, Raised::No, Raised::Known),
        };
        let listed = states.iter().filter_map(|state| table.symbols.find(state)).collect();
        Self { listed, raises_listed, raises_other }
    }

    pub(super) fn reads(&self, table: &Table, row: ResourceIndex) -> Raised {
        match table.state_of(row) {
            Fact::Unknown => Raised::Unknown,
            Fact::Known(state) if self.listed.contains(&state) => self.raises_listed,
            Fact::Known(_) => self.raises_other,
        }
    }
}

/// A test of an attribute.
#[derive(Debug, Clone)]
pub(super) struct ReadyAttribute<'a> {
    test: &'a AttributeTest,
    name: Option<Symbol>,
    now: Timestamp,
    /// By value: what it says, once it was asked.
    judged: Vec<Option<Raised>>,
}

impl<'a> ReadyAttribute<'a> {
    pub(super) fn new(test: &'a AttributeTest, table: &Table, now: Timestamp) -> Self {
        Self { test, name: table.symbols.find(&test.name), now, judged: vec![None; table.values.len()] }
    }

    pub(super) fn reads(&mut self, table: &Table, row: ResourceIndex) -> Raised {
        match table.attribute_of(row, self.name) {
            Fact::Unknown => Raised::Unknown,
            Fact::Known(None) => match self.test.when_missing {
                WhenMissing::Raise => Raised::Unknown,
                WhenMissing::Clear => Raised::No,
            },
            Fact::Known(Some(value)) => *self.judged[value as usize]
                .get_or_insert_with(|| self.test.reads(Attribute::of_value(&table.values[value as usize]), self.now)),
        }
    }
}

/// What a claiming attribute says of its holders.
#[derive(Debug, Clone)]
pub(super) struct ReadyClaim<'a> {
    name: Option<Symbol>,
    holders: &'a [HolderClaim],
}

impl<'a> ReadyClaim<'a> {
    pub(super) fn new(attribute: &str, holders: &'a [HolderClaim], table: &Table) -> Self {
        Self { name: table.symbols.find(attribute), holders }
    }

    /// The holders that a resource claims, by their place among the guard's claims.
    pub(super) fn reads(&self, inventory: &Inventory, row: ResourceIndex) -> Fact<impl Iterator<Item = usize> + '_> {
        let table = &inventory.table;
        let claimed = match table.attribute_of(row, self.name) {
            Fact::Unknown => return Fact::Unknown,
            Fact::Known(None) => None,
            Fact::Known(Some(value)) => match &table.values[value as usize] {
                AttributeValue::String(claimed) => Some(claimed.clone()),
                AttributeValue::Null
                | AttributeValue::Bool(_)
                | AttributeValue::Number(_)
                | AttributeValue::Array(_)
                | AttributeValue::Object(_) => return Fact::Unknown,
            },
        };
        let holders = self.holders.iter().enumerate();
        Fact::Known(holders.filter(move |(_, claim)| claimed.as_ref() == Some(&claim.value)).map(|(at, _)| at))
    }
}
