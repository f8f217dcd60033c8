//! The spans of a run on their way to a collector: the binary with the feature `opentelemetry`.

#![cfg(feature = "opentelemetry")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sexton_core::plan::Plan;

use crate::scene::{APPLY, Ran, Scene, TWO_RULES, exactly_the_planned_is_gone};

/// A request that a collector got.
#[derive(Debug, Clone)]
struct Posted {
    line: String,
    body: Vec<u8>,
}

/// A collector on loopback that keeps what it is sent.
struct Collector {
    url: String,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let posted = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&posted);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let keeps = Arc::clone(&keeps);
                std::thread::spawn(move || collect(connection.unwrap(), &keeps));
            }
        });
        Self { url, posted }
    }

    fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

/// Answers the requests of a connection until it is closed.
fn collect(mut connection: TcpStream, keeps: &Mutex<Vec<Posted>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if reader.read_until(b'\n', &mut head).unwrap_or_default() == 0 {
                return;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let lengths =
            head.lines().filter_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
        let length: usize = lengths.map(|length| length.trim().parse().unwrap()).next().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        keeps.lock().unwrap().push(Posted { line: head.lines().next().unwrap().to_owned(), body });
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(answer.as_bytes()).unwrap();
    }
}

fn scene() -> (Scene, Plan) {
    let scene = Scene::new(&["--generate", "60", "--seed", "9"]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    (scene, plan)
}

fn apply(scene: &Scene, endpoint: &str) -> Ran {
    let mut command = scene.command(&APPLY);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_EXPORTER_OTLP_TIMEOUT", "2000");
    Ran::of(&command.output().unwrap())
}

fn holds(posted: &[Posted], text: &str) -> bool {
    posted.iter().any(|posted| posted.body.windows(text.len()).any(|part| part == text.as_bytes()))
}

#[test]
fn a_collector_gets_the_run_its_steps_and_their_calls() {
    let (scene, plan) = scene();
    let before = scene.emulator().state();
    let collector = Collector::start();
    apply(&scene, &collector.url).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    let posted = collector.posted();
    assert!(!posted.is_empty());
    for posted in &posted {
        assert_eq!(posted.line, "POST /v1/traces HTTP/1.1");
    }
    // In the protocol a name is its length and its text, and an attribute's key and value follow each other.
    for name in ["\u{3}run", "\u{4}step", "\u{4}call", "service.name\u{12}\u{8}\n\u{6}sexton", &plan.digest] {
        assert!(holds(&posted, name), "no span has {name:?}");
    }
    for step in &plan.steps {
        assert!(holds(&posted, step.address.as_str()), "no span of {}", step.address);
    }
    assert!(!holds(&posted, "sexton-emulator-secret"));
}

#[test]
fn a_collector_that_is_not_there_or_does_not_answer_costs_its_spans_and_nothing_else() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [gone, silent.local_addr().unwrap()] {
        let (scene, plan) = scene();
        let before = scene.emulator().state();
        let began = Instant::now();
        let ran = apply(&scene, &format!("http://{address}")).exits(0);
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        assert!(ran.out.contains(&format!("{0} removed of {0} steps", plan.steps.len())), "{}", ran.out);
        exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    }
}

#[test]
fn a_run_that_leaves_something_keeps_its_exit_code_where_no_collector_is_there() {
    let (scene, _) = scene();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = scene.command(&[&APPLY[..], &["--max-duration", "1ms"]].concat());
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{gone}"));
    Ran::of(&command.output().unwrap()).exits(3);
}
