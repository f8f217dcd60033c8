//! Cutting a stretch of time into windows that one listing may ask for.

use sexton_core::time::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// Whether the ends of a window belong to it is not documented, so each begins this much before the end of the one
/// before it. What is told twice is taken once.
const OVERLAP: Span = Span::from_secs(1);

/// Windows of at most that length that cover a stretch, in whole seconds; none where it ends before it begins.
pub(crate) fn windows(from: Timestamp, to: Timestamp, longest: Span) -> Vec<Window> {
    let mut windows = Vec::new();
    let (Some(mut begin), Some(end)) = (Timestamp::from_second(from.as_second()), ceiling(to)) else {
        return windows;
    };
    if to < from {
        return windows;
    }
    loop {
        let until = begin.checked_add(longest).map_or(end, |until| until.min(end));
        windows.push(Window { from: begin, to: until });
        if until >= end {
            return windows;
        }
        match until.checked_sub(OVERLAP) {
            Some(next) if next > begin => begin = next,
            Some(_) | None => return windows,
        }
    }
}

/// How far from the instants that are looked for a window reaches. Which of a file's two times a window is compared with
/// is not documented: it holds both of every file whose times [agree](super::decode::SAME_TIME), whether its ends belong
/// to it or not. Files whose times do not are held.
const MARGIN: Span = Span::from_secs(61);
/// At the shortest interval between two files (five seconds) a gap of this length holds about a page of them, so that
/// reading over it costs as much as another window.
const GAP: Span = Span::from_secs(600);

/// The windows in which instants are found, ascending ones given.
pub(crate) fn around(instants: &[Timestamp], longest: Span) -> Vec<Window> {
    let mut found: Vec<Window> = Vec::new();
    for instant in instants {
        let (Some(from), Some(to)) = (instant.checked_sub(MARGIN), instant.checked_add(MARGIN).and_then(ceiling))
        else {
            continue;
        };
        let Some(from) = Timestamp::from_second(from.as_second()) else { continue };
        match found.last_mut() {
            Some(last) if from.since(last.to) <= GAP && to.since(last.from) <= longest => last.to = last.to.max(to),
            Some(_) | None => found.push(Window { from, to }),
        }
    }
    found
}

/// The whole second that is not before the instant.
fn ceiling(instant: Timestamp) -> Option<Timestamp> {
    let floor = Timestamp::from_second(instant.as_second())?;
    if floor >= instant { Some(floor) } else { floor.checked_add(Span::from_secs(1)) }
}
