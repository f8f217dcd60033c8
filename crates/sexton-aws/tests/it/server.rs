//! The provider's own forms of the server that answers by a script.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::Duration;

use sexton_aws::{CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::address::Region;
use sexton_testkit::scripted::{self, Arrived, Call};

pub(crate) use sexton_testkit::listed::Listed;
pub(crate) use sexton_testkit::scripted::Response;

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "123456789012";

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The action of a query, or method and path.
    pub(crate) operation: String,
    pub(crate) version: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) body: String,
    pub(crate) authorization: String,
    pub(crate) token: String,
    /// How many calls of this operation came before.
    pub(crate) before: usize,
}

impl Request {
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// The values of `Filter.1.Value.N`, if that filter is asked for.
    pub(crate) fn filtered(&self, name: &str) -> Vec<&str> {
        if self.parameter("Filter.1.Name") != name {
            return Vec::new();
        }
        let values = self.parameters.iter().filter(|(name, _)| name.starts_with("Filter.1.Value."));
        values.map(|(_, value)| value.as_str()).collect()
    }
}

pub(crate) fn text(status: u16, body: &str) -> Response {
    Response::text(status, body)
}

/// The answer of an operation, with these elements and a request id.
pub(crate) fn ok(operation: &str, inner: &str) -> Response {
    text(200, &format!("<{operation}Response xmlns=\"x\">{inner}<requestId>req-1</requestId></{operation}Response>"))
}

/// An error in the form of EC2.
pub(crate) fn error(status: u16, code: &str) -> Response {
    let error = format!("<Error><Code>{code}</Code><Message>in words</Message></Error>");
    text(status, &format!("<Response><Errors>{error}</Errors><RequestID>req-1</RequestID></Response>"))
}

/// The answer of an account in which there is nothing.
pub(crate) fn nothing_there(request: &Request) -> Response {
    let operation = request.operation.as_str();
    let list = match operation {
        "GetCallerIdentity" => {
            let result = format!("<GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult>");
            return ok(operation, &result);
        }
        "DescribeAvailabilityZones" => {
            let zone = format!("<item><regionName>{REGION}</regionName></item>");
            return ok(operation, &format!("<availabilityZoneInfo>{zone}{zone}</availabilityZoneInfo>"));
        }
        "DescribeRegions" => {
            let region = |name: &str| format!("<item><regionName>{name}</regionName></item>");
            return ok(operation, &format!("<regionInfo>{}{}</regionInfo>", region("eu-north-1"), region(REGION)));
        }
        "DescribeLaunchConfigurations" => {
            return ok(
                operation,
                "<DescribeLaunchConfigurationsResult><LaunchConfigurations/></DescribeLaunchConfigurationsResult>",
            );
        }
        "POST /list-rules" => return text(200, r#"{"Rules": []}"#),
        "DescribeSnapshots" | "DescribeLockedSnapshots" | "ListSnapshotsInRecycleBin" => "snapshotSet",
        "DescribeImages" => "imagesSet",
        "ListImagesInRecycleBin" => "imageSet",
        "DescribeVolumes" | "ListVolumesInRecycleBin" => "volumeSet",
        "DescribeInstances" => "reservationSet",
        "DescribeLaunchTemplates" => "launchTemplates",
        "DescribeLaunchTemplateVersions" => "launchTemplateVersionSet",
        "DescribeImageAttribute" => "launchPermission",
        "DescribeSnapshotAttribute" => "createVolumePermission",
        _ => return error(400, "InvalidAction"),
    };
    ok(operation, &format!("<{list}/>"))
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

    pub(crate) fn provider(&self) -> Ec2Provider {
        self.provider_of(RegionChoice::Named(vec![region()]))
    }

    pub(crate) fn provider_of(&self, regions: RegionChoice) -> Ec2Provider {
        self.provider_with(regions, LISTINGS_SERVE_FOR)
    }

    pub(crate) fn provider_with(&self, regions: RegionChoice, listings_serve_for: Duration) -> Ec2Provider {
        provider_at(self.url(), regions, listings_serve_for)
    }
}

pub(crate) fn provider_at(url: &str, regions: RegionChoice, listings_serve_for: Duration) -> Ec2Provider {
    Ec2Provider::connect(Ec2Config {
        name: "test".to_owned(),
        regions,
        endpoint: Some(url.to_owned()),
        credentials: CredentialSource::Given(Credentials::new("the-id", "the-secret", Some("the-token".to_owned()))),
        listings_serve_for,
    })
    .unwrap()
}

impl Deref for Server {
    type Target = scripted::Server<Request>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Call for Request {
    fn read(arrived: &Arrived) -> Self {
        let form = reqwest::Url::parse(&format!("http://localhost/?{}", arrived.body)).unwrap();
        let mut parameters: BTreeMap<String, String> = form.query_pairs().into_owned().collect();
        let path = format!("{} {}", arrived.method(), arrived.target());
        Self {
            operation: parameters.remove("Action").unwrap_or(path),
            version: parameters.remove("Version").unwrap_or_default(),
            parameters,
            body: arrived.body.clone(),
            authorization: arrived.header("authorization").to_owned(),
            token: arrived.header("x-amz-security-token").to_owned(),
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

pub(crate) fn region() -> Region {
    Region::new(REGION).unwrap()
}

/// The address of a resource in the scripted account.
pub(crate) fn address(kind: &str, id: &str) -> sexton_core::address::Address {
    format!("aws-ec2:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}
