//! Where the access key comes from: the places in which the vendor's own tools look, in their order.
//!
//! The environment names are those of the vendor's command line and SDKs (`ALIBABA_CLOUD_…`, and the older
//! `ALIBABACLOUD_…` and `ALICLOUD_…`), the profiles those of its command line (`~/.aliyun/config.json`, or the file
//! that `ALIBABA_CLOUD_CONFIG_FILE` names) and of its SDKs (`~/.alibabacloud/credentials`). The order is the one of the vendor's
//! `credentials-go`, `providers/default.go`; unlike there, a place that is there and wrong is an error and not passed over.

use std::path::PathBuf;

use sexton_http::Secret;

pub(crate) use origin::{Expected, FirstVersion, Origin, Role};

mod origin;
mod profile;
mod sdk_profile;
#[cfg(test)]
mod tests;

/// Where to take the credentials from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// The vendor's chain: an access key in the environment; a token file that the environment names (OIDC); the command
    /// line's profile (the one that `ALIBABA_CLOUD_PROFILE` names, else the current one); the SDKs' file of profiles; the
    /// role of the instance that this runs on.
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
            access_key_secret: Secret::new(access_key_secret),
            security_token: security_token.map(Secret::new),
        }
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
    /// The profile gets its credentials in a way that is not known.
    #[error(
        "profile {name:?} in {} is of mode {mode:?}; Sexton knows AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC and External",
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
    /// Profiles that name each other as their source.
    #[error("profile {name:?} in {} is its own source", path.display())]
    Circle {
        /// The file.
        path: PathBuf,
        /// The profile.
        name: String,
    },
    /// Some of what OIDC needs is in the environment, and some is not.
    #[error("{set} is set, {missing} is not")]
    HalfOfOidc {
        /// A variable that is set.
        set: &'static str,
        /// One that is missing.
        missing: &'static str,
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

    /// Whether a variable says yes.
    fn is_set(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

const PREFIXES: [&str; 3] = ["ALIBABA_CLOUD", "ALIBABACLOUD", "ALICLOUD"];

/// Finds where a source's credentials come from, in this process's environment and home.
pub(crate) fn find(source: &CredentialSource) -> Result<Origin, CredentialError> {
    find_in(source, &Surroundings { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir() })
}

/// Finds where a source's credentials come from. Asks nobody for them.
pub(crate) fn find_in(source: &CredentialSource, surroundings: &Surroundings<'_>) -> Result<Origin, CredentialError> {
    match source {
        CredentialSource::Given(credentials) => return Ok(Origin::Fixed(credentials.clone())),
        CredentialSource::Profile(name) => {
            let known = profile::read(surroundings, Some(name))?;
            return known.ok_or(CredentialError::None);
        }
        CredentialSource::Chain => {}
    }
    if let Some(credentials) = from_environment(surroundings)? {
        return Ok(Origin::Fixed(credentials));
    }
    if let Some(origin) = oidc_from_environment(surroundings)? {
        return Ok(origin);
    }
    if let Some(origin) = profile::read(surroundings, None)? {
        return Ok(origin);
    }
    if let Some(origin) = sdk_profile::read(surroundings)? {
        return Ok(origin);
    }
    if surroundings.is_set("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
        return Err(CredentialError::None);
    }
    let role_name = surroundings.variable("ALIBABA_CLOUD_ECS_METADATA");
    let expected = if role_name.is_some() { Expected::Yes } else { Expected::Perhaps };
    Ok(instance(surroundings, role_name, expected))
}

/// The role of the instance that this runs on.
fn instance(surroundings: &Surroundings<'_>, role_name: Option<String>, expected: Expected) -> Origin {
    let disabled = surroundings.is_set("ALIBABA_CLOUD_IMDSV1_DISABLED");
    let first_version = if disabled { FirstVersion::Disabled } else { FirstVersion::Allowed };
    Origin::Instance { role_name, first_version, expected }
}

/// How long the credentials of a role last where nobody says: the vendor's own default.
const DURATION: u32 = 3_600;

/// The name of a session, for the vendor's audit log.
fn session_name(surroundings: &Surroundings<'_>) -> String {
    surroundings.variable("ALIBABA_CLOUD_ROLE_SESSION_NAME").unwrap_or_else(|| "sexton".to_owned())
}

/// All three of what OIDC needs, or none: a part alone is a mistake.
fn oidc_from_environment(surroundings: &Surroundings<'_>) -> Result<Option<Origin>, CredentialError> {
    const TOKEN: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
    const PROVIDER: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
    const ROLE: &str = "ALIBABA_CLOUD_ROLE_ARN";
    // The role's name alone is also used by other tools.
    let (token, provider) = (surroundings.variable(TOKEN), surroundings.variable(PROVIDER));
    let (token_file, provider_arn, arn) = match (token, provider, surroundings.variable(ROLE)) {
        (None, None, _) => return Ok(None),
        (Some(token), Some(provider), Some(role)) => (token, provider, role),
        (Some(_), None, _) => return Err(CredentialError::HalfOfOidc { set: TOKEN, missing: PROVIDER }),
        (None, Some(_), _) => return Err(CredentialError::HalfOfOidc { set: PROVIDER, missing: TOKEN }),
        (Some(_), Some(_), None) => return Err(CredentialError::HalfOfOidc { set: TOKEN, missing: ROLE }),
    };
    let role = Role {
        arn,
        session_name: session_name(surroundings),
        duration: DURATION,
        policy: None,
        external_id: None,
        sts_region: surroundings.variable("ALIBABA_CLOUD_STS_REGION"),
    };
    Ok(Some(Origin::Oidc { role, provider_arn, token_file: token_file.into() }))
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
