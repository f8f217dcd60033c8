//! How the kinds of an account and region stand, by the answers that are there.

use std::fmt;

use sexton_core::address::{Kind, Provider};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::time::Timestamp;
use sexton_provider::ListProblem;

use super::Operation;
use super::decode::Place;

/// Why a kind counts as not listed completely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Shortage {
    #[error("no file holds an answer of {asked}")]
    NotThere { asked: Asked },
    #[error("nobody says that {operation} was asked for everything: name it in `asked_for_all` if it was")]
    NotSaid { operation: Operation },
    #[error("the last page of {asked} is not there: every answer has a NextToken")]
    NoEnd { asked: Asked },
    #[error("it is read from what is known of images and snapshots, which is not complete")]
    Follows,
    #[error("the permissions of {id} are not there")]
    Permissions { id: String },
    #[error("whether {id} is public is not told in a form that can be read")]
    Publicity { id: String },
    #[error("no file can hold it")]
    Never,
}

pub(super) type Ended = Result<Fact<Timestamp>, (Fact<Timestamp>, Shortage)>;

/// What is listed page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    All(Operation),
    /// The versions of a launch template.
    VersionsOf(String),
}

impl Asked {
    fn operation(&self) -> Operation {
        match self {
            Asked::All(operation) => *operation,
            Asked::VersionsOf(_) => Operation::LaunchTemplateVersions,
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::All(operation) => operation.fmt(f),
            Asked::VersionsOf(id) => write!(f, "{} --launch-template-id {id}", self.operation()),
        }
    }
}

/// Whether an answer is the last page of its listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Last,
    GoesOn,
}

/// What somebody says of how an operation was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// For everything.
    Given,
    Missing,
}

/// The pages of one listing, as far as they tell whether they are all.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    /// When the earliest was taken.
    as_of: Option<Timestamp>,
    goes_on: bool,
    ends: bool,
}

impl Pages {
    pub(super) fn add(&mut self, page: Page, taken_at: Timestamp) {
        self.as_of = Some(self.as_of.map_or(taken_at, |earlier| earlier.min(taken_at)));
        match page {
            Page::Last => self.ends = true,
            Page::GoesOn => self.goes_on = true,
        }
    }

    /// How the listing stands.
    pub(super) fn ended(&self, asked: Asked, said: Word) -> Ended {
        let Some(as_of) = self.as_of.map(Fact::Known) else {
            return Err((Fact::Unknown, Shortage::NotThere { asked }));
        };
        match said {
            _ if self.goes_on && !self.ends => Err((as_of, Shortage::NoEnd { asked })),
            Word::Missing => Err((as_of, Shortage::NotSaid { operation: asked.operation() })),
            Word::Given => Ok(as_of),
        }
    }
}

/// The earlier of two times; unknown if one is.
pub(super) fn earlier(a: Fact<Timestamp>, b: Fact<Timestamp>) -> Fact<Timestamp> {
    match (a, b) {
        (Fact::Known(a), Fact::Known(b)) => Fact::Known(a.min(b)),
        (Fact::Unknown, _) | (_, Fact::Unknown) => Fact::Unknown,
    }
}

pub(super) struct Census {
    place: Place,
    lines: Vec<CensusLine>,
    problems: Vec<ListProblem>,
}

impl Census {
    pub(super) fn new(place: &Place) -> Self {
        Self { place: place.clone(), lines: Vec::new(), problems: Vec::new() }
    }

    pub(super) fn end(&mut self, kind: &'static str, ended: Ended) {
        let kind = Kind::new(kind).expect("the word holds no separator");
        let Place { account, region } = self.place.clone();
        let (listing, as_of) = match ended {
            Ok(as_of) => (Listing::Complete, as_of),
            Err((as_of, shortage)) => {
                let (region, kind, message) = (region.clone(), kind.clone(), shortage.to_string());
                self.problems.push(ListProblem { region, kind, message });
                (Listing::Incomplete, as_of)
            }
        };
        let provider = Provider::new("aws-ec2").expect("the name holds no separator");
        self.lines.push(CensusLine { scope: CensusScope { provider, account, region, kind }, listing, as_of });
    }

    pub(super) fn finish(self) -> (Vec<CensusLine>, Vec<ListProblem>) {
        (self.lines, self.problems)
    }
}
