//! Nothing is called where it is not known who serves it, and another account or region ends the session.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::{Address, Region};
use sexton_engine::Receipt;
use sexton_engine::machine::RunFailure;
use sexton_provider::Identity;

use super::{Check, Findings, Scene};
use crate::log::{Call, Said, Ticket};
use crate::world::ACCOUNTS;

/// What providers have said of themselves in this session.
#[derive(Debug, Default)]
pub(super) struct WhoServes {
    /// By the region they were asked for, under the credentials that they use now.
    said: BTreeMap<(usize, Region), Identity>,
    asked: BTreeMap<Ticket, (usize, Region)>,
}

impl WhoServes {
    /// Whether a provider is known to be the one that serves a resource.
    fn serves(&self, provider: usize, address: &Address) -> bool {
        self.said.iter().any(|((place, region), identity)| {
            *place == provider && region.as_str() == address.region() && is_of(identity, address)
        })
    }

    /// Whether every provider has said that it does not serve a resource.
    fn nobody_serves(&self, address: &Address) -> bool {
        let answers = self.said.iter().filter(|((_, region), _)| region.as_str() == address.region());
        let others: BTreeSet<usize> =
            answers.filter(|(_, identity)| !is_of(identity, address)).map(|((place, _), _)| *place).collect();
        others.len() == ACCOUNTS.len()
    }
}

fn is_of(identity: &Identity, address: &Address) -> bool {
    identity.account.as_str() == address.account() && identity.region.as_str() == address.region()
}

impl Check for WhoServes {
    fn name(&self) -> &'static str {
        "identity"
    }

    fn began(&mut self, _: &Scene<'_>, _: &mut Findings) {
        *self = Self::default();
    }

    fn sent(&mut self, _: &Scene<'_>, ticket: Ticket, provider: usize, call: &Call, found: &mut Findings) {
        if let Call::Identity(region) = call {
            self.asked.insert(ticket, (provider, region.clone()));
        }
        for address in call.about() {
            if !self.serves(provider, address) {
                found.add(format!("call {ticket} is about {address}, and it is not known who answers"));
            }
        }
    }

    fn answered(&mut self, _: &Scene<'_>, ticket: Ticket, said: &Said, _: &mut Findings) {
        if let (Some(asked), Said::Who(identity)) = (self.asked.remove(&ticket), said) {
            self.said.insert(asked, identity.clone());
        }
    }

    fn refreshed(&mut self, provider: usize) {
        self.said.retain(|(place, _), _| *place != provider);
        self.asked.retain(|_, (place, _)| *place != provider);
    }

    fn finished(&mut self, scene: &Scene<'_>, finished: Result<&Receipt, &RunFailure>, found: &mut Findings) {
        let Ok(receipt) = finished else { return };
        let other = scene.world.plan.steps.iter().find(|step| self.nobody_serves(&step.address));
        if let Some(step) = other.filter(|_| receipt.stopped.is_none()) {
            found.add(format!("nobody serves {}, and the session ends as if somebody did", step.address));
        }
    }
}
