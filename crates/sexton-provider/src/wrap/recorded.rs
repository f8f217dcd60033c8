//! A provider whose every exchange is written down.

use async_trait::async_trait;
use sexton_core::address::{Address, Kind, Region};
use sexton_core::inventory::CensusLine;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;

use crate::{Answer, CallError, Identity, ListProblem, ListSink, Observed, Provider, Quota, RemovalCall};

/// One call and its answer, as the caller got it.
#[derive(Debug, Clone, PartialEq)]
pub enum Exchange {
    /// Which regions there are.
    Regions(Result<Vec<Region>, CallError>),
    /// Who the caller is.
    Identity {
        /// The region asked about.
        region: Region,
        /// The answer.
        answer: Result<Identity, CallError>,
    },
    /// One region listed.
    List {
        /// The region.
        region: Region,
        /// The end of each listing.
        census: Vec<CensusLine>,
        /// Why listings were not complete.
        problems: Vec<ListProblem>,
        /// How many resources were found.
        resources: u64,
        /// Whether anything could be listed.
        answer: Result<(), CallError>,
    },
    /// A second look.
    Probe {
        /// What was looked at.
        targets: Vec<Address>,
        /// The answer.
        answer: Result<Vec<Observed>, CallError>,
    },
    /// What refers to a resource.
    Dependents {
        /// The resource.
        target: Address,
        /// The answer.
        answer: Result<Vec<Resource>, CallError>,
    },
    /// A removal.
    Remove {
        /// The call.
        call: RemovalCall,
        /// One answer for each of its targets.
        answers: Vec<Answer>,
    },
}

/// Takes down exchanges, in the order in which they end.
pub trait Recorder: Send + Sync + std::fmt::Debug {
    /// One exchange.
    fn record(&self, exchange: Exchange);
}

/// Shows a recorder every exchange. What a call is asked and answered is data of the cloud; it holds no secret of the
/// caller's.
#[derive(Debug)]
pub struct Recorded<P, R> {
    inner: P,
    recorder: R,
}

impl<P, R> Recorded<P, R> {
    /// Puts a recorder beside a provider.
    pub fn new(inner: P, recorder: R) -> Self {
        Self { inner, recorder }
    }

    /// The recorder.
    pub fn recorder(&self) -> &R {
        &self.recorder
    }
}

/// Hands on what a listing finds and remembers how it ended.
struct Listening<'a> {
    sink: &'a mut dyn ListSink,
    census: Vec<CensusLine>,
    problems: Vec<ListProblem>,
    resources: u64,
}

impl ListSink for Listening<'_> {
    fn resource(&mut self, resource: Resource) {
        self.resources += 1;
        self.sink.resource(resource);
    }

    fn census(&mut self, line: CensusLine) {
        self.census.push(line.clone());
        self.sink.census(line);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem.clone());
        self.sink.problem(problem);
    }

    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        self.sink.progress(region, kind, seen, total);
    }
}

#[async_trait]
impl<P: Provider, R: Recorder> Provider for Recorded<P, R> {
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
        let answer = self.inner.regions().await;
        self.recorder.record(Exchange::Regions(answer.clone()));
        answer
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        let answer = self.inner.identity(region).await;
        self.recorder.record(Exchange::Identity { region: region.clone(), answer: answer.clone() });
        answer
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let mut listening = Listening { sink, census: Vec::new(), problems: Vec::new(), resources: 0 };
        let answer = self.inner.list(region, &mut listening).await;
        let Listening { census, problems, resources, .. } = listening;
        self.recorder.record(Exchange::List {
            region: region.clone(),
            census,
            problems,
            resources,
            answer: answer.clone(),
        });
        answer
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        let answer = self.inner.probe(targets).await;
        self.recorder.record(Exchange::Probe { targets: targets.to_vec(), answer: answer.clone() });
        answer
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        let answer = self.inner.dependents(target).await;
        self.recorder.record(Exchange::Dependents { target: target.clone(), answer: answer.clone() });
        answer
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        let answers = self.inner.remove(call).await;
        self.recorder.record(Exchange::Remove { call: call.clone(), answers: answers.clone() });
        answers
    }
}
