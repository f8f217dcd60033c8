//! The provider itself: how it is configured, which endpoint serves which region, and who the caller is.

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Region};
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_core::time::Timestamp;
use sexton_http::{Endpoint, Pace, refused};
use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};

use super::rulebook::ice_rulebook;
use super::{dependents, list, probe, remove};
use crate::connect::{self, ConnectError, RegionChoice};
use crate::credential::CredentialSource;
use crate::pages::{Parameters, Reader};
use crate::row::Row;
use crate::rpc::{RpcClient, Service};

const STS: &str = "sts.aliyuncs.com";
const IDENTIFIES: &str = "GetCallerIdentity";

/// The regions for which the vendor's command line has the endpoint `ice.REGION.aliyuncs.com`. Its SDK has one of that
/// form for cn-shanghai, and one that names no region for most others: which region that serves is not told, so it is
/// not used.
const REGIONS: [&str; 6] = ["ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-shanghai", "cn-shenzhen", "us-west-1"];

/// How to reach ICE.
#[derive(Debug, Clone)]
pub struct IceConfig {
    /// What the user calls this provider. Told in errors.
    pub name: String,
    /// Which regions are meant.
    pub regions: RegionChoice,
    /// An endpoint to use for every service, in place of those that the vendor publishes. ICE does not tell which region
    /// an endpoint serves: one that is not named `ice.REGION.aliyuncs.com` serves the one region that is configured.
    pub endpoint: Option<String>,
    /// Where the access key comes from.
    pub credentials: CredentialSource,
}

/// Alibaba Cloud ICE under one access key.
#[derive(Debug)]
pub struct IceProvider {
    name: String,
    rulebook: Rulebook,
    client: RpcClient,
    choice: RegionChoice,
    endpoint: Option<Endpoint>,
}

impl IceProvider {
    /// Finds the credentials and sets up the client. Calls nothing.
    ///
    /// # Errors
    /// There are no credentials, or the endpoint is not usable.
    pub fn connect(config: IceConfig) -> Result<Self, ConnectError> {
        let IceConfig { name, regions, endpoint, credentials } = config;
        let (client, endpoint) = connect::prepare(&name, endpoint.as_deref(), &credentials)?;
        Ok(Self { name, rulebook: ice_rulebook(), client, choice: regions, endpoint })
    }

    /// What the user calls this provider.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn client(&self) -> &RpcClient {
        &self.client
    }

    /// Reads of ICE in a region.
    pub(super) fn reader(&self, region: &str, pace: Pace) -> Result<Reader<'_>, CallError> {
        let endpoint = self.endpoint_of(region)?;
        Ok(Reader { client: &self.client, service: Service::Ice, endpoint, pace })
    }

    /// The endpoint of a region: the configured one, else the one that the vendor publishes.
    pub(super) fn endpoint_of(&self, region: &str) -> Result<Endpoint, CallError> {
        match &self.endpoint {
            Some(endpoint) => Ok(endpoint.clone()),
            None if REGIONS.contains(&region) => published(&format!("ice.{region}.aliyuncs.com")),
            None => Err(refused(
                IDENTIFIES,
                format!(
                    "the vendor publishes no endpoint of ICE in region {region:?} (it does for {}): set `endpoint` of provider {:?}",
                    REGIONS.join(", "),
                    self.name
                ),
            )),
        }
    }

    /// The region that an endpoint serves, as far as that can be known: its name says, or only one region is configured.
    fn served_by(&self, endpoint: &Endpoint) -> Result<Region, CallError> {
        let host = endpoint.host();
        if let Some(region) = host.strip_prefix("ice.").and_then(|rest| rest.strip_suffix(".aliyuncs.com")) {
            return Region::new(region).map_err(|error| refused(IDENTIFIES, error.to_string()));
        }
        match &self.choice {
            RegionChoice::Named(regions) if regions.len() == 1 => Ok(regions[0].clone()),
            RegionChoice::Named(_) | RegionChoice::All => Err(refused(
                IDENTIFIES,
                format!(
                    "{host} does not say which region it serves, and ICE cannot be asked: give provider {:?} exactly one of `regions`",
                    self.name
                ),
            )),
        }
    }

    /// Who the caller is, which region the endpoint serves, and what time it is there.
    pub(super) async fn identity_at(
        &self,
        region: &Region,
        pace: Pace,
    ) -> Result<(Identity, Fact<Timestamp>), CallError> {
        let served = self.served_by(&self.endpoint_of(region.as_str())?)?;
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => published(STS)?,
        };
        let reader = Reader { client: &self.client, service: Service::Sts, endpoint, pace };
        let reply = reader.read(IDENTIFIES, Parameters::new()).await?;
        let account = Row::new(&reply.body).id("AccountId").map_err(|error| refused(IDENTIFIES, error.to_string()))?;
        let account = Account::new(account).map_err(|error| refused(IDENTIFIES, error.to_string()))?;
        Ok((Identity { account, region: served }, reply.date))
    }
}

#[async_trait]
impl Provider for IceProvider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        self.client.credentials_generation()
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        match (&self.choice, &self.endpoint) {
            (RegionChoice::Named(regions), _) => Ok(regions.clone()),
            (RegionChoice::All, Some(endpoint)) => Ok(vec![self.served_by(endpoint)?]),
            (RegionChoice::All, None) => {
                let named =
                    |region: &&str| Region::new(*region).map_err(|error| refused(IDENTIFIES, error.to_string()));
                REGIONS.iter().map(named).collect()
            }
        }
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        self.identity_at(region, Pace::Once).await.map(|(identity, _)| identity)
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

fn published(text: &str) -> Result<Endpoint, CallError> {
    Endpoint::parse(text).map_err(|error| refused(IDENTIFIES, error.to_string()))
}
