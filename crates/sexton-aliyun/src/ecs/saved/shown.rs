//! What the answers of one operation show of being all of a listing.

use std::collections::HashSet;

use sexton_core::address::Kind;
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;

use super::{Ended, SavedOperation};
use crate::pages::{Found, Paging};
use crate::row::Row;

/// Why a kind counts as not listed completely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Shortage {
    #[error("no file holds an answer of {operation}")]
    NotThere { operation: SavedOperation },
    #[error("nobody says that {operation} was asked for everything: name it in `asked_for_all` if it was")]
    NotSaid { operation: SavedOperation },
    #[error("the last page of {operation} is not there: every page has a NextToken")]
    NoEnd { operation: SavedOperation },
    #[error("{operation} counts {total} rows, and {seen} are there")]
    Missing { operation: SavedOperation, total: u64, seen: u64 },
    #[error("pages of {operation} do not count the same rows")]
    Moves { operation: SavedOperation },
    #[error("a page of {operation} does not say how many rows there are")]
    NoTotal { operation: SavedOperation },
    #[error(
        "the answer of {operation} is empty, which an identity without permission gets too: \
         waive the kind in the policy (assume_none) if there is nothing"
    )]
    Empty { operation: SavedOperation },
    #[error("it is read from what is known of {other}, which is not complete")]
    Follows { other: Kind },
    #[error("whether {image} is public is not told in a form that can be read")]
    Publicity { image: String },
    #[error("{image} may be shared, and not all of its share permissions are there")]
    Shares { image: String },
    #[error("the versions of {template} are not there")]
    Versions { template: String },
    #[error("it is not read from files")]
    NotRead,
}

/// The earlier of two times; unknown if one is.
pub(super) fn earlier(a: Fact<Timestamp>, b: Fact<Timestamp>) -> Fact<Timestamp> {
    match (a, b) {
        (Fact::Known(a), Fact::Known(b)) => Fact::Known(a.min(b)),
        (Fact::Unknown, _) | (_, Fact::Unknown) => Fact::Unknown,
    }
}

/// The answers of an operation, as far as they tell whether they are all.
pub(super) struct Shown {
    operation: SavedOperation,
    as_of: Option<Timestamp>,
    /// Every row, and those that the total surely counts.
    ids: HashSet<(bool, String)>,
    counted: u64,
    totals: HashSet<Option<u64>>,
    goes_on: bool,
    ends: bool,
}

impl Shown {
    pub(super) fn new(operation: SavedOperation) -> Self {
        Self {
            operation,
            as_of: None,
            ids: HashSet::new(),
            counted: 0,
            totals: HashSet::new(),
            goes_on: false,
            ends: false,
        }
    }

    pub(super) fn add(&mut self, page: Row<'_>, taken_at: Timestamp, found: &[Found<'_>]) {
        self.as_of = Some(self.as_of.map_or(taken_at, |earlier| earlier.min(taken_at)));
        for found in found {
            if self.ids.insert((found.counted, found.id.clone())) {
                self.counted += u64::from(found.counted);
            }
        }
        match page.text("NextToken") {
            Some(_) => self.goes_on = true,
            None => self.ends = true,
        }
        // What the vendor's command line merges has lost the paging; by token, the total says nothing.
        let is_page = page.has("PageNumber") || page.has("TotalCount");
        let by_token = matches!(self.operation.query().paging, Paging::Token(_));
        let numbered = page.number("PageNumber").is_some_and(|number| number > 0);
        if is_page && (numbered || !by_token) {
            self.totals.insert(page.number("TotalCount"));
        }
    }

    /// How the listing stands, for one of which it is `said` that it was asked for everything.
    pub(super) fn ended(&self, said: bool) -> Ended {
        let operation = self.operation;
        let Some(as_of) = self.as_of else {
            return Err((Fact::Unknown, Shortage::NotThere { operation }));
        };
        let seen = self.ids.len() as u64;
        let shortage = if self.goes_on && !self.ends {
            Some(Shortage::NoEnd { operation })
        } else if self.totals.contains(&None) {
            Some(Shortage::NoTotal { operation })
        } else if self.totals.len() > 1 {
            Some(Shortage::Moves { operation })
        } else if let Some(total) = self.short(seen) {
            Some(Shortage::Missing { operation, total, seen })
        } else if seen == 0 && operation.hides_when_denied() {
            Some(Shortage::Empty { operation })
        } else if !said {
            Some(Shortage::NotSaid { operation })
        } else {
            None
        };
        match shortage {
            None => Ok(Fact::Known(as_of)),
            Some(shortage) => Err((Fact::Known(as_of), shortage)),
        }
    }

    /// The total that the rows fall short of. Groups of accounts may be counted or not.
    fn short(&self, seen: u64) -> Option<u64> {
        self.totals.iter().flatten().copied().find(|total| *total != seen && *total != self.counted)
    }
}
