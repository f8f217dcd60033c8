//! One attempt at one call: sent, its answer read within bounds, and what went wrong told with its class and its
//! effect.

use std::error::Error as _;

use reqwest::header::{DATE, HeaderMap};
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_provider::{CallError, Effect, ErrorClass};

use crate::Codes;

#[cfg(test)]
mod tests;

/// Far above any page of a listing.
const LARGEST_ANSWER: usize = 32 << 20;

/// What a call is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To look: a failure has no effect, whatever it is.
    Read,
    /// To change something.
    Change,
}

/// A successful answer, read.
#[derive(Debug)]
pub struct Reply<B> {
    /// What it says.
    pub body: B,
    /// The provider's own time.
    pub date: Fact<Timestamp>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// What is needed to tell of one attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The provider's operation.
    pub operation: &'a str,
    /// Where it is sent.
    pub host: &'a str,
    /// What it is made for.
    pub purpose: Purpose,
    /// What must not be shown, as it is: the spellings in which an answer could repeat it are known here.
    pub secrets: &'a [&'a str],
    /// What the provider's codes mean.
    pub codes: &'a Codes,
}

/// An answer of which the body is still to come.
#[derive(Debug)]
pub struct Opened {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    response: reqwest::Response,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// The text of a header, where it has one.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The provider's own time, by the `Date` header.
    pub fn date(&self) -> Fact<Timestamp> {
        self.header(DATE.as_str()).and_then(http_date).into()
    }

    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Attempt<'_> {
    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// There was no answer, or it broke off or was too long.
    pub async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Answer, CallError> {
        let opened = self.open(request).await?;
        self.finish(opened).await
    }

    /// Sends a request.
    ///
    /// # Errors
    /// There was no answer.
    pub async fn open(&self, request: reqwest::RequestBuilder) -> Result<Opened, CallError> {
        let mut response = request.send().await.map_err(|error| self.not_answered(error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        Ok(Opened { status, headers, response })
    }

    /// Reads the rest of an answer.
    ///
    /// # Errors
    /// It broke off or was too long.
    pub async fn finish(&self, opened: Opened) -> Result<Answer, CallError> {
        let Opened { status, headers, mut response } = opened;
        let broken = |class, message| CallError {
            effect: self.effect(Effect::Unknown),
            status: Some(status),
            ..self.unsent(class, message)
        };
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(Answer { status, headers, body }),
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

    /// An error that the provider answered with, in its words.
    pub fn refused(&self, answer: &Answer, code: Option<&str>, message: &str, request_id: Option<String>) -> CallError {
        CallError {
            class: self.class_of(answer, code),
            effect: self.effect(self.codes.effect_of(answer.status, code)),
            operation: self.operation.to_owned(),
            code: code.map(str::to_owned),
            status: Some(answer.status),
            message: self.codes.presentable(code, message, self.secrets),
            request_id,
        }
    }

    /// An answer that is not one of the provider's: `what` is said of it, and how it begins.
    pub fn not_the_provider_s(&self, answer: &Answer, what: &str, request_id: Option<String>) -> CallError {
        const SHOWN: usize = 200;
        // A page that comes with success is not the provider's; the provider itself may answer the next attempt.
        let class = if answer.is_success() { ErrorClass::Transient } else { self.class_of(answer, None) };
        let start = self.codes.beginning(None, &String::from_utf8_lossy(&answer.body), self.secrets, SHOWN);
        CallError {
            effect: self.effect(Effect::Unknown),
            status: Some(answer.status),
            request_id,
            ..self.unsent(class, format!("HTTP status {} with {what}: {start:?}", answer.status))
        }
    }

    /// A failure before anything was sent.
    pub fn unsent(&self, class: ErrorClass, message: String) -> CallError {
        unsent(self.operation, class, message)
    }

    fn class_of(&self, answer: &Answer, code: Option<&str>) -> ErrorClass {
        self.codes.class_of(answer.status, code, (self.codes.retry_after)(&answer.headers))
    }

    fn effect(&self, of_a_change: Effect) -> Effect {
        match self.purpose {
            Purpose::Read => Effect::None,
            Purpose::Change => of_a_change,
        }
    }

    fn not_answered(&self, error: reqwest::Error) -> CallError {
        // A connection that never stood carried no request.
        let effect = if error.is_connect() || error.is_builder() { Effect::None } else { Effect::Unknown };
        let class = if error.is_builder() { ErrorClass::Permanent } else { ErrorClass::Transient };
        CallError {
            effect: self.effect(effect),
            ..self.unsent(class, format!("no answer from {}: {}", self.host, self.chain(error)))
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
        self.codes.presentable(None, &text, self.secrets)
    }
}

/// A failure of our own, found before anything was sent.
pub fn unsent(operation: &str, class: ErrorClass, message: String) -> CallError {
    CallError {
        class,
        effect: Effect::None,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message,
        request_id: None,
    }
}

/// A failure of our own, found before or after a call, for which another attempt is of no use.
pub fn refused(operation: &str, message: String) -> CallError {
    unsent(operation, ErrorClass::Permanent, message)
}

/// Hands on what a call came to, and tells the developer's log of it.
///
/// # Errors
/// Those of the call.
pub fn told<B>(operation: &str, result: Result<Reply<B>, CallError>) -> Result<Reply<B>, CallError> {
    match &result {
        Ok(reply) => tracing::debug!(operation, request_id = reply.request_id.as_deref(), "answered"),
        Err(error) => tracing::debug!(operation, status = error.status, code = error.code.as_deref(), "failed"),
    }
    result
}

/// The time of a `Date` header.
fn http_date(text: &str) -> Option<Timestamp> {
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_jiff(date))
}
