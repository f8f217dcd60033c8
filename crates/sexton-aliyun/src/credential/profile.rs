//! The profiles of the vendor's command line.

use std::path::PathBuf;

use serde::Deserialize;

use super::{CredentialError, Credentials, Surroundings};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    mode: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    access_key_secret: String,
    #[serde(default)]
    sts_token: String,
}

/// Reads a profile: the one of that name, else the one that `ALIBABA_CLOUD_PROFILE` names, else the current one.
pub(super) fn read(surroundings: &Surroundings<'_>, wanted: Option<&str>) -> Result<Credentials, CredentialError> {
    let path = match surroundings.variable("ALIBABA_CLOUD_CONFIG_FILE") {
        Some(path) => PathBuf::from(path),
        None => match &surroundings.home {
            Some(home) => home.join(".aliyun").join("config.json"),
            None => return Err(CredentialError::None),
        },
    };
    let named = wanted.map(str::to_owned).or_else(|| surroundings.variable("ALIBABA_CLOUD_PROFILE"));
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
            return Err(CredentialError::None);
        }
        Err(source) => return Err(CredentialError::Read { path, source }),
    };
    let file: File = serde_json::from_slice(&text).map_err(|error| CredentialError::Format {
        path: path.clone(),
        line: error.line(),
        column: error.column(),
    })?;
    let name = match named {
        Some(name) => name,
        None if file.current.is_empty() => "default".to_owned(),
        None => file.current,
    };
    let Some(profile) = file.profiles.into_iter().find(|profile| profile.name == name) else {
        return Err(CredentialError::NoProfile { path, name });
    };
    let incomplete = |field| CredentialError::Incomplete { path: path.clone(), name: name.clone(), field };
    let temporary = match profile.mode.as_str() {
        "AK" => false,
        "StsToken" => true,
        _ => return Err(CredentialError::Mode { path, name, mode: profile.mode }),
    };
    if profile.access_key_id.is_empty() {
        return Err(incomplete("access_key_id"));
    }
    if profile.access_key_secret.is_empty() {
        return Err(incomplete("access_key_secret"));
    }
    if temporary && profile.sts_token.is_empty() {
        return Err(incomplete("sts_token"));
    }
    let token = temporary.then_some(profile.sts_token);
    Ok(Credentials::new(profile.access_key_id, profile.access_key_secret, token))
}
