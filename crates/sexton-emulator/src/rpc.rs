//! What the services of one vendor share on the wire: the RPC style, over one path, with V3 or V1 signatures, and answers
//! in JSON or, under V1, in XML.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::authentication::Scheme;
use crate::cloud::{Format, Note, Written};
use crate::error::ApiError;
use crate::request::RawRequest;
use crate::sts;

mod xml;

/// Parameters that are never written down. V3 keeps all of these in headers; V1 sends them all.
const SECRET_PARAMETERS: [&str; 4] = ["AccessKeyId", "OIDCToken", "SecurityToken", "Signature"];

/// The version and the parameters of a call; its name is noted.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) version: String,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// What a request asks for, noted but for what is secret.
pub(crate) fn read(request: &RawRequest, note: &mut Note) -> Result<Asked, ApiError> {
    request.header("x-acs-action").unwrap_or_default().clone_into(&mut note.operation);
    let parameters = request.parameters()?;
    let given = |name: &str| parameters.get(name).map_or("", String::as_str);
    let version = match Scheme::of(request, &parameters) {
        Scheme::V3 if sts::is_unsigned(given("Action")) => {
            given("Action").clone_into(&mut note.operation);
            given("Version")
        }
        Scheme::V3 => request.header("x-acs-version").unwrap_or_default(),
        Scheme::V1 => {
            given("Action").clone_into(&mut note.operation);
            // The documentation's default is XML.
            note.format = if given("Format").eq_ignore_ascii_case("json") { Format::Json } else { Format::Xml };
            given("Version")
        }
    };
    let version = version.to_owned();
    note.parameters = parameters.clone();
    note.parameters.retain(|name, _| !SECRET_PARAMETERS.contains(&name.as_str()));
    if request.path != "/" || !["GET", "POST"].contains(&request.method.as_str()) {
        return Err(ApiError::new(403, "UnsupportedHTTPMethod", "Only GET and POST of / are served."));
    }
    Ok(Asked { version, parameters })
}

/// The answer of an operation, in the format that was asked for. An error names the host that it is of.
pub(crate) fn write(
    note: &Note,
    reply: Result<&Map<String, Value>, &ApiError>,
    request_id: &str,
    host_id: &str,
) -> Written {
    let (status, root, body) = match reply {
        Ok(fields) => {
            let mut body = Map::new();
            body.insert("RequestId".to_owned(), Value::String(request_id.to_owned()));
            body.extend(fields.clone());
            (200, format!("{}Response", note.operation), body)
        }
        Err(error) => (error.status, "Error".to_owned(), error.body(request_id, host_id)),
    };
    let (content_type, body) = match note.format {
        Format::Json => ("application/json;charset=utf-8", Value::Object(body).to_string()),
        Format::Xml => ("text/xml;charset=utf-8", xml::document(&root, &body)),
    };
    Written {
        status,
        content_type,
        headers: vec![("x-acs-request-id", request_id.to_owned())],
        body: body.into_bytes(),
    }
}

/// Too many calls.
pub(crate) fn throttled() -> ApiError {
    ApiError::new(400, "Throttling.User", "Request was denied due to user flow control.")
}

/// Something broke.
pub(crate) fn broken(status: u16, code: &str) -> ApiError {
    ApiError::new(status, code.to_owned(), "The request processing has failed due to some unknown error.")
}
