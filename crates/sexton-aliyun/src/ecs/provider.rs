//! The provider itself: how it is configured, which endpoint serves which region, and who the caller is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Region};
use sexton_core::plan::AssumedNone;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_http::{Endpoint, EndpointError, Pace, Waivers, refused};
use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};
use tokio::sync::OnceCell;

use super::references::{References, SnapshotGroups};
use super::rulebook::ecs_rulebook;
use super::{dependents, list, probe, remove};
use crate::connect::{self, ConnectError, RegionChoice};
use crate::credential::CredentialSource;
use crate::pages::{Parameters, Reader};
use crate::row::{DecodeError, Row};
use crate::rpc::{RpcClient, Service, SignatureVersion};

/// Where DescribeRegions is asked when no endpoint is configured, by the vendor's documentation.
const BOOTSTRAP: &str = "ecs.aliyuncs.com";
const STS: &str = "sts.aliyuncs.com";

/// How to reach ECS.
#[derive(Debug, Clone)]
pub struct EcsConfig {
    /// What the user calls this provider. Told in errors.
    pub name: String,
    /// Which regions are meant.
    pub regions: RegionChoice,
    /// An endpoint to use for every service, in place of those that the provider publishes.
    pub endpoint: Option<String>,
    /// Where the access key comes from.
    pub credentials: CredentialSource,
    /// By which signature calls are made.
    pub signature: SignatureVersion,
    /// A host, or its URL, to ask what is otherwise asked of the vendor's own hosts: which regions there are, and who the
    /// caller is. The regions are then called at the endpoints that it gives, by its scheme, Auto Scaling as well. For
    /// servers that stand in for the vendor's; none where `endpoint` is set.
    pub bootstrap: Option<String>,
    /// How old a listing of a whole region may be to answer a look: what the API does not look up by what it refers to
    /// is listed once for many looks. [`LISTINGS_SERVE_FOR`](crate::LISTINGS_SERVE_FOR), or less where a run takes its
    /// rechecks for good for less.
    pub listings_serve_for: Duration,
}

/// Alibaba Cloud ECS under one access key.
#[derive(Debug)]
pub struct EcsProvider {
    name: String,
    rulebook: Rulebook,
    client: RpcClient,
    choice: RegionChoice,
    endpoint: Option<Endpoint>,
    bootstrap: Option<Endpoint>,
    /// The published endpoints, once they were asked for.
    published: OnceCell<BTreeMap<String, Endpoint>>,
    /// Operations and regions for which a dry run showed that the identity may list, with the credentials that showed it.
    may_list: Mutex<BTreeSet<(u64, &'static str, String)>>,
    references: References,
    groups: SnapshotGroups,
    waivers: Waivers,
}

/// Who calls.
struct Caller {
    account: Account,
    sees: Sees,
}

/// What an identity may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// Everything in its account.
    Everything,
    /// What policies grant it, which may be less.
    WhatIsGranted,
}

impl EcsProvider {
    /// Finds the credentials and sets up the client. Calls nothing.
    ///
    /// # Errors
    /// There are no credentials, or the endpoint is not usable.
    pub fn connect(config: EcsConfig) -> Result<Self, ConnectError> {
        let EcsConfig { name, regions, endpoint, credentials, signature, bootstrap, listings_serve_for } = config;
        let (client, endpoint, bootstrap) =
            connect::prepare_with(&name, endpoint.as_deref(), bootstrap.as_deref(), &credentials)?;
        let client = client.signing_by(signature);
        Ok(Self {
            name,
            rulebook: ecs_rulebook(),
            client,
            choice: regions,
            endpoint,
            bootstrap,
            published: OnceCell::new(),
            may_list: Mutex::new(BTreeSet::new()),
            references: References::serving_for(listings_serve_for),
            groups: SnapshotGroups::serving_for(listings_serve_for),
            waivers: Waivers::default(),
        })
    }

    /// The same, for a plan that rests on these waivers: where a kind that is taken as empty may not be listed, it is empty
    /// to a run too. What can be listed is believed.
    #[must_use]
    pub fn assuming(mut self, waivers: Vec<AssumedNone>) -> Self {
        self.waivers = Waivers::new(waivers);
        self
    }

    /// What the user calls this provider.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn waivers(&self) -> &Waivers {
        &self.waivers
    }

    pub(super) fn references(&self) -> &References {
        &self.references
    }

    pub(super) fn groups(&self) -> &SnapshotGroups {
        &self.groups
    }

    pub(super) fn client(&self) -> &RpcClient {
        &self.client
    }

    /// Reads of ECS in a region.
    pub(super) async fn reader(&self, region: &str, pace: Pace) -> Result<Reader<'_>, CallError> {
        let endpoint = self.endpoint_of(region, pace).await?;
        Ok(Reader { client: &self.client, service: Service::Ecs, endpoint, pace })
    }

    /// Reads of the Auto Scaling service in a region.
    pub(super) fn scaling_reader(&self, region: &str, pace: Pace) -> Result<Reader<'_>, CallError> {
        let endpoint = match (&self.endpoint, &self.bootstrap) {
            (Some(endpoint), _) => endpoint.clone(),
            // What stands in for the vendor tells the services apart by their versions.
            (None, Some(_)) => self.published_of(region, self.published.get())?,
            (None, None) => published_endpoint(&format!("ess.{region}.aliyuncs.com"))?,
        };
        Ok(Reader { client: &self.client, service: Service::Ess, endpoint, pace })
    }

    /// The ECS endpoint of a region: the configured one, else the one that DescribeRegions names.
    pub(super) async fn endpoint_of(&self, region: &str, pace: Pace) -> Result<Endpoint, CallError> {
        if let Some(endpoint) = &self.endpoint {
            return Ok(endpoint.clone());
        }
        self.published_of(region, Some(self.published(pace).await?))
    }

    fn published_of(
        &self,
        region: &str,
        published: Option<&BTreeMap<String, Endpoint>>,
    ) -> Result<Endpoint, CallError> {
        published.and_then(|published| published.get(region)).cloned().ok_or_else(|| {
            refused(
                "DescribeRegions",
                format!("the provider lists no region {region:?}: check `regions` of provider {:?}", self.name),
            )
        })
    }

    async fn published(&self, pace: Pace) -> Result<&BTreeMap<String, Endpoint>, CallError> {
        self.published
            .get_or_try_init(|| async {
                let mut published = BTreeMap::new();
                let bootstrap = match &self.bootstrap {
                    Some(bootstrap) => bootstrap.clone(),
                    None => published_endpoint(BOOTSTRAP)?,
                };
                for (region, endpoint) in self.describe_regions(bootstrap.clone(), pace).await? {
                    let endpoint = bootstrap.beside(&endpoint).map_err(not_usable)?;
                    published.insert(region, endpoint);
                }
                Ok(published)
            })
            .await
    }

    /// The regions and their endpoints, as the endpoint that is asked lists them.
    async fn describe_regions(&self, endpoint: Endpoint, pace: Pace) -> Result<Vec<(String, String)>, CallError> {
        const OPERATION: &str = "DescribeRegions";
        let reader = Reader { client: &self.client, service: Service::Ecs, endpoint, pace };
        let reply = reader.read(OPERATION, Parameters::new()).await?;
        let read = || -> Result<Vec<(String, String)>, DecodeError> {
            let rows = Row::new(&reply.body).answer_rows("Regions", "Region")?;
            rows.into_iter().map(|row| Ok((row.id("RegionId")?, row.id("RegionEndpoint")?))).collect()
        };
        read().map_err(|error| refused(OPERATION, error.to_string()))
    }

    /// The regions for which an endpoint says that it is theirs.
    async fn served_by(&self, endpoint: &Endpoint, pace: Pace) -> Result<Vec<Region>, CallError> {
        let served: Vec<Region> = self
            .describe_regions(endpoint.clone(), pace)
            .await?
            .into_iter()
            .filter(|(_, theirs)| endpoint.is(theirs))
            .map(|(region, _)| region_name(&region))
            .collect::<Result<_, _>>()?;
        if served.is_empty() {
            let message = format!(
                "{} does not say which region it serves: DescribeRegions, asked there, names no region with that endpoint",
                endpoint.host()
            );
            return Err(refused("DescribeRegions", message));
        }
        Ok(served)
    }

    /// Whose the credentials are, by the provider's own word.
    async fn caller(&self, pace: Pace) -> Result<Caller, CallError> {
        const OPERATION: &str = "GetCallerIdentity";
        let endpoint = match self.endpoint.as_ref().or(self.bootstrap.as_ref()) {
            Some(endpoint) => endpoint.clone(),
            None => published_endpoint(STS)?,
        };
        let reader = Reader { client: &self.client, service: Service::Sts, endpoint, pace };
        let reply = reader.read(OPERATION, Parameters::new()).await?;
        let row = Row::new(&reply.body);
        let account = row.id("AccountId").map_err(|error| refused(OPERATION, error.to_string()))?;
        let account = Account::new(account).map_err(|error| refused(OPERATION, error.to_string()))?;
        // The keys of an account itself are under no policy (vendor documentation of GetCallerIdentity).
        let sees = match row.text("IdentityType").as_deref() {
            Some("Account") => Sees::Everything,
            Some(_) | None => Sees::WhatIsGranted,
        };
        Ok(Caller { account, sees })
    }

    pub(super) async fn identity_at(&self, region: &Region, pace: Pace) -> Result<(Identity, Sees), CallError> {
        let endpoint = self.endpoint_of(region.as_str(), pace).await?;
        let Caller { account, sees } = self.caller(pace).await?;
        let mut served = self.served_by(&endpoint, pace).await?;
        // Some endpoints serve several regions; which one is meant is then the caller's choice among them.
        let region = match served.iter().position(|served| served == region) {
            Some(index) => served.swap_remove(index),
            None => served.swap_remove(0),
        };
        Ok((Identity { account, region }, sees))
    }

    /// Whether a dry run has shown that the identity may list, under the credentials that are used now: new ones of the same
    /// role may be allowed less.
    pub(super) fn known_to_list(&self, operation: &'static str, region: &str) -> bool {
        let known = self.may_list.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.contains(&(self.client.credentials_generation(), operation, region.to_owned()))
    }

    /// Remembers that the identity may list, as shown under credentials of that generation.
    pub(super) fn remember_to_list(&self, generation: u64, operation: &'static str, region: &str) {
        let mut known = self.may_list.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.insert((generation, operation, region.to_owned()));
    }
}

#[async_trait]
impl Provider for EcsProvider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        self.client.credentials_generation()
    }

    /// At the pace of listings, which are all that asks, and nothing above them tries again.
    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        match (&self.choice, &self.endpoint) {
            (RegionChoice::Named(regions), _) => Ok(regions.clone()),
            (RegionChoice::All, Some(endpoint)) => self.served_by(endpoint, Pace::Patient).await,
            (RegionChoice::All, None) => {
                self.published(Pace::Patient).await?.keys().map(|region| region_name(region)).collect()
            }
        }
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        Ok(self.identity_at(region, Pace::Once).await?.0)
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        list::list(self, region, sink).await
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        probe::probe(self, targets).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        dependents::dependents(self, target).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        remove::remove(self, call).await
    }
}

fn published_endpoint(text: &str) -> Result<Endpoint, CallError> {
    Endpoint::parse(text).map_err(not_usable)
}

fn not_usable(error: EndpointError) -> CallError {
    refused("DescribeRegions", error.to_string())
}

fn region_name(text: &str) -> Result<Region, CallError> {
    Region::new(text).map_err(|error| refused("DescribeRegions", error.to_string()))
}
