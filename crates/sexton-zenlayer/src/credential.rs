//! Where the access key or the token comes from: the places in which the vendor's own tools look, environment first.
//!
//! The names of the environment are those of the vendor's Terraform provider (`ZENLAYERCLOUD_ACCESS_KEY_ID` and
//! `…_PASSWORD`) and of its command line (`ZENLAYER_ACCESS_KEY_ID` and `…_SECRET`); no tool of the vendor reads a token
//! from the environment, and `ZENLAYERCLOUD_ACCESS_TOKEN` is a name of our own. Profiles are those of the command line:
//! `~/.zenlayer/credentials.json`, the current one by `~/.zenlayer/config.json`.

use std::path::PathBuf;

use sexton_http::Secret;

mod profile;
#[cfg(test)]
mod tests;

/// Where to take the credentials from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// The vendor's chain: an access key or a token in the environment, else the command line's profile (the one that
    /// `ZENLAYER_PROFILE` names, else the current one).
    Chain,
    /// A profile of the vendor's command line, whatever the environment holds.
    Profile(String),
    /// These.
    Given(Credentials),
}

/// How a caller shows who it is.
#[derive(Debug, Clone)]
pub struct Credentials(pub(crate) Proof);

/// What is sent with a request.
#[derive(Debug, Clone)]
pub(crate) enum Proof {
    /// A signature by an access key.
    Key { id: String, password: Secret },
    /// A personal access token.
    Bearer(Secret),
}

impl Credentials {
    /// An access key. White space around either part is left out, as the vendor's SDK does.
    pub fn key(access_key_id: impl AsRef<str>, access_key_password: impl AsRef<str>) -> Self {
        Self(Proof::Key {
            id: access_key_id.as_ref().trim().to_owned(),
            password: Secret::new(access_key_password.as_ref().trim()),
        })
    }

    /// A personal access token, sent as `Authorization: Bearer …`.
    pub fn bearer(token: impl AsRef<str>) -> Self {
        Self(Proof::Bearer(Secret::new(token.as_ref().trim())))
    }
}

/// Why there are no credentials. Never holds a part of any.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// Neither the environment nor a profile has an access key or a token.
    #[error(
        "no credentials: set ZENLAYERCLOUD_ACCESS_KEY_ID and ZENLAYERCLOUD_ACCESS_KEY_PASSWORD, or configure a profile with `zeno configure`"
    )]
    None,
    /// An access key id without its password.
    #[error("{id} is set, {password} is not")]
    HalfAKey {
        /// The variable that is set.
        id: &'static str,
        /// The variable that is missing.
        password: &'static str,
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
    /// The profile has neither a whole access key nor a token.
    #[error("profile {name:?} in {} has neither an access key with its secret nor a token", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The profile.
        name: String,
    },
}

/// What is known of the surroundings, so that tests can do without them.
pub(crate) struct Surroundings<'a> {
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) home: Option<PathBuf>,
}

impl Surroundings<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }
}

/// The names of a key's parts, by tool.
const KEYS: [(&str, &str); 2] = [
    ("ZENLAYERCLOUD_ACCESS_KEY_ID", "ZENLAYERCLOUD_ACCESS_KEY_PASSWORD"),
    ("ZENLAYER_ACCESS_KEY_ID", "ZENLAYER_ACCESS_KEY_SECRET"),
];
const TOKEN: &str = "ZENLAYERCLOUD_ACCESS_TOKEN";

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

/// The parts of a key come from the names of one tool.
fn from_environment(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialError> {
    for (id, password) in KEYS {
        let Some(access_key_id) = surroundings.variable(id) else { continue };
        let Some(access_key_password) = surroundings.variable(password) else {
            return Err(CredentialError::HalfAKey { id, password });
        };
        return Ok(Some(Credentials::key(access_key_id, access_key_password)));
    }
    Ok(surroundings.variable(TOKEN).map(Credentials::bearer))
}
