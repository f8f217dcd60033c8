//! The run ends, with nothing under way.

use std::collections::BTreeSet;

use sexton_engine::Receipt;
use sexton_engine::machine::RunFailure;

use super::{Check, Findings, Scene};
use crate::log::{Call, Said, Ticket};

#[derive(Debug, Default)]
pub(super) struct Ends {
    under_way: BTreeSet<Ticket>,
    finished: bool,
}

impl Check for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }

    fn began(&mut self, _: &Scene<'_>, _: &mut Findings) {
        self.finished = false;
    }

    fn sent(&mut self, _: &Scene<'_>, ticket: Ticket, _: usize, _: &Call, found: &mut Findings) {
        if self.finished {
            found.add(format!("call {ticket} is sent after the end"));
        }
        self.under_way.insert(ticket);
    }

    fn answered(&mut self, _: &Scene<'_>, ticket: Ticket, _: &Said, _: &mut Findings) {
        self.under_way.remove(&ticket);
    }

    fn crashed(&mut self) {
        self.under_way.clear();
    }

    fn finished(&mut self, _: &Scene<'_>, _: Result<&Receipt, &RunFailure>, found: &mut Findings) {
        self.finished = true;
        if !self.under_way.is_empty() {
            found.add(format!("the session ended with calls {:?} under way", self.under_way));
        }
    }

    fn broken(&mut self, what: &str, found: &mut Findings) {
        found.add(what.to_owned());
    }

    fn end(&mut self, _: &Scene<'_>, found: &mut Findings) {
        if !self.finished {
            found.add("the last session did not end".to_owned());
        }
    }
}
