//! How a run stands as a Prometheus text file, replaced as a whole, for a collector that reads files.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sexton_core::time::{Span, Timestamp};
use sexton_engine::progress::{Progress, RunPhase};

use crate::failure::say;

/// The time from one file to the next.
const EVERY: Span = Span::from_secs(5);

pub(super) struct MetricsFile {
    path: PathBuf,
    next: Option<Timestamp>,
    /// It was said that the file cannot be written.
    said: bool,
}

impl MetricsFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, next: None, said: false }
    }

    /// Writes the file where it is time to.
    pub(super) fn refresh(&mut self, progress: &Progress, now: Timestamp) {
        if self.next.is_none_or(|next| now >= next) {
            self.next = now.checked_add(EVERY);
            self.write(progress, now);
        }
    }

    /// Writes the file. What cannot be written is said once, and tried again.
    pub(super) fn write(&mut self, progress: &Progress, now: Timestamp) {
        if let Err(error) = replace(&self.path, &text(progress, now))
            && !std::mem::replace(&mut self.said, true)
        {
            say(&format!("warning: cannot write metrics to {}: {error}; the run goes on", self.path.display()));
        }
    }
}

/// Readable by everyone: a collector is often another user, and nothing in it names a resource.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".sexton-")
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The text of a file of metrics.
struct Text(String);

impl Text {
    /// What follows are samples of this metric.
    fn metric(&mut self, name: &str, sort: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {sort}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", quoted(value))).collect();
        match labels.is_empty() {
            true => self.line(format_args!("{name} {value}")),
            false => self.line(format_args!("{name}{{{}}} {value}", labels.join(","))),
        }
    }

    fn one(&mut self, name: &str, sort: &str, help: &str, value: impl std::fmt::Display) {
        self.metric(name, sort, help);
        self.sample(name, &[], value);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("a string takes every character");
    }
}

/// The value of a label between its quotes.
fn quoted(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

pub(super) fn text(progress: &Progress, now: Timestamp) -> String {
    let mut text = Text(String::new());
    text.metric("sexton_run_info", "gauge", "Which run of which plan this is.");
    text.sample("sexton_run_info", &[("run", progress.run().as_str()), ("plan", progress.plan())], 1);
    text.one("sexton_run_session", "gauge", "The session, from 1.", progress.session());

    let name = "sexton_run_steps";
    text.metric(name, "gauge", "Steps by how they stand: an outcome, underway, or left.");
    for (kind, counts) in progress.kinds() {
        for (outcome, count) in counts.named() {
            text.sample(name, &[("kind", kind), ("outcome", outcome)], count);
        }
    }
    text.one("sexton_run_steps_waiting", "gauge", "Steps that wait for a guard to clear.", progress.waiting());

    let name = "sexton_run_calls_total";
    text.metric(name, "counter", "Calls of this session.");
    for (operation, calls) in progress.calls() {
        text.sample(name, &[("operation", operation)], calls.sent);
    }
    let name = "sexton_run_call_resources_total";
    text.metric(name, "counter", "Resources in the calls of this session: more than calls where they share them.");
    for (operation, calls) in progress.calls() {
        text.sample(name, &[("operation", operation)], calls.targets);
    }
    let name = "sexton_run_calls_failed_total";
    text.metric(name, "counter", "Calls of this session that were answered by a failure.");
    for (operation, calls) in progress.calls() {
        text.sample(name, &[("operation", operation)], calls.failed);
    }
    let name = "sexton_run_calls_throttled_total";
    text.metric(name, "counter", "Calls of this session that were over a quota.");
    for (operation, calls) in progress.calls() {
        text.sample(name, &[("operation", operation)], calls.throttled);
    }
    text.one("sexton_run_calls_in_flight", "gauge", "Calls that were not answered yet.", progress.calls_in_flight());
    let name = "sexton_run_call_rate";
    text.metric(name, "gauge", "Calls in a second that are sent at most, where throttling or a quota was met.");
    for ((scope, operation), rate) in progress.rates() {
        text.sample(name, &[("scope", scope), ("operation", operation)], rate);
    }
    text.one("sexton_run_retries_total", "counter", "Removals of this session tried again.", progress.retries());
    let throttled = seconds(progress.throttled_time(now));
    let help = "Time of this session in which calls of some operation were kept back after one was over a quota.";
    text.one("sexton_run_throttled_seconds_total", "counter", help, throttled);

    let (paused, ended, complete) = match progress.phase() {
        RunPhase::Running | RunPhase::Stopping(_) => (0, 0, 0),
        RunPhase::Paused => (1, 0, 0),
        RunPhase::Ended { complete } => (0, 1, u8::from(*complete)),
    };
    text.one("sexton_run_paused", "gauge", "Whether nothing new is begun for now.", paused);
    text.one("sexton_run_ended", "gauge", "Whether the session has ended.", ended);
    text.one("sexton_run_complete", "gauge", "Whether it ended with nothing left.", complete);
    let began = progress.began_at().as_second();
    text.one("sexton_run_began_timestamp_seconds", "gauge", "When the session began.", began);
    let last = progress.last_at().as_second();
    text.one("sexton_run_last_event_timestamp_seconds", "gauge", "When something last happened.", last);
    text.0
}
