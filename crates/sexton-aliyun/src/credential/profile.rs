//! The profiles of the vendor's command line.
//!
//! Modes and fields are those of the vendor's `credentials-go`, `providers/cli_profile.go` and `providers/external.go`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sexton_http::Secret;

use super::origin::{Expected, Origin, Role};
use super::{CredentialError, Credentials, DURATION, Surroundings, instance, session_name};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Profile {
    name: String,
    mode: String,
    access_key_id: String,
    access_key_secret: String,
    sts_token: String,
    ram_role_arn: String,
    ram_session_name: String,
    ram_role_name: String,
    expired_seconds: u32,
    sts_region: String,
    policy: String,
    external_id: String,
    source_profile: String,
    oidc_token_file: String,
    oidc_provider_arn: String,
    process_command: String,
}

/// How many profiles may stand behind one.
const MOST_SOURCES: usize = 8;

/// Reads a profile: the one of that name, else the one that `ALIBABA_CLOUD_PROFILE` names, else the current one. None where there
/// is no file and nobody named a profile.
pub(super) fn read(surroundings: &Surroundings<'_>, wanted: Option<&str>) -> Result<Option<Origin>, CredentialError> {
    if wanted.is_none() && surroundings.is_set("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
        return Ok(None);
    }
    let path = match surroundings.variable("ALIBABA_CLOUD_CONFIG_FILE") {
        Some(path) => PathBuf::from(path),
        None => match &surroundings.home {
            Some(home) => home.join(".aliyun").join("config.json"),
            None => return Ok(None),
        },
    };
    // The variable names a profile of either file; the one of a name that was asked for has to be here.
    let variable = surroundings.variable("ALIBABA_CLOUD_PROFILE");
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && wanted.is_none() => return Ok(None),
        Err(source) => return Err(CredentialError::Read { path, source }),
    };
    let file: File = serde_json::from_slice(&text).map_err(|error| CredentialError::Format {
        path: path.clone(),
        line: error.line(),
        column: error.column(),
    })?;
    let current = if file.current.is_empty() { "default".to_owned() } else { file.current.clone() };
    let name = wanted.map(str::to_owned).or(variable).unwrap_or(current);
    Reading { surroundings, path: &path, file: &file }.origin(&name, 0).map(Some)
}

struct Reading<'a> {
    surroundings: &'a Surroundings<'a>,
    path: &'a Path,
    file: &'a File,
}

impl Reading<'_> {
    fn origin(&self, name: &str, sources: usize) -> Result<Origin, CredentialError> {
        let (path, owned) = (self.path.to_path_buf(), name.to_owned());
        let Some(profile) = self.file.profiles.iter().find(|profile| profile.name == name) else {
            return Err(CredentialError::NoProfile { path, name: owned });
        };
        if sources > MOST_SOURCES {
            return Err(CredentialError::Circle { path, name: owned });
        }
        Ok(match profile.mode.as_str() {
            "AK" => Origin::Fixed(self.key(profile, None)?),
            "StsToken" => {
                Origin::Fixed(self.key(profile, Some(self.needed(profile, "sts_token", &profile.sts_token)?))?)
            }
            "RamRoleArn" => {
                let token = Some(profile.sts_token.clone()).filter(|token| !token.is_empty());
                let by = Origin::Fixed(self.key(profile, token)?);
                Origin::Role { by: Box::new(by), role: self.role(profile)? }
            }
            "ChainableRamRoleArn" => {
                let source = self.needed(profile, "source_profile", &profile.source_profile)?;
                let by = self.origin(&source, sources + 1)?;
                Origin::Role { by: Box::new(by), role: self.role(profile)? }
            }
            "EcsRamRole" => {
                let role_name = Some(profile.ram_role_name.clone()).filter(|name| !name.is_empty());
                instance(self.surroundings, role_name, Expected::Yes)
            }
            "OIDC" => Origin::Oidc {
                role: self.role(profile)?,
                provider_arn: self.needed(profile, "oidc_provider_arn", &profile.oidc_provider_arn)?,
                token_file: self.needed(profile, "oidc_token_file", &profile.oidc_token_file)?.into(),
            },
            "External" => {
                let command = self.needed(profile, "process_command", &profile.process_command)?;
                Origin::Command(Secret::new(command))
            }
            mode => return Err(CredentialError::Mode { path, name: owned, mode: mode.to_owned() }),
        })
    }

    fn needed(&self, profile: &Profile, field: &'static str, value: &str) -> Result<String, CredentialError> {
        if value.is_empty() {
            let (path, name) = (self.path.to_path_buf(), profile.name.clone());
            return Err(CredentialError::Incomplete { path, name, field });
        }
        Ok(value.to_owned())
    }

    fn key(&self, profile: &Profile, token: Option<String>) -> Result<Credentials, CredentialError> {
        let id = self.needed(profile, "access_key_id", &profile.access_key_id)?;
        let secret = self.needed(profile, "access_key_secret", &profile.access_key_secret)?;
        Ok(Credentials::new(id, secret, token))
    }

    fn role(&self, profile: &Profile) -> Result<Role, CredentialError> {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Ok(Role {
            arn: self.needed(profile, "ram_role_arn", &profile.ram_role_arn)?,
            session_name: given(&profile.ram_session_name).unwrap_or_else(|| session_name(self.surroundings)),
            duration: if profile.expired_seconds == 0 { DURATION } else { profile.expired_seconds },
            policy: given(&profile.policy),
            external_id: given(&profile.external_id),
            sts_region: given(&profile.sts_region),
        })
    }
}
