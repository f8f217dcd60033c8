//! A recorded run through the display of a live one.

use std::io::Read;
use std::path::Path;

use sexton_core::time::Timestamp;
use sexton_engine::event::{Event, RunEvent};
use sexton_engine::journal::JournalReader;

use super::display::Display;
use crate::failure::{Failure, say};

/// How fast a recorded run goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// Without any wait.
    AtOnce,
    /// So many times as fast as it was.
    Times(f64),
}

/// Shows a file of events, or a journal.
pub(crate) fn replay(path: &Path, pace: Pace) -> Result<(), Failure> {
    let events = events(path)?;
    let mut display = match pace {
        Pace::Times(_) if std::io::IsTerminal::is_terminal(&std::io::stderr()) => Display::bars(),
        Pace::Times(_) | Pace::AtOnce => Display::lines(Box::new(std::io::stdout())),
    };
    show(&events, pace, &mut display);
    display.finish();
    Ok(())
}

pub(super) fn show(events: &[RunEvent], pace: Pace, display: &mut Display) {
    let mut last: Option<&RunEvent> = None;
    for event in events {
        // A session that follows another begins its own lines.
        if let Some(last) = last.filter(|last| last.session == event.session) {
            let mut now = last.at;
            while let Some(tick) = display.next_tick().filter(|tick| *tick < event.at) {
                pass(pace, now, tick);
                display.tick(tick);
                now = now.max(tick);
            }
            pass(pace, now, event.at);
        }
        display.event(event, event.at);
        last = Some(event);
    }
}

/// Lets recorded time pass.
fn pass(pace: Pace, from: Timestamp, to: Timestamp) {
    match pace {
        Pace::AtOnce => {}
        Pace::Times(times) => std::thread::sleep(to.since(from).to_std().unwrap_or_default().div_f64(times)),
    }
}

/// The events of a recorded run.
fn events(path: &Path) -> Result<Vec<RunEvent>, Failure> {
    let cannot = |error: &std::io::Error| Failure::new(format!("cannot read {}: {error}", path.display()));
    let mut head = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| cannot(&error))?;
    file.take(16).read_to_end(&mut head).map_err(|error| cannot(&error))?;
    if head == b"SQLite format 3\0" {
        let status = JournalReader::new(path).status().map_err(|error| Failure::chain(&error))?;
        return status.events().map_err(|error| Failure::chain(&error));
    }
    let text = std::fs::read_to_string(path).map_err(|error| cannot(&error))?;
    read(&path.display().to_string(), &text)
}

/// Reads events. A line that a session was cut off in is passed over: the last of the file, or the last before another
/// session.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<RunEvent>, Failure> {
    let mut events = Vec::new();
    let mut torn: Option<(usize, serde_json::Error)> = None;
    let no_event = |number: usize, error: &serde_json::Error| {
        Failure::new(format!("{name}:{number}: this is no event of a run: {error}"))
            .next("give a file that was written by --events, or a journal")
    };
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        match (serde_json::from_str::<RunEvent>(line), torn.take()) {
            (Ok(event), Some((torn, error))) => {
                if !matches!(event.event, Event::SessionBegan { .. }) {
                    return Err(no_event(torn, &error));
                }
                say(&format!("warning: {name}:{torn}: a session was cut off in this line"));
                events.push(event);
            }
            (Ok(event), None) => events.push(event),
            (Err(_), Some((torn, error))) => return Err(no_event(torn, &error)),
            (Err(error), None) => torn = Some((number, error)),
        }
    }
    match torn {
        Some((torn, _)) if !text.ends_with('\n') && !events.is_empty() => {
            say(&format!("warning: {name}:{torn}: the record was cut off in this line"));
        }
        Some((torn, error)) => return Err(no_event(torn, &error)),
        None => {}
    }
    check(name, &events)?;
    Ok(events)
}

/// Whether no event is missing.
fn check(name: &str, events: &[RunEvent]) -> Result<(), Failure> {
    let mut display = Display::quiet();
    for event in events {
        display.read(event).map_err(|error| Failure::new(format!("{name}: {error}")))?;
    }
    Ok(())
}
