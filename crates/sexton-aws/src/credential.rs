//! Where the access key comes from: the places in which the vendor's own tools look, by its own crate.
//!
//! Temporary credentials are renewed before they end, by whichever read comes next. Removals take only credentials of
//! the generation that was last told, so that a run can ask first whose the new ones are.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_config::meta::region::RegionProviderChain;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use sexton_http::Renewable;
use sexton_provider::ErrorClass;
use tokio::sync::OnceCell;

#[cfg(test)]
mod tests;

/// Where to take the credentials from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// The vendor's chain: the environment, the profile (the one that `AWS_PROFILE` names, else `default`), a web
    /// identity, the container's role, the machine's role.
    Chain,
    /// A profile of the vendor's configuration files, whatever the environment holds. It may assume a role.
    Profile(String),
    /// These.
    Given(Credentials),
}

/// An access key, with a session token where it is a temporary one.
#[derive(Clone)]
pub struct Credentials(aws_credential_types::Credentials);

impl Credentials {
    /// An access key, with the session token of a temporary one.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_access_key: impl Into<String>,
        session_token: Option<String>,
    ) -> Self {
        Self(aws_credential_types::Credentials::new(access_key_id, secret_access_key, session_token, None, "given"))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.0.access_key_id()).finish_non_exhaustive()
    }
}

/// Why a call has no credentials. Never holds a part of any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCredentials {
    /// No place has any.
    #[error(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure a profile with `aws configure`"
    )]
    None,
    /// A place has some that cannot be used as they stand.
    #[error("the configuration of the credentials is not usable: {0}")]
    Configuration(String),
    /// A place did not give any this time.
    #[error("the credentials could not be got: {0}")]
    NotGiven(String),
    /// They are others than those whose owner was asked for.
    #[error("the credentials were renewed: nothing is removed by them before it is known whose they are")]
    Renewed,
}

impl NoCredentials {
    pub(crate) fn class(&self) -> ErrorClass {
        match self {
            NoCredentials::None | NoCredentials::Configuration(_) => ErrorClass::Auth,
            NoCredentials::NotGiven(_) | NoCredentials::Renewed => ErrorClass::Transient,
        }
    }
}

/// How long before their end credentials are renewed, as the vendor's SDKs do.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);
/// How long before their end credentials are no longer used.
const UNUSED_BEFORE_END: Duration = Duration::from_secs(10);

/// The credentials in use, and those before them by number.
#[derive(Debug)]
pub(crate) struct Keyring {
    source: CredentialSource,
    provider: OnceCell<SharedCredentialsProvider>,
    held: Renewable<Held>,
    told: AtomicU64,
}

#[derive(Debug, Clone)]
struct Held {
    credentials: aws_credential_types::Credentials,
    generation: u64,
}

impl Held {
    fn lasts(&self, now: SystemTime, margin: Duration) -> bool {
        self.credentials.expiry().is_none_or(|end| now + margin < end)
    }
}

impl Keyring {
    pub(crate) fn new(source: CredentialSource) -> Self {
        Self { source, provider: OnceCell::new(), held: Renewable::new(None), told: AtomicU64::new(0) }
    }

    /// The number of the credentials in use, which removals are bound to from here on.
    pub(crate) fn tell_generation(&self) -> u64 {
        let generation = self.held.latest().known().map_or(0, |held| held.generation);
        self.told.store(generation, Ordering::SeqCst);
        generation
    }

    /// Credentials for a read, renewed where they end soon.
    pub(crate) async fn current(&self) -> Result<aws_credential_types::Credentials, NoCredentials> {
        Ok(self.lasting(SystemTime::now()).await?.credentials)
    }

    /// Credentials for a change: those of the generation that was last told, or none.
    pub(crate) async fn last_given(&self) -> Result<aws_credential_types::Credentials, NoCredentials> {
        let now = SystemTime::now();
        let told = self.told.load(Ordering::SeqCst);
        let usable = match self.held.latest().known() {
            Some(held) if held.lasts(now, UNUSED_BEFORE_END) => held.clone(),
            Some(_) | None => self.lasting(now).await?,
        };
        if usable.generation == told { Ok(usable.credentials) } else { Err(NoCredentials::Renewed) }
    }

    async fn lasting(&self, now: SystemTime) -> Result<Held, NoCredentials> {
        let mut slot = self.held.latest();
        if slot.value().get().is_some_and(|held| !held.lasts(now, RENEWED_BEFORE_END)) {
            slot = self.held.after(&slot);
        }
        match slot.value().get_or_try_init(|| self.renewed(slot.before())).await {
            Ok(held) => Ok(held.clone()),
            Err(error) => match slot.before().filter(|held| held.lasts(now, UNUSED_BEFORE_END)) {
                Some(held) => {
                    tracing::warn!(%error, "credentials that end soon could not be renewed");
                    Ok(held.clone())
                }
                None => Err(error),
            },
        }
    }

    /// Under a number of their own where the key is another.
    async fn renewed(&self, before: Option<&Held>) -> Result<Held, NoCredentials> {
        // The vendor's chain is a large future, of which a call that has its credentials should not bear the size.
        let credentials = Box::pin(self.fetch()).await?;
        let generation =
            before.map_or(0, |held| held.generation + u64::from(!is_same_key(&held.credentials, &credentials)));
        Ok(Held { credentials, generation })
    }

    async fn fetch(&self) -> Result<aws_credential_types::Credentials, NoCredentials> {
        let provider = self.provider.get_or_init(|| provider_of(&self.source)).await;
        provider.provide_credentials().await.map_err(|error| match &error {
            CredentialsError::CredentialsNotLoaded(_) => NoCredentials::None,
            CredentialsError::InvalidConfiguration(_) => NoCredentials::Configuration(chain(&error)),
            CredentialsError::ProviderTimedOut(_)
            | CredentialsError::ProviderError(_)
            | CredentialsError::Unhandled(_) => NoCredentials::NotGiven(chain(&error)),
            // What the vendor's crate adds later.
            _ => NoCredentials::NotGiven(chain(&error)),
        })
    }
}

async fn provider_of(source: &CredentialSource) -> SharedCredentialsProvider {
    match source {
        CredentialSource::Given(Credentials(credentials)) => SharedCredentialsProvider::new(credentials.clone()),
        CredentialSource::Chain => {
            // Where a role is assumed; any region can tell.
            let region = RegionProviderChain::default_provider().or_else("us-east-1");
            let chain = aws_config::default_provider::credentials::DefaultCredentialsChain::builder().region(region);
            SharedCredentialsProvider::new(chain.build().await)
        }
        CredentialSource::Profile(name) => {
            let profile = aws_config::profile::ProfileFileCredentialsProvider::builder().profile_name(name);
            SharedCredentialsProvider::new(profile.build())
        }
    }
}

fn is_same_key(a: &aws_credential_types::Credentials, b: &aws_credential_types::Credentials) -> bool {
    let key = |of: &aws_credential_types::Credentials| {
        (of.access_key_id().to_owned(), of.secret_access_key().to_owned(), of.session_token().map(str::to_owned))
    };
    key(a) == key(b)
}

/// What the vendor's crate says: names of places, roles and codes, never keys.
fn chain(error: &CredentialsError) -> String {
    const LIMIT: usize = 500;
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LIMIT).collect()
}
