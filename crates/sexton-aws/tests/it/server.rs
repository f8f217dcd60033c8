//! A server that speaks just enough HTTP to answer by a script, and a sink that remembers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sexton_aws::{CredentialSource, Credentials, Ec2Config, Ec2Provider, LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::address::{Kind, Region};
use sexton_core::inventory::{CensusLine, Listing};
use sexton_core::resource::Resource;
use sexton_provider::{ListProblem, ListSink, Provider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const DATE: &str = "Sat, 21 Nov 2026 00:00:00 GMT";

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

/// What is sent back.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// Announces more than it sends.
    truncated: bool,
}

impl Response {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_date(mut self) -> Self {
        self.headers.retain(|(known, _)| known != "date");
        self
    }

    pub(crate) fn truncated(mut self) -> Self {
        self.truncated = true;
        self
    }
}

pub(crate) fn text(status: u16, body: &str) -> Response {
    Response { status, headers: vec![("date".to_owned(), DATE.to_owned())], body: body.to_owned(), truncated: false }
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

pub(crate) struct Server {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers by the script, and where that has no answer as if nothing were there.
    pub(crate) async fn start(script: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::<Request>::new()));
        let script = Arc::new(script);
        let recorded = Arc::clone(&calls);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&recorded)));
            }
        });
        Self { url, calls }
    }

    /// The same, thought to be elsewhere.
    pub(crate) fn moved_to(self, url: String) -> Self {
        Self { url, ..self }
    }

    pub(crate) fn provider(&self) -> Ec2Provider {
        self.provider_of(RegionChoice::Named(vec![region()]))
    }

    pub(crate) fn provider_of(&self, regions: RegionChoice) -> Ec2Provider {
        self.provider_with(regions, LISTINGS_SERVE_FOR)
    }

    pub(crate) fn provider_with(&self, regions: RegionChoice, listings_serve_for: Duration) -> Ec2Provider {
        Ec2Provider::connect(Ec2Config {
            name: "test".to_owned(),
            regions,
            endpoint: Some(self.url.clone()),
            credentials: CredentialSource::Given(Credentials::new(
                "the-id",
                "the-secret",
                Some("the-token".to_owned()),
            )),
            listings_serve_for,
        })
        .unwrap()
    }

    /// The calls of an operation.
    pub(crate) fn calls_of(&self, operation: &str) -> Vec<Request> {
        self.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    pub(crate) fn calls(&self) -> Vec<Request> {
        self.calls.lock().unwrap().clone()
    }
}

async fn serve<S: Fn(&Request) -> Option<Response>>(
    mut stream: TcpStream,
    script: Arc<S>,
    calls: Arc<Mutex<Vec<Request>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).unwrap();
    let form = reqwest::Url::parse(&format!("http://localhost/?{body}")).unwrap();
    let mut parameters: BTreeMap<String, String> = form.query_pairs().into_owned().collect();
    let mut line = head.split(' ');
    let path = format!("{} {}", line.next().unwrap(), line.next().unwrap());
    let operation = parameters.remove("Action").unwrap_or(path);
    let request = {
        let mut calls = calls.lock().unwrap();
        let request = Request {
            before: calls.iter().filter(|call| call.operation == operation).count(),
            operation,
            version: parameters.remove("Version").unwrap_or_default(),
            parameters,
            body,
            authorization: header("authorization"),
            token: header("x-amz-security-token"),
        };
        calls.push(request.clone());
        request
    };
    let response = script(&request).unwrap_or_else(|| nothing_there(&request));
    let length = response.body.len() + if response.truncated { 1 } else { 0 };
    let mut answer =
        format!("HTTP/1.1 {} Status\r\ncontent-length: {length}\r\nconnection: close\r\n", response.status);
    for (name, value) in &response.headers {
        answer += &format!("{name}: {value}\r\n");
    }
    answer += "\r\n";
    answer += &response.body;
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

pub(crate) fn region() -> Region {
    Region::new(REGION).unwrap()
}

/// The address of a resource in the scripted account.
pub(crate) fn address(kind: &str, id: &str) -> sexton_core::address::Address {
    format!("aws-ec2:{ACCOUNT}:{REGION}:{kind}/{id}").parse().unwrap()
}

/// What a listing gave.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) resources: Vec<Resource>,
    census: BTreeMap<String, CensusLine>,
    problems: Vec<ListProblem>,
}

impl Listed {
    pub(crate) async fn of(server: &Server) -> Self {
        let mut listed = Self::default();
        server.provider().list(&region(), &mut listed).await.unwrap();
        listed
    }

    /// The addresses of a kind, in the order in which they came.
    pub(crate) fn ids(&self, kind: &str) -> Vec<&str> {
        let of_kind = self.resources.iter().filter(|resource| resource.address.kind() == kind);
        of_kind.map(|resource| resource.address.id()).collect()
    }

    pub(crate) fn resource(&self, kind: &str, id: &str) -> &Resource {
        self.resources.iter().find(|resource| resource.address == address(kind, id)).unwrap()
    }

    pub(crate) fn is_complete(&self, kind: &str) -> bool {
        self.census[kind].listing == Listing::Complete
    }

    /// The kinds whose listing is not complete.
    pub(crate) fn incomplete(&self) -> Vec<&str> {
        let lines = self.census.iter().filter(|(_, line)| line.listing == Listing::Incomplete);
        lines.map(|(kind, _)| kind.as_str()).collect()
    }

    pub(crate) fn as_of(&self, kind: &str) -> Option<String> {
        self.census[kind].as_of.known().map(|time| time.to_string())
    }

    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.census.keys().map(String::as_str).collect()
    }

    /// The one problem of a kind.
    pub(crate) fn problem(&self, kind: &str) -> &str {
        let mut problems = self.problems.iter().filter(|problem| problem.kind.as_str() == kind);
        let problem = problems.next().unwrap_or_else(|| panic!("no problem of {kind} among {:?}", self.problems));
        assert_eq!(problems.next(), None);
        &problem.message
    }

    pub(crate) fn problems(&self) -> &[ListProblem] {
        &self.problems
    }
}

impl ListSink for Listed {
    fn resource(&mut self, resource: Resource) {
        let kind = resource.address.kind();
        assert!(!self.census.contains_key(kind), "{} after the census of its kind", resource.address);
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        let kind = line.scope.kind.to_string();
        assert_eq!(self.census.insert(kind, line), None, "two census lines of one kind");
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem);
    }

    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        assert_eq!(region.as_str(), REGION);
        assert!(total.is_none_or(|total| seen <= total + 1), "{kind}: {seen} of {total:?}");
    }
}
