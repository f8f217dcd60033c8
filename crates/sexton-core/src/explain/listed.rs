//! How a kind was listed in a place, as the plan's census has it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{CensusEntry, Plan};
use crate::time::{Span, Timestamp};

/// How a kind was listed in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "listed", rename_all = "kebab-case")]
pub enum Listed {
    /// Completely, and in time.
    Completely,
    /// There is no census line.
    Not,
    /// The listing failed, was denied or was cut short.
    Partly,
    /// Nobody knows when.
    Undated,
    /// Too long ago for the policy's `max_inventory_age`.
    TooLongAgo {
        /// When.
        as_of: Timestamp,
    },
}

/// The census lines of a plan by place and kind.
#[derive(Debug)]
pub(super) struct Censuses<'p> {
    now: Timestamp,
    lines: BTreeMap<(String, &'p str), &'p CensusEntry>,
}

impl<'p> Censuses<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        let scope = |line: &CensusEntry| format!("{}:{}:{}", line.provider, line.account, line.region);
        Self {
            now: plan.now,
            lines: plan.census.iter().map(|line| ((scope(line), line.kind.as_str()), line)).collect(),
        }
    }

    /// How a kind was listed in a place (`provider:account:region`).
    pub(super) fn listed(&self, scope: &str, kind: &str, max_age: Option<Span>) -> Listed {
        let Some(line) = self.lines.get(&(scope.to_owned(), kind)) else { return Listed::Not };
        match (line.complete, line.as_of, max_age) {
            (false, _, _) => Listed::Partly,
            (true, None, _) => Listed::Undated,
            (true, Some(as_of), Some(max_age)) if self.now.since(as_of) > max_age => Listed::TooLongAgo { as_of },
            (true, Some(_), _) => Listed::Completely,
        }
    }

    /// The places of an account (`provider:account`) of which anything was listed, ascending.
    pub(super) fn places(&self, account: &str) -> Vec<&str> {
        let inside = |scope: &str| scope.strip_prefix(account).is_some_and(|rest| rest.starts_with(':'));
        let mut places: Vec<&str> =
            self.lines.keys().map(|(scope, _)| scope.as_str()).filter(|scope| inside(scope)).collect();
        places.dedup();
        places
    }

    /// Every place and kind of which there is a line, ascending.
    pub(super) fn scopes(&self) -> impl Iterator<Item = (&str, &'p str)> {
        self.lines.keys().map(|(scope, kind)| (scope.as_str(), *kind))
    }
}
