//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::time::Duration;

use serde_json::{Map, Value};
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_http::{Answer, Attempt, Endpoint, Pace, Pauses, Purpose, Route, told};
use sexton_provider::{CallError, Effect};

use super::failure::{CODES, SIGNATURE_EXPIRED, blocked, normalized};
use super::signature::{ALGORITHM, Signable, authorize};
use crate::credential::{Credentials, Proof};

#[cfg(test)]
mod tests;

const SERVICE: &str = "zec";
const CONTENT_TYPE: &str = "application/json";
const PATH: &str = "/api/v2/zec";
/// The vendor's SDKs wait 1, 2 and 4 seconds when they are throttled.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), first_throttled: Duration::from_secs(1) };
/// What the vendor's Python SDK waits for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The version of the API that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiVersion {
    /// `2025-09-01`, the current one.
    #[default]
    V20250901,
    /// `2024-04-01`, which has neither custom images nor auto snapshot policies, and no tags.
    V20240401,
}

impl ApiVersion {
    /// As it stands in `X-ZC-Version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V20250901 => "2025-09-01",
            Self::V20240401 => "2024-04-01",
        }
    }
}

/// Parameters of a call.
pub(crate) type Parameters = Map<String, Value>;

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) parameters: Parameters,
    pub(crate) purpose: Purpose,
}

/// A successful answer: what stands in `response`.
pub(crate) type Reply = sexton_http::Reply<Map<String, Value>>;

/// Calls operations under one key or token.
#[derive(Debug)]
pub(crate) struct RpcClient {
    http: reqwest::Client,
    endpoint: Endpoint,
    version: ApiVersion,
    credentials: Credentials,
    time_limit: Duration,
}

impl RpcClient {
    /// A client that goes through the proxy of the environment, if there is one, but for this machine itself.
    pub(crate) fn new(
        endpoint: Endpoint,
        version: ApiVersion,
        credentials: Credentials,
    ) -> Result<Self, reqwest::Error> {
        let http = sexton_http::client(Route::to(Some(&endpoint)))?;
        Ok(Self { http, endpoint, version, credentials, time_limit: TIME_LIMIT })
    }

    /// Makes a call, again where the pace allows it and the failure may pass.
    pub(crate) async fn call_paced(&self, call: &Call, pace: Pace) -> Result<Reply, CallError> {
        PAUSES.paced(pace, call.operation, || self.call(call)).await
    }

    /// Makes a call, once. One that was refused for its time, and so had no effect, is signed anew by the provider's.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        let now = || jiff::Timestamp::now().as_second();
        let mut result = self.attempt(call, now()).await;
        if let Err(failed) = &result
            && self.is_signed_late(&failed.error)
        {
            let timestamp = failed.date.as_ref().known().map_or_else(now, |date| date.as_second());
            result = self.attempt(call, timestamp).await;
        }
        told(call.operation, result.map_err(|failed| *failed.error))
    }

    fn is_signed_late(&self, error: &CallError) -> bool {
        let is_signed = match &self.credentials.0 {
            Proof::Key { .. } => true,
            Proof::Bearer(_) => false,
        };
        is_signed && error.effect == Effect::None && error.code.as_deref() == Some(SIGNATURE_EXPIRED)
    }

    async fn attempt(&self, call: &Call, timestamp: i64) -> Result<Reply, Failed> {
        let body = Value::Object(call.parameters.clone()).to_string();
        let host = self.endpoint.host();
        let mut request = self
            .http
            .post(self.endpoint.with_path(PATH))
            .timeout(self.time_limit)
            .header("content-type", CONTENT_TYPE)
            .header("accept", "application/json")
            .header("x-zc-service", SERVICE)
            .header("x-zc-action", call.operation)
            .header("x-zc-version", self.version.as_str());
        let mut signature = String::new();
        let secret = match &self.credentials.0 {
            Proof::Key { id, password } => {
                let signable = Signable { content_type: CONTENT_TYPE, host: &host, body: body.as_bytes(), timestamp };
                let authorization = authorize(&signable, id, password.reveal());
                signature = authorization.signature;
                request = request
                    .header("x-zc-timestamp", timestamp.to_string())
                    .header("x-zc-signature-method", ALGORITHM)
                    .header("authorization", authorization.header);
                password
            }
            Proof::Bearer(token) => {
                request = request.header("authorization", format!("Bearer {}", token.reveal()));
                token
            }
        };
        let secrets = [secret.reveal(), signature.as_str()];
        let attempt =
            Attempt { operation: call.operation, host: &host, purpose: call.purpose, secrets: &secrets, codes: &CODES };
        let opened = attempt.open(request.body(body)).await?;
        if let Some(code) = blocked(opened.status, &opened.headers) {
            return Err(not_let_through(&attempt, opened.status, code).into());
        }
        read(&attempt, &attempt.finish(opened).await?)
    }
}

/// A failed attempt.
#[derive(Debug)]
struct Failed {
    error: Box<CallError>,
    /// The provider's own time, where it refused.
    date: Fact<Timestamp>,
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self { error: Box::new(error), date: Fact::Unknown }
    }
}

/// The request did not reach the API. What the page says is for a browser, and left out.
fn not_let_through(attempt: &Attempt<'_>, status: u16, code: &str) -> CallError {
    let message = format!(
        "{} let the request through to no API (HTTP status {status}): ask the vendor about the address that it comes from",
        attempt.host
    );
    let class = CODES.class_of(status, Some(code), None);
    CallError { code: Some(code.to_owned()), status: Some(status), ..attempt.unsent(class, message) }
}

/// By the status first: an error is flat, a success is in `response`.
fn read(attempt: &Attempt<'_>, answer: &Answer) -> Result<Reply, Failed> {
    let date = answer.date();
    if answer.status == 204 {
        return Ok(Reply { body: Map::new(), date, request_id: None });
    }
    let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(&answer.body) else {
        return Err(attempt.not_the_provider_s(answer, "a body that is no JSON object", None).into());
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let request_id = text("requestId").map(str::to_owned);
    if answer.status == 200 {
        return match body.remove("response") {
            Some(Value::Object(response)) => {
                let inner = response.get("requestId").and_then(Value::as_str).map(str::to_owned);
                Ok(Reply { body: response, date, request_id: request_id.or(inner) })
            }
            Some(_) | None => Err(attempt.not_the_provider_s(answer, "no response in it", None).into()),
        };
    }
    let code = text("code").map(normalized);
    let error = attempt.refused(answer, code.as_deref(), text("message").unwrap_or("no message"), request_id);
    Err(Failed { error: Box::new(error), date })
}
