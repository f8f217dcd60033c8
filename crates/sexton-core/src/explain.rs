//! Why a resource goes, stays or is held, and what would lift that: read from the plan that decided it.
//!
//! [`Reasons`] makes a plan ready to be asked. An answer costs a few searches by address, whatever the size of the
//! plan. What is held is told as a tree down to the root causes, line by line, so that no tree is too deep.

use crate::address::Address;
use crate::plan::{Because, Blocker, Held, KeepReason, Kept, Plan, Step};
use crate::policy::Policy;
use crate::rulebook::Rulebook;

mod cycle;
mod draws;
mod lift;
mod listed;
mod nearest;
mod places;
#[cfg(test)]
pub(crate) mod tests;
mod tree;

pub use draws::{DrawLink, Holding, Origin};
pub use lift::{Lift, Missing};
pub use listed::Listed;
pub use places::Verdict;
pub use tree::{Below, Cause, Extent, Line, Standing, Told, Walk};

use listed::Censuses;
use places::Places;

/// A plan that is ready to be asked.
#[derive(Debug)]
pub struct Reasons<'p> {
    plan: &'p Plan,
    rulebooks: &'p [Rulebook],
    policy: Option<Policy>,
    places: Places<'p>,
    censuses: Censuses<'p>,
}

/// What a plan says of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Explanation<'p> {
    /// It goes.
    Collected(Collected<'p>),
    /// A rule matches it and something bars it.
    Kept(Barred<'p>),
    /// A rule would take it, and something is in the way: the root of a tree that [`Reasons::walk`] tells.
    Held(Cause<'p>),
    /// No rule takes it, or the inventory has no such resource.
    NotSelected(Apart<'p>),
}

/// A resource that goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected<'p> {
    /// Its step.
    pub step: &'p Step,
    /// By which rules, and how each came to hold it, in the policy's order.
    pub holdings: Vec<Holding<'p>>,
    /// The steps that come before it, ascending.
    pub after: Vec<&'p Step>,
    /// The step whose call removes it too.
    pub with: Option<&'p Step>,
}

/// A resource that a rule matches and that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Barred<'p> {
    /// What the plan says of it.
    pub kept: &'p Kept,
    /// What would make it go.
    pub lifts: Vec<Lift<'p>>,
}

/// A resource of which the plan says nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart<'p> {
    /// How its kind was listed in its place.
    pub listed: Listed,
    /// The address in the plan that is most like it, if one is like it.
    pub closest: Option<&'p Address>,
}

impl<'p> Reasons<'p> {
    /// Makes a plan ready. The rulebooks say what lifts a guard; of a provider without one less is said.
    ///
    /// The plan's lists are sorted as its format has it (docs/formats.md). In one that is not, which
    /// [`verify`](crate::verify) refuses, an address may not be found.
    pub fn of(plan: &'p Plan, rulebooks: &'p [Rulebook]) -> Self {
        Self {
            plan,
            rulebooks,
            // A text that another version wrote and this one cannot read leaves the lifts without the rules' grants.
            policy: Policy::parse(&plan.policy.text).ok(),
            places: Places::of(plan),
            censuses: Censuses::of(plan),
        }
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// What the plan decided of an address; none where it says nothing of it.
    pub fn verdict(&self, address: &str) -> Option<Verdict<'p>> {
        self.places.find(address)
    }

    /// Says why the plan does with a resource what it does.
    pub fn explain(&self, address: &Address) -> Explanation<'p> {
        match self.places.find(address.as_str()) {
            Some(Verdict::Collected(step)) => Explanation::Collected(self.collected(step)),
            Some(Verdict::Kept(kept)) => Explanation::Kept(self.barred(kept)),
            Some(Verdict::Held(_) | Verdict::Blocked(_)) => match self.places.cause(address.as_str()) {
                Some(cause) => Explanation::Held(cause),
                None => Explanation::NotSelected(self.apart(address)),
            },
            None => Explanation::NotSelected(self.apart(address)),
        }
    }

    /// Why a step is one.
    pub fn collected(&self, step: &'p Step) -> Collected<'p> {
        let at = |index: &u32| usize::try_from(*index).ok().and_then(|place| self.plan.steps.get(place));
        Collected {
            step,
            holdings: self.holdings(step),
            after: step.after.iter().filter_map(at).collect(),
            with: step.with.as_ref().and_then(at),
        }
    }

    /// Why a resource is kept.
    pub fn barred(&self, kept: &'p Kept) -> Barred<'p> {
        Barred { kept, lifts: self.kept_lifts(kept) }
    }

    /// What is held and what is blocked, each ascending by address: every root that a tree can be told of.
    pub fn causes(&self) -> impl Iterator<Item = Cause<'p>> + use<'p> {
        self.places.causes()
    }

    /// What stands below a blocker: why the other is held or blocked itself; none for a root cause.
    pub fn below(&self, blocker: &Blocker) -> Option<Cause<'p>> {
        match blocker.because {
            Because::Held | Because::Blocked => self.places.cause(blocker.by.as_ref()?.as_str()),
            Because::Cycle
            | Because::Unlisted
            | Because::Options
            | Because::Protected
            | Because::Retained
            | Because::UnknownState
            | Because::State
            | Because::Attribute
            | Because::Dangling
            | Because::OrphanNotForced
            | Because::NotSelected => None,
        }
    }

    fn apart(&self, address: &Address) -> Apart<'p> {
        let listed = self.censuses.listed(address.scope(), address.kind(), None);
        Apart { listed, closest: self.closest(address) }
    }

    /// What bars a resource, where the plan says so: only of what a rule matches.
    fn bar(&self, address: &str) -> Option<&'p KeepReason> {
        self.places.kept(address).map(|kept| &kept.because)
    }

    fn rulebook(&self, address: &Address) -> Option<&'p Rulebook> {
        self.rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == address.provider())
    }
}

/// What a plan says of one resource, for those who ask only once.
///
/// ```
/// use sexton_core::explain::{Explanation, explain};
/// # use sexton_core::planner;
/// # use std::fs;
/// # use sexton_core::inventory;
/// # use sexton_core::policy::Policy;
/// # use sexton_core::rulebook::Rulebook;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let inventory = inventory::read(fs::File::open("examples/lab/inventory.jsonl")?)?;
/// # let rulebooks: [Rulebook; 1] = [serde_json::from_str(&fs::read_to_string("examples/lab/rulebook.json")?)?];
/// # let policy = Policy::parse(&fs::read_to_string("examples/lab/policy.toml")?)?;
/// # let plan = planner::plan(&inventory, &rulebooks, &policy, None)?;
/// let Explanation::Held(cause) = explain(&plan, &rulebooks, &"lab:1:here:template/t-used".parse()?) else {
///     panic!("a machine runs it");
/// };
/// assert_eq!(cause.blockers()[0].by, Some("lab:1:here:machine/m-1".parse()?));
///
/// let volume = explain(&plan, &rulebooks, &"lab:1:here:volume/v-1".parse()?);
/// assert!(matches!(volume, Explanation::Collected(collected) if collected.after[0].address.id() == "t-old"));
/// # Ok(())
/// # }
/// ```
pub fn explain<'p>(plan: &'p Plan, rulebooks: &'p [Rulebook], address: &Address) -> Explanation<'p> {
    Reasons::of(plan, rulebooks).explain(address)
}

impl<'p> Cause<'p> {
    /// All that is directly in the way.
    pub fn blockers(&self) -> &'p [Blocker] {
        let held: &'p Held = self.held;
        &held.blockers
    }
}
