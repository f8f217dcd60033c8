//! Walks two plans side by side, ascending by address.

use std::cmp::Ordering;
use std::iter::Peekable;

use super::{Change, Moved, Pair, moved, step};
use crate::address::Address;
use crate::explain::{Standing, Verdict};
use crate::plan::{Held, Kept, Plan, Step};

/// The verdicts of a plan, ascending by address.
struct Verdicts<'p> {
    steps: Peekable<std::vec::IntoIter<&'p Step>>,
    held: Peekable<std::slice::Iter<'p, Held>>,
    blocked: Peekable<std::slice::Iter<'p, Held>>,
    kept: Peekable<std::slice::Iter<'p, Kept>>,
}

impl<'p> Verdicts<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut steps: Vec<&Step> = plan.steps.iter().collect();
        // Waves are runs that are sorted already.
        steps.sort_by(|a, b| a.address.cmp(&b.address));
        Self {
            steps: steps.into_iter().peekable(),
            held: plan.held.iter().peekable(),
            blocked: plan.blocked.iter().peekable(),
            kept: plan.kept.iter().peekable(),
        }
    }
}

impl<'p> Iterator for Verdicts<'p> {
    type Item = (&'p Address, Verdict<'p>);

    fn next(&mut self) -> Option<Self::Item> {
        let next = [
            self.steps.peek().map(|step| &step.address),
            self.held.peek().map(|held| &held.address),
            self.blocked.peek().map(|held| &held.address),
            self.kept.peek().map(|kept| &kept.address),
        ];
        let least = next.into_iter().flatten().min()?;
        let verdict = if next[0] == Some(least) {
            self.steps.next().map(Verdict::Collected)
        } else if next[1] == Some(least) {
            self.held.next().map(Verdict::Held)
        } else if next[2] == Some(least) {
            self.blocked.next().map(Verdict::Blocked)
        } else {
            self.kept.next().map(Verdict::Kept)
        };
        Some((least, verdict?))
    }
}

/// Everything that is not the same in both.
pub(super) fn changes<'p>(before: &'p Plan, after: &'p Plan) -> Vec<Change<'p>> {
    let (mut a, mut b) = (Verdicts::of(before).peekable(), Verdicts::of(after).peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp(b),
        };
        let (first, second) = match order {
            Ordering::Less => (a.next(), None),
            Ordering::Greater => (None, b.next()),
            Ordering::Equal => (a.next(), b.next()),
        };
        let Some((address, _)) = first.or(second) else { return changes };
        let (first, second) = (first.map(|(_, verdict)| verdict), second.map(|(_, verdict)| verdict));
        let change = match (first, second) {
            (Some(Verdict::Collected(one)), Some(Verdict::Collected(other))) => {
                step::changed((before, one), (after, other))
            }
            (Some(Verdict::Held(one)), Some(Verdict::Held(other))) => held(Standing::Held, one, other),
            (Some(Verdict::Blocked(one)), Some(Verdict::Blocked(other))) => held(Standing::Blocked, one, other),
            (Some(Verdict::Kept(one)), Some(Verdict::Kept(other))) => kept(one, other),
            (before, after) => Some(Change::Turned { address, before, after }),
        };
        changes.extend(change);
    }
}

fn rules<'p>(before: &'p [String], after: &'p [String]) -> Moved<&'p str> {
    let moved = moved(before.iter().map(String::as_str), after.iter().map(String::as_str));
    moved.unwrap_or(Moved { gone: Vec::new(), come: Vec::new() })
}

fn held<'p>(standing: Standing, before: &'p Held, after: &'p Held) -> Option<Change<'p>> {
    let rules = rules(&before.rules, &after.rules);
    let blockers = moved(before.blockers.iter(), after.blockers.iter());
    let blockers = blockers.unwrap_or(Moved { gone: Vec::new(), come: Vec::new() });
    (!rules.is_none() || !blockers.is_none()).then_some(Change::Held { standing, before, after, rules, blockers })
}

fn kept<'p>(before: &'p Kept, after: &'p Kept) -> Option<Change<'p>> {
    let rules = rules(&before.rules, &after.rules);
    let because = Pair { before: &before.because, after: &after.because };
    let same = rules.is_none() && because.before == because.after;
    (!same).then_some(Change::Kept { before, after, rules, because })
}
