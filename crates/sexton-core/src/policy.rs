//! The user's rules: what to collect, protect and retain, what may be forced or waited for, and the limits.

use std::collections::BTreeMap;

use crate::address::{Account, GuardCode, Kind, Provider, Region};
use crate::inventory::ResourceRef;
use crate::plan::{AssumedNone, Options};
use crate::rulebook::Rulebook;
use crate::time::Span;

pub mod condition;
mod fault;
mod file;
mod passage;
mod retention;
mod review;
pub(crate) mod schema;
mod suggest;
#[cfg(test)]
mod tests;
mod warning;

pub use condition::Condition;
pub use fault::{PolicyError, PolicyFault};
pub use passage::Passage;
pub(crate) use retention::{Candidate, retained};
pub use retention::{MissingKey, Retain};
pub use warning::{Never, NoDraw, NoForce, PlacedWarning, PolicyWarning, Retains};

/// The version of the policy format.
pub const VERSION: u64 = 1;

/// A whole policy.
#[derive(Debug, Clone)]
pub struct Policy {
    text: String,
    digest: String,
    /// What a plan must not exceed.
    pub limits: Limits,
    /// What is never removed.
    pub protect: Vec<Protect>,
    /// What is garbage.
    pub collect: Vec<Collect>,
    /// Kinds that are taken as empty where they were not listed.
    pub assume_none: Vec<AssumedNone>,
}

/// What a plan must not exceed. Judged on the finished plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Steps in all.
    pub max_steps: u64,
    /// Per cent of the resources of one kind and place, for kinds that hold data.
    pub max_percent: u64,
    /// Steps whose resource no rule selects itself.
    pub max_drawn: u64,
    /// Steps that are forced.
    pub max_forced: u64,
    /// How old a census line may be to count as complete.
    pub max_inventory_age: Span,
    /// Steps of one kind.
    pub kind_max_steps: BTreeMap<Kind, u64>,
}

impl Limits {
    /// The limits of a policy that sets none: 100 steps, 25 per cent, 50 drawn, none forced, 24 hours, and no
    /// instance and no disk at all.
    pub fn standard() -> Self {
        let none = |kind: &str| (Kind::new(kind).expect("a literal kind is a kind"), 0);
        Self {
            max_steps: 100,
            max_percent: 25,
            max_drawn: 50,
            max_forced: 0,
            max_inventory_age: Span::from_hours(24),
            kind_max_steps: BTreeMap::from([none("instance"), none("disk")]),
        }
    }
}

/// Where a rule applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only at this provider.
    pub provider: Option<Provider>,
    /// Only in this account.
    pub account: Option<Account>,
    /// Only in this region.
    pub region: Option<Region>,
    /// Only this kind.
    pub kind: Option<Kind>,
}

impl Filters {
    /// Whether the filters let a resource through.
    pub fn admit(&self, resource: ResourceRef<'_>) -> bool {
        let admits = |filter: Option<&str>, part: &str| filter.is_none_or(|filter| filter == part);
        admits(self.provider.as_ref().map(Provider::as_str), resource.provider())
            && admits(self.account.as_ref().map(Account::as_str), resource.account())
            && admits(self.region.as_ref().map(Region::as_str), resource.region())
            && admits(self.kind.as_ref().map(Kind::as_str), resource.kind())
    }
}

/// A rule that bars resources from being removed.
#[derive(Debug, Clone)]
pub struct Protect {
    /// Its name.
    pub name: String,
    /// Where it applies.
    pub filters: Filters,
    /// Which resources there; none: all.
    pub when: Option<Condition>,
}

/// A rule that selects garbage.
#[derive(Debug, Clone)]
pub struct Collect {
    /// Its name.
    pub name: String,
    /// Where it applies; the kind is always given.
    pub filters: Filters,
    /// Which resources it speaks of: its population.
    pub population: Option<Condition>,
    /// Which of those are ripe.
    pub when: Option<Condition>,
    /// Which of the population are kept all the same.
    pub retain: Option<Retain>,
    /// Kinds of dependents that may be taken along.
    pub cascade: Vec<Draw>,
    /// Kinds of dependencies that are taken along once nothing else needs them.
    pub orphans: Vec<Draw>,
    /// Passed to the provider.
    pub options: Options,
    /// Guards that may be forced.
    pub force: Vec<GuardCode>,
    /// How long a guard may be waited for.
    pub wait: Option<Span>,
}

/// A kind that a rule may draw in.
#[derive(Debug, Clone)]
pub struct Draw {
    /// The kind.
    pub kind: Kind,
    /// Which of that kind; none: all.
    pub when: Option<Condition>,
}

impl Policy {
    /// Reads a policy whose names nobody vouches for.
    ///
    /// # Errors
    /// All faults of the text at once, each with its place.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        file::read(text, None)
    }

    /// Reads a policy whose names the rulebooks have to know.
    ///
    /// # Errors
    /// All faults of the text at once, each with its place; with them every provider, kind or guard that no rulebook
    /// has, every force that cannot be granted, every kind to collect or take along that has no removal operation.
    pub fn parse_with(text: &str, rulebooks: &[Rulebook]) -> Result<Self, PolicyError> {
        file::read(text, Some(rulebooks))
    }

    /// Checks the policy against the rulebooks it will be read with.
    ///
    /// # Errors
    /// What [`Policy::parse_with`] has against its names.
    pub fn check(&self, rulebooks: &[Rulebook]) -> Result<(), PolicyError> {
        Self::parse_with(&self.text, rulebooks).map(drop)
    }

    /// The text it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `blake3:` and the digest of the text.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}
