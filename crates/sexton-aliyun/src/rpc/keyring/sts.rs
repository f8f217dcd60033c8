//! Roles: STS 2015-04-01 AssumeRole and AssumeRoleWithOIDC.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sexton_http::{Endpoint, Purpose, unsent};
use sexton_provider::{CallError, ErrorClass};

use super::Session;
use crate::credential::{Credentials, Role};
use crate::rpc::client::{Unsigned, Wire};
use crate::rpc::{Call, Service};

const CENTRAL: &str = "sts.aliyuncs.com";

/// Assumes a role with other credentials.
pub(super) async fn assume(
    wire: &Wire,
    sts: Option<&Endpoint>,
    role: &Role,
    by: &Credentials,
) -> Result<Session, CallError> {
    const OPERATION: &str = "AssumeRole";
    let mut parameters = of_role(role);
    parameters.extend(role.external_id.iter().map(|id| ("ExternalId".to_owned(), id.clone())));
    let endpoint = endpoint(sts, role, OPERATION)?;
    let call = Call { service: Service::Sts, endpoint, operation: OPERATION, parameters, purpose: Purpose::Read };
    let reply = wire.signed(&call, by).await?;
    session(OPERATION, &reply.body)
}

/// Assumes a role with a token that somebody else issued. The call is not signed: the token is what proves.
pub(super) async fn assume_by_token(
    wire: &Wire,
    sts: Option<&Endpoint>,
    role: &Role,
    provider_arn: &str,
    token_file: &Path,
) -> Result<Session, CallError> {
    const OPERATION: &str = "AssumeRoleWithOIDC";
    let token = tokio::fs::read_to_string(token_file).await.map_err(|error| {
        unsent(OPERATION, ErrorClass::Auth, format!("cannot read the token in {}: {error}", token_file.display()))
    })?;
    let token = token.trim();
    let mut form = of_role(role);
    form.push(("OIDCProviderArn".to_owned(), provider_arn.to_owned()));
    form.push(("OIDCToken".to_owned(), token.to_owned()));
    let endpoint = endpoint(sts, role, OPERATION)?;
    let unsigned = Unsigned { service: Service::Sts, endpoint, operation: OPERATION, form, secret: token };
    let reply = wire.unsigned(&unsigned).await?;
    session(OPERATION, &reply.body)
}

fn of_role(role: &Role) -> Vec<(String, String)> {
    let mut parameters = vec![
        ("RoleArn".to_owned(), role.arn.clone()),
        ("RoleSessionName".to_owned(), role.session_name.clone()),
        ("DurationSeconds".to_owned(), role.duration.to_string()),
    ];
    parameters.extend(role.policy.iter().map(|policy| ("Policy".to_owned(), policy.clone())));
    parameters
}

fn endpoint(sts: Option<&Endpoint>, role: &Role, operation: &str) -> Result<Endpoint, CallError> {
    if let Some(sts) = sts {
        return Ok(sts.clone());
    }
    let host = role.sts_region.as_ref().map_or(CENTRAL.to_owned(), |region| format!("sts.{region}.aliyuncs.com"));
    Endpoint::parse(&host).map_err(|error| unsent(operation, ErrorClass::Permanent, error.to_string()))
}

/// The credentials of an answer, `Credentials{AccessKeyId, AccessKeySecret, SecurityToken, Expiration}`.
fn session(operation: &str, body: &Map<String, Value>) -> Result<Session, CallError> {
    let credentials = body.get("Credentials").and_then(Value::as_object);
    credentials.and_then(|fields| of_fields(fields, Timestamp::now())).ok_or_else(|| {
        unsent(operation, ErrorClass::Auth, "the answer holds no credentials that can be used".to_owned())
    })
}

/// Credentials with a token and an end, as STS and the metadata service both tell them.
pub(super) fn of_fields(fields: &Map<String, Value>, now: Timestamp) -> Option<Session> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let credentials =
        Credentials::new(text("AccessKeyId")?, text("AccessKeySecret")?, Some(text("SecurityToken")?.to_owned()));
    let expires: Timestamp = text("Expiration")?.parse().ok()?;
    Some(Session::until(credentials, expires, now))
}
