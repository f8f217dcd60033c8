//! The HTTP server, and the task that owns the world. Requests reach that task as messages, so that all calls stand in one
//! order. The `Date` of an answer is hyper's, from the clock that the calls are judged by.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use axum::routing::get;
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::cloud::{Cloud, Written};
use crate::credential::Credential;
use crate::desk::{Answer, Delivery, Desk};
use crate::ec2::cloud::Ec2Cloud;
use crate::ec2::world::Ec2World;
use crate::ecs::cloud::EcsCloud;
use crate::error::ApiError;
use crate::faults::{Faults, FaultsError, Mischief};
use crate::ice::cloud::IceCloud;
use crate::ice::world::IceWorld;
use crate::request::RawRequest;
use crate::wire::{Door, Scissors, Stage};
use crate::world::World;
use crate::zec::ZecWorld;
use crate::zec::cloud::ZecCloud;

/// How many requests may wait for the one that is being answered; more wait in their connections.
const WAITING_REQUESTS: usize = 64;

/// The settings of one emulator.
#[derive(Debug, Clone)]
pub struct EmulatorConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The keys of the world's owner.
    pub credential: Credential,
    /// What goes wrong.
    pub faults: Faults,
}

impl EmulatorConfig {
    /// The access key id where none is chosen.
    pub const ACCESS_KEY_ID: &str = "sexton-emulator";
    /// The access key secret where none is chosen. It opens nothing but an emulator.
    pub const ACCESS_KEY_SECRET: &str = "sexton-emulator-secret";

    /// Keys that everybody knows, and nothing goes wrong.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            credential: Credential::new(Self::ACCESS_KEY_ID, Self::ACCESS_KEY_SECRET),
            faults: Faults::default(),
        }
    }
}

/// What a client needs to know of a running emulator; serialised it is the line that `sexton emulator` prints.
#[derive(Clone, Serialize)]
pub struct Listening {
    /// `http://HOST:PORT`.
    pub listening: String,
    /// The account that owns the world.
    pub account: String,
    /// Its access key id.
    pub access_key_id: String,
    /// Its access key secret.
    pub access_key_secret: String,
}

impl std::fmt::Debug for Listening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listening")
            .field("listening", &self.listening)
            .field("account", &self.account)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The faults cannot be followed.
    #[error("the faults cannot be followed")]
    Faults(#[source] FaultsError),
    /// The objects cannot be put where they belong.
    #[error("the objects cannot be written into {}", folder.display())]
    Objects {
        /// The folder.
        folder: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The account or the region of the world cannot be part of an address.
    #[error("the world has no usable name")]
    Name(#[source] sexton_core::address::NameError),
}

/// Why a question about a running emulator was not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// It has stopped.
    #[error("the emulator has stopped")]
    Stopped,
    /// The answer could not be written.
    #[error("the answer could not be written: {0}")]
    Write(String),
}

/// Whose services are emulated, and the world that they are about.
#[derive(Debug)]
#[non_exhaustive]
pub enum Realm {
    /// Alibaba Cloud ECS, with the calls of STS and Auto Scaling beside it.
    Ecs(World),
    /// Zenlayer ZEC.
    Zec(ZecWorld),
    /// Live snapshots of Alibaba Cloud ICE, with the calls of STS beside them and a store of objects behind.
    Ice(IceWorld),
    /// AWS EC2, with the calls of STS, Auto Scaling and the Recycle Bin beside it.
    Ec2(Ec2World),
}

impl From<World> for Realm {
    fn from(world: World) -> Self {
        Self::Ecs(world)
    }
}

impl From<IceWorld> for Realm {
    fn from(world: IceWorld) -> Self {
        Self::Ice(world)
    }
}

impl From<ZecWorld> for Realm {
    fn from(world: ZecWorld) -> Self {
        Self::Zec(world)
    }
}

impl From<Ec2World> for Realm {
    fn from(world: Ec2World) -> Self {
        Self::Ec2(world)
    }
}

impl Realm {
    fn account(&self) -> &str {
        match self {
            Self::Ecs(world) => world.account(),
            Self::Zec(world) => world.account(),
            Self::Ice(world) => world.account(),
            Self::Ec2(world) => world.account(),
        }
    }

    /// Opens the world now, and the desk that answers for it.
    fn serve(self, own: Credential, faults: Faults, endpoint: String) -> Result<DeskHandle, StartError> {
        let now = Timestamp::now();
        let (seed, behaviour) = (faults.seed, faults.behaviour);
        let credentials: Vec<Credential> = std::iter::once(own).chain(faults.credential.iter().cloned()).collect();
        let mischief = Mischief::new(faults).map_err(StartError::Faults)?;
        Ok(match self {
            Self::Ecs(world) => {
                let cloud = EcsCloud::open(world, credentials, behaviour, now).map_err(StartError::Name)?;
                DeskHandle::spawn(Desk::new(cloud, mischief, seed, endpoint))
            }
            Self::Zec(world) => {
                let cloud = ZecCloud::open(world, credentials, behaviour, now).map_err(StartError::Name)?;
                DeskHandle::spawn(Desk::new(cloud, mischief, seed, endpoint))
            }
            Self::Ice(world) => {
                let cloud = IceCloud::open(world, credentials, behaviour)?;
                DeskHandle::spawn(Desk::new(cloud, mischief, seed, endpoint))
            }
            Self::Ec2(world) => {
                let cloud = Ec2Cloud::open(world, credentials, behaviour).map_err(StartError::Name)?;
                DeskHandle::spawn(Desk::new(cloud, mischief, seed, endpoint))
            }
        })
    }
}

/// A running emulator. It ends when it is shut down or dropped.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    listening: Listening,
    stage: watch::Sender<Stage>,
    desk: DeskHandle,
    server: JoinHandle<std::io::Result<()>>,
}

impl Emulator {
    /// Listens and begins to serve the world. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// The address is taken, or the settings make no sense.
    pub async fn start(config: EmulatorConfig, realm: impl Into<Realm>) -> Result<Self, StartError> {
        let realm = realm.into();
        let failed = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listening = Listening {
            listening: format!("http://{address}"),
            account: realm.account().to_owned(),
            access_key_id: config.credential.access_key_id.clone(),
            access_key_secret: config.credential.access_key_secret.clone(),
        };
        let desk = realm.serve(config.credential, config.faults, address.to_string())?;
        let (stage, stages) = watch::channel(Stage::Serving);
        let router = Router::new()
            .route("/_emulator/state", get(state))
            .route("/_emulator/calls", get(calls))
            .fallback(call)
            .with_state(Service { desk: desk.clone(), stage: stages.clone() });
        let door = Door { listener, stage: stages.clone() };
        let server = tokio::spawn(async move {
            axum::serve(door, router.into_make_service_with_connect_info::<Scissors>())
                .with_graceful_shutdown(closing(stages))
                .await
        });
        tracing::debug!(%address, "emulator is listening");
        Ok(Self { address, listening, stage, desk, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a client needs to know of it.
    pub fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Its world as inventory text: what `GET /_emulator/state` answers.
    ///
    /// # Errors
    /// It has stopped.
    pub async fn state(&self) -> Result<String, AskError> {
        self.desk.ask(Message::State).await.and_then(text)
    }

    /// Every call so far as JSON Lines: what `GET /_emulator/calls` answers.
    ///
    /// # Errors
    /// It has stopped.
    pub async fn calls(&self) -> Result<String, AskError> {
        self.desk.ask(Message::Calls).await.and_then(text)
    }

    /// Stops listening and ends: connections finish what they are at, but not for longer than that.
    pub async fn shutdown(self, wait: Duration) {
        let Self { stage, mut server, .. } = self;
        stage.send_replace(Stage::Closing);
        if tokio::time::timeout(wait, &mut server).await.is_err() {
            server.abort();
        }
        drop(stage);
    }
}

fn text(answer: Result<Vec<u8>, String>) -> Result<String, AskError> {
    let bytes = answer.map_err(AskError::Write)?;
    String::from_utf8(bytes).map_err(|error| AskError::Write(error.to_string()))
}

/// Returns when the server is to close, or the emulator was dropped.
async fn closing(mut stage: watch::Receiver<Stage>) {
    let _dropped = stage.wait_for(|stage| *stage == Stage::Closing).await.is_err();
}

/// What the owner of the world is asked.
#[derive(Debug)]
enum Message {
    Call(Box<Result<RawRequest, ApiError>>, oneshot::Sender<Answer>),
    State(oneshot::Sender<Result<Vec<u8>, String>>),
    Calls(oneshot::Sender<Result<Vec<u8>, String>>),
}

/// The way to the task that owns the world.
#[derive(Debug, Clone)]
struct DeskHandle(mpsc::Sender<Message>);

impl DeskHandle {
    /// The task ends with the last handle.
    fn spawn<C>(mut desk: Desk<C>) -> Self
    where
        C: Cloud,
    {
        let (messages, mut inbox) = mpsc::channel(WAITING_REQUESTS);
        tokio::spawn(async move {
            while let Some(message) = inbox.recv().await {
                let now = Timestamp::now();
                let heard = match message {
                    Message::Call(request, reply) => reply.send(desk.call(*request, now)).is_ok(),
                    Message::State(reply) => reply.send(desk.state(now)).is_ok(),
                    Message::Calls(reply) => reply.send(desk.calls()).is_ok(),
                };
                if !heard {
                    tracing::debug!("a client went away before its answer");
                }
            }
        });
        Self(messages)
    }

    async fn ask<T>(&self, message: impl FnOnce(oneshot::Sender<T>) -> Message) -> Result<T, AskError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(message(reply)).await.map_err(|_| AskError::Stopped)?;
        answer.await.map_err(|_| AskError::Stopped)
    }
}

/// What every request handler is given.
#[derive(Debug, Clone)]
struct Service {
    desk: DeskHandle,
    stage: watch::Receiver<Stage>,
}

async fn state(State(service): State<Service>) -> Response<Body> {
    lines(service.desk.ask(Message::State).await)
}

async fn calls(State(service): State<Service>) -> Response<Body> {
    lines(service.desk.ask(Message::Calls).await)
}

fn lines(answer: Result<Result<Vec<u8>, String>, AskError>) -> Response<Body> {
    match answer {
        Ok(Ok(text)) => respond(StatusCode::OK, "application/x-ndjson", text),
        Ok(Err(problem)) => respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", problem.into_bytes()),
        Err(error) => respond(StatusCode::SERVICE_UNAVAILABLE, "text/plain", error.to_string().into_bytes()),
    }
}

async fn call(
    State(service): State<Service>,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let request = RawRequest::new(method.as_str(), uri.path(), uri.query().unwrap_or_default(), headers, body.to_vec());
    let answer = match service.desk.ask(|reply| Message::Call(Box::new(request), reply)).await {
        Ok(answer) => answer,
        Err(error) => {
            return respond(StatusCode::SERVICE_UNAVAILABLE, "text/plain", error.to_string().into_bytes());
        }
    };
    pause(answer.delay, &service.stage).await;
    match answer.delivery {
        Delivery::Send => write(answer.written, Body::from),
        Delivery::Cut => {
            scissors.cut();
            write(answer.written, Body::from)
        }
        Delivery::HangThenCut(wait) => {
            pause(wait, &service.stage).await;
            scissors.cut();
            write(answer.written, Body::from)
        }
        Delivery::Drip(wait) => write(answer.written, |body| dripping(body, wait, service.stage)),
    }
}

/// A body that comes a byte at a time, until the server closes.
fn dripping(body: Vec<u8>, wait: Duration, stage: watch::Receiver<Stage>) -> Body {
    let drops = futures_util::stream::unfold((body.into_iter(), stage), move |(mut left, stage)| async move {
        let byte = left.next()?;
        pause(wait, &stage).await;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(vec![byte])), (left, stage)))
    });
    Body::from_stream(drops)
}

/// Waits, but not into the end of the server.
async fn pause(wait: Duration, stage: &watch::Receiver<Stage>) {
    if wait.is_zero() {
        return;
    }
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = closing(stage.clone()) => {}
    }
}

fn write(written: Written, body: impl FnOnce(Vec<u8>) -> Body) -> Response<Body> {
    let length = written.body.len();
    let mut response = Response::new(body(written.body));
    *response.status_mut() = StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(written.content_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    for (name, value) in written.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

fn respond(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
