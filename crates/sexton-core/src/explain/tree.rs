//! What is held as a tree down to its root causes, told line by line with a stack of its own.

use std::collections::BTreeMap;

use super::Reasons;
use crate::address::GuardCode;
use crate::plan::{Because, Blocker, Held};

/// Whether a resource that stays is selected itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A rule selects it.
    Held,
    /// A rule would draw it in.
    Blocked,
}

/// A resource that stays although a rule would take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cause<'p> {
    /// Selected, or to be drawn in.
    pub standing: Standing,
    /// The resource and what is in its way.
    pub held: &'p Held,
    /// Its place among what is held, then blocked.
    pub(super) place: usize,
}

/// How much of a tree is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Of blockers of one sort (guard, reason, kind of the other) so many below each resource.
    Examples(usize),
}

/// What was told already, so that what many trees share is told once.
#[derive(Debug, Clone)]
pub struct Told {
    words: Vec<u64>,
}

impl Told {
    /// Nothing yet.
    pub fn nothing(reasons: &Reasons<'_>) -> Self {
        let count = reasons.plan.held.len() + reasons.plan.blocked.len();
        Self { words: vec![0; count.div_ceil(64)] }
    }

    /// Whether the resource was told.
    pub fn has(&self, cause: &Cause<'_>) -> bool {
        self.words[cause.place / 64] >> (cause.place % 64) & 1 == 1
    }

    /// Remembers that the resource was told.
    pub fn tell(&mut self, cause: &Cause<'_>) {
        self.words[cause.place / 64] |= 1 << (cause.place % 64);
    }
}

/// What stands below a blocker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Below<'p> {
    /// Nothing: this is a root cause.
    Root,
    /// The other is held or blocked itself, and the next lines say why.
    Follows(Cause<'p>),
    /// The other is held or blocked itself, and was told already.
    Told(Cause<'p>),
}

/// One line of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Line<'p> {
    /// One thing in the way.
    Blocker {
        /// How far below the root: 0 for what is in the root's own way.
        depth: usize,
        /// What stays by it.
        of: Cause<'p>,
        /// What is in the way.
        blocker: &'p Blocker,
        /// What is in the way of that.
        below: Below<'p>,
    },
    /// More of the same sort, not told.
    More {
        /// As above.
        depth: usize,
        /// How many.
        count: usize,
        /// One that was told.
        like: &'p Blocker,
    },
}

/// The lines of a tree, from the root down; what is in the way of a blocker follows it.
#[derive(Debug)]
pub struct Walk<'r, 'p> {
    reasons: &'r Reasons<'p>,
    told: &'r mut Told,
    extent: Extent,
    frames: Vec<Frame<'p>>,
}

/// A resource whose blockers are being told.
#[derive(Debug)]
struct Frame<'p> {
    of: Cause<'p>,
    next: usize,
    /// By sort: how many are still to be told, how many are left out, and one that was told. None where all are told.
    sorts: Option<BTreeMap<Sort<'p>, Quota<'p>>>,
}

type Sort<'p> = (Option<&'p GuardCode>, Because, Option<&'p str>);

#[derive(Debug, Clone, Copy)]
struct Quota<'p> {
    left: usize,
    omitted: usize,
    first: &'p Blocker,
}

fn sort(blocker: &Blocker) -> Sort<'_> {
    (blocker.guard.as_ref(), blocker.because, blocker.by.as_ref().map(|by| by.kind()))
}

impl<'p> Reasons<'p> {
    /// Tells the tree below a resource that is held or blocked. Nothing that was told is told again; the root is.
    pub fn walk<'r>(&'r self, root: Cause<'p>, told: &'r mut Told, extent: Extent) -> Walk<'r, 'p> {
        told.tell(&root);
        let mut walk = Walk { reasons: self, told, extent, frames: Vec::new() };
        walk.enter(root);
        walk
    }
}

impl<'p> Walk<'_, 'p> {
    fn enter(&mut self, of: Cause<'p>) {
        let sorts = match self.extent {
            Extent::Examples(most) if of.held.blockers.len() > most => {
                let quota = |first| Quota { left: most, omitted: 0, first };
                Some(of.blockers().iter().map(|blocker| (sort(blocker), quota(blocker))).rev().collect())
            }
            Extent::Examples(_) | Extent::Whole => None,
        };
        self.frames.push(Frame { of, next: 0, sorts });
    }
}

impl<'p> Iterator for Walk<'_, 'p> {
    type Item = Line<'p>;

    fn next(&mut self) -> Option<Line<'p>> {
        loop {
            let depth = self.frames.len().checked_sub(1)?;
            let frame = self.frames.last_mut()?;
            let Some(blocker) = frame.of.blockers().get(frame.next) else {
                let omitted = frame.sorts.as_mut().and_then(|sorts| {
                    loop {
                        let (_, quota) = sorts.pop_first()?;
                        if quota.omitted > 0 {
                            break Some(quota);
                        }
                    }
                });
                match omitted {
                    Some(quota) => return Some(Line::More { depth, count: quota.omitted, like: quota.first }),
                    None => {
                        self.frames.pop();
                        continue;
                    }
                }
            };
            frame.next += 1;
            if let Some(quota) = frame.sorts.as_mut().and_then(|sorts| sorts.get_mut(&sort(blocker))) {
                if quota.left == 0 {
                    quota.omitted += 1;
                    continue;
                }
                quota.left -= 1;
            }
            let of = frame.of;
            let below = match self.reasons.below(blocker) {
                None => Below::Root,
                Some(cause) if self.told.has(&cause) => Below::Told(cause),
                Some(cause) => {
                    self.told.tell(&cause);
                    self.enter(cause);
                    Below::Follows(cause)
                }
            };
            return Some(Line::Blocker { depth, of, blocker, below });
        }
    }
}
