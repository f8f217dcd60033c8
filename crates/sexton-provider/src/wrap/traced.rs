//! A provider that is followed in the log.

use async_trait::async_trait;
use sexton_core::address::{Address, Region};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use tracing::{Instrument, Span, debug, debug_span};

use crate::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

/// A span at the level `debug` for each call, with what was asked for by count and not by name, and its failure where it
/// failed.
#[derive(Debug)]
pub struct Traced<P> {
    inner: P,
    name: String,
}

impl<P> Traced<P> {
    /// Follows a provider under a name that its user knows.
    pub fn new(inner: P, name: impl Into<String>) -> Self {
        Self { inner, name: name.into() }
    }
}

fn told<T>(answer: Result<T, CallError>) -> Result<T, CallError> {
    if let Err(error) = &answer {
        failed(error);
    }
    answer
}

fn failed(error: &CallError) {
    debug!(class = ?error.class, code = error.code, status = error.status, request_id = error.request_id, "failed");
}

impl<P: Provider> Traced<P> {
    fn span(&self, call: &'static str, region: Option<&str>, targets: usize) -> Span {
        debug_span!("provider", name = self.name, call, region, targets)
    }
}

#[async_trait]
impl<P: Provider> Provider for Traced<P> {
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
        let span = self.span("regions", None, 0);
        async { told(self.inner.regions().await) }.instrument(span).await
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        let span = self.span("identity", Some(region.as_str()), 0);
        async { told(self.inner.identity(region).await) }.instrument(span).await
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let span = self.span("list", Some(region.as_str()), 0);
        async { told(self.inner.list(region, sink).await) }.instrument(span).await
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        let span = self.span("probe", targets.first().map(Address::region), targets.len());
        async { told(self.inner.probe(targets).await) }.instrument(span).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        let span = self.span("dependents", Some(target.region()), 1);
        async { told(self.inner.dependents(target).await) }.instrument(span).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        let region = call.targets.first().map(|target| target.address.region());
        let span = self.span("remove", region, call.targets.len());
        let answering = async {
            let answers = self.inner.remove(call).await;
            for answer in &answers {
                match answer {
                    Answer::Failed(error) => failed(error),
                    Answer::Refused(refusal) => debug!(code = refusal.code, class = ?refusal.class, "refused"),
                    Answer::Removed { .. }
                    | Answer::Accepted { .. }
                    | Answer::AlreadyGone { .. }
                    | Answer::Parked { .. } => {}
                }
            }
            answers
        };
        answering.instrument(span).await
    }
}
