//! What happens in a cloud without the run: faults that strike at a time, and a colleague at work.

use std::time::Duration;

use sexton_core::address::{Address, Kind, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::{End, Guard};

use super::{Cloud, Storm};
use crate::case::Fault;
use crate::log::{By, Moment};
use crate::world::known;

impl Cloud {
    /// A fault of the schedule strikes at its time.
    pub(super) fn strike(&mut self, place: usize) {
        let Some(armed) = self.faults.get(place) else { return };
        let fault = armed.fault.clone();
        let struck = match &fault {
            Fault::Storm { for_ms, retry_after_ms, .. } => {
                let until = self.now.after(Duration::from_millis(*for_ms));
                self.storm = Some(Storm { until, retry_after: retry_after_ms.map(Duration::from_millis) });
                true
            }
            Fault::Expiry { .. } => {
                self.expired = true;
                true
            }
            Fault::Referred { target, .. } => self.refer(place, target),
            Fault::Tagged { target, .. } => self.tag(target),
            Fault::Removed { target, .. } => self.remove_as_colleague(target).is_some(),
            Fault::Remade { target, .. } => self.remake(target),
            Fault::Claimed { target, .. } => self.claim(target),
            Fault::Refreshed { account, .. } => self.refresh(account, account),
            Fault::Swapped { account, .. } => self.swap(account),
            Fault::Call { .. }
            | Fault::Lingers { .. }
            | Fault::Shown { .. }
            | Fault::Reverted { .. }
            | Fault::Lags { .. }
            | Fault::Elsewhere { .. } => false,
        };
        if struck {
            self.record(Moment::Fired { fault: place });
        }
    }

    /// A resource changes by itself.
    pub(super) fn turn(&mut self, address: &Address, state: String) {
        let Some(resource) = self.estate.get(address).filter(|_| !self.going.contains_key(address)) else { return };
        let changed = Resource { state: Fact::Known(state), ..resource.clone() };
        self.put(changed, false);
    }

    pub(super) fn put(&mut self, resource: Resource, new: bool) {
        self.record(Moment::Put { resource: Box::new(resource.clone()), new });
        self.estate.put(resource);
    }

    /// Makes something of a kind whose resources can guard the target.
    fn refer(&mut self, place: usize, target: &Address) -> bool {
        if self.estate.get(target).is_none() || self.going.contains_key(target) {
            return false;
        }
        let rules: Vec<(Kind, Relation)> = self
            .rulebook
            .guards_of(target.kind())
            .filter_map(Guard::other)
            .filter(|other| other.end == End::Dependent)
            .map(|other| (other.kind.clone(), other.relation.clone()))
            .collect();
        let Some((kind, relation)) = self.random.pick(&rules).cloned() else { return false };
        let id = match kind.as_str() {
            "share" => format!("{}/late-{place}", target.id()),
            _ => format!("{}-late-{place}", target.id()),
        };
        let Ok(address) = target.sibling(&kind, &id) else { return false };
        let state = match kind.as_str() {
            "task" | "instance" => "Running",
            _ => "Available",
        };
        let mut made = known(address, state, self.wall());
        made.links = Fact::Known(vec![Link { relation, target: target.clone() }]);
        self.put(made.clone(), true);
        self.recount(&made);
        true
    }

    /// Somebody in another account comes to hold the target.
    fn claim(&mut self, target: &Address) -> bool {
        let before = self.estate.get(target).cloned();
        self.claimed.insert(target.clone());
        self.count_holders(target);
        self.estate.get(target) != before.as_ref()
    }

    fn tag(&mut self, target: &Address) -> bool {
        let Some(mut resource) = self.estate.get(target).cloned() else { return false };
        let Fact::Known(tags) = &mut resource.tags else { return false };
        tags.insert("keep".to_owned(), "true".to_owned());
        self.put(resource, false);
        true
    }

    fn remove_as_colleague(&mut self, target: &Address) -> Option<Resource> {
        let resource = self.estate.get(target)?.clone();
        // The provider guards it from a colleague as well.
        let held = self.estate.holds(&self.rulebook, &resource, self.wall());
        if self.going.contains_key(target) || held.iter().any(|hold| hold.enforced && hold.by.is_some()) {
            return None;
        }
        self.vanish(target, By::Colleague);
        Some(resource)
    }

    fn remake(&mut self, target: &Address) -> bool {
        let Some(mut resource) = self.remove_as_colleague(target) else { return false };
        resource.created_at = Fact::Known(self.wall());
        self.binned.remove(target);
        self.put(resource.clone(), true);
        self.recount(&resource);
        true
    }
}
