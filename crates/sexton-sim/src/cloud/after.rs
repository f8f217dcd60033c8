//! What a removal leaves behind: a resource in a bin, guards and readings that outlast it, what hung on it, and what others
//! say of it.

use std::time::Duration;

use sexton_core::address::{Address, GuardCode};
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::rulebook::{End, Guard};
use sexton_core::time::Timestamp;
use sexton_engine::machine::MonoTime;

use super::{Cloud, Event, wall};
use crate::case::{Fault, Shown};
use crate::log::Moment;
use crate::world::{USAGE, created_from, usage};

/// A guard that outlasts its reason.
#[derive(Debug, Clone)]
pub(super) struct Lingering {
    pub(super) target: Address,
    pub(super) code: GuardCode,
    pub(super) until: MonoTime,
    pub(super) fault: usize,
}

/// A resource in a recycle bin.
#[derive(Debug, Clone)]
pub(super) struct Binned {
    pub(super) until: Option<Timestamp>,
    pub(super) shown: Shown,
}

impl Cloud {
    /// Whether what is removed of a resource's kind goes into a bin.
    pub(super) fn has_bin(&self, address: &Address) -> bool {
        self.climate.bins.iter().any(|bin| bin.kind == address.kind())
    }

    /// Puts a resource that goes into the bin of its kind, where there is one.
    pub(super) fn put_into_bin(&mut self, address: &Address) -> Option<Shown> {
        let bin = self.climate.bins.iter().find(|bin| bin.kind == address.kind())?;
        let shown = bin.shown;
        let purged_at = bin.keeps_ms.map(|keeps| self.now.after(Duration::from_millis(keeps)));
        let until = purged_at.map(|at| wall(self.taken_at, at));
        self.binned.insert(address.clone(), Binned { until, shown });
        if let Some(at) = purged_at {
            self.schedule(at, Event::Purges(address.clone()));
        }
        Some(shown)
    }

    pub(super) fn purge(&mut self, address: &Address) {
        if self.binned.remove(address).is_some() {
            self.record(Moment::Purged { target: address.clone() });
        }
    }

    /// What a resource was created from is used otherwise from now on, and says so at once or late.
    pub(super) fn recount(&mut self, holder: &Resource) {
        for link in holder.known_links() {
            let lasts = self.faults.iter().enumerate().find_map(|(place, armed)| {
                let Fault::Lags { resource, for_ms } = &armed.fault else { return None };
                (*resource == link.target).then_some((place, *for_ms))
            });
            match lasts {
                Some((fault, for_ms)) if self.estate.get(&link.target).is_some_and(says_its_usage) => {
                    self.record(Moment::Fired { fault });
                    let at = self.now.after(Duration::from_millis(for_ms));
                    self.schedule(at, Event::Counts(link.target.clone()));
                }
                Some(_) | None => self.count_holders(&link.target),
            }
        }
    }

    /// Brings up to date what a resource says of its holders.
    pub(super) fn count_holders(&mut self, address: &Address) {
        let Some(resource) = self.estate.get(address).filter(|resource| says_its_usage(resource)) else { return };
        let holders = self.estate.dependents(address).filter(|other| created_from(other, address));
        let mut kinds: Vec<&str> = holders.map(|holder| holder.address.kind()).collect();
        if self.claimed.contains(address) {
            kinds.push("image");
        }
        let mut changed = resource.clone();
        if let Fact::Known(attributes) = &mut changed.attributes {
            attributes.insert(USAGE.to_owned(), usage(&kinds).into());
        }
        if changed != *resource {
            self.put(changed, false);
        }
    }

    /// Guards that the resource raises are raised for a while after it.
    pub(super) fn leave_lingering(&mut self, holder: &Address) {
        let wall = self.wall();
        for (place, armed) in self.faults.iter().enumerate() {
            let Fault::Lingers { holder: of, for_ms } = &armed.fault else { continue };
            if of != holder {
                continue;
            }
            let Some(resource) = self.estate.get(holder) else { continue };
            let dependencies = resource.known_links().iter().filter_map(|link| self.estate.get(&link.target));
            for target in dependencies.chain(self.estate.dependents(holder)) {
                for hold in self.estate.holds(&self.rulebook, target, wall) {
                    if hold.enforced && !hold.with && hold.by.as_ref() == Some(holder) {
                        self.lingering.push(Lingering {
                            target: target.address.clone(),
                            code: hold.code,
                            until: self.now.after(Duration::from_millis(*for_ms)),
                            fault: place,
                        });
                    }
                }
            }
        }
    }

    /// Readings show the resource for a while after it is gone.
    pub(super) fn leave_shown(&mut self, resource: &Resource) {
        let lasts = self.faults.iter().enumerate().find_map(|(place, armed)| {
            let Fault::Shown { resource: of, for_ms } = &armed.fault else { return None };
            (*of == resource.address).then_some((place, *for_ms))
        });
        if let Some((place, for_ms)) = lasts {
            let until = self.now.after(Duration::from_millis(for_ms));
            self.shown.insert(resource.address.clone(), (until, resource.clone()));
            self.record(Moment::Fired { fault: place });
        }
    }

    /// What hung on a resource by being guarded by it is free (a disk, once its instance is gone).
    pub(super) fn detach(&mut self, gone: &Address) {
        let attached: Vec<Resource> = self.estate.dependents(gone).cloned().collect();
        for mut resource in attached {
            let relations: Vec<_> = self
                .rulebook
                .guards_of(resource.address.kind())
                .filter_map(Guard::other)
                .filter(|other| other.end == End::Dependency && other.kind.as_str() == gone.kind())
                .map(|other| other.relation.clone())
                .collect();
            let Fact::Known(links) = &mut resource.links else { continue };
            let before = links.len();
            links.retain(|link| link.target != *gone || !relations.contains(&link.relation));
            if links.len() < before {
                resource.state = Fact::Known("Available".to_owned());
                self.put(resource, false);
            }
        }
    }
}

fn says_its_usage(resource: &Resource) -> bool {
    match &resource.attributes {
        Fact::Known(attributes) => attributes.contains_key(USAGE),
        Fact::Unknown => false,
    }
}
