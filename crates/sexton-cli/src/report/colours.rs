//! The signs of a plan's rows and their colours. Whether colours are shown is for `anstream` to know.

use anstyle::{AnsiColor, Color, Style};
use sexton_core::plan::Step;

pub(crate) const REMOVE: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Red)));
pub(crate) const ADD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Green)));
pub(crate) const FORCE: Style = REMOVE.bold();
pub(crate) const WAIT: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Yellow)));
pub(crate) const HOLD: Style = Style::new().fg_color(Some(Color::Ansi(AnsiColor::Cyan)));
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const HEAD: Style = Style::new().bold();

/// What a step's row begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    /// Some guard is forced.
    Forced,
    /// Something is waited for first.
    Waits,
    /// Neither.
    Plain,
}

impl Sign {
    pub(crate) fn of(step: &Step) -> Self {
        if !step.force.is_empty() {
            Sign::Forced
        } else if !step.wait.is_empty() {
            Sign::Waits
        } else {
            Sign::Plain
        }
    }

    pub(crate) fn letter(self) -> char {
        match self {
            Sign::Forced => '!',
            Sign::Waits => '~',
            Sign::Plain => '-',
        }
    }

    pub(crate) fn style(self) -> Style {
        match self {
            Sign::Forced => FORCE,
            Sign::Waits => WAIT,
            Sign::Plain => REMOVE,
        }
    }
}
