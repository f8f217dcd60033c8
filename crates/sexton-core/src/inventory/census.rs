//! Which kinds were listed where, completely or not, as of when.

use std::collections::BTreeMap;

use crate::address::{Account, Kind, Provider, Region};
use crate::fact::Fact;
use crate::time::{Span, Timestamp};

/// What a census line speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CensusScope {
    /// The provider.
    pub provider: Provider,
    /// The account.
    pub account: Account,
    /// The region.
    pub region: Region,
    /// The kind that was listed.
    pub kind: Kind,
}

/// Whether a listing saw everything there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listing {
    /// Every page was read and the identity may see everything.
    Complete,
    /// It failed half-way, was denied, or was truncated.
    Incomplete,
}

/// One listing of one kind in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CensusLine {
    /// What was listed.
    pub scope: CensusScope,
    /// Whether all of it was seen.
    pub listing: Listing,
    /// The provider's time at which it held; a listing of unknown time counts as incomplete.
    pub as_of: Fact<Timestamp>,
}

/// All listings of an inventory, one line a scope: lines of one scope are ANDed and the older time stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    lines: BTreeMap<CensusScope, (Listing, Fact<Timestamp>)>,
}

impl Census {
    /// Merges census lines.
    pub fn new(lines: impl IntoIterator<Item = CensusLine>) -> Self {
        let mut census = Self::default();
        for line in lines {
            census.add(line);
        }
        census
    }

    pub(super) fn add(&mut self, line: CensusLine) {
        let new = (line.listing, line.as_of);
        self.lines
            .entry(line.scope)
            .and_modify(|old| {
                *old = match (&old, &new) {
                    ((Listing::Complete, a), (Listing::Complete, b)) => (
                        Listing::Complete,
                        match (a, b) {
                            (Fact::Known(a), Fact::Known(b)) => Fact::Known(*a.min(b)),
                            _ => Fact::Unknown,
                        },
                    ),
                    ((_, a), (_, b)) => (
                        Listing::Incomplete,
                        match (a, b) {
                            (Fact::Known(a), Fact::Known(b)) => Fact::Known(*a.min(b)),
                            _ => Fact::Unknown,
                        },
                    ),
                };
            })
            .or_insert(new);
    }

    /// The merged lines, ascending by scope.
    pub fn lines(&self) -> impl Iterator<Item = CensusLine> + '_ {
        self.lines.iter().map(|(scope, (listing, as_of))| CensusLine {
            scope: scope.clone(),
            listing: *listing,
            as_of: *as_of,
        })
    }

    /// Whether the kind was listed completely in that place, no longer than `max_age` before `now`.
    pub fn is_complete(&self, scope: &CensusScope, now: Timestamp, max_age: Span) -> bool {
        match self.lines.get(scope) {
            Some((Listing::Complete, Fact::Known(as_of))) => now.since(*as_of) <= max_age,
            Some((Listing::Complete, Fact::Unknown) | (Listing::Incomplete, _)) | None => false,
        }
    }

    /// The regions of an account of which anything was listed.
    pub fn regions(&self, provider: &str, account: &str) -> Vec<Region> {
        let mut regions: Vec<Region> = self
            .lines
            .keys()
            .filter(|scope| scope.provider.as_str() == provider && scope.account.as_str() == account)
            .map(|scope| scope.region.clone())
            .collect();
        regions.dedup();
        regions
    }
}
