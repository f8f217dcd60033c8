//! What the cases share: setting a stage, calling the provider with everything written down, reading the cloud.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sexton_core::address::{Address, GuardCode, Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, Inventory, Listing, ResourceRef};
use sexton_core::plan::Options;
use sexton_core::resource::Resource;
use sexton_core::rulebook::{BatchKey, KindRules, Rulebook};
use sexton_provider::wrap::{Recorded, Traced};
use sexton_provider::{
    Answer, CallError, Effect, ErrorClass, ListProblem, ListSink, Observed, Provider, RemovalCall, RemovalTarget,
};

use super::report::{Origin, Report, Row, Verdict};
use super::secrets::Secrets;
use super::subject::{Keys, Seen, Specimen, Stage, Subject, Trouble};

/// How long a removal may take to be seen in the cloud.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// What a case comes to: nothing, or what was not as it should be.
pub(super) type Case = Result<(), String>;

/// A run of the suite.
pub(super) struct Suite<'s> {
    pub(super) subject: &'s dyn Subject,
    pub(super) secrets: Secrets,
    pub(super) report: Report,
    /// The operations of a listing, and the kinds that each tells of.
    pub(super) told_by: BTreeMap<String, BTreeSet<Kind>>,
}

impl<'s> Suite<'s> {
    pub(super) fn new(subject: &'s dyn Subject, secrets: Secrets) -> Self {
        let report = Report { name: subject.name().to_owned(), rows: Vec::new() };
        Self { subject, secrets, report, told_by: BTreeMap::new() }
    }

    pub(super) fn rulebook(&self) -> &'s Rulebook {
        self.subject.rulebook()
    }

    /// Runs a case that every provider has, unless the subject excuses it.
    pub(super) async fn case(&mut self, name: &str, run: impl AsyncFnOnce(&Suite<'s>) -> Case) {
        self.case_of(Origin::Everyone, name, run).await;
    }

    /// Runs a case and writes down how it ended, unless the subject excuses it.
    pub(super) async fn case_of(&mut self, origin: Origin, name: &str, run: impl AsyncFnOnce(&Suite<'s>) -> Case) {
        let verdict = match self.subject.excuse(name) {
            Some(why) => Verdict::Excused(why.to_owned()),
            None => match run(self).await {
                Ok(()) => Verdict::Passed,
                Err(why) => Verdict::Failed(why),
            },
        };
        self.report.rows.push(Row { origin, case: name.to_owned(), verdict });
    }

    /// A cloud with these resources.
    pub(super) async fn set(&self, world: Vec<Resource>, troubles: &[Trouble]) -> Scene<'s> {
        self.set_for(world, troubles, Keys::Right).await
    }

    pub(super) async fn set_for(&self, world: Vec<Resource>, troubles: &[Trouble], keys: Keys) -> Scene<'s> {
        let stage = self.subject.stage(world, troubles, keys).await;
        Scene { subject: self.subject, secrets: self.secrets.clone(), stage }
    }

    /// A specimen that stands by itself.
    pub(super) fn specimen(&self, kind: &str, number: u32) -> Result<Specimen, String> {
        self.subject.specimen(kind, number, None).ok_or_else(|| format!("the subject has no specimen of {kind}"))
    }

    /// The kinds that can be removed and of which there are specimens.
    pub(super) fn removable(&self) -> Vec<&'s Kind> {
        let rules = self.subject.rulebook().kinds.iter();
        rules
            .filter(|rules| rules.removal.is_some() && self.subject.specimen(rules.kind.as_str(), 1, None).is_some())
            .map(|rules| &rules.kind)
            .collect()
    }

    /// The first kind that can be removed: the one that general troubles are tried with.
    pub(super) fn first(&self) -> Result<&'s Kind, String> {
        self.removable().first().copied().ok_or_else(|| "nothing can be removed".to_owned())
    }

    /// Specimens of a kind that may share a call.
    pub(super) fn together(&self, rules: &KindRules, many: u32) -> Result<Vec<Specimen>, String> {
        let kind = rules.kind.as_str();
        let key = rules.removal.as_ref().map(|removal| removal.batch_key);
        if key != Some(BatchKey::IdPrefix) {
            return (1..=many).map(|number| self.specimen(kind, number)).collect();
        }
        let first = self.specimen(kind, 1)?;
        let dependency = first.resource.known_links().first().cloned().ok_or(format!("{kind} refers to nothing"))?;
        let on = Some((dependency.relation.as_str(), &dependency.target));
        let others = (2..=many).map(|number| self.subject.specimen(kind, number, on).ok_or(format!("no {kind}")));
        let mut all = others.collect::<Result<Vec<Specimen>, String>>()?;
        all.insert(0, first);
        Ok(all)
    }

    /// The operation that removes a kind.
    pub(super) fn operation(&self, kind: &str) -> Result<String, String> {
        let removal = self.rulebook().kind(kind).and_then(|rules| rules.removal.as_ref());
        removal.map(|removal| removal.operation.clone()).ok_or_else(|| format!("nothing removes {kind}"))
    }
}

/// A cloud and a provider before it.
pub(super) struct Scene<'s> {
    subject: &'s dyn Subject,
    secrets: Secrets,
    stage: Box<dyn Stage>,
}

/// What a listing found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) resources: Vec<Resource>,
    pub(super) census: Vec<CensusLine>,
    pub(super) problems: Vec<ListProblem>,
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

    fn progress(&mut self, _: &Region, _: &Kind, _: u64, _: Option<u64>) {}
}

impl Found {
    /// The kinds of which it was not said that they are told whole.
    pub(super) fn incomplete(&self) -> BTreeSet<Kind> {
        let incomplete = self.census.iter().filter(|line| line.listing == Listing::Incomplete);
        incomplete.map(|line| line.scope.kind.clone()).collect()
    }

    /// Whether every listing is complete, and there is one.
    pub(super) fn is_complete(&self) -> bool {
        !self.census.is_empty() && self.census.iter().all(|line| line.listing == Listing::Complete)
    }

    /// What every listing has to keep to: a kind that is said to be complete is told whole, each resource once, and what
    /// is told is true.
    pub(super) fn honest(&self, truth: &Inventory) -> Case {
        let mut told = BTreeSet::new();
        for resource in &self.resources {
            if !told.insert(&resource.address) {
                return Err(format!("{} is told twice", resource.address));
            }
        }
        for line in &self.census {
            if line.listing != Listing::Complete {
                continue;
            }
            let in_scope = |resource: ResourceRef<'_>| {
                resource.kind() == line.scope.kind.as_str() && resource.region() == line.scope.region.as_str()
            };
            for resource in truth.resources().filter(|resource| in_scope(*resource)) {
                if !told.contains(&resource.address()) {
                    return Err(format!(
                        "{} is not told, though the listing of {} is said to be complete",
                        resource.address(),
                        line.scope.kind
                    ));
                }
            }
        }
        Ok(())
    }

    /// That every fact which is told of a resource is so, or said not to be known; and that of what is not told the kind is
    /// said not to be complete.
    pub(super) fn faithful(&self, truth: &Inventory) -> Case {
        let there: BTreeMap<Address, Resource> =
            truth.resources().map(|resource| (resource.address(), resource.to_resource())).collect();
        for told in &self.resources {
            let Some(there) = there.get(&told.address) else {
                return Err(format!("{} is told, and is not there", told.address));
            };
            let differing = differing(told, there);
            check(differing.is_empty(), || format!("{differing:?} of {there:?} are told otherwise: {told:?}"))?;
        }
        let (told, incomplete) = (self.resources.iter().map(|told| &told.address), self.incomplete());
        let told: BTreeSet<&Address> = told.collect();
        for address in there.keys().filter(|address| !told.contains(address)) {
            check(incomplete.iter().any(|kind| kind.as_str() == address.kind()), || {
                format!("{address} is not told, and nobody says that its kind is not complete")
            })?;
        }
        Ok(())
    }
}

/// The known facts of a resource that differ from those of another; an attribute that is not told may be there.
fn differing(told: &Resource, there: &Resource) -> Vec<&'static str> {
    fn differs<T: PartialEq>(told: &Fact<T>, there: &Fact<T>) -> bool {
        !told.is_unknown() && told != there
    }
    let attributes = match (&told.attributes, &there.attributes) {
        (Fact::Known(told), Fact::Known(there)) => {
            told.iter().any(|(name, value)| !value.is_null() && there.get(name) != Some(value))
        }
        (told, there) => differs(told, there),
    };
    let all = [
        ("name", differs(&told.name, &there.name)),
        ("created_at", differs(&told.created_at, &there.created_at)),
        ("state", differs(&told.state, &there.state)),
        ("size_bytes", differs(&told.size_bytes, &there.size_bytes)),
        ("tags", differs(&told.tags, &there.tags)),
        ("attributes", attributes),
        ("links", differs(&told.links, &there.links)),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

impl Scene<'_> {
    pub(super) async fn state(&self) -> Inventory {
        self.stage.state().await
    }

    pub(super) async fn calls(&self) -> Option<Vec<Seen>> {
        self.stage.calls().await
    }

    /// In the wrappers in which it runs, so that what those log is looked at too.
    fn provider(&self) -> Recorded<Traced<Arc<dyn Provider>>, Secrets> {
        Recorded::new(Traced::new(self.stage.provider(), "conformance"), self.secrets.clone())
    }

    /// The regions in which the subject's world is: one is enough where the provider has one endpoint.
    pub(super) async fn list(&self) -> Result<Found, CallError> {
        let mut found = Found::default();
        let provider = self.provider();
        for region in provider.regions().await? {
            provider.list(&region, &mut found).await?;
        }
        Ok(found)
    }

    pub(super) async fn identity(&self) -> Result<sexton_provider::Identity, CallError> {
        self.provider().identity(&self.subject.identity().region).await
    }

    pub(super) async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        self.provider().probe(targets).await
    }

    pub(super) async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        self.provider().dependents(target).await
    }

    /// Sends one removal call for these, all of one kind.
    pub(super) async fn remove(&self, targets: &[&Address], force: &[GuardCode]) -> Result<Vec<Answer>, String> {
        let kind = targets.first().map(|target| target.kind()).ok_or("nothing to remove")?;
        self.send(kind, targets, force, Options::default()).await
    }

    /// Removes one resource, by a call with an option.
    pub(super) async fn remove_with_option(&self, target: &Address, option: &str) -> Result<Answer, String> {
        let options = Options::from([(option.to_owned(), true.into())]);
        let mut answers = self.send(target.kind(), &[target], &[], options).await?;
        answers.pop().ok_or_else(|| "no answer".to_owned())
    }

    async fn send(
        &self,
        kind: &str,
        targets: &[&Address],
        force: &[GuardCode],
        options: Options,
    ) -> Result<Vec<Answer>, String> {
        let operation = self.subject.rulebook().operation(kind, force).map(str::to_owned);
        let operation = operation.ok_or(format!("nothing removes {kind}"))?;
        let target =
            |address: &&Address| RemovalTarget { address: (*address).clone(), force: force.to_vec(), seen: None };
        let call = RemovalCall { operation, targets: targets.iter().map(target).collect(), options };
        let answers = self.provider().remove(&call).await;
        if answers.len() != targets.len() {
            return Err(format!("{} answers to {} targets", answers.len(), targets.len()));
        }
        Ok(answers)
    }

    /// Removes one resource.
    pub(super) async fn remove_one(&self, target: &Address, force: &[GuardCode]) -> Result<Answer, String> {
        let mut answers = self.remove(&[target], force).await?;
        answers.pop().ok_or_else(|| "no answer".to_owned())
    }

    /// Waits until a second look says that a resource is gone, or lies in a recycle bin.
    pub(super) async fn until_gone(&self, target: &Address) -> Case {
        let began = tokio::time::Instant::now();
        loop {
            let seen = self.probe(std::slice::from_ref(target)).await.map_err(|error| format!("probe: {error}"))?;
            match seen.first() {
                Some(Observed::Present(_)) if began.elapsed() < SETTLES_WITHIN => {
                    tokio::time::sleep(LOOKS_EVERY).await;
                }
                Some(Observed::Present(_)) => return Err(format!("{target} is still there")),
                Some(_) => return Ok(()),
                None => return Err("probe gave no entry".to_owned()),
            }
        }
    }

    /// Whether the cloud still has it.
    pub(super) async fn has(&self, target: &Address) -> bool {
        let state = self.state().await;
        state.resources().any(|resource| resource.address() == *target)
    }
}

/// Whether an answer says that a resource is gone or will be.
pub(super) fn takes(answer: &Answer) -> bool {
    match answer {
        Answer::Removed { .. } | Answer::Accepted { .. } | Answer::Parked { .. } => true,
        Answer::AlreadyGone { .. } | Answer::Refused(_) | Answer::Failed(_) => false,
    }
}

/// That an answer is a failure of a class and effect.
pub(super) fn failed(answer: &Answer, is: impl Fn(&ErrorClass) -> bool, effect: Effect) -> Case {
    match answer {
        Answer::Failed(error) if is(&error.class) && error.effect == effect => Ok(()),
        Answer::Failed(_)
        | Answer::Refused(_)
        | Answer::Removed { .. }
        | Answer::Accepted { .. }
        | Answer::AlreadyGone { .. }
        | Answer::Parked { .. } => Err(format!("answered {answer:?}")),
    }
}

/// A world of specimens.
pub(super) fn world<'a>(specimens: impl IntoIterator<Item = &'a Specimen>) -> Vec<Resource> {
    let mut world: Vec<Resource> = Vec::new();
    for specimen in specimens {
        for resource in std::iter::once(&specimen.resource).chain(&specimen.with) {
            if !world.iter().any(|other| other.address == resource.address) {
                world.push(resource.clone());
            }
        }
    }
    world
}

/// Runs them all at once, and says what went wrong with the first that failed.
pub(super) async fn at_once<'a>(cases: impl IntoIterator<Item = Running<'a>>) -> Case {
    let mut running: Vec<Running<'a>> = cases.into_iter().collect();
    poll_fn(|context| {
        let mut failed = None;
        running.retain_mut(|case| match case.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(ended) => {
                failed = failed.take().or(ended.err());
                false
            }
        });
        match failed {
            Some(why) => Poll::Ready(Err(why)),
            None if running.is_empty() => Poll::Ready(Ok(())),
            None => Poll::Pending,
        }
    })
    .await
}

/// A case, or a part of one, that runs beside others.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Case> + 'a>>;

/// A condition of a case.
pub(super) fn check(holds: bool, why: impl FnOnce() -> String) -> Case {
    if holds { Ok(()) } else { Err(why()) }
}
