//! The provider itself: how it is configured, which endpoint serves which region, and who the caller is.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Region};
use sexton_core::fact::Fact;
use sexton_core::plan::AssumedNone;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_http::{Endpoint, EndpointError, Lately, Pace, Route, Waivers, refused};
use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

use super::pages::{Parameters, Reader};
use super::quota::quotas;
use super::recycle_bin::{self, Rules};
use super::references::References;
use super::row::Row;
use super::rulebook::ec2_rulebook;
use super::{dependents, list, probe, remove};
use crate::credential::{CredentialSource, Keyring};
use crate::rpc::{Client, Service};

/// Where DescribeRegions is asked when neither an endpoint nor a region is configured.
const BOOTSTRAP: &str = "us-east-1";
/// The variables by which the vendor's tools are told a region.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// How to reach EC2.
#[derive(Debug, Clone)]
pub struct Ec2Config {
    /// What the user calls this provider. Told in errors.
    pub name: String,
    /// Which regions are meant.
    pub regions: RegionChoice,
    /// An endpoint to use for every service (EC2, STS, Auto Scaling, the Recycle Bin), in place of those that the
    /// provider publishes.
    pub endpoint: Option<String>,
    /// Where the access key comes from.
    pub credentials: CredentialSource,
    /// How old a listing of a whole region may be to answer a look: what the API does not look up by what it refers to
    /// is listed once for many looks. [`LISTINGS_SERVE_FOR`](crate::LISTINGS_SERVE_FOR), or less where a run takes its
    /// rechecks for good for less.
    pub listings_serve_for: Duration,
}

/// Which regions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoice {
    /// All that are enabled for the account, by DescribeRegions. Where it is asked is said by `AWS_REGION` or
    /// `AWS_DEFAULT_REGION`, else it is `us-east-1`: the regions of another partition have to be told so.
    All,
    /// These.
    Named(Vec<Region>),
}

/// Why a provider cannot be set up. Nothing was called yet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The configured endpoint is none.
    #[error("provider {name:?}: the endpoint is not usable")]
    Endpoint {
        /// The provider's name in the configuration.
        name: String,
        /// Why not.
        #[source]
        source: EndpointError,
    },
    /// The HTTP client cannot be set up.
    #[error("provider {name:?}: the HTTP client cannot be set up")]
    Client {
        /// The provider's name in the configuration.
        name: String,
        /// Why not.
        #[source]
        source: reqwest::Error,
    },
}

/// AWS EC2 under one identity.
#[derive(Debug)]
pub struct Ec2Provider {
    name: String,
    rulebook: Rulebook,
    quotas: Vec<Quota>,
    client: Client,
    choice: RegionChoice,
    endpoint: Option<Endpoint>,
    references: References,
    /// The rules of the Recycle Bin, or that they could not be read.
    bins: Lately<Fact<Rules>>,
    waivers: Waivers,
}

impl Ec2Provider {
    /// Sets up the client. Calls nothing, and looks for credentials when the first call needs them.
    ///
    /// # Errors
    /// The endpoint is not usable.
    pub fn connect(config: Ec2Config) -> Result<Self, ConnectError> {
        let Ec2Config { name, regions, endpoint, credentials, listings_serve_for } = config;
        let endpoint = match endpoint.as_deref().map(Endpoint::parse).transpose() {
            Ok(endpoint) => endpoint,
            Err(source) => return Err(ConnectError::Endpoint { name, source }),
        };
        let client = match Client::new(Keyring::new(credentials), Route::to(endpoint.as_ref())) {
            Ok(client) => client,
            Err(source) => return Err(ConnectError::Client { name, source }),
        };
        Ok(Self {
            name,
            rulebook: ec2_rulebook(),
            quotas: quotas(),
            client,
            choice: regions,
            endpoint,
            references: References::serving_for(listings_serve_for),
            bins: Lately::serving_for(listings_serve_for),
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

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Reads of a service in a region.
    pub(super) fn reader(&self, service: Service, region: &str, pace: Pace) -> Result<Reader<'_>, CallError> {
        let endpoint = self.endpoint_of(service, region)?;
        Ok(Reader { client: &self.client, service, endpoint, region: region.to_owned(), pace })
    }

    /// The endpoint of a service in a region: the configured one, else the one by the vendor's pattern.
    pub(super) fn endpoint_of(&self, service: Service, region: &str) -> Result<Endpoint, CallError> {
        if let Some(endpoint) = &self.endpoint {
            return Ok(endpoint.clone());
        }
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let plain = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let host = format!("{}.{region}.{domain}", service.name());
        Endpoint::parse(&host).ok().filter(|_| plain).ok_or_else(|| {
            refused("connect", format!("{region:?} is no region: check `regions` of provider {:?}", self.name))
        })
    }

    /// The rules of a region's Recycle Bin, as they were lately; unknown where they cannot be read.
    pub(super) async fn bin_rules(&self, region: &str) -> Fact<Rules> {
        let rules = self
            .bins
            .of(region, async || {
                let read = match self.reader(Service::RecycleBin, region, Pace::Once) {
                    Ok(reader) => recycle_bin::rules(&reader).await.1,
                    Err(error) => Err(error),
                };
                if let Err(error) = &read {
                    tracing::debug!(%error, "the rules of the Recycle Bin cannot be read");
                }
                Ok::<Fact<Rules>, Infallible>(read.ok().into())
            })
            .await;
        match rules {
            Ok(rules) => Fact::clone(&rules),
            Err(never) => match never {},
        }
    }

    /// Every region that is enabled for the account: for listings, and nothing above them tries again.
    async fn enabled(&self) -> Result<Vec<Region>, CallError> {
        const OPERATION: &str = "DescribeRegions";
        let told =
            REGION_VARIABLES.into_iter().filter_map(|name| std::env::var(name).ok()).find(|text| !text.is_empty());
        let region = told.filter(|_| self.endpoint.is_none()).unwrap_or_else(|| BOOTSTRAP.to_owned());
        let reader = self.reader(Service::Ec2, &region, Pace::Patient)?;
        let reply = reader.read(OPERATION, Parameters::new()).await?;
        let unreadable = |message: String| refused(OPERATION, message);
        let rows = Row::new(&reply.body).answer_rows("regionInfo").map_err(|error| unreadable(error.to_string()))?;
        rows.into_iter()
            .map(|row| {
                let name = row.id("regionName").map_err(|error| unreadable(error.to_string()))?;
                Region::new(name).map_err(|error| unreadable(error.to_string()))
            })
            .collect()
    }

    /// The account of the credentials, by the provider's own word.
    async fn account(&self, region: &str, pace: Pace) -> Result<Account, CallError> {
        const OPERATION: &str = "GetCallerIdentity";
        let reader = self.reader(Service::Sts, region, pace)?;
        let reply = reader.read(OPERATION, Parameters::new()).await?;
        let account = Row::new(&reply.body).id("Account").map_err(|error| refused(OPERATION, error.to_string()))?;
        Account::new(account).map_err(|error| refused(OPERATION, error.to_string()))
    }

    /// The region that the endpoint serves: that of its availability zones.
    async fn served(&self, region: &str, pace: Pace) -> Result<Region, CallError> {
        const OPERATION: &str = "DescribeAvailabilityZones";
        let reader = self.reader(Service::Ec2, region, pace)?;
        let reply = reader.read(OPERATION, Parameters::new()).await?;
        let unreadable = |message: String| refused(OPERATION, message);
        let zones =
            Row::new(&reply.body).answer_rows("availabilityZoneInfo").map_err(|error| unreadable(error.to_string()))?;
        let mut names = Vec::new();
        for zone in zones {
            names.push(zone.id("regionName").map_err(|error| unreadable(error.to_string()))?);
        }
        names.sort();
        names.dedup();
        match <[String; 1]>::try_from(names) {
            Ok([name]) => Region::new(name).map_err(|error| unreadable(error.to_string())),
            Err(names) => Err(unreadable(format!(
                "{} does not say which region it serves: its availability zones are of {} regions",
                reader.endpoint.host(),
                names.len()
            ))),
        }
    }

    pub(super) async fn identity_at(&self, region: &Region, pace: Pace) -> Result<Identity, CallError> {
        let account = self.account(region.as_str(), pace).await?;
        let region = self.served(region.as_str(), pace).await?;
        Ok(Identity { account, region })
    }
}

#[async_trait]
impl Provider for Ec2Provider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    fn credentials_generation(&self) -> u64 {
        self.client.keyring().tell_generation()
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        match &self.choice {
            RegionChoice::Named(regions) => Ok(regions.clone()),
            RegionChoice::All => self.enabled().await,
        }
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        self.identity_at(region, Pace::Once).await
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
