//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::error::Error as _;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{DATE, HeaderMap};
use serde_json::{Map, Value};
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, Effect, ErrorClass};

use super::failure::{class_of, may_have_acted, presentable, retry_after};
use super::keyring::Keyring;
use super::signature::canonical_query;
use super::signed::{self, SignatureVersion};
use super::{Endpoint, Pace};
use crate::credential::{Credentials, Origin};

#[cfg(test)]
mod tests;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Far above any page of a listing.
const LARGEST_ANSWER: usize = 32 << 20;

/// A product of the vendor, by the version of its API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ecs,
    Sts,
    Ess,
    Ice,
}

impl Service {
    pub(super) fn version(self) -> &'static str {
        match self {
            Service::Ecs => "2014-05-26",
            Service::Sts => "2015-04-01",
            Service::Ess => "2022-02-22",
            Service::Ice => "2020-11-09",
        }
    }

    /// How its operations are sent: the vendor's SDK sends what only reads of ICE by GET, and everything else by POST.
    fn method(self, purpose: Purpose) -> Method {
        match (self, purpose) {
            (Service::Ice, Purpose::Read) => Method::GET,
            (Service::Ice, Purpose::Change) | (Service::Ecs | Service::Sts | Service::Ess, _) => Method::POST,
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

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) endpoint: Endpoint,
    pub(crate) operation: &'static str,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) purpose: Purpose,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) body: Map<String, Value>,
    /// The provider's own time.
    pub(crate) date: Fact<Timestamp>,
    pub(crate) request_id: Option<String>,
}

/// Calls operations under one identity.
#[derive(Debug)]
pub(crate) struct RpcClient {
    wire: Wire,
    keyring: Keyring,
}

/// Makes single calls, with whatever credentials it is given.
#[derive(Debug)]
pub(super) struct Wire {
    http: reqwest::Client,
    /// For what is on this machine: no proxy may see it.
    local: reqwest::Client,
    signature: SignatureVersion,
    time_limit: fn(&str) -> Duration,
}

/// A call that nobody signs, for what it sends is the proof.
#[derive(Debug)]
pub(super) struct Unsigned<'a> {
    pub(super) service: Service,
    pub(super) endpoint: Endpoint,
    pub(super) operation: &'static str,
    pub(super) form: Vec<(String, String)>,
    /// The proof, never to be shown.
    pub(super) secret: &'a str,
}

impl RpcClient {
    /// A client that signs by V3 and goes through the proxy of the environment, if there is one, or past it where the endpoint is on this
    /// machine. STS is asked for credentials at the endpoint, where there is one.
    pub(crate) fn new(origin: Origin, endpoint: Option<&Endpoint>) -> Result<Self, reqwest::Error> {
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("sexton/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(CONNECT_TIMEOUT)
                // The signature covers the host: an answer that points elsewhere is not followed.
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .http1_only()
        };
        let local = builder().no_proxy().build()?;
        let http = if endpoint.is_some_and(Endpoint::is_loopback) { local.clone() } else { builder().build()? };
        let wire = Wire { http, local, signature: SignatureVersion::V3, time_limit };
        Ok(Self { wire, keyring: Keyring::new(origin, endpoint.cloned()) })
    }

    /// The same client, signing by that version.
    pub(crate) fn signing_by(mut self, signature: SignatureVersion) -> Self {
        self.wire.signature = signature;
        self
    }

    #[cfg(test)]
    pub(super) fn into_wire(self) -> Wire {
        self.wire
    }

    /// The number of the credentials in use, which is thereby given to the run.
    pub(crate) fn credentials_generation(&self) -> u64 {
        self.keyring.generation()
    }

    /// Makes a call, again where the pace allows it and the failure may pass.
    pub(crate) async fn call_paced(&self, call: &Call, pace: Pace) -> Result<Reply, CallError> {
        let (mut throttled, mut failed) = (0, 0);
        loop {
            let error = match self.call(call).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let attempts = match error.class {
                ErrorClass::Throttle { .. } => &mut throttled,
                ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => &mut failed,
            };
            *attempts += 1;
            let mut dice = [0];
            if getrandom::fill(&mut dice).is_err() {
                return Err(error);
            }
            match pace.pause(*attempts, error.class, dice[0]) {
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
        let credentials = self.keyring.credentials(&self.wire, call.operation, call.purpose).await?;
        self.wire.signed(call, &credentials).await
    }
}

impl Wire {
    /// Makes a call, once, signed with these credentials.
    pub(super) async fn signed(&self, call: &Call, credentials: &Credentials) -> Result<Reply, CallError> {
        let mut nonce = [0_u8; 16];
        if let Err(error) = getrandom::fill(&mut nonce) {
            return Err(unsent(call, ErrorClass::Permanent, format!("no random source for the nonce: {error}")));
        }
        let nonce = format!("{:032x}", u128::from_be_bytes(nonce));
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let result = self.attempt(call, credentials, nonce, now).await;
        match &result {
            Ok(reply) => {
                tracing::debug!(operation = call.operation, request_id = reply.request_id.as_deref(), "answered");
            }
            Err(error) => {
                tracing::debug!(
                    operation = call.operation,
                    status = error.status,
                    code = error.code.as_deref(),
                    "failed"
                );
            }
        }
        result
    }

    async fn attempt(
        &self,
        call: &Call,
        credentials: &Credentials,
        nonce: String,
        now: String,
    ) -> Result<Reply, CallError> {
        let method = call.service.method(call.purpose);
        let signed = signed::sign(self.signature, method.as_str(), call, credentials, nonce, now);
        let url = call.endpoint.url(&canonical_query(&signed.query));
        let mut request = self.http.request(method.clone(), url).timeout((self.time_limit)(call.operation));
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        request = request.header("accept", "application/json");
        if method == Method::POST {
            // Left out by the HTTP library where there is no body, and missed by some servers.
            request = request.header("content-length", "0");
        }

        let secrets: Vec<&str> = signed.secrets.iter().map(String::as_str).collect();
        Context { call, secrets: &secrets }.exchange(request).await
    }

    /// Makes a call that is not signed: a form, posted.
    pub(super) async fn unsigned(&self, unsigned: &Unsigned<'_>) -> Result<Reply, CallError> {
        let Unsigned { service, endpoint, operation, form, secret } = unsigned;
        let (service, operation, endpoint) = (*service, *operation, endpoint.clone());
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let query = [
            ("Action".to_owned(), operation.to_owned()),
            ("Format".to_owned(), "JSON".to_owned()),
            ("Timestamp".to_owned(), now),
            ("Version".to_owned(), service.version().to_owned()),
        ];
        let request = self
            .http
            .post(endpoint.url(&canonical_query(&query)))
            .timeout((self.time_limit)(operation))
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(canonical_query(form));
        let call = Call { service, endpoint, operation, parameters: Vec::new(), purpose: Purpose::Read };
        Context { call: &call, secrets: &[secret] }.exchange(request).await
    }

    /// A request to a service of this machine, past any proxy.
    pub(super) fn beside(
        &self,
        method: reqwest::Method,
        url: reqwest::Url,
        limit: Duration,
    ) -> reqwest::RequestBuilder {
        self.local.request(method, url).timeout(limit)
    }
}

/// What is needed to tell of one attempt.
struct Context<'a> {
    call: &'a Call,
    secrets: &'a [&'a str],
}

impl Context<'_> {
    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Reply, CallError> {
        let mut response = request.send().await.map_err(|error| self.not_answered(error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = self.body(&mut response, status).await?;
        self.read(status, &headers, &body)
    }

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
            ..unsent(self.call, class, format!("no answer from {}: {}", self.call.endpoint.host(), self.chain(error)))
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
        presentable(None, &text, self.secrets)
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

    fn read(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Reply, CallError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let header_id = header("x-acs-request-id").map(str::to_owned);
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(body) else {
            return Err(self.not_json(status, headers, header_id, body));
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let request_id = text("RequestId").map(str::to_owned).or(header_id);
        // A dry run is told by a code, with a status that is not documented.
        let code = text("Code").filter(|code| !matches!(*code, "200" | "OK" | "Success"));
        if (200..300).contains(&status) && code.is_none() {
            let date = header(DATE.as_str()).and_then(http_date).into();
            return Ok(Reply { body, date, request_id });
        }
        let message = text("Message").unwrap_or("no message");
        Err(CallError {
            class: class_of(status, code, retry_after(headers)),
            effect: self.effect(may_have_acted(status, code)),
            operation: self.call.operation.to_owned(),
            code: code.map(str::to_owned),
            status: Some(status),
            message: presentable(code, message, self.secrets),
            request_id,
        })
    }

    fn not_json(&self, status: u16, headers: &HeaderMap, request_id: Option<String>, body: &[u8]) -> CallError {
        const SHOWN: usize = 200;
        let start = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
        // A page that comes with success is not the provider's; the provider itself may answer the next attempt.
        let class = if (200..300).contains(&status) {
            ErrorClass::Transient
        } else {
            class_of(status, None, retry_after(headers))
        };
        let start = presentable(None, &start, self.secrets);
        CallError {
            effect: self.effect(true),
            status: Some(status),
            request_id,
            ..unsent(self.call, class, format!("HTTP status {status} with a body that is no JSON object: {start:?}"))
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

/// The time-outs of the vendor's legacy SDK, where it has one for the operation.
fn time_limit(operation: &str) -> Duration {
    Duration::from_secs(match operation {
        "DeleteSnapshot" => 17,
        "DeleteImage" => 36,
        "DeleteDisk" => 16,
        "DeleteInstance" => 66,
        "DescribeImages" => 38,
        "DescribeSnapshots" => 26,
        _ => 30,
    })
}
