//! Signature version 4, by the vendor's own crate: what has to be added to a request.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

#[cfg(test)]
mod tests;

/// What is signed, besides the time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signable<'a> {
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) method: &'a str,
    /// The whole address, encoded as it is sent.
    pub(crate) url: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a str,
}

/// The headers to send, and for redaction the signature in them.
pub(crate) struct Signed {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) signature: String,
}

/// The request cannot be signed. What is wrong with it is not told: it could hold a part of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed: check that the access key is made of plain characters")]
pub(crate) struct NotSigned;

/// Signs a request.
pub(crate) fn authorize(
    request: &Signable<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Signed, NotSigned> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(request.region)
        .name(request.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| NotSigned)?
        .into();
    let headers = [("content-type", request.content_type)];
    let body = SignableBody::Bytes(request.body.as_bytes());
    let signable =
        SignableRequest::new(request.method, request.url, headers.into_iter(), body).map_err(|_| NotSigned)?;
    let (instructions, signature) = sign(signable, &parameters).map_err(|_| NotSigned)?.into_parts();
    let headers = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Signed { headers, signature })
}
