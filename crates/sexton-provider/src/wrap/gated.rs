//! A provider of which only so much is asked at a time.

use std::num::NonZeroUsize;

use async_lock::Semaphore;
use async_trait::async_trait;
use sexton_core::address::{Address, Region};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;

use crate::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

/// Lets so many calls through at a time; the others wait for one of them to end, first come first served. The listing of
/// a region counts as one, however many requests it makes.
#[derive(Debug)]
pub struct Gated<P> {
    inner: P,
    gate: Semaphore,
}

impl<P> Gated<P> {
    /// Puts a gate before a provider.
    pub fn new(inner: P, calls: NonZeroUsize) -> Self {
        Self { inner, gate: Semaphore::new(calls.get()) }
    }
}

#[async_trait]
impl<P: Provider> Provider for Gated<P> {
    fn rulebook(&self) -> &Rulebook {
        self.inner.rulebook()
    }

    fn quotas(&self) -> &[Quota] {
        self.inner.quotas()
    }

    fn credentials_generation(&self) -> u64 {
        self.inner.credentials_generation()
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        let _place = self.gate.acquire().await;
        self.inner.regions().await
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        let _place = self.gate.acquire().await;
        self.inner.identity(region).await
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let _place = self.gate.acquire().await;
        self.inner.list(region, sink).await
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        let _place = self.gate.acquire().await;
        self.inner.probe(targets).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        let _place = self.gate.acquire().await;
        self.inner.dependents(target).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        let _place = self.gate.acquire().await;
        self.inner.remove(call).await
    }
}
