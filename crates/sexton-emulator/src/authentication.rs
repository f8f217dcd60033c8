//! Who is calling: the checks that every request passes before anything else, in the order in which they refuse.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::credential::Credential;
use crate::error::ApiError;
use crate::request::RawRequest;
use crate::signature::{self, Authorization, v1};

#[cfg(test)]
mod tests;

/// A request whose time is further off is refused (vendor documentation of the V3 signature; of V1 one page says 15
/// minutes and another 31).
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// What a V3 request cannot do without, beside `Authorization` and `host`.
const REQUIRED_HEADERS: [&str; 5] =
    ["x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"];

/// What a V1 request cannot do without.
const REQUIRED_PARAMETERS: [&str; 8] = [
    "Action",
    "Version",
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    v1::SIGNATURE,
];

/// The two ways in which a request is signed, and in which it says what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In headers.
    V3,
    /// In parameters.
    V1,
}

impl Scheme {
    /// A request that carries nothing of either is taken for an unsigned one of the newer.
    pub(crate) fn of(request: &RawRequest, parameters: &BTreeMap<String, String>) -> Self {
        let in_parameters = [v1::SIGNATURE, "SignatureMethod", "SignatureVersion"];
        let is_v1 = request.header("authorization").is_none()
            && in_parameters.iter().any(|name| parameters.contains_key(*name));
        if is_v1 { Self::V1 } else { Self::V3 }
    }
}

/// The keys that are known, and the nonces that were seen.
#[derive(Debug)]
pub(crate) struct Gate {
    credentials: BTreeMap<String, Credential>,
    nonces: BTreeSet<(String, String)>,
    /// The same nonces by the time from which their requests are too old anyway.
    forget_at: BTreeSet<(Timestamp, (String, String))>,
}

impl Gate {
    /// Of several credentials with one access key id the last stands.
    pub(crate) fn new(credentials: impl IntoIterator<Item = Credential>) -> Self {
        Self {
            credentials: credentials
                .into_iter()
                .map(|credential| (credential.access_key_id.clone(), credential))
                .collect(),
            nonces: BTreeSet::new(),
            forget_at: BTreeSet::new(),
        }
    }

    /// Takes in keys that were issued.
    pub(crate) fn issue(&mut self, credential: Credential) {
        self.credentials.insert(credential.access_key_id.clone(), credential);
    }

    /// The credential that signed the request. A nonce counts as used once its signature was found right.
    pub(crate) fn admit(&mut self, request: &RawRequest, now: Timestamp) -> Result<Credential, ApiError> {
        let parameters = request.parameters()?;
        match Scheme::of(request, &parameters) {
            Scheme::V3 => self.admit_v3(request, now),
            Scheme::V1 => self.admit_v1(&request.method, &parameters, now),
        }
    }

    fn admit_v3(&mut self, request: &RawRequest, now: Timestamp) -> Result<Credential, ApiError> {
        let Some(header) = request.header("authorization") else {
            return Err(incomplete("The request has no Authorization header."));
        };
        let Some(authorization) = Authorization::parse(header) else {
            return Err(incomplete("The Authorization header does not conform to the V3 signature."));
        };
        for name in REQUIRED_HEADERS {
            if request.header(name).is_none() {
                return Err(ApiError::missing(name));
            }
        }
        let must_be_signed = request.headers.keys().filter(|name| *name == "host" || name.starts_with("x-acs-"));
        for name in must_be_signed {
            if !authorization.signed_headers.contains(name) {
                return Err(incomplete(&format!("The header {name} is not among the signed headers.")));
            }
        }
        if request.header("host").is_none() {
            return Err(ApiError::missing("host"));
        }
        let id = &authorization.access_key_id;
        let credential = self.credential(id, request.header("x-acs-security-token"), now)?.clone();
        if request.header("x-acs-accesskey-id").is_some_and(|named| named != id) {
            return Err(ApiError::invalid("x-acs-accesskey-id", "it is not the key of the signature"));
        }
        check_signature(&credential, &authorization, request)?;
        check_time("x-acs-date", request.header("x-acs-date").unwrap_or_default(), now)?;
        self.use_nonce(id, request.header("x-acs-signature-nonce").unwrap_or_default(), now)?;
        Ok(credential)
    }

    fn admit_v1(
        &mut self,
        method: &str,
        parameters: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Credential, ApiError> {
        let given = |name: &str| parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
        let required = |name: &str| given(name).ok_or_else(|| ApiError::missing(name));
        for name in REQUIRED_PARAMETERS {
            required(name)?;
        }
        if required("SignatureMethod")? != v1::METHOD || required("SignatureVersion")? != v1::VERSION {
            return Err(incomplete("SignatureMethod and SignatureVersion are not those of the V1 signature."));
        }
        let id = required("AccessKeyId")?;
        let credential = self.credential(id, given("SecurityToken"), now)?.clone();
        let string_to_sign = v1::string_to_sign(method, parameters);
        if v1::sign(&credential.access_key_secret, &string_to_sign) != required(v1::SIGNATURE)? {
            return Err(mismatch(&format!("server string to sign is:{string_to_sign}")));
        }
        check_time("Timestamp", required("Timestamp")?, now)?;
        self.use_nonce(id, required("SignatureNonce")?, now)?;
        Ok(credential)
    }

    fn credential(&self, id: &str, token: Option<&str>, now: Timestamp) -> Result<&Credential, ApiError> {
        let found = self.credentials.get(id).ok_or_else(|| {
            ApiError::new(400, "InvalidAccessKeyId.NotFound", "Specified access key is not found.".to_owned())
        })?;
        // The codes about tokens are not in the published error tables of ECS.
        if found.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(ApiError::new(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired."));
        }
        match (&found.security_token, token) {
            (Some(token), Some(sent)) if token == sent => Ok(found),
            (None, None) => Ok(found),
            (Some(_), None) => {
                Err(ApiError::new(400, "MissingSecurityToken", "SecurityToken is mandatory for this action."))
            }
            (_, Some(_)) => Err(ApiError::new(
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "Specified SecurityToken mismatch with the AccessKey.",
            )),
        }
    }

    fn use_nonce(&mut self, key: &str, nonce: &str, now: Timestamp) -> Result<(), ApiError> {
        while let Some((forget_at, used)) = self.forget_at.first().cloned()
            && forget_at < now
        {
            self.forget_at.remove(&(forget_at, used.clone()));
            self.nonces.remove(&used);
        }
        let used = (key.to_owned(), nonce.to_owned());
        if !self.nonces.insert(used.clone()) {
            return Err(ApiError::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."));
        }
        let forget_at = now.checked_add(MAX_SKEW * 2).unwrap_or(Timestamp::MAX);
        self.forget_at.insert((forget_at, used));
        Ok(())
    }
}

fn check_signature(
    credential: &Credential,
    authorization: &Authorization,
    request: &RawRequest,
) -> Result<(), ApiError> {
    let canonical = signature::canonical_request(request, &authorization.signed_headers);
    let string_to_sign = signature::string_to_sign(&canonical);
    let expected = signature::sign(&credential.access_key_secret, &string_to_sign);
    let hash_is_right = request.header("x-acs-content-sha256") == Some(signature::hex_sha256(&request.body).as_str());
    if expected == authorization.signature && hash_is_right {
        return Ok(());
    }
    Err(mismatch(&format!("server string to sign is:{string_to_sign} server canonical request is:{canonical}")))
}

/// The time is the server's own and its client's may be off by so much.
fn check_time(name: &str, text: &str, now: Timestamp) -> Result<(), ApiError> {
    let Ok(time) = text.parse::<Timestamp>() else {
        return Err(ApiError::new(400, "IllegalTimestamp", format!("{name} is not well formed.")));
    };
    if now.duration_since(time).abs() > MAX_SKEW {
        return Err(ApiError::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."));
    }
    Ok(())
}

fn incomplete(problem: &str) -> ApiError {
    ApiError::new(400, "IncompleteSignature", problem)
}

/// The service repeats what it would have signed, secrets among it.
fn mismatch(what: &str) -> ApiError {
    let message = format!("Specified signature does not match our calculation. {what}");
    ApiError::new(400, "SignatureDoesNotMatch", message)
}
