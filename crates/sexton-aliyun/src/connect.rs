//! What every provider of this crate is set up from: credentials, regions, an endpoint.

use sexton_core::address::Region;

use sexton_http::{Endpoint, EndpointError};

use crate::credential::{self, CredentialError, CredentialSource};
use crate::rpc::RpcClient;

/// Which regions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionChoice {
    /// All that the provider lists; with an endpoint of one's own, those that it serves.
    All,
    /// These.
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

/// A client, and the endpoints that it was given.
pub(crate) type Prepared = (RpcClient, Option<Endpoint>, Option<Endpoint>);

/// Finds the credentials and sets up the client. Calls nothing.
pub(crate) fn prepare(
    name: &str,
    endpoint: Option<&str>,
    credentials: &CredentialSource,
) -> Result<(RpcClient, Option<Endpoint>), ConnectError> {
    let (client, endpoint, _) = prepare_with(name, endpoint, None, credentials)?;
    Ok((client, endpoint))
}

/// The same, with a place of one's own in which to ask which endpoints there are.
pub(crate) fn prepare_with(
    name: &str,
    endpoint: Option<&str>,
    bootstrap: Option<&str>,
    credentials: &CredentialSource,
) -> Result<Prepared, ConnectError> {
    let name = || name.to_owned();
    let parsed = |text: Option<&str>| {
        text.map(Endpoint::parse).transpose().map_err(|source| ConnectError::Endpoint { name: name(), source })
    };
    let (endpoint, bootstrap) = (parsed(endpoint)?, parsed(bootstrap)?);
    let origin = credential::find(credentials).map_err(|source| ConnectError::Credentials { name: name(), source })?;
    let client = RpcClient::new(origin, endpoint.as_ref().or(bootstrap.as_ref()));
    let client = client.map_err(|source| ConnectError::Client { name: name(), source })?;
    Ok((client, endpoint, bootstrap))
}
