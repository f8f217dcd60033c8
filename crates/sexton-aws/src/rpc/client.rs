//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::error::Error as _;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use reqwest::Method;
use reqwest::header::{DATE, HeaderMap};
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, Effect, ErrorClass};

use super::failure::{class_of, may_have_acted, presentable, retry_after};
use super::signature::{Signable, authorize};
use super::{Element, Endpoint, Pace};
use crate::credential::Keyring;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The vendor's Python SDK waits as long for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// Far above any page of a listing.
const LARGEST_ANSWER: usize = 32 << 20;

/// A product of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Ec2,
    Sts,
    AutoScaling,
    RecycleBin,
}

impl Service {
    /// Its name in host names and signatures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Service::Ec2 => "ec2",
            Service::Sts => "sts",
            Service::AutoScaling => "autoscaling",
            Service::RecycleBin => "rbin",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Service::Ec2 => "2016-11-15",
            Service::Sts => "2011-06-15",
            Service::AutoScaling => "2011-01-01",
            Service::RecycleBin => "2021-06-15",
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

/// How a call is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// Operation, version and parameters as a form, answered in XML.
    Query(Vec<(String, String)>),
    /// An object posted to a path, answered in JSON.
    Post { path: &'static str, body: serde_json::Value },
    /// A path, answered in JSON.
    Get { path: String },
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) endpoint: Endpoint,
    /// Which the signature names.
    pub(crate) region: String,
    pub(crate) operation: &'static str,
    pub(crate) request: Request,
    pub(crate) purpose: Purpose,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) body: Element,
    /// The provider's own time.
    pub(crate) date: Fact<Timestamp>,
    pub(crate) request_id: Option<String>,
}

/// Calls operations under the credentials of a keyring.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    keyring: Keyring,
    time_limit: Duration,
}

/// A request as it is sent.
struct Written {
    method: Method,
    url: reqwest::Url,
    content_type: &'static str,
    body: String,
}

impl Client {
    /// A client that goes through the proxy of the environment, if there is one; with `direct`, past it.
    pub(crate) fn new(keyring: Keyring, direct: bool) -> Result<Self, reqwest::Error> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("sexton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            // The signature covers the host: an answer that points elsewhere is not followed.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only();
        let builder = if direct { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build()?, keyring, time_limit: TIME_LIMIT })
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Makes a read call, again where the pace allows it and the failure may pass.
    pub(crate) async fn read_paced(&self, call: &Call, pace: Pace) -> Result<Reply, CallError> {
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

    /// Makes a call, once. A change is made only with credentials whose owner was asked for.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        let credentials = match call.purpose {
            Purpose::Read => self.keyring.current().await,
            Purpose::Change => self.keyring.last_given().await,
        };
        let credentials = credentials.map_err(|error| unsent(call, error.class(), error.to_string()))?;
        let result = self.attempt(call, &credentials).await;
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

    async fn attempt(&self, call: &Call, credentials: &Credentials) -> Result<Reply, CallError> {
        let Written { method, url, content_type, body } = written(call);
        let signable = Signable {
            service: call.service.name(),
            region: &call.region,
            method: method.as_str(),
            url: url.as_str(),
            content_type,
            body: &body,
        };
        let signed = authorize(&signable, credentials, SystemTime::now())
            .map_err(|error| unsent(call, ErrorClass::Permanent, error.to_string()))?;
        let mut request = self.http.request(method, url).timeout(self.time_limit).header("content-type", content_type);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }

        let mut secrets = vec![credentials.secret_access_key(), signed.signature.as_str()];
        secrets.extend(credentials.session_token());
        let context = Context { call, secrets: &secrets };
        let mut response = request.body(body).send().await.map_err(|error| context.not_answered(error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = context.body(&mut response, status).await?;
        context.read(status, &headers, &body)
    }
}

fn written(call: &Call) -> Written {
    match &call.request {
        Request::Query(parameters) => {
            let mut form = reqwest::Url::parse("form:").expect("a scheme alone is a URL");
            form.query_pairs_mut()
                .append_pair("Action", call.operation)
                .append_pair("Version", call.service.version())
                .extend_pairs(parameters);
            Written {
                method: Method::POST,
                url: call.endpoint.url("/"),
                content_type: "application/x-www-form-urlencoded; charset=utf-8",
                body: form.query().unwrap_or_default().to_owned(),
            }
        }
        Request::Post { path, body } => Written {
            method: Method::POST,
            url: call.endpoint.url(path),
            content_type: "application/json",
            body: body.to_string(),
        },
        Request::Get { path } => Written {
            method: Method::GET,
            url: call.endpoint.url(path),
            content_type: "application/json",
            body: String::new(),
        },
    }
}

/// What is needed to tell of one attempt.
struct Context<'a> {
    call: &'a Call,
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
        let header_id = header("x-amzn-requestid").or_else(|| header("x-amz-request-id")).map(str::to_owned);
        let told = match &self.call.request {
            Request::Query(_) => self.told_in_xml(body),
            Request::Post { .. } | Request::Get { .. } => told_in_json(status, headers, body),
        };
        match told {
            Told::Answer { body, request_id } if (200..300).contains(&status) => {
                let date = header(DATE.as_str()).and_then(http_date).into();
                Ok(Reply { body, date, request_id: request_id.or(header_id) })
            }
            Told::Failure { code: Some(code), message, request_id } => Err(CallError {
                class: class_of(status, Some(&code), retry_after(headers)),
                effect: self.effect(may_have_acted(status, Some(&code))),
                operation: self.call.operation.to_owned(),
                status: Some(status),
                message: presentable(Some(&code), &message, self.secrets),
                code: Some(code),
                request_id: request_id.or(header_id),
            }),
            Told::Answer { .. } | Told::Failure { code: None, .. } | Told::Nothing => {
                Err(self.not_the_provider_s(status, headers, header_id, body))
            }
        }
    }

    /// The root names what the document is: an answer of this operation, or an error.
    fn told_in_xml(&self, body: &[u8]) -> Told {
        let Some(mut root) = std::str::from_utf8(body).ok().and_then(Element::of_xml) else { return Told::Nothing };
        let operation = self.call.operation;
        let is_answer = root.name().strip_suffix("Response") == Some(operation);
        let metadata = root.take_child("ResponseMetadata").unwrap_or_default();
        let request_id = ["requestId", "RequestID", "RequestId"]
            .into_iter()
            .find_map(|name| root.text_of(name).or_else(|| metadata.text_of(name)))
            .map(str::to_owned);
        if is_answer {
            let body = root.take_child(&format!("{operation}Result")).unwrap_or(root);
            return Told::Answer { body, request_id };
        }
        let error = match root.name() {
            "Response" => root.child("Errors").and_then(|errors| errors.child("Error")),
            "ErrorResponse" => root.child("Error"),
            _ => return Told::Nothing,
        };
        let text = |name: &str| error.and_then(|error| error.text_of(name)).map(str::to_owned);
        let message = text("Message").unwrap_or_else(|| "no message".to_owned());
        Told::Failure { code: text("Code"), message, request_id }
    }

    fn not_the_provider_s(
        &self,
        status: u16,
        headers: &HeaderMap,
        request_id: Option<String>,
        body: &[u8],
    ) -> CallError {
        const SHOWN: usize = 200;
        let start = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
        // A page that comes with success is not the provider's; the provider itself may answer the next attempt.
        let class = if (200..300).contains(&status) {
            ErrorClass::Transient
        } else {
            class_of(status, None, retry_after(headers))
        };
        let start = presentable(None, &start, self.secrets);
        let operation = self.call.operation;
        let message = format!("HTTP status {status} with a body that is no answer or error of {operation}: {start:?}");
        CallError { effect: self.effect(true), status: Some(status), request_id, ..unsent(self.call, class, message) }
    }
}

/// What a body says.
enum Told {
    Answer { body: Element, request_id: Option<String> },
    Failure { code: Option<String>, message: String, request_id: Option<String> },
    Nothing,
}

/// Errors of the REST services have their code in a header, or in the body by one of two names.
fn told_in_json(status: u16, headers: &HeaderMap, body: &[u8]) -> Told {
    let Some(root) = Element::of_json(body) else { return Told::Nothing };
    if (200..300).contains(&status) {
        return Told::Answer { body: root, request_id: None };
    }
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let code = header.or_else(|| root.text_of("__type")).or_else(|| root.text_of("code"));
    // `aws.protocols#Name:http://…` and `Name` are the same.
    let bare = code.and_then(|code| code.split(':').next()).and_then(|code| code.rsplit('#').next());
    let message = root.text_of("message").or_else(|| root.text_of("Message")).unwrap_or("no message");
    Told::Failure {
        code: bare.map(str::to_owned).filter(|code| !code.is_empty()),
        message: message.to_owned(),
        request_id: None,
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
