//! The profiles of the vendor's command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{CredentialError, Credentials, Surroundings};

/// `config.json`: of interest is which profile is the current one.
#[derive(Deserialize, Default)]
struct Settings {
    #[serde(default)]
    current_profile: String,
}

/// One profile of `credentials.json`.
#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    access_key_secret: String,
    #[serde(default)]
    token: String,
}

/// Reads a profile: the one of that name, else the one that `ZENLAYER_PROFILE` names, else the current one.
pub(super) fn read(surroundings: &Surroundings<'_>, wanted: Option<&str>) -> Result<Credentials, CredentialError> {
    let Some(folder) = surroundings.home.as_ref().map(|home| home.join(".zenlayer")) else {
        return Err(CredentialError::None);
    };
    let named = wanted.map(str::to_owned).or_else(|| surroundings.variable("ZENLAYER_PROFILE"));
    let path = folder.join("credentials.json");
    let profiles: Option<BTreeMap<String, Profile>> = parse(&path)?;
    let name = match &named {
        Some(name) => name.clone(),
        None => current(&folder)?,
    };
    let profile = match profiles {
        None if named.is_none() => return Err(CredentialError::None),
        None => None,
        Some(mut profiles) => profiles.remove(&name),
    };
    let Some(profile) = profile else { return Err(CredentialError::NoProfile { path, name }) };
    let key = (profile.access_key_id.trim(), profile.access_key_secret.trim());
    match (key, profile.token.trim()) {
        (("", ""), "") => Err(CredentialError::Incomplete { path, name }),
        (("", ""), token) => Ok(Credentials::bearer(token)),
        (("", _) | (_, ""), _) => Err(CredentialError::Incomplete { path, name }),
        ((id, secret), _) => Ok(Credentials::key(id, secret)),
    }
}

fn current(folder: &Path) -> Result<String, CredentialError> {
    let settings: Settings = parse(&folder.join("config.json"))?.unwrap_or_default();
    Ok(if settings.current_profile.is_empty() { "default".to_owned() } else { settings.current_profile })
}

/// Reads a file of the command line; none where there is none.
fn parse<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, CredentialError> {
    let path: PathBuf = path.to_owned();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(CredentialError::Read { path, source }),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| CredentialError::Format {
        path,
        line: error.line(),
        column: error.column(),
    })
}
