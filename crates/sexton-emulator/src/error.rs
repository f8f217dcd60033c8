//! A refused call: HTTP status, code and message, as the API's error body carries them.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// What a call is refused with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

/// What an operation answers: the fields beside `RequestId`, or a refusal.
pub(crate) type Reply = Result<Map<String, Value>, ApiError>;

impl ApiError {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// 400 `MissingParameter`.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!(
                "The input parameter \"{parameter}\" that is mandatory for processing this request is not supplied."
            ),
        )
    }

    /// 400 `InvalidParameter`.
    pub(crate) fn invalid(parameter: &str, problem: &str) -> Self {
        Self::new(400, "InvalidParameter", format!("The specified parameter \"{parameter}\" is not valid: {problem}."))
    }

    /// 403 `Forbidden.RAM`.
    pub(crate) fn forbidden(operation: &str) -> Self {
        Self::new(
            403,
            "Forbidden.RAM",
            format!("User not authorized to operate on the specified resource: {operation}."),
        )
    }

    /// The error body of the vendor's documentation: RequestId, HostId, Code, Message, Recommend.
    pub(crate) fn body(&self, request_id: &str, host_id: &str) -> Map<String, Value> {
        let recommend = format!("https://api.aliyun.com/troubleshoot?q={}", self.code);
        let fields = [
            ("RequestId", request_id),
            ("HostId", host_id),
            ("Code", &*self.code),
            ("Message", &self.message),
            ("Recommend", &recommend),
        ];
        fields.map(|(name, value)| (name.to_owned(), Value::String(value.to_owned()))).into_iter().collect()
    }
}

/// A reply with no fields of its own.
pub(crate) fn done() -> Reply {
    Ok(Map::new())
}

/// A reply of the fields of a JSON object.
pub(crate) fn fields(object: Value) -> Reply {
    match object {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("replies are built from object literals")
        }
    }
}
