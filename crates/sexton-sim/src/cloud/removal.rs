//! Removals: what is refused, what goes at once or later, what goes along, and what is left behind for a while.

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::rulebook::{Completion, Guard};
use sexton_provider::{Answer, Refusal, RefusalClass, RemovalCall, RemovalTarget};

use super::{Binned, Cloud, Event, Going};
use crate::case::{Fault, Shown};
use crate::estate::{Estate, Hold, state};
use crate::log::{By, Moment, Ticket};

/// The state of what is being removed.
const DELETING: &str = "Deleting";

impl Cloud {
    /// Carries out a removal of those targets, by place, that are not left alone.
    pub(super) fn take_effect(
        &mut self,
        ticket: Ticket,
        call: &RemovalCall,
        acts_on: impl Fn(usize) -> bool,
    ) -> Vec<Option<Answer>> {
        let places = 0..call.targets.len();
        places
            .map(|place| acts_on(place).then(|| self.remove_one(ticket, &call.operation, &call.targets[place])))
            .collect()
    }

    fn remove_one(&mut self, ticket: Ticket, operation: &str, target: &RemovalTarget) -> Answer {
        let request_id = Some(format!("r-{ticket}"));
        let address = &target.address;
        let found = self.estate.get(address).filter(|resource| !Estate::is_spent(&self.rulebook, resource)).cloned();
        let Some(resource) = found else {
            return match self.binned.get(address) {
                Some(Binned { until, shown: Shown::Parked }) => Answer::Parked { until: *until, request_id },
                Some(Binned { shown: Shown::Nothing, .. }) | None => Answer::AlreadyGone { request_id },
            };
        };
        if self.going.contains_key(address) {
            return refused(ticket, "IncorrectStatus", RefusalClass::Waits);
        }
        if let Some((code, class)) = self.refuses(operation, target, &resource) {
            self.record(Moment::Refused { ticket, target: address.clone(), code: code.clone() });
            return refused(ticket, &code, class);
        }
        let removal = self.rulebook.kind(address.kind()).and_then(|rules| rules.removal.as_ref());
        let Some(completion) = removal.map(|removal| removal.completion) else {
            return refused(ticket, "UnsupportedOperation", RefusalClass::Blocked);
        };
        self.record(Moment::Taken { ticket, target: address.clone() });
        match completion {
            Completion::Sync => {
                self.vanish(address, By::Call(ticket));
                match self.binned.get(address) {
                    Some(binned) => Answer::Parked { until: binned.until, request_id },
                    None => Answer::Removed { request_id },
                }
            }
            Completion::Async => {
                let before = state(&resource).map(str::to_owned);
                let reverted_by = self.reverting(address);
                self.going.insert(address.clone(), Going { ticket, before, reverted_by });
                self.put(Resource { state: Fact::Known(DELETING.to_owned()), ..resource }, false);
                let takes = self.climate.removal.draw(&mut self.random);
                self.schedule(self.now.after(takes), Event::Ends(address.clone()));
                Answer::Accepted { request_id }
            }
        }
    }

    /// The guard by which a removal is refused.
    fn refuses(
        &mut self,
        operation: &str,
        target: &RemovalTarget,
        resource: &Resource,
    ) -> Option<(String, RefusalClass)> {
        let holds = self.estate.holds(&self.rulebook, resource, self.wall());
        let means_it = |guard: &Guard| {
            let Some(force) = guard.force().filter(|force| force.operation.as_deref() == Some(operation)) else {
                return true;
            };
            let is_one = force.only.as_ref().is_none_or(|only| only.holds(resource.attribute(&only.attribute)));
            is_one && holds.iter().any(|hold| hold.code == guard.code)
        };
        if !self.rulebook.guards_of(target.address.kind()).all(means_it) {
            return Some(("NothingToCancel".to_owned(), RefusalClass::Blocked));
        }
        let held = holds.iter().find(|hold| hold.enforced && !hold.with && !target.force.contains(&hold.code));
        if let Some(hold) = held {
            return Some((hold.code.as_str().to_owned(), class(hold)));
        }
        let now = self.now;
        let lingers = self.lingering.iter().find(|lingers| lingers.target == target.address && lingers.until > now)?;
        let (code, fault) = (lingers.code.as_str().to_owned(), lingers.fault);
        self.record(Moment::Fired { fault });
        Some((code, RefusalClass::MayLinger))
    }

    /// The fault that takes back the removal of a resource, once more.
    fn reverting(&mut self, address: &Address) -> Option<usize> {
        let place = self.faults.iter().position(|armed| {
            let Fault::Reverted { resource, .. } = &armed.fault else { return false };
            resource == address && armed.left > 0
        })?;
        self.faults[place].left -= 1;
        Some(place)
    }

    /// An accepted removal ends: the resource is gone, or as it was.
    pub(super) fn end_removal(&mut self, address: &Address) {
        let Some(going) = self.going.remove(address) else { return };
        let Some(fault) = going.reverted_by else {
            self.vanish(address, By::Call(going.ticket));
            return;
        };
        self.record(Moment::Fired { fault });
        if let Some(resource) = self.estate.get(address).cloned() {
            self.put(Resource { state: Fact::from(going.before), ..resource }, false);
        }
    }

    /// Takes a resource out, with all that goes with it.
    pub(super) fn vanish(&mut self, address: &Address, by: By) {
        let wall = self.wall();
        let carried = self.estate.carried(&self.rulebook, address, wall);
        for other in carried {
            self.take_out(&other, by);
        }
        self.take_out(address, by);
    }

    fn take_out(&mut self, address: &Address, by: By) {
        self.leave_lingering(address);
        let Some(resource) = self.estate.take(address) else { return };
        self.going.remove(address);
        match self.put_into_bin(address) {
            Some(shown) => self.record(Moment::Parked { target: address.clone(), by, shown }),
            None => self.record(Moment::Gone { target: address.clone(), by }),
        }
        self.leave_shown(&resource);
        self.detach(address);
        self.recount(&resource);
    }
}

/// What another attempt could bring where a guard is raised.
fn class(hold: &Hold) -> RefusalClass {
    match (hold.waits, &hold.by) {
        (true, _) => RefusalClass::Waits,
        (false, Some(_)) => RefusalClass::MayLinger,
        (false, None) => RefusalClass::Blocked,
    }
}

fn refused(ticket: Ticket, code: &str, class: RefusalClass) -> Answer {
    Answer::Refused(Refusal {
        by: None,
        code: code.to_owned(),
        class,
        message: "refused".to_owned(),
        request_id: Some(format!("r-{ticket}")),
    })
}
