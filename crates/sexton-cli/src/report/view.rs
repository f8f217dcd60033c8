//! Which rows of a plan are shown.

use std::collections::{BTreeSet, HashSet};

use sexton_core::address::{Address, Kind};
use sexton_core::plan::{Held, Kept, Plan, Step};

/// What to show of a plan; of everything asked, a row has to be all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pick<'p> {
    /// Only resources of these kinds; none: of all.
    pub(crate) kinds: Vec<Kind>,
    /// Only what one of these rules has to do with; none: all.
    pub(crate) rules: Vec<String>,
    /// Only rows of these sorts; none: of all.
    pub(crate) sorts: BTreeSet<Sort>,
    /// Only these addresses.
    pub(crate) near: Option<HashSet<&'p str>>,
}

/// What may be asked for alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sort {
    /// What is held, and what is blocked.
    Held,
    /// Steps that force something.
    Forced,
}

/// A plan and what is shown of it.
#[derive(Debug, Clone)]
pub(crate) struct View<'p> {
    pub(crate) plan: &'p Plan,
    pick: Pick<'p>,
}

impl<'p> View<'p> {
    /// All of a plan.
    pub(crate) fn whole(plan: &'p Plan) -> Self {
        Self { plan, pick: Pick::default() }
    }

    pub(crate) fn of(plan: &'p Plan, pick: Pick<'p>) -> Self {
        Self { plan, pick }
    }

    pub(crate) fn is_whole(&self) -> bool {
        let Pick { kinds, rules, sorts, near } = &self.pick;
        kinds.is_empty() && rules.is_empty() && sorts.is_empty() && near.is_none()
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &'p Step> {
        self.plan.steps.iter().filter(|step| {
            (self.pick.sorts.is_empty() || self.pick.sorts.contains(&Sort::Forced) && !step.force.is_empty())
                && self.admits(&step.address, &step.rules)
        })
    }

    pub(crate) fn held(&self) -> impl Iterator<Item = &'p Held> {
        self.plan.held.iter().filter(|held| self.has(held))
    }

    pub(crate) fn blocked(&self) -> impl Iterator<Item = &'p Held> {
        self.plan.blocked.iter().filter(|held| self.has(held))
    }

    pub(crate) fn kept(&self) -> impl Iterator<Item = &'p Kept> {
        self.plan.kept.iter().filter(|kept| self.pick.sorts.is_empty() && self.admits(&kept.address, &kept.rules))
    }

    /// Whether what is held or blocked is shown.
    pub(crate) fn has(&self, held: &Held) -> bool {
        (self.pick.sorts.is_empty() || self.pick.sorts.contains(&Sort::Held)) && self.admits(&held.address, &held.rules)
    }

    /// How many rows are shown.
    pub(crate) fn rows(&self) -> usize {
        if self.is_whole() {
            let Plan { steps, held, blocked, kept, .. } = self.plan;
            return steps.len() + held.len() + blocked.len() + kept.len();
        }
        self.steps().count() + self.held().count() + self.blocked().count() + self.kept().count()
    }

    fn admits(&self, address: &Address, rules: &[String]) -> bool {
        let Pick { kinds, rules: wanted, near, .. } = &self.pick;
        (kinds.is_empty() || kinds.iter().any(|kind| kind.as_str() == address.kind()))
            && (wanted.is_empty() || rules.iter().any(|rule| wanted.contains(rule)))
            && near.as_ref().is_none_or(|near| near.contains(address.as_str()))
    }
}
