//! STS 2015-04-01: the caller's identity, for which no permission is needed, and assumed roles.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::credential::Credential;
use crate::error::{ApiError, Reply, fields};
use crate::operation::Operation;

/// `own`: the account of the world.
pub(crate) fn get_caller_identity(own: &str, caller: &Credential) -> Reply {
    let account = caller.account.as_deref().unwrap_or(own);
    let user = user_id(&caller.access_key_id);
    if caller.security_token.is_some() {
        return fields(json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:assumed-role/sexton/session"),
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": format!("{user}:session"),
            "RoleId": user,
        }));
    }
    fields(json!({
        "AccountId": account,
        "Arn": format!("acs:ram::{account}:user/sexton"),
        "IdentityType": "RAMUser",
        "PrincipalId": user,
        "UserId": user,
    }))
}

/// The token that [`AssumeRoleWithOIDC`](Operation::AssumeRoleWithOIDC) accepts.
const OIDC_TOKEN: &str = "sexton-emulator-oidc-token";

/// Whether a call comes without a signature: a token of its parameters is its proof.
pub(crate) fn is_unsigned(operation: &str) -> bool {
    operation == Operation::AssumeRoleWithOIDC.name()
}

/// Who brings a token.
pub(crate) fn bearer(parameters: &BTreeMap<String, String>) -> Result<Credential, ApiError> {
    match parameters.get("OIDCToken").map(String::as_str) {
        Some(OIDC_TOKEN) => Ok(Credential::new("oidc", "")),
        Some(_) => Err(ApiError::new(400, "AuthenticationFail.OIDCToken.Invalid", "This OIDC token is invalid.")),
        None => Err(ApiError::missing("OIDCToken")),
    }
}

/// Keys for a role of any account: `acs:ram::ACCOUNT:role/NAME`.
pub(crate) fn assume_role(call: &Call<'_>) -> Result<(Credential, Map<String, Value>), ApiError> {
    call.parameters.required("RoleSessionName")?;
    let arn = call.parameters.required("RoleArn")?;
    let account = arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
    let Some((account, role)) = account.filter(|(account, role)| !account.is_empty() && !role.is_empty()) else {
        return Err(ApiError::invalid("RoleArn", "it is not acs:ram::ACCOUNT:role/NAME"));
    };
    let asked = call.parameters.get("DurationSeconds").unwrap_or("3600");
    let seconds: u64 = asked.parse().map_err(|_| ApiError::invalid("DurationSeconds", "it is no number"))?;
    if !(900..=43_200).contains(&seconds) {
        return Err(ApiError::invalid("DurationSeconds", "it is not from 900 to 43200"));
    }
    let lasts = SignedDuration::from_millis(
        i64::try_from(call.behaviour.session_ms.unwrap_or(seconds * 1_000)).unwrap_or(i64::MAX),
    );
    let expires_at = call.now.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let mut dice = call.dice.clone();
    let mut word = |prefix: &str| format!("{prefix}{:016x}{:016x}", dice.next(), dice.next());
    let (id, secret, token) = (word("STS.emulated-"), word("secret-"), word("token-"));
    let issued = Credential {
        security_token: Some(token.clone()),
        expires_at: Some(expires_at),
        account: Some(account.to_owned()),
        ..Credential::new(id.clone(), secret.clone())
    };
    // The API tells whole seconds, and not more than there are.
    let told = expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let reply = fields(json!({
        "Credentials": { "AccessKeyId": id, "AccessKeySecret": secret, "SecurityToken": token, "Expiration": told },
        "AssumedRoleUser": { "Arn": format!("acs:ram::{account}:role/{role}/session"), "AssumedRoleId": "390000000000000000:session" },
    }))?;
    Ok((issued, reply))
}

/// Eighteen digits that are always the same for a key.
fn user_id(access_key_id: &str) -> String {
    let mut mixed: u64 = 0xCBF2_9CE4_8422_2325;
    for byte in access_key_id.bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    format!("2{:017}", mixed % 100_000_000_000_000_000)
}
