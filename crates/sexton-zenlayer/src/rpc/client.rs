//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{DATE, HeaderMap};
use serde_json::{Map, Value};
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, Effect, ErrorClass};

use super::failure::{blocked, class_of, may_have_acted, normalized, presentable, retry_after};
use super::signature::{ALGORITHM, Signable, authorize};
use super::{Endpoint, Pace};
use crate::credential::{Credentials, Proof};

#[cfg(test)]
mod tests;

const SERVICE: &str = "zec";
const CONTENT_TYPE: &str = "application/json";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the vendor's Python SDK waits for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Far above any page of a listing.
const LARGEST_ANSWER: usize = 32 << 20;

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

/// What a call is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To look: a failure has no effect, whatever it is.
    Read,
    /// To change something.
    Change,
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

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What stands in `response`.
    pub(crate) body: Map<String, Value>,
    /// The provider's own time.
    pub(crate) date: Fact<Timestamp>,
    pub(crate) request_id: Option<String>,
}

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
        let builder = reqwest::Client::builder()
            .user_agent(concat!("sexton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // The signature covers the host: an answer that points elsewhere is not followed.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only();
        let builder = if endpoint.is_loopback() { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build()?, endpoint, version, credentials, time_limit: TIME_LIMIT })
    }

    /// Makes a call, again where the pace allows it and the failure may pass.
    pub(crate) async fn call_paced(&self, call: &Call, pace: Pace) -> Result<Reply, CallError> {
        let mut failed_attempts = 0;
        loop {
            let error = match self.call(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            failed_attempts += 1;
            let mut dice = [0];
            if getrandom::fill(&mut dice).is_err() {
                return Err(error);
            }
            match pace.pause(failed_attempts, error.class, dice[0]) {
                Some(pause) => {
                    tracing::debug!(operation = call.operation, %error, ?pause, "trying again");
                    tokio::time::sleep(pause).await;
                }
                None => return Err(error),
            }
        }
    }

    /// Makes a call, once.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        let result = self.attempt(call, jiff::Timestamp::now().as_second()).await;
        match &result {
            Ok(reply) => {
                tracing::debug!(operation = call.operation, request_id = reply.request_id.as_deref(), "answered");
            }
            Err(error) => {
                let (status, code) = (error.status, error.code.as_deref());
                tracing::debug!(operation = call.operation, status, code, "failed");
            }
        }
        result
    }

    async fn attempt(&self, call: &Call, timestamp: i64) -> Result<Reply, CallError> {
        let body = Value::Object(call.parameters.clone()).to_string();
        let host = self.endpoint.host();
        let mut request = self
            .http
            .post(self.endpoint.url(SERVICE))
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
        let context = Context { call, host: &host, secrets: &secrets };
        let mut response = request.body(body).send().await.map_err(|error| context.not_answered(error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        if let Some(code) = blocked(status, &headers) {
            return Err(context.blocked(status, code));
        }
        let body = context.body(&mut response, status).await?;
        context.read(status, &headers, &body)
    }
}

/// What is needed to tell of one attempt.
struct Context<'a> {
    call: &'a Call,
    host: &'a str,
    secrets: &'a [&'a str],
}

impl Context<'_> {
    fn effect(&self, open: bool) -> Effect {
        match self.call.purpose {
            Purpose::Read => Effect::None,
            Purpose::Change if open => Effect::Unknown,
            Purpose::Change => Effect::None,
        }
    }

    fn not_answered(&self, error: reqwest::Error) -> CallError {
        // A connection that never stood carried no request.
        let sent = !error.is_connect() && !error.is_builder();
        let class = if error.is_builder() { ErrorClass::Permanent } else { ErrorClass::Transient };
        CallError {
            effect: self.effect(sent),
            ..unsent(self.call, class, format!("no answer from {}: {}", self.host, self.chain(error)))
        }
    }

    /// The error and its sources, without the URL.
    fn chain(&self, error: reqwest::Error) -> String {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        presentable(&text, self.secrets)
    }

    /// The request did not reach the API. What the page says is for a browser, and left out.
    fn blocked(&self, status: u16, code: &str) -> CallError {
        let message = format!(
            "{} let the request through to no API (HTTP status {status}): ask the vendor about the address that it comes from",
            self.host
        );
        CallError {
            effect: Effect::None,
            code: Some(code.to_owned()),
            status: Some(status),
            ..unsent(self.call, class_of(status, Some(code), None), message)
        }
    }

    async fn body(&self, response: &mut reqwest::Response, status: u16) -> Result<Vec<u8>, CallError> {
        let broken = |class, message| CallError {
            effect: self.effect(true),
            status: Some(status),
            ..unsent(self.call, class, message)
        };
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) => {
                    let message = format!("the answer broke off: {}", self.chain(error));
                    return Err(broken(ErrorClass::Transient, message));
                }
            }
            if body.len() > LARGEST_ANSWER {
                let message = format!("the answer is longer than {LARGEST_ANSWER} bytes");
                return Err(broken(ErrorClass::Permanent, message));
            }
        }
    }

    /// By the status first: an error is flat, a success is in `response`.
    fn read(&self, status: u16, headers: &HeaderMap, bytes: &[u8]) -> Result<Reply, CallError> {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok()).and_then(http_date).into();
        if status == 204 {
            return Ok(Reply { body: Map::new(), date, request_id: None });
        }
        let Ok(Value::Object(mut body)) = serde_json::from_slice::<Value>(bytes) else {
            return Err(self.not_an_answer(status, headers, "a body that is no JSON object", bytes));
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let request_id = text("requestId").map(str::to_owned);
        if status == 200 {
            return match body.remove("response") {
                Some(Value::Object(response)) => {
                    let inner = response.get("requestId").and_then(Value::as_str).map(str::to_owned);
                    Ok(Reply { body: response, date, request_id: request_id.or(inner) })
                }
                Some(_) | None => Err(self.not_an_answer(status, headers, "no response in it", bytes)),
            };
        }
        let code = text("code").map(normalized);
        let message = presentable(text("message").unwrap_or("no message"), self.secrets);
        Err(CallError {
            class: class_of(status, code.as_deref(), retry_after(headers)),
            effect: self.effect(may_have_acted(status, code.as_deref())),
            operation: self.call.operation.to_owned(),
            code,
            status: Some(status),
            message,
            request_id,
        })
    }

    fn not_an_answer(&self, status: u16, headers: &HeaderMap, what: &str, body: &[u8]) -> CallError {
        const SHOWN: usize = 200;
        let start = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
        // A page that comes with success is not the provider's; the provider itself may answer the next attempt.
        let class = if (200..300).contains(&status) {
            ErrorClass::Transient
        } else {
            class_of(status, None, retry_after(headers))
        };
        let start = presentable(&start, self.secrets);
        CallError {
            effect: self.effect(true),
            status: Some(status),
            ..unsent(self.call, class, format!("HTTP status {status} with {what}: {start:?}"))
        }
    }
}

fn unsent(call: &Call, class: ErrorClass, message: String) -> CallError {
    CallError {
        class,
        effect: Effect::None,
        operation: call.operation.to_owned(),
        code: None,
        status: None,
        message,
        request_id: None,
    }
}

/// The time of a `Date` header.
fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_jiff(date))
}
