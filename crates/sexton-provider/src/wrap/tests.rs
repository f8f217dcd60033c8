use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;

use super::{Bounded, Bounds, Exchange, Gated, Recorded, Recorder, Timer, Traced};
use crate::{
    Answer, CallError, Counted, Effect, ErrorClass, Identity, ListProblem, ListSink, Observed, Provider, Quota,
    RemovalCall, RemovalTarget,
};

/// Answers everything with something of its own, after a while.
#[derive(Debug)]
struct Fake {
    rulebook: Rulebook,
    quotas: Vec<Quota>,
    latency: Duration,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Fake {
    fn after(latency: Duration) -> Self {
        let rulebook = Rulebook { provider: "fake".parse().unwrap(), kinds: Vec::new(), guards: Vec::new() };
        let quota = Quota {
            operation: "Remove".to_owned(),
            counts: vec![Counted::Removal { operation: "Remove".to_owned() }],
            capacity: 3.try_into().unwrap(),
            refill: Duration::from_secs(1),
        };
        Self { rulebook, quotas: vec![quota], latency, at_once: AtomicUsize::new(0), most_at_once: AtomicUsize::new(0) }
    }

    async fn wait(&self) {
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        tokio::time::sleep(self.latency).await;
        self.at_once.fetch_sub(1, Ordering::SeqCst);
    }
}

fn address(id: &str) -> Address {
    format!("fake:1:here:thing/{id}").parse().unwrap()
}

fn here() -> Region {
    "here".parse().unwrap()
}

fn resource(id: &str) -> Resource {
    Resource::unknown(address(id))
}

fn removal(ids: &[&str]) -> RemovalCall {
    let target = |id: &&str| RemovalTarget { address: address(id), force: Vec::new(), seen: None };
    RemovalCall {
        operation: "Remove".to_owned(),
        targets: ids.iter().map(target).collect(),
        options: Default::default(),
    }
}

fn scope() -> CensusScope {
    CensusScope {
        provider: "fake".parse().unwrap(),
        account: Account::new("1").unwrap(),
        region: here(),
        kind: "thing".parse().unwrap(),
    }
}

fn denied() -> CallError {
    CallError {
        class: ErrorClass::Auth,
        effect: Effect::None,
        operation: "dependents".to_owned(),
        code: Some("Denied".to_owned()),
        status: Some(403),
        message: "no".to_owned(),
        request_id: None,
    }
}

#[async_trait]
impl Provider for Fake {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    fn credentials_generation(&self) -> u64 {
        7
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        self.wait().await;
        Ok(vec![here()])
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        self.wait().await;
        Ok(Identity { account: Account::new("1").unwrap(), region: region.clone() })
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        self.wait().await;
        sink.resource(resource("a"));
        sink.progress(region, &scope().kind, 1, Some(1));
        sink.problem(ListProblem { region: region.clone(), kind: scope().kind, message: "cut".to_owned() });
        sink.census(CensusLine { scope: scope(), listing: Listing::Incomplete, as_of: Fact::Unknown });
        Ok(())
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        self.wait().await;
        Ok(targets.iter().map(|_| Observed::Absent).collect())
    }

    async fn dependents(&self, _: &Address) -> Result<Vec<Resource>, CallError> {
        self.wait().await;
        Err(denied())
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        self.wait().await;
        call.targets.iter().map(|target| Answer::Removed { request_id: Some(target.address.id().to_owned()) }).collect()
    }
}

#[derive(Debug)]
struct TokioTimer;

#[async_trait]
impl Timer for TokioTimer {
    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[derive(Debug, Default)]
struct Notes(Mutex<Vec<Exchange>>);

impl Recorder for Notes {
    fn record(&self, exchange: Exchange) {
        self.0.lock().unwrap().push(exchange);
    }
}

#[derive(Debug, Default, PartialEq)]
struct Found {
    resources: Vec<Resource>,
    census: Vec<CensusLine>,
    problems: Vec<ListProblem>,
    progress: Vec<(u64, Option<u64>)>,
}

impl ListSink for Found {
    fn resource(&mut self, resource: Resource) {
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        self.census.push(line);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem);
    }

    fn progress(&mut self, _: &Region, _: &Kind, seen: u64, total: Option<u64>) {
        self.progress.push((seen, total));
    }
}

const LONG: Duration = Duration::from_secs(600);
const BOUNDS: Bounds =
    Bounds { reading: Duration::from_secs(5), removal: Duration::from_secs(7), listing: Duration::from_secs(60) };

/// Everything that a provider answers, put together.
async fn everything(provider: &dyn Provider) -> String {
    let mut found = Found::default();
    let listed = provider.list(&here(), &mut found).await;
    format!(
        "{:?}",
        (
            (provider.rulebook(), provider.quotas(), provider.credentials_generation()),
            (provider.regions().await, provider.identity(&here()).await, listed, found),
            (provider.probe(&[address("a"), address("b")]).await, provider.dependents(&address("a")).await),
            provider.remove(&removal(&["a", "b"])).await,
        )
    )
}

#[tokio::test(start_paused = true)]
async fn every_wrapper_hands_on_every_method() {
    let fake = || Fake::after(Duration::from_millis(1));
    let plain = everything(&fake()).await;
    assert!(plain.contains("Denied") && plain.contains("cut") && plain.contains('7'));
    assert_eq!(everything(&Bounded::new(fake(), TokioTimer, BOUNDS)).await, plain);
    assert_eq!(everything(&Gated::new(fake(), 1.try_into().unwrap())).await, plain);
    assert_eq!(everything(&Recorded::new(fake(), Notes::default())).await, plain);
    assert_eq!(everything(&Traced::new(fake(), "prod")).await, plain);
    assert_eq!(everything(&Arc::new(fake())).await, plain);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_ends_and_a_removal_s_effect_is_unknown() {
    let slow = Bounded::new(Fake::after(LONG), TokioTimer, BOUNDS);
    let began = tokio::time::Instant::now();
    let reading = slow.probe(&[address("a")]).await.unwrap_err();
    assert_eq!((reading.class, reading.effect), (ErrorClass::Transient, Effect::None));
    assert_eq!(began.elapsed(), BOUNDS.reading);
    assert!(slow.regions().await.is_err() && slow.identity(&here()).await.is_err());
    assert!(slow.dependents(&address("a")).await.is_err());

    let answers = slow.remove(&removal(&["a", "b"])).await;
    assert_eq!(answers.len(), 2);
    for answer in answers {
        let Answer::Failed(error) = answer else { panic!("{answer:?}") };
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::Unknown));
        assert_eq!(error.to_string(), "Remove: no answer within 7 s");
    }

    let began = tokio::time::Instant::now();
    let mut found = Found::default();
    assert!(slow.list(&here(), &mut found).await.is_err());
    assert_eq!((began.elapsed(), found), (BOUNDS.listing, Found::default()));
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_than_the_gate_lets_through() {
    let fake = Arc::new(Fake::after(Duration::from_secs(1)));
    let gated = Gated::new(Arc::clone(&fake), 2.try_into().unwrap());
    let began = tokio::time::Instant::now();
    let (targets, target, call) = ([address("a")], address("a"), removal(&["a"]));
    let region = here();
    let mut found = Found::default();
    let _answers = tokio::join!(
        gated.regions(),
        gated.identity(&region),
        gated.list(&region, &mut found),
        gated.probe(&targets),
        gated.dependents(&target),
        gated.remove(&call),
    );
    assert_eq!(fake.most_at_once.load(Ordering::SeqCst), 2);
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn exchanges_are_recorded_as_the_caller_got_them() {
    let recorded = Recorded::new(Fake::after(Duration::ZERO), Notes::default());
    let _answers = everything(&recorded).await;
    let exchanges = recorded.recorder().0.lock().unwrap().clone();
    assert_eq!(exchanges.len(), 6);
    assert_eq!(exchanges[1], Exchange::Regions(Ok(vec![here()])));
    let Exchange::List { census, problems, resources, answer, .. } = &exchanges[0] else { panic!("{exchanges:?}") };
    assert_eq!((census.len(), problems.len(), *resources, answer.is_ok()), (1, 1, 1, true));
    assert_eq!(exchanges[4], Exchange::Dependents { target: address("a"), answer: Err(denied()) });
    let Exchange::Remove { call, answers } = &exchanges[5] else { panic!("{exchanges:?}") };
    assert_eq!((call.targets.len(), answers.len()), (2, 2));
}
