//! How the kinds of an account and region stand, by the answers that are there.

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
    #[error("no file holds an answer of {operation}")]
    NotThere { operation: Operation },
    #[error("nobody says that {operation} was asked for everything: name it in `asked_for_all` if it was")]
    NotSaid { operation: Operation },
    #[error("the last page of {operation} is not there: every answer has a NextToken")]
    NoEnd { operation: Operation },
    #[error("it is read from what is known of images and snapshots, which is not complete")]
    Follows,
    #[error("the permissions of {id} are not there")]
    Permissions { id: String },
    #[error("the versions of {id} are not there")]
    Versions { id: String },
    #[error("no file can hold it")]
    Never,
}

pub(super) type Ended = Result<Fact<Timestamp>, (Fact<Timestamp>, Shortage)>;

/// How an operation stands of which the earliest answer is that old.
pub(super) fn ended(operation: Operation, as_of: Option<Timestamp>, cut_off: bool, said: bool) -> Ended {
    match as_of {
        None => Err((Fact::Unknown, Shortage::NotThere { operation })),
        Some(as_of) if cut_off => Err((Fact::Known(as_of), Shortage::NoEnd { operation })),
        Some(as_of) if !said => Err((Fact::Known(as_of), Shortage::NotSaid { operation })),
        Some(as_of) => Ok(Fact::Known(as_of)),
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
