//! What the services of one vendor share on the wire: the RPC style, over one path, with V3 signatures and JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::cloud::{Note, Written};
use crate::error::ApiError;
use crate::request::RawRequest;
use crate::sts;

/// Parameters that are never written down. V3 keeps all of these in headers; a client that uses an older signature may
/// send them all the same.
const SECRET_PARAMETERS: [&str; 4] = ["AccessKeyId", "OIDCToken", "SecurityToken", "Signature"];

/// The parameters of a request, noted but for those that are secret.
pub(crate) fn read(request: &RawRequest, note: &mut Note) -> Result<BTreeMap<String, String>, ApiError> {
    request.header("x-acs-action").unwrap_or_default().clone_into(&mut note.operation);
    let parameters = request.parameters()?;
    if let Some(action) = parameters.get("Action").filter(|action| sts::is_unsigned(action)) {
        note.operation.clone_from(action);
    }
    note.parameters = parameters.clone();
    note.parameters.retain(|name, _| !SECRET_PARAMETERS.contains(&name.as_str()));
    if request.path != "/" || !["GET", "POST"].contains(&request.method.as_str()) {
        return Err(ApiError::new(403, "UnsupportedHTTPMethod", "Only GET and POST of / are served."));
    }
    Ok(parameters)
}

/// The answer of an operation. An error names the host that it is of.
pub(crate) fn write(reply: Result<&Map<String, Value>, &ApiError>, request_id: &str, host_id: &str) -> Written {
    let (status, body) = match reply {
        Ok(fields) => {
            let mut body = Map::new();
            body.insert("RequestId".to_owned(), Value::String(request_id.to_owned()));
            body.extend(fields.clone());
            (200, Value::Object(body))
        }
        Err(error) => (error.status, error.body(request_id, host_id)),
    };
    Written {
        status,
        content_type: "application/json;charset=utf-8",
        headers: vec![("x-acs-request-id", request_id.to_owned())],
        body: body.to_string().into_bytes(),
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
