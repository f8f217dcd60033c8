//! The provider's own forms of the server that answers by a script.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use serde_json::{Value, json};
use sexton_aliyun::{
    CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
};
use sexton_core::address::Region;
use sexton_testkit::scripted::{self, Arrived, Call};

pub(crate) use sexton_testkit::listed::Listed;
pub(crate) use sexton_testkit::scripted::{DATE, Response};

pub(crate) const REGION: &str = "cn-hangzhou";
pub(crate) const ACCOUNT: &str = "1234567890";

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) operation: String,
    pub(crate) version: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) nonce: String,
    /// How many calls of this operation came before.
    pub(crate) before: usize,
    pub(crate) host: String,
}

impl Request {
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.parameter("DryRun") == "true"
    }
}

pub(crate) fn text(status: u16, body: &str) -> Response {
    Response::text(status, body)
}

/// A success with these fields and a request id.
pub(crate) fn ok(mut body: Value) -> Response {
    body["RequestId"] = json!("req-1");
    text(200, &body.to_string())
}

pub(crate) fn error(status: u16, code: &str) -> Response {
    let body =
        json!({"RequestId": "req-1", "HostId": "ecs", "Code": code, "Message": "in words", "Recommend": "https://x"});
    text(status, &body.to_string())
}

/// The answer of an account in which there is nothing, to an identity that may see everything.
pub(crate) fn nothing_there(request: &Request) -> Response {
    match request.operation.as_str() {
        "GetCallerIdentity" => {
            ok(json!({"AccountId": ACCOUNT, "Arn": "acs:ram::1234567890:root", "IdentityType": "Account"}))
        }
        "DescribeRegions" => ok(json!({"Regions": {"Region": [
            {"RegionId": "cn-beijing", "RegionEndpoint": "ecs.cn-beijing.aliyuncs.com"},
            {"RegionId": REGION, "RegionEndpoint": request.host, "LocalName": "Hangzhou"}]}})),
        _ if request.is_dry_run() => error(400, "DryRunOperation"),
        _ => ok(json!({"TotalCount": 0, "NextToken": ""})),
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
        Listed::of(&self.provider(), &region()).await.unwrap()
    }

    pub(crate) fn provider(&self) -> EcsProvider {
        self.provider_of(RegionChoice::All)
    }

    pub(crate) fn provider_of(&self, regions: RegionChoice) -> EcsProvider {
        self.provider_with(regions, LISTINGS_SERVE_FOR)
    }

    pub(crate) fn provider_with(&self, regions: RegionChoice, listings_serve_for: Duration) -> EcsProvider {
        EcsProvider::connect(EcsConfig {
            name: "test".to_owned(),
            regions,
            endpoint: Some(self.url().to_owned()),
            credentials: CredentialSource::Given(Credentials::new(
                "the-id",
                "the-secret",
                Some("the-token".to_owned()),
            )),
            signature: SignatureVersion::V3,
            bootstrap: None,
            listings_serve_for,
        })
        .unwrap()
    }

    /// The calls of an operation, dry runs left out.
    pub(crate) fn calls_of(&self, operation: &str) -> Vec<Request> {
        self.0.calls_of(operation).into_iter().filter(|call| !call.is_dry_run()).collect()
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
        let url = reqwest::Url::parse(&format!("http://localhost{}", arrived.target())).unwrap();
        Self {
            method: arrived.method().to_owned(),
            operation: arrived.header("x-acs-action").to_owned(),
            version: arrived.header("x-acs-version").to_owned(),
            parameters: url.query_pairs().into_owned().collect(),
            nonce: arrived.header("x-acs-signature-nonce").to_owned(),
            before: 0,
            host: arrived.header("host").to_owned(),
        }
    }

    fn operation(&self) -> &str {
        &self.operation
    }

    fn after(self, before: usize) -> Self {
        Self { before, ..self }
    }
}

pub(crate) fn region() -> Region {
    Region::new(REGION).unwrap()
}

/// The address of a resource in the scripted account.
pub(crate) fn address(kind: &str, id: &str) -> sexton_core::address::Address {
    format!("aliyun-ecs:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}
