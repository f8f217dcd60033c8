//! How a collected resource came to be held: selected by a rule, or drawn in along guards from one that is.

use std::collections::{HashSet, VecDeque};

use super::Reasons;
use crate::address::GuardCode;
use crate::plan::{DrawRole, Step};

/// One rule that holds a step, and how it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding<'p> {
    /// The rule.
    pub rule: &'p str,
    /// From the step to where the rule begins, nearest first; empty where the rule selects the step itself.
    pub path: Vec<DrawLink<'p>>,
    /// What is at the end of the path.
    pub origin: Origin,
}

/// One link of a draw path: what draws in the resource before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawLink<'p> {
    /// The step that draws.
    pub by: &'p Step,
    /// The guard along which.
    pub guard: &'p GuardCode,
    /// As what the resource before it is drawn.
    pub role: DrawRole,
}

/// Where a draw path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The rule selects the last of the path, or the step itself where the path is empty.
    Selected,
    /// All that draw it draw each other; the rule selects at least one of them, and the plan does not say which.
    Mutual,
}

impl<'p> Reasons<'p> {
    /// By which rules a step is held, and how each came to, in the policy's order.
    pub(super) fn holdings(&self, step: &'p Step) -> Vec<Holding<'p>> {
        step.rules.iter().map(|rule| self.holding(step, rule)).collect()
    }

    /// The shortest way from a step to one that the rule draws in by nothing: that one it selects.
    fn holding(&self, step: &'p Step, rule: &'p str) -> Holding<'p> {
        if is_selected(step, rule) {
            return Holding { rule, path: Vec::new(), origin: Origin::Selected };
        }
        // Each link with the place of the one that led to it.
        let mut found: Vec<(DrawLink<'p>, Option<usize>)> = Vec::new();
        let mut seen: HashSet<u32> = HashSet::from([step.index]);
        let mut queue: VecDeque<(&'p Step, Option<usize>)> = VecDeque::from([(step, None)]);
        while let Some((at, before)) = queue.pop_front() {
            for drawn in at.drawn_by.iter().filter(|drawn| drawn.rule == rule) {
                let Some(by) = self.places.step(drawn.by.as_str()) else { continue };
                if !seen.insert(by.index) {
                    continue;
                }
                let place = found.len();
                found.push((DrawLink { by, guard: &drawn.guard, role: drawn.role }, before));
                if is_selected(by, rule) {
                    return Holding { rule, path: path(&found, Some(place)), origin: Origin::Selected };
                }
                queue.push_back((by, Some(place)));
            }
        }
        let first = found.first().map(|_| 0);
        Holding { rule, path: path(&found, first), origin: Origin::Mutual }
    }
}

/// What a rule holds and nothing draws in for it, it selects.
fn is_selected(step: &Step, rule: &str) -> bool {
    !step.drawn_by.iter().any(|drawn| drawn.rule == rule)
}

fn path<'p>(found: &[(DrawLink<'p>, Option<usize>)], mut last: Option<usize>) -> Vec<DrawLink<'p>> {
    let mut links = Vec::new();
    while let Some(place) = last {
        let (link, before) = found[place];
        links.push(link);
        last = before;
    }
    links.reverse();
    links
}
