//! Progress on a terminal: a bar for each kind, and a line for all.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sexton_core::time::{Span, Timestamp};
use sexton_engine::progress::Progress;

use super::frame::Frame;

/// The time from one frame to the next.
const EVERY: Span = Span::from_millis(100);

pub(super) struct Bars {
    all: MultiProgress,
    line: ProgressBar,
    kinds: BTreeMap<String, ProgressBar>,
    next: Option<Timestamp>,
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Bars {
    pub(super) fn new() -> Self {
        // A frame is several drawings, and frames keep their own time: a limit on drawings would leave out the last ones.
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(u8::MAX));
        let line = all.add(ProgressBar::no_length().with_style(style("{wide_msg}")));
        Self { all, line, kinds: BTreeMap::new(), next: None }
    }

    /// A line above the bars.
    pub(super) fn say(&self, line: &str) {
        drop(self.all.println(line));
    }

    pub(super) fn tick(&mut self, progress: &Progress, now: Timestamp) {
        if self.next.is_some_and(|next| now < next) {
            return;
        }
        self.next = now.checked_add(EVERY);
        self.show(&Frame::of(progress, now));
    }

    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        self.next
    }

    fn show(&mut self, frame: &Frame) {
        for row in &frame.kinds {
            let (all, line) = (&self.all, &self.line);
            let bar = self.kinds.entry(row.kind.clone()).or_insert_with(|| {
                let style = style("{prefix:20} {bar:30} {pos:>6}/{len:6} {wide_msg}");
                all.insert_before(line, ProgressBar::new(row.all).with_style(style).with_prefix(row.kind.clone()))
            });
            bar.set_position(row.ended);
            bar.set_message(row.words.clone());
        }
        self.line.set_message(frame.line.clone());
        self.line.tick();
    }

    /// Clears the bars and leaves the frame as lines.
    pub(super) fn finish(&mut self, frame: &Frame) {
        for bar in self.kinds.values().chain([&self.line]) {
            bar.finish_and_clear();
        }
        for line in frame.lines() {
            crate::failure::say(&line);
        }
    }
}
