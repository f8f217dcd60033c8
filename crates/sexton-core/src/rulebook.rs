//! A provider's deletion rules as data: what removes each kind, and what the provider refuses to remove and why.
//!
//! A rulebook is written by a provider crate, or by anyone with resources of their own. The core reads it and knows
//! nothing else of any provider.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::address::{GuardCode, Kind, Provider, Relation};
use crate::resource::AttributeValue;

mod check;
mod evaluate;
#[cfg(test)]
mod tests;

pub use check::RulebookError;
pub use evaluate::Raised;

/// The deletion rules of one provider.
///
/// ```
/// use sexton_core::rulebook::{Rulebook, RulebookError};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut rulebook: Rulebook = serde_json::from_str(&std::fs::read_to_string("examples/lab/rulebook.json")?)?;
/// assert_eq!(rulebook.faults(), []);
/// assert_eq!(rulebook.forceable("TemplateInUse"), Some(true));
///
/// rulebook.kinds.push(rulebook.kinds[0].clone());
/// assert!(matches!(rulebook.faults()[..], [RulebookError::RepeatedKind { .. }]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rulebook {
    /// Whose rules these are.
    pub provider: Provider,
    /// What can be said of each kind. A kind that is not named here is never removed.
    pub kinds: Vec<KindRules>,
    /// Every reason for which a removal is refused, or should be.
    pub guards: Vec<Guard>,
}

/// The rules of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindRules {
    /// The kind.
    pub kind: Kind,
    /// What removes a resource of it; none where Sexton cannot.
    pub removal: Option<Removal>,
    /// How many resources one reading can name. Where the batch key is the id's beginning, they are of one.
    pub probe_limit: NonZeroU32,
    /// The states in which a resource counts for retention.
    pub usable: Usable,
    /// Whether data goes when it goes, and how much.
    pub data: DataHeld,
    /// Which of its attributes change when a plan removes what guards it.
    #[serde(default)]
    pub follows: Vec<Follows>,
    /// When a resource of it goes on making others; a plan remarks on those that do.
    #[serde(default)]
    pub active: Option<Active>,
    /// What makes new ones of it by itself, so that removing those that are there is work undone: a finding, and no guard.
    #[serde(default)]
    pub remade: Vec<Remade>,
}

/// The states in which a resource goes on making others, so that what is removed of those may come back: a recording
/// that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// These states.
    pub states: BTreeSet<String>,
    /// What that means and what to do, in words, for the person who reviews a plan.
    pub consequence: String,
}

/// What makes resources of a kind anew: a policy that takes a backup of every disk it covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remade {
    /// The attribute by which those that are made so are told from others.
    pub attribute: String,
    /// Its value.
    pub value: AttributeValue,
    /// The relation of the resource's link to what it is made of (a backup's to its disk).
    pub relation: Relation,
    /// The kind of what makes it.
    pub maker: Kind,
    /// The relation of the maker's link to what it makes them of.
    pub covers: Relation,
    /// The states of the maker in which it makes nothing. In another, or an unknown one, it does.
    #[serde(default)]
    pub idle: BTreeSet<String>,
}

/// An attribute that says whether holders are there, and so changes when they go: an image's `is_public`, which follows
/// the publication that publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follows {
    /// The attribute.
    pub attribute: String,
    /// The relation of the holder's link to the resource.
    pub relation: Relation,
    /// The holder's kind.
    pub kind: Kind,
}

/// The operation that removes a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    /// The provider's name of it, such as `DeleteImage`.
    pub operation: String,
    /// What it does besides, in words, for the person who reviews the plan.
    pub consequence: Option<String>,
    /// How many resources one call can remove.
    pub batch_limit: NonZeroU32,
    /// Which resources may share a call, beyond being in one account and region.
    pub batch_key: BatchKey,
    /// Whether an accepted call has already removed.
    pub completion: Completion,
    /// What a rule may pass along. An option that does not stand here is an error of the policy.
    #[serde(default)]
    pub options: Vec<OptionRule>,
}

/// An option of a removal. Every step says what it comes to, given or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptionRule {
    /// Its name in a rule's `options`.
    pub name: String,
    /// The values that it can have.
    pub values: Vec<OptionValue>,
    /// What leaving it out comes to, in words.
    pub otherwise: Option<String>,
}

/// One value of an option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptionValue {
    /// The value.
    pub value: AttributeValue,
    /// What it comes to, in words.
    pub consequence: Option<String>,
}

/// Which steps may share a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchKey {
    /// Any of one kind, account and region.
    Region,
    /// Those whose ids begin alike up to the first `/` (the shares of one image).
    IdPrefix,
}

/// Whether the call that removes returns before the resource is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// Gone when the call returns.
    Sync,
    /// Accepted first, gone later: polled until it is.
    Async,
}

/// The states in which a resource is good for what it is kept for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usable {
    /// The kind has no states that matter.
    Always,
    /// One of these states.
    In(BTreeSet<String>),
}

/// What data a resource of a kind holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataHeld {
    /// None: a reference, a permission, a job.
    Nothing,
    /// Blocks shared with others: removing frees between nothing and its size.
    Shared,
    /// Its own: removing frees its size.
    Own,
    /// Data that is accounted for by other resources (an instance's disks): nothing is freed by itself.
    Elsewhere,
}

/// One reason for which a removal is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// The provider's error code, or a name of our own where it publishes none.
    pub code: GuardCode,
    /// The kind whose removal it refuses.
    pub target: Kind,
    /// What raises it.
    pub raised_by: RaisedBy,
    /// Who enforces it.
    pub strength: Strength,
    /// What lifts it. Empty: nothing that Sexton does.
    pub remedies: Vec<Remedy>,
    /// Where what raises it can be seen.
    pub visibility: Visibility,
}

/// What raises a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RaisedBy {
    /// Another resource, at the far end of a link.
    Other(Other),
    /// The target's own state.
    State(StateTest),
    /// One of the target's own attributes.
    Attribute(AttributeTest),
    /// The target's attribute claims a holder of which none is in the inventory.
    Claim {
        /// The attribute.
        attribute: String,
        /// What its values claim.
        holders: Vec<HolderClaim>,
    },
}

/// The other resource of a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Other {
    /// The relation of the link between the two.
    pub relation: Relation,
    /// The other's kind.
    pub kind: Kind,
    /// Which end of the link the other is.
    pub end: End,
    /// The states of the other in which it guards; none: all.
    pub state: Option<StateTest>,
    /// What an attribute of the other has to say besides.
    pub attribute: Option<AttributeTest>,
    /// What an attribute of the target has to say besides.
    pub target_attribute: Option<AttributeTest>,
    /// Whether the other goes before the target or with it.
    pub goes: Goes,
}

/// Which end of the link the other resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The other refers to the target.
    Dependent,
    /// The target refers to the other.
    Dependency,
}

/// When the other resource has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goes {
    /// In a step of its own, before the target.
    Before,
    /// The provider removes it in the same call: a step that is confirmed and not called.
    With,
}

/// A test of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateTest {
    /// Raises in these states.
    In(BTreeSet<String>),
    /// Raises in every other state.
    NotIn(BTreeSet<String>),
}

/// A test of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributeTest {
    /// The attribute's name.
    pub name: String,
    /// The values that raise.
    pub raises: AttributePredicate,
    /// What a missing attribute does. An unknown one always raises, by an unknown fact.
    pub when_missing: WhenMissing,
    /// What being carried does.
    pub when_carried: WhenCarried,
}

/// Which values of an attribute raise a guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributePredicate {
    /// This value.
    Equals(AttributeValue),
    /// Every value but this.
    NotEquals(AttributeValue),
    /// A list that holds this value.
    Contains(AttributeValue),
    /// A time after the plan's `now`; what is no time is unknown.
    InFuture,
    /// Every value but `false`, `""` and an empty list or map.
    NotEmpty,
}

/// What a missing attribute means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenMissing {
    /// The guard is raised, by an unknown fact.
    Raise,
    /// The guard is not raised.
    Clear,
}

/// What it means for an attribute's guard that the provider would remove the target in another's call (the target is
/// the other of a guard of sort *with*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenCarried {
    /// Nothing: the guard is raised all the same.
    Raise,
    /// The guard speaks of a call that is not made for what is carried: not raised. Sound only beside a guard by
    /// which the carrier has to be in the plan (an attached system disk is guarded by its instance).
    Clear,
}

/// What one value of a claiming attribute says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderClaim {
    /// The value, such as `image`.
    pub value: String,
    /// The relation of the claimed holder's link.
    pub relation: Relation,
    /// The claimed holder's kind.
    pub kind: Kind,
}

/// Who refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// The provider.
    Enforced,
    /// Nobody: the provider would let it happen, and users would regret it.
    Assumed,
}

/// What lifts a guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Remove the other first, or with it.
    Remove,
    /// Wait until it clears by itself.
    Wait,
    /// Remove the target all the same.
    Force(Force),
}

impl Remedy {
    /// A force on every target, by the operation of its kind.
    pub fn force(parameter: Option<&str>, consequence: &str) -> Self {
        Self::Force(Force {
            parameter: parameter.map(str::to_owned),
            operation: None,
            only: None,
            consequence: consequence.to_owned(),
        })
    }
}

/// How a target is removed although a guard is raised on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Force {
    /// The API parameter to send; none where the provider asks for none.
    pub parameter: Option<String>,
    /// The operation that removes it then; none: its kind's. Only one guard of a kind may name one, by a code of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which targets it removes; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<OnlyWhere>,
    /// What is lost by it, in words.
    pub consequence: String,
}

/// The resources of which an attribute is known to have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyWhere {
    /// The attribute.
    pub attribute: String,
    /// Its value. A missing or unknown one is another.
    pub equals: AttributeValue,
}

/// Where what raises a guard can be seen. A kind is collected only where all that could guard it was listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// In the target's account and region.
    Region,
    /// In every region of the target's account of which anything was listed.
    Account,
    /// In a listing of its own, in the target's account and region.
    Census(Kind),
    /// Nowhere: outside the census, and stated on each step that it could touch.
    Unobservable {
        /// What that means, in words.
        consequence: String,
    },
}

impl Rulebook {
    /// The rules of a kind.
    pub fn kind(&self, kind: &str) -> Option<&KindRules> {
        self.kinds.iter().find(|rules| rules.kind.as_str() == kind)
    }

    /// The guards on removals of a kind, in the rulebook's order.
    pub fn guards_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Guard> + 'a {
        self.guards.iter().filter(move |guard| guard.target.as_str() == kind)
    }

    /// Whether some guard of that code can be forced; none where there is no such code.
    pub fn forceable(&self, code: &str) -> Option<bool> {
        self.guards
            .iter()
            .filter(|guard| guard.code.as_str() == code)
            .map(|guard| guard.force().is_some())
            .reduce(|a, b| a || b)
    }

    /// The operation that removes a resource of a kind when those guards on it are forced; none where Sexton cannot.
    pub fn operation<'a>(&'a self, kind: &'a str, forced: &[GuardCode]) -> Option<&'a str> {
        let removal = self.kind(kind)?.removal.as_ref()?;
        let of_force = || {
            let forced = self.guards_of(kind).filter(|guard| forced.contains(&guard.code));
            forced.filter_map(Guard::force).find_map(|force| force.operation.as_deref())
        };
        // Most often nothing is forced.
        let another = if forced.is_empty() { None } else { of_force() };
        Some(another.unwrap_or(&removal.operation))
    }
}

impl Guard {
    /// The force remedy.
    pub fn force(&self) -> Option<&Force> {
        self.remedies.iter().find_map(|remedy| match remedy {
            Remedy::Force(force) => Some(force),
            Remedy::Remove | Remedy::Wait => None,
        })
    }

    /// Whether waiting lifts it.
    pub fn can_wait(&self) -> bool {
        self.remedies.contains(&Remedy::Wait)
    }

    /// The other of the guard, where another resource raises it.
    pub fn other(&self) -> Option<&Other> {
        match &self.raised_by {
            RaisedBy::Other(other) => Some(other),
            RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => None,
        }
    }
}
