//! Where the access key comes from: the places in which the vendor's own tools look, environment first.
//!
//! The environment names are those of the vendor's command line and SDKs (`ALIBABA_CLOUD_…`, and the older
//! `ALIBABACLOUD_…` and `ALICLOUD_…`), the profiles those of its command line (`~/.aliyun/config.json`, or the file
//! that `ALIBABA_CLOUD_CONFIG_FILE` names).

use std::fmt;
use std::path::PathBuf;

mod profile;
#[cfg(test)]
mod tests;

/// Where to take the credentials from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// The vendor's chain: an access key in the environment, else the command line's profile (the one that
    /// `ALIBABA_CLOUD_PROFILE` names, else the current one).
    Chain,
    /// A profile of the vendor's command line, whatever the environment holds.
    Profile(String),
    /// These.
    Given(Credentials),
}

/// An access key, with a security token where it is a temporary one.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) access_key_secret: Secret,
    pub(crate) security_token: Option<Secret>,
}

impl Credentials {
    /// An access key, with the security token of a temporary one.
    pub fn new(
        access_key_id: impl Into<String>,
        access_key_secret: impl Into<String>,
        security_token: Option<String>,
    ) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            access_key_secret: Secret(access_key_secret.into()),
            security_token: security_token.map(Secret),
        }
    }
}

/// A text that is never shown.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Why there are no credentials. Never holds a part of any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Neither the environment nor a profile has an access key.
    #[error(
        "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or configure a profile with `aliyun configure`"
    )]
    None,
    /// An access key id without its secret.
    #[error("{id} is set, {secret} is not")]
    HalfAKey {
        /// The variable that is set.
        id: String,
        /// The variable that is missing.
        secret: String,
    },
    /// The profiles cannot be read.
    #[error("cannot read the profiles in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The profiles are not in their format. Where exactly is said, what stands there is not.
    #[error("{} is not a file of profiles: line {line}, column {column}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// No profile of that name.
    #[error("{} has no profile {name:?}", path.display())]
    NoProfile {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// The profile lacks something.
    #[error("profile {name:?} in {} has no {field}", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The profile.
        name: String,
        /// What is missing.
        field: &'static str,
    },
    /// The profile gets its credentials in a way that is not implemented.
    #[error(
        "profile {name:?} in {} is of mode {mode:?}; Sexton knows AK and StsToken: use such a profile, or put temporary credentials into the environment",
        path.display()
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// The profile.
        name: String,
        /// Its mode.
        mode: String,
    },
}

/// What is known of the surroundings, so that tests can do without them.
pub(crate) struct Surroundings<'a> {
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) home: Option<PathBuf>,
}

impl Surroundings<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }
}

const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD", "ALIBABACLOUD", "ALICLOUD"];

/// Finds the credentials of a source in this process's environment and home.
pub(crate) fn find(source: &CredentialSource) -> Result<Credentials, CredentialError> {
    find_in(source, &Surroundings { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir() })
}

/// Finds the credentials of a source.
pub(crate) fn find_in(
    source: &CredentialSource,
    surroundings: &Surroundings<'_>,
) -> Result<Credentials, CredentialError> {
    match source {
        CredentialSource::Given(credentials) => Ok(credentials.clone()),
        CredentialSource::Profile(name) => profile::read(surroundings, Some(name)),
        CredentialSource::Chain => match from_environment(surroundings)? {
            Some(credentials) => Ok(credentials),
            None => profile::read(surroundings, None),
        },
    }
}

/// The parts of a key come from names of one prefix: a token of another key would make none of them work.
fn from_environment(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialError> {
    for prefix in PREFIXES {
        let id = format!("{prefix}_ACCESS_KEY_ID");
        let Some(access_key_id) = surroundings.variable(&id) else { continue };
        let secret = format!("{prefix}_ACCESS_KEY_SECRET");
        let Some(access_key_secret) = surroundings.variable(&secret) else {
            return Err(CredentialError::HalfAKey { id, secret });
        };
        let security_token = surroundings.variable(&format!("{prefix}_SECURITY_TOKEN"));
        return Ok(Some(Credentials::new(access_key_id, access_key_secret, security_token)));
    }
    Ok(None)
}
