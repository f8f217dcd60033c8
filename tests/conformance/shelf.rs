//! The provider that docs/providers.md writes: a warehouse of boxes. The page quotes this file; a tidy test compares.

pub(crate) mod subject;
mod vendor;

use async_trait::async_trait;
use serde::Deserialize;
use sexton_core::address::{Account, Address, Kind, Region};
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusLine, CensusScope, Listing};
use sexton_core::resource::{Link, Resource};
use sexton_core::rulebook::Rulebook;
use sexton_core::time::Timestamp;
use sexton_provider::{
    Answer, CallError, Effect, ErrorClass, Identity, ListProblem, ListSink, Observed, Provider, Quota, Refusal,
    RefusalClass, RemovalCall, RemovalTarget,
};
use std::time::Duration;

use vendor::{NoAnswer, Warehouse};

/// The deletion rules, as data.
const RULES: &str = include_str!("shelf/rulebook.toml");

/// A warehouse under one key.
#[derive(Debug)]
struct ShelfProvider {
    rulebook: Rulebook,
    warehouse: Warehouse,
    key: vendor::Key,
}

/// What a call is for: to look, or to change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Change,
}

impl ShelfProvider {
    fn new(warehouse: Warehouse, key: vendor::Key) -> Result<Self, toml::de::Error> {
        Ok(Self { rulebook: toml::from_str(RULES)?, warehouse, key })
    }

    /// One attempt at one call.
    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        operation: &str,
        parameters: &[(&str, &str)],
        purpose: Purpose,
    ) -> Result<T, CallError> {
        let failed = |class, maybe_done: bool, message: String| CallError {
            class,
            effect: if maybe_done && purpose == Purpose::Change { Effect::Unknown } else { Effect::None },
            operation: operation.to_owned(),
            code: None,
            status: None,
            message,
            request_id: None,
        };
        let answer = match self.warehouse.send(&self.key, operation, parameters).await {
            Ok(answer) => answer,
            // Whoever hears nothing does not know whether it was done.
            Err(NoAnswer) => return Err(failed(ErrorClass::Transient, true, "no answer".to_owned())),
        };
        if answer.body.len() > LARGEST_ANSWER {
            return Err(failed(ErrorClass::Permanent, true, "the answer is too long".to_owned()));
        }
        if answer.status == 200 {
            return serde_json::from_slice(&answer.body)
                .map_err(|error| failed(ErrorClass::Permanent, true, format!("the answer cannot be read: {error}")));
        }
        let told: Told = serde_json::from_slice(&answer.body).unwrap_or_default();
        let class = match (answer.status, told.code.as_str()) {
            (429, _) => ErrorClass::Throttle { retry_after: answer.retry_after_ms.map(Duration::from_millis) },
            (500.., _) => ErrorClass::Transient,
            (401 | 403, _) => ErrorClass::Auth,
            (..) => ErrorClass::Permanent,
        };
        let code = Some(told.code).filter(|code| !code.is_empty());
        Err(CallError { code, status: Some(answer.status), ..failed(class, answer.status >= 500, told.message) })
    }

    /// Every row of a listing, page by page. A page that failed for a moment is asked for again, for nothing above does.
    async fn rows(&self, operation: &str) -> Result<Listed, CallError> {
        let mut rows: Vec<Row> = Vec::new();
        let mut as_of = Fact::Unknown;
        let mut after = String::new();
        loop {
            let mut attempts = 1..=3;
            let page: Page = loop {
                let attempt = attempts.next();
                match self.call(operation, &[("after", &after)], Purpose::Read).await {
                    Ok(page) => break page,
                    Err(error) if attempt == Some(3) => return Err(error),
                    Err(error) => match error.class {
                        ErrorClass::Throttle { retry_after } => {
                            tokio::time::sleep(retry_after.unwrap_or(Duration::from_millis(20))).await;
                        }
                        ErrorClass::Transient => tokio::time::sleep(Duration::from_millis(20)).await,
                        ErrorClass::Permanent | ErrorClass::Auth => return Err(error),
                    },
                }
            };
            if as_of.is_unknown() {
                as_of = Fact::from(page.at);
            }
            let Some(last) = page.rows.last() else { return Ok(Listed { as_of, rows }) };
            after.clone_from(&last.id);
            rows.extend(page.rows);
        }
    }

    fn resource(&self, identity: &Identity, kind: &str, row: Row) -> Result<Resource, CallError> {
        let unreadable = |error: String| CallError {
            class: ErrorClass::Permanent,
            effect: Effect::None,
            operation: kind.to_owned(),
            code: None,
            status: None,
            message: error,
            request_id: None,
        };
        let address = |kind: &str, id: &str| {
            let address = format!("{}:{}:{}:{kind}/{id}", self.rulebook.provider, identity.account, identity.region);
            address.parse::<Address>().map_err(|error| unreadable(error.to_string()))
        };
        let relation = if kind == "label" { "names" } else { "lists" };
        let link = |of: &String| {
            let relation = relation.parse().map_err(|error| unreadable(format!("{error}")))?;
            Ok(Link { relation, target: address("box", of)? })
        };
        let attributes = row.full.map(|full| ("full".to_owned(), full.into()));
        Ok(Resource {
            address: address(kind, &row.id)?,
            name: Fact::from(row.name),
            created_at: Fact::from(row.made_at),
            state: Fact::Unknown,
            size_bytes: Fact::Unknown,
            tags: Fact::Known(Default::default()),
            attributes: Fact::Known(attributes.into_iter().collect()),
            links: Fact::Known(row.of.iter().map(link).collect::<Result<_, _>>()?),
        })
    }

    async fn all(&self, identity: &Identity, kind: &str) -> Result<Vec<Resource>, CallError> {
        Ok(self.listed(identity, kind).await?.1)
    }

    /// A listing by the warehouse's own clock: as it was when its first page was.
    async fn listed(&self, identity: &Identity, kind: &str) -> Result<(Fact<Timestamp>, Vec<Resource>), CallError> {
        let operation = match kind {
            "box" => "ListBoxes",
            "label" => "ListLabels",
            _ => "ListEntries",
        };
        let Listed { as_of, rows } = self.rows(operation).await?;
        let resources = rows.into_iter().map(|row| self.resource(identity, kind, row));
        Ok((as_of, resources.collect::<Result<_, _>>()?))
    }

    async fn identity_now(&self) -> Result<Identity, CallError> {
        let who: Who = self.call("WhoAmI", &[], Purpose::Read).await?;
        Ok(Identity { account: who.account, region: who.region })
    }
}

const LARGEST_ANSWER: usize = 8 << 20;

/// An error as the warehouse tells it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    code: String,
    message: String,
}

#[derive(Debug, Deserialize)]
struct Who {
    account: Account,
    region: Region,
}

#[derive(Debug, Deserialize)]
struct Page {
    at: Option<Timestamp>,
    rows: Vec<Row>,
}

/// All pages of a listing.
struct Listed {
    as_of: Fact<Timestamp>,
    rows: Vec<Row>,
}

/// Whatever is not told is not known.
#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    name: Option<String>,
    made_at: Option<Timestamp>,
    full: Option<bool>,
    of: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Results {
    results: Vec<Each>,
}

#[derive(Debug, Deserialize)]
struct Each {
    id: String,
    result: String,
}

#[async_trait]
impl Provider for ShelfProvider {
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
        Ok(vec![self.identity_now().await?.region])
    }

    async fn identity(&self, _: &Region) -> Result<Identity, CallError> {
        self.identity_now().await
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        let identity = self.identity_now().await?;
        for rules in &self.rulebook.kinds {
            let kind: Kind = rules.kind.clone();
            let (listing, as_of) = match self.listed(&identity, kind.as_str()).await {
                Ok((as_of, resources)) => {
                    resources.into_iter().for_each(|resource| sink.resource(resource));
                    (Listing::Complete, as_of)
                }
                // Denied, cut short, not to be read: an incomplete census, and never an empty one.
                Err(error) => {
                    let (region, kind, message) = (region.clone(), kind.clone(), error.to_string());
                    sink.problem(ListProblem { region, kind, message });
                    (Listing::Incomplete, Fact::Unknown)
                }
            };
            let provider = self.rulebook.provider.clone();
            let (account, region) = (identity.account.clone(), identity.region.clone());
            let scope = CensusScope { provider, account, region, kind };
            sink.census(CensusLine { scope, listing, as_of });
        }
        Ok(())
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        let Some(first) = targets.first() else { return Ok(Vec::new()) };
        let identity = self.identity_now().await?;
        let all = self.all(&identity, first.kind()).await?;
        let seen = |target: &Address| match all.iter().find(|resource| resource.address == *target) {
            Some(resource) => Observed::Present(Box::new(resource.clone())),
            None => Observed::Absent,
        };
        Ok(targets.iter().map(seen).collect())
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        let identity = self.identity_now().await?;
        let mut dependents = Vec::new();
        for kind in ["label", "entry"] {
            let all = self.all(&identity, kind).await?;
            let refers = |resource: &Resource| resource.known_links().iter().any(|link| link.target == *target);
            dependents.extend(all.into_iter().filter(refers));
        }
        Ok(dependents)
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        if let Err(error) = self.check(call) {
            return call.targets.iter().map(|_| Answer::Failed(error.clone())).collect();
        }
        let request_id = None;
        match call.targets.as_slice() {
            [target] if target.address.kind() == "box" => {
                let force = if target.force.iter().any(|code| code.as_str() == "BoxFull") { "true" } else { "false" };
                let parameters = [("id", target.address.id()), ("force", force)];
                let removed = self.call::<Results>("RemoveBox", &parameters, Purpose::Change).await;
                vec![removed.map_or_else(answer, |_| Answer::Removed { request_id })]
            }
            targets => {
                let ids: Vec<&str> = targets.iter().map(|target| target.address.id()).collect();
                let parameters = [("ids", ids.join(","))];
                let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
                match self.call::<Results>("RemoveLabels", &parameters, Purpose::Change).await {
                    Ok(told) => targets.iter().map(|target| settled(&told, target)).collect(),
                    Err(error) => targets.iter().map(|_| answer(error.clone())).collect(),
                }
            }
        }
    }
}

impl ShelfProvider {
    /// What cannot be meant is not sent.
    fn check(&self, call: &RemovalCall) -> Result<(), CallError> {
        let wrong = |message: String| CallError {
            class: ErrorClass::Permanent,
            effect: Effect::None,
            operation: call.operation.clone(),
            code: None,
            status: None,
            message,
            request_id: None,
        };
        let kind = call.targets.first().map_or("", |target| target.address.kind());
        let rules = self.rulebook.kind(kind).and_then(|rules| rules.removal.as_ref());
        let Some(removal) = rules.filter(|removal| removal.operation == call.operation) else {
            return Err(wrong(format!("{} does not remove {kind}", call.operation)));
        };
        if call.targets.len() > removal.batch_limit.get() as usize {
            return Err(wrong(format!("{} targets are too many for one call", call.targets.len())));
        }
        if let Some(option) = call.options.keys().next() {
            return Err(wrong(format!("there is no option {option}")));
        }
        for code in call.targets.iter().flat_map(|target| &target.force) {
            let known = |guard: &&sexton_core::rulebook::Guard| guard.code == *code && guard.force().is_some();
            if !self.rulebook.guards_of(kind).any(|guard| known(&guard)) {
                return Err(wrong(format!("{code} cannot be forced")));
            }
        }
        Ok(())
    }
}

/// What an error means for one target: gone, refused by a guard, or failed.
fn answer(error: CallError) -> Answer {
    match error.code.as_deref() {
        Some("NoSuchBox") => Answer::AlreadyGone { request_id: error.request_id },
        Some(code @ ("BoxLabelled" | "BoxFull")) => Answer::Refused(Refusal {
            code: code.to_owned(),
            // A label that is only just gone may linger; a full box stays full.
            class: if code == "BoxLabelled" { RefusalClass::MayLinger } else { RefusalClass::Blocked },
            by: None,
            message: error.message,
            request_id: error.request_id,
        }),
        _ => Answer::Failed(error),
    }
}

/// What the answer to several says of one of them. One that it does not speak of is settled by reading.
fn settled(told: &Results, target: &RemovalTarget) -> Answer {
    let request_id = None;
    match told.results.iter().find(|each| each.id == target.address.id()).map(|each| each.result.as_str()) {
        Some("removed") => Answer::Removed { request_id },
        Some("unknown") => Answer::AlreadyGone { request_id },
        Some(_) | None => Answer::Accepted { request_id },
    }
}
