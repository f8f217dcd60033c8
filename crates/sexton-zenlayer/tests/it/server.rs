//! The provider's own forms of the server that answers by a script.

use std::ops::Deref;

use serde_json::{Value, json};
use sexton_core::address::{Address, Region};
use sexton_testkit::scripted::{self, Arrived, Call};
use sexton_zenlayer::{ApiVersion, CredentialSource, Credentials, RegionChoice, ZecConfig, ZecProvider};

pub(crate) use sexton_testkit::listed::Listed;
pub(crate) use sexton_testkit::scripted::Response;

pub(crate) const REGION: &str = "asia-east-1";
pub(crate) const ACCOUNT: &str = "acme";

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) version: String,
    pub(crate) body: Value,
    /// How many calls of this operation came before.
    pub(crate) before: usize,
}

pub(crate) fn text(status: u16, body: &str) -> Response {
    Response::text(status, body)
}

/// A success with these fields.
pub(crate) fn ok(mut body: Value) -> Response {
    body["requestId"] = json!("T-1");
    text(200, &json!({"requestId": "T-1", "response": body}).to_string())
}

pub(crate) fn error(status: u16, code: &str) -> Response {
    text(status, &json!({"requestId": "T-1", "code": code, "message": "in words"}).to_string())
}

/// A page that holds all there is.
pub(crate) fn rows(rows: Value) -> Response {
    let total = rows.as_array().map_or(0, Vec::len);
    ok(json!({"totalCount": total, "dataSet": rows}))
}

/// Three zones in two regions, and nothing in them.
pub(crate) fn nothing_there(request: &Request) -> Response {
    match request.operation.as_str() {
        "DescribeZones" => ok(json!({"zoneSet": [
            {"zoneId": "asia-east-1a", "regionId": "asia-east-1", "zoneName": "A"},
            {"zoneId": "asia-east-1b", "regionId": "asia-east-1"},
            {"zoneId": "europe-west-1a", "regionId": "europe-west-1"}]})),
        _ => ok(json!({"totalCount": 0, "dataSet": null})),
    }
}

pub(crate) struct Server(scripted::Server<Request>);

impl Server {
    /// Answers by the script, and where that has no answer as if nothing were there.
    pub(crate) async fn start(script: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> Self {
        let answer = move |request: &Request| script(request).unwrap_or_else(|| nothing_there(request));
        Self(scripted::Server::start(answer).await.unwrap())
    }

    pub(crate) async fn listed(&self) -> Listed {
        Listed::of(&self.provider(), &region(REGION)).await.unwrap()
    }

    pub(crate) fn provider(&self) -> ZecProvider {
        self.provider_of(RegionChoice::All, ApiVersion::V20250901)
    }

    pub(crate) fn provider_of(&self, regions: RegionChoice, version: ApiVersion) -> ZecProvider {
        ZecProvider::connect(ZecConfig {
            name: "test".to_owned(),
            account: ACCOUNT.parse().unwrap(),
            regions,
            endpoint: Some(self.url().to_owned()),
            version,
            credentials: CredentialSource::Given(Credentials::key("the-id", "the-password")),
        })
        .unwrap()
    }

    /// The calls that change something.
    pub(crate) fn changes(&self) -> Vec<Request> {
        self.calls().into_iter().filter(|call| !call.operation.starts_with("Describe")).collect()
    }
}

impl Deref for Server {
    type Target = scripted::Server<Request>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Call for Request {
    fn read(arrived: &Arrived) -> Self {
        assert_eq!((arrived.method(), arrived.target()), ("POST", "/api/v2/zec"));
        Self {
            operation: arrived.header("x-zc-action").to_owned(),
            version: arrived.header("x-zc-version").to_owned(),
            body: serde_json::from_str(&arrived.body).unwrap(),
            before: 0,
        }
    }

    fn operation(&self) -> &str {
        &self.operation
    }

    fn after(self, before: usize) -> Self {
        Self { before, ..self }
    }
}

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// The address of a resource in the scripted account.
pub(crate) fn address(kind: &str, id: &str) -> Address {
    let region = if kind == "image" { "global" } else { REGION };
    format!("zenlayer-zec:{ACCOUNT}:{region}:{kind}/{id}").parse().unwrap()
}
