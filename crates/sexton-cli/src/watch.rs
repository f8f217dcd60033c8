//! What follows a run while it runs: the display, the record of its events and the metrics, each a reader of the same
//! stream in a thread of its own, so that none of them, a slow disk or a pipe that nobody reads, keeps the run back.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use sexton_engine::driver::{SystemClock, WallClock};
use sexton_engine::event::{EventSink, RunEvent};

use crate::arguments::Watching;
use crate::failure::{Failure, say};
use crate::files::Place;
use crate::report::outcome::Results;

mod bars;
mod display;
mod frame;
mod metrics;
mod plain;
mod record;
mod replay;
mod spans;
#[cfg(test)]
mod tests;

pub(crate) use record::Begun;
pub(crate) use replay::{Pace, replay};
#[cfg(feature = "opentelemetry")]
pub(crate) use spans::TARGET as SPANS;

use display::Display;
use metrics::MetricsFile;
use record::Recorder;
use spans::Spans;

/// How often a reader looks at the clock while nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// The readers of a run that is to begin.
pub(crate) struct Watch {
    display: Display,
    metrics: Option<MetricsFile>,
    recorder: Option<Recorder>,
    results: Results,
}

/// Hands every event to every reader.
pub(crate) struct Sink {
    readers: Vec<mpsc::Sender<RunEvent>>,
    spans: Spans,
}

/// The threads of the readers.
pub(crate) struct Readers(Vec<JoinHandle<()>>);

impl Watch {
    /// Opens what the command line asks for, before anything is called.
    pub(crate) fn open(watching: &Watching, begun: Begun) -> Result<Self, Failure> {
        let recorder = watching.events.as_ref().map(|place| Recorder::open(place, begun)).transpose()?;
        let display = if watching.quiet { Display::quiet() } else { Display::of_stderr() };
        let results = match watching.events {
            Some(Place::Standard) => Results::StandardError,
            Some(Place::File(_)) | None => Results::StandardOutput,
        };
        Ok(Self { display, metrics: watching.metrics.clone().map(MetricsFile::new), recorder, results })
    }

    /// The display alone.
    pub(crate) fn display() -> Self {
        Self { display: Display::of_stderr(), metrics: None, recorder: None, results: Results::StandardOutput }
    }

    /// Where the results of the run go.
    pub(crate) fn results(&self) -> Results {
        self.results
    }

    /// Starts the readers. They end once the sink is dropped.
    pub(crate) fn start(self) -> (Sink, Readers) {
        let Self { mut display, mut metrics, recorder, results: _ } = self;
        let (shown, events) = mpsc::channel();
        let mut sink = Sink { readers: vec![shown], spans: Spans::default() };
        let mut threads = Vec::new();
        let shows = std::thread::Builder::new().name("display".to_owned()).spawn(move || {
            follow(&events, |event| {
                let now = SystemClock.now();
                match event {
                    Some(event) => display.event(&event, event.at),
                    None => display.tick(now),
                }
                if let (Some(metrics), Some(progress)) = (&mut metrics, display.progress()) {
                    metrics.refresh(progress, now);
                }
            });
            display.finish();
            if let (Some(metrics), Some(progress)) = (&mut metrics, display.progress()) {
                metrics.write(progress, SystemClock.now());
            }
        });
        threads.extend(started(shows));
        if let Some(mut recorder) = recorder {
            let (recorded, events) = mpsc::channel();
            let records = std::thread::Builder::new().name("events".to_owned()).spawn(move || {
                follow(&events, |event| event.iter().for_each(|event| recorder.record(event)));
            });
            threads.extend(started(records));
            sink.readers.push(recorded);
        }
        (sink, Readers(threads))
    }
}

fn started(thread: std::io::Result<JoinHandle<()>>) -> Option<JoinHandle<()>> {
    thread.inspect_err(|error| say(&format!("warning: the run is not followed: {error}"))).ok()
}

/// Hands on every event as it comes, and nothing now and then, until there will be none.
fn follow(events: &mpsc::Receiver<RunEvent>, mut take: impl FnMut(Option<RunEvent>)) {
    loop {
        match events.recv_timeout(TICK) {
            Ok(event) => take(Some(event)),
            Err(RecvTimeoutError::Timeout) => take(None),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl EventSink for Sink {
    fn event(&mut self, event: RunEvent) {
        self.spans.event(&event);
        for reader in &self.readers {
            // A reader that has ended has said why.
            drop(reader.send(event.clone()));
        }
    }
}

impl Readers {
    /// Waits until they have read everything.
    pub(crate) fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                say("warning: what follows the run broke off; the run did not");
            }
        }
    }
}
