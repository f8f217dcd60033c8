//! Which kinds a collect rule can hold, by the guards of the rulebooks alone.

use std::collections::BTreeSet;

use crate::policy::{Collect, Draw};
use crate::rulebook::{End, Guard, RaisedBy, Rulebook, Visibility};

/// The kinds that a rule can hold at one provider.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    pub(super) rulebook: &'a Rulebook,
    /// Held strongly: what it selects and takes along.
    pub(super) strong: BTreeSet<&'a str>,
    /// Held weakly: what is left without use.
    pub(super) weak: BTreeSet<&'a str>,
}

impl<'a> Reach<'a> {
    /// What a rule reaches at each provider that it may speak of and that can remove its kind. Entries of `cascade` and
    /// `orphans` that are never true are passed over.
    pub(super) fn of(
        rule: &'a Collect,
        rulebooks: &'a [Rulebook],
        dead: &dyn Fn(&Draw, &Rulebook) -> bool,
    ) -> Vec<Reach<'a>> {
        let filters = &rule.filters;
        let Some(kind) = &filters.kind else { return Vec::new() };
        rulebooks
            .iter()
            .filter(|rulebook| filters.provider.as_ref().is_none_or(|provider| *provider == rulebook.provider))
            .filter(|rulebook| removable(rulebook, kind.as_str()))
            .map(|rulebook| {
                let live = |draws: &'a [Draw]| {
                    draws.iter().filter(|draw| !dead(draw, rulebook)).map(|draw| draw.kind.as_str()).collect()
                };
                let mut reach = Reach { rulebook, strong: BTreeSet::from([kind.as_str()]), weak: BTreeSet::new() };
                reach.grow(&live(&rule.cascade), &live(&rule.orphans));
                reach
            })
            .collect()
    }

    fn grow(&mut self, cascade: &BTreeSet<&'a str>, orphans: &BTreeSet<&'a str>) {
        loop {
            let before = (self.strong.len(), self.weak.len());
            for guard in &self.rulebook.guards {
                let Some(other) = dependent(guard) else { continue };
                let target = guard.target.as_str();
                if self.strong.contains(target) && cascade.contains(other) && removable(self.rulebook, other) {
                    self.strong.insert(other);
                }
                if self.holds(other) && orphans.contains(target) && removable(self.rulebook, target) {
                    self.weak.insert(target);
                }
            }
            if before == (self.strong.len(), self.weak.len()) {
                return;
            }
        }
    }

    /// Whether the rule can hold the kind, either way.
    pub(super) fn holds(&self, kind: &str) -> bool {
        self.strong.contains(kind) || self.weak.contains(kind)
    }

    /// Whether the kind can hang on something that the rule holds strongly.
    pub(super) fn can_cascade(&self, kind: &str) -> bool {
        let mut guards = self.rulebook.guards.iter();
        guards.any(|guard| dependent(guard) == Some(kind) && self.strong.contains(guard.target.as_str()))
    }

    /// Whether something that the rule holds can hang on the kind.
    pub(super) fn can_orphan(&self, kind: &str) -> bool {
        let mut guards = self.rulebook.guards_of(kind);
        guards.any(|guard| dependent(guard).is_some_and(|other| self.holds(other)))
    }

    /// The guards on what the rule can hold.
    pub(super) fn guards(&self) -> impl Iterator<Item = &'a Guard> + '_ {
        self.rulebook.guards.iter().filter(|guard| self.holds(guard.target.as_str()))
    }
}

fn removable(rulebook: &Rulebook, kind: &str) -> bool {
    rulebook.kind(kind).is_some_and(|rules| rules.removal.is_some())
}

/// The kind that raises a guard as a dependent.
fn dependent(guard: &Guard) -> Option<&str> {
    guard.other().filter(|other| other.end == End::Dependent).map(|other| other.kind.as_str())
}

/// The kind that has to be listed because of a guard.
pub(super) fn listed_for(guard: &Guard) -> Option<&str> {
    match (&guard.visibility, &guard.raised_by) {
        (Visibility::Census(kind), _) => Some(kind.as_str()),
        (Visibility::Unobservable { .. }, _) => None,
        (Visibility::Region | Visibility::Account, RaisedBy::Other(_)) => dependent(guard),
        (
            Visibility::Region | Visibility::Account,
            RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. },
        ) => None,
    }
}

/// The kinds of which a resource of a kind can have dependents that count, in any of the rulebooks.
pub(super) fn counted<'a>(rulebooks: &[&'a Rulebook], kind: &str) -> Vec<&'a str> {
    let guards = rulebooks.iter().flat_map(|rulebook| &rulebook.guards);
    guards.filter(|guard| guard.target.as_str() == kind).filter_map(|guard| dependent(guard)).collect()
}
