//! The suite on trial: the worked example, broken in one way at a time, fails the cases that are meant for it and no
//! others.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::address::{Address, Kind, Region};
use sexton_core::inventory::{CensusLine, Inventory, Listing};
use sexton_core::resource::Resource;
use sexton_core::rulebook::{Guard, Rulebook};
use sexton_provider::{
    Answer, CallError, Effect, Identity, ListProblem, ListSink, Observed, Provider, Quota, RemovalCall,
};
use sexton_testkit::conformance::{
    CANARY_TOKEN, Codes, Keys, Raise, Report, Seen, Specimen, Stage, Subject, Trouble, Verdict, run,
};

use super::shelf::subject::Shelf;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// Nothing.
    None,
    /// A listing that failed is said to be complete.
    CallsAllComplete,
    /// The incomplete line of an operation stands at another kind.
    BlamesAnotherKind,
    /// A removal is answered for, and not sent.
    SaysRemoved,
    /// The subject has no entry of a given box, by which a guard is raised.
    ForgetsSpecimen,
    /// The subject's specimen does not raise the guard.
    RaisesNothing,
    /// An error repeats the beginning of a token.
    Leaks,
    /// Whatever was refused with a code that nobody knows is done.
    TakesUnknownForDone,
    /// More than a batch holds is sent in two calls.
    SplitsBatches,
    /// Every removal is forced.
    AlwaysForces,
}

struct Broken {
    shelf: Shelf,
    flaw: Flaw,
}

#[async_trait]
impl Subject for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn rulebook(&self) -> &Rulebook {
        self.shelf.rulebook()
    }

    fn identity(&self) -> Identity {
        self.shelf.identity()
    }

    fn identity_operations(&self) -> &[&str] {
        self.shelf.identity_operations()
    }

    fn codes(&self) -> Codes {
        self.shelf.codes()
    }

    fn specimen(&self, kind: &str, number: u32, on: Option<(&str, &Address)>) -> Option<Specimen> {
        let forgotten = self.flaw == Flaw::ForgetsSpecimen && kind == "entry" && on.is_some();
        if forgotten { None } else { self.shelf.specimen(kind, number, on) }
    }

    fn raise(&self, guard: &Guard, specimen: &mut Specimen) -> Raise {
        if self.flaw == Flaw::RaisesNothing && guard.code.as_str() == "BoxFull" {
            return Raise::Done;
        }
        self.shelf.raise(guard, specimen)
    }

    fn answered(&self, guard: &Guard) -> String {
        self.shelf.answered(guard)
    }

    fn excuse(&self, case: &str) -> Option<&'static str> {
        self.shelf.excuse(case)
    }

    async fn stage(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Box<dyn Stage> {
        let inner = self.shelf.stage(world, troubles, keys).await;
        let provider = Arc::new(Flawed { inner: inner.provider(), flaw: self.flaw });
        Box::new(Set { inner, provider })
    }
}

struct Set {
    inner: Box<dyn Stage>,
    provider: Arc<Flawed>,
}

#[async_trait]
impl Stage for Set {
    fn provider(&self) -> Arc<dyn Provider> {
        self.provider.clone()
    }

    async fn state(&self) -> Inventory {
        self.inner.state().await
    }

    async fn calls(&self) -> Option<Vec<Seen>> {
        self.inner.calls().await
    }
}

#[derive(Debug)]
struct Flawed {
    inner: Arc<dyn Provider>,
    flaw: Flaw,
}

/// What a listing tells, through the flaw.
struct Through<'a> {
    sink: &'a mut dyn ListSink,
    flaw: Flaw,
}

impl ListSink for Through<'_> {
    fn resource(&mut self, resource: Resource) {
        self.sink.resource(resource);
    }

    fn census(&mut self, mut line: CensusLine) {
        if self.flaw == Flaw::CallsAllComplete {
            line.listing = Listing::Complete;
        }
        if self.flaw == Flaw::BlamesAnotherKind && line.listing == Listing::Incomplete {
            line.scope.kind = Kind::new("pallet").unwrap();
        }
        self.sink.census(line);
    }

    fn problem(&mut self, problem: ListProblem) {
        self.sink.problem(problem);
    }

    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        self.sink.progress(region, kind, seen, total);
    }
}

impl Flawed {
    fn failed(&self, mut error: CallError) -> CallError {
        if self.flaw == Flaw::Leaks && error.status == Some(502) {
            error.message = format!("a page: {}", &CANARY_TOKEN[..20]);
        }
        error
    }

    async fn sent(&self, call: &RemovalCall) -> Vec<Answer> {
        let done = || Answer::Removed { request_id: None };
        let answers = self.inner.remove(call).await.into_iter();
        let flawed = answers.map(|answer| match answer {
            Answer::Failed(error)
                if self.flaw == Flaw::TakesUnknownForDone
                    && error.effect == Effect::None
                    && error.code.as_deref() == Some("NoSuchCodeEver") =>
            {
                done()
            }
            Answer::Failed(error) => Answer::Failed(self.failed(error)),
            answer @ (Answer::Removed { .. }
            | Answer::Accepted { .. }
            | Answer::AlreadyGone { .. }
            | Answer::Parked { .. }
            | Answer::Refused(_)) => answer,
        });
        flawed.collect()
    }
}

#[async_trait]
impl Provider for Flawed {
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
        self.inner.regions().await
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        self.inner.identity(region).await.map_err(|error| self.failed(error))
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        self.inner.list(region, &mut Through { sink, flaw: self.flaw }).await
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        self.inner.probe(targets).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        self.inner.dependents(target).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        let limit = self.rulebook().kinds.iter().filter_map(|rules| rules.removal.as_ref());
        let limit = limit.filter(|removal| removal.operation == call.operation).map(|removal| removal.batch_limit);
        let limit = limit.map(|limit| limit.get() as usize).next().unwrap_or(usize::MAX);
        if self.flaw == Flaw::SaysRemoved && call.operation == "RemoveLabels" {
            return call.targets.iter().map(|_| Answer::Removed { request_id: None }).collect();
        }
        if self.flaw == Flaw::SplitsBatches && call.targets.len() > limit {
            let mut answers = Vec::new();
            for some in call.targets.chunks(limit) {
                answers.extend(self.sent(&RemovalCall { targets: some.to_vec(), ..call.clone() }).await);
            }
            return answers;
        }
        let mut call = call.clone();
        if self.flaw == Flaw::AlwaysForces && call.operation == "RemoveBox" {
            for target in call.targets.iter_mut().filter(|target| target.force.is_empty()) {
                target.force.push("BoxFull".parse().unwrap());
            }
        }
        self.sent(&call).await
    }
}

fn report(flaw: Flaw) -> Report {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(run(&Broken { shelf: Shelf::new(), flaw }))
}

/// The cases that a flaw fails.
#[track_caller]
fn fails(flaw: Flaw, meant: &[&str]) {
    let failed: BTreeSet<String> = report(flaw)
        .rows
        .into_iter()
        .filter(|row| matches!(row.verdict, Verdict::Failed(_)))
        .map(|row| row.case)
        .collect();
    let meant: BTreeSet<String> = meant.iter().map(|case| (*case).to_owned()).collect();
    assert_eq!(failed, meant, "{flaw:?}");
}

const SECRETS: &str = "secrets are shown nowhere: answers, errors, log";

/// Every way in which a listing comes to an end before its time.
const CUT_SHORT: [&str; 8] = [
    "listing with one operation broken: never complete, never empty",
    "listing with one operation denied: never complete, never empty",
    "listing answered by half a body",
    "listing answered by bytes that are no text",
    "listing answered by a web page with status 200",
    "listing answered by a proxy's page with status 502",
    "listing answered by a proxy's page that repeats the request",
    "listing answered by a gigantic body",
];

#[test]
fn what_is_whole_fails_nothing() {
    fails(Flaw::None, &[]);
}

#[test]
fn a_listing_that_is_said_to_be_complete_and_is_not_fails() {
    fails(Flaw::CallsAllComplete, &CUT_SHORT);
}

#[test]
fn an_incomplete_line_of_another_kind_fails() {
    fails(Flaw::BlamesAnotherKind, &CUT_SHORT);
}

#[test]
fn a_removal_that_is_said_to_be_done_and_is_not_fails() {
    let failed = report(Flaw::SaysRemoved).failures();
    for case in [
        "removal of every kind: it goes, and nothing else",
        "removal of what is gone already",
        "a batch up to its limit",
    ] {
        assert!(failed.iter().any(|failure| failure.contains(case)), "{case}: {failed:#?}");
    }
}

#[test]
fn a_guard_without_a_case_fails() {
    fails(
        Flaw::ForgetsSpecimen,
        &[
            "box: BoxListed by entry, assumed",
            "box: BoxListed by entry, assumed, forced",
            "dependents of every kind that a run has to ask for",
        ],
    );
}

#[test]
fn a_specimen_that_does_not_raise_its_guard_fails() {
    fails(Flaw::RaisesNothing, &["box: BoxFull by full, enforced", "box: BoxFull by full, enforced, forced"]);
}

#[test]
fn the_beginning_of_a_secret_in_an_error_fails() {
    let repeated = "identity answered by a page that repeats the request: no secret, wherever what is shown of it ends";
    fails(Flaw::Leaks, &[SECRETS, repeated]);
}

#[test]
fn an_unknown_code_that_is_taken_for_success_fails() {
    fails(Flaw::TakesUnknownForDone, &["removal refused with an unknown code"]);
}

#[test]
fn a_batch_that_is_over_its_limit_and_sent_fails() {
    fails(Flaw::SplitsBatches, &["a batch over its limit is not sent"]);
}

#[test]
fn force_that_nobody_asked_for_fails() {
    fails(
        Flaw::AlwaysForces,
        &[
            "box: BoxFull by full, enforced",
            "box: BoxFull by full, enforced, forced",
            "box: BoxListed by entry, assumed, forced",
        ],
    );
}
