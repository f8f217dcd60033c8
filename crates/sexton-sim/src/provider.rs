//! The virtual cloud as a provider on tokio: for tests of the driver, or of a platform's own program. With tokio's clock
//! paused, it takes no time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sexton_core::address::{Address, GuardCode, Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_engine::machine::MonoTime;
use sexton_provider::{
    Answer, CallError, Effect, ErrorClass, Identity, ListSink, Observed, Provider, Quota, RemovalCall, RemovalTarget,
};
use tokio::time::Instant;

use crate::cloud::{Cloud, wall};
use crate::log::{Call, Logged, Reply};
use crate::world::{ACCOUNTS, PLACES, World};

#[cfg(test)]
mod tests;

/// One account of a cloud that is called through the provider contract.
#[derive(Debug)]
pub struct CloudProvider {
    rulebook: Rulebook,
    world: Arc<World>,
    /// Its place among [`ACCOUNTS`].
    place: usize,
    /// Locked for as long as it takes to hand over a call or an answer.
    cloud: Arc<Mutex<Cloud>>,
    start: Instant,
}

impl CloudProvider {
    /// Begins the cloud's time now. One provider for each account, in the order of [`ACCOUNTS`].
    #[must_use]
    pub fn of_each_account(world: World, cloud: Cloud) -> Vec<Self> {
        let (rulebook, start) = (cloud.rulebook().clone(), Instant::now());
        let (world, cloud) = (Arc::new(world), Arc::new(Mutex::new(cloud)));
        let provider = |place| Self {
            rulebook: rulebook.clone(),
            world: Arc::clone(&world),
            place,
            cloud: Arc::clone(&cloud),
            start,
        };
        (0..ACCOUNTS.len()).map(provider).collect()
    }

    /// What happened in the cloud since this was last asked.
    #[must_use]
    pub fn drain_log(&self) -> Vec<Logged> {
        self.lock().drain_log().collect()
    }

    /// What is there in every account, ascending by address.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        self.lock().estate().resources().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> MonoTime {
        MonoTime::from_start(self.start.elapsed())
    }

    async fn ask(&self, call: Call) -> Option<Reply> {
        let ticket = self.lock().send(self.now(), self.place, call);
        loop {
            let next = {
                let mut cloud = self.lock();
                cloud.pass(self.now());
                if let Some(reply) = cloud.take(ticket) {
                    return Some(reply);
                }
                cloud.next_at()?
            };
            tokio::time::sleep_until(self.start + next.since_start()).await;
        }
    }
}

fn unanswered(operation: &str) -> CallError {
    CallError {
        class: ErrorClass::Permanent,
        effect: Effect::Unknown,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message: "the cloud does not answer".to_owned(),
        request_id: None,
    }
}

#[async_trait]
impl Provider for CloudProvider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        0
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        let there = PLACES.iter().filter(|(account, _)| *account == ACCOUNTS[self.place]);
        Ok(there.filter_map(|(_, region)| Region::new(region).ok()).collect())
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        match self.ask(Call::Identity(region.clone())).await {
            Some(Reply::Identity(answer)) => answer,
            Some(Reply::Probe(_) | Reply::Dependents(_) | Reply::Removed(_)) | None => Err(unanswered("identity")),
        }
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let identity = self.identity(region).await?;
        let mut resources = self.resources();
        resources.retain(|resource| {
            let address = &resource.address;
            address.account() == identity.account.as_str() && address.region() == region.as_str()
        });
        let as_of = wall(self.world.taken_at, self.now());
        for rules in &self.rulebook.kinds {
            let of_kind = |resource: &&Resource| resource.address.kind() == rules.kind.as_str();
            resources.iter().filter(of_kind).for_each(|resource| sink.resource(resource.clone()));
            let kind: Kind = rules.kind.clone();
            let (account, region) = (identity.account.clone(), region.clone());
            let scope = CensusScope { provider: self.rulebook.provider.clone(), account, region, kind };
            sink.census(CensusLine { scope, listing: Listing::Complete, as_of: Fact::Known(as_of) });
        }
        Ok(())
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        match self.ask(Call::Probe(targets.to_vec())).await {
            Some(Reply::Probe(answer)) => answer,
            Some(Reply::Identity(_) | Reply::Dependents(_) | Reply::Removed(_)) | None => Err(unanswered("probe")),
        }
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        match self.ask(Call::Dependents(target.clone())).await {
            Some(Reply::Dependents(answer)) => answer,
            Some(Reply::Identity(_) | Reply::Probe(_) | Reply::Removed(_)) | None => Err(unanswered("dependents")),
        }
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        if let Err(message) = self.check(call) {
            let unsent = CallError { effect: Effect::None, message, ..unanswered(&call.operation) };
            return call.targets.iter().map(|_| Answer::Failed(unsent.clone())).collect();
        }
        match self.ask(Call::Remove(call.clone())).await {
            Some(Reply::Removed(answers)) => answers,
            Some(Reply::Identity(_) | Reply::Probe(_) | Reply::Dependents(_)) | None => {
                let failed = |_| Answer::Failed(unanswered(&call.operation));
                call.targets.iter().map(failed).collect()
            }
        }
    }
}

impl CloudProvider {
    /// What cannot be meant is not sent.
    fn check(&self, call: &RemovalCall) -> Result<(), String> {
        let kind = call.targets.first().map_or("", |target| target.address.kind());
        let removal = self.rulebook.kind(kind).and_then(|rules| rules.removal.as_ref());
        let is_meant =
            |target: &RemovalTarget| self.rulebook.operation(kind, &target.force) == Some(call.operation.as_str());
        let Some(removal) = removal.filter(|_| call.targets.iter().all(is_meant)) else {
            return Err(format!("{} does not remove {kind:?} so", call.operation));
        };
        if call.targets.len() > removal.batch_limit.get() as usize {
            return Err(format!("{} targets are too many for one call", call.targets.len()));
        }
        if let Some(option) = call.options.keys().next() {
            return Err(format!("there is no option {option}"));
        }
        let mut forced = call.targets.iter().flat_map(|target| &target.force);
        let can_be = |code: &GuardCode| {
            self.rulebook.guards_of(kind).any(|guard| guard.code == *code && guard.force().is_some())
        };
        match forced.find(|code| !can_be(code)) {
            Some(code) => Err(format!("{code} cannot be forced")),
            None => Ok(()),
        }
    }
}
