//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Map, Value};
use sexton_http::{Answer, Attempt, Endpoint, Pace, Pauses, Purpose, Route, told};
use sexton_provider::CallError;

use super::failure::CODES;
use super::keyring::Keyring;
use super::signature::canonical_query;
use super::signed::{self, SignatureVersion};
use crate::credential::{Credentials, Origin};

#[cfg(test)]
mod tests;

/// The vendor's SDK waits from these on.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), first_throttled: Duration::from_millis(500) };

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
pub(crate) type Reply = sexton_http::Reply<Map<String, Value>>;

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
        let local = sexton_http::client(Route::Direct)?;
        let http = match Route::to(endpoint) {
            Route::Direct => local.clone(),
            Route::ByEnvironment => sexton_http::client(Route::ByEnvironment)?,
        };
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
        PAUSES.paced(pace, call.operation, || self.call(call)).await
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
            let message = format!("no random source for the nonce: {error}");
            return Err(sexton_http::refused(call.operation, message));
        }
        let nonce = format!("{:032x}", u128::from_be_bytes(nonce));
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        told(call.operation, self.attempt(call, credentials, nonce, now).await)
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
        let url = call.endpoint.with_query(&canonical_query(&signed.query));
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
        exchange(call, &secrets, request).await
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
            .post(endpoint.with_query(&canonical_query(&query)))
            .timeout((self.time_limit)(operation))
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(canonical_query(form));
        let call = Call { service, endpoint, operation, parameters: Vec::new(), purpose: Purpose::Read };
        exchange(&call, &[secret], request).await
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

async fn exchange(call: &Call, secrets: &[&str], request: reqwest::RequestBuilder) -> Result<Reply, CallError> {
    let host = call.endpoint.host();
    let attempt = Attempt { operation: call.operation, host: &host, purpose: call.purpose, secrets, codes: &CODES };
    read(&attempt, &attempt.exchange(request).await?)
}

fn read(attempt: &Attempt<'_>, answer: &Answer) -> Result<Reply, CallError> {
    let header_id = answer.header("x-acs-request-id").map(str::to_owned);
    let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&answer.body) else {
        // Half of this one's answer may hold keys that were issued just now, which nobody knows to leave out.
        if attempt.operation.starts_with("AssumeRole") {
            let unseen = Answer { status: answer.status, headers: answer.headers.clone(), body: Vec::new() };
            return Err(attempt.not_the_provider_s(
                &unseen,
                "a body that is no JSON object and is not shown",
                header_id,
            ));
        }
        return Err(attempt.not_the_provider_s(answer, "a body that is no JSON object", header_id));
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let request_id = text("RequestId").map(str::to_owned).or(header_id);
    // A dry run is told by a code, with a status that is not documented.
    let code = text("Code").filter(|code| !matches!(*code, "200" | "OK" | "Success"));
    if answer.is_success() && code.is_none() {
        return Ok(Reply { body, date: answer.date(), request_id });
    }
    Err(attempt.refused(answer, code, text("Message").unwrap_or("no message"), request_id))
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
