//! A server that speaks just enough HTTP to answer by a script, and a sink that remembers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sexton_core::address::{Address, Kind, Region};
use sexton_core::inventory::{CensusLine, Listing};
use sexton_core::resource::Resource;
use sexton_provider::{ListProblem, ListSink, Provider};
use sexton_zenlayer::{ApiVersion, CredentialSource, Credentials, RegionChoice, ZecConfig, ZecProvider};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const REGION: &str = "asia-east-1";
pub(crate) const ACCOUNT: &str = "acme";
pub(crate) const DATE: &str = "Sat, 21 Nov 2026 00:00:00 GMT";

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) version: String,
    pub(crate) body: Value,
    /// How many calls of this operation came before.
    pub(crate) before: usize,
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

pub(crate) struct Server {
    url: String,
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

    pub(crate) fn provider(&self) -> ZecProvider {
        self.provider_of(RegionChoice::All, ApiVersion::V20250901)
    }

    pub(crate) fn provider_of(&self, regions: RegionChoice, version: ApiVersion) -> ZecProvider {
        ZecProvider::connect(ZecConfig {
            name: "test".to_owned(),
            account: ACCOUNT.parse().unwrap(),
            regions,
            endpoint: Some(self.url.clone()),
            version,
            credentials: CredentialSource::Given(Credentials::key("the-id", "the-password")),
        })
        .unwrap()
    }

    pub(crate) fn calls_of(&self, operation: &str) -> Vec<Request> {
        self.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    pub(crate) fn calls(&self) -> Vec<Request> {
        self.calls.lock().unwrap().clone()
    }

    /// The calls that change something.
    pub(crate) fn changes(&self) -> Vec<Request> {
        self.calls().into_iter().filter(|call| !call.operation.starts_with("Describe")).collect()
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
    assert!(head.starts_with("POST /api/v2/zec HTTP/1.1"), "{head}");
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let operation = header("x-zc-action");
    let request = {
        let mut calls = calls.lock().unwrap();
        let request = Request {
            before: calls.iter().filter(|call| call.operation == operation).count(),
            operation,
            version: header("x-zc-version"),
            body: serde_json::from_slice(&body).unwrap(),
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

pub(crate) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// The address of a resource in the scripted account.
pub(crate) fn address(kind: &str, id: &str) -> Address {
    let region = if kind == "image" { "global" } else { REGION };
    format!("zenlayer-zec:{ACCOUNT}:{region}:{kind}/{id}").parse().unwrap()
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
        Self::by(&server.provider(), REGION).await
    }

    pub(crate) async fn by(provider: &ZecProvider, name: &str) -> Self {
        let mut listed = Self::default();
        provider.list(&region(name), &mut listed).await.unwrap();
        listed
    }

    /// The ids of a kind, in the order in which they came.
    pub(crate) fn ids(&self, kind: &str) -> Vec<&str> {
        let of_kind = self.resources.iter().filter(|resource| resource.address.kind() == kind);
        of_kind.map(|resource| resource.address.id()).collect()
    }

    pub(crate) fn resource(&self, kind: &str, id: &str) -> &Resource {
        self.resources.iter().find(|resource| resource.address == address(kind, id)).unwrap()
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
        assert!(self.resources.iter().all(|earlier| earlier.address != resource.address), "{} twice", resource.address);
        self.resources.push(resource);
    }

    fn census(&mut self, line: CensusLine) {
        let kind = line.scope.kind.to_string();
        assert_eq!(self.census.insert(kind, line), None, "two census lines of one kind");
    }

    fn problem(&mut self, problem: ListProblem) {
        self.problems.push(problem);
    }

    fn progress(&mut self, _: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        assert!(total.is_none_or(|total| seen <= total + 1), "{kind}: {seen} of {total:?}");
    }
}
