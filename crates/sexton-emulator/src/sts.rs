//! STS 2015-04-01, which each service of the vendor has beside its own calls here: the caller's identity, for which no
//! permission is needed, and assumed roles.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::authentication::Gate;
use crate::cloud::Turn;
use crate::credential::Credential;
use crate::dice::Dice;
use crate::error::{ApiError, Reply, fields};
use crate::parameters::Parameters;
use crate::ram::RamPolicy;
use crate::request::RawRequest;

#[cfg(test)]
mod tests;

const VERSION: &str = "2015-04-01";
/// The token that [`AssumeRoleWithOIDC`](StsOperation::AssumeRoleWithOIDC) accepts.
const OIDC_TOKEN: &str = "sexton-emulator-oidc-token";

/// A call of STS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StsOperation {
    GetCallerIdentity,
    AssumeRole,
    AssumeRoleWithOIDC,
}

/// A call of STS, or one of the service that it stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside<T> {
    Sts(StsOperation),
    Own(T),
}

impl<T> Beside<T> {
    /// The call of that version and name, where `own` finds those of the service.
    pub(crate) fn find(
        version: &str,
        action: &str,
        own: impl FnOnce(&str, &str) -> Result<T, ApiError>,
    ) -> Result<Self, ApiError> {
        let of_sts = (version == VERSION).then(|| StsOperation::find(action)).flatten();
        of_sts.map_or_else(|| own(version, action).map(Self::Own), |operation| Ok(Self::Sts(operation)))
    }
}

impl StsOperation {
    fn name(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::AssumeRoleWithOIDC => "AssumeRoleWithOIDC",
        }
    }

    fn find(action: &str) -> Option<Self> {
        let all = [Self::GetCallerIdentity, Self::AssumeRole, Self::AssumeRoleWithOIDC];
        all.into_iter().find(|operation| operation.name() == action)
    }
}

/// Whether a call comes without a signature: a token of its parameters is its proof.
pub(crate) fn is_unsigned(operation: &str) -> bool {
    operation == StsOperation::AssumeRoleWithOIDC.name()
}

/// Who makes a call: whose keys signed it, or who brings a token.
pub(crate) fn caller(
    gate: &mut Gate,
    request: &RawRequest,
    operation: &str,
    parameters: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Credential, ApiError> {
    if is_unsigned(operation) { bearer(parameters) } else { gate.admit(request, now) }
}

/// Who brings a token.
pub(crate) fn bearer(parameters: &BTreeMap<String, String>) -> Result<Credential, ApiError> {
    match parameters.get("OIDCToken").map(String::as_str) {
        Some(OIDC_TOKEN) => Ok(Credential::new("oidc", "")),
        Some(_) => Err(ApiError::new(400, "AuthenticationFail.OIDCToken.Invalid", "This OIDC token is invalid.")),
        None => Err(ApiError::missing("OIDCToken")),
    }
}

/// One call of STS.
#[derive(Debug)]
pub(crate) struct StsCall<'a> {
    pub(crate) operation: StsOperation,
    pub(crate) parameters: &'a Parameters,
    pub(crate) caller: &'a Credential,
    /// The account of the world.
    pub(crate) own: &'a str,
    /// For how long sessions last, where not as long as was asked for.
    pub(crate) session_ms: Option<u64>,
    pub(crate) turn: Turn<'a>,
}

impl StsCall<'_> {
    /// Carries it out. Keys that are issued are good at the gate from then on.
    pub(crate) fn carry_out(&self, gate: &mut Gate) -> Reply {
        match self.operation {
            StsOperation::GetCallerIdentity => identity(self.own, self.caller),
            StsOperation::AssumeRole | StsOperation::AssumeRoleWithOIDC => {
                let name = self.operation.name();
                if !self.caller.may(name, &format!("sts:{name}")) {
                    let message = "You are not authorized to do this action. You should be authorized by RAM.";
                    return Err(ApiError::new(403, "NoPermission", message));
                }
                let (issued, reply) = self.assume_role()?;
                gate.issue(issued);
                Ok(reply)
            }
        }
    }

    /// Keys for a role of any account: `acs:ram::ACCOUNT:role/NAME`. The role may do everything, or what the session's
    /// own policy allows.
    fn assume_role(&self) -> Result<(Credential, Map<String, Value>), ApiError> {
        self.parameters.required("RoleSessionName")?;
        let arn = self.parameters.required("RoleArn")?;
        let account = arn.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(":role/"));
        let Some((account, role)) = account.filter(|(account, role)| !account.is_empty() && !role.is_empty()) else {
            return Err(ApiError::invalid("RoleArn", "it is not acs:ram::ACCOUNT:role/NAME"));
        };
        let asked = self.parameters.get("DurationSeconds").unwrap_or("3600");
        let seconds: u64 = asked.parse().map_err(|_| ApiError::invalid("DurationSeconds", "it is no number"))?;
        if !(900..=43_200).contains(&seconds) {
            return Err(ApiError::invalid("DurationSeconds", "it is not from 900 to 43200"));
        }
        let policy: Option<RamPolicy> = match self.parameters.get("Policy") {
            None => None,
            Some(text) => Some(serde_json::from_str(text).map_err(|_| {
                ApiError::new(
                    400,
                    "InvalidParameter.PolicyGrammar",
                    "The parameter Policy has not passed grammar check.",
                )
            })?),
        };
        let lasts =
            SignedDuration::from_millis(i64::try_from(self.session_ms.unwrap_or(seconds * 1_000)).unwrap_or(i64::MAX));
        let expires_at = self.turn.now.checked_add(lasts).unwrap_or(Timestamp::MAX);
        let mut dice = Dice::split(self.turn.seed, 2_000, self.turn.seq);
        let mut word = |prefix: &str| format!("{prefix}{:016x}{:016x}", dice.next(), dice.next());
        let (id, secret, token) = (word("STS.emulated-"), word("secret-"), word("token-"));
        let issued = Credential {
            security_token: Some(token.clone()),
            expires_at: Some(expires_at),
            account: Some(account.to_owned()),
            ram_policy: policy.map(|policy| vec![policy]),
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
}

/// Who is calling. `own`: the account of the world.
fn identity(own: &str, caller: &Credential) -> Reply {
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
    if caller.is_the_account_s() {
        return fields(json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:root"),
            "IdentityType": "Account",
            "PrincipalId": account,
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

/// Eighteen digits that are always the same for a key.
fn user_id(access_key_id: &str) -> String {
    let mut mixed: u64 = 0xCBF2_9CE4_8422_2325;
    for byte in access_key_id.bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    format!("2{:017}", mixed % 100_000_000_000_000_000)
}
