//! Progress as lines, for logs and pipes.

use std::io::Write;

use sexton_core::time::{Span, Timestamp};
use sexton_engine::progress::Progress;

use super::display::Lines;
use super::frame::Frame;

/// The time from one line to the next.
const EVERY: Span = Span::from_secs(10);

pub(super) struct Plain {
    out: Lines,
    next: Option<Timestamp>,
}

impl Plain {
    pub(super) fn new(out: Lines) -> Self {
        Self { out, next: None }
    }

    /// A line by itself. Where nobody reads it any more nobody is told.
    pub(super) fn say(&mut self, line: &str) {
        drop(writeln!(self.out, "{line}"));
    }

    pub(super) fn tick(&mut self, progress: &Progress, now: Timestamp) {
        match self.next {
            Some(next) if now < next => return,
            Some(_) => self.say(&Frame::of(progress, now).line),
            None => {}
        }
        self.next = now.checked_add(EVERY);
    }

    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        self.next
    }
}
