//! What a display shows of a run at a moment, in words. Every display and the replay show frames and nothing else.

use std::time::Duration;

use sexton_core::harmless::escaped;
use sexton_core::time::Timestamp;
use sexton_engine::Counts;
use sexton_engine::event::SessionFailure;
use sexton_engine::journal::StopCause;
use sexton_engine::progress::{Progress, RunPhase};

/// One moment of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// By kind, in their order.
    pub(super) kinds: Vec<KindRow>,
    /// All of it in one line.
    pub(super) line: String,
}

/// The steps of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KindRow {
    pub(super) kind: String,
    pub(super) ended: u64,
    pub(super) all: u64,
    /// How they stand.
    pub(super) words: String,
}

impl Frame {
    pub(super) fn of(progress: &Progress, now: Timestamp) -> Self {
        let row = |(kind, counts): (&String, &Counts)| KindRow {
            kind: escaped(kind),
            ended: ended(counts),
            all: counts.all(),
            words: words(counts),
        };
        Self { kinds: progress.kinds().iter().map(row).collect(), line: line(progress, now) }
    }

    /// The frame as lines: what a run or its replay leaves behind.
    pub(super) fn lines(&self) -> Vec<String> {
        let width = self.kinds.iter().map(|row| row.kind.chars().count()).max().unwrap_or_default();
        let mut lines = vec![self.line.clone()];
        lines.extend(self.kinds.iter().map(|row| {
            let KindRow { kind, ended, all, words } = row;
            format!("  {kind:width$}  {ended} of {all}{}{words}", if words.is_empty() { "" } else { ": " })
        }));
        lines
    }
}

fn ended(counts: &Counts) -> u64 {
    counts.done() + counts.not_removed()
}

fn line(progress: &Progress, now: Timestamp) -> String {
    let counts = progress.counts();
    let mut line = format!("[{}] {} of {} steps", clock(progress.elapsed(now)), ended(&counts), counts.all());
    let words = words(&counts);
    if !words.is_empty() {
        line.push_str(": ");
        line.push_str(&words);
    }
    if progress.waiting() > 0 {
        line.push_str(&format!(", {} waiting", progress.waiting()));
    }
    match progress.phase() {
        RunPhase::Running => {
            if let Some(rate) = progress.rate(now) {
                line.push_str(&format!("; {rate:.1}/s"));
            }
            if let Some(left) = progress.time_left(now) {
                line.push_str(&format!(", {} left", clock(left)));
            }
        }
        RunPhase::Paused => line.push_str("; paused"),
        RunPhase::Stopping(cause) => line.push_str(&format!("; stopping: {}", stopping(cause))),
        RunPhase::Ended { complete: true } => line.push_str("; complete"),
        RunPhase::Ended { complete: false } => {
            line.push_str("; ended");
            line.push_str(progress.failure().map_or("", why));
        }
    }
    let throttled = progress.throttled_time(now);
    if progress.is_throttled(now) {
        line.push_str(&format!("; throttled, {} so far", clock(throttled)));
    } else if throttled >= Duration::from_secs(1) {
        line.push_str(&format!("; throttled for {}", clock(throttled)));
    }
    line
}

/// How steps stand, without those that are not begun.
fn words(counts: &Counts) -> String {
    let parts = counts.named().into_iter().filter(|(name, count)| *count > 0 && *name != "left");
    let parts: Vec<String> = parts
        .map(|(name, count)| match name {
            "underway" => format!("{count} under way"),
            name => format!("{count} {}", name.replace('-', " ")),
        })
        .collect();
    parts.join(", ")
}

/// Why nothing more could be done.
fn why(failure: &SessionFailure) -> &'static str {
    match failure {
        SessionFailure::Identity { .. } => ": another account or region",
        SessionFailure::IdentityUnknown { .. } => ": who serves the plan could not be asked",
        SessionFailure::Journal => ": the journal could not be written",
        _ => ": it failed",
    }
}

fn stopping(cause: &StopCause) -> String {
    match cause {
        StopCause::Requested => "asked to".to_owned(),
        StopCause::Auth { message } => format!("the credentials were refused: {}", escaped(message)),
        StopCause::Failures { failed } => format!("{failed} steps failed"),
        StopCause::Canary { step } => format!("step {step}, a first of its kind, did not go well"),
        StopCause::TimeUp => "the session has taken as long as it may".to_owned(),
        _ => "nothing new is begun".to_owned(),
    }
}

/// `0:05`, `12:00`, `3:00:00`.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
