//! The displays and files of a recorded run, against goldens; what happens to a record that is cut off.

use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};

use sexton_engine::event::RunEvent;
use sexton_engine::progress::Progress;

use super::display::Display;
use super::metrics;
use super::record::{Begun, Recorder};
use super::replay::{Pace, read, show};
use crate::files::Place;

mod exposition;

/// A run of the engine's tests, in virtual time.
const RECORDED: &str = include_str!("../../../sexton-engine/recorded/run.jsonl");

struct Paper(Sender<Vec<u8>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is shown as lines.
fn shown(with: impl FnOnce(&mut Display)) -> String {
    let (paper, pieces) = channel();
    let mut display = Display::lines(Box::new(Paper(paper)));
    with(&mut display);
    display.finish();
    drop(display);
    String::from_utf8(pieces.into_iter().flatten().collect()).unwrap()
}

fn recorded() -> Vec<RunEvent> {
    read("recorded", RECORDED).unwrap()
}

fn golden(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/watch/tests").join(name);
    if std::env::var_os("SEXTON_WRITE_GOLDENS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), found, "{name}");
}

fn progress(events: &[RunEvent]) -> Progress {
    let mut progress = Progress::begin(&events[0]).unwrap();
    events[1..].iter().for_each(|event| progress.apply(event).unwrap());
    progress
}

#[test]
fn progress_without_a_terminal_is_a_line_now_and_then() {
    let lines = shown(|display| show(&recorded(), Pace::AtOnce, display));
    golden("progress.txt", &lines);
    assert!(!lines.contains('\u{1b}'), "what came from the cloud is escaped");
}

#[test]
fn a_replay_ends_with_what_the_live_display_ends_with() {
    let events = recorded();
    // A live display ticks by a clock of its own, and not where a replay does.
    let live = shown(|display| {
        for event in &events {
            display.event(event, event.at);
            display.tick(event.at.checked_add(sexton_core::time::Span::from_millis(137)).unwrap());
        }
    });
    let replayed = shown(|display| show(&events, Pace::Times(1e9), display));
    let last = |text: &str| text.lines().rev().take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(last(&live), last(&replayed));
    assert!(last(&live)[3].contains("36 of 36 steps"), "{live}");
}

#[test]
fn metrics_of_the_recorded_run() {
    let progress = progress(&recorded());
    let text = metrics::text(&progress, progress.last_at());
    golden("metrics.prom", &text);
    let samples = exposition::parse(&text);
    let steps: f64 = samples.iter().filter(|sample| sample.name == "sexton_run_steps").map(|sample| sample.value).sum();
    assert_eq!(steps, 36.0);
}

#[test]
fn every_moment_of_a_run_has_metrics_that_parse() {
    let events = recorded();
    let mut progress = Progress::begin(&events[0]).unwrap();
    for event in &events[1..] {
        progress.apply(event).unwrap();
        exposition::parse(&metrics::text(&progress, event.at));
    }
}

#[test]
fn a_label_with_quotes_lines_and_backslashes_reads_back() {
    let kind = "a\"b\\c\nd";
    let text = RECORDED.lines().next().unwrap().replace("\"image\":", &format!("{}:", serde_json::json!(kind)));
    let first: RunEvent = serde_json::from_str(&text).unwrap();
    let progress = Progress::begin(&first).unwrap();
    let samples = exposition::parse(&metrics::text(&progress, first.at));
    assert!(samples.iter().any(|sample| sample.labels.iter().any(|(_, value)| value == kind)), "{samples:?}");
}

#[test]
fn a_record_is_added_to_and_a_torn_line_of_it_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let place = Place::File(path.clone());
    let events = recorded();
    let mut recorder = Recorder::open(&place, Begun::Now).unwrap();
    events[..9].iter().for_each(|event| recorder.record(event));
    // Cut off in the middle of the last line.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 20]).unwrap();
    assert_eq!(read("cut", &std::fs::read_to_string(&path).unwrap()).unwrap().len(), 8);

    let mut recorder = Recorder::open(&place, Begun::Earlier).unwrap();
    let later: Vec<RunEvent> = events.iter().map(|event| RunEvent { session: 2, ..event.clone() }).collect();
    later.iter().for_each(|event| recorder.record(event));
    let read_back = read("resumed", &std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(read_back.len(), 8 + later.len());
    assert_eq!(read_back[8..], later);
    Recorder::open(&place, Begun::Now).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "", "a new run is a new record");
}

#[test]
fn a_record_that_is_none_or_lacks_a_line_is_refused() {
    let lines: Vec<&str> = RECORDED.split_inclusive('\n').collect();
    let without = |line: usize| lines[..line].concat() + &lines[line + 1..].concat();
    for (text, says) in [
        (without(5), "event 7 of session 1 follows event 5"),
        (without(0), "does not begin with its first event"),
        (lines[..5].concat() + "no event\n" + &lines[5..].concat(), "recorded:6: this is no event of a run"),
        (lines[..5].concat() + "no event\n", "recorded:6: this is no event of a run"),
        ("no event".to_owned(), "recorded:1: this is no event of a run"),
    ] {
        let refused = format!("{:?}", read("recorded", &text).unwrap_err());
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn a_full_disk_ends_the_record_and_nothing_else() {
    let mut recorder = Recorder::open(&Place::File(PathBuf::from("/dev/full")), Begun::Now).unwrap();
    recorded().iter().for_each(|event| recorder.record(event));
    assert!(recorder.has_ended());
}
