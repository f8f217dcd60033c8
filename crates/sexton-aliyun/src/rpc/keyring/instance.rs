//! The role of the instance that this runs on, by its metadata service: paths, headers and the way from the second version
//! of the service to the first are those of the vendor's `credentials-go`, `providers/ecs_ram_role.go`.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use serde_json::{Map, Value};
use sexton_http::{Attempt, Purpose, unsent};
use sexton_provider::{CallError, ErrorClass};

use super::{Session, sts};
use crate::credential::{Expected, FirstVersion};
use crate::rpc::client::Wire;
use crate::rpc::failure::CODES;

const OPERATION: &str = "instance metadata";
/// It is on the same machine, or it is not there.
const TIME_LIMIT: Duration = Duration::from_secs(1);
const TOKEN_SECONDS: &str = "21600";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
const CREDENTIALS: &str = "/latest/meta-data/ram/security-credentials/";

/// Asks for the role's credentials.
pub(super) async fn ask(
    wire: &Wire,
    metadata: &Url,
    role_name: Option<&str>,
    first_version: FirstVersion,
    expected: Expected,
) -> Result<Session, CallError> {
    let service = Service { wire, metadata, first_version };
    let token = service.token().await;
    let token = match (token, first_version) {
        (Ok(token), _) => Some(token),
        (Err(_), FirstVersion::Allowed) => None,
        (Err(why), FirstVersion::Disabled) => return Err(absent(expected, &why)),
    };
    let name = match role_name {
        Some(name) => name.to_owned(),
        None => service.get(CREDENTIALS, token.as_deref()).await.map_err(|why| absent(expected, &why))?,
    };
    let path = format!("{CREDENTIALS}{}", name.trim());
    let text = service.get(&path, token.as_deref()).await.map_err(|why| absent(expected, &why))?;
    let fields: Option<Map<String, Value>> = serde_json::from_str(&text).ok();
    let good = fields.filter(|fields| fields.get("Code").and_then(Value::as_str) == Some("Success"));
    good.and_then(|fields| sts::of_fields(&fields, Timestamp::now())).ok_or_else(|| {
        unsent(OPERATION, ErrorClass::Auth, format!("the role {:?} has no credentials that can be used", name.trim()))
    })
}

/// Where it is only the last place of the chain, what is missing is any credentials at all.
fn absent(expected: Expected, why: &str) -> CallError {
    let message = match expected {
        Expected::Yes => format!("the metadata service of this instance gives no credentials: {why}"),
        Expected::Perhaps => format!(
            "no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or configure a profile with `aliyun configure`; nor does this run on an instance with a role ({why})"
        ),
    };
    unsent(OPERATION, ErrorClass::Auth, message)
}

struct Service<'a> {
    wire: &'a Wire,
    metadata: &'a Url,
    first_version: FirstVersion,
}

impl Service<'_> {
    async fn token(&self) -> Result<String, String> {
        let request = self.wire.beside(reqwest::Method::PUT, self.url("/latest/api/token"), TIME_LIMIT);
        text(request.header("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_SECONDS)).await
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Result<String, String> {
        let request = |token: Option<&str>| {
            let request = self.wire.beside(reqwest::Method::GET, self.url(path), TIME_LIMIT);
            match token {
                Some(token) => request.header(TOKEN_HEADER, token),
                None => request,
            }
        };
        match text(request(token)).await {
            Err(_) if token.is_some() && self.first_version == FirstVersion::Allowed => text(request(None)).await,
            answer => answer,
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.metadata.clone();
        url.set_path(path);
        url
    }
}

/// The body of a good answer; else what went wrong, without what was sent or got.
async fn text(request: reqwest::RequestBuilder) -> Result<String, String> {
    let attempt = Attempt {
        operation: OPERATION,
        host: "the metadata service",
        purpose: Purpose::Read,
        secrets: &[],
        codes: &CODES,
    };
    let answer = attempt.exchange(request).await.map_err(|error| error.message)?;
    if !answer.is_success() {
        return Err(format!("HTTP status {}", answer.status));
    }
    String::from_utf8(answer.body).map_err(|_| "an answer that is no text".to_owned())
}
