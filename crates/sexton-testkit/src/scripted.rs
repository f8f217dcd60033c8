//! A server that speaks just enough HTTP to answer by a script, for the tests of providers.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The time that every answer bears, unless it is said otherwise.
pub const DATE: &str = "Sat, 21 Nov 2026 00:00:00 GMT";

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    head: String,
    /// What followed the head.
    pub body: String,
}

impl Arrived {
    /// The method.
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The path and the query.
    pub fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    }
}

/// A call as the tests of a provider see it.
pub trait Call: Clone + Send + Sync + 'static {
    /// Reads a request.
    fn read(arrived: &Arrived) -> Self;

    /// What is called.
    fn operation(&self) -> &str;

    /// Takes how many calls of this operation came before.
    fn after(self, before: usize) -> Self;
}

/// What is sent back.
#[derive(Debug, Clone)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    end: End,
}

/// Whether all comes that was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Missing,
}

impl Response {
    /// A text, with a date.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let headers = vec![("date".to_owned(), DATE.to_owned())];
        Self { status, headers, body: body.into(), end: End::Whole }
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves the date out.
    #[must_use]
    pub fn without_date(mut self) -> Self {
        self.headers.retain(|(known, _)| known != "date");
        self
    }

    /// Announces more than is sent.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        self.end = End::Missing;
        self
    }

    fn written(&self) -> String {
        let length = self.body.len() + usize::from(self.end == End::Missing);
        let mut answer =
            format!("HTTP/1.1 {} Status\r\ncontent-length: {length}\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            answer += &format!("{name}: {value}\r\n");
        }
        answer + "\r\n" + &self.body
    }
}

/// A server on this machine.
#[derive(Debug)]
pub struct Server<C> {
    url: String,
    calls: Arc<Mutex<Vec<C>>>,
}

impl<C: Call> Server<C> {
    /// Answers by the script, until the runtime ends.
    ///
    /// # Errors
    /// There is no port to listen on.
    pub async fn start(script: impl Fn(&C) -> Response + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let calls = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(script);
        let recorded = Arc::clone(&calls);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(serve(stream, Arc::clone(&script), Arc::clone(&recorded)));
            }
        });
        Ok(Self { url, calls })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every call that arrived.
    pub fn calls(&self) -> Vec<C> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls of an operation.
    pub fn calls_of(&self, operation: &str) -> Vec<C> {
        self.calls().into_iter().filter(|call| call.operation() == operation).collect()
    }
}

async fn serve<C: Call>(
    mut stream: TcpStream,
    script: Arc<impl Fn(&C) -> Response>,
    calls: Arc<Mutex<Vec<C>>>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut arrived = Arrived { head, body: String::new() };
    let mut body = vec![0; arrived.header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    arrived.body = String::from_utf8_lossy(&body).into_owned();
    let call = C::read(&arrived);
    let call = {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        let before = calls.iter().filter(|known| known.operation() == call.operation()).count();
        let call = call.after(before);
        calls.push(call.clone());
        call
    };
    stream.write_all(script(&call).written().as_bytes()).await?;
    stream.shutdown().await
}
