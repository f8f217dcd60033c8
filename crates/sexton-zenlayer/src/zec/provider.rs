//! The provider itself: how it is configured, which regions there are, and what can be said of the caller.

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Region};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_http::{Endpoint, EndpointError, Pace, refused};
use sexton_provider::{Answer, CallError, Identity, ListSink, Observed, Provider, Quota, RemovalCall};
use tokio::sync::OnceCell;

use super::pages::Reader;
use super::row::Row;
use super::rulebook::zec_rulebook;
use super::vocabulary::global;
use super::zones::Zones;
use super::{dependents, list, probe, remove};
use crate::credential::{self, CredentialError, CredentialSource};
use crate::rpc::{ApiVersion, Parameters, RpcClient};

/// The one endpoint that the vendor publishes.
const ENDPOINT: &str = "console.zenlayer.com";

const DESCRIBE_ZONES: &str = "DescribeZones";

/// How to reach ZEC.
#[derive(Debug, Clone)]
pub struct ZecConfig {
    /// What the user calls this provider. Told in errors.
    pub name: String,
    /// What the user calls the account: the API has no call that tells whose a key is.
    pub account: Account,
    /// Which regions are meant.
    pub regions: RegionChoice,
    /// An endpoint to use in place of the one that the vendor publishes.
    pub endpoint: Option<String>,
    /// The version of the API.
    pub version: ApiVersion,
    /// Where the access key or the token comes from.
    pub credentials: CredentialSource,
}

/// Which regions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoice {
    /// All that have a zone, and `global`, under which images are listed.
    All,
    /// These. Images are listed only where `global` is among them.
    Named(Vec<Region>),
}

/// Why a provider cannot be set up. Nothing was called yet.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There are no credentials.
    #[error("provider {name:?}: no credentials")]
    Credentials {
        /// The provider's name in the configuration.
        name: String,
        /// Why not.
        #[source]
        source: CredentialError,
    },
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

/// Zenlayer ZEC under one key or token.
#[derive(Debug)]
pub struct ZecProvider {
    name: String,
    account: Account,
    rulebook: Rulebook,
    client: RpcClient,
    choice: RegionChoice,
    version: ApiVersion,
    /// The zones, once they were asked for.
    zones: OnceCell<Zones>,
}

impl ZecProvider {
    /// Finds the credentials and sets up the client. Calls nothing.
    ///
    /// # Errors
    /// There are no credentials, or the endpoint is not usable.
    pub fn connect(config: ZecConfig) -> Result<Self, ConnectError> {
        let ZecConfig { name, account, regions, endpoint, version, credentials } = config;
        let endpoint = match Endpoint::parse(endpoint.as_deref().unwrap_or(ENDPOINT)) {
            Ok(endpoint) => endpoint,
            Err(source) => return Err(ConnectError::Endpoint { name, source }),
        };
        let credentials = match credential::find(&credentials) {
            Ok(credentials) => credentials,
            Err(source) => return Err(ConnectError::Credentials { name, source }),
        };
        let client = match RpcClient::new(endpoint, version, credentials) {
            Ok(client) => client,
            Err(source) => return Err(ConnectError::Client { name, source }),
        };
        let (rulebook, zones) = (zec_rulebook(), OnceCell::new());
        Ok(Self { name, account, rulebook, client, choice: regions, version, zones })
    }

    /// What the user calls this provider.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn client(&self) -> &RpcClient {
        &self.client
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    pub(super) fn version(&self) -> ApiVersion {
        self.version
    }

    pub(super) fn choice(&self) -> &RegionChoice {
        &self.choice
    }

    pub(super) fn reader(&self, pace: Pace) -> Reader<'_> {
        Reader { client: &self.client, pace }
    }

    /// The zones and their regions, asked for once.
    pub(super) async fn zones(&self, pace: Pace) -> Result<&Zones, CallError> {
        self.zones.get_or_try_init(|| self.describe_zones(pace)).await
    }

    async fn describe_zones(&self, pace: Pace) -> Result<Zones, CallError> {
        let reply = self.reader(pace).read(DESCRIBE_ZONES, Parameters::new()).await?;
        Zones::read(Row::new(&reply.body)).map_err(|error| refused(DESCRIBE_ZONES, error.to_string()))
    }

    /// Asks for the zones anew: that the key is accepted now is all that can be proved of the caller.
    pub(super) async fn identity_at(&self, region: &Region, pace: Pace) -> Result<Identity, CallError> {
        let zones = self.describe_zones(pace).await?;
        if !zones.regions().contains(region) {
            let message = format!("the provider lists no region {region}: check `regions` of provider {:?}", self.name);
            return Err(refused(DESCRIBE_ZONES, message));
        }
        Ok(Identity { account: self.account.clone(), region: region.clone() })
    }
}

#[async_trait]
impl Provider for ZecProvider {
    fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// None is published.
    fn quotas(&self) -> &[Quota] {
        &[]
    }

    fn credentials_generation(&self) -> u64 {
        0
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        match &self.choice {
            RegionChoice::Named(regions) => Ok(regions.clone()),
            // Listings ask, and nothing above them tries again.
            RegionChoice::All => Ok(self.zones(Pace::Patient).await?.regions().into_iter().collect()),
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

/// Whether a region is the one of what is the account's.
pub(super) fn is_global(region: &Region) -> bool {
    *region == global()
}
