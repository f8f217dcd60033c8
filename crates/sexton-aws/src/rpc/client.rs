//! One attempt at one call: signed anew, sent, and its answer read or its failure classified.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use reqwest::Method;
use sexton_http::{Answer, Attempt, Endpoint, Pace, Pauses, Purpose, Route, refused, told, unsent};
use sexton_provider::CallError;

use super::Element;
use super::failure::CODES;
use super::signature::{Signable, authorize};
use crate::credential::Keyring;

/// The vendor's SDK waits from these on.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), first_throttled: Duration::from_millis(500) };
/// The vendor's Python SDK waits as long for an answer.
const TIME_LIMIT: Duration = Duration::from_secs(60);

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
pub(crate) type Reply = sexton_http::Reply<Element>;

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
    /// A client that goes that way.
    pub(crate) fn new(keyring: Keyring, route: Route) -> Result<Self, reqwest::Error> {
        Ok(Self { http: sexton_http::client(route)?, keyring, time_limit: TIME_LIMIT })
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Makes a read call, again where the pace allows it and the failure may pass.
    pub(crate) async fn read_paced(&self, call: &Call, pace: Pace) -> Result<Reply, CallError> {
        PAUSES.paced(pace, call.operation, || self.call(call)).await
    }

    /// Makes a call, once. A change is made only with credentials whose owner was asked for.
    pub(crate) async fn call(&self, call: &Call) -> Result<Reply, CallError> {
        let credentials = match call.purpose {
            Purpose::Read => self.keyring.current().await,
            Purpose::Change => self.keyring.last_given().await,
        };
        let credentials = credentials.map_err(|error| unsent(call.operation, error.class(), error.to_string()))?;
        told(call.operation, self.attempt(call, &credentials).await)
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
            .map_err(|error| refused(call.operation, error.to_string()))?;
        let mut request = self.http.request(method, url).timeout(self.time_limit).header("content-type", content_type);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }

        let mut secrets = vec![credentials.secret_access_key(), signed.signature.as_str()];
        secrets.extend(credentials.session_token());
        let (operation, host, purpose) = (call.operation, call.endpoint.host(), call.purpose);
        let attempt = Attempt { operation, host: &host, purpose, secrets: &secrets, codes: &CODES };
        read(call, &attempt, &attempt.exchange(request.body(body)).await?)
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
                url: call.endpoint.with_path("/"),
                content_type: "application/x-www-form-urlencoded; charset=utf-8",
                body: form.query().unwrap_or_default().to_owned(),
            }
        }
        Request::Post { path, body } => Written {
            method: Method::POST,
            url: call.endpoint.with_path(path),
            content_type: "application/json",
            body: body.to_string(),
        },
        Request::Get { path } => Written {
            method: Method::GET,
            url: call.endpoint.with_path(path),
            content_type: "application/json",
            body: String::new(),
        },
    }
}

fn read(call: &Call, attempt: &Attempt<'_>, answer: &Answer) -> Result<Reply, CallError> {
    let header_id = answer.header("x-amzn-requestid").or_else(|| answer.header("x-amz-request-id")).map(str::to_owned);
    let told = match &call.request {
        Request::Query(_) => told_in_xml(call.operation, &answer.body),
        Request::Post { .. } | Request::Get { .. } => told_in_json(answer),
    };
    match told {
        Told::Answer { body, request_id } if answer.is_success() => {
            Ok(Reply { body, date: answer.date(), request_id: request_id.or(header_id) })
        }
        Told::Failure { code: Some(code), message, request_id } => {
            Err(attempt.refused(answer, Some(&code), &message, request_id.or(header_id)))
        }
        Told::Answer { .. } | Told::Failure { code: None, .. } | Told::Nothing => {
            let what = format!("a body that is no answer or error of {}", call.operation);
            Err(attempt.not_the_provider_s(answer, &what, header_id))
        }
    }
}

/// What a body says.
enum Told {
    Answer { body: Element, request_id: Option<String> },
    Failure { code: Option<String>, message: String, request_id: Option<String> },
    Nothing,
}

/// The root names what the document is: an answer of this operation, or an error.
fn told_in_xml(operation: &str, body: &[u8]) -> Told {
    let Some(mut root) = std::str::from_utf8(body).ok().and_then(Element::of_xml) else { return Told::Nothing };
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

/// Errors of the REST services have their code in a header, or in the body by one of two names.
fn told_in_json(answer: &Answer) -> Told {
    let Some(root) = Element::of_json(&answer.body) else { return Told::Nothing };
    if answer.is_success() {
        return Told::Answer { body: root, request_id: None };
    }
    let header = answer.header("x-amzn-errortype");
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
