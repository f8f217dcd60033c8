//! The made-up cloud as a provider, for tests of the driver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Region};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_provider::{
    Answer, CallError, Effect, ErrorClass, Identity, ListSink, Observed, Provider, Quota, RemovalCall,
};
use tokio::time::Instant;

use super::world::{World, error};
use super::{ACCOUNT, REGION, rulebook};
use crate::machine::MonoTime;

type BeforeRemoval = dyn Fn(&RemovalCall) + Send + Sync;

/// Answers each call after a while, from a world shared with the test.
pub(crate) struct WorldProvider {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) identity: Identity,
    pub(crate) latency: Duration,
    /// Which credentials it uses, and under which it last said who it is.
    pub(crate) generation: Arc<AtomicU64>,
    pub(crate) identified: Arc<AtomicU64>,
    /// Is shown each removal before it is made.
    pub(crate) before_removal: Box<BeforeRemoval>,
    rulebook: Rulebook,
    start: Instant,
}

impl std::fmt::Debug for WorldProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorldProvider").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl WorldProvider {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world: Arc::new(Mutex::new(world)),
            identity: Identity { account: Account::new(ACCOUNT).unwrap(), region: Region::new(REGION).unwrap() },
            latency: Duration::from_millis(50),
            generation: Arc::default(),
            identified: Arc::default(),
            before_removal: Box::new(|_| {}),
            rulebook: rulebook(),
            start: Instant::now(),
        }
    }

    fn now(&self) -> MonoTime {
        MonoTime::from_start(self.start.elapsed())
    }

    async fn reading<T>(&self, operation: &str, read: impl FnOnce(&mut World) -> T) -> Result<T, CallError> {
        tokio::time::sleep(self.latency).await;
        let now = self.now();
        let mut world = self.world.lock().unwrap();
        world.pass(now);
        match world.reading_fails(operation) {
            Some(error) => Err(error),
            None => Ok(read(&mut world)),
        }
    }
}

#[async_trait]
impl Provider for WorldProvider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        Ok(vec![self.identity.region.clone()])
    }

    async fn identity(&self, _region: &Region) -> Result<Identity, CallError> {
        let generation = self.credentials_generation();
        let identity = self.reading("identity", |_| self.identity.clone()).await?;
        self.identified.store(generation, Ordering::SeqCst);
        Ok(identity)
    }

    async fn list(&self, _region: &Region, _sink: &mut dyn ListSink) -> Result<(), CallError> {
        Err(error("list", ErrorClass::Permanent, Effect::None))
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        self.reading("probe", |world| world.probe(targets)).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        self.reading("dependents", |world| world.dependents(target)).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        (self.before_removal)(call);
        let now = self.now();
        let answers = {
            let mut world = self.world.lock().unwrap();
            world.pass(now);
            world.remove(call, now)
        };
        tokio::time::sleep(self.latency).await;
        answers
    }
}
