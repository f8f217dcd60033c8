//! The display of a run, live or replayed: bars where there is a terminal, lines now and then where there is none. Both
//! say at once which step ended without its resource being out of the way, and leave the same last frame behind.

use std::io::{IsTerminal, Write};

use sexton_core::harmless::escaped;
use sexton_core::time::Timestamp;
use sexton_engine::event::{Event, RunEvent};
use sexton_engine::progress::{Progress, ProgressError};

use super::bars::Bars;
use super::frame::Frame;
use super::plain::Plain;
use crate::failure::say;
use crate::report;

/// Where what happens is shown, and what was read of it.
pub(super) struct Display {
    look: Look,
    progress: Option<Progress>,
    /// It was said that events are missing.
    doubted: bool,
}

enum Look {
    Quiet,
    Plain(Plain),
    Bars(Bars),
}

/// Where lines go.
pub(super) type Lines = Box<dyn Write + Send>;

impl Display {
    pub(super) fn quiet() -> Self {
        Self::looking(Look::Quiet)
    }

    pub(super) fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::bars() } else { Self::lines(Box::new(std::io::stderr())) }
    }

    pub(super) fn bars() -> Self {
        Self::looking(Look::Bars(Bars::new()))
    }

    pub(super) fn lines(out: Lines) -> Self {
        Self::looking(Look::Plain(Plain::new(out)))
    }

    fn looking(look: Look) -> Self {
        Self { look, progress: None, doubted: false }
    }

    pub(super) fn progress(&self) -> Option<&Progress> {
        self.progress.as_ref()
    }

    /// Takes in an event and shows what it changed by now.
    pub(super) fn event(&mut self, event: &RunEvent, now: Timestamp) {
        if let Err(error) = self.read(event)
            && !std::mem::replace(&mut self.doubted, true)
        {
            say(&format!("warning: progress is not shown as it is: {error}"));
        }
        if let Event::StepEnded { address, outcome, .. } = &event.event
            && !outcome.is_done()
        {
            let line = format!("{}: {}", escaped(address.as_str()), report::outcome::words(outcome));
            match &mut self.look {
                Look::Quiet => {}
                Look::Plain(plain) => plain.say(&line),
                Look::Bars(bars) => bars.say(&line),
            }
        }
        self.tick(now);
    }

    /// Takes in an event.
    pub(super) fn read(&mut self, event: &RunEvent) -> Result<(), ProgressError> {
        match &mut self.progress {
            Some(progress) => progress.apply(event),
            None => {
                self.progress = Some(Progress::begin(event)?);
                Ok(())
            }
        }
    }

    /// Shows how it stands by now, where it is time to.
    pub(super) fn tick(&mut self, now: Timestamp) {
        let Some(progress) = &self.progress else { return };
        match &mut self.look {
            Look::Quiet => {}
            Look::Plain(plain) => plain.tick(progress, now),
            Look::Bars(bars) => bars.tick(progress, now),
        }
    }

    /// When there is something to show although nothing happens.
    pub(super) fn next_tick(&self) -> Option<Timestamp> {
        match &self.look {
            Look::Quiet => None,
            Look::Plain(plain) => plain.next_tick(),
            Look::Bars(bars) => bars.next_tick(),
        }
    }

    /// Leaves the last frame behind.
    pub(super) fn finish(&mut self) {
        let Some(progress) = &self.progress else { return };
        let frame = Frame::of(progress, progress.last_at());
        match &mut self.look {
            Look::Quiet => {}
            Look::Plain(plain) => frame.lines().iter().for_each(|line| plain.say(line)),
            Look::Bars(bars) => bars.finish(&frame),
        }
    }
}
