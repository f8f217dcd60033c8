//! How the listing of a kind ends, told to a sink.

use sexton_core::address::Kind;
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::time::Timestamp;
use sexton_provider::{ListProblem, ListSink};

use crate::{KindWord, Place};

impl Place {
    /// Ends the listing of a kind with its census line. Where it is complete and nothing told its time, that is told as
    /// a problem. `K` are the provider's kinds; what is listed may be none of them, such as a lock.
    pub fn tell_census<K: KindWord>(
        &self,
        sink: &mut dyn ListSink,
        kind: &Kind,
        listing: Listing,
        as_of: Fact<Timestamp>,
    ) {
        if listing == Listing::Complete && as_of.is_unknown() {
            let message = "the provider's answer has no Date header, so how old the listing is cannot be known";
            self.tell_problem(sink, kind, message.to_owned());
        }
        sink.census(CensusLine {
            scope: CensusScope {
                provider: K::provider(),
                account: self.account.clone(),
                region: self.region.clone(),
                kind: kind.clone(),
            },
            listing,
            as_of,
        });
    }

    /// Tells what went wrong with the listing of a kind.
    pub fn tell_problem(&self, sink: &mut dyn ListSink, kind: &Kind, message: String) {
        sink.problem(ListProblem { region: self.region.clone(), kind: kind.clone(), message });
    }
}
