//! A provider whose calls end in time.

use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use sexton_core::address::{Address, Region};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;

use crate::{Answer, CallError, Effect, ErrorClass, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

/// What can wait: the contract knows no runtime, so the program that has one hands it in.
#[async_trait]
pub trait Timer: Send + Sync + std::fmt::Debug {
    /// Returns after that long.
    async fn sleep(&self, time: Duration);
}

/// How long calls may take, each from the moment it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Asking for regions, an identity, a second look or dependents.
    pub reading: Duration,
    /// A removal.
    pub removal: Duration,
    /// The whole listing of one region.
    pub listing: Duration,
}

/// Ends calls that take too long with a transient [`CallError`]. A removal that was cut off may have had its effect
/// ([`Effect::Unknown`]); it is settled by reading. A listing that was cut off has not closed its census.
#[derive(Debug)]
pub struct Bounded<P, T> {
    inner: P,
    timer: T,
    bounds: Bounds,
}

impl<P, T: Timer> Bounded<P, T> {
    /// Puts bounds on a provider's calls.
    pub fn new(inner: P, timer: T, bounds: Bounds) -> Self {
        Self { inner, timer, bounds }
    }

    async fn within<R>(&self, time: Duration, call: impl Future<Output = R>) -> Option<R> {
        match select(pin!(call), pin!(self.timer.sleep(time))).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(((), _)) => None,
        }
    }

    async fn reading<R>(
        &self,
        operation: &str,
        call: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, CallError> {
        let time = self.bounds.reading;
        self.within(time, call).await.unwrap_or_else(|| Err(too_long(operation, time, Effect::None)))
    }
}

fn too_long(operation: &str, time: Duration, effect: Effect) -> CallError {
    CallError {
        class: ErrorClass::Transient,
        effect,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message: format!("no answer within {} s", time.as_secs_f64()),
        request_id: None,
    }
}

#[async_trait]
impl<P: Provider, T: Timer> Provider for Bounded<P, T> {
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
        self.reading("regions", self.inner.regions()).await
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        self.reading("identity", self.inner.identity(region)).await
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let time = self.bounds.listing;
        let listed = self.within(time, self.inner.list(region, sink)).await;
        listed.unwrap_or_else(|| Err(too_long("list", time, Effect::None)))
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        self.reading("probe", self.inner.probe(targets)).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        self.reading("dependents", self.inner.dependents(target)).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        let time = self.bounds.removal;
        self.within(time, self.inner.remove(call)).await.unwrap_or_else(|| {
            let cut_off = |_| Answer::Failed(too_long(&call.operation, time, Effect::Unknown));
            call.targets.iter().map(cut_off).collect()
        })
    }
}
