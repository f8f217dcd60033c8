//! The file of profiles that the vendor's SDKs share, `~/.alibabacloud/credentials`: INI, with the types and keys of
//! `credentials-go`, `providers/profile.go`.

use std::path::PathBuf;

use ini::{Ini, Properties};
use sexton_http::Secret;

use super::origin::{Expected, Origin, Role};
use super::{CredentialError, Credentials, DURATION, Surroundings, instance};

/// Reads the profile that `ALIBABA_CLOUD_PROFILE` names, else `default`. None where there is no file.
pub(super) fn read(surroundings: &Surroundings<'_>) -> Result<Option<Origin>, CredentialError> {
    let named = surroundings.variable("ALIBABA_CLOUD_CREDENTIALS_FILE");
    let path = match (&named, &surroundings.home) {
        (Some(path), _) => PathBuf::from(path),
        (None, Some(home)) => home.join(".alibabacloud").join("credentials"),
        (None, None) => return Ok(None),
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => return Ok(None),
        Err(source) => return Err(CredentialError::Read { path, source }),
    };
    let file = Ini::load_from_str(&text).map_err(|error| CredentialError::Format {
        path: path.clone(),
        line: error.line,
        column: error.col,
    })?;
    let name = surroundings.variable("ALIBABA_CLOUD_PROFILE").unwrap_or_else(|| "default".to_owned());
    let Some(section) = file.section(Some(&name)) else {
        return Err(CredentialError::NoProfile { path, name });
    };
    let needed = |section: &Properties, field: &'static str| {
        let value = section.get(field).filter(|value| !value.is_empty()).map(str::to_owned);
        value.ok_or_else(|| CredentialError::Incomplete { path: path.clone(), name: name.clone(), field })
    };
    let key = || -> Result<Credentials, CredentialError> {
        let (id, secret) = (needed(section, "access_key_id")?, needed(section, "access_key_secret")?);
        Ok(Credentials::new(id, secret, None))
    };
    let mode = needed(section, "type")?;
    Ok(Some(match mode.as_str() {
        "access_key" => Origin::Fixed(key()?),
        "sts" => Origin::Fixed(Credentials {
            security_token: Some(Secret::new(needed(section, "security_token")?)),
            ..key()?
        }),
        "ecs_ram_role" => instance(surroundings, Some(needed(section, "role_name")?), Expected::Yes),
        "ram_role_arn" => Origin::Role {
            by: Box::new(Origin::Fixed(key()?)),
            role: Role {
                arn: needed(section, "role_arn")?,
                session_name: needed(section, "role_session_name")?,
                duration: DURATION,
                policy: section.get("policy").filter(|policy| !policy.is_empty()).map(str::to_owned),
                external_id: None,
                sts_region: None,
            },
        },
        _ => return Err(CredentialError::Mode { path: path.clone(), name: name.clone(), mode }),
    }))
}
